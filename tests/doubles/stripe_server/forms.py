"""Stripe's form encoding: `items[0][price_data][currency]=eur` is a tree, and everything in it is text."""

import re
from typing import Any
from urllib.parse import parse_qsl

_PART = re.compile(r"\[([^\[\]]*)\]")

Form = dict[str, Any]


def decode(encoded: str) -> Form:
    tree: Form = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        head, *rest = name.split("[", 1)
        place, path = tree, [head, *(_PART.findall("[" + rest[0]) if rest else [])]
        for here in path[:-1]:
            key = here or str(len(place))
            place = place.setdefault(key, {})
            if not isinstance(place, dict):
                raise ValueError(f"{name} is both a value and a tree")
        place[path[-1] or str(len(place))] = value
    return {key: _lists(value) for key, value in tree.items()}


def _lists(found: Any) -> Any:
    if not isinstance(found, dict):
        return found
    inner = {key: _lists(value) for key, value in found.items()}
    if inner and all(key.isdigit() for key in inner):
        return [inner[key] for key in sorted(inner, key=int)]
    return inner


def number(form: Form, name: str, default: int | None = None) -> int:
    found = form.get(name)
    if found is None:
        if default is None:
            raise KeyError(name)
        return default
    return int(found)


def flag(form: Form, name: str) -> bool | None:
    found = form.get(name)
    return None if found is None else {"true": True, "false": False}[found]
