"""Courses as files: readers that say what they did not understand, and writers whose files read back the same."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from domains.catalog.content import Course, decode, encode, problems
from domains.catalog.formats import (
    anki,
    archive,
    csv_words,
    csv_writer,
    gift,
    gift_writer,
    librelingo,
    librelingo_writer,
    lyceum,
    lyceum_writer,
    moodle,
    moodle_writer,
    qti,
)
from domains.catalog.formats.format import Format, Loaded, Media, Options, ScheduledCard, Written
from domains.catalog.formats.report import Remark, Report

LYCEUM = Format("lyceum", "Lyceum YAML", lyceum.read, lyceum_writer.write, lyceum.recognises, (".yaml", ".yml", ".zip"))
LIBRELINGO = Format(
    librelingo.NAME, "LibreLingo YAML", librelingo.read, librelingo_writer.write, librelingo.recognises, (".zip",)
)
GIFT = Format("gift", "GIFT", gift.read, gift_writer.write, gift.recognises, (".gift", ".gift.txt"))
CSV = Format(
    "csv", "CSV and TSV word lists", csv_words.read, csv_writer.write, csv_words.recognises, (".csv", ".tsv", ".tab")
)
MOODLE = Format("moodle", "Moodle XML", moodle.read, moodle_writer.write, moodle.recognises, (".xml",))

FORMATS: dict[str, Format] = {one.name: one for one in (LYCEUM, LIBRELINGO, GIFT, MOODLE, CSV, qti.FORMAT, anki.FORMAT)}
"""By name; the first that recognises a file reads it."""
_ZIPPED = {".zip", ".apkg", ".colpkg", ".imscc"}


def read(path: Path, format_name: str | None = None, options: Options | None = None) -> tuple[Loaded | None, Report]:
    """The course at `path`, or None and a report with errors. Without a name the format is told from the files."""
    report = Report()
    form = FORMATS.get(format_name) if format_name else _recognised(path)
    if form is None or form.read is None:
        known = ", ".join(one.name for one in FORMATS.values() if one.read)
        what = f"`{format_name}` is no format that is read" if format_name else "no format is recognised here"
        refused = None if format_name else _refusal(path)
        report.add("error", path.name or str(path), 1, refused or f"{what}; known are {known}")
        return None, report
    loaded = form.read(path, report, options or Options())
    if loaded is not None:
        for problem in list(_not_storable(loaded.course)) or problems(loaded.course):
            report.add("error", path.name, 1, problem)
    return (None if report.has_errors else loaded), report


def write(course: Course, format_name: str, media: Media) -> tuple[Written | None, Report]:
    """The course as a file, and what the format could not say; None where no such format is written."""
    report = Report()
    form = FORMATS.get(format_name)
    if form is None or form.write is None:
        known = ", ".join(one.name for one in FORMATS.values() if one.write)
        report.add("error", course.slug, 1, f"`{format_name}` is no format that is written; known are {known}")
        return None, report
    return form.write(course, report, media), report


def _not_storable(course: Course) -> Iterator[str]:
    """What is too long or too many for the types of the document, which are checked where it is decoded."""
    try:
        decode(encode(course))
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        yield f"the course cannot be stored: {error}"


def _recognised(path: Path) -> Format | None:
    return next((form for form in FORMATS.values() if form.recognises(path)), None)


def _refusal(path: Path) -> str | None:
    """Which limit or rule an archive breaks; None for what is none, or breaks none."""
    if not path.is_file() or not (archive.is_zip(path) or path.suffix.lower() in _ZIPPED):
        return None
    try:
        with archive.opened(path) as files:
            for name in files.names:
                files.read(name)
    except archive.ArchiveRefused as error:
        return str(error)
    return None


__all__ = [
    "FORMATS",
    "Format",
    "Loaded",
    "Media",
    "Options",
    "Remark",
    "Report",
    "ScheduledCard",
    "Written",
    "read",
    "write",
]
