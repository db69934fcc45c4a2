"""Writes GIFT, so that Moodle and others read the questions of a course.

Categories are the titles of section, unit and lesson; keys go into comments, which our reader understands and others
skip. Kinds that GIFT does not have are reported and left out.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal

from domains.catalog.content import Course, Exercise, Lesson, Section, Unit
from domains.catalog.formats import html
from domains.catalog.formats.format import Media, Written
from domains.catalog.formats.questions import ALL, Answer, answers_of, numbers_of, options_of, percent, ways
from domains.catalog.formats.report import Report
from domains.catalog.formats.unsaid import tell_unsaid
from domains.catalog.kinds import (
    Cloze,
    Content,
    Essay,
    MatchPairs,
    MultipleChoice,
    MultipleResponse,
    Numeric,
    ShortAnswer,
    Translate,
    TrueFalse,
)
from domains.catalog.kinds.cloze import GAP

_SIGNS = re.compile(r"[~=#{}:\\]")
_SAID: Mapping[type, Collection[str]] = {
    Course: {"slug", "source_language", "target_language"},
    Lesson: {"text"},
    Exercise: {"explanation", "skills"},
}
NAME_LENGTH = 60


def write(course: Course, report: Report, media: Media) -> Written:
    """The exercises of all lessons, in order."""
    tell_unsaid(course, report, "GIFT", _SAID)
    lines: list[str] = []
    for section in course.sections:
        for unit in section.units:
            for lesson in unit.lessons:
                lines += _lesson(section, unit, lesson, report)
    return Written("\n".join(lines).encode(), ".gift", "text/plain")


def _lesson(section: Section, unit: Unit, lesson: Lesson, report: Report) -> Iterator[str]:
    names = "/".join(map(_category, (section.title, unit.title, lesson.title)))
    yield f"// keys:{json.dumps([section.key, unit.key, lesson.key])}"
    yield f"$CATEGORY: {names}\n"
    if lesson.text:
        # No more than a description: it has no answers.
        yield f"[markdown]{_escaped(lesson.text)}\n"
    for exercise in lesson.exercises:
        content = exercise.content
        if isinstance(content, Translate):
            report.add("note", exercise.key, 1, "a translation is a short answer in GIFT")
        written = _question(content)
        if written is None:
            report.add("warning", exercise.key, 1, f"GIFT has no questions of the kind `{content.kind()}`: left out")
            continue
        _tell_lost(exercise, report)
        meta = [f"[id:{_in_comment(exercise.key)}]", *(f"[tag:{_in_comment(skill)}]" for skill in exercise.skills)]
        yield f"// {' '.join(meta)}"
        general = f"####[markdown]{_escaped(exercise.explanation)}" if exercise.explanation else ""
        before, body, after = written
        yield f"::{_title(content.asked()[:NAME_LENGTH])}::{before}{{{body}{general}}}{after}\n"


def _question(content: Content) -> tuple[str, str, str] | None:
    """What stands before, in and after the braces."""
    match content:
        case MultipleChoice() | MultipleResponse():
            single = isinstance(content, MultipleChoice)
            return _text(content.text), _entries(options_of(content), single=single), ""
        case TrueFalse():
            wrong, right = content.if_false, content.if_true
            if not content.answer:
                wrong, right = right, wrong
            # A `#` at the end would be taken for one of those that begin the explanation.
            said = (f"#{_text(wrong)}" if wrong or right else "") + (f"#{_text(right)}" if right else "")
            return _text(content.text), f"{'TRUE' if content.answer else 'FALSE'}{said}", ""
        case ShortAnswer():
            return _text(content.text), _entries(answers_of(content), single=True, short=True), ""
        case Translate():
            answers = [Answer(text, ALL) for text in ways(content.accepted)]
            return _text(content.text), _entries(answers, single=True, short=True), ""
        case Numeric():
            return _text(content.text), _numbers(content), ""
        case MatchPairs() if not content.images and not content.audio:
            return _matching(content)
        case Cloze() if len(content.gaps) == 1:
            return _cloze(content)
        case Essay():
            return _text(content.text), "", ""
    return None


def _entries(answers: Sequence[Answer], *, single: bool, short: bool = False) -> str:
    """One on each line. Of short answers all begin with `=`, whatever they are worth."""
    lines = []
    for answer in answers:
        sign, share = "~", f"%{percent(answer.share)}%" if answer.share else ""
        if short or (single and answer.share == ALL):
            sign, share = "=", f"%{percent(answer.share)}%" if answer.share != ALL else ""
        if answer.text.startswith("%") and not share:
            share = f"%{percent(answer.share)}%"
        feedback = f"#{_text(answer.feedback)}" if answer.feedback else ""
        lines.append(f"{sign}{share}{_text(answer.text)}{feedback}")
    return "\n" + "\n".join(lines) + "\n"


def _numbers(content: Numeric) -> str:
    lines = []
    for number in numbers_of(content):
        share = f"%{percent(number.share)}%" if number.share != ALL else ""
        feedback = f"#{_text(number.feedback)}" if number.feedback else ""
        lines.append(f"={share}{_number(number.value)}:{_number(number.tolerance)}{feedback}")
    return "#\n" + "\n".join(lines) + "\n"


def _number(value: Decimal) -> str:
    return f"{value:f}"


def _matching(content: MatchPairs) -> tuple[str, str, str] | None:
    if any("->" in left for left, _ in content.pairs):
        return None
    pairs = [f"={_text(left)} -> {_text(right)}" for left, right in content.pairs]
    pairs += [f"= -> {_text(decoy)}" for decoy in content.decoys]
    return _text(content.text or "Match"), "\n" + "\n".join(pairs) + "\n", ""


def _cloze(content: Cloze) -> tuple[str, str, str] | None:
    before, after = content.text.split(GAP)
    accepted = ways(content.gaps[0])
    if not after.strip():
        return None
    if content.options:
        body = "".join(f"{'=' if option in accepted else '~'}{_text(option)} " for option in content.options[0])
    else:
        body = "".join(f"={_text(text)} " for text in accepted)
    return _text(before, is_beginning=True), body, _escaped(after)


def _tell_lost(exercise: Exercise, report: Report) -> None:
    content = exercise.content
    lost = []
    if isinstance(content, Numeric) and content.unit:
        lost.append("its unit")
    if isinstance(content, ShortAnswer) and content.case:
        lost.append("that large letters count")
    if isinstance(content, Essay) and (content.model or content.least_words > 1):
        lost.append("its model answer and bounds")
    if isinstance(content, MatchPairs) and not content.text:
        lost.append("that it has no text, so `Match` was written")
    if lost:
        report.add("warning", exercise.key, 1, f"GIFT cannot say {', '.join(lost)}")


def _text(text: str, *, is_beginning: bool = False) -> str:
    """As it stands; marked as plain where somebody would take it for more. `is_beginning` keeps a space at its end."""
    escaped = _escaped(text if is_beginning else text.strip())
    return f"[plain]{escaped}" if html.looks_like_html(text) or escaped.lstrip().startswith("[") else escaped


def _escaped(text: str) -> str:
    return _SIGNS.sub(r"\\\g<0>", text).replace("\n", "\\n")


def _title(text: str) -> str:
    return _SIGNS.sub(r"\\\g<0>", " ".join(text.split()))


def _category(title: str) -> str:
    """Nothing is escaped there but slashes; a space keeps one at the beginning apart from what parts categories."""
    name = " ".join(title.split()).replace("/", "//")
    return f" {name}" if name.startswith("/") else name


def _in_comment(text: str) -> str:
    return re.sub(r"[\]\\]", r"\\\g<0>", text).replace("\n", " ")
