"""YAML with the line of everything, read as text only.

Every plain value is the text that stands in the file: `no` is a word and not a falsehood. A file that is broken, too
big, too deep or full of aliases gives remarks, never an exception.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import yaml
from msgspec import Struct

from domains.catalog.formats.report import Report, Severity

LARGEST_FILE_BYTES = 8_000_000
MOST_NODES = 400_000
DEEPEST = 40

_TYPED = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_NUMBER = re.compile(r"0|-?[1-9]\d{0,17}")


class _Scalar(Struct):
    value: str
    line: int
    style: str | None


class _List(Struct):
    items: list["_Node"]
    line: int


class _Map(Struct):
    items: list[tuple["_Node", "_Node"]]
    line: int


_Node = _Scalar | _List | _Map


class _Refused(Exception):
    def __init__(self, problem: str, line: int) -> None:
        super().__init__(problem)
        self.line = line


class _Composer:
    """Nodes with their lines out of the events of libyaml."""

    def __init__(self, text: str) -> None:
        self._events: Iterator[Any] = yaml.parse(text, Loader=yaml.CSafeLoader)
        self._count = 0

    def document(self) -> _Node | None:
        """The only one; None where there is none."""
        next(self._events)
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return None
        node = self._node(next(self._events), 0)
        next(self._events)
        event = next(self._events)
        if not isinstance(event, yaml.StreamEndEvent):
            raise _Refused("this is not YAML: another document begins here", _line(event))
        return node

    def _node(self, event: Any, depth: int) -> _Node:
        self._count += 1
        if depth > DEEPEST or self._count > MOST_NODES:
            raise _Refused("the file is nested too deeply or too long", _line(event))
        if isinstance(event, yaml.ScalarEvent):
            return _Scalar(event.value, _line(event), event.style)
        if isinstance(event, yaml.AliasEvent):
            raise _Refused("aliases (`*name`) are not understood", _line(event))
        if isinstance(event, yaml.SequenceStartEvent):
            sequence = _List([], _line(event))
            while not isinstance(item := next(self._events), yaml.SequenceEndEvent):
                sequence.items.append(self._node(item, depth + 1))
            return sequence
        mapping = _Map([], _line(event))
        while not isinstance(key := next(self._events), yaml.MappingEndEvent):
            mapping.items.append((self._node(key, depth + 1), self._node(next(self._events), depth + 1)))
        return mapping


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


class Tree:
    """A place in a YAML file. What is asked of it and is not there is reported, and answered with nothing."""

    def __init__(self, node: _Node, file: str, report: Report) -> None:
        self._node = node
        self.file = file
        self.report = report

    @property
    def line(self) -> int:
        return self._node.line

    def say(self, severity: Severity, message: str) -> None:
        self.report.add(severity, self.file, self.line, message)

    @property
    def is_nothing(self) -> bool:
        """An empty value, as in `Phrases:` with nothing behind it."""
        return isinstance(self._node, _Scalar) and self._node.value in {"", "~"} and not self._node.style

    @property
    def is_mapping(self) -> bool:
        return isinstance(self._node, _Map)

    def text(self, what: str = "a text") -> str:
        """One line of text; empty, and reported, where something else stands."""
        return " ".join(self.raw_text(what).split())

    def raw_text(self, what: str = "a text") -> str:
        """As it stands in the file, with its line breaks; a block (`|`, `>`) without the space around it."""
        if not isinstance(self._node, _Scalar) or self.is_nothing:
            self.say("error", f"{what} is expected here")
            return ""
        value = self._node.value
        if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
            self.say("error", "the text contains characters that cannot be stored")
            return ""
        return value.strip() if self._node.style in {"|", ">"} else value

    def texts(self, what: str = "a text") -> tuple[str, ...]:
        """One text or a list of texts, none of them empty or twice."""
        return tuple(self.placed_texts(what))

    def placed_texts(self, what: str = "a text") -> dict[str, "Tree"]:
        """As `texts`, with the place of each."""
        trees = self.items() if isinstance(self._node, _List) else [self]
        found: dict[str, Tree] = {}
        for tree in trees:
            if text := tree.text(what):
                found.setdefault(text, tree)
        return found

    def items(self, what: str = "a list") -> list["Tree"]:
        if self.is_nothing:
            return []
        if not isinstance(self._node, _List):
            self.say("error", f"{what} is expected here")
            return []
        return [self._at(node) for node in self._node.items]

    def entries(self, what: str = "keys with values") -> list[tuple[str, "Tree", "Tree"]]:
        """(key, place of the key, value) in order; a repeated key is reported and left out."""
        if self.is_nothing:
            return []
        if not isinstance(self._node, _Map):
            self.say("error", f"{what} are expected here")
            return []
        found: dict[str, tuple[str, Tree, Tree]] = {}
        for key_node, value_node in self._node.items:
            place = self._at(key_node)
            key = place.text("a key")
            if key in found:
                place.say("error", f"`{key}` is given twice; the first one counts")
            elif key:
                found[key] = (key, place, self._at(value_node))
        return list(found.values())

    def fields(
        self,
        known: set[str],
        unknown: Severity = "error",
        hints: dict[str, str] | None = None,
        fate: str = "was left out",
    ) -> "Fields":
        """The values of `known` keys; any other key is reported as `unknown`, with its `fate` and hint."""
        found = {}
        for key, place, value in self.entries():
            if key in known:
                found[key] = value
            else:
                hint = (hints or {}).get(key, f"known here are {', '.join(f'`{name}`' for name in sorted(known))}")
                place.say(unknown, f"`{key}` is not understood here and {fate}; {hint}")
        return Fields(self, found)

    def plain(
        self, named: Callable[[tuple[str, ...], "Tree"], str] | None = None, path: tuple[str, ...] = ()
    ) -> object:
        """Dictionaries, lists and texts; `named` gives the text that stands for the one at a path of keys."""
        if isinstance(self._node, _Map):
            return {key: value.plain(named, (*path, key)) for key, _, value in self.entries()}
        if isinstance(self._node, _List):
            return [tree.plain(named, path) for tree in self.items()]
        return self.raw_text() if named is None or self.is_nothing else named(path, self)

    def typed(self) -> object:
        """As `plain`, but numbers and truth values are what YAML takes them for: to be written again as they were."""
        if isinstance(self._node, _Map):
            return {key.value: self._at(value).typed() for key, value in self._node.items if isinstance(key, _Scalar)}
        if isinstance(self._node, _List):
            return [self._at(item).typed() for item in self._node.items]
        if self.is_nothing:
            return None
        text = self.raw_text()
        known = _TYPED.get(text.lower()) if not self._node.style else None
        if known is not None or self._node.style:
            return text if known is None else known
        return int(text) if _NUMBER.fullmatch(text) else text

    def at(self, path: Iterable[str | int]) -> "Tree":
        """What is there, or the last that is on the way: where a remark about it belongs."""
        place = self
        for step in path:
            if isinstance(place._node, _Map):
                found = [value for key, value in place._node.items if isinstance(key, _Scalar) and key.value == step]
            elif isinstance(place._node, _List) and isinstance(step, int):
                found = place._node.items[step : step + 1]
            else:
                found = []
            if not found:
                break
            place = self._at(found[0])
        return place

    def _at(self, node: _Node) -> "Tree":
        return Tree(node, self.file, self.report)


class Fields:
    """The understood keys of one mapping."""

    def __init__(self, tree: Tree, found: dict[str, Tree]) -> None:
        self.tree = tree
        self._found = found

    def get(self, key: str) -> Tree | None:
        """None where the key is absent or has no value."""
        value = self._found.get(key)
        return None if value is None or value.is_nothing else value

    def need(self, key: str) -> Tree | None:
        """As `get`, reporting an absent key."""
        value = self.get(key)
        if value is None:
            self.tree.say("error", f"`{key}` is missing")
        return value

    def text(self, key: str) -> str:
        """Empty where the key is absent."""
        value = self.get(key)
        return "" if value is None else value.text()

    def raw_text(self, key: str) -> str:
        value = self.get(key)
        return "" if value is None else value.raw_text()

    def need_text(self, key: str) -> str:
        value = self.need(key)
        return "" if value is None else value.text()

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.get(key)
        return () if value is None else value.texts()

    def items(self, key: str) -> list[Tree]:
        value = self.get(key)
        return [] if value is None else value.items()


def decoded(raw: bytes, file: str, report: Report) -> str | None:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        report.add("error", file, raw.count(b"\n", 0, error.start) + 1, "the file is not UTF-8 text")
        return None


def parse(text: str, file: str, report: Report) -> Tree | None:
    """The file's only document, or None and a remark."""
    try:
        node = _Composer(text).document()
    except yaml.reader.ReaderError as error:
        # libyaml counts bytes.
        line = text.encode("utf-8", "replace").count(b"\n", 0, max(0, error.position)) + 1
        report.add("error", file, line, "the file contains a character that YAML does not allow")
        return None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        report.add("error", file, line, f"this is not YAML: {error.problem or error.context}")
        return None
    except _Refused as error:
        report.add("error", file, error.line, str(error))
        return None
    except (ValueError, OverflowError, RecursionError, yaml.YAMLError):
        report.add("error", file, 1, "this is not YAML")
        return None
    if node is None:
        report.add("error", file, 1, "the file is empty")
        return None
    return Tree(node, file, report)
