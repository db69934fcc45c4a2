"""Cards out of notes: what a template of Anki makes of the fields, as HTML.

Total: whatever a template says, something is shown, and of what it would repeat without end the beginning.
`{{#Field}}` and `{{^Field}}` ask whether a field is empty; a filter (`type:`, `hint:`, `text:`) shows its field;
`{{cloze:Field}}` hides and shows what one of its numbers marks.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from msgspec import Struct

from domains.catalog.formats.anki.collection import Notetype

DEEPEST = 8

LONGEST = 100_000
"""Letters of a template, of a field, and of what becomes of them."""

_TAG = re.compile(r"\{\{([^{}]*)\}\}")
_ANSWER_LINE = re.compile(r"<hr\s+id\s*=\s*[\"']?answer[\"']?\s*/?>", re.IGNORECASE)
_NOTHING = re.compile(r"<(?!img\b|audio\b|video\b)[^<>]*>|&nbsp;|\s", re.IGNORECASE)
_CLOZE = re.compile(r"\{\{c([\d,]+)::|::|\}\}")
_BLANK = "[…]"


class Sides(Struct, frozen=True):
    """HTML. `extra` is what only the answer of a cloze shows beside it."""

    front: str
    back: str
    extra: str = ""


def sides(notetype: Notetype, fields: Mapping[str, str], ordinal: int) -> Sides | None:
    """None where the notetype has no such card. `ordinal` counts from 0; a cloze has a card for each number."""
    if not notetype.templates:
        return None
    if notetype.is_cloze:
        return _cloze_sides(notetype, fields, ordinal + 1)
    if not 0 <= ordinal < len(notetype.templates):
        return None
    template = notetype.templates[ordinal]
    front = _filled(template.question, fields, None)
    back = _filled(template.answer, {**fields, "FrontSide": ""}, None)
    if line := _ANSWER_LINE.search(back):
        back = back[line.end() :]
    return Sides(front.strip(), back.removeprefix(front).strip())


def _cloze_sides(notetype: Notetype, fields: Mapping[str, str], number: int) -> Sides:
    template = notetype.templates[0]
    front = _filled(template.question, fields, number)
    hidden = ", ".join(text for value in fields.values() for text in clozes(value).get(number, ()))
    silent = {name: "" if "{{c" in value else value for name, value in fields.items()}
    return Sides(front, hidden, _filled(template.answer, {**silent, "FrontSide": ""}, None))


def clozes(text: str) -> dict[int, list[str]]:
    """What is hidden, by number."""
    found: dict[int, list[str]] = {}
    _cloze(text[:LONGEST], None, found)
    return found


def is_empty(html: str) -> bool:
    return not _NOTHING.sub("", html)


def _filled(template: str, fields: Mapping[str, str], number: int | None) -> str:
    parts: list[str] = []
    left = LONGEST
    for part in _shown(template[:LONGEST], fields, number):
        parts.append(part[:left])
        left -= len(parts[-1])
        if not left:
            break
    return "".join(parts)


def _shown(template: str, fields: Mapping[str, str], number: int | None) -> Iterator[str]:
    """The template with its fields; parts whose condition does not hold are left out."""
    conditions: list[bool] = []
    empty: dict[str, bool] = {}
    filled: dict[str, str] = {}
    before, tags = _split(template)
    if before:
        yield before
    for mark, name, text in tags:
        if mark == "/":
            del conditions[-1:]
        elif mark:
            if name not in empty:
                empty[name] = is_empty(fields.get(name, "")[:LONGEST])
            conditions.append(empty[name] == (mark == "^"))
        elif all(conditions):
            if name not in filled:
                filled[name] = _field(name, fields, number)
            yield filled[name]
        if all(conditions):
            yield text


@lru_cache(maxsize=64)
def _split(template: str) -> tuple[str, tuple[tuple[str, str, str], ...]]:
    """The text before the first tag; and of each tag its mark, its name and the text behind it."""
    before, *rest = _TAG.split(template)
    found = []
    for tag, text in zip(rest[::2], rest[1::2], strict=True):
        inside = tag.strip()
        mark = inside[:1] if inside[:1] in {"#", "^", "/"} else ""
        found.append((mark, inside.removeprefix(mark), text))
    return before, tuple(found)


def _field(name: str, fields: Mapping[str, str], number: int | None) -> str:
    *filters, field = name.split(":")
    value = fields.get(field.strip(), "")[:LONGEST]
    # To type the answer is asked beside the question: it is no part of it.
    if "type" in filters and "FrontSide" not in fields:
        return ""
    if "cloze" in filters:
        return _cloze(value, number, {})
    return value


def _cloze(text: str, number: int | None, found: dict[int, list[str]]) -> str:
    """The text with what `number` marks hidden and all other marks taken away. All that is marked goes into `found`."""
    # Each open mark: its numbers, what is shown of it, its hint or None.
    stack: list[tuple[set[int], list[str], list[str] | None]] = [(set(), [], None)]
    place = 0

    def put(piece: str) -> None:
        _, shown, hint = stack[-1]
        (shown if hint is None else hint).append(piece)

    for mark in _CLOZE.finditer(text):
        put(text[place : mark.start()])
        place = mark.end()
        if mark[1] and len(stack) <= DEEPEST:
            numbers = {int(one[:6]) for one in mark[1].split(",") if one}
            stack.append((numbers, [], None))
        elif mark[0] == "::" and len(stack) > 1 and stack[-1][2] is None:
            numbers, shown, _ = stack[-1]
            stack[-1] = (numbers, shown, [])
        elif mark[0] == "}}" and len(stack) > 1:
            numbers, shown, hint = stack.pop()
            inner = "".join(shown)
            for each in numbers:
                found.setdefault(each, []).append(inner)
            hidden = f"[{''.join(hint)}]" if hint else _BLANK
            put(hidden if number in numbers else inner)
        else:
            put(mark[0])
    put(text[place:])
    while len(stack) > 1:
        _, shown, hint = stack.pop()
        put("".join(shown) + "".join(hint or ()))
    return "".join(stack[0][1])
