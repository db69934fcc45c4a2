"""SQL of what is between two people."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.kernel.uow import Database, UnitOfWork
from domains.profiles.policy.bonds import Bond, BondState
from domains.profiles.policy.privacy import Visibility
from domains.profiles.repository.profiles import wears_of

# In one order, so that two who act on each other at once cannot wait for each other.
_HOLD = text("""
    SELECT user_id FROM profiles_profile WHERE user_id IN (:low_id, :high_id) ORDER BY user_id FOR NO KEY UPDATE
""")
_PAIR = text("""
    SELECT mine.visibility AS my_visibility, other.visibility, other.bio, other.avatar_sha256,
        CAST(other.wears AS text) AS wears, h.handle, b.state, b.asker_id, b.at,
        EXISTS (SELECT FROM profiles_block WHERE blocker_id = :me AND blocked_id = :other) AS blocking,
        EXISTS (SELECT FROM profiles_block WHERE blocker_id = :other AND blocked_id = :me) AS blocked_by,
        EXISTS (SELECT FROM profiles_follow WHERE follower_id = :me AND followed_id = :other) AS following
    FROM profiles_profile mine CROSS JOIN profiles_profile other
    LEFT JOIN profiles_handle h ON h.user_id = other.user_id AND h.kept_until IS NULL
    LEFT JOIN profiles_bond b ON b.low_id = :low_id AND b.high_id = :high_id
    WHERE mine.user_id = :me AND other.user_id = :other
""")
_SAVE_BOND = text("""
    INSERT INTO profiles_bond (low_id, high_id, state, asker_id, at)
    VALUES (:low_id, :high_id, :state, :asker_id, :at)
    ON CONFLICT (low_id, high_id) DO UPDATE SET state = excluded.state, asker_id = excluded.asker_id, at = excluded.at
""")
_DELETE_BOND = text("DELETE FROM profiles_bond WHERE low_id = :low_id AND high_id = :high_id")
_FOLLOW = text("""
    INSERT INTO profiles_follow (follower_id, followed_id, at) VALUES (:me, :other, :now) ON CONFLICT DO NOTHING
""")
_UNFOLLOW = text("DELETE FROM profiles_follow WHERE follower_id = :me AND followed_id = :other")
_BLOCK = text("""
    WITH unbound AS (DELETE FROM profiles_bond WHERE low_id = :low_id AND high_id = :high_id),
    unfollowed AS (DELETE FROM profiles_follow WHERE (follower_id, followed_id) IN ((:me, :other), (:other, :me)))
    INSERT INTO profiles_block (blocker_id, blocked_id, shown_name, at) VALUES (:me, :other, :shown_name, :now)
    ON CONFLICT DO NOTHING
""")
_UNBLOCK = text("DELETE FROM profiles_block WHERE blocker_id = :me AND blocked_id = :other")
_COUNTS = text("""
    SELECT (SELECT count(*) FROM profiles_bond WHERE state = 'friends' AND :user_id IN (low_id, high_id)) AS friends,
        (SELECT count(*) FROM profiles_bond
         WHERE state IN ('asked', 'declined') AND :user_id IN (low_id, high_id) AND asker_id = :user_id
           AND at > :oldest) AS requests,
        (SELECT count(*) FROM profiles_follow WHERE follower_id = :user_id) AS followed,
        (SELECT count(*) FROM profiles_block WHERE blocker_id = :user_id) AS blocked
""")
_FRIENDS_OF = """
    SELECT p.user_id FROM profiles_profile p JOIN (
        SELECT high_id AS id FROM profiles_bond WHERE low_id = $1 AND state = 'friends'
        UNION ALL SELECT low_id FROM profiles_bond WHERE high_id = $1 AND state = 'friends'
    ) f ON f.id = p.user_id
    WHERE p.visibility <> 'private'
"""
_FRIEND_COUNTS = """
    SELECT user_id, count(*) AS friends FROM (
        SELECT low_id AS user_id FROM profiles_bond WHERE low_id = ANY($1::uuid[]) AND state = 'friends'
        UNION ALL SELECT high_id FROM profiles_bond WHERE high_id = ANY($1::uuid[]) AND state = 'friends'
    ) f GROUP BY user_id
