"""SQL of what completing a session was answered with, and of what was earned lately."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domains.gamification.policy.leagues import LATEST, week_of
from domains.kernel.ids import id_at
from domains.kernel.uow import Database, UnitOfWork

_STORE_RESULT = "INSERT INTO gamification_session_result (session_id, body) VALUES ($1, $2)"
_RESULT = "SELECT body FROM gamification_session_result WHERE session_id = $1"

# By way of the weeks: their index finds a learner's entries of some days without reading those of years.
_REWARDS = """
    SELECT w.user_id, e.cause, e.amount, e.xp_total_after, e.occurred_at, s.current_days, r.body
    FROM unnest($1::uuid[], $2::uuid[], $3::date[]) AS w (user_id, after, week_on)
    CROSS JOIN LATERAL (
        SELECT e.id, e.cause, e.amount, e.xp_total_after, e.occurred_at
        FROM (
            SELECT e.* FROM gamification_league_member m
            JOIN gamification_xp_entry e ON e.league_id = m.league_id AND e.user_id = m.user_id
            WHERE m.user_id = w.user_id AND m.week_on >= w.week_on AND e.id >= w.after
            UNION ALL
            SELECT e.* FROM gamification_xp_entry e
            WHERE e.user_id = w.user_id AND e.league_id IS NULL AND e.id >= w.after
        ) e
        WHERE e.cause LIKE 'lesson:%' OR e.cause LIKE 'view:%'
        ORDER BY e.id DESC LIMIT $4
    ) e
    JOIN gamification_streak s ON s.user_id = w.user_id
    LEFT JOIN gamification_session_result r
        ON r.session_id = CASE WHEN e.cause LIKE 'lesson:%' THEN substr(e.cause, 8)::uuid END
    ORDER BY e.id
"""


class Reward(NamedTuple):
    """What a completed lesson once brought."""

    user_id: UUID
    cause: str
    amount: int
    xp_total: int
    at: datetime
    streak_days: int
    """As it is now."""
    body: bytes | None
    """Of the answer to completing the session, if it was one."""


async def store_result(uow: UnitOfWork, session_id: UUID, body: bytes) -> None:
    await uow.fetch(_STORE_RESULT, session_id, body)


async def result(uow: UnitOfWork, session_id: UUID) -> bytes:
    body: bytes = (await uow.fetch(_RESULT, session_id))[0]["body"]
    return body


async def rewards(db: Database, since: Mapping[UUID, datetime], *, most: int) -> list[Reward]:
    """For each learner the newest `most` of what was earned since a moment of theirs, oldest first."""
    # What was done at the end of a week may be written when the next one has begun.
    weeks = [week_of(moment - LATEST) for moment in since.values()]
    rows = await db.fetch(_REWARDS, list(since), [id_at(moment) for moment in since.values()], weeks, most)
    return [Reward(*row) for row in rows]
