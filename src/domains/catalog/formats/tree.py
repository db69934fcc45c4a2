"""YAML with the line of everything, read as text only.

Every plain value is the text that stands in the file: `no` is a word and not a falsehood. A file that is broken, too
big, too deep or full of aliases gives remarks, never an exception.
"""

from pathlib import Path

import yaml

from domains.catalog.formats.report import Report, Severity

LARGEST_FILE_BYTES = 8_000_000
MOST_NODES = 400_000
DEEPEST = 40


class _TooMuch(yaml.MarkedYAMLError):
    def __init__(self, problem: str, event: yaml.Event) -> None:
        super().__init__(problem=problem)
        self.problem_mark = event.start_mark  # type: ignore[assignment]


class _Loader(yaml.SafeLoader):
    """Composes nodes with their marks and constructs nothing."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._depth = 0
        self._count = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            raise _TooMuch("aliases (`*name`) are not understood", event)
        self._count += 1
        self._depth += 1
        if self._depth > DEEPEST or self._count > MOST_NODES:
            raise _TooMuch("the file is nested too deeply or too long", event)
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


class Tree:
    """A place in a YAML file. What is asked of it and is not there is reported, and answered with nothing."""

    def __init__(self, node: yaml.Node, file: str, report: Report) -> None:
        self._node = node
        self.file = file
        self.report = report

    @property
    def line(self) -> int:
        return int(self._node.start_mark.line) + 1

    def say(self, severity: Severity, message: str) -> None:
        self.report.add(severity, self.file, self.line, message)

    @property
    def is_nothing(self) -> bool:
        """An empty value, as in `Phrases:` with nothing behind it."""
        return isinstance(self._node, yaml.ScalarNode) and self._node.value in {"", "~"} and not self._node.style

    @property
    def is_mapping(self) -> bool:
        return isinstance(self._node, yaml.MappingNode)

    def text(self, what: str = "a text") -> str:
        """One line of text; empty, and reported, where something else stands."""
        return " ".join(self.raw_text(what).split())

    def raw_text(self, what: str = "a text") -> str:
        """As `text`, with its line breaks."""
        if not isinstance(self._node, yaml.ScalarNode) or self.is_nothing:
            self.say("error", f"{what} is expected here")
            return ""
        value = str(self._node.value)
        if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
            self.say("error", "the text contains characters that cannot be stored")
            return ""
        return value

    def texts(self, what: str = "a text") -> tuple[str, ...]:
        """One text or a list of texts, none of them empty or twice."""
        return tuple(self.placed_texts(what))

    def placed_texts(self, what: str = "a text") -> dict[str, "Tree"]:
        """As `texts`, with the place of each."""
        trees = self.items() if isinstance(self._node, yaml.SequenceNode) else [self]
        found: dict[str, Tree] = {}
        for tree in trees:
            if text := tree.text(what):
                found.setdefault(text, tree)
        return found

    def items(self, what: str = "a list") -> list["Tree"]:
        if self.is_nothing:
            return []
        if not isinstance(self._node, yaml.SequenceNode):
            self.say("error", f"{what} is expected here")
            return []
        return [self._at(node) for node in self._node.value]

    def entries(self, what: str = "keys with values") -> list[tuple[str, "Tree", "Tree"]]:
        """(key, place of the key, value) in order; a repeated key is reported and left out."""
        if self.is_nothing:
            return []
        if not isinstance(self._node, yaml.MappingNode):
            self.say("error", f"{what} are expected here")
            return []
        found: dict[str, tuple[str, Tree, Tree]] = {}
        for key_node, value_node in self._node.value:
            place = self._at(key_node)
            key = place.text("a key")
            if key in found:
                place.say("error", f"`{key}` is given twice; the first one counts")
            elif key:
                found[key] = (key, place, self._at(value_node))
        return list(found.values())

    def fields(self, known: set[str], unknown: Severity = "error", hints: dict[str, str] | None = None) -> "Fields":
        """The values of `known` keys; any other key is reported as `unknown`, with its hint."""
        found = {}
        for key, place, value in self.entries():
            if key in known:
                found[key] = value
            else:
                hint = (hints or {}).get(key, f"known here are {', '.join(f'`{name}`' for name in sorted(known))}")
                place.say(unknown, f"`{key}` is not understood here and was left out; {hint}")
        return Fields(self, found)

    def plain(self) -> object:
        """Dictionaries, lists and texts."""
        if isinstance(self._node, yaml.MappingNode):
            return {key: value.plain() for key, _, value in self.entries()}
        if isinstance(self._node, yaml.SequenceNode):
            return [tree.plain() for tree in self.items()]
        return self.text()

    def _at(self, node: yaml.Node) -> "Tree":
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
        return "" if value is None else value.raw_text().strip()

    def need_text(self, key: str) -> str:
        value = self.need(key)
        return "" if value is None else value.text()

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.get(key)
        return () if value is None else value.texts()

    def items(self, key: str) -> list[Tree]:
        value = self.get(key)
        return [] if value is None else value.items()


def read_text(path: Path, file: str, report: Report) -> str | None:
    """The file as UTF-8 text, or None and a remark."""
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            report.add("error", file, 1, f"the file is larger than {LARGEST_FILE_BYTES // 1_000_000} MB")
            return None
        raw = path.read_bytes()
    except OSError as error:
        report.add("error", file, 1, f"the file cannot be read: {error.strerror}")
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        report.add("error", file, raw.count(b"\n", 0, error.start) + 1, "the file is not UTF-8 text")
        return None


def parse(text: str, file: str, report: Report) -> Tree | None:
    """The file's only document, or None and a remark."""
    loader = None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        report.add("error", file, line, "the file contains a character that YAML does not allow")
        return None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        report.add("error", file, line, f"this is not YAML: {error.problem or error.context}")
        return None
    except (ValueError, OverflowError, RecursionError):
        line = loader.line + 1 if loader is not None else 1
        report.add("error", file, line, "this is not YAML")
        return None
    if node is None:
        report.add("error", file, 1, "the file is empty")
        return None
    return Tree(node, file, report)
