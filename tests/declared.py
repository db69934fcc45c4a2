"""Every frame that crosses a socket in a test, held against the published AsyncAPI document.

Stricter than the document is to clients: what it does not name may not be sent. Faults are collected, because where a
frame is sent an exception would be somebody else's crash; the fixture of the same name in conftest.py fails the test.
"""

import copy
from collections.abc import Sequence
from typing import Any

import jsonschema_rs
import msgspec

from realtime.asyncapi import asyncapi_document
from realtime.catalogue import COMMANDS, FRAMES
from realtime.gateway import Gateway
from realtime.inbound import Inbound


class Declared:
    def __init__(self, document: dict[str, Any]) -> None:
        strict = copy.deepcopy(document)
        for schema in strict["components"]["schemas"].values():
            if "properties" in schema:
                schema["additionalProperties"] = False
        self._components = strict["components"]
        self._validators: dict[str, Any] = {}
        self.faults: list[str] = []

    def frame(self, event: str, payload: Any) -> None:
        """A frame of the server."""
        if event in FRAMES:
            self._check(f"messages/{event}/payload", event, payload)
        else:
            self.faults.append(f"{event} is not declared: {payload}")

    def reply(self, event: str, payload: Any) -> None:
        """What a client's event was acknowledged with."""
        end = "accepted" if isinstance(payload, dict) and payload.get("ok") is True else "refused"
        if event in COMMANDS:
            self._check(f"messages/{event}.{end}/payload", f"{event}.{end}", payload)
        else:
            self._check("schemas/Refused", f"{event!r} refused", payload)
            if payload.get("code") != "realtime.unknown_event":
                self.faults.append(f"{event!r} is not declared and yet answered: {payload}")

    def refusal(self, payload: Any) -> None:
        """What a connection was refused with."""
        self._check("messages/connect.refused/payload", "connect.refused", payload)

    def _check(self, pointer: str, name: str, payload: Any) -> None:
        validator = self._validators.get(pointer)
        if validator is None:
            schema = {"$ref": f"#/components/{pointer}", "components": self._components}
            validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
            self._validators[pointer] = validator
        self.faults += [f"{name}: {error.message}: {payload}" for error in validator.iter_errors(payload)]


DECLARED = Declared(asyncapi_document())


def watch(patch: Any) -> None:
    """Looks at what the gateways of this process send from now on. `patch` is a MonkeyPatch."""
    emit, handle = Gateway.emit, Inbound.handle

    def checked_emit(self: Gateway, sids: Any, event: str, body: str) -> None:
        DECLARED.frame(event, msgspec.json.decode(body))
        emit(self, sids, event, body)

    async def checked_handle(self: Inbound, sid: str, principal: Any, event: str, arguments: Sequence[Any]) -> Any:
        reply = await handle(self, sid, principal, event, arguments)
        DECLARED.reply(event, msgspec.json.decode(reply.body))
        return reply

    patch.setattr(Gateway, "emit", checked_emit)
    patch.setattr(Inbound, "handle", checked_handle)
