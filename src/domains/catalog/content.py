"""The published document of a course: what a revision stores, and what every format is read into.

Immutable. Every node has a key that is unique in the course among nodes of its kind and survives re-imports, so that
a learner's record stays with the lesson or exercise that it is about. Equal documents have equal digests.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from domains.catalog.kinds import Content, Flashcard
from domains.catalog.kinds.assets import Audio, Image, MediaRef, refs
from domains.catalog.policy.lexicon import Lexicon, lexicon

LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
SLUG_LENGTH = 80
TITLE_LENGTH = 200
# Indexed together with the course's id, so it must stay well below what an index entry holds.
KEY_LENGTH = 300

LEVELS = ("A1", "A2", "B1", "B2", "C1", "C2")
MOST_HINTS = 5

Level = Literal["", "A1", "A2", "B1", "B2", "C1", "C2"]
"""Of the Common European Framework; empty where none is said."""
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
"""Of a topic, a tag, a skill."""
LongText = Annotated[str, msgspec.Meta(max_length=20_000)]
Texts = Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]


class _Node(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class Licence(_Node, frozen=True):
    name: str
    url: str = ""


class Phrase(_Node, frozen=True):
    """A word or a sentence that a lesson teaches. The first text of each side is shown, all are accepted."""

    target: Texts
    """In the language that is learned."""
    source: Texts
    """In the language that the learner speaks."""


class DictionaryEntry(_Node, frozen=True):
    """A word that learners may look up. It belongs to the lexicon of its language."""

    language: str
    word: str
    meanings: tuple[str, ...]


class Skill(_Node, frozen=True):
    """What exercises practise and mastery is told of, such as `past-tense`."""

    key: Name
    title: Name


class Material(_Node, frozen=True):
    """A file that belongs to a lesson: to read, to watch, to listen to."""

    title: Name
    media: MediaRef


class Exercise(_Node, frozen=True):
    """`content` asks and knows what is right; the rest goes with any kind."""

    key: str
    content: Content
    hints: Annotated[
        tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=500)], ...], msgspec.Meta(max_length=MOST_HINTS)
    ] = ()
    """From the weakest to the strongest; a learner may see them before the answer."""
    explanation: LongText = ""
    """Markdown, shown after the answer."""
    image: Image | None = None
    audio: Audio | None = None
    """What is shown and heard with the question: no kind needs them to be answered."""
    skills: tuple[Name, ...] = ()
    """Keys of the course's skills; one that the course does not list is called by its key."""


class Lesson(_Node, frozen=True):
    """`exercises` is what is learned with. `words` and `sentences` are what they were made from, where they were."""

    key: str
    title: str
    exercises: tuple[Exercise, ...] = ()
    words: tuple[Phrase, ...] = ()
    sentences: tuple[Phrase, ...] = ()
    form: Literal["lesson", "deck"] = "lesson"
    """A deck holds flashcards only, which are reviewed and not asked."""
    text: LongText = ""
    """Markdown to read. A lesson may be nothing but a text."""
    materials: tuple[Material, ...] = ()
    preview: bool = False
    """Whether it may be learned without having bought the course."""


class Unit(_Node, frozen=True):
    key: str
    title: str
    lessons: tuple[Lesson, ...]
    introduction: str = ""
    """Markdown as its author wrote it, not cleaned: whoever shows it as HTML must."""


class Section(_Node, frozen=True):
    key: str
    title: str
    units: tuple[Unit, ...]


class Course(_Node, frozen=True):
    slug: str
    title: str
    source_language: str
    """BCP 47: what the learner speaks."""
    target_language: str
    """BCP 47: what is learned."""
    sections: tuple[Section, ...]
    description: str = ""
    licence: Licence | None = None
    repository: str = ""
    special_characters: tuple[str, ...] = ()
    dictionary: tuple[DictionaryEntry, ...] = ()
    level: Level = ""
    categories: tuple[Name, ...] = ()
    """Slugs of the platform's categories."""
    topics: tuple[Name, ...] = ()
    tags: tuple[Name, ...] = ()
    skills: tuple[Skill, ...] = ()
    prerequisites: tuple[Name, ...] = ()
    """Slugs of courses that should be learned before."""
    image: Image | None = None
    kept: Mapping[str, Any] = {}
    """By the name of a format: what its file said and no field here says, so that it can be written again."""

    def units(self) -> Iterator[Unit]:
        for section in self.sections:
            yield from section.units

    def lessons(self) -> Iterator[Lesson]:
        """In the author's order."""
        for unit in self.units():
            yield from unit.lessons

    def exercises(self) -> Iterator[Exercise]:
        for lesson in self.lessons():
            yield from lesson.exercises


class Problem(NamedTuple):
    """`kind` and `key` name the node that it is about. A note keeps nothing from being published."""

    message: str
    kind: str = "course"
    key: str = ""
    severity: Literal["error", "note"] = "error"


def with_content(course: Course, key: str, content: Content) -> Course:
    """The course with other content in the exercise of this key; all else keeps its place and its key."""

    def unit(one: Unit) -> Unit:
        return replace(one, lessons=tuple(map(lesson, one.lessons)))

    def lesson(one: Lesson) -> Lesson:
        if all(exercise.key != key for exercise in one.exercises):
            return one
        new = tuple(replace(each, content=content) if each.key == key else each for each in one.exercises)
        return replace(one, exercises=new)

    return replace(course, sections=tuple(replace(one, units=tuple(map(unit, one.units))) for one in course.sections))


