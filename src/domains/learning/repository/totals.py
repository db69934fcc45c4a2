"""SQL of what learners have done in all, for whoever rewards it."""

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from domains.kernel.uow import UnitOfWork

_TOTALS = """
    SELECT u.user_id, p.lessons, p.perfect_lessons, e.courses
    FROM unnest($1::uuid[]) AS u (user_id)
    CROSS JOIN LATERAL (
        SELECT count(*) AS lessons, count(*) FILTER (WHERE best_score >= 1 AND viewed_at IS NULL) AS perfect_lessons
        FROM learning_lesson_progress WHERE user_id = u.user_id AND completions > 0
    ) p
    CROSS JOIN LATERAL (
        SELECT count(*) AS courses FROM learning_enrollment WHERE user_id = u.user_id AND completed_at IS NOT NULL
    ) e
"""


class Totals(NamedTuple):
    lessons: int
    """Different ones that were taken or read; what a test skipped is not among them."""
    perfect_lessons: int
    """Of which taken without a mistake, at least once."""
    courses: int
    """Completed."""


async def totals(uow: UnitOfWork, user_ids: Collection[UUID]) -> dict[UUID, Totals]:
    return {id_: Totals(*numbers) for id_, *numbers in await uow.fetch(_TOTALS, list(user_ids))}
