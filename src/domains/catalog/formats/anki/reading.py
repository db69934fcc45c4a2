"""Packages of Anki as courses of decks: every card that has two sides is a flashcard, every deck lessons of them.

A deck's place says its section, unit and lesson: the last name is the lesson's. A card and its reverse are one
flashcard, since what is remembered is one. What is not taken is told once for each reason, with how many notes it is
about and the place of the first, counted from 1 in the order in which the notes were made.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import msgspec
from msgspec import Struct

from domains.catalog.content import (
    LANGUAGE_TAG,
    SLUG_LENGTH,
    TITLE_LENGTH,
    Course,
    Exercise,
    Lesson,
    Section,
    Skill,
    Unit,
)
from domains.catalog.formats import html
from domains.catalog.formats.anki import collection as collections
from domains.catalog.formats.anki import notetype as own
from domains.catalog.formats.anki import scheduling
from domains.catalog.formats.anki.collection import FILES, Card, Collection, CollectionRefused, Deck, Note, Notetype
from domains.catalog.formats.anki.names import key_of
from domains.catalog.formats.anki.templates import Sides, sides
from domains.catalog.formats.archive import Archive, ArchiveRefused, is_zip, opened
from domains.catalog.formats.files import ref_of
from domains.catalog.formats.format import Loaded, Options, ScheduledCard
from domains.catalog.formats.librelingo import slugified
from domains.catalog.formats.report import Report, Severity
from domains.catalog.kinds import Flashcard
from domains.catalog.kinds.assets import Audio, Image
from domains.catalog.kinds.kind import LONGEST_TEXT

MOST_IN_LESSON = 50
OTHERWISE = "en"
ABOUT = "<!--lyceum ", "-->"
"""Between these our own decks say what they are, in their descriptions."""
MOST_OF_NOTE = 500
"""Cards: Anki has no more numbers for clozes."""
MOST_SHOWN = 100_000_000
"""Letters on all cards, which are read one by one."""
_MOST_TAGS = 50

_SOUND = re.compile(r"\[sound:([^\[\]]*)\]")
_SPOKEN = re.compile(r"\[/?anki:[^\[\]]*\]|\[/?latex\]|\[/?\$\$?\]")
_PASSING_TAGS = {"leech", "marked"}
_OCCLUSION = "image-occlusion:"
_LONGEST_EXPLANATION = 20_000
_DEFAULT = "Default"


class About(Struct, frozen=True, omit_defaults=True):
    """The course, and keys and titles of the section, the unit and the lesson. Every deck says the course: Anki keeps
    only decks that have cards."""

    slug: str = ""
    title: str = ""
    source: str = ""
    target: str = ""
    keys: tuple[str, str, str] | None = None
    titles: tuple[str, str, str] | None = None


class _Side(NamedTuple):
    text: str
    image: Image | None
    audio: Audio | None


class _Place(NamedTuple):
    """Keys and titles of section, unit and lesson."""

    keys: tuple[str, str, str]
    titles: tuple[str, str, str]


class _Said(Struct):
    line: int
    severity: Severity
    notes: int = 0


def recognises(path: Path) -> bool:
    """By the names of the archive. Never raises."""
    if not is_zip(path):
        return False
    try:
        with opened(path) as archive:
            return any(name in archive for name in FILES)
    except ArchiveRefused:
        return False


def read(path: Path, report: Report, options: Options) -> Loaded | None:
    try:
        with opened(path) as archive:
            return course_of(collections.read(archive), archive, report, options, path.stem)
    except (ArchiveRefused, CollectionRefused) as error:
        report.add("error", path.name, 1, str(error))
        return None


def course_of(found: Collection, archive: Archive, report: Report, options: Options, stem: str) -> Loaded | None:
    """`archive` has the files that the cards show; `stem` is what the file is called."""
    return _Reader(archive, found, report, options, stem).read()


class _Reader:
    def __init__(self, archive: Archive, found: Collection, report: Report, options: Options, stem: str) -> None:
        self._archive = archive
        self._found = found
        self._report = report
        self._options = options
        self._stem = stem
        self._about = {deck: about for deck, one in found.decks.items() if (about := _about(one))}
        self._course = next((about for about in self._about.values() if about.slug), About())
        # What the file says itself counts more than what it is said to be.
        self._target = _tag(self._course.target) or options.target_language or options.source_language or OTHERWISE
        self._source = _tag(self._course.source) or options.source_language or self._target
        self._media: dict[str, bytes] = {}
        self._refs: dict[str, str | None] = {}
        self._said: dict[str, _Said] = {}
        self._line = 1
        self._schedule: list[ScheduledCard] = []
        self._used: set[str] = set()
        self._tags: dict[str, None] = {}
        self._decks = {one.path: deck for deck, one in reversed(list(found.decks.items()))}
        self._left = MOST_SHOWN

    def read(self) -> Loaded | None:
        cards: dict[int, list[Card]] = {}
        for card in self._found.cards:
            cards.setdefault(card.note, []).append(card)
        decks: dict[int, list[Exercise]] = {}
        for line, note in enumerate(self._found.notes, 1):
            self._line = line
            for deck, exercise in self._exercises(note, cards.get(note.id, [])):
                decks.setdefault(deck, []).append(exercise)
        self._line = 1
        if not decks:
            self._tell()
            self._report.add("error", self._found.file, 1, "there is no card with two sides in the package")
            return None
        if not self._options.target_language and not self._options.source_language and not self._course.slug:
            self._say("note", f"cards do not say their languages: both sides are taken for `{OTHERWISE}`")
        course = self._made(decks)
        self._tell()
        return Loaded(course, self._media, tuple(self._schedule))

    # ---- notes

    def _exercises(self, note: Note, cards: list[Card]) -> Iterator[tuple[int, Exercise]]:
        """With the deck of each. A note of several cards may be several exercises."""
        notetype = self._found.notetypes.get(note.notetype)
        if notetype is None or not cards:
            self._say("warning", "a note without a type or without cards was left out")
            return
        if _OCCLUSION in "".join(note.fields):
            self._say("warning", f"image occlusion (`{notetype.name}`) is not supported; the note was left out")
            return
        fields = dict(zip(notetype.fields, note.fields, strict=False))
        made: list[tuple[Sides, Exercise]] = []
        if len(cards) > MOST_OF_NOTE:
            self._say("warning", f"of a note with more than {MOST_OF_NOTE} cards the rest was left out")
        for card in cards[:MOST_OF_NOTE]:
            shown = own_sides(notetype) or sides(notetype, {**fields, "Tags": " ".join(note.tags)}, card.ord)
            if shown is None:
                self._say("warning", "a card without a template was left out")
                continue
            self._left -= len(shown.front) + len(shown.back) + len(shown.extra) + sum(map(len, note.fields))
            if self._left < 0:
                raise CollectionRefused("all that is on the cards is more than can be read")
            reverse = next((each for one, each in made if (one.front, one.back) == (shown.back, shown.front)), None)
            if reverse is not None:
                self._say("note", "a card and its reverse became one flashcard")
                key, which = reverse.key, 1
            else:
                exercise = self._exercise(note, notetype, fields, shown, len(made))
                if exercise is None:
                    continue
                made.append((shown, exercise))
                key, which = exercise.key, 0
                yield card.deck, exercise
            self._keep(key, which, card)

    def _exercise(
        self, note: Note, notetype: Notetype, fields: Mapping[str, str], shown: Sides, ordinal: int
    ) -> Exercise | None:
        key = key_of(note.guid, ordinal)
        if key in self._used:
            self._say("warning", "a note with the id of another was left out")
            return None
        try:
            exercise = self._own(key, fields) if _is_own(notetype) else self._made_of(key, shown)
        except (ValueError, msgspec.ValidationError) as error:
            self._say("warning", f"a card was left out: {error}")
            return None
        if exercise is None:
            self._say("warning", "a card with an empty side was left out")
            return None
        self._used.add(key)
        tags = tuple(dict.fromkeys(tag[:80] for tag in note.tags[:_MOST_TAGS] if tag.lower() not in _PASSING_TAGS))
        self._tags.update(dict.fromkeys(tags))
        return msgspec.structs.replace(exercise, skills=tags)

    def _made_of(self, key: str, shown: Sides) -> Exercise | None:
        front, back = self._side(shown.front), self._side(shown.back)
        if not front.text or not back.text:
            return None
        extra = self._side(shown.extra).text
        note, explanation = (extra, "") if len(extra) <= LONGEST_TEXT else ("", extra[:_LONGEST_EXPLANATION])
        card = Flashcard(
            front.text, self._target, self._source, (back.text,), note, back_image=back.image, back_audio=back.audio
        )
        return Exercise(key, card, explanation=explanation, image=front.image, audio=front.audio)

    def _own(self, key: str, fields: Mapping[str, str]) -> Exercise | None:
        texts = {name: html.read(fields.get(name, "")).text for name in own.FIELDS}
        front, back = self._side(fields.get("Front media", "")), self._side(fields.get("Back media", ""))
        languages = texts["Languages"].split()
        if len(languages) != 2 or not all(map(LANGUAGE_TAG.fullmatch, languages)):
            languages = [self._target, self._source]
        language, other = languages
        sides = own.parted(texts["Back"])
        if not texts["Front"] or not sides:
            return None
        card = Flashcard(
            texts["Front"], language, other, sides, texts["Note"], back_image=back.image, back_audio=back.audio
        )
        msgspec.convert(msgspec.to_builtins(card), type=Flashcard)
        hints = tuple(hint[:500] for hint in own.parted(texts["Hints"])[:5])
        explanation = texts["Explanation"][:_LONGEST_EXPLANATION]
        return Exercise(key, card, hints, explanation, image=front.image, audio=front.audio)

    def _side(self, markup: str) -> _Side:
        sounds = _SOUND.findall(markup)
        reading = html.read(_SPOKEN.sub("", _SOUND.sub("", markup)))
        images = [(one.source, image) for one in reading.pictures if (image := self._image(one))]
        heard = [(name, ref) for name in (*sounds, *reading.sounds) if (ref := self._file(name))]
        for what in reading.lost:
            self._say("warning", f"{what} was left out of a card")
        if len(images) > 1 or len(heard) > 1:
            self._say("warning", "only the first picture and the first sound of a side were taken")
        # A side that only shows or plays something is called by the name of the file.
        name = next((source for source, _ in (*images, *heard)), "")
        text = reading.text or (images[0][1].alt if images else "") or PurePosixPath(name).stem
        return _Side(text, images[0][1] if images else None, Audio(heard[0][1]) if heard else None)

    def _image(self, picture: html.Picture) -> Image | None:
        ref = self._file(picture.source)
        return Image(ref, " ".join(picture.alt.split())[:500]) if ref else None

    def _file(self, name: str) -> str | None:
        if name not in self._refs:
            self._refs[name] = self._stored(name)
        return self._refs[name]

    def _stored(self, name: str) -> str | None:
        entry = self._found.media.get(name)
        if entry is None or entry not in self._archive:
            self._say("warning", f"the file `{name[:80]}` is not in the package; it was left out")
            return None
        raw = self._archive.read_zstd(entry) if self._found.packs_media else self._archive.read(entry)
        ref = ref_of(raw)
        self._media[ref] = raw
        return ref

    def _keep(self, key: str, which: int, card: Card) -> None:
        if card.queue == scheduling.SUSPENDED:
            self._say("note", "suspended cards are cards like others here")
        if found := scheduling.scheduled(key, which, card, self._found):
            self._schedule.append(found)

    # ---- decks

    def _made(self, decks: Mapping[int, list[Exercise]]) -> Course:
        paths = [self._found.decks[deck].path for deck in decks if deck in self._found.decks]
        root = paths[0][0] if paths and all(path[0] == paths[0][0] for path in paths) else ""
        title = self._options.title or self._course.title or (root if root != _DEFAULT else "") or self._stem
        sections: dict[str, tuple[str, dict[str, tuple[str, list[Lesson]]]]] = {}
        for deck, exercises in decks.items():
            place = self._place(deck, title, root)
            _, units = sections.setdefault(place.keys[0], (place.titles[0], {}))
            _, lessons = units.setdefault(place.keys[1], (place.titles[1], []))
            lessons.extend(_lessons(place, exercises, whole=self._about.get(deck, About()).keys is not None))
        return Course(
            slug=self._options.slug or self._course.slug or slugified(title)[:SLUG_LENGTH].strip("-"),
            title=title[:TITLE_LENGTH],
            source_language=self._source,
            target_language=self._target,
            sections=tuple(
                Section(
                    key, name, tuple(Unit(unit, called, tuple(lessons)) for unit, (called, lessons) in units.items())
                )
                for key, (name, units) in sections.items()
            ),
            skills=tuple(Skill(tag, tag) for tag in self._tags),
        )

    def _place(self, deck: int, title: str, root: str) -> _Place:
        about = self._about.get(deck, About())
        if about.keys and about.titles:
            return _Place(about.keys, about.titles)
        path = self._found.decks.get(deck, Deck((f"Deck {deck}",))).path
        below = path[1:] if root and len(path) > 1 else path
        names = [(path[: len(path) - len(below) + count]) for count in range(1, len(below) + 1)]
        # Of three names and more the last are one; of fewer the same name serves for what stands above.
        section = names[0] if len(below) > 2 else path[:1]
        unit = names[-2] if len(below) > 1 else path[:1]
        titles = (section[-1] if len(below) > 2 else title, unit[-1] if len(below) > 1 else title, below[-1])
        if len(below) > 3:
            titles = (titles[0], " / ".join(below[1:-1]), titles[2])
        keys = (self._key(section), self._key(unit), f"deck-{deck}")
        return _Place(keys, (titles[0][:TITLE_LENGTH], titles[1][:TITLE_LENGTH], titles[2][: TITLE_LENGTH - 8]))

    def _key(self, path: tuple[str, ...]) -> str:
        if path in self._decks:
            return f"deck-{self._decks[path]}"
        digest = hashlib.blake2b("\x1f".join(path).encode("utf-8", "replace"), digest_size=5).hexdigest()
        return f"{slugified(path[-1])[:80]}-{digest}"

    # ---- the report

    def _say(self, severity: Severity, message: str) -> None:
        self._said.setdefault(message, _Said(self._line, severity)).notes += 1

    def _tell(self) -> None:
        for message, said in self._said.items():
            count = f" ({said.notes} times)" if said.notes > 1 else ""
            self._report.add(said.severity, self._found.file, said.line, f"{message}{count}")


def _lessons(place: _Place, exercises: list[Exercise], *, whole: bool) -> Iterator[Lesson]:
    """A large deck of another program is several lessons."""
    size = len(exercises) if whole else MOST_IN_LESSON
    for number, start in enumerate(range(0, len(exercises), size), 1):
        key, title = place.keys[2], place.titles[2]
        if len(exercises) > size:
            key, title = (f"{key}.{number}" if number > 1 else key), f"{title} {number}"
        yield Lesson(key, title, tuple(exercises[start : start + size]), form="deck")


def _is_own(notetype: Notetype) -> bool:
    return notetype.fields == own.FIELDS


def own_sides(notetype: Notetype) -> Sides | None:
    """Fields of our own notes are read as they stand."""
    return Sides("", "") if _is_own(notetype) else None


def _about(deck: Deck) -> About | None:
    start, end = ABOUT
    _, _, said = deck.description.partition(start)
    said, is_whole, _ = said.partition(end)
    try:
        return msgspec.json.decode(said, type=About) if is_whole else None
    except (msgspec.MsgspecError, ValueError):
        return None


def _tag(text: str) -> str:
    return text if LANGUAGE_TAG.fullmatch(text) else ""