# Mappings have no order of their own: who stores them may give them back in another.
_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(Course)


def encode(course: Course) -> bytes:
    """The stored form, the same bytes for equal courses."""
    return _ENCODER.encode(course)


def decode(stored: bytes) -> Course:
    return _DECODER.decode(stored)


_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def has_nul(encoded: bytes) -> bool:
    """Whether any text in this JSON has a NUL character, which PostgreSQL stores in no text."""
    return b"\\u0000" in encoded and _NUL.search(encoded) is not None


def digest(course: Course) -> bytes:
    return hashlib.sha256(encode(course)).digest()


def media_of(course: Course) -> Iterator[MediaRef]:
    """The files that it shows, plays and hands out; some perhaps more than once."""
    yield from refs(course.image)
    for lesson in course.lessons():
        yield from (material.media for material in lesson.materials)
        for exercise in lesson.exercises:
            yield from refs(exercise.image, exercise.audio)
            yield from exercise.content.media()


def course_lexicon(course: Course) -> Lexicon:
    """Every word that the course shows, accepts or explains."""
    words = [phrase for lesson in course.lessons() for phrase in lesson.words]
    sides = [(course.target_language, [phrase.target for phrase in words])]
    sides.append((course.source_language, [phrase.source for phrase in words]))
    return lexicon(
        _texts(course),
        words=_words(course, sides),
        # Several texts for one word are its forms, where they only differ by their endings.
        forms=[(language, group) for language, groups in sides for group in groups if len(group) > 1],
    )


def problems(course: Course) -> Iterator[str]:
    """What keeps a course from being published, beyond what its types say."""
    return (found.message for found in findings(course))


def findings(course: Course) -> Iterator[Problem]:
    """`problems`, with the node that each is about."""
    if not SLUG.fullmatch(course.slug) or len(course.slug) > SLUG_LENGTH:
        yield Problem(
            f"`{course.slug}` is no slug: lower-case Latin letters, digits and single hyphens, up to {SLUG_LENGTH}"
        )
    for language in (course.source_language, course.target_language):
        if not LANGUAGE_TAG.fullmatch(language):
            yield Problem(f"`{language}` is no BCP 47 language tag")
    if not _fits(course.title):
        yield _bad_title(course.title)
    if not any(lesson.exercises or lesson.text for lesson in course.lessons()):
        yield Problem("the course has no exercise")
    if has_nul(encode(course)):
        yield from _with_nul(course)
    skills = [skill.key for skill in course.skills]
    for key in sorted({key for key in skills if skills.count(key) > 1}):
        yield Problem(f"there are two skills with the key `{key}`")
    for lesson in course.lessons():
        if lesson.form == "deck" and not _is_deck(lesson):
            yield Problem(
                f"the deck `{lesson.title[:40]}` must hold flashcards, and nothing else", "lesson", lesson.key
            )
    for kind, nodes in (
        ("section", course.sections),
        ("unit", course.units()),
        ("lesson", course.lessons()),
        ("exercise", course.exercises()),
    ):
        seen: set[str] = set()
        for node in nodes:
            if not isinstance(node, Exercise) and not _fits(node.title):
                yield _bad_title(node.title, kind, node.key)
            if node.key in seen:
                yield Problem(f"there are two {kind}s with the key `{node.key}`", kind, node.key)
            if not 0 < len(node.key.encode()) <= KEY_LENGTH:
                message = f"the {kind} key `{node.key[:40]}…` is empty or longer than {KEY_LENGTH} bytes"
                yield Problem(message, kind, node.key)
            seen.add(node.key)


def _with_nul(course: Course) -> Iterator[Problem]:
    found = [lesson for lesson in course.lessons() if has_nul(_ENCODER.encode(lesson))]
    for lesson in found:
        title = lesson.title[:40].replace("\x00", "")
        yield Problem(f"a text of the lesson `{title}` has a NUL character", "lesson", lesson.key.replace("\x00", ""))
    if not found:
        yield Problem("a text has a NUL character")


def _is_deck(lesson: Lesson) -> bool:
    return bool(lesson.exercises) and all(isinstance(each.content, Flashcard) for each in lesson.exercises)


def _bad_title(title: str, kind: str = "course", key: str = "") -> Problem:
    return Problem(f"the title `{title[:40]}` is empty or too long", kind, key)


def _fits(title: str) -> bool:
    return 0 < len(title) <= TITLE_LENGTH


def _words(course: Course, sides: Iterable[tuple[str, Iterable[tuple[str, ...]]]]) -> Iterator[tuple[str, str]]:
    for language, groups in sides:
        yield from ((language, text) for group in groups for text in group)
    for entry in course.dictionary:
        yield entry.language, entry.word


def _texts(course: Course) -> Iterator[tuple[str, str]]:
    for lesson in course.lessons():
        for phrase in (*lesson.words, *lesson.sentences):
            yield from ((course.target_language, text) for text in phrase.target)
            yield from ((course.source_language, text) for text in phrase.source)
        for exercise in lesson.exercises:
            yield from exercise.content.texts()
    for entry in course.dictionary:
        yield entry.language, entry.word
