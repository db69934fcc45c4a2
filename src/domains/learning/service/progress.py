"""How far a learner is: courses, skills and lessons, words, weak spots, history and calendar.

Everything here is read from what was counted when it happened, but for mastery, which changes with time and is computed
from what is remembered.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from domains.catalog import api as catalog
from domains.identity import api as identity
from domains.kernel.clock import utc_now
from domains.kernel.page import Page, page_of
from domains.kernel.uow import Database, UnitOfWork
from domains.kernel.zones import local_date
from domains.learning.errors import BadDays
from domains.learning.policy import activity, mastery
from domains.learning.policy.mastery import HIGHEST_LEVEL, Known, Mastery
from domains.learning.policy.schedule import is_learned
from domains.learning.progress_schemas import (
    CalendarOut,
    CourseLessonsProgressOut,
    CourseProgressOut,
    DayOut,
    HalfDoneOut,
    LessonProgressOut,
    PractisedSkillOut,
    SessionLineOut,
    SkillOut,
    WeakSkillOut,
    WordOut,
)
from domains.learning.repository import activity as quarters
from domains.learning.repository import progress as repository
from domains.learning.repository.progress import LessonRecord, SessionLine
from domains.learning.service import schedule
from domains.learning.service.beginning import EXPIRY
from domains.learning.service.choosing import missing_prerequisites

_OFF_THE_LOOP = 1000
"""Items from which recall is computed in a thread: one takes about 3 microseconds."""
_WORDS_OF_A_SKILL = 5
SHOWN_DAYS = 30
MOST_DAYS = 366
_YEARS = range(2000, 3000)


class Skill(NamedTuple):
    """A unit, and what its lessons ask for."""

    id: UUID
    section_id: UUID
    title: str
    lessons: tuple[catalog.LessonView, ...]
    items: frozenset[UUID]


async def courses(uow: UnitOfWork, user_id: UUID) -> list[CourseProgressOut]:
    records = await repository.courses(uow, user_id)
    published = await catalog.published_courses(uow, [record.course_id for record in records])
    return [
        CourseProgressOut(
            course_id=record.course_id,
            title=course.course.title,
            enrolled_at=record.enrolled_at,
            completed_at=record.completed_at,
            active_at=record.active_at,
            lessons_completed=len(course.lessons.keys() & set(record.done)),
            lessons_total=len(course.lessons),
            spent_ms=record.spent_ms,
        )
        for record in records
        if (course := published.get(record.course_id)) is not None
    ]


async def course(db: Database, user_id: UUID, course_id: UUID) -> CourseLessonsProgressOut:
    """Raises CourseNotFound."""
    revision = await catalog.published_course(db, course_id)
    enrolled = await repository.enrollment(db, user_id, course_id)
    records = await repository.lessons(db, user_id, course_id, since=utc_now() - EXPIRY)
    of = await _known(db, user_id, course_id)
    by_lesson = {record.lesson_id: record for record in records if record.lesson_id is not None}
    practised = {record.unit_id: record.spent_ms for record in records if record.lesson_id is None}
    skills = _skills(revision)
    units: list[SkillOut] = []
    lessons: list[LessonProgressOut] = []
    for skill in skills:
        shown = [_lesson(lesson, by_lesson.get(lesson.id)) for lesson in skill.lessons]
        spent_ms = sum(lesson.spent_ms for lesson in shown) + practised.get(skill.id, 0)
        units.append(_skill(skill, shown, mastery.mastery(skill.items, of), spent_ms))
        lessons += shown
    whole = mastery.mastery(frozenset().union(*(skill.items for skill in skills)), of)
    return CourseLessonsProgressOut(
        course_id=course_id,
        title=revision.course.title,
        enrolled_at=enrolled.enrolled_at,
        completed_at=enrolled.completed_at,
        missing_prerequisites=await missing_prerequisites(db, user_id, revision.course.prerequisites),
        lessons_completed=sum(unit.lessons_completed for unit in units),
        lessons_total=len(lessons),
        crowns=sum(unit.level for unit in units),
        crowns_total=HIGHEST_LEVEL * len(units),
        mastery=whole.mastery,
        items=whole.items,
        learned=whole.learned,
        weak=whole.weak,
        # Also what was spent in lessons that the course no longer has.
        spent_ms=sum(record.spent_ms for record in records) + enrolled.reviewing_ms,
        units=units,
        skills=_practised(revision, of),
        lessons=lessons,
    )


async def words(
    db: Database, user_id: UUID, course_id: UUID, *, after: tuple[str, UUID] | None, limit: int
) -> Page[WordOut]:
    """What the learner has learned of what the course teaches now, by the alphabet. Raises CourseNotFound."""
    cards = catalog.flashcards(await catalog.published_course(db, course_id))
    of = await _known(db, user_id, course_id)
    learned = [_word(cards[item], one) for item, one in of.items() if item in cards and is_learned(one.state)]
    found = sorted((word for word in learned if after is None or _place(word) > after), key=_place)
    return page_of(found[: limit + 1], limit, _place)


async def weak_skills(db: Database, user_id: UUID, course_id: UUID, *, limit: int) -> list[WeakSkillOut]:
    """Skills of which something has to be refreshed, the weakest first. Raises CourseNotFound."""
    revision = await catalog.published_course(db, course_id)
    cards = catalog.flashcards(revision)
    of = await _known(db, user_id, course_id)
    found = [(mastery.mastery(skill.items, of), skill) for skill in _skills(revision)]
    weak = sorted((each for each in found if each[0].weak), key=lambda each: (each[0].strength, each[1].title))
    return [
        WeakSkillOut(
            unit_id=skill.id,
            title=skill.title,
            mastery=known.mastery,
            strength=known.strength or 0.0,
            met=known.met,
            weak=known.weak,
            words=_weakest([_word(cards[item], of[item]) for item in skill.items if item in cards and item in of]),
        )
        for known, skill in weak[:limit]
    ]


async def history(
    uow: UnitOfWork, user_id: UUID, course_id: UUID | None, *, before: UUID | None, limit: int
) -> Page[SessionLineOut]:
    """Sessions, the newest first."""
    lines = await repository.sessions(uow, user_id, course_id, before=before, most=limit + 1)
    published = await catalog.published_courses(uow, list({line.course_id for line in lines}))
    found = [SessionLineOut(title=_title(published.get(line.course_id), line), **line._asdict()) for line in lines]
    return page_of(found, limit, lambda line: line.id)


async def calendar(
    uow: UnitOfWork,
    user_id: UUID,
    *,
    first_on: date | None,
    last_on: date | None,
    course_id: UUID | None,
) -> CalendarOut:
    """Of the last days where none are named, as the learner's own clock counts days. Raises BadDays."""
    zone = await identity.time_zone(uow, user_id)
    last = last_on or local_date(utc_now(), zone)
    if last.year not in _YEARS:
        raise BadDays
    first = first_on or last - timedelta(days=SHOWN_DAYS - 1)
    if not 0 <= (last - first).days < MOST_DAYS:
        raise BadDays
    begin, end = activity.bounds(first, last, zone)
    done = await quarters.between(uow, user_id, begin, end, course_id)
    days = [DayOut(*day) for day in activity.calendar(done, zone)]
    return CalendarOut(first, last, zone, sum(day.spent_ms for day in days), days)


