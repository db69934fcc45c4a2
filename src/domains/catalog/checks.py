"""What an author has to mend before a draft is published: all that `content.findings` says, and what a course that was
read from a file is forgiven. Pure."""

from collections.abc import Iterator

from domains.catalog.content import Course, Problem, findings
from domains.catalog.kinds.assets import refs


def checks(course: Course) -> Iterator[Problem]:
    """In the order of the course, after what concerns it as a whole."""
    yield from findings(course)
    if course.slug in course.prerequisites:
        yield Problem("the course is its own prerequisite")
    for section in course.sections:
        if not section.units:
            yield Problem("the section has no unit", "section", section.key)
        for unit in section.units:
            if not unit.lessons:
                yield Problem("the unit has no lesson", "unit", unit.key)
            for lesson in unit.lessons:
                if not (lesson.exercises or lesson.text or lesson.materials or lesson.words or lesson.sentences):
                    yield Problem("the lesson is empty: it has neither exercises nor a text", "lesson", lesson.key)


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
