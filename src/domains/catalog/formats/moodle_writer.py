"""Writes Moodle's XML, with pictures and sounds in it.

Texts that learners answer are plain, explanations Markdown; a question with a picture or a sound is HTML. Kinds that
Moodle does not have are reported and left out.
"""

import base64
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote
from xml.sax import saxutils

from domains.catalog.content import Course, Exercise, Lesson
from domains.catalog.formats.files import file_name
from domains.catalog.formats.format import Media, Written
from domains.catalog.formats.moodle import KEYS_PREFIX
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
    Order,
    ShortAnswer,
    Translate,
    TrueFalse,
)
from domains.catalog.kinds.cloze import GAP
from domains.catalog.kinds.essay import MOST_WORDS

_SAID: Mapping[type, Collection[str]] = {
    Course: {"slug", "source_language", "target_language"},
    Lesson: {"text"},
    Exercise: {"explanation", "hints", "skills", "image", "audio"},
}
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_IN_GAP = re.compile(r"[}~#/\\\"]")
NAME_LENGTH = 60


def write(course: Course, report: Report, media: Media) -> Written:
    """The exercises of all lessons, in order."""
    tell_unsaid(course, report, "Moodle XML", _SAID)
    writer = _Writer(report, media)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<quiz>"]
    for section in course.sections:
        for unit in section.units:
            for lesson in unit.lessons:
                names = "/".join(_category(node.title) for node in (section, unit, lesson))
                keys = " ".join(quote(node.key, safe="/") for node in (section, unit, lesson))
                lines += _element("question", _category_lines(names, keys), type="category")
                lines += writer.lesson(lesson)
    lines.append("</quiz>\n")
    return Written("\n".join(lines).encode(), ".xml", "application/xml")


def _category_lines(names: str, keys: str) -> Iterator[str]:
    yield f"<category><text>$course$/top/{_escape(names)}</text></category>"
    yield f"<idnumber>{KEYS_PREFIX}{_escape(keys)}</idnumber>"


class _Writer:
    def __init__(self, report: Report, media: Media) -> None:
        self._report = report
        self._media = media

    def lesson(self, lesson: Lesson) -> Iterator[str]:
        if lesson.text:
            text = [_named(lesson.title), *_text("questiontext", lesson.text, "markdown")]
            yield from _element("question", text, type="description")
        for exercise in lesson.exercises:
            found = self._question(exercise.content, exercise.key)
            if found is None:
                what = f"Moodle has no questions of the kind `{exercise.content.kind()}`: left out"
                self._report.add("warning", exercise.key, 1, what)
                continue
            kind, lines = found
            yield from _element("question", [*self._head(exercise), *lines, *_tail(exercise)], type=kind)

    def _head(self, exercise: Exercise) -> Iterator[str]:
        content = exercise.content
        yield _named(content.asked()[:NAME_LENGTH])
        text = _gapped(content) if isinstance(content, Cloze) else None
        asked = str(getattr(content, "text", ""))
        markup = _escape(asked).replace("\n", "<br>") if text is None else text
        files = list(self._files(exercise))
        if text is None and not files:
            yield from _text("questiontext", asked, "plain_text")
        else:
            for name, tag, _ in files:
                markup += tag.format(quote(name))
            carried = [
                f'<file name="{name}" path="/" encoding="base64">{base64.b64encode(raw).decode()}</file>'
                for name, _, raw in files
            ]
            yield from _text("questiontext", markup, "html", carried)
        yield from _text("generalfeedback", exercise.explanation, "markdown")
        yield f"<idnumber>{_escape(exercise.key)}</idnumber>"

    def _files(self, exercise: Exercise) -> Iterator[tuple[str, str, bytes]]:
        """(name, element for the text, content)"""
        image, audio = exercise.image, exercise.audio
        if image is not None and (raw := self._read(exercise.key, image.media)):
            alt = saxutils.quoteattr(_clean(image.alt)).replace("{", "{{").replace("}", "}}")
            yield file_name(image.media, raw), f'<p><img src="@@PLUGINFILE@@/{{}}" alt={alt}></p>', raw
        if audio is not None and (raw := self._read(exercise.key, audio.media)):
            yield file_name(audio.media, raw), '<p><audio src="@@PLUGINFILE@@/{}"></audio></p>', raw
            if audio.slow:
                self._report.add("warning", exercise.key, 1, "Moodle cannot say that a sound is also there slowly")

    def _read(self, key: str, ref: str) -> bytes | None:
        if ref not in self._media:
            self._report.add("warning", key, 1, f"the file `{ref}` is not at hand and was left out")
        return self._media.get(ref)

    def _question(self, content: Content, key: str) -> tuple[str, Iterable[str]] | None:
        match content:
            case MultipleChoice() | MultipleResponse():
                single = "true" if isinstance(content, MultipleChoice) else "false"
                return "multichoice", [f"<single>{single}</single>", *_answers(options_of(content))]
            case TrueFalse():
                sides = (("true", content.if_true), ("false", content.if_false))
                return "truefalse", _answers(
                    [Answer(name, ALL * (content.answer == (name == "true")), said) for name, said in sides]
                )
            case ShortAnswer():
                return "shortanswer", [f"<usecase>{int(content.case)}</usecase>", *_answers(answers_of(content))]
            case Translate():
                self._report.add("note", key, 1, "a translation is a short answer in Moodle")
                return "shortanswer", _answers([Answer(text, ALL) for text in ways(content.accepted)])
            case Numeric():
                return "numerical", _numbers(content)
            case MatchPairs() if not content.images and not content.audio:
                return "matching", _pairs(content)
            case Cloze() if "{" not in content.text:
                return "multianswer", []
            case Order():
                places = enumerate(content.items, 1)
                return "ordering", [line for place, item in places for line in _answer(item, str(place))]
            case Essay():
                return "essay", _essay(content)
        return None


