"""What is other in one document of a course than in another, for people to read. Pure.

Invariant: documents that differ in anything but what a format keeps for itself give at least one change, and equal
ones none. A node is the same by its kind and key, wherever it stands.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from domains.catalog.content import Course, Exercise, Lesson, Section, Unit

NodeKind = Literal["course", "section", "unit", "lesson", "exercise"]
What = Literal["added", "removed", "moved", "changed"]
MOST_SHOWN = 300
"""Characters of a value."""

_Node = Section | Unit | Lesson | Exercise
_Key = tuple[str, str]
_NOT_COMPARED = {"sections", "units", "lessons", "exercises", "kept", "key"}
_TITLE = 120


class FieldChange(Struct, frozen=True):
    """`field` with its path, as `content.accepted`; values as texts, long ones cut. Null: it was or is not there."""

    field: str
    before: str | None
    after: str | None


class Change(Struct, frozen=True):
    """`below`: of what was added or removed, how many nodes came or went with it. `title` is the newer one, of an
    exercise what it asks. `other_question`: whether an exercise asks for something else now."""

    kind: NodeKind
    key: str
    what: What
    title: str
    path: tuple[str, ...] = ()
    """Titles of what it stands in, from the section down."""
    fields: tuple[FieldChange, ...] = ()
    below: int = 0
    other_question: bool = False


class _Placed(NamedTuple):
    kind: NodeKind
    node: _Node
    parent: _Key | None
    path: tuple[str, ...]


def diff(before: Course, after: Course) -> list[Change]:
    """First the course itself, then what is there now in its order, then what is gone in the order in which it was."""
    changes = []
    if fields := _fields(replace(before, sections=()), replace(after, sections=())):
        changes.append(Change("course", after.slug, "changed", after.title, fields=fields))
    old, new = _placed(before), _placed(after)
    moved = _moved(old, new)
    for id_, place in new.items():
        if id_ not in old:
            # What came with something above it is told with that.
            if place.parent is None or place.parent in old:
                changes.append(_change(place, "added", below=_below(id_, new, old)))
            continue
        if id_ in moved:
            changes.append(_change(place, "moved"))
        if fields := _fields(old[id_].node, place.node):
            other = _other_question(old[id_].node, place.node)
            changes.append(_change(place, "changed", fields=fields, other_question=other))
    for id_, place in old.items():
        if id_ not in new and (place.parent is None or place.parent in new):
            changes.append(_change(place, "removed", below=_below(id_, old, new)))
    return changes


def _change(place: _Placed, what: What, **rest: Any) -> Change:
    return Change(place.kind, place.node.key, what, _title(place.node), place.path, **rest)


def _title(node: _Node) -> str:
    text = node.content.asked() if isinstance(node, Exercise) else node.title
    return " ".join(text.split())[:_TITLE]


def _placed(course: Course) -> dict[_Key, _Placed]:
    """In the order of the course, parents first."""
    found: dict[_Key, _Placed] = {}

    def put(kind: NodeKind, node: _Node, parent: _Key | None, path: tuple[str, ...]) -> tuple[_Key, tuple[str, ...]]:
        found[kind, node.key] = _Placed(kind, node, parent, path)
        return (kind, node.key), (*path, _title(node))

    for section in course.sections:
        in_section = put("section", section, None, ())
        for unit in section.units:
            in_unit = put("unit", unit, *in_section)
            for lesson in unit.lessons:
                in_lesson = put("lesson", lesson, *in_unit)
                for exercise in lesson.exercises:
                    put("exercise", exercise, *in_lesson)
    return found


def _below(id_: _Key, there: Mapping[_Key, _Placed], elsewhere: Mapping[_Key, _Placed]) -> int:
    """How many nodes came or went with it, as far as nothing between them stayed."""
    with_it = {id_}
    for other, place in there.items():
        if place.parent in with_it and other not in elsewhere:
            with_it.add(other)
    return len(with_it) - 1


def _moved(old: Mapping[_Key, _Placed], new: Mapping[_Key, _Placed]) -> set[_Key]:
    """Nodes with another parent, and the fewest whose moving explains the order among those that stayed."""
    places = {id_: place for place, id_ in enumerate(old)}
    moved: set[_Key] = set()
    stayed: dict[_Key | None, list[_Key]] = {}
    for id_, place in new.items():
        if id_ in old:
            if old[id_].parent == place.parent:
                stayed.setdefault(place.parent, []).append(id_)
            else:
                moved.add(id_)
    for siblings in stayed.values():
        kept = _rising([places[id_] for id_ in siblings])
        moved.update(id_ for place, id_ in enumerate(siblings) if place not in kept)
    return moved


def _rising(numbers: Sequence[int]) -> set[int]:
    """Places of a longest subsequence that only rises."""
    ends: list[int] = []
    last: list[int] = []
    before: list[int | None] = []
    for place, number in enumerate(numbers):
        at = bisect_left(ends, number)
        before.append(last[at - 1] if at else None)
        ends[at : at + 1] = [number]
        last[at : at + 1] = [place]
    found: set[int] = set()
    here = last[-1] if last else None
    while here is not None:
        found.add(here)
        here = before[here]
    return found


def _other_question(before: _Node, after: _Node) -> bool:
    if not isinstance(before, Exercise) or not isinstance(after, Exercise):
        return False
    one, other = before.content, after.content
    return (one.kind(), one.subject(), one.answered_in()) != (other.kind(), other.subject(), other.answered_in())


def _fields(before: Struct, after: Struct) -> tuple[FieldChange, ...]:
    return tuple(_field_changes(before, after, ""))


def _field_changes(before: Struct, after: Struct, path: str) -> Iterator[FieldChange]:
    for name in after.__struct_fields__:
        one, other = getattr(before, name), getattr(after, name)
        if one == other or (not path and name in _NOT_COMPARED):
            continue
        if name == "content" and type(one) is type(other):
            yield from _field_changes(one, other, f"{path}{name}.")
        else:
            yield FieldChange(f"{path}{name}", _shown(one), _shown(other))


def _shown(value: object) -> str | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else msgspec.json.encode(value, order="deterministic").decode()
    return text if len(text) <= MOST_SHOWN else f"{text[: MOST_SHOWN - 1]}…"
