"""What an author has to mend before a draft is published: all that `content.findings` says, and what a course that was
read from a file is forgiven; and what authors should look at. Pure."""

import re
from collections.abc import Iterator

from domains.catalog.content import Course, Problem, findings
from domains.catalog.kinds.assets import refs

# As browsers read one: they do not see what stands before it, nor tabs and ends of lines in it.
_SCHEME = re.compile(r"[\x00-\x20]*([a-zA-Z][a-zA-Z0-9+.\-\t\r\n]*):")


def checks(course: Course) -> Iterator[Problem]:
    """In the order of the course, after what concerns it as a whole."""
    yield from findings(course)
    if course.slug in course.prerequisites:
        yield Problem("the course is its own prerequisite")
    for name, address in (("licence", course.licence.url if course.licence else ""), ("repository", course.repository)):
        scheme = _SCHEME.match(address)
        if scheme and "".join(scheme[1].split()).lower() not in {"http", "https"}:
            # It becomes a link on the page of the course.
            yield Problem(f"the address of the {name} must begin with https:// or http://")
    for section in course.sections:
        if not section.units:
            yield Problem("the section has no unit", "section", section.key)
        for unit in section.units:
            if not unit.lessons:
                yield Problem("the unit has no lesson", "unit", unit.key)
            for lesson in unit.lessons:
                if not (lesson.exercises or lesson.text or lesson.materials or lesson.words or lesson.sentences):
                    yield Problem("the lesson is empty: it has neither exercises nor a text", "lesson", lesson.key)


def doubts(course: Course) -> Iterator[Problem]:
    """What may be meant so, or mistyped: once for each word."""
    seen = {skill.key for skill in course.skills}
    for exercise in course.exercises():
        for key in exercise.skills:
            if key not in seen:
                seen.add(key)
                told = f"`{key}` is none of the skills that the course lists: it is called by that word"
                yield Problem(told, "exercise", exercise.key, "note")


def media_named(course: Course) -> dict[str, tuple[str, str]]:
    """Every file that the course names, with the kind and key of the first node that does."""
    found: dict[str, tuple[str, str]] = {}
    for ref in refs(course.image):
        found.setdefault(ref, ("course", ""))
    for lesson in course.lessons():
        for material in lesson.materials:
            found.setdefault(material.media, ("lesson", lesson.key))
        for exercise in lesson.exercises:
            for ref in (*refs(exercise.image, exercise.audio), *exercise.content.media()):
                found.setdefault(ref, ("exercise", exercise.key))
    return found
