"""The next lessons of a course, to be taken without a network.

Invariant: a bundle changes nothing that a learner sees: its sessions begin when what was done in them arrives. Until
then whoever asks again, on whatever device, gets the same ones, so that a lesson taken on two of them counts once.

Decision: a bundle tells what is right, which a session never does before it is answered. Consequence: learning without
a network teaches at once, and who reads ahead gains what they would gain by taking the lesson twice, since a repetition
pays less. Tests and placements are not handed out.
"""

import asyncio
from datetime import datetime
from uuid import UUID

from domains.billing import api as billing
from domains.catalog import api as catalog
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import UnitOfWork
from domains.learning import repository
from domains.learning.policy import generator
from domains.learning.policy.generator import Learner
from domains.learning.policy.offline import FRESH, KEPT
from domains.learning.repository import sync
from domains.learning.repository.sync import Prepared
from domains.learning.schemas import BundledExerciseOut, BundledSessionOut, BundleOut
from domains.learning.service import hearts, schedule
from domains.learning.service.outlines import outline
from domains.learning.service.sessions import enrol, prompt_seed


async def bundle(uow: UnitOfWork, user_id: UUID, course_id: UUID, lessons: int) -> BundleOut:
    """So many of the next lessons; enrols the learner where that has not been done.

    Raises CourseNotFound and AccessRequired."""
    revision, now = await catalog.published_course(uow, course_id), utc_now()
    entitled = await billing.require(uow.db, user_id, billing.course_key(course_id), also=billing.UNLIMITED_HEARTS)
    # From here on whoever asks for the same waits.
    await enrol(uow, user_id, course_id)
    free = entitled or await hearts.is_switched_off(uow, user_id)
    done = await repository.completed_lessons(uow, user_id, course_id)
    coming = [each for each in revision.lessons.values() if each.exercises and each.id not in done][:lessons]
    found = await sync.prepared(uow, user_id, revision.id, course_id, unlimited_hearts=free, since=now - FRESH)
    missing = [each.id for each in coming if each.id not in found]
    if missing:
        made = await _made_up(uow, user_id, revision, missing, done, now, free=free)
        await sync.prepare(uow, user_id, made)
        found |= {each.lesson_id: each for each in made}
    return BundleOut(course_id, revision.id, [_shown(found[each.id], revision) for each in coming])


async def _made_up(
    uow: UnitOfWork,
    user_id: UUID,
    revision: catalog.RevisionContent,
    lesson_ids: list[UUID],
    done: set[UUID],
    now: datetime,
    *,
    free: bool,
) -> list[Prepared]:
    _, states = await schedule.current(uow.db, user_id, revision.course_id)
    learner = Learner(now, {state.item_id: state for state in states}, done)
    plan = outline(revision)

    def chosen() -> list[Prepared]:
        ids = [(new_id(), lesson_id) for lesson_id in lesson_ids]
        return [
            Prepared(
                id_,
                revision.course_id,
                lesson_id,
                revision.id,
                [drill.id for drill in generator.lesson(plan, learner, lesson_id, str(id_))],
                free,
                now,
            )
            for id_, lesson_id in ids
        ]

    # Milliseconds for one of a large course, so that ten of them would hold everybody up.
    return await asyncio.to_thread(chosen)


def _shown(session: Prepared, revision: catalog.RevisionContent) -> BundledSessionOut:
    exercises = [revision.exercises[id_] for id_ in session.exercise_ids]
    return BundledSessionOut(
        id=session.id,
        lesson_id=session.lesson_id,
        title=revision.lessons[session.lesson_id].title,
        exercises=[_exercise(session.id, each) for each in exercises],
        unlimited_hearts=session.unlimited_hearts,
        expires_at=session.made_at + KEPT,
    )


def _exercise(session_id: UUID, exercise: catalog.ExerciseView) -> BundledExerciseOut:
    node = exercise.node
    return BundledExerciseOut(
        id=exercise.id,
        kind=exercise.kind,
        prompt=catalog.prompt(exercise, prompt_seed(session_id, exercise)),
        content=exercise.content,
        hints=list(node.hints),
        image=catalog.shown_image(node.image),
        audio=catalog.shown_audio(node.audio),
        explanation=node.explanation,
    )
