"""Courses as decks that a learner takes along, with where they stand, and brings back.

A card belongs to the item that it asks for: by the key of an exercise, or of a card that we made of one, or else by its
text in the language that is learned.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import msgspec

from domains.catalog.content import media_of
from domains.catalog.flashcards import items_of
from domains.catalog.formats import anki
from domains.catalog.formats.archive import MOST_BYTES
from domains.catalog.formats.format import Options, ScheduledCard, Written
from domains.catalog.formats.report import Report
from domains.catalog.items import item_id
from domains.catalog.revisions import RevisionContent
from domains.kernel.errors import NotFound
from domains.kernel.uow import Database
from domains.media import api as media


class BroughtDeck(NamedTuple):
    """Cards with a schedule by the items of the course that they ask for; `unknown` counts those of none."""

    cards: list[tuple[UUID, ScheduledCard]]
    unknown: int
    report: Report


async def read_deck(revision: RevisionContent, path: Path) -> BroughtDeck:
    """What a package of Anki says about the items of a course. With errors in its report there is nothing else."""
    return await asyncio.to_thread(_read, revision, path)


async def write_deck(db: Database, revision: RevisionContent, stands: Mapping[UUID, ScheduledCard]) -> Written:
    """The course as a package of Anki. `stands` is by item; what it says as exercise is put right."""
    files: dict[str, bytes] = {}
    for ref in dict.fromkeys(media_of(revision.course)):
        # More than we would open again ourselves is left out, and told in the report.
        if sum(map(len, files.values())) < MOST_BYTES // 2:
            try:
                files[ref] = await media.read(db, ref)
            except NotFound:
                continue
    return await asyncio.to_thread(_written, revision, files, stands)


def _read(revision: RevisionContent, path: Path) -> BroughtDeck:
    report = Report()
    course = revision.course
    options = Options(course.slug, course.title, course.source_language, course.target_language)
    loaded = anki.read(path, report, options)
    if loaded is None:
        return BroughtDeck([], 0, report)
    known = {exercise.key: exercise.items[0] for exercise in revision.exercises.values()}
    known |= {card.exercise.key: item_id(revision.course_id, card.item) for card in anki.cards(course)}
    asked = items_of(revision)
    for exercise in loaded.course.exercises():
        text = exercise.content.item_texts(course.target_language)[0]
        if exercise.key not in known and (found := item_id(revision.course_id, text)) in asked:
            known[exercise.key] = found
    cards = [(known[card.exercise], card) for card in loaded.schedule if card.exercise in known]
    return BroughtDeck(cards, len(loaded.schedule) - len(cards), report)


def _written(revision: RevisionContent, files: Mapping[str, bytes], stands: Mapping[UUID, ScheduledCard]) -> Written:
    schedule = [
        msgspec.structs.replace(found, exercise=card.exercise.key)
        for card in anki.cards(revision.course)
        if (found := stands.get(item_id(revision.course_id, card.item)))
    ]
    return anki.write_deck(revision.course, Report(), files, schedule)
