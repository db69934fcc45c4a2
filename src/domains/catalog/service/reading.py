"""What lists and search show of published courses.

Invariant: it is written in the transaction that publishes, so that what is found is what can be opened. All of it
follows from published revisions and can be written again at any time.
"""

import asyncio
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain, islice
from uuid import UUID

import msgspec

from domains.catalog.content import Course, Exercise, Lesson, Phrase, Section, Unit
from domains.catalog.policy.search import (
    Asked,
    asked,
    mendable,
    mended,
    plain,
    slips,
    stemmer,
    words_of,
)
from domains.catalog.repository import reading, search
from domains.catalog.repository.reading import Counted
from domains.catalog.repository.search import Entry, Found
from domains.catalog.revisions import revision
from domains.kernel.uow import Database, UnitOfWork

_MOST_SHOWN = 2_000
"""Characters of a course or a lesson that a snippet can be cut from."""
_MOST_WORDS = 100_000
"""Characters of words of one weight: PostgreSQL takes a megabyte of a row."""
_MOST_TEXTS = 50
"""Texts of an exercise that are searched: one with hundreds of accepted answers says the same over and over."""
_LONGEST_KNOWN = 30
_AT_ONCE = 50
_BEGINNING = 1
"""Letters that are not mistyped: hardly anybody errs in the first."""


class _Look(msgspec.Struct):
    """What a course or a lesson says, before its words are folded."""

    kind: str
    key: str
    title: str
    body: str
    about: Iterable[str]
    taught: Iterable[str]
    more: Iterable[str]


async def show(uow: UnitOfWork, course_id: UUID, course: Course) -> int:
    """Makes lists and search show `course`, whose nodes are stored; returns how many entries of search changed.

    Whoever makes another revision the published one calls it in the same transaction."""
    await reading.show(uow.session, course_id, course)
    # A large course has tens of thousands of words.
    entries, vocabulary = await asyncio.to_thread(_entries, course)
    stemmers = stemmer(course.source_language), stemmer(course.target_language)
    return await search.write(uow.session, course_id, entries, stemmers, vocabulary)


def _entries(course: Course) -> tuple[list[Entry], list[str]]:
    """All that is found of the course, and the words of it that somebody may mistype."""
    vocabulary: set[str] = set()

    def folded(texts: Iterable[str]) -> str:
        found: list[str] = []
        length = 0
        for text in texts:
            bare, accented = words_of(text)
            words = [*bare, *accented]
            length += sum(map(len, words)) + len(words)
            if length > _MOST_WORDS:
                break
            vocabulary.update(term for term in bare if 4 <= len(term) <= _LONGEST_KNOWN)
            found += words
        return " ".join(found)

    entries = [
        Entry(
            look.kind,
            look.key,
            plain(look.title),
            plain(look.body)[:_MOST_SHOWN],
            folded([look.title]),
            folded(look.about),
            folded(look.taught),
            folded(look.more),
        )
        for look in _looks(course)
    ]
    return entries, sorted(vocabulary)


def _looks(course: Course) -> Iterator[_Look]:
    units = list(course.units())
    titles = [unit.title for unit in units]
    names = [*course.topics, *course.tags, *(skill.title for skill in course.skills), course.level]
    body = course.description or " · ".join(titles)
    introductions = [unit.introduction for unit in units]
    yield _Look("course", "", course.title, body, [course.description, *names], titles, introductions)
    for section in course.sections:
        for unit in section.units:
            for lesson in unit.lessons:
                yield _lesson(lesson, unit, section, course)


def _lesson(lesson: Lesson, unit: Unit, section: Section, course: Course) -> _Look:
    """What is shown of it is no more than anybody may know: the words that it teaches, and not what they mean; its
    text where it is a preview."""
    phrases = (*lesson.words, *lesson.sentences)
    shown = [phrase.target[0] for phrase in phrases]
    if lesson.preview and lesson.text:
        shown.insert(0, lesson.text)
    return _Look(
        "lesson",
        lesson.key,
        lesson.title,
        " · ".join(shown),
        [unit.title, section.title],
        chain.from_iterable(phrase.target for phrase in phrases),
        chain(
            chain.from_iterable(phrase.source for phrase in phrases),
            [lesson.text],
            _asked_in(lesson.exercises, phrases, course),
        ),
    )


