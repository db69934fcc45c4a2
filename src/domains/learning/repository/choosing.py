"""SQL of who learns which courses: what is popular, what others like somebody take, what somebody has completed."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domains.catalog.api import Counted
from domains.kernel.uow import Database, UnitOfWork

_POPULARITY = """
    SELECT course_id, count(*) FILTER (WHERE enrolled_at >= $1)::int AS learners,
           count(*) FILTER (WHERE completed_at >= $1)::int AS completions
    FROM learning_enrollment WHERE enrolled_at >= $1 OR completed_at >= $1 GROUP BY course_id
"""

_MINE = """
    SELECT course_id, completed_at IS NOT NULL AS completed FROM learning_enrollment
    WHERE user_id = $1 ORDER BY enrolled_at DESC, course_id
"""

# Ids tell when accounts were made. A course with a million learners is asked for its newest, by its index.
_FELLOWS = """
    WITH fellow AS (
        SELECT DISTINCT e.user_id
        FROM unnest($2::uuid[]) AS m (course_id) CROSS JOIN LATERAL (
            SELECT user_id FROM learning_enrollment WHERE course_id = m.course_id ORDER BY user_id DESC LIMIT $3
        ) AS e
        WHERE e.user_id <> $1
    )
    SELECT o.course_id, count(*)::int AS fellows, (SELECT count(*)::int FROM fellow) AS asked
    FROM fellow JOIN learning_enrollment o USING (user_id)
    WHERE NOT o.course_id = ANY($2::uuid[])
    GROUP BY o.course_id ORDER BY fellows DESC, o.course_id LIMIT 50
"""


class Mine(NamedTuple):
    course_id: UUID
    completed: bool


class Fellows(NamedTuple):
    """Of `asked` people who learn a course of mine, so many learn this one."""

    course_id: UUID
    fellows: int
    asked: int


async def popularity(db: Database, since: datetime) -> list[Counted]:
    return [Counted(*row) for row in await db.fetch(_POPULARITY, since)]


async def mine(source: Database | UnitOfWork, user_id: UUID) -> list[Mine]:
    """Courses that the learner is enrolled in, the newest enrolment first."""
    return [Mine(*row) for row in await source.fetch(_MINE, user_id)]


async def fellows(db: Database, user_id: UUID, course_ids: Sequence[UUID], *, most: int) -> list[Fellows]:
    """What others take who take these courses too, the most frequent first; of each course `most` are asked."""
    return [Fellows(*row) for row in await db.fetch(_FELLOWS, user_id, list(course_ids), most)]
