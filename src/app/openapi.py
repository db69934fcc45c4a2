"""What Litestar's OpenAPI document leaves out or says in a way that client generators stumble over.

Invariant: `mended` gives a document in which every schema has a name of its own that is a good name in any language,
every error is a problem document, and every body has a type. `tests/app/test_openapi.py` holds it to that.
"""

import re
from collections.abc import Collection
from typing import Any

_QUALIFIED = re.compile(r"(?P<domain>[a-z]+)_(?:[a-z_]+_)?schemas_(?:[a-z_]+_)?(?P<name>[A-Z]\w*)")
"""Litestar's name where two domains have a class of the same name."""
_PAGE = re.compile(r"Page_.*_")
_READABLE = ("application/json", "+json")


def mended(document: dict[str, Any], public: Collection[tuple[str, str]]) -> dict[str, Any]:
    """`public`: path and method of the operations that need no token."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _mend(operation, is_public=(path, method.upper()) in public)
    schemas = document["components"]["schemas"]
    for name, schema in schemas.items():
        if name.endswith("In") and schema.get("type") == "object":
            # Requests are strict: an unknown field is an error.
            schema["additionalProperties"] = False
    names = _names(schemas)
    document = _renamed(document, names)
    for name in names.values():
        document["components"]["schemas"][name]["title"] = name
    document["components"]["schemas"]["Problem"] = _PROBLEM
    return document


def _mend(operation: dict[str, Any], *, is_public: bool) -> None:
    """Errors are problem documents, whatever the operation; public operations need no token."""
    if is_public:
        operation["security"] = []
    responses = operation["responses"]
    responses.pop("400", None)
    for response in responses.values():
        content = response.get("content", {})
        for kind in list(content):
            if not kind.startswith("text/") and not kind.endswith(_READABLE):
                # Files. Generators that know no PDF know this one, and give its bytes.
                content[kind] = content["application/octet-stream"] = {"schema": {"type": "string", "format": "binary"}}
    responses["default"] = {
        "description": "A problem document; `code` says which.",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def _names(schemas: dict[str, Any]) -> dict[str, str]:
    """By the present name: `IdentityPersonOut` of one that has namesakes, `IdentityPersonPage` of a page of those."""
    found = {}
    for name in schemas:
        qualified = _QUALIFIED.fullmatch(name)
        found[name] = qualified["domain"].title() + qualified["name"] if qualified else name
    for name, schema in schemas.items():
        if _PAGE.fullmatch(name):
            item = schema["properties"]["items"]["items"]["$ref"].rpartition("/")[2]
            found[name] = found[item].removesuffix("Out") + "Page"
    if len(set(found.values())) < len(found):
        raise ValueError(f"two schemas of one domain have the same name: {sorted(found)}")
    return found


def _renamed(part: Any, names: dict[str, str]) -> Any:
    if isinstance(part, list):
        return [_renamed(one, names) for one in part]
    if not isinstance(part, dict):
        return part
    found = {key: _renamed(value, names) for key, value in part.items()}
    if isinstance(items := found.get("items"), dict) and {} in items.get("oneOf", ()):
        # Litestar's `tuple[X, ...]` says that an item is either X or anything, so that no X is one of them alone.
        found["items"] = next(one for one in items["oneOf"] if one)
    if isinstance(ref := found.get("$ref"), str):
        head, _, name = ref.rpartition("/")
        found["$ref"] = f"{head}/{names.get(name, name)}"
    if "schemas" in found and "securitySchemes" in found:
        found["schemas"] = {names.get(name, name): schema for name, schema in found["schemas"].items()}
    return found


_PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457. `code` is stable and meant for programs.",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "correlation_id": {"type": "string"},
    },
}
