"""Courses as packages of Anki, in the form of version 11, which every Anki reads.

Global ids of notes follow from keys, so that a package that is imported again brings the same notes up to date. Other
ids say the author's order, in which Anki shows what is new.
"""

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any

import msgspec

from domains.catalog.content import Course, Exercise, Lesson
from domains.catalog.formats.anki import notetype, scheduling
from domains.catalog.formats.anki.cards import DeckCard, cards
from domains.catalog.formats.anki.names import guid_of
from domains.catalog.formats.anki.reading import About
from domains.catalog.formats.archive import MOST_ENTRIES, packed
from domains.catalog.formats.files import file_name
from domains.catalog.formats.format import Media, ScheduledCard, Written
from domains.catalog.formats.report import Report
from domains.catalog.formats.unsaid import tell_unsaid
from domains.catalog.kinds import Flashcard
from domains.catalog.kinds.assets import Audio, Image
from domains.kernel.clock import utc_now

_SCHEMA = """
CREATE TABLE col (id integer PRIMARY KEY, crt integer NOT NULL, mod integer NOT NULL, scm integer NOT NULL,
    ver integer NOT NULL, dty integer NOT NULL, usn integer NOT NULL, ls integer NOT NULL, conf text NOT NULL,
    models text NOT NULL, decks text NOT NULL, dconf text NOT NULL, tags text NOT NULL);
CREATE TABLE notes (id integer PRIMARY KEY, guid text NOT NULL, mid integer NOT NULL, mod integer NOT NULL,
    usn integer NOT NULL, tags text NOT NULL, flds text NOT NULL, sfld integer NOT NULL, csum integer NOT NULL,
    flags integer NOT NULL, data text NOT NULL);
CREATE TABLE cards (id integer PRIMARY KEY, nid integer NOT NULL, did integer NOT NULL, ord integer NOT NULL,
    mod integer NOT NULL, usn integer NOT NULL, type integer NOT NULL, queue integer NOT NULL, due integer NOT NULL,
    ivl integer NOT NULL, factor integer NOT NULL, reps integer NOT NULL, lapses integer NOT NULL,
    left integer NOT NULL, odue integer NOT NULL, odid integer NOT NULL, flags integer NOT NULL, data text NOT NULL);
CREATE TABLE revlog (id integer PRIMARY KEY, cid integer NOT NULL, usn integer NOT NULL, ease integer NOT NULL,
    ivl integer NOT NULL, lastIvl integer NOT NULL, factor integer NOT NULL, time integer NOT NULL,
    type integer NOT NULL);
CREATE TABLE graves (usn integer NOT NULL, oid integer NOT NULL, type integer NOT NULL);
CREATE INDEX ix_notes_usn ON notes (usn);
CREATE INDEX ix_cards_usn ON cards (usn);
CREATE INDEX ix_revlog_usn ON revlog (usn);
CREATE INDEX ix_cards_nid ON cards (nid);
CREATE INDEX ix_cards_sched ON cards (did, queue, due);
CREATE INDEX ix_revlog_cid ON revlog (cid);
CREATE INDEX ix_notes_csum ON notes (csum);
"""
_FIRST_ID = 1_577_900_000_000
_DEFAULT_DECK = 1
_SAID: Mapping[type, Sequence[str]] = {
    Course: ("slug", "source_language", "target_language", "skills"),
    Lesson: ("words", "sentences"),
    Exercise: ("hints", "explanation", "image", "audio", "skills"),
}


def write(course: Course, report: Report, media: Media) -> Written:
    return write_deck(course, report, media, ())


def write_deck(
    course: Course, report: Report, media: Media, schedule: Sequence[ScheduledCard], now: datetime | None = None
) -> Written:
    """As `write`, with where one learner stands; by the keys of cards (`cards.cards`)."""
    return _Writer(course, report, media, {card.exercise: card for card in schedule}, now or utc_now()).written()