async def _known(db: Database, user_id: UUID, course_id: UUID) -> dict[UUID, Known]:
    rules, states = await schedule.current(db, user_id, course_id)
    if len(states) < _OFF_THE_LOOP:
        return mastery.known(states, utc_now(), rules)
    return await asyncio.to_thread(mastery.known, states, utc_now(), rules)


def _skills(revision: catalog.RevisionContent) -> list[Skill]:
    """In the author's order."""
    lessons: dict[UUID, list[catalog.LessonView]] = {}
    for lesson in revision.lessons.values():
        lessons.setdefault(lesson.unit_id, []).append(lesson)
    titles = {revision.node_ids["unit", unit.key]: unit.title for unit in revision.course.units()}
    return [
        Skill(
            id=unit_id,
            section_id=of_unit[0].section_id,
            title=titles[unit_id],
            lessons=tuple(of_unit),
            items=frozenset(item for lesson in of_unit for exercise in lesson.exercises for item in exercise.items),
        )
        for unit_id, of_unit in lessons.items()
    ]


def _practised(revision: catalog.RevisionContent, of: Mapping[UUID, Known]) -> list[PractisedSkillOut]:
    """In the author's order."""
    titles = {skill.key: skill.title for skill in revision.course.skills}
    items: dict[str, set[UUID]] = {key: set() for key in titles}
    for exercise in revision.exercises.values():
        for key in exercise.node.skills:
            items.setdefault(key, set()).update(exercise.items)
    found = {key: mastery.mastery(practised, of) for key, practised in items.items() if practised}
    return [
        PractisedSkillOut(
            key=key,
            title=titles.get(key, key),
            mastery=known.mastery,
            items=known.items,
            met=known.met,
            learned=known.learned,
            weak=known.weak,
        )
        for key, known in found.items()
    ]


