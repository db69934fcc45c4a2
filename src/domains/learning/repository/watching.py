"""SQL of who may look at a session, and of what they see. Each function is one round trip that commits by itself,
except where it takes a session of a unit of work."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.kernel.uow import Database

_PROGRESS = """
    s.id, s.course_id, s.lesson_id, s.answered, cardinality(s.exercise_ids) AS total, s.correct,
    s.completed_at IS NOT NULL AS finished, s.active_at
"""
_HELD = "i.session_id = s.id AND i.watcher_id = {person} AND i.expires_at > {now}"
# Rights are asked again every few seconds: whoever looks on sees the end before they are shown out.
_RUNS = "(s.completed_at IS NULL OR s.completed_at > {now}::timestamptz - interval '5 seconds')"
_HELD_BY_ONE = _HELD.format(person="$1", now="$3")

# Sessions are looked at from the newest on, so that somebody's thousands of old ones cost nothing.
_CURRENT = f"""
    SELECT u.id AS user_id, s.* FROM unnest($1::uuid[]) AS u (id) CROSS JOIN LATERAL (
        SELECT * FROM (
            SELECT {_PROGRESS} FROM learning_session s
            WHERE s.user_id = u.id AND ($2::uuid IS NULL OR s.course_id = $2) ORDER BY s.id DESC LIMIT 20
        ) newest ORDER BY active_at DESC, id DESC LIMIT 1
    ) s
"""  # noqa: S608

# Who has watched a session may still see how it ended.
_SEEN = f"""
    SELECT {_PROGRESS} FROM learning_session s WHERE s.id = $2
      AND (s.user_id = $1 OR EXISTS (SELECT FROM learning_invitation i WHERE {_HELD_BY_ONE}))
"""  # noqa: S608

_STANDING = f"SELECT s.user_id, {_PROGRESS} FROM learning_session s WHERE s.id = $1"  # noqa: S608

_STILL_ENROLLED = """
    SELECT user_id, course_id FROM learning_enrollment
    JOIN unnest($1::uuid[], $2::uuid[]) AS p (user_id, course_id) USING (user_id, course_id)
"""

_STILL = f"""
    SELECT p.user_id, p.session_id
    FROM unnest($1::uuid[], $2::uuid[]) AS p (user_id, session_id) JOIN learning_session s ON s.id = p.session_id
    WHERE s.user_id = p.user_id OR {_RUNS.format(now="$3")}
      AND EXISTS (SELECT FROM learning_invitation i WHERE {_HELD.format(person="p.user_id", now="$3")})
"""  # noqa: S608

# Of two who show the code at once, the second waits for the first one's row and finds it taken.
_MAY_WATCH = f"""
    WITH session AS (SELECT id, user_id, completed_at FROM learning_session WHERE id = $2), held AS (
        SELECT FROM session s WHERE s.user_id = $1 OR {_RUNS.format(now="$3")}
          AND EXISTS (SELECT FROM learning_invitation i WHERE {_HELD_BY_ONE})
    ), claimed AS (
        UPDATE learning_invitation i SET watcher_id = $1, claimed_at = coalesce(i.claimed_at, $3)
        FROM session s
        WHERE i.session_id = s.id AND i.code_hash = $4 AND (i.watcher_id IS NULL OR i.watcher_id = $1)
          AND i.expires_at > $3 AND s.completed_at IS NULL AND NOT EXISTS (SELECT FROM held)
        RETURNING true
    )
    SELECT EXISTS (SELECT FROM held) OR EXISTS (SELECT FROM claimed) AS may
"""  # noqa: S608

_ADD = text("""
    INSERT INTO learning_invitation (id, session_id, code_hash, created_at, expires_at)
    SELECT :id, :session_id, :code_hash, :now, :expires_at
    WHERE (SELECT count(*) FROM learning_invitation WHERE session_id = :session_id AND expires_at > :now) < :most
    RETURNING true
