"""SQL of what friends see of each other, and of kudos.

What somebody may see is decided when they look: activities of friends, and of people they follow, whose profiles still
allow it. A block has ended both.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.kernel.ids import new_id
from domains.kernel.uow import UnitOfWork

_FRIENDS = """
    SELECT high_id AS user_id FROM profiles_bond WHERE low_id = {me} AND state = 'friends'
    UNION ALL SELECT low_id FROM profiles_bond WHERE high_id = {me} AND state = 'friends'
"""
# Nobody looks at what is told to nobody; a friendship that begins later shows what comes after it.
_ADD = f"""
    INSERT INTO profiles_activity (id, user_id, kind, cause, course_id, lesson_id, days)
    SELECT $1::uuid, $2::uuid, $3::text, $4::text, $5::uuid, $6::uuid, $7::int
    WHERE EXISTS ({_FRIENDS.format(me="$2")}) OR EXISTS (SELECT FROM profiles_follow WHERE followed_id = $2)
    ON CONFLICT (user_id, cause) DO NOTHING
"""  # noqa: S608
_SEEN = f"""
    SELECT CAST(:me AS uuid) AS user_id
    UNION SELECT p.user_id FROM profiles_profile p JOIN ({_FRIENDS.format(me=":me")}) f ON f.user_id = p.user_id
    WHERE p.visibility <> 'private'
    UNION SELECT p.user_id FROM profiles_profile p JOIN profiles_follow f ON f.followed_id = p.user_id
    WHERE f.follower_id = :me AND p.visibility = 'public'
"""  # noqa: S608
# The same for many; each row is asked for once, however often it is among them.
_ADD_ACHIEVEMENTS = f"""
    INSERT INTO profiles_activity (id, user_id, kind, cause, achievement, level)
    SELECT a.id, a.user_id, 'achievement_reached', 'achievement:' || a.achievement || ':' || a.level, a.achievement,
        a.level
    FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::smallint[]) AS a (id, user_id, achievement, level)
    WHERE EXISTS ({_FRIENDS.format(me="a.user_id")})
        OR EXISTS (SELECT FROM profiles_follow WHERE followed_id = a.user_id)
    ORDER BY a.user_id ON CONFLICT (user_id, cause) DO NOTHING
"""  # noqa: S608
_COLUMNS = """
    a.id, a.user_id, a.kind, a.course_id, a.lesson_id, a.days, a.achievement, a.level,
    (SELECT count(*) FROM profiles_kudos k WHERE k.activity_id = a.id) AS kudos,
    EXISTS (SELECT FROM profiles_kudos k WHERE k.activity_id = a.id AND k.user_id = :me) AS cheered
"""
# A few of each person, whoever they are: however many somebody follows, and however long they have learned, no more
# rows are read than fit on that many pages.
_FEED = text(f"""
    WITH page AS (
        SELECT a.* FROM ({_SEEN}) seen CROSS JOIN LATERAL (
            SELECT * FROM profiles_activity a
            WHERE a.user_id = seen.user_id AND a.id > :oldest AND (CAST(:after AS uuid) IS NULL OR a.id < :after)
            ORDER BY a.id DESC LIMIT :most
        ) a
        ORDER BY a.id DESC LIMIT :most
    )
    SELECT {_COLUMNS}, h.handle, p.avatar_sha256 FROM page a JOIN profiles_profile p ON p.user_id = a.user_id
    LEFT JOIN profiles_handle h ON h.user_id = a.user_id AND h.kept_until IS NULL
    ORDER BY a.id DESC
""")  # noqa: S608
_ONE = text(f"""
    SELECT {_COLUMNS}, NULL AS handle, NULL AS avatar_sha256 FROM profiles_activity a
    WHERE a.id = :id AND a.id > :oldest AND a.user_id IN ({_SEEN})
""")  # noqa: S608
_CHEER = text("""
    INSERT INTO profiles_kudos (activity_id, user_id, at) VALUES (:activity_id, :me, :now)
    ON CONFLICT DO NOTHING RETURNING true
""")
_UNCHEER = text("DELETE FROM profiles_kudos WHERE activity_id = :activity_id AND user_id = :me RETURNING true")
_PURGE = text("""
    DELETE FROM profiles_activity WHERE id = ANY(ARRAY(
        SELECT id FROM profiles_activity WHERE id < :before ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED))
    RETURNING true
""")


class Activity(NamedTuple):
    id: UUID
    user_id: UUID
    kind: str
    course_id: UUID | None
    lesson_id: UUID | None
    days: int | None
    achievement: str | None
    level: int | None
    kudos: int
    cheered: bool
    """By whoever looks."""
    handle: str | None
    avatar_sha256: bytes | None


async def add(
    uow: UnitOfWork,
    user_id: UUID,
    kind: str,
    cause: str,
    *,
    course_id: UUID | None,
    lesson_id: UUID | None,
    days: int | None,
) -> None:
    """Nothing where it was told before, and where there is nobody to look at it."""
    await uow.fetch(_ADD, new_id(), user_id, kind, cause, course_id, lesson_id, days)


class Badge(NamedTuple):
    """A level of an achievement that somebody has reached."""

    user_id: UUID
    achievement: str
    level: int


async def add_achievements(uow: UnitOfWork, badges: Sequence[Badge]) -> None:
    """As `add`, in one statement."""
    users, achievements, levels = (list(column) for column in zip(*badges, strict=True))
    await uow.fetch(_ADD_ACHIEVEMENTS, [new_id() for _ in badges], users, achievements, levels)


async def feed(session: AsyncSession, me: UUID, *, oldest: UUID, after: UUID | None, most: int) -> list[Activity]:
    """The newest first, one's own among them."""
    values = {"me": me, "oldest": oldest, "after": after, "most": most}
    return [Activity(*row) for row in await session.execute(_FEED, values)]


async def seen(session: AsyncSession, me: UUID, activity_id: UUID, *, oldest: UUID) -> Activity | None:
    """None where it is not (any longer) for their eyes."""
    row = (await session.execute(_ONE, {"me": me, "id": activity_id, "oldest": oldest})).one_or_none()
    return Activity(*row) if row else None


async def cheer(session: AsyncSession, me: UUID, activity_id: UUID, now: datetime) -> bool:
    """False where they had."""
    values = {"me": me, "activity_id": activity_id, "now": now}
    return (await session.execute(_CHEER, values)).first() is not None


async def uncheer(session: AsyncSession, me: UUID, activity_id: UUID) -> bool:
    """False where they had not."""
    return (await session.execute(_UNCHEER, {"me": me, "activity_id": activity_id})).first() is not None


async def purge(session: AsyncSession, before: UUID, *, most: int) -> int:
    """Forgets what is older than this id; how many."""
    gone: Sequence[bool] = (await session.scalars(_PURGE, {"before": before, "most": most})).all()
    return len(gone)
