"""Reads questions of Moodle's XML.

HTML becomes plain text where learners answer, and Markdown where they read. The first picture and the first sound of a
question go with it; files come out of the XML. Types of questions that no kind of ours fits, and all that was left out,
are reported by the name and line of the question.
"""

import base64
import binascii
import posixpath
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from domains.catalog.content import MOST_HINTS
from domains.catalog.formats import html, moodle_gaps, xml
from domains.catalog.formats.bank import Bank
from domains.catalog.formats.files import ref_of
from domains.catalog.formats.format import Loaded, Options
from domains.catalog.formats.questions import Answer, Maker, Number, decimal_of
from domains.catalog.formats.report import Report, Severity
from domains.catalog.formats.xml import Element
from domains.catalog.kinds import Content
from domains.catalog.kinds.assets import Audio, Image

MOST_MEDIA_BYTES = 50_000_000
_THIRD = Decimal("0.3333333")
KEYS_PREFIX = "keys:"
_FILES = "@@PLUGINFILE@@/"
_FORMS: dict[str, html.Form] = {
    "html": "html",
    "markdown": "markdown",
    "plain_text": "plain",
    "moodle_auto_format": "moodle",
}
_SOUNDS = (".mp3", ".ogg", ".oga", ".wav", ".m4a", ".flac", ".aac", ".opus")
_TAKEN = {
    "name",
    "questiontext",
    "generalfeedback",
    "idnumber",
    "answer",
    "subquestion",
    "hint",
    "tags",
    "single",
    "usecase",
    "units",
    "dragbox",
    "selectoption",
    "graderinfo",
    "minwordlimit",
    "maxwordlimit",
}
_MEANINGLESS = {
    "shuffleanswers",
    "answernumbering",
    "showstandardinstruction",
    "shownumcorrect",
    "hidden",
    "unitgradingtype",
    "unitpenalty",
    "showunits",
    "unitsleft",
    "responseformat",
    "responserequired",
    "responsefieldlines",
    "attachments",
    "attachmentsrequired",
    "maxbytes",
    "filetypeslist",
    "responsetemplate",
    "layouttype",
    "selecttype",
    "selectcount",
    "gradingtype",
    "showgrading",
    "numberingstyle",
}
"""About how Moodle shows a question."""


def read(path: Path, report: Report, options: Options) -> Loaded | None:
    """The questions of a file; None where the report has errors."""
    root = xml.read(path, report)
    if root is None:
        return None
    if root.name != "quiz":
        root.say("error", f"a file of Moodle's questions begins with `<quiz>`, and not with `<{root.name}>`")
        return None
    bank = Bank(path, report, options)
    files = _Files()
    left: Counter[str] = Counter()
    for element in root.children:
        if bank.is_full:
            break
        if element.name == "question":
            _Question(bank, files, element).read()
            left.update(_left_out(element))
        else:
            element.say("warning", f"`<{element.name}>` is not understood and was left out")
    for name, count in left.items():
        report.add("note", path.name, 1, f"`<{name}>` of {count} question{'s' if count > 1 else ''} was left out")
    return None if report.has_errors else Loaded(bank.course(), files.media)


def recognises(path: Path) -> bool:
    if path.suffix.lower() != ".xml" or not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return b"<quiz" in file.read(4_000)
    except OSError:
        return False


def _left_out(question: Element) -> Iterator[str]:
    """Names of what it says and nobody reads; grades of 1 and what is empty say nothing."""
    for child in question.children:
        said = child.whole_text.strip()
        is_usual = child.name in {"defaultgrade", "penalty"} and _number(said) in {Decimal(0), Decimal(1), _THIRD}
        if (
            child.name not in _TAKEN | _MEANINGLESS
            and said
            and not is_usual
            and question.attributes.get("type") in _READ
        ):
            yield child.name


class _Files:
    """What the questions carry with them."""

    def __init__(self) -> None:
        self.media: dict[str, bytes] = {}
        self._bytes = 0

    def take(self, element: Element) -> str | None:
        """Its name in the course; None, and a remark, for what cannot be taken."""
        if element.attributes.get("encoding", "base64") != "base64":
            element.say("warning", "a file that is not in base64 was left out")
            return None
        try:
            raw = base64.b64decode("".join(element.text.split()), validate=True)
        except (binascii.Error, ValueError):
            element.say("warning", "a file with damaged base64 was left out")
            return None
        self._bytes += len(raw)
        if not raw or self._bytes > MOST_MEDIA_BYTES:
            element.say("warning", "an empty file, or one too many, was left out")
            return None
        ref = ref_of(raw)
        self.media[ref] = raw
        return ref


