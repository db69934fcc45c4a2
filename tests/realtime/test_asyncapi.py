"""The published document against the code."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from declared import Declared
from realtime import commands, wire
from realtime.asyncapi import asyncapi_document
from realtime.typescript import typescript

FRAMES_TS = Path(__file__).parents[2] / "src/web/realtime/frames.ts"


def every_reference(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [ref for child in node.values() for ref in every_reference(child)]
    return [ref for child in node for ref in every_reference(child)] if isinstance(node, list) else []


def test_every_reference_leads_somewhere() -> None:
    made = json.loads(json.dumps(asyncapi_document("https://live.example")))
    for reference in every_reference(made):
        node = made
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]
    assert made["servers"]["lyceum"] == {"host": "live.example", "pathname": "/socket.io", "protocol": "wss"}


def test_every_event_of_the_wire_is_in_the_document() -> None:
    declared = vars(wire) | vars(commands)
    events = {value for name, value in declared.items() if name.isupper() and isinstance(value, str)}
    assert set(asyncapi_document()["operations"]) == events | {"connect"}


def test_numbered_frames_show_their_number() -> None:
    schema = asyncapi_document()["components"]["schemas"]["ProgressChanged"]
    assert schema["required"][0] == "seq"
    assert wire.numbered(7, "{}") == '{"seq":7}'
    assert json.loads(wire.numbered(7, '{"a":1}')) == {"seq": 7, "a": 1}


def test_the_typescript_client_is_made_from_this_very_document() -> None:
    made = typescript(asyncapi_document())
    assert made == FRAMES_TS.read_text(), "run `lyceum asyncapi --typescript > src/web/realtime/frames.ts`"


BOARD = {"league_id": str(uuid4()), "version": 1, "entries": []}
CLOSED = {"code": "realtime.restarting", "number": 3000, "message": "", "reconnect": "now", "after_ms": 7}


@pytest.mark.parametrize(
    ("event", "frame"),
    [
        ("league.exploded", {}),
        ("league.changed", {**BOARD, "secret": 1}),
        ("league.changed", {**BOARD, "version": "1"}),
        ("league.changed", {**BOARD, "league_id": "mine"}),
        ("league.changed", {"league_id": str(uuid4()), "version": 1}),
        ("stream.closed", {**CLOSED, "number": 3500}),
        ("stream.closed", {**CLOSED, "code": "realtime.whatever"}),
    ],
)
def test_a_frame_that_is_not_declared_is_found(event: str, frame: dict[str, Any]) -> None:
    declared = Declared(asyncapi_document())
    declared.frame(event, frame)
    assert len(declared.faults) == 1
    declared.faults.clear()
    declared.frame("league.changed", BOARD)
    declared.frame("stream.closed", CLOSED)
    assert declared.faults == []


def test_a_reply_that_is_not_declared_is_found() -> None:
    declared = Declared(asyncapi_document())
    declared.reply("league.watch", {"ok": True})
    declared.reply("league.watch", {"ok": False, "code": "realtime.not_found", "message": "no such league"})
    declared.reply("league.smash", {"ok": False, "code": "realtime.unknown_event", "message": "no such event"})
    assert declared.faults == []
    declared.reply("league.watch", {"ok": True, "league": 1})
    declared.reply("league.watch", {"ok": False, "code": "learning.session_closed", "message": ""})
    declared.reply("league.smash", {"ok": False, "code": "realtime.not_found", "message": ""})
    declared.refusal({"message": "no", "data": {"code": "identity.whatever", "message": "no"}})
    assert len(declared.faults) == 4
