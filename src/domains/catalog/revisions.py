"""Revisions as the rest of the house uses them: decoded once per process, looked up by id.

A revision never changes, so what is kept here is never stale; the least recently used ones are dropped.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from domains.catalog import repository
from domains.catalog.content import Course, Exercise, Lesson, course_lexicon, decode
from domains.catalog.errors import CourseNotFound
from domains.catalog.items import item_ids
from domains.catalog.kinds import Content
from domains.catalog.policy.lexicon import Lexicon
from domains.kernel.uow import Database, UnitOfWork

MOST_KEPT = 64


@dataclass(frozen=True, slots=True)
class ExerciseView:
    id: UUID
    key: str
    kind: str
    lesson_id: UUID
    content: Content
    node: Exercise
    """With what goes with any kind."""
    items: tuple[UUID, ...]
    """Ids of the words and phrases that it exercises; the same in every revision and kind."""


@dataclass(frozen=True, slots=True)
class LessonView:
    id: UUID
    key: str
    title: str
    unit_id: UUID
    section_id: UUID
    exercises: tuple[ExerciseView, ...]
    node: Lesson

    @property
    def is_deck(self) -> bool:
        return self.node.form == "deck"


@dataclass(frozen=True, slots=True)
class RevisionContent:
    """`lessons` is in the author's order. Ids are those of nodes: the same in every revision of the course."""

    id: UUID
    course_id: UUID
    number: int
    course: Course
    node_ids: Mapping[tuple[str, str], UUID]
    """By (kind, key)."""
    lessons: Mapping[UUID, LessonView]
    exercises: Mapping[UUID, ExerciseView]
    lexicon: Lexicon


_kept: OrderedDict[UUID, RevisionContent] = OrderedDict()
_coming: dict[UUID, asyncio.Task[RevisionContent]] = {}
"""Being decoded, once for all who ask: after a publish those are many."""


def kept_revision(revision_id: UUID) -> RevisionContent | None:
    """The revision if this process has it at hand; never waits."""
    found = _kept.get(revision_id)
    if found is not None:
        _kept.move_to_end(revision_id)
    return found


async def revision(source: Database | UnitOfWork, revision_id: UUID) -> RevisionContent:
    """Raises CourseNotFound for an id that is no revision."""
    found = kept_revision(revision_id)
    if found is None and revision_id not in _coming:
        stored, nodes = await _stored(source, revision_id)
        found = kept_revision(revision_id)
        if found is None and revision_id not in _coming:
            # A large course takes tens of milliseconds: not on the loop. It needs no connection, so that whoever holds
            # one may wait for it.
            coming = _coming[revision_id] = asyncio.create_task(asyncio.to_thread(_indexed, stored, nodes))
            coming.add_done_callback(lambda _: _coming.pop(revision_id))
    if found is None:
        # Whoever asked first may hang up.
        found = await asyncio.shield(_coming[revision_id])
        _kept[revision_id] = found
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return found


async def _stored(
    source: Database | UnitOfWork, revision_id: UUID
) -> tuple[repository.Revision, Sequence[repository.Node]]:
    if isinstance(source, Database):
        async with source.begin() as uow:
            return await _stored(uow, revision_id)
    stored = await repository.revision(source.session, revision_id)
    if stored is None:
        raise CourseNotFound
    return stored, await repository.nodes(source.session, stored.course_id)


def _indexed(stored: repository.Revision, nodes: Sequence[repository.Node]) -> RevisionContent:
    course = decode(stored.content)
    ids = {(node.kind, node.key): node.id for node in nodes}
    lessons = {}
    for section in course.sections:
        for unit in section.units:
            for lesson in unit.lessons:
                view = _lesson(
                    lesson, ids["unit", unit.key], ids["section", section.key], ids, stored.course_id, course
                )
                lessons[view.id] = view
    return RevisionContent(
        id=stored.id,
        course_id=stored.course_id,
        number=stored.number,
        course=course,
        node_ids=ids,
        lessons=lessons,
        exercises={exercise.id: exercise for lesson in lessons.values() for exercise in lesson.exercises},
        lexicon=course_lexicon(course),
    )


def _lesson(
    lesson: Lesson,
    unit_id: UUID,
    section_id: UUID,
    ids: Mapping[tuple[str, str], UUID],
    course_id: UUID,
    course: Course,
) -> LessonView:
    lesson_id = ids["lesson", lesson.key]
    exercises = tuple(
        ExerciseView(
            id=ids["exercise", exercise.key],
            key=exercise.key,
            kind=exercise.content.kind(),
            lesson_id=lesson_id,
            content=exercise.content,
            node=exercise,
            items=item_ids(course_id, exercise.content, course.target_language),
        )
        for exercise in lesson.exercises
    )
    return LessonView(lesson_id, lesson.key, lesson.title, unit_id, section_id, exercises, lesson)
