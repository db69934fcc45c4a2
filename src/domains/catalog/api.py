"""The front door of the catalog.

Learning pins the revision that a session began with, asks `revision` for it, and grades with `check`: what was
published later never changes a session that runs.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from domains.catalog import accepting, items, repository
from domains.catalog.accepting import AcceptedAnswer, accept_answer, same_question, standing
from domains.catalog.content import Course
from domains.catalog.decks import BroughtDeck, read_deck, write_deck
from domains.catalog.errors import (
    AnswerShape,
    CourseNotFound,
    CourseRetired,
    ExerciseChanged,
    ExerciseGone,
    LessonNotFound,
    NotAcceptable,
)
from domains.catalog.flashcards import Flashcard, flashcards, items_of
from domains.catalog.formats import FORMATS, Loaded, Options, Remark, Report, ScheduledCard, Written
from domains.catalog.formats.lyceum_schema import schema as course_schema
from domains.catalog.kinds import ANSWER_FORMS, AnyPrompt, Content, Demand, Effort, Kind, Prompt
from domains.catalog.kinds.assets import AudioOut, ImageOut, shown_audio, shown_image
from domains.catalog.kinds.kind import Button
from domains.catalog.pages import course_changed
from domains.catalog.policy.diff import Change
from domains.catalog.policy.grade import Grade, Token, Verdict
from domains.catalog.policy.lexicon import Lexicon
from domains.catalog.policy.nearness import nearness
from domains.catalog.repository import reading
from domains.catalog.repository.drafts import now as draft_now
from domains.catalog.repository.publishing import Line as PublishingLine
from domains.catalog.repository.publishing import RevisionLine, Standing, standings
from domains.catalog.repository.publishing import lines as publishing_log
from domains.catalog.repository.publishing import revisions as list_revisions
from domains.catalog.repository.reading import Counted, CourseLine
from domains.catalog.revisions import ExerciseView, LessonView, RevisionContent, kept_revision, revision
from domains.catalog.schemas.courses import CourseOut
from domains.catalog.service.authors import still_authors
from domains.catalog.service.comparing import changes as changes_between
from domains.catalog.service.courses import (
    DEMO_SLUG,
    PublishedCourse,
    demo_course,
    ensure_demo_course,
    publish,
)
from domains.catalog.service.exporting import export as export_course
from domains.catalog.service.listing import shown as shown_course
from domains.catalog.service.machine import Brought
from domains.catalog.service.machine import access_of as machine_access
from domains.catalog.service.machine import bring as bring_course
from domains.catalog.service.machine import check as check_course
from domains.catalog.service.machine import has_files as course_has_files
from domains.catalog.service.machine import named as course_named
from domains.catalog.service.machine import read as read_course
from domains.catalog.service.publishing import publish as publish_as
from domains.catalog.service.publishing import retire as retire_course
from domains.catalog.service.publishing import roll_back as roll_back_course
from domains.catalog.service.reading import rebuild_search, set_popularity, write_missing_search
from domains.catalog.service.review import work_of as course_work
from domains.kernel.uow import Database, UnitOfWork

offered_courses = reading.offered


class LessonOfRevision(NamedTuple):
    revision: RevisionContent
    lesson: LessonView


async def published_course(source: Database | UnitOfWork, course_id: UUID) -> RevisionContent:
    """What the course is now. Raises CourseNotFound."""
    if isinstance(source, Database):
        revision_id = await repository.published_now(source, course_id)
    else:
        revision_id = await repository.published_of_course(source.session, course_id)
    if revision_id is None:
        raise CourseNotFound
    return await revision(source, revision_id)


async def published_courses(uow: UnitOfWork, course_ids: Sequence[UUID]) -> dict[UUID, RevisionContent]:
    """What these courses are now, by their ids; ids of none are left out. One query for all that is at hand."""
    found = [await revision(uow, id_) for id_ in await repository.published_of_courses(uow.session, course_ids)]
    return {content.course_id: content for content in found}


async def published_number(db: Database, course_id: UUID) -> tuple[UUID, int] | None:
    """Id and number of the revision that is published now; None where none is."""
    return await repository.published_number(db, course_id)


async def courses_by_id(db: Database, course_ids: Sequence[UUID]) -> list[CourseLine]:
    """Published courses as lists show them, also retired ones, in no order."""
    return await reading.lines(db, "id", course_ids)


async def courses_by_slug(db: Database, slugs: Sequence[str]) -> list[CourseLine]:
    """As `courses_by_id`."""
    return await reading.lines(db, "slug", slugs)


async def is_retired(uow: UnitOfWork, course_id: UUID) -> bool:
    """Whether the course takes no new learners."""
    return await reading.retired(uow.session, course_id)


async def ids_of_slugs(uow: UnitOfWork, slugs: Sequence[str]) -> dict[str, UUID]:
    """Ids of published courses by slug; slugs of none are left out."""
    return await repository.ids_of_slugs(uow.session, slugs) if slugs else {}


async def published_lesson(uow: UnitOfWork, lesson_id: UUID) -> LessonOfRevision:
    """What the lesson is now. Raises LessonNotFound, also for a lesson that its course no longer has."""
    revision_id = await repository.published_of_lesson(uow.session, lesson_id)
    if revision_id is not None:
        content = await revision(uow, revision_id)
        if lesson_id in content.lessons:
            return LessonOfRevision(content, content.lessons[lesson_id])
    raise LessonNotFound


def prompt(exercise: ExerciseView, seed: str) -> AnyPrompt:
    """What the learner is shown: no solution, neither in fields nor in their order. Same seed, same order."""
    return exercise.content.prompt(seed)


def check(exercise: ExerciseView, answer: bytes | msgspec.Raw, lexicon: Lexicon) -> Grade:
    """Grades an answer given as JSON. Pure. Raises AnswerShape where the JSON has the wrong form for this kind."""
    return exercise.content.grade(answer, lexicon)


def effort(exercise: ExerciseView, answer: bytes, seed: str) -> Effort:
    """How much there was to do in an answer that was graded; `seed` is that of the prompt."""
    content: Kind[Any] = exercise.content
    return content.effort(content.decode_answer(answer), seed)


def button(exercise: ExerciseView, answer: bytes) -> Button | None:
    """Where learners judge themselves: how well they knew it. Raises AnswerShape."""
    content: Kind[Any] = exercise.content
    return None if content.graded else content.button(content.decode_answer(answer))


async def prepare(exercises: Iterable[ExerciseView]) -> None:
    """Does in a thread what the first answers would otherwise have to do on the loop: about 100 ms for hundreds of
    accepted answers."""
    long = [exercise.content for exercise in exercises if exercise.content.takes_long]
    if long:
        await asyncio.to_thread(_prepare, long)


def _prepare(contents: Sequence[Kind[Any]]) -> None:
    for content in contents:
        content.prepare()


def said(exercise: ExerciseView, answer: bytes) -> str:
    """An answer given as JSON in its normal form. Raises AnswerShape."""
    content: Kind[Any] = exercise.content
    return content.said(content.decode_answer(answer))


def acceptable(exercise: ExerciseView, answer: bytes) -> bool:
    """Whether an author could make the answer a right one: not where there is only one. Raises AnswerShape."""
    return accepting.acceptable(exercise.content, answer)


def in_words(exercise: ExerciseView, answer: bytes) -> tuple[str, str]:
    """What was asked and what was answered, for a person to read. Raises AnswerShape."""
    return accepting.in_words(exercise.content, answer)


def missed_items(revision: RevisionContent, exercise: ExerciseView, answer: bytes) -> frozenset[UUID]:
    """Which of an exercise's items a wrong answer got wrong."""
    return items.missed_items(revision.course_id, exercise.content, revision.course.target_language, answer)