class _Question:
    def __init__(self, bank: Bank, files: _Files, element: Element) -> None:
        self._bank = bank
        self._files = files
        self._element = element
        self._make = Maker(bank.target, bank.source)
        self._name = self._text_in(element.first("name"))

    def read(self) -> None:
        kind = self._element.attributes.get("type", "")
        reader = _READ.get(kind)
        if kind == "category":
            self._category()
        elif kind == "description":
            if markdown := self._markdown(self._element.first("questiontext")):
                self._bank.text(markdown)
        elif reader is None:
            self._say("warning", f"questions of the type `{kind[:40]}` are not supported: left out")
        else:
            text, more = self._asked()
            content = reader(self, text)
            if content is not None:
                self._bank.add(content, key=self._element.text_of("idnumber"), name=self._name, **more, **self._about())

    def _category(self) -> None:
        path = self._text_in(self._element.first("category"))
        parts = [part.replace("\x00", "/") for part in path.replace("//", "\x00").split("/")]
        while parts and parts[0].strip().lower() in {"$course$", "$system$", "$cat$", "$module$", "top"}:
            parts = parts[1:]
        keys = self._element.text_of("idnumber").removeprefix(KEYS_PREFIX).split(" ")
        is_ours = self._element.text_of("idnumber").startswith(KEYS_PREFIX) and len(keys) == 3 and all(keys)
        self._bank.category(parts, [unquote(key) for key in keys] if is_ours else None)

    def _asked(self) -> tuple[str, dict[str, Any]]:
        """The question as plain text, with its first picture and sound."""
        element = self._element.first("questiontext")
        if element is None:
            return "", {}
        reading = html.as_plain(element.text_of("text"), _form(element))
        files = {file.attributes.get("name", ""): file for file in element.all("file")}
        more: dict[str, Any] = {}
        for picture in reading.pictures:
            ref = self._file(picture.source, files)
            if ref is not None and "image" not in more:
                more["image"] = Image(ref, picture.alt[:500])
            else:
                self._say("warning", f"the picture `{picture.source[:60]}` was left out")
        sounds = [*reading.sounds, *(name for name in files if name.lower().endswith(_SOUNDS))]
        for source in dict.fromkeys(unquote(sound.removeprefix(_FILES)) for sound in sounds):
            ref = self._file(source, files)
            if ref is not None and "audio" not in more:
                more["audio"] = Audio(ref)
            else:
                self._say("warning", f"the sound `{source[:60]}` was left out")
        if files:
            self._say("warning", f"{len(files)} more files of the question were left out")
        self._tell_lost(reading)
        return reading.text, more

    def _file(self, source: str, files: dict[str, Element]) -> str | None:
        """A file that the question carries, once."""
        element = files.pop(posixpath.basename(unquote(source.removeprefix(_FILES))), None)
        return None if element is None else self._files.take(element)

    def _about(self) -> dict[str, Any]:
        hints = [self._markdown(hint)[:500] for hint in self._element.all("hint")]
        hints = [hint for hint in dict.fromkeys(hints) if hint]
        if len(hints) > MOST_HINTS:
            self._say("warning", f"{len(hints) - MOST_HINTS} hints were left out: a question has {MOST_HINTS}")
        tags = self._element.first("tags")
        skills = [self._text_in(tag)[:80] for tag in (tags.all("tag") if tags else [])]
        return {
            "explanation": self._markdown(self._element.first("generalfeedback")),
            "hints": tuple(hints[:MOST_HINTS]),
            "skills": tuple(skill for skill in dict.fromkeys(skills) if skill),
        }

    # ---- types

    def _choice(self, text: str) -> Content | None:
        single = self._element.text_of("single", "true").lower() not in {"false", "0"}
        return self._make.choice(text, self._answers(), self._say, single=single)

    def _truth(self, text: str) -> Content | None:
        answers = {answer.text.strip().lower(): answer for answer in self._answers()}
        if not {"true", "false"} <= set(answers):
            self._say("warning", "the question was left out: its answers are not `true` and `false`")
            return None
        yes, no = answers["true"], answers["false"]
        return self._make.content(
            "true_false",
            self._say,
            text=text,
            answer=yes.share > no.share,
            if_true=yes.feedback,
            if_false=no.feedback,
        )

    def _short(self, text: str) -> Content | None:
        case = self._element.text_of("usecase", "0") in {"1", "true"}
        return self._make.short(text, self._answers(), self._say, case=case)

    def _numeric(self, text: str) -> Content | None:
        numbers = []
        for element, answer in zip(self._element.all("answer"), self._answers(keep_empty=True), strict=True):
            value, tolerance = _number(answer.text), _number(element.text_of("tolerance", "0") or "0")
            if answer.text == "*":
                self._say("note", "feedback for every other number was left out")
            elif value is None or tolerance is None:
                self._say("warning", f"`{answer.text[:40]}` is no number and was left out")
            else:
                numbers.append(Number(value, abs(tolerance), answer.share, answer.feedback))
        return self._make.numeric(text, numbers, self._say, self._units())

    def _units(self) -> dict[str, Decimal]:
        """How many of the first each is, in which answers are. Moodle says how many of each are one of the first."""
        units: dict[str, Decimal] = {}
        element = self._element.first("units")
        for unit in element.all("unit") if element else []:
            multiplier = _number(unit.text_of("multiplier", "1"))
            if name := unit.text_of("unit_name"):
                units[name] = round(1 / multiplier, 12).normalize() if multiplier else Decimal(1)
        return dict(sorted(units.items(), key=lambda unit: unit[1] != 1))

    def _matching(self, text: str) -> Content | None:
        pairs, decoys = [], []
        for element in self._element.all("subquestion"):
            answer = self._text_in(element.first("answer"))
            left = self._plain(element)
            if left and answer:
                pairs.append((left, answer))
            elif answer:
                decoys.append(answer)
            else:
                self._say("warning", f"`{left[:40]}`, which matches nothing, was left out")
        return self._make.content("match_pairs", self._say, text=text, pairs=pairs, decoys=decoys)

    def _essay(self, text: str) -> Content | None:
        bounds = {}
        for name, field in (("minwordlimit", "least_words"), ("maxwordlimit", "most_words")):
            number = self._element.text_of(name)
            if number.isdecimal() and int(number) > 0:
                bounds[field] = int(number[:9])
        model = self._plain(self._element.first("graderinfo"))
        return self._make.content("essay", self._say, text=text, model=model, **bounds)

    def _order(self, text: str) -> Content | None:
        answers = [
            (_number(element.attributes.get("fraction", "")), element) for element in self._element.all("answer")
        ]
        placed = sorted((place, number) for number, (place, _) in enumerate(answers) if place is not None)
        items = [self._plain(answers[number][1]) for _, number in placed]
        return self._make.content("order", self._say, text=text, items=items)

    def _cloze(self, _: str) -> Content | None:
        element = self._element.first("questiontext")
        text = element.text_of("text") if element else ""
        return moodle_gaps.cloze(text, _form(element), self._make, self._say)

    def _places(self, text: str) -> Content | None:
        boxes = self._element.all("dragbox") or self._element.all("selectoption")
        choices = [(self._plain(box), box.text_of("group", "1")) for box in boxes]
        return moodle_gaps.placed(text, choices, self._make, self._say)

    # ---- texts

    def _answers(self, *, keep_empty: bool = False) -> list[Answer]:
        answers = []
        for element in self._element.all("answer"):
            share = _number(element.attributes.get("fraction", "0")) or Decimal(0)
            answer = Answer(self._plain(element), share / 100, self._plain(element.first("feedback")))
            if answer.text or keep_empty:
                answers.append(answer)
            else:
                self._say("warning", "an answer without a text was left out")
        return answers

    def _plain(self, element: Element | None) -> str:
        return "" if element is None else self._told(html.as_plain(element.text_of("text"), _form(element)), element)

    def _markdown(self, element: Element | None) -> str:
        return "" if element is None else self._told(html.as_markdown(element.text_of("text"), _form(element)), element)

    def _told(self, reading: html.Reading, element: Element) -> str:
        if count := len(reading.pictures) + len(reading.sounds):
            element.say("warning", f"{self._of}{count} pictures or sounds of an answer or a feedback were left out")
        self._tell_lost(reading)
        return reading.text

    def _tell_lost(self, reading: html.Reading) -> None:
        if reading.lost:
            self._say("warning", f"{', '.join(reading.lost)} cannot be kept as such")

    @staticmethod
    def _text_in(element: Element | None) -> str:
        return "" if element is None else " ".join(element.text_of("text").split())

    def _say(self, severity: Severity, message: str) -> None:
        self._element.say(severity, f"{self._of}{message}")

    @property
    def _of(self) -> str:
        return f"`{self._name[:60]}`: " if self._name else ""


_READ = {
    "multichoice": _Question._choice,
    "truefalse": _Question._truth,
    "shortanswer": _Question._short,
    "numerical": _Question._numeric,
    "matching": _Question._matching,
    "essay": _Question._essay,
    "ordering": _Question._order,
    "multianswer": _Question._cloze,
    "cloze": _Question._cloze,
    "ddwtos": _Question._places,
    "gapselect": _Question._places,
}


def _form(element: Element | None) -> html.Form:
    return _FORMS.get(element.attributes.get("format", "") if element else "", "moodle")


def _number(said: str) -> Decimal | None:
    return decimal_of(said.replace(",", "."))
