"""HTML of questions and cards as plain text or as Markdown: what people read stays, how it looked does not.

Lists, paragraphs and line breaks become lines. As Markdown, emphasis, links and pictures stay marked; as plain text
they are only their words. Scripts and styles are never kept. What was lost by it is told in one sentence.

Markup comes from strangers, and takes no longer than its length: the parser of the standard library takes minutes for
`<a ` written twenty thousand times, in which nothing else is done.
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import Literal, NamedTuple

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
_DEEPEST_LIST = 10
_SPACES = re.compile(r"[ \t\r\n\f]+")
# No part of these gives back what it has taken, and none looks behind the next tag, so that no `<` is far from where it
# is known to be none.
_TAG = re.compile(r"""<(/?)([a-zA-Z][^\s<>/"']*+)((?:[^<>"']|"[^"]*+"|'[^']*+')*+)>""")
_ATTRIBUTE = re.compile(r"""([^\s=<>"'/]++)(?:\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s"'>]++))?""")
_LONG_NUMBER = re.compile(r"&#(?:\d{8,}|[xX][0-9a-fA-F]{7,});?")
_RAW = {name: re.compile(rf"</{name}\b", re.IGNORECASE) for name in ("script", "style")}
_DECLARED = {"<!--": "-->", "<![CDATA[": "]]>", "<!": ">", "<?": ">"}
"""What a piece that shows nothing begins and ends with."""
_EMPHASIS = re.compile(r"(\*\*|__|\*|`)(?=\S)(.+?)(?<=\S)\1")
_LOOKS_LIKE_HTML = re.compile(r"<[a-zA-Z/!][^<>]*>|&(?:[a-zA-Z]+|#\d+|#x[0-9a-fA-F]+);")


LONGEST = 20_000
"""Of markup; for what is longer than any text of a course, no time is spent."""
LONGEST_MARKED = 2_000


class _Tag(NamedTuple):
    closes: bool
    name: str
    attributes: str


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
    if len(markup) > LONGEST:
        reader.lost.append("the end of a very long text")
    reader.feed(markup[:LONGEST].replace("\x00", ""))
    return Reading(reader.text(), tuple(reader.pictures), tuple(reader.sounds), tuple(dict.fromkeys(reader.lost)))


def plain(markup: str) -> str:
    return read(markup).text


Form = Literal["html", "markdown", "plain", "moodle"]
"""What a text says that it is; `moodle` is plain, unless it looks like HTML."""


def as_plain(text: str, form: Form) -> Reading:
    """What learners read of a text of this form."""
    if form == "html" or (form == "moodle" and looks_like_html(text)):
        return read(text)
    is_marked = form == "markdown" and len(text) <= LONGEST_MARKED
    bare = _EMPHASIS.sub(r"\2", text) if is_marked else text
    return Reading(bare.strip(), (), (), ())


def as_markdown(text: str, form: Form) -> Reading:
    if form == "html" or (form == "moodle" and looks_like_html(text)):
        return read(text, markdown=True)
    return Reading(text.strip(), (), (), ())


def _pieces(markup: str) -> Iterator[_Tag | str]:
    """Tags, and the texts between them as they are written. What is no tag is text."""
    text = place = 0
    while (place := markup.find("<", place)) >= 0:
        start = next((start for start in _DECLARED if markup.startswith(start, place)), None)
        if start is not None:
            yield markup[text:place]
            end = markup.find(_DECLARED[start], place + len(start))
            text = place = len(markup) if end < 0 else end + len(_DECLARED[start])
        elif found := _TAG.match(markup, place):
            yield markup[text:place]
            yield (tag := _Tag(bool(found[1]), found[2].lower(), found[3]))
            text = place = found.end()
            if tag.name in _RAW and not tag.closes and not tag.attributes.endswith("/"):
                end_tag = _RAW[tag.name].search(markup, place)
                text = place = end_tag.start() if end_tag else len(markup)
        else:
            place += 1
    yield markup[text:]


def _unescaped(text: str) -> str:
    # Python takes no number of thousands of digits.
    return unescape(_LONG_NUMBER.sub("\ufffd", text))


class _Reader:
    def __init__(self, markdown: bool) -> None:
        self.pictures: list[Picture] = []
        self.sounds: list[str] = []
        self.lost: list[str] = []
        self._markdown = markdown
        self._out: list[str] = []
        self._silent = 0
        self._verbatim = 0
        self._lists: list[int | None] = []
        self._links: list[str] = []

    def feed(self, markup: str) -> None:
        for piece in _pieces(markup):
            if isinstance(piece, str):
                self._data(_unescaped(piece))
                continue
            if not piece.closes:
                self._start(piece.name, piece.attributes)
            if piece.closes or piece.attributes.endswith("/"):
                self._end(piece.name)

    def text(self) -> str:
        lines = [line.strip() if "\u0001" not in line else line.strip(" ") for line in "".join(self._out).split("\n")]
        text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
        return text.replace("\u0001", "").replace("\u00a0", " ")

    def _start(self, tag: str, attributes: str) -> None:
        if tag in _LOST:
            self.lost.append(_LOST[tag])
        if tag in _SILENT:
            self._silent += 1
            return
        values = {each[1].lower(): _unescaped((each[2] or "").strip("\"'")) for each in _ATTRIBUTE.finditer(attributes)}
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

    def _end(self, tag: str) -> None:
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

    def _data(self, data: str) -> None:
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
        self._out.append(f"\n\u0001{'  ' * (min(len(self._lists), _DEEPEST_LIST) - 1)}{mark}")

    def _picture(self, values: dict[str, str]) -> None:
        picture = Picture(values.get("src", ""), values.get("alt", ""))
        self.pictures.append(picture)

    def _marks_link(self) -> bool:
        return self._markdown and self._links[-1].startswith(("https://", "http://"))