class _Writer:
    def __init__(
        self, course: Course, report: Report, media: Media, schedule: Mapping[str, ScheduledCard], now: datetime
    ) -> None:
        self._course = course
        self._report = report
        self._media = media
        self._schedule = schedule
        self._now = int(now.timestamp())
        self._files: dict[str, bytes] = {}
        self._decks: dict[str, dict[str, Any]] = {str(_DEFAULT_DECK): self._deck(_DEFAULT_DECK, "Default", None)}
        self._deck_ids: dict[tuple[str, str, str], int] = {}
        self._names: set[str] = set()
        self._slow = 0

    def written(self) -> Written:
        found = list(cards(self._course))
        root = _name(self._course.title)
        first = _number(self._course.slug)
        notes, rows = [], []
        for position, card in enumerate(found, 1):
            note_id = first + position
            notes.append(self._note(note_id, card.exercise))
            numbers = scheduling.numbers(self._schedule.get(card.exercise.key), position)
            deck = self._deck_of(root, card)
            rows.append((note_id, note_id, deck, 0, self._now, -1, *_columns(numbers)))
        collection = self._collection(notes, rows)
        self._tell(found)
        listed = {str(number): name for number, name in enumerate(self._files)}
        entries = {"collection.anki2": collection, "media": msgspec.json.encode(listed)}
        entries |= {number: self._files[name] for number, name in listed.items()}
        return Written(packed(entries, plain=list(listed)), ".apkg", "application/apkg")

    # ---- notes

    def _note(self, note_id: int, exercise: Exercise) -> tuple[Any, ...]:
        content = exercise.content
        assert isinstance(content, Flashcard)
        fields = (
            notetype.markup(content.text),
            self._shown(exercise.image, exercise.audio),
            notetype.parts(content.back),
            self._shown(content.back_image, content.back_audio),
            notetype.markup(content.note),
            notetype.parts(exercise.hints) if exercise.hints else "",
            notetype.markup(exercise.explanation),
            f"{content.language} {content.answer_language}",
        )
        # What every Anki takes for the words of the first field, to find duplicates by.
        digest = hashlib.sha1(content.text.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()
        tags = "".join(f" {'_'.join(skill.split())}" for skill in exercise.skills)
        return (
            note_id,
            guid_of(exercise.key),
            notetype.ID,
            self._now,
            -1,
            f"{tags} " if tags else "",
            "\x1f".join(field.replace("\x1f", " ") for field in fields),
            content.text,
            int(digest[:8], 16),
            0,
            "",
        )

    def _shown(self, image: Image | None, audio: Audio | None) -> str:
        parts = []
        if image and (name := self._file(image.media)):
            parts.append(f'<img src="{name}" alt="{notetype.attribute(image.alt)}">')
        if audio and (name := self._file(audio.media)):
            parts.append(f"[sound:{name}]")
            self._slow += audio.slow is not None
        return "".join(parts)

    def _file(self, ref: str) -> str:
        raw = self._media.get(ref)
        if raw is None:
            self._report.add("warning", self._course.slug, 1, f"the file {ref} is not there; it was left out")
            return ""
        name = file_name(ref, raw)
        self._files[name] = raw
        return name

    # ---- decks

    def _deck_of(self, root: str, card: DeckCard) -> int:
        keys = (card.section.key, card.unit.key, card.lesson.key)
        if keys not in self._deck_ids:
            titles = (card.section.title, card.unit.title, card.lesson.title)
            name = unique = "::".join((root, *map(_name, titles)))
            number = 1
            while unique.casefold() in self._names:
                number += 1
                unique = f"{name} {number}"
            course = self._course
            about = About(course.slug, course.title, course.source_language, course.target_language, keys, titles)
            self._deck_ids[keys] = self._add_deck(f"lesson:{card.lesson.key}", unique, about)
        return self._deck_ids[keys]

    def _add_deck(self, key: str, name: str, about: About) -> int:
        deck_id = _number(key)
        while str(deck_id) in self._decks:
            deck_id += 1
        self._names.add(name.casefold())
        self._decks[str(deck_id)] = self._deck(deck_id, name, about)
        return deck_id

    def _deck(self, deck_id: int, name: str, about: About | None) -> dict[str, Any]:
        said = msgspec.json.encode(about).decode().replace(">", "\\u003e") if about else ""
        return {
            "id": deck_id,
            "mod": self._now,
            "name": name,
            "usn": -1,
            "lrnToday": [0, 0],
            "revToday": [0, 0],
            "newToday": [0, 0],
            "timeToday": [0, 0],
            "collapsed": False,
            "browserCollapsed": False,
            "desc": f"<!--lyceum {said}-->" if said else "",
            "dyn": 0,
            "conf": 1,
            "extendNew": 0,
            "extendRev": 0,
        }

    # ---- the database

    def _collection(self, notes: Sequence[tuple[Any, ...]], rows: Sequence[tuple[Any, ...]]) -> bytes:
        about = (1, scheduling.CREATED, self._now * 1000, self._now * 1000, 11, 0, 0, 0)
        models = {str(notetype.ID): notetype.model(self._now)}
        documents: list[Mapping[str, Any]] = [_SETTINGS, models, self._decks, _DECK_SETTINGS, {}]
        with closing(sqlite3.connect(":memory:")) as database:
            database.executescript(_SCHEMA)
            texts = [msgspec.json.encode(document).decode() for document in documents]
            with database:
                database.execute("INSERT INTO col VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)", (*about, *texts))
                database.executemany("INSERT INTO notes VALUES (?,?,?,?,?,?,?,?,?,?,?)", notes)
                database.executemany("INSERT INTO cards VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", rows)
            return database.serialize()

    # ---- what is not said

    def _tell(self, found: Sequence[DeckCard]) -> None:
        slug = self._course.slug
        tell_unsaid(self._course, self._report, "Anki", _SAID)
        fronts = {card.item for card in found}
        for exercise in self._course.exercises():
            if not isinstance(exercise.content, Flashcard):
                sides = exercise.content.sides(self._course.target_language)
                if not sides:
                    self._report.add("warning", slug, 1, f"the exercise `{exercise.key}` has no two sides: left out")
                elif not fronts.issuperset(one.front for one in sides):
                    self._report.add("warning", slug, 1, f"the exercise `{exercise.key}` was left out")
        derived = sum(not isinstance(one.content, Flashcard) for one in self._course.exercises())
        if derived:
            self._report.add("note", slug, 1, f"{derived} exercises are written as cards of what they ask for")
        if self._slow:
            self._report.add(
                "warning", slug, 1, f"{self._slow} slow recordings cannot be said in Anki and were left out"
            )
        if len(self._files) + 2 > MOST_ENTRIES:
            self._report.add("warning", slug, 1, f"there are {len(self._files):,} files: more than are read again")


def _columns(numbers: scheduling.Numbers) -> tuple[Any, ...]:
    return (
        numbers.type,
        numbers.queue,
        numbers.due,
        numbers.interval,
        numbers.factor,
        numbers.reps,
        numbers.lapses,
        numbers.left,
        0,
        0,
        0,
        numbers.data,
    )


def _number(name: str) -> int:
    """An id like those that Anki makes: a time in milliseconds of about these years."""
    digest = hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=8).digest()
    return _FIRST_ID + int.from_bytes(digest) % 2**36