__all__ = [
    "ANSWER_FORMS",
    "DEMO_SLUG",
    "FORMATS",
    "AcceptedAnswer",
    "AnswerShape",
    "AnyPrompt",
    "AudioOut",
    "Brought",
    "BroughtDeck",
    "Button",
    "Change",
    "Content",
    "Counted",
    "Course",
    "CourseLine",
    "CourseNotFound",
    "CourseOut",
    "CourseRetired",
    "Demand",
    "Effort",
    "ExerciseChanged",
    "ExerciseGone",
    "ExerciseView",
    "Flashcard",
    "Grade",
    "ImageOut",
    "LessonNotFound",
    "LessonOfRevision",
    "LessonView",
    "Lexicon",
    "Loaded",
    "NotAcceptable",
    "Options",
    "Prompt",
    "PublishedCourse",
    "PublishingLine",
    "Remark",
    "Report",
    "RevisionContent",
    "RevisionLine",
    "ScheduledCard",
    "Standing",
    "Token",
    "Verdict",
    "Written",
    "accept_answer",
    "acceptable",
    "bring_course",
    "button",
    "changes_between",
    "check",
    "check_course",
    "course_changed",
    "course_has_files",
    "course_named",
    "course_schema",
    "course_work",
    "courses_by_id",
    "courses_by_slug",
    "demo_course",
    "draft_now",
    "effort",
    "ensure_demo_course",
    "export_course",
    "flashcards",
    "ids_of_slugs",
    "in_words",
    "is_retired",
    "items_of",
    "kept_revision",
    "list_revisions",
    "machine_access",
    "missed_items",
    "nearness",
    "offered_courses",
    "prepare",
    "prompt",
    "publish",
    "publish_as",
    "published_course",
    "published_courses",
    "published_lesson",
    "published_number",
    "publishing_log",
    "read_course",
    "read_deck",
    "rebuild_search",
    "retire_course",
    "revision",
    "roll_back_course",
    "said",
    "same_question",
    "set_popularity",
    "shown_audio",
    "shown_course",
    "shown_image",
    "standing",
    "standings",
    "still_authors",
    "write_deck",
    "write_missing_search",
]
