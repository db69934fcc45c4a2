"""Engine.IO 4 on top of the library's server object: who may come in, over which transport, and what a poll answers.

Invariants: a request is refused with the code and the status of the reference server, and a refusal changes nothing;
the way over a server's transport and the way over ASGI ask the same questions.
"""

from base64 import b64encode
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import parse_qs

import engineio
import msgspec
from litestar.enums import ScopeType
from litestar.types import Receive, Scope, Send

from realtime.gateway.agenda import Agenda
from realtime.gateway.direct import DirectLine, Headers, Others, handshake
from realtime.gateway.frames import Frame
from realtime.gateway.line import AsgiLine, Line
from realtime.gateway.session import Session
from realtime.ports import Clock, LoopClock

_PLAIN = b"text/plain; charset=UTF-8"
_JSON = b"application/json"


class Refused(Exception):
    """`code` and message are those of the reference server, which clients may look at. `politely`: a websocket is
    answered first and closed then, as there."""

    def __init__(self, status: int, code: int, message: str, *, politely: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.politely = politely
        self.body = msgspec.json.encode({"code": code, "message": message})


class Engine(engineio.AsyncServer):  # type: ignore[misc]
    mark = ""
    """Session ids begin with it, so that several processes know whose session it is."""
    queue_limit = 500
    """Packets that a client may be behind."""
    queue_bytes = 262_144
    """And bytes."""
    closing_grace_s = 5.0
    stopping = False

    def __init__(self, *, clock: Clock | None = None, **options: Any) -> None:
        # The library's own watch over sessions is a task that looks at each in turn; here each has its alarm.
        super().__init__(monitor_clients=False, **options)
        self.agenda = Agenda(clock or LoopClock())
        self.frame_bytes: int = self.max_http_buffer_size
        self.lines: set[Line] = set()
        origins = self.cors_allowed_origins or []
        self._origins = [origins] if isinstance(origins, str) else list(origins)

    def generate_id(self) -> str:
        return self.mark + str(super().generate_id())

    async def disconnect(self, sid: str | None = None) -> None:
        for session in list(self.sockets.values()) if sid is None else [self.sockets.get(sid)]:
            if session is not None:
                session.leave()

    # ---- who may come in

    def admit(self, method: str, query: dict[str, list[str]], origin: str | None, *, upgrade: bool) -> Session | None:
        """The session that the request belongs to; None when it may begin one. Raises Refused."""
        if origin is not None and origin not in self._origins and "*" not in self._origins:
            raise Refused(403, 4, "Forbidden")
        transport = query.get("transport", [""])[0]
        if transport not in self.transports:
            raise Refused(400, 0, "Transport unknown")
        if (transport == "websocket") != upgrade:
            raise Refused(400, 3, "Bad request")
        sid = query.get("sid", [""])[0]
        if not sid:
            self._may_begin(method, query)
            return None
        session: Session | None = self.sockets.get(sid)
        if session is None or session.closed:
            raise Refused(400, 1, "Session ID unknown")
        taken = session.upgraded or (upgrade and (session.upgrading or session.closing))
        if taken or method not in ("GET", "POST"):
            raise Refused(400, 3, "Bad request", politely=True)
        return session

    def _may_begin(self, method: str, query: dict[str, list[str]]) -> None:
        if query.get("EIO", [""])[0] != "4":
            raise Refused(400, 5, "Unsupported protocol version")
        if method != "GET":
            raise Refused(400, 2, "Bad handshake method")
        if self.stopping:
            raise Refused(503, 3, "Bad request")

    def begin(self, line: Line | None = None) -> Session:
        session = Session(self, self.generate_id())
        self.sockets[session.sid] = session
        if line is not None:
            session.open_on(line)
        upgrades = ["websocket"] if line is None and "websocket" in self.transports else []
        opening = {
            "sid": session.sid,
            "upgrades": upgrades if self.allow_upgrades else [],
            "pingInterval": int(self.ping_interval * 1000),
            "pingTimeout": int(self.ping_timeout * 1000),
            "maxPayload": self.frame_bytes,
        }
        session.push(Frame("0" + msgspec.json.encode(opening).decode()))
        return session

    def _put_on(self, line: Line, session: Session | None, environ: Any) -> None:
        if session is not None:
            session.probe_on(line)
            return
        self.begin(line).welcome(environ)

    # ---- straight from a server's transport

    def take(self, query: str, headers: Headers, transport: Any, others: Others) -> None:
        """A GET that asks for a websocket, with all that is needed to answer it. Header names are in lower case."""
        origin = next((value.decode("latin-1") for name, value in headers if name == b"origin"), None)
        answer = handshake(headers)
        try:
            if answer is None:
                raise Refused(400, 3, "Bad request")
            session = self.admit("GET", parse_qs(query), origin, upgrade=True)
        except Refused as refused:
            if answer is not None and refused.politely:
                DirectLine(self, transport, others, answer).finish(1008)
                return
            head = (
                f"HTTP/1.1 {refused.status} Refused\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(refused.body)}\r\nConnection: close\r\n\r\n"
            )
            transport.write(head.encode() + refused.body)
            transport.close()
            return
        self._put_on(DirectLine(self, transport, others, answer), session, {})

    # ---- ASGI

    async def handle_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        websocket = scope["type"] == ScopeType.WEBSOCKET
        headers = dict(scope["headers"])
        given = headers.get(b"origin")
        origin = given.decode("latin-1") if given is not None else None
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        method = "GET" if websocket else str(scope["method"])  # type: ignore[typeddict-item]
        if method == "OPTIONS":
            await self._answer(send, 204, b"", origin)
            return
        try:
            session = self.admit(method, query, origin, upgrade=websocket)
        except Refused as refused:
            if websocket:
                await receive()
                if refused.politely:
                    await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
                await send({"type": "websocket.close", "code": 1008, "reason": None})
            else:
                await self._answer(send, refused.status, refused.body, None, _JSON)
            return
        if websocket:
            await self._serve_websocket(scope, receive, send, session)
        elif method == "POST" and session is not None:
            await self._hear_payload(receive, send, session, origin)
        else:
            if session is None:
                session = self.begin()
                session.welcome({"asgi.scope": scope})
                await session.settled()
            if found := await session.poll():
                body = "\x1e".join(_in_payload(frame.payload) for frame in found)
                await self._answer(send, 200, body.encode(), origin)
            else:
                await self._answer(send, 400, Refused(400, 3, "Bad request").body, origin, _JSON)

    async def _serve_websocket(self, scope: Scope, receive: Receive, send: Send, session: Session | None) -> None:
        await receive()
        await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
        line = AsgiLine(self, receive, send)
        self._put_on(line, session, {"asgi.scope": scope})
        await line.run()

    async def _hear_payload(self, receive: Receive, send: Send, session: Session, origin: str | None) -> None:
        body = await _body(receive, self.frame_bytes)
        try:
            good = body is not None and await session.take_payload(body.decode())
        except UnicodeDecodeError:
            good = False
        if good:
            await self._answer(send, 200, b"ok", origin, b"text/html")
            return
        session.end(self.reason.TRANSPORT_ERROR)
        refused = Refused(400, 3, "Bad request")
        await self._answer(send, 413 if body is None else 400, refused.body, origin, _JSON)

    async def _answer(
        self, send: Send, status: int, body: bytes, origin: str | None, content_type: bytes = _PLAIN
    ) -> None:
        headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
        headers.append((b"cache-control", b"no-store"))
        if origin is not None:
            headers.append((b"access-control-allow-origin", origin.encode("latin-1")))
            headers.append((b"vary", b"origin"))
        start: MutableMapping[str, Any] = {"type": "http.response.start", "status": status, "headers": headers}
        await send(start)  # type: ignore[arg-type]
        await send({"type": "http.response.body", "body": body, "more_body": False})


def _in_payload(packet: str | bytes) -> str:
    if isinstance(packet, str):
        return packet
    return "b" + b64encode(packet).decode()


async def _body(receive: Receive, limit: int) -> bytes | None:
    """None when it is longer than `limit`, or when the client went away in the middle."""
    body = b""
    while len(body) <= limit:
        message: Any = await receive()
        if message["type"] != "http.request":
            return None
        body += bytes(message.get("body", b""))
        if not message.get("more_body", False):
            return body if len(body) <= limit else None
    return None
