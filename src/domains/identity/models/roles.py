"""Roles that hold within one course or one class. Those that hold everywhere are `identity_user_role`."""

from uuid import UUID

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from domains.kernel.models import Base


class ScopedRole(Base):
    __tablename__ = "identity_scoped_role"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    """Of `policy.permissions.ScopeKind`."""
    within_id: Mapped[UUID] = mapped_column(primary_key=True)
    """Of the course or class. No foreign key: those tables belong to domains above."""
