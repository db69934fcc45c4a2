"""The JSON Schema of Lyceum YAML, for editors: made of the types that read it, so that both say the same.

It describes the file as any YAML reader sees it, with numbers and truth values; we read every one of them as a text.
"""

from typing import Any

import msgspec

from domains.catalog.content import LEVELS, Exercise, Lesson, Licence, Material, Skill
from domains.catalog.formats.lyceum import KEY, VERSION, names_with
from domains.catalog.kinds import KINDS
from domains.catalog.kinds.assets import Audio, Image

ADDRESS = "https://json-schema.org/draft/2020-12/schema"
_FILE = {
    "type": "string",
    "minLength": 1,
    "description": "The path of a file beside the course, or `sha256:` and the hash of an uploaded one.",
}
_TEXT = {"type": "string", "minLength": 1}
_TEXTS = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1}]}
_KEY = {
    "anyOf": [{"type": "string", "pattern": f"^{KEY.pattern}$"}, {"type": "string", "pattern": "^/."}],
    "description": "Names what learners did: it is never changed. One that begins with `/` stands for itself.",
}
_NAMES = {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 80}}
_TITLE = {"type": "string", "minLength": 1, "maxLength": 200}


def schema() -> dict[str, Any]:
    """Of one file."""
    _, parts = msgspec.json.schema_components(
        [*KINDS.values(), Exercise, Lesson, Licence, Skill, Material, Image, Audio], ref_template="#/$defs/{name}"
    )
    exercise = parts.pop("Exercise")["properties"]
    lesson = parts.pop("Lesson")["properties"]
    for part in ("DictionaryEntry", "Phrase"):
        parts.pop(part, None)
    for name in ("Image", "Audio", "Material"):
        for key in {"media", "slow"} & set(parts[name]["properties"]):
            parts[name]["properties"][key] = _FILE
    for kind in KINDS.values():
        parts[kind.__name__] = _kind(kind.kind(), parts[kind.__name__], exercise)
    parts |= {
        "Exercise": {"oneOf": [_ref(kind.__name__) for kind in KINDS.values()]},
        "Phrase": {
            "description": "A text or several in each of the two languages, or under `term` and `meaning`.",
            "type": "object",
            "minProperties": 2,
            "maxProperties": 2,
            "additionalProperties": _TEXTS,
        },
        "Lesson": _node("Lesson", exercises=_many("Exercise"), words=_many("Phrase"), sentences=_many("Phrase"))
        | {"required": ["key", "title"]},
        "Unit": _node("Unit", introduction={"type": "string"}, lessons=_many("Lesson")),
        "Section": _node("Section", units=_many("Unit")),
        "Course": _course(),
    }
    for name in ("form", "text", "materials", "preview"):
        parts["Lesson"]["properties"][name] = lesson[name]
    return {
        "$schema": ADDRESS,
        "title": "A course in Lyceum YAML",
        "type": "object",
        "properties": {
            "lyceum": {"enum": [int(VERSION), VERSION]},
            "course": _ref("Course"),
            "sections": _many("Section"),
            "dictionary": {
                "type": "object",
                "additionalProperties": {"type": "object", "additionalProperties": _TEXTS},
            },
        },
        "required": ["lyceum", "course", "sections"],
        "additionalProperties": False,
        "$defs": {name: _loosened(part) for name, part in sorted(parts.items())},
    }


def _kind(kind: str, part: dict[str, Any], exercise: dict[str, Any]) -> dict[str, Any]:
    """Content with what goes with it. Languages are those of the course where they are left out."""
    languages = KINDS[kind].languages("", "")
    properties = {"kind": {"const": kind}, "key": _KEY, **{k: v for k, v in part["properties"].items() if k != "kind"}}
    if "accepted" in properties:
        properties["accepted"] = {"anyOf": [_TEXT, properties["accepted"]]}
    properties |= {said: exercise[own] for own, said in names_with(kind).items()}
    required = [name for name in part["required"] if name not in languages]
    return part | {"properties": properties, "required": required}


def _course() -> dict[str, Any]:
    language = {"type": "string", "description": "A BCP 47 tag, such as `es` or `pt-BR`."}
    properties = {
        "slug": {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 80},
        "title": _TITLE,
        "description": {"type": "string"},
        "learning": language,
        "from": language,
        "licence": _ref("Licence"),
        "repository": {"type": "string"},
        "special_characters": {"type": "array", "items": _TEXT},
        "level": {"enum": ["", *LEVELS]},
        "categories": _NAMES,
        "topics": _NAMES,
        "tags": _NAMES,
        "skills": _many("Skill"),
        "prerequisites": _NAMES,
        "image": _ref("Image"),
        "kept": {"type": "object", "description": "What other formats said, to be written again."},
    }
    return {
        "type": "object",
        "properties": properties,
        "required": ["slug", "title", "learning"],
        "additionalProperties": False,
    }


def _node(title: str, **children: Any) -> dict[str, Any]:
    return {
        "title": title,
        "type": "object",
        "properties": {"key": _KEY, "title": _TITLE, **children},
        "required": ["key", "title", *(name for name in children if name in {"units", "lessons"})],
        "additionalProperties": False,
    }


def _many(name: str) -> dict[str, Any]:
    return {"type": "array", "items": _ref(name)}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _loosened(part: Any) -> Any:
    """Decimal numbers may be written as numbers; the words of docstrings are joined to lines."""
    if isinstance(part, list):
        return [_loosened(item) for item in part]
    if not isinstance(part, dict):
        return part
    if part.get("format") == "decimal":
        return {"type": ["number", "string"], **({"default": part["default"]} if "default" in part else {})}
    loosened = {key: _loosened(value) for key, value in part.items()}
    if isinstance(said := loosened.get("description"), str):
        loosened["description"] = "\n\n".join(" ".join(lines.split()) for lines in said.split("\n\n"))
    return loosened
