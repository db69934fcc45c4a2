"""SQL of what people say of themselves, and of handles."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from domains.kernel.uow import Database, UnitOfWork
from domains.profiles.models import ProfileRow
from domains.profiles.policy.privacy import Visibility

_ADD = text("""
    INSERT INTO profiles_profile (user_id, hearts, leagues, streaks) VALUES (:user_id, :hearts, :leagues, :streaks)
    ON CONFLICT DO NOTHING
""")
_COLUMNS = """
    p.user_id, h.handle, p.handle_changed_at, p.bio, p.visibility, p.sound, p.daily_goal_xp, p.hearts, p.leagues,
    p.streaks, p.leagues_hidden, CAST(p.wears AS text) AS wears, p.avatar_sha256
"""
_CURRENT = "LEFT JOIN profiles_handle h ON h.user_id = p.user_id AND h.kept_until IS NULL"
_OWN = text(f"SELECT {_COLUMNS} FROM profiles_profile p {_CURRENT} WHERE p.user_id = :user_id")  # noqa: S608
_HOLD = text(f"SELECT {_COLUMNS} FROM profiles_profile p {_CURRENT} WHERE p.user_id = :user_id FOR NO KEY UPDATE OF p")  # noqa: S608
_MANY = text(f"SELECT {_COLUMNS} FROM profiles_profile p {_CURRENT} WHERE p.user_id = ANY(:ids)")  # noqa: S608
_HANDLES = text("SELECT user_id, handle FROM profiles_handle WHERE user_id = ANY(:ids) AND kept_until IS NULL")
_WITHOUT_STREAKS = text("SELECT user_id FROM profiles_profile WHERE user_id = ANY(:ids) AND NOT streaks")
_HIDDEN_IN_LEAGUES = """
    SELECT user_id FROM profiles_profile WHERE user_id = ANY($1::uuid[]) AND (leagues_hidden OR visibility = 'private')
"""
_OWNER = text("SELECT user_id FROM profiles_handle WHERE handle = :handle AND kept_until IS NULL")
_TAKE_OFF = """
    UPDATE profiles_profile SET wears = (
        SELECT coalesce(jsonb_object_agg(place, item), '{}') FROM jsonb_each(wears) AS w (place, item)
        WHERE item <> to_jsonb($2::text)
    ) WHERE user_id = $1 RETURNING wears::text
"""
_WEAR = """
    UPDATE profiles_profile SET wears = wears || jsonb_build_object($2::text, $3::text) WHERE user_id = $1
    RETURNING wears::text
"""
_WORN = "SELECT wears::text FROM profiles_profile WHERE user_id = $1"
_LEAVE = text("UPDATE profiles_handle SET kept_until = :until WHERE user_id = :user_id AND kept_until IS NULL")
# One's own former handle, or one that nobody is waited for any more.
_TAKE = text("""
    INSERT INTO profiles_handle AS h (handle, user_id) VALUES (:handle, :user_id)
    ON CONFLICT (handle) DO UPDATE SET user_id = excluded.user_id, kept_until = NULL
    WHERE h.kept_until IS NOT NULL AND (h.user_id = excluded.user_id OR h.kept_until <= :now)
    RETURNING true
""")


class Profile(NamedTuple):
    user_id: UUID
    handle: str | None
    handle_changed_at: datetime | None
    bio: str
    visibility: Visibility
    sound: bool
    daily_goal_xp: int
    hearts: bool
    leagues: bool
    streaks: bool
    leagues_hidden: bool
    wears: dict[str, str]
    avatar_sha256: bytes | None


async def add(session: AsyncSession, user_id: UUID, hearts: bool, leagues: bool, streaks: bool) -> None:
    await session.execute(_ADD, {"user_id": user_id, "hearts": hearts, "leagues": leagues, "streaks": streaks})


async def own(session: AsyncSession, user_id: UUID, *, hold: bool = False) -> Profile | None:
    """`hold`: nobody else changes it until the commit."""
    row = (await session.execute(_HOLD if hold else _OWN, {"user_id": user_id})).one_or_none()
    return _profile(row) if row else None


async def many(session: AsyncSession, ids: Collection[UUID]) -> list[Profile]:
    rows = await session.execute(_MANY, {"ids": list(ids)})
    return [_profile(row) for row in rows]


async def worn(uow: UnitOfWork, user_id: UUID) -> dict[str, str]:
    return _wears(await uow.fetch(_WORN, user_id))


async def wear(uow: UnitOfWork, user_id: UUID, place: str, item: str) -> dict[str, str]:
    return _wears(await uow.fetch(_WEAR, user_id, place, item))


async def take_off(uow: UnitOfWork, user_id: UUID, item: str) -> dict[str, str]:
    return _wears(await uow.fetch(_TAKE_OFF, user_id, item))


async def change(session: AsyncSession, user_id: UUID, columns: dict[str, Any]) -> None:
    await session.execute(update(ProfileRow).where(ProfileRow.user_id == user_id).values(**columns))


async def leave_handle(session: AsyncSession, user_id: UUID, until: datetime) -> None:
    """It is kept for its owner until then."""
    await session.execute(_LEAVE, {"user_id": user_id, "until": until})


async def take_handle(session: AsyncSession, user_id: UUID, handle: str, now: datetime) -> bool:
    """False where somebody else has it, or it is kept for them. The former one must have been left."""
    return (await session.execute(_TAKE, {"user_id": user_id, "handle": handle, "now": now})).first() is not None


async def handles(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, str]:
    return {row.user_id: row.handle for row in await session.execute(_HANDLES, {"ids": list(ids)})}


async def owner(session: AsyncSession, handle: str) -> UUID | None:
    return (await session.execute(_OWNER, {"handle": handle})).scalar_one_or_none()


async def visibility(session: AsyncSession, user_id: UUID) -> Visibility | None:
    found = await session.scalar(select(ProfileRow.visibility).where(ProfileRow.user_id == user_id))
    return Visibility(found) if found else None


async def hidden_in_leagues(db: Database, ids: Collection[UUID]) -> set[UUID]:
    return {row["user_id"] for row in await db.fetch(_HIDDEN_IN_LEAGUES, list(ids))}


async def without_streaks(session: AsyncSession, ids: Collection[UUID]) -> set[UUID]:
    return set((await session.scalars(_WITHOUT_STREAKS, {"ids": list(ids)})).all())


def wears_of(stored: str) -> dict[str, str]:
    """Items by where they are worn, out of JSON."""
    return msgspec.json.decode(stored, type=dict[str, str])


def _wears(rows: Sequence[Any]) -> dict[str, str]:
    return wears_of(rows[0]["wears"]) if rows else {}


def _profile(row: Any) -> Profile:
    return Profile(*row)._replace(visibility=Visibility(row.visibility), wears=wears_of(row.wears))
