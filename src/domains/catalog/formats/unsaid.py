"""What a format cannot say is said by its writer: one line for each field, with how many have it."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from domains.catalog.content import Course, Exercise, Lesson, Section, Unit
from domains.catalog.formats.report import Report

_STRUCTURE = {"key", "title", "sections", "units", "lessons", "exercises", "content", "kept", "form"}
_NODES = {Course: "course", Section: "section", Unit: "unit", Lesson: "lesson", Exercise: "exercise"}


def tell_unsaid(course: Course, report: Report, form: str, said: Mapping[type, Collection[str]]) -> None:
    """Reports every field that some node has and that is not `said` of its type. Keys and titles are the writer's."""
    found: Counter[tuple[str, str]] = Counter()
    for node in (course, *course.sections, *course.units(), *course.lessons(), *course.exercises()):
        known = {*_STRUCTURE, *said.get(type(node), ())}
        for field in msgspec.structs.fields(node):
            if field.name not in known and getattr(node, field.name) != _default(field):
                found[_NODES[type(node)], field.name] += 1
    for (what, name), count in found.items():
        whose = "the course" if what == "course" else f"{count} {what}{'s' if count > 1 else ''}"
        report.add("warning", course.slug, 1, f"`{name}` of {whose} cannot be said in {form} and was left out")


def _default(field: msgspec.structs.FieldInfo) -> Any:
    return field.default if field.default is not msgspec.NODEFAULT else msgspec.NODEFAULT
