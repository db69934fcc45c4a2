"""The AsyncAPI 3 document of the Socket.IO endpoint.

Invariant: it is made from the types of `realtime.wire` and the tables of `realtime.catalogue` and of nothing else.
"""

from collections.abc import Iterable, Iterator
from importlib.metadata import version
from typing import Any

import msgspec
from msgspec import inspect

from domains.kernel.wire import In
from realtime import commands, wire
from realtime.catalogue import ANY_COMMAND, COMMANDS, CONNECT_REFUSALS, FRAMES
from realtime.closings import CLOSINGS

REF = "#/components/schemas/{name}"
CONNECT = "connect"

_ABOUT = (
    "Socket.IO protocol 5 (Engine.IO 4), path `/socket.io`, default namespace. Connect with the `Connect` object as "
    "`auth`: its `token` is an access token or a ticket of `POST /api/v1/realtime/tickets`, and never part of an "
    "address. A client sends its events with an acknowledgement; the reply of an operation is what that gets. Members "
    "may be added to what the server sends; what clients send is taken as declared or refused."
)
_QUERY = {
    "type": "object",
    "required": ["EIO", "transport"],
    "properties": {
        "EIO": {"type": "string", "const": "4"},
        "transport": {"type": "string", "enum": ["websocket", "polling"]},
        "sid": {"type": "string", "description": "Of the engine session, once there is one."},
    },
}


def asyncapi_document(server_url: str = "http://127.0.0.1:8000") -> dict[str, Any]:
    """JSON-ready. `server_url` is the public address of the house."""
    protocol, _, host = server_url.rstrip("/").rpartition("://")
    messages = {**_connect_messages(), **_command_messages(), **_frame_messages()}
    replies = {name for name in messages if name.endswith((".accepted", ".refused"))}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Lyceum live",
            "version": version("lyceum"),
            "description": _ABOUT,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {"lyceum": {"host": host, "pathname": "/socket.io", "protocol": _protocol(protocol)}},
        "channels": {
            "live": {
                "title": "The default namespace",
                "address": "/",
                "servers": [{"$ref": "#/servers/lyceum"}],
                "messages": _references(name for name in messages if name not in replies),
                "bindings": {"ws": {"method": "GET", "query": _QUERY, "bindingVersion": "0.1.0"}},
            },
            "replies": {
                "title": "Acknowledgements",
                "description": "Each goes to the socket that asked, under the number that its packet carried.",
                "address": None,
                "messages": _references(name for name in messages if name in replies),
            },
        },
        "operations": {
            CONNECT: _receive(CONNECT, "Log in. Without it within nine seconds the socket is closed."),
            **{event: _receive(event, command.summary) for event, command in COMMANDS.items()},
            **{event: _send(event, sent.summary) for event, sent in FRAMES.items()},
        },
        "components": {"messages": messages, "schemas": _schemas()},
    }


def _protocol(url_scheme: str) -> str:
    return "wss" if url_scheme == "https" else "ws"