def _name(title: str) -> str:
    """Two colons part the names of decks."""
    return " ".join(title.replace("::", ": :").replace('"', "'").split()) or "…"


_SETTINGS: Mapping[str, Any] = {
    "nextPos": 1,
    "estTimes": True,
    "activeDecks": [1],
    "sortType": "noteFld",
    "timeLim": 0,
    "sortBackwards": False,
    "addToCur": True,
    "curDeck": 1,
    "newSpread": 0,
    "dueCounts": True,
    "curModel": notetype.ID,
    "collapseTime": 1200,
    "schedVer": 2,
    "sched2021": True,
    "creationOffset": 0,
}
_DECK_SETTINGS: Mapping[str, Any] = {
    "1": {
        "id": 1,
        "mod": 0,
        "name": "Default",
        "usn": 0,
        "maxTaken": 60,
        "autoplay": True,
        "timer": 0,
        "replayq": True,
        "new": {"bury": False, "delays": [1, 10], "initialFactor": 2500, "ints": [1, 4, 0], "order": 1, "perDay": 20},
        "rev": {"bury": False, "ease4": 1.3, "ivlFct": 1, "maxIvl": 36500, "perDay": 200, "hardFactor": 1.2},
        "lapse": {"delays": [10], "leechAction": 1, "leechFails": 8, "minInt": 1, "mult": 0},
        "dyn": False,
    }
}
