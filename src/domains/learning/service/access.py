"""Who may learn what: a course has an entitlement or needs none, a preview is open to all.

Invariant: what a preview opens is that one lesson. It enrols nobody and brings back nothing of other lessons.
"""

from typing import NamedTuple
from uuid import UUID

from domains.billing import api as billing
from domains.catalog import api as catalog
from domains.kernel.uow import Database, UnitOfWork
from domains.learning.course_schemas import LessonPageOut, MaterialOut
from domains.media import api as media


class Admission(NamedTuple):
    course: bool
    """False for a preview by somebody who may not use the course."""
    unlimited_hearts: bool


async def admitted(db: Database, user_id: UUID, course_id: UUID, *, preview: bool = False) -> Admission:
    """Raises AccessRequired where the course has to be bought, was not, and this is no preview."""
    key = billing.course_key(course_id)
    try:
        return Admission(True, await billing.require(db, user_id, key, also=billing.UNLIMITED_HEARTS))
    except billing.AccessRequired:
        if not preview:
            raise
    return Admission(False, await billing.holds(db, user_id, billing.UNLIMITED_HEARTS))


async def open_lesson(uow: UnitOfWork, user_id: UUID, lesson_id: UUID) -> LessonPageOut:
    """The lesson's text and materials. Raises LessonNotFound and AccessRequired."""
    revision, lesson = await catalog.published_lesson(uow, lesson_id)
    await admitted(uow.db, user_id, revision.course_id, preview=lesson.node.preview)
    return LessonPageOut(
        id=lesson.id,
        course_id=revision.course_id,
        unit_id=lesson.unit_id,
        revision_id=revision.id,
        title=lesson.title,
        form=lesson.node.form,
        preview=lesson.node.preview,
        text=lesson.node.text,
        materials=[MaterialOut(each.title, media.url_of(each.media)) for each in lesson.node.materials],
        exercises=len(lesson.exercises),
    )
