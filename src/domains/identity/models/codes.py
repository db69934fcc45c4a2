"""One-time codes, and the devices of guests. Invariant: nothing here could be presented by whoever reads it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from domains.kernel.models import Base, Dated, Identified, Moment


class CodeRow(Identified, Dated, Base):
    """What somebody asked to prove. Addresses that nobody has registered with get rows too, so that all are alike."""

    __tablename__ = "identity_code"
    __table_args__ = (
        Index("ix_identity_code_address", "address", "purpose"),
        Index("ix_identity_code_user", "user_id", "purpose"),
    )

    purpose: Mapped[str] = mapped_column(Text)
    """Of `policy.codes.Purpose`."""
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"))
    address: Mapped[str] = mapped_column(Text)
    """Where the code goes to, in lower case."""
    request_hash: Mapped[bytes] = mapped_column(LargeBinary, index=True)
    """Of what whoever asked was answered with: the code is good together with that only. It also salts the codes."""
    tries_left: Mapped[int] = mapped_column(SmallInteger)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
    used_at: Mapped[datetime | None] = mapped_column(Moment)


class CodeSecretRow(Dated, Base):
    """One mail's code and link. They are made when it is sent, so a mail that is sent again brings others."""

    __tablename__ = "identity_code_secret"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    code_id: Mapped[UUID] = mapped_column(ForeignKey("identity_code.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    """Argon2id, because eight digits are soon guessed by whoever holds a plain hash."""


class DeviceRow(Dated, Base):
    """The device that stands for a guest. Somebody with a row here is a guest."""

    __tablename__ = "identity_device"

    secret_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), index=True)
