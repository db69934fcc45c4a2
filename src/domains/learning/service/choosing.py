"""Choosing a course: what is popular, what is recommended and why, what should be learned before."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from domains.billing import api as billing
from domains.catalog import api as catalog
from domains.identity import api as identity
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database
from domains.learning.course_schemas import (
    PrerequisiteOut,
    ReasonOut,
    RecommendationOut,
    RecommendationsOut,
)
from domains.learning.policy.recommending import Learner, Reason, recommended
from domains.learning.repository import choosing as repository

COUNTED_DAYS = 30
_FELLOWS_ASKED = 1_000
"""Of each course; all together they are at most ten times as many."""
_COURSES_ASKED = 10
_LOOKED_AT = 200


async def count_popularity(db: Database) -> None:
    """Tells the catalog how many enrolled in each course and completed it lately."""
    now = utc_now()
    counts = await repository.popularity(db, now - timedelta(days=COUNTED_DAYS))
    async with db.begin() as uow:
        await catalog.set_popularity(uow, counts, days=COUNTED_DAYS, at=now)


async def recommend(db: Database, user_id: UUID, most: int) -> RecommendationsOut:
    mine = await repository.mine(db, user_id)
    ids = [each.course_id for each in mine]
    # The latest say the most of somebody who learns very many.
    fellows = await repository.fellows(db, user_id, ids[:_COURSES_ASKED], most=_FELLOWS_ASKED) if ids else []
    lines = await catalog.courses_by_id(db, ids)
    completed_ids = {each.course_id for each in mine if each.completed}
    completed = {line.slug for line in lines if line.id in completed_ids}
    language = await _language(db, user_id)
    speaking = sorted({_primary(line.source_language) for line in lines} or {_primary(language)})
    also = [each.course_id for each in fellows]
    found = await catalog.offered_courses(
        db, without=ids, speaking=speaking, also=also, after=sorted(completed), most=_LOOKED_AT
    )
    if not found and not lines:
        # Nothing is in the language of somebody new: anything is better than nothing.
        found = await catalog.offered_courses(db, without=ids, speaking=None, also=also, after=[], most=_LOOKED_AT)
    needed = {slug for line in found for slug in line.prerequisites}
    published = {line.slug for line in await catalog.courses_by_slug(db, sorted(needed))}
    best = recommended(
        found,
        Learner(lines, completed, language),
        {each.course_id: (each.fellows, each.asked) for each in fellows},
        published,
        most,
    )
    by_id, paid = {line.id: line for line in found}, await billing.gated_courses(db)
    return RecommendationsOut(
        [
            RecommendationOut(
                catalog.shown_course(by_id[each.course.id], paid=each.course.id in paid),
                [_reason(one) for one in each.reasons],
            )
            for each in best
        ]
    )


async def missing_prerequisites(db: Database, user_id: UUID, slugs: Sequence[str]) -> list[PrerequisiteOut]:
    """Of the courses that should be learned before, those that are there and that the learner has not completed."""
    if not slugs:
        return []
    done = {each.course_id for each in await repository.mine(db, user_id) if each.completed}
    found = {line.slug: line for line in await catalog.courses_by_slug(db, slugs) if line.id not in done}
    return [PrerequisiteOut(found[slug].id, slug, found[slug].title) for slug in slugs if slug in found]


async def _language(db: Database, user_id: UUID) -> str:
    async with db.begin() as uow:
        contact = await identity.contact(uow, user_id)
    return contact.locale if contact else "en"


def _reason(reason: Reason) -> ReasonOut:
    days = COUNTED_DAYS if reason.kind == "popular" else None
    return ReasonOut(reason.kind, reason.learners, reason.of, days, list(reason.courses))


def _primary(tag: str) -> str:
    return tag.partition("-")[0].lower()
