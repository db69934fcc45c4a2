"""What clients may ask. Invariant: a payload is validated, at most one command is called, and every event is answered
with `ok` or with a code; no rule of the game lives here."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from domains.kernel.errors import AppError
from domains.kernel.events import correlation_id
from domains.kernel.ids import new_id
from realtime import commands, metrics, wire
from realtime.ports import Ports, Principal
from realtime.rooms import CLASSROOM, COURSE, DRAFT, LEAGUE, SESSION, Rooms

logger = logging.getLogger(__name__)

S = TypeVar("S", bound=msgspec.Struct)

ROOMS_PER_SOCKET = 16
"""That one socket watches at once, of all kinds together."""
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


_ACCEPTED = wire.encode(commands.Accepted())


def refused(code: str, message: str) -> Reply:
    return Reply(wire.encode(commands.Refused(code=code, message=message)), ok=False)


def payload(kind: type[S], arguments: Sequence[Any]) -> S:
    """The single object that an event carries; nothing at all counts as an empty object."""
    if len(arguments) > 1:
        raise Refusal("realtime.bad_payload", "one object expected")
    try:
        return msgspec.convert(arguments[0] if arguments else {}, kind)
    except msgspec.ValidationError as error:
        raise Refusal("realtime.bad_payload", str(error)) from error


@dataclass(frozen=True, slots=True)
class Door:
    """One kind of room, as it is asked for: `subject` is the field with the id."""

    kind: str
    noun: str
    subject: str
    watch: type[msgspec.Struct]
    unwatch: type[msgspec.Struct]


DOORS = {
    (commands.LEAGUE_WATCH, commands.LEAGUE_UNWATCH): Door(
        LEAGUE, "league", "league_id", commands.LeagueWatch, commands.LeagueUnwatch
    ),
    (commands.CLASSROOM_WATCH, commands.CLASSROOM_UNWATCH): Door(
        CLASSROOM, "classroom", "classroom_id", commands.ClassroomWatch, commands.ClassroomUnwatch
    ),
    (commands.SESSION_WATCH, commands.SESSION_UNWATCH): Door(
        SESSION, "session", "session_id", commands.SessionWatch, commands.SessionUnwatch
    ),
    (commands.COURSE_WATCH, commands.COURSE_UNWATCH): Door(
        COURSE, "course", "course_id", commands.CourseWatch, commands.CourseUnwatch
    ),
    (commands.DRAFT_WATCH, commands.DRAFT_UNWATCH): Door(
        DRAFT, "draft", "course_id", commands.DraftWatch, commands.DraftUnwatch
    ),
}


Command = Callable[[str, Principal, Sequence[Any]], Awaitable[Reply]]


class Inbound:
    """`enter(sid, user_id, room)` seats a socket in a room; whether it may is asked before, every time."""

    def __init__(self, ports: Ports, rooms: Rooms, enter: Callable[[str, UUID, str], None]) -> None:
        self._ports = ports
        self._rooms = rooms
        self._enter = enter
        self._commands: dict[str, Command] = {commands.ANSWER_SUBMIT: self._answer_submit}
        for (watch, unwatch), door in DOORS.items():
            self._commands[watch] = partial(self._watch, door)
            self._commands[unwatch] = partial(self._unwatch, door)

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
        except RecursionError:
            reply = refused("realtime.bad_payload", "nested too deeply")
        except TimeoutError:
            reply = refused("realtime.timeout", "no answer in time; try again with the same key")
        except Exception:
            logger.exception("%s failed", event)
            reply = refused("internal", "something went wrong here")
        metrics.INBOUND.labels(event, "accepted" if reply.ok else "refused").inc()
        return reply

    async def _watch(self, door: Door, sid: str, principal: Principal, arguments: Sequence[Any]) -> Reply:
        asked = payload(door.watch, arguments)
        subject: UUID = getattr(asked, door.subject)
        room = f"{door.kind}{subject}"
        watched = self._rooms.watched_by(sid)
        if room not in watched and len(watched) >= ROOMS_PER_SOCKET:
            raise Refusal("realtime.too_many_rooms", f"at most {ROOMS_PER_SOCKET} rooms at once")
        if not await self._may_watch(door, principal.user_id, subject, getattr(asked, "invitation", None)):
            raise Refusal("realtime.not_found", f"no such {door.noun}")
        return Reply(_ACCEPTED, then=lambda: self._enter(sid, principal.user_id, room))

    async def _may_watch(self, door: Door, user_id: UUID, subject: UUID, invitation: str | None) -> bool:
        if invitation is not None:
            return await self._ports.accept_invitation(user_id, subject, invitation)
        return bool(await self._ports.may_watch[door.kind]([(user_id, subject)]))

    async def _unwatch(self, door: Door, sid: str, principal: Principal, arguments: Sequence[Any]) -> Reply:
        subject = getattr(payload(door.unwatch, arguments), door.subject)
        for room in [f"{door.kind}{subject}"] if subject else self._rooms.rooms_of(sid, door.kind):
            self._rooms.leave(room, sid)
        return Reply(_ACCEPTED)

    async def _answer_submit(self, sid: str, principal: Principal, arguments: Sequence[Any]) -> Reply:
        answer = payload(commands.AnswerSubmit, arguments)
        body = wire.encode(await self._ports.submit_answer(principal, answer))
        return Reply('{"ok":true}' if body == "{}" else '{"ok":true,' + body[1:])
