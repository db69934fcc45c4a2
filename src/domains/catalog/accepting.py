"""One more accepted answer. Invariant: nothing else of the course changes, neither order nor keys nor ids."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from domains.catalog import repository
from domains.catalog.content import with_content
from domains.catalog.errors import (
    AnswerShape,
    CourseInvalid,
    CourseNotFound,
    ExerciseChanged,
    ExerciseGone,
    NotAcceptable,
)
from domains.catalog.kinds import Content, Kind
from domains.catalog.policy.groups import problems
from domains.catalog.revisions import ExerciseView, RevisionContent, revision
from domains.catalog.service import drafts
from domains.catalog.service.courses import publish
from domains.kernel.uow import UnitOfWork


class AcceptedAnswer(Struct, frozen=True):
    """`changed` is False where the published revision accepted the answer already."""

    revision_id: UUID
    number: int
    changed: bool


def same_question(one: Content, other: Content) -> bool:
    """Whether an answer means the same to both: accepted answers may differ, what is asked may not."""
    return (one.kind(), one.subject(), one.answered_in()) == (other.kind(), other.subject(), other.answered_in())


async def accept_answer(
    uow: UnitOfWork, asked: RevisionContent, exercise_id: UUID, answer: bytes, text: str | None
) -> AcceptedAnswer:
    """Publishes a revision in which the answer, given as JSON to the exercise as it is in `asked`, is right; in the
    author's own words where there is a `text`. Whoever else publishes the course waits, or has been waited for.

    Raises ExerciseGone, ExerciseChanged and NotAcceptable.
    """
    await repository.lock_course(uow.session, asked.course.slug)
    revision_id = await repository.published_of_course(uow.session, asked.course_id)
    if revision_id is None:
        raise CourseNotFound
    now = await revision(uow, revision_id)
    exercise = standing(now, asked, exercise_id)
    try:
        if exercise.content.grade(answer, now.lexicon).correct:
            return AcceptedAnswer(now.id, now.number, changed=False)
        wider = _wider(exercise.content, answer, text)
    except (AnswerShape, ValueError, msgspec.ValidationError) as error:
        raise NotAcceptable(str(error)) from error
    try:
        course = await asyncio.to_thread(with_content, now.course, exercise.key, wider)
        published = await publish(uow, course, draft="keep")
        await drafts.accepted(uow, asked.course_id, exercise_id, _same_in_draft(exercise.content, answer, text, now))
    except CourseInvalid as error:
        raise NotAcceptable(error.detail) from error
    new = await revision(uow, published.revision_id)
    if not new.exercises[exercise_id].content.grade(answer, new.lexicon).correct:
        raise NotAcceptable("The answer would still be wrong with this text.")
    return AcceptedAnswer(new.id, new.number, changed=True)


def _same_in_draft(
    asked: Content, answer: bytes, text: str | None, now: RevisionContent
) -> Callable[[Content], Content]:
    """What becomes of the exercise as authors have it: the answer is right there too, if it asks the same."""

    def wider(content: Content) -> Content:
        if not same_question(content, asked):
            return content
        try:
            return content if content.grade(answer, now.lexicon).correct else _wider(content, answer, text)
        except (AnswerShape, NotAcceptable, ValueError, msgspec.ValidationError):
            # Authors have made it something else: what they are at is not to stop a learner's right answer.
            return content

    return wider


def acceptable(content: Kind[Any], answer: bytes) -> bool:
    """Whether an author could add the answer, given as JSON, to those that are right. Raises AnswerShape."""
    try:
        return content.accepting(content.decode_answer(answer), None) is not None
    except (ValueError, msgspec.ValidationError):
        return False


def in_words(content: Kind[Any], answer: bytes) -> tuple[str, str]:
    """What was asked and what was answered, for a person to read. Raises AnswerShape."""
    return content.asked(), content.in_words(content.decode_answer(answer))


def _wider(content: Kind[Any], answer: bytes, text: str | None) -> Content:
    for problem in problems(text or ""):
        raise NotAcceptable(f"The text is not understood at character {problem.position}: {problem.message}")
    found = content.accepting(content.decode_answer(answer), text)
    if found is None:
        raise NotAcceptable
    # Read again, because only what is read is checked for its lengths.
    wider: Content = msgspec.json.decode(msgspec.json.encode(found), type=Content)
    return wider


def standing(now: RevisionContent, asked: RevisionContent, exercise_id: UUID) -> ExerciseView:
    """The exercise as it is now, if it still asks what it did. Raises ExerciseGone and ExerciseChanged."""
    exercise, before = now.exercises.get(exercise_id), asked.exercises.get(exercise_id)
    if exercise is None or before is None:
        raise ExerciseGone
    if not same_question(exercise.content, before.content):
        raise ExerciseChanged
    return exercise
