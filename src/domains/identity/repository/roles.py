"""Who has which role, and where."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.identity.models import User, UserRole
from domains.identity.models.roles import ScopedRole
from domains.identity.policy.fields import Role
from domains.kernel.uow import Database

_HELD = """
    SELECT ARRAY(SELECT r.role FROM identity_user_role r WHERE r.user_id = u.id) AS roles,
        ARRAY(SELECT s.role FROM identity_scoped_role s
              WHERE s.user_id = u.id AND s.kind = {kind} AND s.within_id = {within_id}) AS scoped_roles
    FROM identity_user u WHERE u.id = {user_id} AND u.banned_at IS NULL
"""
_HELD_NOW = _HELD.format(user_id="$1", kind="$2", within_id="$3")
_HELD_WITHIN = text(_HELD.format(user_id=":user_id", kind="CAST(:kind AS text)", within_id="CAST(:within_id AS uuid)"))


_GONE = User.merged_into.is_not(None) | User.erased_at.is_not(None)


class Held(NamedTuple):
    roles: frozenset[str]
    scoped_roles: frozenset[str]
    """In the course or class that was asked about."""


class Standing(NamedTuple):
    """What somebody is in the house, held until the commit."""

    roles: frozenset[str]
    email: str | None
    banned_at: datetime | None
    merged: bool
    """The account was joined to another one, or erased, and is closed for good."""


class Scoped(NamedTuple):
    role: str
    kind: str
    within_id: UUID


async def held(db: Database, user_id: UUID, kind: str | None, within_id: UUID | None) -> Held:
    """Nothing for the banned and for nobody."""
    rows = await db.fetch(_HELD_NOW, user_id, kind, within_id)
    return Held(*map(frozenset, rows[0])) if rows else Held(frozenset(), frozenset())


async def held_within(session: AsyncSession, user_id: UUID, kind: str | None, within_id: UUID | None) -> Held:
    """`held`, as this transaction leaves it."""
    values = {"user_id": user_id, "kind": kind, "within_id": within_id}
    row = (await session.execute(_HELD_WITHIN, values)).one_or_none()
    return Held(*map(frozenset, row)) if row else Held(frozenset(), frozenset())


async def hold_staff(session: AsyncSession) -> None:
    """Until the commit nobody else changes who belongs to the staff: two admins cannot put each other out."""
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('identity_staff', 0))"))


async def standing(session: AsyncSession, user_id: UUID) -> Standing | None:
    columns = (User.email, User.banned_at, _GONE.label("merged"))
    row = (await session.execute(select(*columns).where(User.id == user_id).with_for_update())).one_or_none()
    if row is None:
        return None
    roles = await session.scalars(select(UserRole.role).where(UserRole.user_id == user_id))
    return Standing(frozenset(roles), row.email, row.banned_at, row.merged)


async def other_admins(session: AsyncSession, user_id: UUID) -> int:
    """Admins besides this one whose accounts are open and will stay so."""
    open_admins = (
        select(func.count())
        .select_from(UserRole)
        .join(User, User.id == UserRole.user_id)
        .where(UserRole.role == Role.ADMIN, User.banned_at.is_(None), User.deletion_at.is_(None), User.id != user_id)
    )
    return (await session.scalar(open_admins)) or 0


async def replace_roles(session: AsyncSession, user_id: UUID, roles: Collection[str]) -> None:
    await session.execute(delete(UserRole).where(UserRole.user_id == user_id, UserRole.role.not_in(roles)))
    have = frozenset(await session.scalars(select(UserRole.role).where(UserRole.user_id == user_id)))
    missing = sorted(frozenset(roles) - have)
    if missing:
        await session.execute(insert(UserRole), [{"user_id": user_id, "role": role} for role in missing])


async def scoped(session: AsyncSession, user_id: UUID) -> list[Scoped]:
    columns = (ScopedRole.role, ScopedRole.kind, ScopedRole.within_id)
    rows = await session.execute(select(*columns).where(ScopedRole.user_id == user_id).order_by(*columns))
    return [Scoped(*row) for row in rows]


async def replace_scoped(session: AsyncSession, user_id: UUID, wanted: Collection[Scoped]) -> None:
    await session.execute(delete(ScopedRole).where(ScopedRole.user_id == user_id))
    if wanted:
        await session.execute(insert(ScopedRole), [{"user_id": user_id, **each._asdict()} for each in wanted])
