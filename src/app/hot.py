"""The one hot route, without the framework: `POST /api/v1/sessions/{id}/answers`.

Every answer of every learner passes here, and what a framework does per request costs more than grading and storing.
This is a shortcut and no second door: it takes only the plain case (a token that is known, a body that decodes), calls
the same command as the route, and leaves everything else, also every malformed request, to the route itself.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import msgspec
from litestar import Litestar
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from app.problems import response_to
from domains.identity.api import Principal
from domains.identity.guards import AUTHENTICATOR, LIMITER
from domains.learning import api as learning

_BEFORE = "/api/v1/sessions/"
_AFTER = "/answers"
_PATH_LENGTH = len(_BEFORE) + 36 + len(_AFTER)
_TEMPLATE = "/api/v1/sessions/{session_id}/answers"
_MOST_BYTES = 64 * 1024

_CREDENTIALS = (
    (b"access-control-allow-credentials", b"true"),
    (b"access-control-expose-headers", b"RateLimit, RateLimit-Policy, Retry-After, X-Request-ID"),
)

_decode = msgspec.json.Decoder(learning.AnswerIn).decode
_encode = msgspec.json.Encoder().encode


class HotAnswers:
    """Wraps the application, whose parts it finds in `app.state` once the process runs."""

    def __init__(self, inner: ASGIApp, app: Litestar, *, origins: Collection[str]) -> None:
        self._inner = inner
        self._state = app.state
        self._origins = frozenset(origin.encode() for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if len(path) != _PATH_LENGTH or not (path.startswith(_BEFORE) and path.endswith(_AFTER)):
            await self._inner(scope, receive, send)
            return
        headers = dict(scope["headers"])
        principal = self._principal(headers)
        if scope.get("method") != "POST" or principal is None or principal.actor_id is not None:
            await self._inner(scope, receive, send)
            return
        messages, body = await _received(receive)
        try:
            session_id = UUID(path[len(_BEFORE) : -len(_AFTER)])
            data = _decode(body)
        except (ValueError, RecursionError):
            await self._inner(scope, _again(messages, receive), send)
            return
        scope["path_template"] = _TEMPLATE
        key = headers.get(b"idempotency-key")
        status, more, body = await self._answered(scope, principal, session_id, data, key)
        if (origin := headers.get(b"origin")) in self._origins:
            more += [*_CREDENTIALS, (b"access-control-allow-origin", origin), (b"vary", b"Origin")]
        start: Message = {"type": "http.response.start", "status": status, "headers": more}
        await send(start)
        await send({"type": "http.response.body", "body": body, "more_body": False})

    def _principal(self, headers: dict[bytes, bytes]) -> Principal | None:
        scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        known: Principal | None = self._state[AUTHENTICATOR].cached(token.strip().decode("latin-1"))
        return known

    async def _answered(
        self, scope: Scope, principal: Principal, session_id: UUID, data: learning.AnswerIn, key: bytes | None
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        """Status, headers and body."""
        headers: list[tuple[bytes, bytes]] = []
        try:
            headers = self._state[LIMITER].admit_here(scope, principal)
            answer = await learning.submit_answer(
                self._state.parts.infra.db,
                user_id=principal.user_id,
                session_id=session_id,
                exercise_id=data.exercise_id,
                answer=data.answer,
                elapsed_ms=data.elapsed_ms,
                key=key.decode("latin-1") if key is not None else None,
            )
        except Exception as error:  # noqa: BLE001 - the same table of answers as everywhere
            return _problem(error, scope["path"], headers)
        body = _encode(answer)
        return 200, [*headers, (b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))], body


async def _received(receive: Receive) -> tuple[list[Any], bytes]:
    """The messages that carried the body, and the body, as far as an answer can be long."""
    messages: list[Any] = []
    body = b""
    while True:
        message: Any = await receive()
        messages.append(message)
        if message["type"] != "http.request":
            return messages, b""
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return messages, body
        if len(body) > _MOST_BYTES:
            return messages, b""


def _again(messages: list[Any], receive: Receive) -> Receive:
    """A `receive` that first repeats what was read already."""
    waiting = iter(messages)

    async def repeated() -> Any:
        return next(waiting, None) or await receive()

    return repeated


def _problem(
    error: Exception, path: str, more: list[tuple[bytes, bytes]]
) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    response = response_to(error, "POST", path)
    headers = more + [(name.lower().encode(), value.encode()) for name, value in response.headers.items()]
    headers.append((b"content-type", b"application/problem+json"))
    headers.append((b"content-length", b"%d" % len(response.content)))
    return response.status_code or 500, headers, response.content
