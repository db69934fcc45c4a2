"""A course as the separate nodes that authors change, and how they may change. Pure.

Invariant: `assembled` undoes `taken_apart`, byte for byte in what a revision would store; and however a `Tree` is
changed, every node stands under one of the kind above its own.
"""

import re
import secrets
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

import msgspec
from msgspec.structs import replace

from domains.catalog.content import KEY_LENGTH, Course, Exercise, Lesson, Section, Unit
from domains.catalog.errors import KeyTaken, NodeGone, NotThere

NodeKind = str
"""section, unit, lesson or exercise."""
Node = Section | Unit | Lesson | Exercise

ABOVE: Mapping[NodeKind, NodeKind | None] = {
    "section": None,
    "unit": "section",
    "lesson": "unit",
    "exercise": "lesson",
}
KINDS = tuple(ABOVE)
MOST_NODES = 20_000
_TITLE = 120
"""How much of what an exercise asks stands in a tree."""

T = TypeVar("T")

_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODERS: dict[NodeKind, msgspec.json.Decoder[Any]] = {
    "section": msgspec.json.Decoder(Section),
    "unit": msgspec.json.Decoder(Unit),
    "lesson": msgspec.json.Decoder(Lesson),
    "exercise": msgspec.json.Decoder(Exercise),
}
_COURSE = msgspec.json.Decoder(Course)


class Part(NamedTuple):
    """A node without its children. `parent` is the place of its parent among the parts, before its own."""

    kind: NodeKind
    key: str
    parent: int | None
    position: int
    title: str
    form: str
    body: bytes


class Stored(NamedTuple):
    """A node's row, as far as a course is put together from it."""

    id: UUID
    parent_id: UUID | None
    kind: NodeKind
    body: bytes


def taken_apart(course: Course) -> tuple[bytes, list[Part]]:
    """The course without sections, and its nodes, parents before children and siblings in their order."""
    parts: list[Part] = []
    for place, section in enumerate(course.sections):
        at = _add(parts, "section", None, place, replace(section, units=()))
        for unit_place, unit in enumerate(section.units):
            unit_at = _add(parts, "unit", at, unit_place, replace(unit, lessons=()))
            for lesson_place, lesson in enumerate(unit.lessons):
                lesson_at = _add(parts, "lesson", unit_at, lesson_place, replace(lesson, exercises=()))
                for exercise_place, exercise in enumerate(lesson.exercises):
                    _add(parts, "exercise", lesson_at, exercise_place, exercise)
    return encoded(replace(course, sections=())), parts


def _add(parts: list[Part], kind: NodeKind, parent: int | None, position: int, node: Node) -> int:
    parts.append(Part(kind, node.key, parent, position, shown(node), form_of(node), encoded(node)))
    return len(parts) - 1


def assembled(body: bytes, rows: Iterable[Stored]) -> Course:
    """The course of these rows, which are in the order of their positions. Raises msgspec.ValidationError."""
    below: dict[UUID | None, list[Stored]] = {}
    for row in rows:
        below.setdefault(row.parent_id, []).append(row)

    def of(parent: UUID | None, build: Callable[[Stored], T]) -> tuple[T, ...]:
        return tuple(build(row) for row in below.get(parent, ()))

    def exercise(row: Stored) -> Exercise:
        found: Exercise = _DECODERS["exercise"].decode(row.body)
        return found

    def lesson(row: Stored) -> Lesson:
        found: Lesson = _DECODERS["lesson"].decode(row.body)
        return replace(found, exercises=of(row.id, exercise))

    def unit(row: Stored) -> Unit:
        found: Unit = _DECODERS["unit"].decode(row.body)
        return replace(found, lessons=of(row.id, lesson))

    def section(row: Stored) -> Section:
        found: Section = _DECODERS["section"].decode(row.body)
        return replace(found, units=of(row.id, unit))

    return replace(decoded_course(body), sections=of(None, section))


def encoded(node: Node | Course) -> bytes:
    return _ENCODER.encode(node)


def decoded(kind: NodeKind, body: bytes) -> Node:
    """Raises msgspec.ValidationError with the field's path."""
    found: Node = _DECODERS[kind].decode(body)
    return found


def decoded_course(body: bytes) -> Course:
    return _COURSE.decode(body)


def shown(node: Node) -> str:
    """What a tree calls it: its title, or what an exercise asks."""
    if not isinstance(node, Exercise):
        return node.title.replace("\x00", "")
    return " ".join(node.content.asked().replace("\x00", "").split())[:_TITLE]


def form_of(node: Node) -> str:
    match node:
        case Exercise(content=content):
            return content.kind()
        case Lesson(form=form):
            return form
    return ""


def new_key(kind: NodeKind, node: Node) -> str:
    """A readable key that no other node has, and that says nothing more once the title has changed."""
    words = node.content.kind() if isinstance(node, Exercise) else node.title
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    start = re.sub(r"[^a-z0-9]+", "-", plain)[:40].strip("-") or kind
    return f"{start}-{secrets.token_hex(5)}"


@dataclass(slots=True)
class Branch:
    """A node in a tree. `body` is at hand where it was asked for, or written."""

    id: UUID
    parent_id: UUID | None
    kind: NodeKind
    key: str
    position: int
    version: int
    title: str
    form: str
    deleted_with: UUID | None = None
    body: bytes | None = None


