"""The AsyncAPI 3 document of the Socket.IO endpoint. Invariant: made from the types in `realtime.wire`, so it cannot
say anything that the code does not do."""

from importlib.metadata import version
from typing import Any

import msgspec

from realtime import wire

REF = "#/components/schemas/{name}"

INBOUND: dict[str, tuple[type[msgspec.Struct], str]] = {
    wire.LEAGUE_WATCH: (wire.LeagueWatch, "Watch a league's board; a snapshot follows the acknowledgement."),
    wire.LEAGUE_UNWATCH: (wire.LeagueUnwatch, "Stop watching one league, or all."),
    wire.SESSION_WATCH: (
        wire.SessionWatch,
        "Ask for a lesson session of one's own; its progress is on the stream.",
    ),
    wire.CLASSROOM_WATCH: (wire.ClassroomWatch, "Watch a class. Not open yet: answers `realtime.not_found`."),
    wire.ANSWER_SUBMIT: (wire.AnswerSubmit, "Answer an exercise; acknowledged with the body of the REST call."),
}

OUTBOUND: dict[str, tuple[type[msgspec.Struct], str]] = {
    wire.STREAM_READY: (wire.StreamReady, "The position behind which frames follow without a gap."),
    wire.STREAM_CLOSED: (wire.StreamClosed, "The server closes this socket, and why."),
    wire.PROGRESS_CHANGED: (wire.ProgressChanged, "An answer of one's own was graded."),
    wire.LESSON_COMPLETED: (wire.LessonCompleted, "A lesson of one's own is complete and rewarded."),
    wire.NOTIFICATION_CREATED: (wire.NotificationCreated, "A new row in one's own inbox."),
    wire.NOTIFICATION_READ: (wire.NotificationRead, "Some of one's own inbox was read or put away, here or elsewhere."),
    wire.LEAGUE_SNAPSHOT: (wire.LeagueFrame, "The whole board."),
    wire.LEAGUE_CHANGED: (wire.LeagueFrame, "The lines that moved, with absolute values."),
}


def _schemas() -> dict[str, Any]:
    kinds = [wire.Connect, wire.Accepted, wire.Refused]
    kinds += [kind for kind, _ in (*INBOUND.values(), *OUTBOUND.values()) if kind not in kinds]
    _, components = msgspec.json.schema_components(dict.fromkeys(kinds), ref_template=REF)
    for kind in kinds:
        if issubclass(kind, wire.StreamFrame):
            schema = components[kind.__name__]
            schema["properties"] = {"seq": {"type": "integer", "minimum": 1}, **schema["properties"]}
            schema["required"] = ["seq", *schema.get("required", [])]
    return components


def asyncapi_document(server_url: str = "http://127.0.0.1:8000") -> dict[str, Any]:
    """JSON-ready. `server_url` is the public address of the house."""
    protocol, _, host = server_url.rstrip("/").rpartition("://")
    messages: dict[str, Any] = {}
    for event, (kind, text) in {**INBOUND, **OUTBOUND}.items():
        messages[event] = {"name": event, "summary": text, "payload": {"$ref": REF.format(name=kind.__name__)}}
    acknowledgement = {
        "name": "acknowledgement",
        "summary": "Every event of a client is acknowledged. `answer.submit` adds the members of the REST answer.",
        "payload": {"oneOf": [{"$ref": REF.format(name=name)} for name in ("Accepted", "Refused")]},
    }
    operations: dict[str, Any] = {}
    for event in INBOUND:
        operations[event] = {
            "action": "receive",
            "channel": {"$ref": "#/channels/live"},
            "messages": [{"$ref": f"#/channels/live/messages/{event}"}],
            "reply": {
                "channel": {"$ref": "#/channels/live"},
                "messages": [{"$ref": "#/channels/live/messages/acknowledgement"}],
            },
        }
    for event in OUTBOUND:
        operations[event] = {
            "action": "send",
            "channel": {"$ref": "#/channels/live"},
            "messages": [{"$ref": f"#/channels/live/messages/{event}"}],
        }
    names = [*messages, "acknowledgement"]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Lyceum live",
            "version": version("lyceum"),
            "description": "Socket.IO protocol 5 (Engine.IO 4), path `/socket.io`, default namespace. Connect with the "
            "`Connect` object as `auth`. A refused connection carries `{code, message}` as `data`.",
        },
        "defaultContentType": "application/json",
        "servers": {"lyceum": {"host": host, "protocol": "wss" if protocol == "https" else "ws"}},
        "channels": {
            "live": {
                "address": "/socket.io",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
            }
        },
        "operations": operations,
        "components": {"messages": {**messages, "acknowledgement": acknowledgement}, "schemas": _schemas()},
    }
