"""Where the Socket.IO endpoint hangs in a process. Invariant: every request for a session reaches the process that
holds it, whichever way it came in.

Under our own server a websocket of ours never becomes an ASGI task: the connection goes over to the gateway as it is.
"""

from typing import Any

import httptools
from litestar.handlers import ASGIRouteHandler, asgi
from litestar.types import Receive, Scope, Send

from app.neighbours import Handle, Neighbours, Place
from domains.identity import guards
from realtime.gateway import Headers, Others
from realtime.hub import Realtime

PATH = "/socket.io"


class Mount:
    """Litestar wants its routes before the lifespan has opened what stands behind them."""

    def __init__(self, place: Place | None = None) -> None:
        self.mark = place.mark if place else ""
        self._place = place
        self._realtime: Realtime | None = None
        self._handle: Handle | None = None

    def open(self, realtime: Realtime) -> None:
        self._realtime = realtime
        self._handle = Neighbours(self._place, realtime.handle) if self._place else realtime.handle

    def route(self) -> ASGIRouteHandler:
        @asgi(PATH, is_mount=True, copy_scope=True, opt=guards.UNLIMITED)
        async def socket_io(scope: Scope, receive: Receive, send: Send) -> None:
            if self._handle is not None:
                await self._handle(scope, receive, send)

        return socket_io

    def take(self, url: bytes, headers: Headers, transport: Any, others: Others) -> bool:
        """Takes a connection over that asks to become a websocket of ours; False leaves it to the server."""
        try:
            parsed = httptools.parse_url(url)
        except httptools.HttpParserInvalidURLError:
            return False
        query: bytes = parsed.query or b""
        if self._realtime is None or (parsed.path or b"").rstrip(b"/") != PATH.encode():
            return False
        if self._place is not None and self._place.owner_of(query) is not None:
            return False
        self._realtime.take(query.decode("latin-1"), headers, transport, others)
        return True

    async def farewell(self) -> None:
        """Before the server closes connections by itself, which says nothing to anybody."""
        if self._realtime is not None:
            await self._realtime.farewell()
