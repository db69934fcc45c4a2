"""Tables: who somebody is, where they are logged in, and the keys that vouch for it.

No secret is stored that could be presented: passwords as argon2id, refresh tokens and tickets as SHA-256. The
exception is the private signing key, which must be at hand to sign.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, LargeBinary, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from domains.kernel.models import Base, Dated, Identified, Moment


class User(Identified, Dated, Base):
    __tablename__ = "identity_user"

    email: Mapped[str | None] = mapped_column(Text)
    """As typed; unique without regard to case. Guests have none."""
    email_verified_at: Mapped[datetime | None] = mapped_column(Moment)
    username: Mapped[str | None] = mapped_column(Text)
    """A second name to log in with, in lower case."""
    name: Mapped[str] = mapped_column(Text)
    """What other learners see."""
    password_hash: Mapped[str | None] = mapped_column(Text)
    password_changed_at: Mapped[datetime | None] = mapped_column(Moment)
    time_zone: Mapped[str] = mapped_column(Text, server_default="UTC")
    time_zone_changed_at: Mapped[datetime | None] = mapped_column(Moment)
    locale: Mapped[str] = mapped_column(Text, server_default="en")
    banned_at: Mapped[datetime | None] = mapped_column(Moment)
    ban_reason: Mapped[str | None] = mapped_column(Text)
    """For staff; whoever is banned is not told."""
    merged_into: Mapped[UUID | None] = mapped_column(ForeignKey("identity_user.id", ondelete="SET NULL"))
    """What was a guest's is this account's now; the guest's own is closed."""
    deletion_at: Mapped[datetime | None] = mapped_column(Moment)
    """When the account is to be erased; until then its owner can take that back."""
    erased_at: Mapped[datetime | None] = mapped_column(Moment)
    """What is left is a tombstone: an id that ledgers refer to, and that leads to nobody."""

    __table_args__ = (
        CheckConstraint(
            "erased_at IS NULL OR banned_at IS NOT NULL AND name = 'Deleted account' "
            "AND num_nonnulls(email, username, password_hash, ban_reason) = 0",
            name="tombstone",
        ),
        Index(
            "ix_identity_user_deletion_at",
            "deletion_at",
            postgresql_where=text("deletion_at IS NOT NULL AND erased_at IS NULL"),
        ),
        Index("ix_identity_user_erased_at", "erased_at", postgresql_where=text("erased_at IS NOT NULL")),
        Index("ix_identity_user_merged_into", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
        Index("uq_identity_user_email", func.lower(text("email")), unique=True),
        Index("uq_identity_user_username", "username", unique=True),
        # Staff search by how they begin.
        Index(
            "ix_identity_user_email_begins",
            func.lower(text("email")).label("low"),
            postgresql_ops={"low": "text_pattern_ops"},
        ),
        Index(
            "ix_identity_user_name_begins",
            func.lower(text("name")).label("low"),
            postgresql_ops={"low": "text_pattern_ops"},
        ),
    )


class UserRole(Base):
    __tablename__ = "identity_user_role"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(Text, primary_key=True)


class LoginSession(Identified, Dated, Base):
    """One login on one device: the family of all refresh tokens that follow from it."""

    __tablename__ = "identity_session"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
    last_used_at: Mapped[datetime] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)
    revoke_reason: Mapped[str | None] = mapped_column(Text)
    user_agent: Mapped[str | None] = mapped_column(Text)
    method: Mapped[str] = mapped_column(Text, server_default="password")
    """Of `policy.entry.Method`: how it was opened."""
    authenticated_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    """When its holder last proved who they are; refreshing does not count."""
    actor_id: Mapped[UUID | None] = mapped_column()
    """Who looks through the user's eyes by it, somebody of the staff; None for the user's own."""

    __table_args__ = (Index("ix_identity_session_actor_id", "actor_id", postgresql_where=text("actor_id IS NOT NULL")),)


class RefreshToken(Base):
    __tablename__ = "identity_refresh_token"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("identity_session.id", ondelete="CASCADE"), index=True)
    issued_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)
    successor_salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The successor is the hash of this salt and the token itself: whoever holds the token gets the same successor
    again, and whoever reads the table gets nothing."""


class Ticket(Base):
    """Good once, within a minute, to open a socket for the login session that asked for it."""

    __tablename__ = "identity_ticket"

    ticket_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("identity_session.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)


class SigningKey(Base):
    __tablename__ = "identity_signing_key"

    kid: Mapped[str] = mapped_column(Text, primary_key=True)
    private_pem: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment)
    signs_from: Mapped[datetime] = mapped_column(Moment)
    retired_at: Mapped[datetime | None] = mapped_column(Moment)


class LoginPlace(Base):
    """An address where somebody has logged in: what strangers do to the account elsewhere does not slow them there."""

    __tablename__ = "identity_login_place"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), primary_key=True)
    address: Mapped[str] = mapped_column(Text, primary_key=True)
    last_login_at: Mapped[datetime] = mapped_column(Moment, index=True)


class LoginFailure(Base):
    """Tries in a row, per subject of `policy.limits`: an account, an account at an address, an address."""

    __tablename__ = "identity_login_failure"

    subject: Mapped[str] = mapped_column(Text, primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)
    last_failed_at: Mapped[datetime] = mapped_column(Moment, index=True)
    blocked_until: Mapped[datetime] = mapped_column(Moment)
