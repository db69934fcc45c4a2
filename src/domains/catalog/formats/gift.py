"""Reads GIFT, the text format of Moodle's questions.

Blocks of lines, parted by empty ones; a block is a question or a category. A comment before a question may say its id
and tags, `// [id:…] [tag:…]`, as Moodle has it. A text after the answers makes them a gap in it. What cannot be taken
is reported with the line where its question begins.
"""

import json
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from msgspec import Struct

from domains.catalog.formats import html
from domains.catalog.formats.bank import Bank
from domains.catalog.formats.format import Loaded, Options
from domains.catalog.formats.questions import ALL, Answer, Maker, Number, decimal_of
from domains.catalog.formats.report import Report, Severity
from domains.catalog.formats.tree import decoded
from domains.catalog.kinds import Content
from domains.catalog.kinds.cloze import GAP

LARGEST_FILE_BYTES = 8_000_000
BLANK = "_____"
"""Where a gap was that has feedback or shares, which a cloze cannot say."""
LONGEST_COMMENT = 2_000
MOST_ANSWERS = 500
MOST_LINES = 500
"""Of one question; more have lost their closing brace."""

# Escaped signs become characters that no text has while a question is taken apart.
_SIGNS = "~=#{}:\\n"
_HIDDEN = {sign: chr(0xFDD0 + place) for place, sign in enumerate(_SIGNS)}
_SHOWN = {ord(hidden): "\n" if sign == "n" else sign for sign, hidden in _HIDDEN.items()}
_ESCAPE = re.compile(r"\\([~=#{}:\\n])")
_UNUSABLE = re.compile("[\ufdd0-\ufdef\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")

_NAME = re.compile(r"\s*::(.*?)::", re.DOTALL)
_FORMAT = re.compile(r"\s*\[(html|markdown|plain|moodle)\]", re.IGNORECASE)
_TRUTH = re.compile(r"\s*(T|TRUE|F|FALSE)\s*(?:#(.*))?", re.IGNORECASE | re.DOTALL)
_SHARE = re.compile(r"\s*%(-?\d{1,3}(?:\.\d*)?)%")
_META = re.compile(r"\[(id|tag):((?:\\.|[^\]\\])+)\]")
_KEYS = "keys:"
_FORMS: dict[str, html.Form] = {"html": "html", "markdown": "markdown", "plain": "plain", "moodle": "moodle"}


class _Block(Struct):
    lines: list[str]
    line: int
    meta: list[tuple[str, str]]
    """(`id` or `tag` or `keys`, value) out of the comments before it."""


def read(path: Path, report: Report, options: Options) -> Loaded | None:
    """The questions of a file; None where the report has errors."""
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            report.add("error", path.name, 1, f"the file is larger than {LARGEST_FILE_BYTES // 1_000_000} MB")
            return None
        text = decoded(path.read_bytes(), path.name, report)
    except OSError as error:
        report.add("error", path.name, 1, f"the file cannot be read: {error.strerror}")
        return None
    if text is None:
        return None
    bank = Bank(path, report, options)
    for block in _blocks(_UNUSABLE.sub("\ufffd", text)):
        if bank.is_full:
            break
        _Reader(bank, path.name, report, block).read()
    return None if report.has_errors else Loaded(bank.course())


def recognises(path: Path) -> bool:
    return path.is_file() and (path.suffix.lower() == ".gift" or path.name.lower().endswith(".gift.txt"))


def _blocks(text: str) -> Iterator[_Block]:
    lines: list[str] = []
    meta: list[tuple[str, str]] = []
    start, is_open, is_closed = 1, False, False
    for number, line in enumerate([*text.split("\n"), ""], 1):
        stripped = line.strip()
        if stripped.startswith("//"):
            meta += _said_in_comment(stripped[2:LONGEST_COMMENT])
        elif stripped.startswith("$CATEGORY:") and not is_open:
            if lines:
                yield _Block(lines, start, [])
            yield _Block([stripped], number, meta)
            lines, meta, is_closed = [], [], False
        elif stripped or (is_open and len(lines) < MOST_LINES):
            start = start if lines else number
            # Two of these signs never touch, so hiding them line by line changes nothing.
            lines.append(_ESCAPE.sub(lambda found: _HIDDEN[found[1]], line))
            is_closed = is_closed or "}" in lines[-1]
            is_open = not is_closed and (is_open or "{" in lines[-1])
        elif lines:
            yield _Block(lines, start, meta)
            lines, meta, is_open, is_closed = [], [], False, False
    if lines:
        yield _Block(lines, start, meta)