def _skill(skill: Skill, lessons: Sequence[LessonProgressOut], known: Mastery, spent_ms: int) -> SkillOut:
    return SkillOut(
        unit_id=skill.id,
        section_id=skill.section_id,
        title=skill.title,
        lessons_completed=sum(1 for lesson in lessons if lesson.completions or lesson.skipped),
        lessons_total=len(lessons),
        level=mastery.unit_level([lesson.level for lesson in lessons]),
        mastery=known.mastery,
        items=known.items,
        met=known.met,
        learned=known.learned,
        weak=known.weak,
        spent_ms=spent_ms,
    )


def _lesson(lesson: catalog.LessonView, record: LessonRecord | None) -> LessonProgressOut:
    completions = record.completions or 0 if record else 0
    skipped = record is not None and record.completions == 0
    return LessonProgressOut(
        lesson_id=lesson.id,
        unit_id=lesson.unit_id,
        title=lesson.title,
        read_only=not lesson.exercises,
        completions=completions,
        skipped=skipped,
        level=mastery.lesson_level(completions, skipped=skipped, read_only=not lesson.exercises),
        best_score=record.best_score if record else None,
        first_completed_at=record.first_completed_at if record else None,
        last_completed_at=record.last_completed_at if record else None,
        spent_ms=record.spent_ms if record else 0,
        half_done=HalfDoneOut(record.answered, record.total) if record and record.answered and record.total else None,
    )


def _word(card: catalog.Flashcard, known: Known) -> WordOut:
    state = known.state
    return WordOut(
        item_id=state.item_id,
        text=card.front,
        language=card.front_language,
        meanings=list(card.back),
        meaning_language=card.back_language,
        lesson_id=card.lesson_id,
        recall=known.chance,
        weak=known.weak,
        reps=state.reps,
        lapses=state.lapses,
        last_review_at=state.last_review,
        due=state.due,
    )


def _place(word: WordOut) -> tuple[str, UUID]:
    return word.text.casefold(), word.item_id


def _weakest(words: Iterable[WordOut]) -> list[WordOut]:
    weak = sorted((word for word in words if word.weak), key=lambda word: (word.recall, _place(word)))
    return weak[:_WORDS_OF_A_SKILL]


def _title(course: catalog.RevisionContent | None, line: SessionLine) -> str | None:
    """Of what the session was about, as the course names it now; None where that is gone."""
    if course is None:
        return None
    if line.lesson_id is not None:
        lesson = course.lessons.get(line.lesson_id)
        return lesson.title if lesson else None
    if line.unit_id is not None:
        units = course.course.units()
        return next((unit.title for unit in units if course.node_ids["unit", unit.key] == line.unit_id), None)
    return course.course.title