""")
_LIST = """
    SELECT i.id, i.created_at, i.expires_at, i.watcher_id, i.claimed_at
    FROM learning_session s JOIN learning_invitation i ON i.session_id = s.id AND i.expires_at > $3
    WHERE s.id = $2 AND s.user_id = $1 AND s.completed_at IS NULL ORDER BY i.id
"""
_REVOKE = """
    DELETE FROM learning_invitation i USING learning_session s
    WHERE i.id = $3 AND i.session_id = $2 AND s.id = i.session_id AND s.user_id = $1
"""
_PURGE = """
    DELETE FROM learning_invitation WHERE id = ANY(ARRAY(
        SELECT id FROM learning_invitation WHERE expires_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED))
    RETURNING true
"""


class SessionProgress(NamedTuple):
    session_id: UUID
    course_id: UUID
    lesson_id: UUID | None
    answered: int
    total: int
    correct: int
    finished: bool
    active_at: datetime


class Invitation(NamedTuple):
    id: UUID
    created_at: datetime
    expires_at: datetime
    watcher_id: UUID | None
    claimed_at: datetime | None


async def current_sessions(
    db: Database, user_ids: Collection[UUID], course_id: UUID | None
) -> dict[UUID, SessionProgress]:
    rows = await db.fetch(_CURRENT, list(user_ids), course_id)
    return {row["user_id"]: SessionProgress(*tuple(row)[1:]) for row in rows}


async def seen_progress(db: Database, user_id: UUID, session_id: UUID, now: datetime) -> SessionProgress | None:
    rows = await db.fetch(_SEEN, user_id, session_id, now)
    return SessionProgress(*rows[0]) if rows else None


async def standing(db: Database, session_id: UUID) -> tuple[UUID, SessionProgress] | None:
    rows = await db.fetch(_STANDING, session_id)
    return (rows[0]["user_id"], SessionProgress(*tuple(rows[0])[1:])) if rows else None


async def still_enrolled(db: Database, pairs: Collection[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    users, courses = zip(*pairs, strict=True)
    return {(row["user_id"], row["course_id"]) for row in await db.fetch(_STILL_ENROLLED, list(users), list(courses))}


async def may_watch(db: Database, user_id: UUID, session_id: UUID, code_hash: bytes | None, now: datetime) -> bool:
    """The session's owner, or who holds an invitation; one that nobody holds is claimed with its code."""
    may: bool = (await db.fetch(_MAY_WATCH, user_id, session_id, now, code_hash))[0]["may"]
    return may


async def still_may_watch(db: Database, pairs: Sequence[tuple[UUID, UUID]], now: datetime) -> set[tuple[UUID, UUID]]:
    users, sessions = zip(*pairs, strict=True)
    return {(row["user_id"], row["session_id"]) for row in await db.fetch(_STILL, list(users), list(sessions), now)}


async def add_invitation(
    session: AsyncSession,
    *,
    invitation_id: UUID,
    session_id: UUID,
    code_hash: bytes,
    now: datetime,
    expires_at: datetime,
    most: int,
) -> bool:
    """False where `most` are open already. The caller holds the session's row."""
    values = {
        "id": invitation_id,
        "session_id": session_id,
        "code_hash": code_hash,
        "now": now,
        "expires_at": expires_at,
        "most": most,
    }
    return (await session.execute(_ADD, values)).one_or_none() is not None


async def invitations(db: Database, owner_id: UUID, session_id: UUID, now: datetime) -> list[Invitation]:
    """Those that are open, oldest first; none for somebody else's session."""
    return [Invitation(*row) for row in await db.fetch(_LIST, owner_id, session_id, now)]


async def revoke_invitation(db: Database, owner_id: UUID, session_id: UUID, invitation_id: UUID) -> None:
    await db.fetch(_REVOKE, owner_id, session_id, invitation_id)


async def purge_invitations(db: Database, now: datetime, *, at_most: int) -> int:
    return len(await db.fetch(_PURGE, now, at_most))