@dataclass(slots=True)
class Tree:
    """The draft of a course in memory, while it is changed. Positions count from 0 and are those after the change."""

    branches: dict[UUID, Branch]
    """In the order of positions among siblings."""
    made: dict[UUID, None] = field(default_factory=dict)
    """Nodes that are new, parents first."""
    touched: set[UUID] = field(default_factory=set)
    """All that are other than stored, also those that only have another place among their siblings."""
    changed: set[UUID] = field(default_factory=set)
    """Those whose own content, parent or being there has changed: who has seen them before has seen something else."""
    _below: dict[UUID | None, list[UUID]] = field(init=False)
    _keys: set[tuple[NodeKind, str]] = field(init=False)

    def __post_init__(self) -> None:
        self._below = {}
        for branch in self.branches.values():
            if branch.deleted_with is None:
                self._below.setdefault(branch.parent_id, []).append(branch.id)
        self._keys = {(branch.kind, branch.key) for branch in self.branches.values()}

    def node(self, node_id: UUID) -> Branch:
        """Raises NodeGone, also for one that is deleted."""
        found = self.branches.get(node_id)
        if found is None or found.deleted_with is not None:
            raise NodeGone
        return found

    def children(self, parent_id: UUID | None) -> Sequence[UUID]:
        return tuple(self._below.get(parent_id, ()))

    def under(self, node_id: UUID) -> Iterator[Branch]:
        """The node and all below it that is there, parents first."""
        yield self.branches[node_id]
        for child in self._below.get(node_id, ()):
            yield from self.under(child)

    def has_key(self, kind: NodeKind, key: str) -> bool:
        return (kind, key) in self._keys

    def insert(self, branch: Branch, position: int | None) -> None:
        """Among the children of its parent, at the end without a position. Raises NodeGone, NotThere and KeyTaken."""
        self._fits(branch.kind, branch.parent_id)
        if self.has_key(branch.kind, branch.key):
            raise KeyTaken(f"there is a {branch.kind} with the key `{branch.key[:60]}` already", field="key")
        if not 0 < len(branch.key.encode()) <= KEY_LENGTH:
            raise NotThere(f"a key has 1 to {KEY_LENGTH} bytes", field="key")
        if len(self.branches) >= MOST_NODES:
            raise NotThere(f"a course has at most {MOST_NODES} nodes")
        self.branches[branch.id] = branch
        self._keys.add((branch.kind, branch.key))
        self.made[branch.id] = None
        self._change(branch.id)
        self._place(branch, branch.parent_id, position)

    def write(self, node_id: UUID, node: Node) -> None:
        """Other content, under the same key. Raises NodeGone."""
        branch = self.node(node_id)
        branch.body, branch.title, branch.form = encoded(node), shown(node), form_of(node)
        self._change(node_id)

    def move(self, node_id: UUID, parent_id: UUID | None, position: int | None) -> None:
        """Under another parent or among its siblings. Raises NodeGone and NotThere."""
        branch = self.node(node_id)
        # A parent is of the kind above, so that no node can come under itself.
        self._fits(branch.kind, parent_id)
        self._leave(branch)
        self._change(node_id)
        self._place(branch, parent_id, position)

    def reorder(self, parent_id: UUID | None, order: Sequence[UUID]) -> None:
        """Raises NodeGone, and NotThere unless `order` names every child once."""
        if parent_id is not None:
            self.node(parent_id)
        if len(order) != len(set(order)) or set(order) != set(self._below.get(parent_id, ())):
            raise NotThere("the order must name every child once and nothing else", field="order")
        self._below[parent_id] = list(order)
        self._number(parent_id)

    def delete(self, node_id: UUID) -> None:
        """With all that is below it. Raises NodeGone."""
        branch = self.node(node_id)
        for each in list(self.under(node_id)):
            each.deleted_with = node_id
            self._change(each.id)
            self._below.pop(each.id, None)
        self._leave(branch)

    def restore(self, node_id: UUID) -> None:
        """What was deleted with it comes back, at the end of where it was. Raises NodeGone and NotThere."""
        branch = self.branches.get(node_id)
        if branch is None or branch.deleted_with != node_id:
            raise NodeGone
        parent = None if branch.parent_id is None else self.branches[branch.parent_id]
        if parent is not None and parent.deleted_with is not None:
            raise NotThere("what it stood in is deleted itself; restore that first")
        for each in sorted(self.branches.values(), key=lambda each: each.position):
            if each.deleted_with == node_id:
                each.deleted_with = None
                self._change(each.id)
                if each.id != node_id:
                    self._below.setdefault(each.parent_id, []).append(each.id)
        self._place(branch, branch.parent_id, None)

    def _change(self, node_id: UUID) -> None:
        self.touched.add(node_id)
        self.changed.add(node_id)

    def _fits(self, kind: NodeKind, parent_id: UUID | None) -> None:
        above = ABOVE[kind]
        found = None if parent_id is None else self.node(parent_id).kind
        if found != above:
            wanted = f"in a {above}" if above else "in the course itself"
            raise NotThere(f"a {kind} stands {wanted}, not in a {found or 'course'}", field="parent_id")

    def _leave(self, branch: Branch) -> None:
        siblings = self._below[branch.parent_id]
        place = siblings.index(branch.id)
        del siblings[place]
        self._number(branch.parent_id, place)

    def _place(self, branch: Branch, parent_id: UUID | None, position: int | None) -> None:
        siblings = self._below.setdefault(parent_id, [])
        place = len(siblings) if position is None else min(position, len(siblings))
        siblings.insert(place, branch.id)
        branch.parent_id = parent_id
        self._number(parent_id, place)

    def _number(self, parent_id: UUID | None, start: int = 0) -> None:
        """From `start` on: those before it have not moved, and hundreds may follow each other."""
        for place, node_id in enumerate(self._below.get(parent_id, [])[start:], start):
            if self.branches[node_id].position != place:
                self.branches[node_id].position = place
                self.touched.add(node_id)
