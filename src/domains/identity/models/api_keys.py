"""Keys by which other servers call. Only the hash of a secret is kept."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from domains.kernel.models import Base, Dated, Identified, Moment


class ApiKey(Identified, Dated, Base):
    __tablename__ = "identity_api_key"

    name: Mapped[str] = mapped_column(Text)
    """What it is for."""
    prefix: Mapped[str] = mapped_column(Text)
    """How the secret begins, so that people recognise it."""
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    made_by: Mapped[UUID | None] = mapped_column(ForeignKey("identity_user.id", ondelete="SET NULL"))
    expires_at: Mapped[datetime] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)
    last_used_at: Mapped[datetime | None] = mapped_column(Moment)
    """To a minute."""
    successor_id: Mapped[UUID | None] = mapped_column(ForeignKey("identity_api_key.id", ondelete="SET NULL"))
    """The key that takes over; both are good for a while."""
