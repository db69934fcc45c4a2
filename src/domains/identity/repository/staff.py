"""What staff look at and do: people, bans, looks through others' eyes, and the audit log."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domains.identity.models import LoginSession, User
from domains.identity.models.api_keys import ApiKey
from domains.identity.models.audit import AuditEntry
from domains.identity.policy.actions import Action
from domains.kernel.uow import Database

_FOUND = """
    u.id, u.email, u.email_verified_at IS NOT NULL AS verified, u.username, u.name, u.locale, u.time_zone,
    u.created_at, u.banned_at, u.ban_reason, u.merged_into,
    ARRAY(SELECT r.role FROM identity_user_role r WHERE r.user_id = u.id ORDER BY r.role) AS roles,
    (SELECT max(s.last_used_at) FROM identity_session s
     WHERE s.user_id = u.id AND s.actor_id IS NULL) AS last_seen_at
"""

# Each way of naming somebody has an index of its own; UNION keeps the planner to them.
_SEARCH = f"""
    WITH named AS (
        SELECT id FROM identity_user WHERE id = $1
        UNION SELECT id FROM identity_user WHERE username = lower($2)
        UNION SELECT id FROM identity_user WHERE lower(email) LIKE $3
        UNION SELECT id FROM identity_user WHERE lower(name) LIKE $3
    ), page AS (
        SELECT id FROM named WHERE $4::uuid IS NULL OR id < $4 ORDER BY id DESC LIMIT $5
    )
    SELECT {_FOUND} FROM identity_user u JOIN page USING (id) ORDER BY u.id DESC
"""  # noqa: S608 - the fragments are the constants above

_SHOW = f"SELECT {_FOUND} FROM identity_user u WHERE u.id = $1"  # noqa: S608

_GLANCES = (Action.PEOPLE_SEARCHED, Action.PERSON_VIEWED)


class Found(NamedTuple):
    """An account as staff may see it."""

    id: UUID
    email: str | None
    verified: bool
    username: str | None
    name: str
    locale: str
    time_zone: str
    created_at: datetime
    banned_at: datetime | None
    ban_reason: str | None
    merged_into: UUID | None
    roles: list[str]
    last_seen_at: datetime | None


class Look(NamedTuple):
    """Somebody of the staff who looks, or looked, through another's eyes."""

    session_id: UUID
    user_id: UUID
    actor_id: UUID


class Onlooker(NamedTuple):
    by: UUID
    name: str
    ends_at: datetime


class Told(NamedTuple):
    """A line of the audit log."""

    id: UUID
    at: datetime
    action: str
    user_id: UUID | None
    actor_id: UUID | None
    detail: dict[str, Any]
    address: str | None


async def search(db: Database, query: str, *, user_id: UUID | None, before: UUID | None, most: int) -> list[Found]:
    """By id, exact user name, or how the address or the name begins, without regard to case; the newest first."""
    begins = query.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    return [Found(*row) for row in await db.fetch(_SEARCH, user_id, query, begins, before, most)]


async def show(db: Database, user_id: UUID) -> Found | None:
    rows = await db.fetch(_SHOW, user_id)
    return Found(*rows[0]) if rows else None


async def set_ban(session: AsyncSession, user_id: UUID, *, at: datetime | None, reason: str | None) -> None:
    await session.execute(update(User).where(User.id == user_id).values(banned_at=at, ban_reason=reason))


async def revoke_keys_of(session: AsyncSession, user_id: UUID, now: datetime) -> list[ApiKey]:
    """The API keys that somebody has made and that were good until now."""
    good = (ApiKey.made_by == user_id, ApiKey.revoked_at.is_(None), ApiKey.expires_at > now)
    return list(await session.scalars(update(ApiKey).where(*good).values(revoked_at=now).returning(ApiKey)))


async def end_looks(
    session: AsyncSession,
    *,
    now: datetime,
    reason: str,
    actor_id: UUID | None = None,
    user_id: UUID | None = None,
    session_id: UUID | None = None,
    over: bool = False,
) -> list[Look]:
    """Ends those of `actor_id`, those through the eyes of `user_id` and the one of `session_id`, where given; `over`:
    only what has had its time."""
    statement = (
        update(LoginSession)
        .where(LoginSession.actor_id.is_not(None), LoginSession.revoked_at.is_(None))
        .values(revoked_at=now, revoke_reason=reason)
        .returning(LoginSession.id, LoginSession.user_id, LoginSession.actor_id)
    )
    if actor_id is not None:
        statement = statement.where(LoginSession.actor_id == actor_id)
    if user_id is not None:
        statement = statement.where(LoginSession.user_id == user_id)
    if session_id is not None:
        statement = statement.where(LoginSession.id == session_id)
    if over:
        statement = statement.where(LoginSession.expires_at <= now)
    return [Look(row.id, row.user_id, row.actor_id) for row in await session.execute(statement)]


async def look(db: Database, session_id: UUID) -> Onlooker | None:
    """None for a login session of the user's own."""
    rows = await db.fetch(
        "SELECT s.actor_id, u.name, s.expires_at FROM identity_session s JOIN identity_user u ON u.id = s.actor_id "
        "WHERE s.id = $1",
        session_id,
    )
    return Onlooker(*rows[0]) if rows else None


def _entries(before: UUID | None, most: int) -> Select[Any]:
    entry = AuditEntry
    columns = (entry.id, entry.at, entry.action, entry.user_id, entry.actor_id, entry.detail, entry.address)
    wanted = select(*columns).order_by(entry.id.desc()).limit(most)
    return wanted if before is None else wanted.where(entry.id < before)


async def told(
    session: AsyncSession,
    *,
    user_id: UUID | None = None,
    actor_id: UUID | None = None,
    action: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: UUID | None = None,
    most: int,
) -> list[Told]:
    """The newest first."""
    wanted = _entries(before, most)
    if user_id is not None:
        wanted = wanted.where(AuditEntry.user_id == user_id)
    if actor_id is not None:
        wanted = wanted.where(AuditEntry.actor_id == actor_id)
    if action is not None:
        wanted = wanted.where(AuditEntry.action == action)
    if since is not None:
        wanted = wanted.where(AuditEntry.at >= since)
    if until is not None:
        wanted = wanted.where(AuditEntry.at < until)
    return [Told(*row) for row in await session.execute(wanted)]


async def history(session: AsyncSession, user_id: UUID, *, before: UUID | None, most: int) -> list[Told]:
    """What was done to an account; glances of staff are left out."""
    wanted = _entries(before, most).where(AuditEntry.user_id == user_id, AuditEntry.action.not_in(_GLANCES))
    return [Told(*row) for row in await session.execute(wanted)]
