"""Second factors, passkeys, and logins that wait for one of them.

Recovery codes, challenges and the tokens of pending logins are stored as hashes. The secrets of authenticator apps must
be at hand to check a code, as the private signing key must be to sign.

Decision: such a secret is stored as it is, not encrypted.
Context: a key beside it in the same database would protect nothing, and one elsewhere would be a second thing to keep
on every process and in every backup, whose loss keeps everybody out; while the signing key lies in the same database,
whoever reads it needs no second factor.
Consequence: a backup is as confidential as the signing keys; whoever has lost one rotates them and deletes
`identity_totp`.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from domains.kernel.models import Base, Dated, Identified, Moment


class PendingLoginRow(Base):
    """Somebody who has given the first factor."""

    __tablename__ = "identity_pending_login"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), index=True)
    method: Mapped[str] = mapped_column(Text)
    """Of `policy.entry.Method`: the first factor."""
    tries_left: Mapped[int] = mapped_column(SmallInteger)
    began_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)


class TotpRow(Base):
    """An authenticator app; on once its first code was right."""

    __tablename__ = "identity_totp"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), primary_key=True)
    secret: Mapped[str] = mapped_column(Text)
    began_at: Mapped[datetime] = mapped_column(Moment)
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    last_step: Mapped[int] = mapped_column(BigInteger)
    """Of the newest code that was used; neither it nor an older one is good again."""


class RecoveryCodeRow(Base):
    """A code that is still good; using it deletes the row."""

    __tablename__ = "identity_recovery_code"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    """Argon2id, because whoever holds a plain hash could try all codes in days."""
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    """The same for all codes that were given out together."""


class PasskeyRow(Identified, Dated, Base):
    __tablename__ = "identity_passkey"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    """As last told; 0 for authenticators that do not count."""
    transports: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    name: Mapped[str] = mapped_column(Text)
    second_factor: Mapped[bool] = mapped_column(server_default=text("false"))
    """Its owner wants it, or another second factor, to be asked for after every other way in."""
    last_used_at: Mapped[datetime | None] = mapped_column(Moment)


class ChallengeRow(Base):
    """What a passkey has to sign; deleted by whatever answer comes."""

    __tablename__ = "identity_challenge"

    challenge_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    ceremony: Mapped[str] = mapped_column(Text)
    """Of `policy.factors.Ceremony`."""
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), index=True)
    """Whose answer it waits for; None where the passkey says who it is."""
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
