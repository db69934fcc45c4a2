"""Courses as files: readers that say what they did not understand, and writers whose files read back the same."""

from collections.abc import Callable
from pathlib import Path

from domains.catalog.content import Course, problems
from domains.catalog.formats import librelingo, lyceum
from domains.catalog.formats.report import Report

READERS: dict[str, Callable[[Path, Report], Course | None]] = {"librelingo": librelingo.read, "lyceum": lyceum.read}
WRITERS: dict[str, Callable[[Course], str]] = {"lyceum": lyceum.write}


def read(path: Path, format_name: str | None = None) -> tuple[Course | None, Report]:
    """The course at `path`, or None and a report with errors. Without a name the format is told from the files."""
    report = Report()
    name = format_name or _detected(path)
    reader = READERS.get(name or "")
    if reader is None:
        known = ", ".join(READERS)
        what = f"`{format_name}` is no format" if format_name else "no format is recognised here"
        report.add("error", str(path), 1, f"{what}; known are {known}")
        return None, report
    course = reader(path, report)
    if course is not None:
        for problem in problems(course):
            report.add("error", path.name, 1, problem)
    return (None if report.has_errors else course), report


def _detected(path: Path) -> str | None:
    if path.is_dir():
        return "librelingo" if (path / "course.yaml").is_file() else None
    return "lyceum" if path.suffix in {".yaml", ".yml"} and path.is_file() else None
