"""The Socket.IO endpoint.

Invariants: only events on the allow-list reach a command, and never the library's own `connect` or `disconnect`; a
frame is made ready once however many sockets get it, and waits for none of them; whatever one client sends or does not
read, the others do not notice.
"""

import asyncio
import logging
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from litestar.types import Receive, Scope, Send
from socketio.exceptions import ConnectionRefusedError as Refused

from domains.kernel.errors import AppError
from realtime import closings, commands, metrics, wire
from realtime.gateway import library
from realtime.gateway.direct import Headers, Others
from realtime.gateway.engine import Engine
from realtime.gateway.frames import Frame
from realtime.gateway.peer import Bucket, Peer, Person
from realtime.inbound import Inbound, Refusal, payload, refused
from realtime.ports import Authenticate, Clock

logger = logging.getLogger(__name__)

_DISCONNECT = Frame("41")
# An event that wants an acknowledgement, whatever comes behind its number.
_ASKS = re.compile(r"2([0-9]{1,15})\[")
_UNREADABLE = refused("realtime.bad_payload", "JSON that cannot be read, is nested too deeply, or holds \\u0000").body


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """`origins`: exact origins of browsers that may connect; an empty list admits only those that send none.
    `transports`: long polling needs every request of a client to reach the same process; `mark` begins the id of every
    engine session, so that whoever gets such a request knows where it belongs. `queue_limit` packets and `queue_bytes`
    bytes is what a client may be behind before it is closed. Who is gone without a word is noticed within 45 s: ping
    interval and timeout."""

    origins: Sequence[str] = ()
    transports: Sequence[str] = ("websocket", "polling")
    mark: str = ""
    queue_limit: int = 500
    queue_bytes: int = 262_144
    connect_deadline_s: float = 9.0
    closing_grace_s: float = 5.0
    ping_interval_s: float = 25.0
    ping_timeout_s: float = 19.0
    frame_bytes: int = 65_536
    events_per_s: float = 100.0
    events_burst: int = 200
    events_per_s_of_person: float = 200.0
    events_burst_of_person: int = 400
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
        self._people: dict[UUID, Person] = {}
        self._server = library.HouseServer(
            clock=clock,
            cors_allowed_origins=list(settings.origins),
            max_http_buffer_size=settings.frame_bytes,
            ping_interval=settings.ping_interval_s,
            ping_timeout=settings.ping_timeout_s,
            transports=list(settings.transports),
        )
        self._server.gateway = self
        self._engine: Engine = self._server.eio
        self._engine.mark = settings.mark
        self._engine.queue_limit = settings.queue_limit
        self._engine.queue_bytes = settings.queue_bytes
        self._engine.closing_grace_s = settings.closing_grace_s
        self._server.on("connect", self._on_connect)
        self._server.on("disconnect", self._on_disconnect)

    # ---- outgoing

    def emit(self, sids: Iterable[str], event: str, body: str) -> None:
        frame = Frame(f'42["{event}",{body}]')
        peers = self._by_sid
        sent = 0
        behind: list[Peer] = []
        for sid in sids:
            peer = peers.get(sid)
            if peer is None:
                continue
            if peer.session.push(frame):
                sent += 1
            else:
                behind.append(peer)
        metrics.FRAMES_SENT.labels(event).inc(sent)
        metrics.BYTES_SENT.inc(sent * len(frame.wire))
        for peer in behind:
            self._too_slow(peer)

    def _too_slow(self, peer: Peer) -> None:
        if peer.session.closing:
            return
        metrics.FRAMES_DROPPED.labels("slow_client").inc()
        self.close(peer, "realtime.too_slow", "frames were not read in time")

    # ---- closing

    def close_user(self, user_id: UUID, code: str, message: str) -> None:
        person = self._people.get(user_id)
        for peer in tuple(person.peers) if person is not None else ():
            self.close(peer, code, message)

    def close_sessions(self, session_ids: Iterable[UUID], code: str, message: str) -> None:
        ended = set(session_ids)
        for peer in tuple(self._peers.values()):
            if peer.principal is not None and peer.principal.session_id in ended:
                self.close(peer, code, message)

    def session_ids(self) -> set[UUID]:
        return {peer.principal.session_id for peer in self._peers.values() if peer.principal is not None}

    def close(self, peer: Peer, code: str, message: str) -> None:
        """Says why and closes; the engine cuts the line if that does not get through. Where the reason allows it,
        official clients connect again by themselves, otherwise they wait for their program to do it."""
        if peer.closing:
            return
        peer.closing = True
        metrics.SOCKETS_CLOSED.labels(code).inc()
        logger.debug("closing socket %s: %s", peer.sid or peer.eio_sid, code)
        self._forget(peer)
        closing = closings.closing(code)
        words = wire.encode(closings.last_words(code, message))
        frames = [Frame(f'42["{wire.STREAM_CLOSED}",{words}]')]
        if not closing.by_itself:
            frames.append(_DISCONNECT)
        peer.session.leave(frames, closing.number, code)

    def _forget(self, peer: Peer) -> None:
        """Takes the socket out of all rooms. The engine's side of it may live on for a moment."""
        peer.cancel_alarm()
        self._unclaim(peer)
        sid, peer.sid = peer.sid, None
        peer.principal = None
        if sid is not None and self._by_sid.pop(sid, None) is not None:
            metrics.SOCKETS.dec()
            self._on_leave(sid)

    async def stop(self) -> None:
        """Tells everybody to come back, and lets go after a second at most."""
        self._engine.stopping = True
        peers = list(self._peers.values())
        for peer in peers:
            self.close(peer, "realtime.restarting", "the server restarts")
        for _ in range(20):
            if not self._engine.lines and not self._engine.sockets:
                break
            await asyncio.sleep(0.05)
        for line in tuple(self._engine.lines):
            line.abort()
        for session in tuple(self._engine.sockets.values()):
            session.cut()

    def measure(self) -> None:
        """Called now and then: what clients have not taken yet."""
        waiting = [peer.session.waiting_bytes() for peer in self._peers.values()]
        metrics.QUEUED_BYTES.set(sum(waiting))
        metrics.QUEUED_BYTES_MOST.set(max(waiting, default=0))

    # ---- called by the library's server

    def opened(self, eio_sid: str) -> None:
        session = self._engine.sockets.get(eio_sid)
        if session is None:
            return
        settings = self._settings
        bucket = Bucket(settings.events_per_s, settings.events_burst, self._clock.time())
        peer = self._peers[eio_sid] = Peer(eio_sid, session, bucket)
        self._expect_login(peer)

    def _expect_login(self, peer: Peer) -> None:
        def too_late() -> None:
            if peer.principal is None:
                self.close(peer, "realtime.connect_timeout", "no valid token was presented in time")

        peer.cancel_alarm()
        peer.alarm = self._engine.agenda.call_later(self._settings.connect_deadline_s, too_late)

    async def admit(self, eio_sid: str, data: str | bytes) -> bool:
        """Waits while the client or its person is over the rate, so that its own line fills up and nobody else's."""
        peer = self._peers.get(eio_sid)
        if peer is None or peer.closing:
            return False
        now = self._clock.time()
        wait_s = peer.bucket.take(now)
        if peer.person is not None:
            wait_s = max(wait_s, peer.person.bucket.take(now))
        if wait_s > 0:
            metrics.THROTTLED.inc()
            await self._clock.sleep(wait_s)
        # 0 connect, 1 disconnect, 2 event; acks and binary packets are never asked for.
        if not isinstance(data, str) or data[:1] not in ("0", "1", "2") or "\\u0000" in data:
            self.malformed(eio_sid, data)
            return False
        return not peer.closing

    def malformed(self, eio_sid: str, data: str | bytes = "") -> None:
        """Counts it, and answers whoever waits for an acknowledgement and would otherwise send the same again."""
        metrics.INBOUND.labels("malformed", "refused").inc()
        peer = self._peers.get(eio_sid)
        if peer is not None:
            asks = _ASKS.match(data) if peer.sid in self._by_sid and isinstance(data, str) else None
            if asks is not None and not peer.session.push(Frame(f"43{asks[1]}[{_UNREADABLE}]")):
                self._too_slow(peer)
            peer.malformed += 1
            if peer.malformed > self._settings.malformed_allowed:
                self.close(peer, "realtime.bad_frames", "too many frames that cannot be read")

    async def _on_connect(self, sid: str, environ: Any, auth: Any) -> None:
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
        connect = payload(commands.Connect, [auth])
        async with asyncio.timeout(self._settings.connect_deadline_s):
            principal = await self._authenticate(connect.token)
        if peer.closing or peer.session.closed:
            raise Refusal("realtime.closing", "the socket is closing")
        self._unclaim(peer)
        person = self._person(principal.user_id)
        if len(person.peers) >= self._settings.sockets_per_user:
            raise Refusal("realtime.too_many_sockets", f"at most {self._settings.sockets_per_user} at once")
        person.peers.add(peer)
        peer.sid, peer.principal, peer.person = sid, principal, person
        peer.position = (connect.epoch, connect.seq or 0, connect.at)

    def _person(self, user_id: UUID) -> Person:
        person = self._people.get(user_id)
        if person is None:
            settings = self._settings
            bucket = Bucket(settings.events_per_s_of_person, settings.events_burst_of_person, self._clock.time())
            person = self._people[user_id] = Person(bucket)
        return person

    def _unclaim(self, peer: Peer) -> None:
        """Gives back the place that a login took among the sockets of its person."""
        person, peer.person = peer.person, None
        if person is None or peer.principal is None:
            return
        person.peers.discard(peer)
        if not person.peers:
            self._people.pop(peer.principal.user_id, None)

    def connected(self, eio_sid: str) -> None:
        peer = self._peers.get(eio_sid)
        if peer is None or peer.sid is None or peer.principal is None or peer.sid in self._by_sid:
            return
        left_s = (peer.principal.expires_at - datetime.now(UTC)).total_seconds()

        def expired() -> None:
            self.close(peer, "realtime.token_expired", "connect again with a fresh token")

        peer.cancel_alarm()
        peer.alarm = self._engine.agenda.call_later(max(left_s, 0.0), expired)
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
        if ack_id is not None and not peer.session.push(Frame(f"43{ack_id}[{reply.body}]")):
            self._too_slow(peer)
        elif reply.then is not None:
            reply.then()

    async def _on_disconnect(self, sid: str, reason: str) -> None:
        peer = self._by_sid.get(sid)
        if peer is not None:
            self._forget(peer)
            if not peer.session.closing:
                self._expect_login(peer)

    def closed(self, eio_sid: str) -> None:
        peer = self._peers.pop(eio_sid, None)
        if peer is not None:
            self._forget(peer)

    # ---- servers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As an ASGI application."""
        await self._engine.handle_request(scope, receive, send)

    def take(self, query: str, headers: Headers, transport: Any, others: Others) -> None:
        """Without ASGI: a connection that asks to become a websocket. `others` are the connections of its server."""
        self._engine.take(query, headers, transport, others)
