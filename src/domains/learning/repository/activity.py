"""SQL of what learners did by quarters of an hour, for calendars and time spent.

Invariant: rows are written by the statements that write the log, so that both are there or neither. What differs from
the log can therefore be mended by adding the difference, whatever is written meanwhile (`repository.recount`).
"""

from datetime import datetime
from uuid import UUID

from domains.kernel.uow import Database, UnitOfWork
from domains.learning.policy.activity import IDLE_MS, QUARTER_MIN, Quarter


def milliseconds_between(earlier: str, later: str) -> str:
    """As `policy.activity` bounds what an answer took."""
    return f"least(greatest(floor(extract(epoch FROM {later} - {earlier}) * 1000), 0), {IDLE_MS})::int"


def quarter_of(moment: str) -> str:
    return f"date_bin('{QUARTER_MIN} minutes', {moment}, timestamptz 'epoch')"


def count(source: str) -> str:
    """Adds what a query or CTE gives as user_id, course_id, kind, at and spent_ms."""
    return f"""
        INSERT INTO learning_activity AS y (user_id, quarter, course_id, kind, times, spent_ms)
        SELECT user_id, {quarter_of("at")}, course_id, kind, count(*), sum(spent_ms) FROM {source} AS d
        GROUP BY 1, 2, 3, 4
        -- In one order, so that two statements cannot wait for each other.
        ORDER BY 1, 2, 3, 4
        {ADD}
    """  # noqa: S608 - only parts of our own statements are put in


ADD = """ON CONFLICT (user_id, quarter, course_id, kind) DO UPDATE SET
            times = y.times + excluded.times, spent_ms = y.spent_ms + excluded.spent_ms"""
"""The end of an INSERT INTO learning_activity AS y."""

_BETWEEN = """
    SELECT quarter, kind, sum(times)::int, sum(spent_ms)::int FROM learning_activity
    WHERE user_id = $1 AND quarter >= $2 AND quarter < $3 AND ($4::uuid IS NULL OR course_id = $4)
    GROUP BY 1, 2 HAVING sum(times) > 0
"""


async def between(
    source: Database | UnitOfWork, user_id: UUID, begin: datetime, end: datetime, course_id: UUID | None = None
) -> list[Quarter]:
    """What the learner did from `begin` until before `end`, in all courses or in one; in no order."""
    return [Quarter(*row) for row in await source.fetch(_BETWEEN, user_id, begin, end, course_id)]