def _asked_in(exercises: Iterable[Exercise], phrases: tuple[Phrase, ...], course: Course) -> Iterator[str]:
    """What is asked, and where a language is taught what is said in it: other answers would be found out by searching
    for them. Exercises that were made from phrases say nothing else."""
    taught = None if course.source_language == course.target_language else course.target_language
    if not phrases:
        for exercise in exercises:
            yield exercise.content.asked()
            texts = (text for language, text in exercise.content.texts() if language == taught)
            yield from islice(texts, _MOST_TEXTS)


async def rebuild_search(db: Database, *, dry_run: bool) -> list[tuple[str, int]]:
    """Writes all that lists and search show anew, or tells what would change: slugs with how many entries."""
    found: list[tuple[str, int]] = []
    after: UUID | None = None
    if not dry_run:
        async with db.begin() as uow:
            await search.forget_words(uow.session)
    while True:
        async with db.begin() as uow:
            batch = await search.published_after(uow.session, after, _AT_ONCE)
        if not batch:
            return found
        for course_id in batch:
            slug, changed = await _again(db, course_id, dry_run=dry_run)
            if changed:
                found.append((slug, changed))
        after = batch[-1]


class _OnlyLooking(Exception):
    """Takes back what was written to see what would change."""


async def _again(db: Database, course_id: UUID, *, dry_run: bool = False) -> tuple[str, int]:
    """The course's slug, and how many entries were not as they should be."""
    slug, changed = "", 0
    try:
        async with db.begin() as uow:
            revision_id = await search.hold_published(uow.session, course_id)
            if revision_id is not None:
                course = (await revision(uow, revision_id)).course
                slug, changed = course.slug, await show(uow, course_id, course)
            if dry_run:
                raise _OnlyLooking
    except _OnlyLooking:
        pass
    return slug, changed


async def write_missing_search(db: Database) -> None:
    """Of courses that were published before there was a search; nothing to do ever after."""
    while True:
        async with db.begin() as uow:
            batch = await search.unwritten(uow.session, _AT_ONCE)
        if not batch:
            return
        for course_id in batch:
            await _again(db, course_id)


# ---- finding


class Answer(msgspec.Struct, frozen=True):
    """`words` are those that were looked for. `mended` where the question found nothing as it was asked."""

    found: list[Found]
    words: list[Asked]
    mended: bool


async def find(
    db: Database,
    question: str,
    *,
    kind: str | None,
    source: str | None,
    target: str | None,
    course_id: UUID | None,
    after: tuple[float, UUID] | None,
    mend: bool | None,
    most: int,
) -> Answer:
    """The best first. `mend`: whether a page before this one was of mended words; None for a first page."""
    words = asked(question)
    if not words:
        return Answer([], [], mended=False)
    narrowed = {"kind": kind, "source": source, "target": target, "course_id": course_id}
    if not mend:
        found = await search.find(db, words, **narrowed, after=after, most=most)  # type: ignore[arg-type]
        if found or mend is not None:
            return Answer(found, words, mended=False)
    others = await _mended(db, words)
    if others == words:
        return Answer([], words, mended=False)
    found = await search.find(db, others, **narrowed, after=after, most=most)  # type: ignore[arg-type]
    return Answer(found, others, mended=True)


async def _mended(db: Database, words: list[Asked]) -> list[Asked]:
    """The same with those that are written nowhere replaced by what they may have meant."""
    known = await search.known_words(db, [each.word for each in words])
    wrong = {each.place for each in mendable(words, known)}
    found: list[Asked] = []
    for each in words:
        better: list[str] = []
        if each.place in wrong:
            length, within = len(each.word), slips(each.word)
            near = await search.words_near(db, each.word[:_BEGINNING], length - within, length + within)
            better = await asyncio.to_thread(mended, each.word, near)
        found += [Asked(each.place, word) for word in better] or [each]
    return found


async def set_popularity(uow: UnitOfWork, counts: list[Counted], *, days: int, at: datetime) -> None:
    """How many enrolled and completed within the last `days`, as of `at`, for every course that had any."""
    await reading.save_counts(uow.session, counts, days=days, at=at)