def _said_in_comment(comment: str) -> list[tuple[str, str]]:
    if comment.strip().startswith(_KEYS):
        return [("keys", comment.strip().removeprefix(_KEYS))]
    return [(name, re.sub(r"\\(.)", r"\1", value)) for name, value in _META.findall(comment)]


def _keys(said: str) -> list[str] | None:
    """Those of section, unit and lesson; None for what is none of ours."""
    try:
        keys = json.loads(said)
    except (ValueError, RecursionError):
        return None
    is_ours = isinstance(keys, list) and len(keys) == 3 and all(isinstance(key, str) and key for key in keys)
    return keys if is_ours else None


class _Reader:
    """Of one block."""

    def __init__(self, bank: Bank, file: str, report: Report, block: _Block) -> None:
        self._bank = bank
        self._file = file
        self._report = report
        self._block = block
        self._make = Maker(bank.target, bank.source)
        self._format: html.Form = "moodle"

    def read(self) -> None:
        text = "\n".join(self._block.lines)
        if text.startswith("$CATEGORY:"):
            self._category(text.removeprefix("$CATEGORY:"))
            return
        name = ""
        if found := _NAME.match(text):
            name, text = self._shown(found[1]), text[found.end() :]
        if found := _FORMAT.match(text):
            self._format, text = _FORMS[found[1].lower()], text[found.end() :]
        if "{" not in text:
            if text.strip():
                self._bank.text(self._markdown(text))
            return
        before, _, rest = text.partition("{")
        body, closing, after = rest.partition("}")
        if not closing:
            self._say("error", "the answers have no end: a `}` is missing")
        elif "{" in body:
            self._say("error", "the `{` is not closed: another follows before a `}`; in texts they are `\\{` and `\\}`")
        elif "{" in after or "}" in after:
            self._say("error", "a question has one pair of braces; others are written `\\{` and `\\}`")
        else:
            self._question(name, before, body, after)

    def _category(self, path: str) -> None:
        names = [self._shown(part).replace("\x00", "/") for part in path.replace("//", "\x00").split("/")]
        if names and names[0].lower() in {"$course$", "$system$", "$cat$", "$module$", "top"}:
            names = names[1:]
        if names and names[0].lower() == "top":
            names = names[1:]
        said = next((_keys(value) for kind, value in self._block.meta if kind == "keys"), None)
        self._bank.category(names, said)

    def _question(self, name: str, before: str, body: str, after: str) -> None:
        body, _, general = body.partition("####")
        content = self._content(before, body, after)
        if content is None:
            return
        skills = tuple(dict.fromkeys(value[:80] for kind, value in self._block.meta if kind == "tag"))
        key = next((value for kind, value in self._block.meta if kind == "id"), "")
        self._bank.add(content, key=key, name=name, explanation=self._markdown(general), skills=skills)

    def _content(self, before: str, body: str, after: str) -> Content | None:
        gap = BLANK if self._plain(after) else ""
        text = self._plain(f"{before}{gap}{after}")
        if not text:
            self._say("warning", "the question was left out: it has no text")
            return None
        body = body.strip()
        if not body:
            return self._make.content("essay", self._say, text=text)
        if body.startswith("#"):
            return self._numeric(text, body[1:])
        if found := _TRUTH.fullmatch(body):
            return self._truth(text, found)
        if body[0] not in "=~":
            self._say("error", "an answer begins with `=`, where it is right, or with `~`")
            return None
        entries = re.findall(r"([=~])([^=~]*)", body)
        if len(entries) > MOST_ANSWERS:
            self._say("warning", f"the question was left out: it has more than {MOST_ANSWERS} answers")
            return None
        if all(sign == "=" and "->" in entry for sign, entry in entries):
            return self._matching(text, [entry for _, entry in entries])
        answers = [answer for sign, entry in entries if (answer := self._answer(sign, entry)) is not None]
        signs = {sign for sign, _ in entries}
        if gap and (cloze := self._cloze(before, after, signs, answers)) is not None:
            return cloze
        if signs == {"="}:
            return self._make.short(text, answers, self._say)
        return self._make.choice(text, answers, self._say, single="=" in signs)

    def _cloze(self, before: str, after: str, signs: set[str], answers: Sequence[Answer]) -> Content | None:
        """None where there is more to say than what is right in the gap."""
        right = [answer.text for answer in answers if answer.share == ALL]
        is_plain = all(answer.share in {0, ALL} and not answer.feedback for answer in answers)
        if not is_plain or not right or (signs == {"=", "~"} and len(right) > 1) or any("*" in one for one in right):
            return None
        text = self._plain(f"{before}{GAP}{after}")
        if text.count(GAP) != 1:
            return None
        texts = [answer.text for answer in answers]
        return self._make.content(
            "cloze", self._say, text=text, gaps=[right], options=[texts] if signs == {"=", "~"} else []
        )

    def _answer(self, sign: str, entry: str) -> Answer | None:
        share = ALL if sign == "=" else Decimal(0)
        if found := _SHARE.match(entry):
            share, entry = Decimal(found[1]) / 100, entry[found.end() :]
        text, _, feedback = entry.partition("#")
        text = self._plain(text)
        if not text:
            self._say("warning", "an answer without a text was left out")
            return None
        return Answer(text, share, self._plain(feedback))

    def _truth(self, text: str, found: re.Match[str]) -> Content | None:
        is_true = found[1].upper() in {"T", "TRUE"}
        wrong, _, right = (found[2] or "").partition("#")
        said = {"if_true": right if is_true else wrong, "if_false": wrong if is_true else right}
        feedback = {name: self._plain(said_) for name, said_ in said.items()}
        return self._make.content("true_false", self._say, text=text, answer=is_true, **feedback)

    def _matching(self, text: str, entries: Sequence[str]) -> Content | None:
        pairs = [tuple(self._plain(side) for side in entry.split("->", 1)) for entry in entries]
        whole = [pair for pair in pairs if pair[0] and pair[1]]
        decoys = [right for left, right in pairs if right and not left]
        if len(whole) + len(decoys) < len(pairs):
            self._say("warning", f"{len(pairs) - len(whole) - len(decoys)} texts that match nothing were left out")
        return self._make.content("match_pairs", self._say, text=text, pairs=whole, decoys=decoys)

    def _numeric(self, text: str, body: str) -> Content | None:
        entries = re.findall(r"([=~])([^=~]*)", body) if body.strip()[:1] in {"=", "~"} else [("=", body)]
        numbers = []
        for sign, entry in entries:
            share = ALL if sign == "=" else Decimal(0)
            if found := _SHARE.match(entry):
                share, entry = Decimal(found[1]) / 100, entry[found.end() :]
            said, _, feedback = entry.partition("#")
            if sign == "~" and not said.strip():
                self._say("note", "feedback for every other number was left out")
                continue
            number = _number(self._shown(said.replace(_HIDDEN[":"], ":")))
            if number is None:
                self._say("error", f"`{self._shown(said)[:40]}` is no number, as in `3`, `3:0.5` or `2.5..3.5`")
                return None
            numbers.append(Number(*number, share, self._plain(feedback)))
        return self._make.numeric(text, numbers, self._say)

    def _say(self, severity: Severity, message: str) -> None:
        self._report.add(severity, self._file, self._block.line, message)

    def _shown(self, text: str) -> str:
        return " ".join(text.split()).translate(_SHOWN).strip()

    def _plain(self, text: str) -> str:
        """As learners read it."""
        form, text = self._form(text)
        return self._told(html.as_plain(text, form))

    def _markdown(self, text: str) -> str:
        form, text = self._form(text)
        return self._told(html.as_markdown(text, form))

    def _form(self, text: str) -> tuple[html.Form, str]:
        form = self._format
        if found := _FORMAT.match(text):
            form, text = _FORMS[found[1].lower()], text[found.end() :]
        # Line breaks of the file are none of the text: those are written `\n`.
        return form, " ".join(text.split()).translate(_SHOWN)

    def _told(self, reading: html.Reading) -> str:
        lost = [*reading.lost, *(["a picture"] if reading.pictures else []), *(["a sound"] if reading.sounds else [])]
        if lost:
            self._say("warning", f"{', '.join(lost)} in the text cannot be taken out of GIFT")
        return reading.text


def _number(said: str) -> tuple[Decimal, Decimal] | None:
    """(value, tolerance)"""
    if ".." in said:
        low, high = map(decimal_of, said.split("..", 1))
        return None if low is None or high is None else ((low + high) / 2, abs(high - low) / 2)
    first, _, second = said.partition(":")
    value, tolerance = decimal_of(first), decimal_of(second.strip() or "0")
    return None if value is None or tolerance is None else (value, abs(tolerance))
