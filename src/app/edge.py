"""The outermost layer of the process: what holds for every request, before any route is known.

Pure ASGI and cheap, because the hottest routes pass through it: correlation id, size and type of bodies, security
headers, time measured by route. Socket.IO passes untouched.
"""

import functools
import re
import time
from collections.abc import Iterable
from typing import cast

import msgspec
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send
from prometheus_client import Histogram

from app.telemetry import REQUESTS
from domains.kernel.events import correlation_id
from domains.kernel.ids import new_id

MOST_BODY_BYTES = 256 * 1024
_PLAIN_ID = re.compile(rb"[A-Za-z0-9._:-]{1,80}")
_DEFAULTS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-frame-options", b"DENY"),
)
PARTS = "/media/uploads/"
"""Parts of files, whose routes have a limit and a check of their own."""
_FILE = b"application/octet-stream"
_FILES = ("/deck", "/file")
"""Ends of paths whose bodies are files; their routes say how large they may be."""
_KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_FORMS = ("/pay/", "/unsubscribe/")
"""Pages without a script, whose forms a browser sends as it always did."""
_FORM_BY_PROVIDER = "/backchannel-logout"
"""Login providers tell of logouts by a form."""
_FORM_KINDS = (b"application/x-www-form-urlencoded", b"multipart/form-data")
"""The second is how some mail programs unsubscribe (RFC 8058)."""


def brings_file(path: str) -> bool:
    """Whether what is sent there is a file or a part of one, for which a slow line needs longer."""
    return path.startswith(PARTS) or path.endswith(_FILES)


class Edge:
    """Wraps the application."""

    def __init__(self, inner: ASGIApp, *, https: bool) -> None:
        self._inner = inner
        self._headers = [
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
        ]
        if https:
            self._headers.append((b"strict-transport-security", b"max-age=31536000; includeSubDomains"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if str(scope["type"]) == "http" and not scope["path"].startswith("/socket.io"):
            await self._http(cast("HTTPScope", scope), receive, send)
        else:
            await self._inner(scope, receive, send)

    async def _http(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        request_id = _request_id(headers)
        correlation_id.set(request_id)
        started = time.perf_counter()
        status = 500

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = self._with_own(message["headers"], request_id)
            await send(message)

        if scope["method"] in _WITH_BODY and (refusal := _refusal(scope["path"], headers)):
            await _refuse(answer, *refusal)
        else:
            await self._inner(scope, receive, answer)
        _timer(scope["method"], scope.get("path_template") or "(none)", status).observe(time.perf_counter() - started)

    def _with_own(self, found: Iterable[tuple[bytes, bytes]], request_id: str) -> list[tuple[bytes, bytes]]:
        """What a route says about caching and content goes before what holds for all."""
        names = {name.lower() for name, _ in found}
        return [
            *found,
            *self._headers,
            (b"x-request-id", request_id.encode()),
            *(default for default in _DEFAULTS if default[0] not in names),
        ]


def _refusal(path: str, headers: dict[bytes, bytes]) -> tuple[int, str, str] | None:
    if path.startswith(PARTS):
        return None
    kind = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
    if kind == _FILE and path.endswith(_FILES):
        return None
    length = headers.get(b"content-length")
    if length is not None and (not length.isdigit() or int(length) > MOST_BODY_BYTES):
        return 413, "http.body_too_large", f"A body has at most {MOST_BODY_BYTES} bytes"
    has_body = (length not in (None, b"0")) or b"transfer-encoding" in headers
    if not has_body:
        return None
    if headers.get(b"content-encoding", b"identity") != b"identity":
        return 415, "http.unsupported_encoding", "Send the body without compression"
    if kind in _FORM_KINDS and (path.startswith(_FORMS) or path.endswith(_FORM_BY_PROVIDER)):
        return None
    if kind != b"application/json":
        return 415, "http.unsupported_media_type", "Send JSON with Content-Type: application/json"
    return None


@functools.lru_cache(maxsize=2000)
def _timer(method: str, template: str, status: int) -> Histogram:
    """Looking a metric's labels up costs more than observing it."""
    return REQUESTS.labels(method if method in _KNOWN_METHODS else "other", template, status)


def _request_id(headers: dict[bytes, bytes]) -> str:
    given = headers.get(b"x-request-id", b"")
    return given.decode() if _PLAIN_ID.fullmatch(given) else new_id().hex


async def _refuse(send: Send, status: int, code: str, title: str) -> None:
    body = msgspec.json.encode({"type": "about:blank", "title": title, "status": status, "code": code})
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