"""
_UNSEEN = text("""
    SELECT user_id FROM profiles_profile WHERE user_id = ANY(:ids) AND visibility = 'private'
    UNION SELECT blocked_id FROM profiles_block WHERE blocker_id = :viewer AND blocked_id = ANY(:ids)
    UNION SELECT blocker_id FROM profiles_block WHERE blocked_id = :viewer AND blocker_id = ANY(:ids)
""")
_PURGE = text("""
    DELETE FROM profiles_bond WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM profiles_bond WHERE state <> 'friends' AND at < :before LIMIT :most FOR UPDATE SKIP LOCKED))
    RETURNING true
""")


class Pair(NamedTuple):
    """What is between somebody and another."""

    my_visibility: Visibility
    visibility: Visibility
    """The other's, as what follows."""
    bio: str
    avatar_sha256: bytes | None
    wears: dict[str, str]
    handle: str | None
    bond: Bond | None
    """As it was written, also where it is forgotten by now."""
    blocking: bool
    blocked_by: bool
    following: bool


class Counts(NamedTuple):
    friends: int
    requests: int
    """Of their own, that wait or look so."""
    followed: int
    blocked: int


def _ends(me: UUID, other: UUID) -> dict[str, UUID]:
    return {"low_id": min(me, other), "high_id": max(me, other)}


async def hold(session: AsyncSession, me: UUID, other: UUID) -> None:
    """Nothing else happens between these two, nor between one of them and anybody, until the commit."""
    await session.execute(_HOLD, _ends(me, other))


async def pair(session: AsyncSession, me: UUID, other: UUID) -> Pair | None:
    """None where one of them has no account."""
    row = (await session.execute(_PAIR, {"me": me, "other": other, **_ends(me, other)})).one_or_none()
    if row is None:
        return None
    bond = Bond(BondState(row.state), row.asker_id, row.at) if row.state else None
    return Pair(
        Visibility(row.my_visibility),
        Visibility(row.visibility),
        row.bio,
        row.avatar_sha256,
        wears_of(row.wears),
        row.handle,
        bond,
        row.blocking,
        row.blocked_by,
        row.following,
    )


async def save_bond(session: AsyncSession, me: UUID, other: UUID, bond: Bond | None) -> None:
    if bond is None:
        await session.execute(_DELETE_BOND, _ends(me, other))
        return
    values = {"state": bond.state, "asker_id": bond.asker, "at": bond.at}
    await session.execute(_SAVE_BOND, values | _ends(me, other))


async def follow(session: AsyncSession, me: UUID, other: UUID, now: datetime) -> None:
    await session.execute(_FOLLOW, {"me": me, "other": other, "now": now})


async def unfollow(session: AsyncSession, me: UUID, other: UUID) -> None:
    await session.execute(_UNFOLLOW, {"me": me, "other": other})


async def block(session: AsyncSession, me: UUID, other: UUID, shown_name: str | None, now: datetime) -> None:
    """Takes away what is between the two."""
    values = {"me": me, "other": other, "shown_name": shown_name, "now": now}
    await session.execute(_BLOCK, values | _ends(me, other))


async def unblock(session: AsyncSession, me: UUID, other: UUID) -> None:
    await session.execute(_UNBLOCK, {"me": me, "other": other})


async def counts(session: AsyncSession, user_id: UUID, *, oldest: datetime) -> Counts:
    """Requests made before `oldest` are forgotten."""
    return Counts(*(await session.execute(_COUNTS, {"user_id": user_id, "oldest": oldest})).one())


async def friends_of(db: Database, user_id: UUID) -> set[UUID]:
    """Without those whose profiles are private."""
    return {row["user_id"] for row in await db.fetch(_FRIENDS_OF, user_id)}


async def unseen(session: AsyncSession, viewer: UUID, ids: Collection[UUID]) -> set[UUID]:
    """Those of the ids that are private, or blocked in one direction or the other."""
    return set((await session.scalars(_UNSEEN, {"viewer": viewer, "ids": list(ids)})).all())


async def purge(session: AsyncSession, before: datetime, *, most: int) -> int:
    """Forgets requests that were made before then; how many."""
    gone: Sequence[bool] = (await session.scalars(_PURGE, {"before": before, "most": most})).all()
    return len(gone)


async def friend_counts(uow: UnitOfWork, ids: Collection[UUID]) -> dict[UUID, int]:
    """People without any are left out."""
    return {row["user_id"]: row["friends"] for row in await uow.fetch(_FRIEND_COUNTS, list(ids))}
