"""SQL of lists of people. Each holds who may be seen by whoever asks, for as long as that is so."""

from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

List = Literal["friends", "requests_in", "requests_out", "following", "followers"]

# A picture belongs to what public profiles show to everybody, and others to friends.
_PICTURE = """
    CASE WHEN p.visibility = 'public' OR EXISTS (
        SELECT FROM profiles_bond b WHERE b.low_id = LEAST(CAST(:me AS uuid), p.user_id)
            AND b.high_id = GREATEST(CAST(:me AS uuid), p.user_id) AND b.state = 'friends'
    ) THEN p.avatar_sha256 END
"""
_SOURCES: dict[List, str] = {
    "friends": """
        SELECT high_id AS user_id, at FROM profiles_bond WHERE low_id = :me AND state = 'friends'
        UNION ALL SELECT low_id, at FROM profiles_bond WHERE high_id = :me AND state = 'friends'
    """,
    "requests_in": """
        SELECT asker_id AS user_id, at FROM profiles_bond
        WHERE :me IN (low_id, high_id) AND asker_id <> :me AND state = 'asked' AND at > :oldest
    """,
    # Who was declined is not told.
    "requests_out": """
        SELECT CASE WHEN low_id = :me THEN high_id ELSE low_id END AS user_id, at FROM profiles_bond
        WHERE :me IN (low_id, high_id) AND asker_id = :me AND state IN ('asked', 'declined') AND at > :oldest
    """,
    "following": """
        SELECT f.followed_id AS user_id, f.at FROM profiles_follow f
        JOIN profiles_profile o ON o.user_id = f.followed_id AND o.visibility = 'public' WHERE f.follower_id = :me
    """,
    "followers": "SELECT follower_id AS user_id, at FROM profiles_follow WHERE followed_id = :me",
}
_PAGES = {
    name: text(f"""
        SELECT l.user_id, h.handle, {_PICTURE} AS avatar_sha256, l.at FROM ({source}) l
        JOIN profiles_profile p ON p.user_id = l.user_id AND p.visibility <> 'private'
        LEFT JOIN profiles_handle h ON h.user_id = l.user_id AND h.kept_until IS NULL
        WHERE CAST(:after_at AS timestamptz) IS NULL OR (l.at, l.user_id) < (:after_at, CAST(:after_id AS uuid))
        ORDER BY l.at DESC, l.user_id DESC LIMIT :most
    """)  # noqa: S608
    for name, source in _SOURCES.items()
}
_BLOCKED = text("""
    SELECT blocked_id AS user_id, shown_name, at FROM profiles_block
    WHERE blocker_id = :me
      AND (CAST(:after_at AS timestamptz) IS NULL OR (at, blocked_id) < (:after_at, CAST(:after_id AS uuid)))
    ORDER BY at DESC, blocked_id DESC LIMIT :most
""")
_SEARCH = text(f"""
    SELECT h.handle, h.user_id, {_PICTURE} AS avatar_sha256 FROM profiles_handle h
    JOIN profiles_profile p ON p.user_id = h.user_id AND p.visibility <> 'private'
    WHERE h.handle >= :first AND h.handle < :last AND h.kept_until IS NULL AND h.user_id <> :me
      AND (CAST(:after AS text) IS NULL OR h.handle > :after)
      AND NOT EXISTS (SELECT FROM profiles_block b WHERE b.blocker_id = :me AND b.blocked_id = h.user_id)
      AND NOT EXISTS (SELECT FROM profiles_block b WHERE b.blocker_id = h.user_id AND b.blocked_id = :me)
    ORDER BY h.handle LIMIT :most
""")  # noqa: S608


class Listed(NamedTuple):
    user_id: UUID
    handle: str | None
    avatar_sha256: bytes | None
    """As far as it is for their eyes."""
    at: datetime


class Blocked(NamedTuple):
    user_id: UUID
    shown_name: str | None
    at: datetime


class Found(NamedTuple):
    handle: str
    user_id: UUID
    avatar_sha256: bytes | None


async def listed(
    session: AsyncSession, which: List, me: UUID, *, oldest: datetime, after: tuple[datetime, UUID] | None, most: int
) -> list[Listed]:
    """The newest first. Requests made before `oldest` are forgotten."""
    after_at, after_id = after or (None, None)
    values = {"me": me, "oldest": oldest, "after_at": after_at, "after_id": after_id, "most": most}
    statement = _PAGES[which]
    if which not in ("requests_in", "requests_out"):
        del values["oldest"]
    return [Listed(*row) for row in await session.execute(statement, values)]


async def blocked(session: AsyncSession, me: UUID, *, after: tuple[datetime, UUID] | None, most: int) -> list[Blocked]:
    """The newest first."""
    after_at, after_id = after or (None, None)
    values = {"me": me, "after_at": after_at, "after_id": after_id, "most": most}
    return [Blocked(*row) for row in await session.execute(_BLOCKED, values)]


async def search(
    session: AsyncSession, me: UUID, first: str, last: str, *, after: str | None, most: int
) -> list[Found]:
    """Handles from `first` (included) to `last` (excluded), in their order."""
    values = {"me": me, "first": first, "last": last, "after": after, "most": most}
    return [Found(*row) for row in await session.execute(_SEARCH, values)]
