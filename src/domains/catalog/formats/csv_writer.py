"""Writes the words, sentences and cards of a course as a table, for spreadsheets and other programs.

What a spreadsheet would take for a formula gets a `'` before it, which our reader takes away again.
"""

import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping

from domains.catalog.content import Course, Exercise, Lesson
from domains.catalog.formats.exercises import made_of_phrases
from domains.catalog.formats.format import Media, Written
from domains.catalog.formats.report import Report
from domains.catalog.formats.unsaid import tell_unsaid
from domains.catalog.kinds import Flashcard

COLUMNS = ("target", "synonyms", "source", "alternatives", "type", "section", "unit", "lesson", "note", "tags")
_FORMULA = re.compile(r"'*[=+\-@]")
_SAID: Mapping[type, Collection[str]] = {
    Course: {"slug", "source_language", "target_language"},
    Lesson: {"words", "sentences"},
}


def write(course: Course, report: Report, media: Media) -> Written:
    """A row for every word, sentence and flashcard."""
    of_cards = ("explanation", "skills") if _has_cards(course) else ()
    tell_unsaid(course, report, "CSV", {**_SAID, Exercise: of_cards})
    report.add("note", course.slug, 1, "a table has no keys: read again, lessons get theirs from their titles")
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    made = made_of_phrases(course)
    for section in course.sections:
        for unit in section.units:
            for lesson in unit.lessons:
                where = [section.title, unit.title, lesson.title]
                for row in _rows(lesson, where):
                    writer.writerow([_guarded(cell) for cell in row])
                _tell_split(lesson, report)
                _tell(lesson, made[lesson.key], report)
    return Written(buffer.getvalue().encode("utf-8-sig"), ".csv", "text/csv")


def _rows(lesson: Lesson, where: list[str]) -> Iterator[list[str]]:
    for kind, phrases in (("word", lesson.words), ("sentence", lesson.sentences)):
        for phrase in phrases:
            yield [*_sides(phrase.target), *_sides(phrase.source), kind, *where, "", ""]
    for exercise in lesson.exercises:
        if isinstance(card := exercise.content, Flashcard):
            tags = "; ".join(exercise.skills)
            yield [card.text, "", *_sides(card.back), "card", *where, card.note or exercise.explanation, tags]


def _sides(texts: tuple[str, ...]) -> tuple[str, str]:
    return texts[0], "; ".join(texts[1:])


def _tell(lesson: Lesson, made: tuple[Exercise, ...], report: Report) -> None:
    own = [one for one in lesson.exercises if one not in made and not isinstance(one.content, Flashcard)]
    if own:
        what = f"{len(own)} exercises of the lesson `{lesson.key}` do not follow from its words: left out"
        report.add("warning", lesson.key, 1, what)


def _tell_split(lesson: Lesson, report: Report) -> None:
    others = [
        text for phrase in (*lesson.words, *lesson.sentences) for text in (*phrase.target[1:], *phrase.source[1:])
    ]
    cards = (exercise.content for exercise in lesson.exercises)
    others += [text for card in cards if isinstance(card, Flashcard) for text in card.back[1:]]
    for text in others:
        if ";" in text or "|" in text:
            report.add("warning", lesson.key, 1, f"`{text[:40]}` will be read as several texts, for its `;` or `|`")


def _has_cards(course: Course) -> bool:
    return any(isinstance(exercise.content, Flashcard) for exercise in course.exercises())


def _guarded(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell
