"""The Socket.IO endpoint.

Invariants: only events on the allow-list reach a command, and never the library's own `connect` or `disconnect`; a
socket holds at most `queue_limit` packets; a packet is encoded once however many sockets get it; whatever one client
sends or does not read, the others do not notice.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from engineio import packet as engine
from litestar.enums import ScopeType
from litestar.types import Receive, Scope, Send
from socketio.exceptions import ConnectionRefusedError as Refused

from domains.kernel.errors import AppError
from realtime import metrics, wire
from realtime.gateway import library
from realtime.gateway.line import Line
from realtime.gateway.peer import Peer
from realtime.inbound import Inbound, Refusal, payload
from realtime.ports import Authenticate, Clock

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """`origins`: exact origins of browsers that may connect; an empty list admits only those that send none.
    `transports`: long polling needs every request of a client to reach the same process; `mark` begins the id of every
    engine session, so that whoever gets such a request knows where it belongs."""

    origins: Sequence[str] = ()
    transports: Sequence[str] = ("polling", "websocket")
    mark: str = ""
    queue_limit: int = 500
    connect_deadline_s: float = 9.0
    closing_grace_s: float = 5.0
    ping_interval_s: float = 25.0
    ping_timeout_s: float = 20.0
    frame_bytes: int = 65_536
    events_per_s: float = 100.0
    events_burst: int = 200
    malformed_allowed: int = 20
    sockets_per_user: int = 32


class Gateway:
    """`on_join(peer)` runs when a socket is connected and may get frames, `on_leave(sid)` when it is gone."""

    def __init__(
        self,
        settings: GatewaySettings,
        *,
        authenticate: Authenticate,
        inbound: Inbound,
        clock: Clock,
        on_join: Callable[[Peer], None],
        on_leave: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._authenticate = authenticate
        self._inbound = inbound
        self._clock = clock
        self._on_join = on_join
        self._on_leave = on_leave
        self._peers: dict[str, Peer] = {}
        self._by_sid: dict[str, Peer] = {}
        self._of_user: dict[UUID, set[Peer]] = {}
        self._server = library.Server(
            async_mode="asgi",
            async_handlers=False,
            # An empty list would mean "anybody" to the library.
            cors_allowed_origins=list(settings.origins) or ["null://nobody"],
            max_http_buffer_size=settings.frame_bytes,
            ping_interval=settings.ping_interval_s,
            ping_timeout=settings.ping_timeout_s,
            transports=list(settings.transports),
            json=library.Json,
            logger=library.logger,
            engineio_logger=library.logger,
        )
        self._server.gateway = self
        self._server.eio.mark = settings.mark
        self._server.on("connect", self._on_connect)
        self._server.on("disconnect", self._on_disconnect)

    # ---- outgoing

    def emit(self, sids: Iterable[str], event: str, body: str) -> None:
        packet = engine.Packet(engine.MESSAGE, f'2["{event}",{body}]')
        packet.encode()
        sent = 0
        for sid in sids:
            peer = self._by_sid.get(sid)
            if peer is not None and self._push(peer, packet):
                sent += 1
        metrics.FRAMES_SENT.labels(event).inc(sent)

    def _push(self, peer: Peer, packet: Any) -> bool:
        if peer.closing or peer.socket.closed:
            return False
        if peer.socket.queue.qsize() >= self._settings.queue_limit:
            metrics.FRAMES_DROPPED.labels("slow_client").inc()
            self.close(peer, "realtime.too_slow", "frames were not read in time", come_back=True)
            return False
        peer.socket.queue.put_nowait(packet)
        return True

    # ---- closing

    def close_user(self, user_id: UUID, code: str, message: str) -> None:
        for peer in tuple(self._of_user.get(user_id, ())):
            self.close(peer, code, message)

    def close_sessions(self, session_ids: Iterable[UUID], code: str, message: str) -> None:
        ended = set(session_ids)
        for peer in tuple(self._peers.values()):
            if peer.principal is not None and peer.principal.session_id in ended:
                self.close(peer, code, message)

    def session_ids(self) -> set[UUID]:
        return {peer.principal.session_id for peer in self._peers.values() if peer.principal is not None}

    def close(self, peer: Peer, code: str, message: str, *, come_back: bool = False) -> None:
        """Says why, closes, and cuts the line if that does not get through. With `come_back` official clients connect
        again by themselves, otherwise they wait for their program to do it."""
        if peer.closing:
            return
        peer.closing = True
        known = peer.principal is not None
        metrics.SOCKETS_CLOSED.labels(code).inc()
        logger.debug("closing socket %s: %s", peer.sid or peer.eio_sid, code)
        self._forget(peer)
        queue = peer.socket.queue
        if queue.qsize() >= self._settings.queue_limit:
            while not queue.empty():
                queue.get_nowait()
                queue.task_done()
        last_words = wire.encode(wire.StreamClosed(code=code, message=message))
        queue.put_nowait(engine.Packet(engine.MESSAGE, f'2["{wire.STREAM_CLOSED}",{last_words}]'))
        if not come_back:
            queue.put_nowait(engine.Packet(engine.MESSAGE, "1"))
        queue.put_nowait(engine.Packet(engine.CLOSE))
        queue.put_nowait(None)
        # A stranger gets no more time than it takes to read why.
        grace_s = self._settings.closing_grace_s if known else min(0.5, self._settings.closing_grace_s)
        self._clock.call_later(grace_s, lambda: self._cut(peer))

    def _cut(self, peer: Peer) -> None:
        peer.closing = True
        if not peer.socket.closed:
            peer.spawn(peer.socket.close(wait=False, abort=True))
        peer.abort()
        self._peers.pop(peer.eio_sid, None)
        self._forget(peer)

    def _forget(self, peer: Peer) -> None:
        """Takes the socket out of all rooms. The engine's side of it may live on for a moment."""
        peer.cancel_timers()
        self._unclaim(peer)
        sid, peer.sid = peer.sid, None
        peer.principal = None
        if sid is not None and self._by_sid.pop(sid, None) is not None:
            metrics.SOCKETS.dec()
            self._on_leave(sid)

    async def stop(self) -> None:
        """Tells everybody to come back, and lets go after a second at most."""
        peers = list(self._peers.values())
        for peer in peers:
            self.close(peer, "realtime.restarting", "the server restarts", come_back=True)
        for _ in range(20):
            if all(peer.socket.closed for peer in peers):
                break
            await asyncio.sleep(0.05)
        for peer in peers:
            self._cut(peer)
        await self._server.shutdown()

    # ---- called by the library's server

    def opened(self, eio_sid: str, environ: dict[str, Any]) -> None:
        scope: MutableMapping[str, Any] = environ["asgi.scope"]
        settings = self._settings
        peer = Peer(
            eio_sid=eio_sid,
            socket=self._server.eio.sockets[eio_sid],
            client=scope.get("client"),
            bucket_rate=settings.events_per_s,
            bucket_burst=settings.events_burst,
            now=self._clock.time(),
        )
        peer.socket.poll = partial(library.poll, peer.socket)
        line = scope.get("lyceum.line")
        if line is not None:
            line.attach(peer)
        self._peers[eio_sid] = peer
        self._expect_login(peer)

    def _expect_login(self, peer: Peer) -> None:
        def too_late() -> None:
            if peer.principal is None:
                self.close(peer, "realtime.connect_timeout", "no valid token was presented in time")

        peer.login_timer = self._clock.call_later(self._settings.connect_deadline_s, too_late)

    async def admit(self, eio_sid: str, data: str | bytes) -> bool:
        """Waits while the client is over its rate, so that its own line fills up and nobody else's."""
        peer = self._peers.get(eio_sid)
        if peer is None or peer.closing:
            return False
        wait_s = peer.take_token(self._clock.time())
        if wait_s > 0:
            await self._clock.sleep(wait_s)
        # 0 connect, 1 disconnect, 2 event; acks and binary packets are never asked for.
        if not isinstance(data, str) or data[:1] not in ("0", "1", "2") or "\\u0000" in data:
            self.malformed(eio_sid)
            return False
        return not peer.closing

    def malformed(self, eio_sid: str) -> None:
        metrics.INBOUND.labels("malformed", "refused").inc()
        peer = self._peers.get(eio_sid)
        if peer is not None:
            peer.malformed += 1
            if peer.malformed > self._settings.malformed_allowed:
                self.close(peer, "realtime.bad_frames", "too many frames that cannot be read")

    async def _on_connect(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        eio_sid = self._server.manager.eio_sid_from_sid(sid, "/")
        peer = self._peers.get(eio_sid)
        if peer is None or peer.closing:
            raise Refused("the socket is closing", {"code": "realtime.closing", "message": "the socket is closing"})
        try:
            await self._login(peer, sid, auth)
        except Refusal as error:
            raise Refused(error.message, {"code": error.code, "message": error.message}) from error
        except AppError as error:
            message = error.detail or error.title
            raise Refused(message, {"code": error.code, "message": message}) from error
        except Exception as error:
            logger.exception("authentication failed")
            message = "the token cannot be checked now"
            raise Refused(message, {"code": "unavailable", "message": message}) from error

    async def _login(self, peer: Peer, sid: str, auth: Any) -> None:
        if not isinstance(auth, dict):
            raise Refusal("unauthenticated", "a token is expected in `auth`")
        connect = payload(wire.Connect, [auth])
        async with asyncio.timeout(self._settings.connect_deadline_s):
            principal = await self._authenticate(connect.token)
        if peer.closing:
            raise Refusal("realtime.closing", "the socket is closing")
        self._unclaim(peer)
        if len(self._of_user.get(principal.user_id, ())) >= self._settings.sockets_per_user:
            raise Refusal("realtime.too_many_sockets", f"at most {self._settings.sockets_per_user} at once")
        self._of_user.setdefault(principal.user_id, set()).add(peer)
        peer.sid, peer.principal = sid, principal
        peer.position = (connect.epoch, connect.seq or 0, connect.at)

    def _unclaim(self, peer: Peer) -> None:
        """Gives back the place that a login took among the sockets of its person."""
        if peer.principal is None:
            return
        mine = self._of_user.get(peer.principal.user_id, set())
        mine.discard(peer)
        if not mine:
            self._of_user.pop(peer.principal.user_id, None)

    def connected(self, eio_sid: str) -> None:
        peer = self._peers.get(eio_sid)
        if peer is None or peer.sid is None or peer.principal is None or peer.sid in self._by_sid:
            return
        peer.cancel_timers()
        left_s = (peer.principal.expires_at - datetime.now(UTC)).total_seconds()

        def expired() -> None:
            self.close(peer, "realtime.token_expired", "connect again with a fresh token")

        peer.expiry_timer = self._clock.call_later(max(left_s, 0.0), expired)
        self._by_sid[peer.sid] = peer
        metrics.SOCKETS.inc()
        self._on_join(peer)

    async def event(self, eio_sid: str, namespace: str | None, ack_id: int | None, data: Any) -> None:
        peer = self._peers.get(eio_sid)
        if peer is None or peer.principal is None or peer.sid not in self._by_sid or (namespace or "/") != "/":
            return
        if not isinstance(data, list) or not data or not isinstance(data[0], str):
            self.malformed(eio_sid)
            return
        reply = await self._inbound.handle(peer.sid, peer.principal, data[0], data[1:])
        if peer.closing or peer.sid is None:
            return
        if ack_id is not None:
            self._push(peer, engine.Packet(engine.MESSAGE, f"3{ack_id}[{reply.body}]"))
        if reply.then is not None and not peer.closing:
            reply.then()

    async def _on_disconnect(self, sid: str, reason: str) -> None:
        peer = self._by_sid.get(sid)
        if peer is not None:
            self._forget(peer)
            if not peer.socket.closing:
                self._expect_login(peer)

    def closed(self, eio_sid: str) -> None:
        peer = self._peers.pop(eio_sid, None)
        if peer is not None:
            self._forget(peer)
            if not peer.socket.upgraded:
                # A long poll that waits would otherwise be answered only when it runs out.
                peer.socket.queue.put_nowait(engine.Packet(engine.NOOP))
            # The library waits for its writer, and that for a client that may never read again.
            self._clock.call_later(self._settings.closing_grace_s, peer.abort)

    # ---- ASGI

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.WEBSOCKET:
            await self._server.handle_request(scope, receive, send)
            return
        line = Line(receive, send, frame_bytes=self._settings.frame_bytes, queue_limit=self._settings.queue_limit)
        sids = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("sid")
        upgrading = self._peers.get(sids[0]) if sids else None
        if upgrading is not None:
            line.attach(upgrading)
        scope["lyceum.line"] = line  # type: ignore[typeddict-unknown-key]
        try:
            await self._server.handle_request(scope, line.receive, send)
        except Exception:
            # The library does not expect its transport to fail while it speaks; clean up where it leaves off.
            logger.debug("a websocket ended in the middle", exc_info=True)
        finally:
            await line.end()