def _tail(exercise: Exercise) -> Iterator[str]:
    for hint in exercise.hints:
        yield from _text("hint", hint, "markdown")
    if exercise.skills:
        tags = "".join(f"<tag><text>{_escape(skill)}</text></tag>" for skill in exercise.skills)
        yield f"<tags>{tags}</tags>"


def _answers(answers: Sequence[Answer]) -> Iterator[str]:
    for answer in answers:
        feedback = _text("feedback", answer.feedback, "plain_text") if answer.feedback else ()
        yield from _answer(answer.text, percent(answer.share), feedback)


def _answer(text: str, fraction: str, more: Iterable[str] = ()) -> Iterator[str]:
    yield from _element("answer", [f"<text>{_escape(text)}</text>", *more], fraction=fraction, format="plain_text")


def _numbers(content: Numeric) -> Iterator[str]:
    for number in numbers_of(content):
        more = [f"<tolerance>{number.tolerance:f}</tolerance>"]
        if number.feedback:
            more += _text("feedback", number.feedback, "plain_text")
        yield from _answer(f"{number.value:f}", percent(number.share), more)
    if content.unit:
        units = {content.unit: ALL, **content.other_units}
        inner = "".join(
            f"<unit><multiplier>{round(1 / factor, 12).normalize():f}</multiplier>"
            f"<unit_name>{_escape(name)}</unit_name></unit>"
            for name, factor in units.items()
        )
        yield f"<units>{inner}</units><unitgradingtype>1</unitgradingtype><showunits>0</showunits>"


def _pairs(content: MatchPairs) -> Iterator[str]:
    for left, right in (*content.pairs, *(("", decoy) for decoy in content.decoys)):
        answer = f"<answer><text>{_escape(right)}</text></answer>"
        yield from _element("subquestion", [f"<text>{_escape(left)}</text>", answer], format="plain_text")


def _essay(content: Essay) -> Iterator[str]:
    if content.model:
        yield from _text("graderinfo", content.model, "plain_text")
    if content.least_words > 1:
        yield f"<minwordlimit>{content.least_words}</minwordlimit>"
    if content.most_words < MOST_WORDS:
        yield f"<maxwordlimit>{content.most_words}</maxwordlimit>"


def _gapped(content: Cloze) -> str:
    """The text as HTML, each gap with its answers in it."""
    around = [_escape(part).replace("\n", "<br>") for part in content.text.split(GAP)]
    markup = around[0]
    for number, gap in enumerate(content.gaps):
        options = content.options[number] if content.options else ways(gap)
        right = set(gap) if content.options else set(options)
        entries = "~".join(_entry(option, is_right=option in right) for option in options)
        kind = "MULTICHOICE" if content.options else "SHORTANSWER"
        markup += f"{{1:{kind}:{entries}}}{around[number + 1]}"
    return markup


def _entry(text: str, *, is_right: bool) -> str:
    """One answer of a gap. Its worth is written out where the text itself would be taken for it."""
    mark = "=" if is_right else ""
    if text[0] in "=%":
        mark = "%100%" if is_right else "%0%"
    return mark + _IN_GAP.sub(r"\\\g<0>", _escape(text))


def _named(name: str) -> str:
    return f"<name><text>{_escape(' '.join(name.split()))}</text></name>"


def _text(tag: str, text: str, form: str, files: Sequence[str] = ()) -> Iterator[str]:
    if text or tag == "questiontext":
        yield from _element(tag, [f"<text>{_escape(text)}</text>", *files], format=form)


def _element(tag: str, lines: Iterable[str], **attributes: str) -> Iterator[str]:
    named = "".join(f' {name}="{value}"' for name, value in attributes.items())
    yield f"<{tag}{named}>"
    yield from lines
    yield f"</{tag}>"


def _category(title: str) -> str:
    name = " ".join(title.split()).replace("/", "//")
    return f" {name}" if name.startswith("/") else name


def _escape(text: str) -> str:
    return saxutils.escape(_clean(text))


def _clean(text: str) -> str:
    """XML has no other control characters."""
    return _NOT_XML.sub("\ufffd", text)