def _references(names: Iterable[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/messages/{name}"} for name in names}


def _message(name: str, summary: str, payload: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "title": name, "summary": summary, "payload": payload, **more}


def _connect_messages() -> dict[str, Any]:
    refused = {
        "allOf": [
            _of(commands.ConnectRefused),
            {"properties": {"data": {"properties": {"code": {"enum": list(CONNECT_REFUSALS)}}}}},
        ]
    }
    return {
        CONNECT: _message(CONNECT, "The `auth` object.", _of(commands.Connect)),
        f"{CONNECT}.accepted": _message(f"{CONNECT}.accepted", "The socket is open.", _of(commands.Connected)),
        f"{CONNECT}.refused": _message(f"{CONNECT}.refused", "The socket is not open.", refused),
    }


def _command_messages() -> dict[str, Any]:
    messages = {}
    for event, command in COMMANDS.items():
        codes = sorted({*command.refusals, *ANY_COMMAND})
        refused = {"allOf": [_of(commands.Refused), {"properties": {"code": {"enum": codes}}}]}
        messages[event] = _message(event, command.summary, _of(command.payload))
        messages[f"{event}.accepted"] = _message(f"{event}.accepted", "It is done.", _of(command.accepted))
        messages[f"{event}.refused"] = _message(f"{event}.refused", "Nothing was done.", refused)
    return messages


def _frame_messages() -> dict[str, Any]:
    messages = {}
    for event, sent in FRAMES.items():
        more: dict[str, Any] = {"x-numbered": issubclass(sent.payload, wire.StreamFrame)}
        if sent.durable_key:
            more["x-durable-key"] = list(sent.durable_key)
        payload = _closed() if event == wire.STREAM_CLOSED else _of(sent.payload)
        messages[event] = _message(event, sent.summary, payload, **more)
    return messages


def _closed() -> dict[str, Any]:
    """One alternative for each reason, so that the table of reasons is in the document."""
    reasons = [
        {
            "properties": {
                "code": {"const": code},
                "number": {"const": closing.number},
                "reconnect": {"const": closing.reconnect},
            }
        }
        for code, closing in CLOSINGS.items()
    ]
    return {"allOf": [_of(wire.StreamClosed), {"oneOf": reasons}]}


def _receive(event: str, summary: str) -> dict[str, Any]:
    return {
        "action": "receive",
        "summary": summary,
        "channel": {"$ref": "#/channels/live"},
        "messages": [{"$ref": f"#/channels/live/messages/{event}"}],
        "reply": {
            "channel": {"$ref": "#/channels/replies"},
            "messages": [{"$ref": f"#/channels/replies/messages/{event}.{end}"} for end in ("accepted", "refused")],
        },
    }


def _send(event: str, summary: str) -> dict[str, Any]:
    return {
        "action": "send",
        "summary": summary,
        "channel": {"$ref": "#/channels/live"},
        "messages": [{"$ref": f"#/channels/live/messages/{event}"}],
    }


def _of(kind: type[msgspec.Struct]) -> dict[str, Any]:
    return {"$ref": REF.format(name=kind.__name__)}


def _schemas() -> dict[str, Any]:
    kinds: list[type[msgspec.Struct]] = [
        commands.Connect,
        commands.Connected,
        commands.ConnectRefused,
        commands.Refused,
    ]
    for command in COMMANDS.values():
        kinds += [command.payload, command.accepted]
    kinds += [sent.payload for sent in FRAMES.values()]
    _, components = msgspec.json.schema_components(dict.fromkeys(kinds), ref_template=REF)
    for schema in components.values():
        if "description" in schema:
            schema["description"] = " ".join(schema["description"].split())
    for struct in _sent(inspect.multi_type_info(kinds)):
        _as_sent(components[struct.cls.__name__], struct)
    for kind in kinds:
        if issubclass(kind, wire.StreamFrame):
            schema = components[kind.__name__]
            schema["properties"] = {"seq": {"type": "integer", "minimum": 1}, **schema["properties"]}
            schema["required"] = ["seq", *schema["required"]]
    return components


def _sent(types: Iterable[inspect.Type]) -> Iterator[inspect.StructType]:
    """The structs that the server writes, those inside others too. Some come twice."""
    for one in types:
        match one:
            case inspect.StructType(cls=cls, fields=fields):
                if not issubclass(cls, In):
                    yield one
                    yield from _sent(field.type for field in fields)
            case inspect.Metadata(type=inner) | inspect.ListType(item_type=inner):
                yield from _sent([inner])
            case inspect.UnionType(types=several):
                yield from _sent(several)


def _as_sent(schema: dict[str, Any], struct: inspect.StructType) -> None:
    """The server writes every member but those that it leaves unset, and where the type says so those that have their
    default; what a default is, is the server's own affair."""
    sparse = struct.cls.__struct_config__.omit_defaults
    may_lack = {field.encode_name for field in struct.fields if not field.required and (sparse or _may_be_unset(field))}
    schema["required"] = [name for name in schema["properties"] if name not in may_lack]
    for member in schema["properties"].values():
        member.pop("default", None)
        # OpenAPI's discriminator object is not AsyncAPI's; each alternative names its own event.
        member.get("items", {}).pop("discriminator", None)


def _may_be_unset(field: inspect.Field) -> bool:
    return field.default in (msgspec.UNSET, msgspec.NODEFAULT) and field.default_factory is msgspec.NODEFAULT
