"""Logins at other providers.

States and codes are stored as hashes. The verifier of a flow is worth nothing without the provider's code and our
secret, and is gone within minutes. No token of a provider is stored.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from domains.kernel.models import Base, Dated, Identified, Moment


class OidcIdentity(Identified, Dated, Base):
    """Who somebody is elsewhere."""

    __tablename__ = "identity_oidc_identity"
    __table_args__ = (
        UniqueConstraint("issuer", "subject", name="uq_identity_oidc_identity_issuer"),
        UniqueConstraint("user_id", "issuer", name="uq_identity_oidc_identity_user_id"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"))
    issuer: Mapped[str] = mapped_column(Text)
    """The provider, also if it has another name here one day."""
    subject: Mapped[str] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    """As the provider said when it was linked; for its owner to tell accounts apart."""
    last_used_at: Mapped[datetime | None] = mapped_column(Moment)


class OidcFlow(Base):
    """Somebody who was sent to a provider, and what it has answered."""

    __tablename__ = "identity_oidc_flow"

    state_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    provider: Mapped[str] = mapped_column(Text)
    nonce: Mapped[str] = mapped_column(Text)
    code_verifier: Mapped[str] = mapped_column(Text)
    starter_hash: Mapped[bytes] = mapped_column(LargeBinary)
    """Of what only whoever began it holds."""
    return_to: Mapped[str] = mapped_column(Text)
    link: Mapped[bool] = mapped_column()
    """To link, not to log in."""
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), index=True)
    """Who was logged in when it began, if that matters: to link, or as a guest."""
    session_id: Mapped[UUID | None] = mapped_column()
    answered_at: Mapped[datetime | None] = mapped_column(Moment)
    exchange_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    claims: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """Of `policy.oidc.Claims`."""
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)


class OidcSession(Identified, Dated, Base):
    """A login session that ends when the provider says so."""

    __tablename__ = "identity_oidc_session"
    __table_args__ = (Index("ix_identity_oidc_session_issuer", "issuer", "subject"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), index=True)
    session_id: Mapped[UUID | None] = mapped_column(ForeignKey("identity_session.id", ondelete="CASCADE"), index=True)
    """None where a second factor was still wanted: any that the person opened by a provider since."""
    issuer: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    sid: Mapped[str | None] = mapped_column(Text)
    """The provider's name for it."""
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)


class OidcLogoutToken(Base):
    """A provider's word that a login has ended, which counts once."""

    __tablename__ = "identity_oidc_logout_token"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    """Of issuer and `jti`."""
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
