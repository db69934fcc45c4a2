"""Courses in and out of files, over the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from domains.catalog.formats import Options
from domains.catalog.formats.archive import MOST_BYTES
from domains.catalog.formats.report import Severity
from domains.catalog.schemas.authoring import Language, Slug, Title
from domains.kernel.wire import In, Out


class ImportOptions(In, frozen=True):
    """What the file does not say. `slug` and `title` count more than what it says."""

    slug: Slug | None = None
    title: Title | None = None
    source_language: Language | None = None
    target_language: Language | None = None

    def read(self) -> Options:
        return Options(self.slug, self.title, self.source_language, self.target_language)


class NewImport(In, frozen=True):
    """`course_id`: the course whose draft the file replaces; without it there is a new course. `replace`: also where
    that draft says other than what is published, which is lost then. `dry_run`: read, check and report, no more."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    """Of the file; its ending may tell the format."""
    size_bytes: Annotated[int, msgspec.Meta(ge=1, le=MOST_BYTES)]
    format: Annotated[str, msgspec.Meta(min_length=1, max_length=40)] | None = None
    """Told from the file where it is left out."""
    options: ImportOptions = ImportOptions()
    course_id: UUID | None = None
    replace: bool = False
    dry_run: bool = False


class ImportOut(Out, frozen=True):
    """`missing` are the numbers of the parts that the file still lacks: each has `part_bytes`, the last one what is
    left; lists do not tell them. While it runs, `done` of `total` steps are behind it. `course_id` is of the course
    it went into."""

    id: UUID
    state: str
    """waiting for its file, queued, running, done or failed."""
    name: str
    format: str | None
    size_bytes: int
    part_bytes: int
    missing: list[int]
    dry_run: bool
    course_id: UUID | None
    done: int
    total: int
    errors: int
    remarks: int
    """How many lines its report has."""
    counts: dict[str, int]
    """Sections, units, lessons and exercises that were read."""
    created_at: datetime
    finished_at: datetime | None


class RemarkOut(Out, frozen=True):
    """error: nothing was imported. warning: something was left out. note: something to know."""

    number: int
    severity: Severity
    file: str
    line: int
    """From 1."""
    message: str


class FormatOut(Out, frozen=True):
    name: str
    title: str
    read: bool
    written: bool
    endings: list[str]
    """Of its files; one with another ending needs the format's name."""


class FormatsOut(Out, frozen=True):
    items: list[FormatOut]


class ExportReportOut(Out, frozen=True):
    """What the format could not say, at most 1,000 lines; `total` counts all."""

    items: list[RemarkOut]
    total: int
