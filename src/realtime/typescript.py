"""TypeScript declarations of every event, from the AsyncAPI document: what a client of ours is compiled against.

Invariant: nothing is said here that the document does not say, so whoever has the document can make the same file.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

Json = Mapping[str, Any]

_HEAD = "// Made by `lyceum asyncapi --typescript` from the AsyncAPI document. Changes made here are lost.\n"
_PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
_FORMATS = {"uuid": "Uuid", "date-time": "Moment"}
_ALIASES = "export type Uuid = string;\n/** A moment in UTC, as RFC 3339 writes it. */\nexport type Moment = string;\n"


def typescript(document: Json) -> str:
    """One module without imports."""
    components = document["components"]
    schemas: Json = components["schemas"]
    parts = [_HEAD, _ALIASES]
    parts += [_declaration(name, schema) for name, schema in sorted(schemas.items())]
    parts += [_frames(document), _commands(document), _refusals(document), _closings(document), _durable(document)]
    return "\n".join(parts)


def _declaration(name: str, schema: Json) -> str:
    comment = _comment(schema.get("description", ""))
    if "properties" not in schema:
        return f"{comment}export type {name} = {_type(schema)};\n"
    members = "".join(f"  {line}\n" for line in _members(schema))
    return f"{comment}export interface {name} {{\n{members}}}\n"


def _members(schema: Json) -> Iterator[str]:
    required = set(schema.get("required", ()))
    for name, member in schema["properties"].items():
        yield f"{name}{'' if name in required else '?'}: {_type(member)};"


def _type(schema: Json) -> str:
    if "$ref" in schema:
        return _name(schema["$ref"])
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return _union(json.dumps(value) for value in schema["enum"])
    if "allOf" in schema:
        # What follows the first narrows it, further than types can follow.
        return _type(schema["allOf"][0])
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return _union(_type(one) for one in schema[several])
    kind = schema.get("type")
    if kind == "array":
        inner = _type(schema["items"])
        return f"({inner})[]" if " | " in inner else f"{inner}[]"
    if kind == "object":
        return f"Record<string, {_type(schema.get('additionalProperties', {}))}>"
    return _FORMATS.get(schema.get("format", ""), _PLAIN.get(str(kind), "unknown"))


def _union(types: Iterator[str]) -> str:
    return " | ".join(dict.fromkeys(types))


def _name(reference: str) -> str:
    return reference.rpartition("/")[2]


def _comment(text: str) -> str:
    return f"/** {text} */\n" if text else ""


def _events(document: Json, action: str) -> dict[str, Json]:
    """Operations of one direction; logging in is an event of Socket.IO itself."""
    return {
        name: operation
        for name, operation in document["operations"].items()
        if operation["action"] == action and name != "connect"
    }


def _frames(document: Json) -> str:
    messages = document["components"]["messages"]
    lines = [
        f"  /** {messages[event]['summary']} */\n  {json.dumps(event)}: {_type(messages[event]['payload'])};\n"
        for event in _events(document, "send")
    ]
    return f"/** What the server sends. */\nexport interface Frames {{\n{''.join(lines)}}}\n"


def _commands(document: Json) -> str:
    messages = document["components"]["messages"]
    lines = []
    for event, operation in _events(document, "receive").items():
        accepted, refused = (messages[_name(reply["$ref"])]["payload"] for reply in operation["reply"]["messages"])
        lines.append(
            f"  /** {messages[event]['summary']} */\n"
            f"  {json.dumps(event)}: {{\n"
            f"    payload: {_type(messages[event]['payload'])};\n"
            f"    accepted: {_type(accepted)};\n"
            f"    refusal: {_codes(refused)};\n"
            "  };\n"
        )
    return (
        f"/** What a client may send, and what it is answered. */\nexport interface Commands {{\n{''.join(lines)}}}\n"
    )


def _codes(refused: Json) -> str:
    return _type(refused["allOf"][1]["properties"]["code"])


def _refusals(document: Json) -> str:
    data = document["components"]["messages"]["connect.refused"]["payload"]["allOf"][1]["properties"]["data"]
    return f"/** Why a connection was refused. */\nexport type ConnectRefusal = {_type(data['properties']['code'])};\n"


def _closings(document: Json) -> str:
    reasons = document["components"]["messages"]["stream.closed"]["payload"]["allOf"][1]["oneOf"]
    lines = []
    for reason in reasons:
        code, number, reconnect = (json.dumps(member["const"]) for member in reason["properties"].values())
        lines.append(f"  {number}: {{ code: {code}, reconnect: {reconnect} }},\n")
    return (
        "/** Why the server closes a socket, by the number that is the websocket's close code too. */\n"
        f"export const CLOSINGS = {{\n{''.join(lines)}}} as const;\n"
    )


def _durable(document: Json) -> str:
    lines = [
        f"  {json.dumps(event)}: {json.dumps(message['x-durable-key'])},\n"
        for event, message in document["components"]["messages"].items()
        if "x-durable-key" in message
    ]
    return (
        "/** Frames that come again in `missed` when their numbers were lost; two with equal members are one. */\n"
        f"export const DURABLE = {{\n{''.join(lines)}}} as const;\n"
    )
