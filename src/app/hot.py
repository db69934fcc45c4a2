"""The two hot routes, without the framework: `POST /api/v1/sessions/{id}/answers` and `.../complete`.

Every answer of every learner passes here, and what a framework does per request costs more than grading and storing.
This is a shortcut and no second door: it takes only the plain case (a token that is known, a body that decodes), calls
the same command as the route, and leaves everything else, also every malformed request, to the route itself.
"""

from collections.abc import Collection, Coroutine
from typing import Any
from uuid import UUID

import msgspec
from litestar import Litestar
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from app.problems import response_to
from domains.gamification import api as gamification
from domains.identity.api import Principal
from domains.identity.guards import AUTHENTICATOR, LIMITER
from domains.learning import api as learning

_BEFORE = "/api/v1/sessions/"
_ID = slice(len(_BEFORE), len(_BEFORE) + 36)
_ANSWERS = "/answers"
_COMPLETE = "/complete"
_MOST_BYTES = 64 * 1024

_CREDENTIALS = (
    (b"access-control-allow-credentials", b"true"),
    (b"access-control-expose-headers", b"RateLimit, RateLimit-Policy, Retry-After, X-Request-ID"),
)

_decode = msgspec.json.Decoder(learning.AnswerIn).decode
_encode = msgspec.json.Encoder().encode


class HotRoutes:
    """Wraps the application, whose parts it finds in `app.state` once the process runs."""

    def __init__(self, inner: ASGIApp, app: Litestar, *, origins: Collection[str]) -> None:
        self._inner = inner
        self._state = app.state
        self._origins = frozenset(origin.encode() for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        what = path[_ID.stop :]
        if (what != _ANSWERS and what != _COMPLETE) or not path.startswith(_BEFORE):
            await self._inner(scope, receive, send)
            return
        headers = dict(scope["headers"])
        principal = self._principal(headers)
        if scope.get("method") != "POST" or principal is None or principal.actor_id is not None:
            await self._inner(scope, receive, send)
            return
        messages: list[Any] = []
        body = b""
        try:
            session_id = UUID(path[_ID])
            if what == _ANSWERS:
                messages, body = await _received(receive)
                data = _decode(body)
        except (ValueError, RecursionError):
            await self._inner(scope, _again(messages, receive), send)
            return
        scope["path_template"] = f"{_BEFORE}{{session_id}}{what}"
        if what == _ANSWERS:
            key = headers.get(b"idempotency-key")
            work = self._answer(principal, session_id, data, key.decode("latin-1") if key is not None else None)
        else:
            work = self._complete(principal, session_id)
        status, more, body = await self._answered(scope, principal, work)
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

    async def _answer(
        self, principal: Principal, session_id: UUID, data: learning.AnswerIn, key: str | None
    ) -> msgspec.Struct:
        return await learning.submit_answer(
            self._state.parts.infra.db,
            user_id=principal.user_id,
            session_id=session_id,
            exercise_id=data.exercise_id,
            answer=data.answer,
            elapsed_ms=data.elapsed_ms,
            key=key,
        )

    async def _complete(self, principal: Principal, session_id: UUID) -> msgspec.Struct:
        async with self._state.parts.infra.db.begin() as uow:
            return await gamification.complete_session(uow, principal.user_id, session_id)

    async def _answered(
        self, scope: Scope, principal: Principal, work: Coroutine[Any, Any, msgspec.Struct]
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        """Status, headers and body."""
        headers: list[tuple[bytes, bytes]] = []
        try:
            headers = self._state[LIMITER].admit_here(scope, principal)
            answer = await work
        except Exception as error:  # noqa: BLE001 - the same table of answers as everywhere
            work.close()
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
