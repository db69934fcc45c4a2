"""HTML of questions and cards as plain text or as Markdown: what people read stays, how it looked does not.

Lists, paragraphs and line breaks become lines. As Markdown, emphasis, links and pictures stay marked; as plain text
they are only their words. Scripts and styles are never kept. What was lost by it is told in one sentence.
"""

import re
from html.parser import HTMLParser
from typing import Literal

from msgspec import Struct

_BLOCKS = {"p", "div", "ul", "ol", "table", "tr", "blockquote", "pre", "section", "article", "figure", "center"} | {
    f"h{level}" for level in range(1, 7)
}
_MARKS = {"b": "**", "strong": "**", "i": "*", "em": "*", "code": "`"}
_SILENT = {"script", "style", "head", "title", "template", "noscript", "iframe", "object"}
_LOST = {
    "table": "a table",
    "math": "a formula",
    "svg": "a drawing",
    "video": "a video",
    "iframe": "a frame",
    "object": "an object",
    "script": "a script",
    "form": "a form",
}
_SPACES = re.compile(r"[ \t\r\n\f]+")
_EMPHASIS = re.compile(r"(\*\*|__|\*|`)(?=\S)(.+?)(?<=\S)\1")
_LOOKS_LIKE_HTML = re.compile(r"<[a-zA-Z/!][^<>]*>|&(?:[a-zA-Z]+|#\d+|#x[0-9a-fA-F]+);")


class Picture(Struct, frozen=True):
    source: str
    alt: str


class Reading(Struct, frozen=True):
    text: str
    pictures: tuple[Picture, ...]
    sounds: tuple[str, ...]
    """Sources of audio elements."""
    lost: tuple[str, ...]
    """Such as `a table`: what cannot be said in text."""


def looks_like_html(text: str) -> bool:
    return bool(_LOOKS_LIKE_HTML.search(text))


def read(markup: str, *, markdown: bool = False) -> Reading:
    """Total: whatever the markup is."""
    reader = _Reader(markdown)
    reader.feed(markup.replace("\x00", ""))
    reader.close()
    return Reading(reader.text(), tuple(reader.pictures), tuple(reader.sounds), tuple(dict.fromkeys(reader.lost)))


def plain(markup: str) -> str:
    return read(markup).text


Form = Literal["html", "markdown", "plain", "moodle"]
"""What a text says that it is; `moodle` is plain, unless it looks like HTML."""


def as_plain(text: str, form: Form) -> Reading:
    """What learners read of a text of this form."""
    if form == "html" or (form == "moodle" and looks_like_html(text)):
        return read(text)
    bare = _EMPHASIS.sub(r"\2", text) if form == "markdown" else text
    return Reading(bare.strip(), (), (), ())


def as_markdown(text: str, form: Form) -> Reading:
    if form == "html" or (form == "moodle" and looks_like_html(text)):
        return read(text, markdown=True)
    return Reading(text.strip(), (), (), ())


class _Reader(HTMLParser):
    def __init__(self, markdown: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.pictures: list[Picture] = []
        self.sounds: list[str] = []
        self.lost: list[str] = []
        self._markdown = markdown
        self._out: list[str] = []
        self._silent = 0
        self._verbatim = 0
        self._lists: list[int | None] = []
        self._links: list[str] = []

    def text(self) -> str:
        lines = [line.strip() if "\u0001" not in line else line.strip(" ") for line in "".join(self._out).split("\n")]
        text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
        return text.replace("\u0001", "").replace("\u00a0", " ")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _LOST:
            self.lost.append(_LOST[tag])
        if tag in _SILENT:
            self._silent += 1
            return
        values = {name: value or "" for name, value in attrs}
        match tag:
            case "br":
                self._out.append("\n")
            case "li":
                self._item()
            case "ul" | "ol":
                if not self._lists:
                    self._break("\n\n")
                self._lists.append(0 if tag == "ol" else None)
            case "td" | "th":
                self._out.append(" ")
            case "img":
                self._picture(values)
            case "audio" | "source":
                if source := values.get("src"):
                    self.sounds.append(source)
            case "a":
                self._links.append(values.get("href", ""))
                if self._marks_link():
                    self._out.append("[")
            case "pre":
                self._verbatim += 1
                self._break("\n\n")
            case _ if tag in _BLOCKS:
                self._break("\n\n")
            case _ if tag in _MARKS and self._markdown:
                self._out.append(_MARKS[tag])

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag == "a" and self._links:
            if self._marks_link():
                self._out.append(f"]({self._links[-1]})")
            self._links.pop()
        elif tag in {"ul", "ol"}:
            del self._lists[-1:]
            self._break("\n" if self._lists else "\n\n")
        elif tag == "pre":
            self._verbatim = max(0, self._verbatim - 1)
            self._break("\n\n")
        elif tag in _BLOCKS:
            self._break("\n\n")
        elif tag in _MARKS and self._markdown:
            self._out.append(_MARKS[tag])

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        if self._verbatim:
            self._out.append("\n".join(f"\u0001{line}" for line in data.split("\n")))
            return
        text = _SPACES.sub(" ", data)
        at_start = not self._out or self._out[-1].endswith(("\n", " "))
        self._out.append(text.lstrip(" ") if at_start else text)

    def _break(self, lines: str) -> None:
        if self._out:
            self._out.append(lines)

    def _item(self) -> None:
        number = self._lists[-1] if self._lists else None
        if number is not None:
            self._lists[-1] = number + 1
        mark = "- " if number is None else f"{number + 1}. "
        self._out.append(f"\n\u0001{'  ' * (len(self._lists) - 1)}{mark}")

    def _picture(self, values: dict[str, str]) -> None:
        picture = Picture(values.get("src", ""), values.get("alt", ""))
        self.pictures.append(picture)

    def _marks_link(self) -> bool:
        return self._markdown and self._links[-1].startswith(("https://", "http://"))
