"""What clients may ask. Invariant: a payload is validated, at most one command is called, and every event is answered
with `ok` or with a code; no rule of the game lives here."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from domains.kernel.errors import AppError
from domains.kernel.events import correlation_id
from domains.kernel.ids import new_id
from realtime import metrics, wire
from realtime.ports import Ports, Principal
from realtime.rooms import LEAGUE, Rooms, league_room

logger = logging.getLogger(__name__)

S = TypeVar("S", bound=msgspec.Struct)

WATCHED_LEAGUES_PER_SOCKET = 8
COMMAND_DEADLINE_S = 10.0


class Reply(msgspec.Struct, frozen=True):
    """The acknowledgement as JSON, and what to do once it is on its way."""

    body: str
    ok: bool = True
    then: Callable[[], None] | None = None


class Refusal(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


_ACCEPTED = wire.encode(wire.Accepted())


def refused(code: str, message: str) -> Reply:
    return Reply(wire.encode(wire.Refused(code=code, message=message)), ok=False)


def payload(kind: type[S], arguments: Sequence[Any]) -> S:
    """The single object that an event carries; nothing at all counts as an empty object."""
    if len(arguments) > 1:
        raise Refusal("realtime.bad_payload", "one object expected")
    try:
        return msgspec.convert(arguments[0] if arguments else {}, kind)
    except msgspec.ValidationError as error:
        raise Refusal("realtime.bad_payload", str(error)) from error


class Inbound:
    """`watch_league(sid, user_id, league_id)` seats a socket at a board; whether it may is asked before."""

    def __init__(self, ports: Ports, rooms: Rooms, watch_league: Callable[[str, UUID, UUID], None]) -> None:
        self._ports = ports
        self._rooms = rooms
        self._watch_league = watch_league
        self._commands: dict[str, Callable[[str, Principal, Sequence[Any]], Awaitable[Reply]]] = {
            wire.LEAGUE_WATCH: self._league_watch,
            wire.LEAGUE_UNWATCH: self._league_unwatch,
            wire.SESSION_WATCH: self._session_watch,
            wire.CLASSROOM_WATCH: self._classroom_watch,
            wire.ANSWER_SUBMIT: self._answer_submit,
        }

    async def handle(self, sid: str, principal: Principal, event: str, arguments: Sequence[Any]) -> Reply:
        """Never raises: a broken command of one client is that client's answer only."""
        correlation_id.set(str(new_id()))
        command = self._commands.get(event)
        if command is None:
            metrics.INBOUND.labels("unknown", "refused").inc()
            return refused("realtime.unknown_event", "no such event")
        try:
            async with asyncio.timeout(COMMAND_DEADLINE_S):
                reply = await command(sid, principal, arguments)
        except Refusal as refusal:
            reply = refused(refusal.code, refusal.message)
        except AppError as error:
            reply = refused(error.code, error.detail or error.title)
        except TimeoutError:
            reply = refused("realtime.timeout", "no answer in time; try again with the same key")
        except Exception:
            logger.exception("%s failed", event)
            reply = refused("internal", "something went wrong here")
        metrics.INBOUND.labels(event, "accepted" if reply.ok else "refused").inc()
        return reply

    async def _league_watch(self, sid: str, principal: Principal, arguments: Sequence[Any]) -> Reply:
        league_id = payload(wire.LeagueWatch, arguments).league_id
        watched = self._rooms.rooms_of(sid, LEAGUE)
        if league_room(league_id) not in watched and len(watched) >= WATCHED_LEAGUES_PER_SOCKET:
            raise Refusal("realtime.too_many_rooms", f"at most {WATCHED_LEAGUES_PER_SOCKET} leagues at once")
        if not await self._ports.may_watch_league(principal, league_id):
            raise Refusal("realtime.not_found", "no such league")
        return Reply(_ACCEPTED, then=lambda: self._watch_league(sid, principal.user_id, league_id))

    async def _league_unwatch(self, sid: str, principal: Principal, arguments: Sequence[Any]) -> Reply:
        league_id = payload(wire.LeagueUnwatch, arguments).league_id
        for room in [league_room(league_id)] if league_id else self._rooms.rooms_of(sid, LEAGUE):
            self._rooms.leave(room, sid)
        return Reply(_ACCEPTED)

    async def _session_watch(self, sid: str, principal: Principal, arguments: Sequence[Any]) -> Reply:
        session_id = payload(wire.SessionWatch, arguments).session_id
        if not await self._ports.may_watch_session(principal, session_id):
            raise Refusal("realtime.not_found", "no such session")
        # The owner's own stream carries the progress already.
        return Reply(_ACCEPTED)

    async def _classroom_watch(self, sid: str, principal: Principal, arguments: Sequence[Any]) -> Reply:
        payload(wire.ClassroomWatch, arguments)
        raise Refusal("realtime.not_found", "no such classroom")

    async def _answer_submit(self, sid: str, principal: Principal, arguments: Sequence[Any]) -> Reply:
        answer = payload(wire.AnswerSubmit, arguments)
        body = wire.encode(await self._ports.submit_answer(principal, answer))
        return Reply('{"ok":true}' if body == "{}" else '{"ok":true,' + body[1:])
