"""The published document against the code."""

import json

from realtime import wire
from realtime.asyncapi import asyncapi_document


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
    events = {value for name, value in vars(wire).items() if name.isupper() and isinstance(value, str)}
    assert set(asyncapi_document()["operations"]) == events | {"connect"}


def test_numbered_frames_show_their_number() -> None:
    schema = asyncapi_document()["components"]["schemas"]["ProgressChanged"]
    assert schema["required"][0] == "seq"
    assert wire.numbered(7, "{}") == '{"seq":7}'
    assert json.loads(wire.numbered(7, '{"a":1}')) == {"seq": 7, "a": 1}
