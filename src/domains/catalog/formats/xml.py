"""XML of strangers, with the line of every element: no document types, so no entities, no files, no network.

A file that is broken, too big or too deep gives a remark, never an exception.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.parsers import expat

from domains.catalog.formats.report import Report, Severity

LARGEST_FILE_BYTES = 50_000_000
MOST_ELEMENTS = 400_000
DEEPEST = 100


class Element:
    """An element without its namespace. `text` is all text directly before its first child."""

    __slots__ = ("attributes", "children", "file", "line", "name", "parts", "report")

    def __init__(self, name: str, attributes: dict[str, str], line: int, file: str, report: Report) -> None:
        self.name = name
        self.attributes = attributes
        self.line = line
        self.file = file
        self.report = report
        self.children: list[Element] = []
        self.parts: list[str | Element] = []
        """Texts and children as they follow each other."""

    def say(self, severity: Severity, message: str) -> None:
        self.report.add(severity, self.file, self.line, message)

    def first(self, name: str) -> "Element | None":
        return next((child for child in self.children if child.name == name), None)

    def all(self, name: str) -> list["Element"]:
        return [child for child in self.children if child.name == name]

    def walk(self) -> Iterator["Element"]:
        """It and all that is in it, in the order of the file."""
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def text(self) -> str:
        """Its own text, without that of its children."""
        return "".join(part for part in self.parts if isinstance(part, str))

    @property
    def whole_text(self) -> str:
        """With the texts of all that is in it."""
        return "".join(part if isinstance(part, str) else part.whole_text for part in self.parts)

    def text_of(self, name: str, otherwise: str = "") -> str:
        """Text of the first child of this name, without white space around it."""
        child = self.first(name)
        return otherwise if child is None else child.text.strip()


class _Refused(Exception):
    pass


class _Builder:
    def __init__(self, file: str, report: Report) -> None:
        self.file = file
        self.report = report
        self.root: Element | None = None
        self._open: list[Element] = []
        self._count = 0
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, raw: bytes) -> None:
        self._parser.Parse(raw, True)

    @property
    def line(self) -> int:
        return self._parser.CurrentLineNumber

    def _doctype(self, *_: Any) -> None:
        raise _Refused("document types (`<!DOCTYPE`) are not allowed")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) >= DEEPEST or self._count > MOST_ELEMENTS:
            raise _Refused("the file is nested too deeply or too long")
        bare = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        element = Element(name.rpartition(" ")[2], bare, self.line, self.file, self.report)
        if self._open:
            self._open[-1].children.append(element)
            self._open[-1].parts.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _end(self, _: str) -> None:
        self._open.pop()

    def _characters(self, text: str) -> None:
        self._open[-1].parts.append(text)


def parse(raw: bytes, file: str, report: Report) -> Element | None:
    """The root, or None and a remark."""
    if len(raw) > LARGEST_FILE_BYTES:
        report.add("error", file, 1, f"the file is larger than {LARGEST_FILE_BYTES // 1_000_000} MB")
        return None
    builder = _Builder(file, report)
    try:
        builder.feed(raw)
    except expat.ExpatError as error:
        report.add("error", file, max(1, error.lineno), f"this is not XML: {expat.ErrorString(error.code)}")
        return None
    except _Refused as error:
        report.add("error", file, builder.line, str(error))
        return None
    except (ValueError, LookupError):
        # An encoding that Python does not have.
        report.add("error", file, 1, "the file is in an encoding that is not understood")
        return None
    return builder.root


def read(path: Path, report: Report) -> Element | None:
    """The root of the file's XML, or None and a remark."""
    try:
        raw = path.read_bytes() if path.stat().st_size <= LARGEST_FILE_BYTES else b" " * (LARGEST_FILE_BYTES + 1)
    except OSError as error:
        report.add("error", path.name, 1, f"the file cannot be read: {error.strerror}")
        return None
    return parse(raw, path.name, report)
