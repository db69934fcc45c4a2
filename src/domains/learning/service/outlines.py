"""Outlines of revisions: made once per process. A revision never changes, so what is kept is never stale."""

from collections import OrderedDict
from uuid import UUID, uuid5

from domains.catalog import api as catalog
from domains.learning.policy.outline import Drill, Outline, PlannedLesson, effort_of, outline_of

MOST_KEPT = 64

_kept: OrderedDict[UUID, Outline] = OrderedDict()


def outline(revision: catalog.RevisionContent) -> Outline:
    found = _kept.get(revision.id)
    if found is not None:
        _kept.move_to_end(revision.id)
        return found
    found = _kept[revision.id] = outline_of([_planned(lesson, revision) for lesson in revision.lessons.values()])
    while len(_kept) > MOST_KEPT:
        _kept.popitem(last=False)
    return found


def _planned(lesson: catalog.LessonView, revision: catalog.RevisionContent) -> PlannedLesson:
    target = revision.course.target_language
    drills = tuple(
        Drill(
            id=exercise.id,
            phrase=_phrase(exercise.items),
            items=exercise.items,
            effort=effort_of(exercise.content.demand, into_target=exercise.content.answered_in() == target),
            lesson_id=lesson.id,
            unit_id=lesson.unit_id,
            tested=exercise.content.tested,
        )
        for exercise in lesson.exercises
    )
    return PlannedLesson(lesson.id, lesson.unit_id, drills, lesson.is_deck)


def _phrase(items: tuple[UUID, ...]) -> UUID:
    return items[0] if len(items) == 1 else uuid5(items[0], "|".join(item.hex for item in items))
