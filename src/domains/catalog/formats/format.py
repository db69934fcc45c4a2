"""What a format is: how a file becomes a course with its files, and a course a file.

Readers and writers are synchronous and touch nothing but the path they are given; run them in a thread. A reader gets
files from strangers: it never raises for what a file says, takes nothing in silence that it does not understand, and
answers with None where its report has errors. A writer reports what its format cannot say.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from domains.catalog.content import Course
from domains.catalog.formats.report import Report

Media = Mapping[str, bytes]
"""Files by their names in the course, `sha256:<hex>`."""


class Options(Struct, frozen=True):
    """What some files do not say. What a file says itself counts more, but for `slug` and `title`."""

    slug: str | None = None
    title: str | None = None
    source_language: str | None = None
    """BCP 47: what the learner speaks."""
    target_language: str | None = None
    """BCP 47: what is learned. A course that is not about a language has the same one twice."""


class ScheduledCard(Struct, frozen=True):
    """Where a learner stands with one card of an exercise, as another program kept it."""

    exercise: str
    """Key of the exercise."""
    due: datetime
    card: int = 0
    """Which of the cards that one note makes: 0 asks the front, 1 the back."""
    last_review: datetime | None = None
    interval_days: float = 0.0
    ease: float | None = None
    """Of SM-2, 2.5 at first."""
    stability: float | None = None
    """Of FSRS, in days."""
    difficulty: float | None = None
    """Of FSRS, 1 to 10."""
    reviews: int = 0
    lapses: int = 0


class Loaded(Struct, frozen=True):
    """A course as it was read. `media` holds at least the files that the course names and the source has."""

    course: Course
    media: Media = {}
    schedule: tuple[ScheduledCard, ...] = ()


class Written(Struct, frozen=True):
    body: bytes
    suffix: str
    """With its dot: `.yaml`."""
    media_type: str


Reader = Callable[[Path, Report, Options], Loaded | None]
Writer = Callable[[Course, Report, Media], Written]


class Format(Struct, frozen=True):
    name: str
    title: str
    read: Reader | None
    write: Writer | None
    recognises: Callable[[Path], bool]
    """Whether the file or directory looks like one of this format; it may be broken all the same. Never raises."""
    endings: tuple[str, ...]
    """Of its files, in small letters and with their dots."""
