"""The hearing half of the bus: one connection that subscribes to the rooms in which somebody of this process sits.

Invariants: what is heard is handed on in the order in which Redis published it; after every (re)connection, once all
subscriptions stand, `on_resync` runs, because what was said meanwhile was not heard; a message that cannot be read ends
nothing but itself.
"""

import asyncio
import logging
from collections.abc import Callable, Collection

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisError

from realtime import metrics
from realtime.ports import Clock
from realtime.publisher import Server, channel_of, own_connection, room_of

logger = logging.getLogger(__name__)


class Listener:
    def __init__(
        self,
        redis: Server,
        clock: Clock,
        *,
        sharded: bool = False,
        on_message: Callable[[str, bytes], None],
        on_resync: Callable[[], None],
        heartbeat_s: float = 2.0,
        deadline_s: float = 2.0,
    ) -> None:
        self._redis = redis
        self._kind = "S" if sharded else ""
        """Before the names of commands: channels of one node of a cluster, or of all of them."""
        self._clock = clock
        self._on_message = on_message
        self._on_resync = on_resync
        self._heartbeat_s = heartbeat_s
        self._deadline_s = deadline_s
        self._rooms: dict[str, None] = {}
        self._confirmed: set[str] = set()
        self._waiting: dict[str, list[asyncio.Future[None]]] = {}
        self._connection: AbstractConnection | None = None

    @property
    def connected(self) -> bool:
        return self._connection is not None

    def want(self, room: str) -> None:
        """Subscribes with the next connection; for what is wanted before there is any."""
        self._rooms[room] = None

    def rooms(self) -> list[str]:
        return list(self._rooms)

    def hears(self, room: str) -> bool:
        """Whether the room's subscription stands, on the connection that there is."""
        return room in self._confirmed

    async def listen(self, room: str) -> bool:
        """True once Redis has confirmed. False when it is away; then `on_resync` follows when it is back."""
        if room in self._confirmed:
            return True
        self._rooms[room] = None
        confirmed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(room, []).append(confirmed)
        try:
            async with asyncio.timeout(self._deadline_s):
                if not await self._send("SUBSCRIBE", [room]):
                    return False
                await confirmed
                return True
        except TimeoutError:
            return False
        finally:
            waiting = self._waiting.get(room, [])
            if confirmed in waiting:
                waiting.remove(confirmed)
            if not waiting:
                self._waiting.pop(room, None)

    async def forget(self, *rooms: str) -> None:
        for room in rooms:
            self._rooms.pop(room, None)
            self._confirmed.discard(room)
        try:
            async with asyncio.timeout(self._deadline_s):
                await self._send("UNSUBSCRIBE", rooms)
        except TimeoutError:
            return

    async def run(self) -> None:
        """Listens until cancelled."""
        delay_s = 0.05
        while True:
            connection = own_connection(self._redis)
            try:
                async with asyncio.timeout(self._deadline_s):
                    await connection.connect()  # type: ignore[no-untyped-call]
                delay_s = 0.05
                await self._hear(connection)
            except (OSError, RedisError, TimeoutError) as error:
                logger.warning("redis is away, nothing is heard: %s", error)
            finally:
                self._connection = None
                self._confirmed.clear()
                await connection.disconnect(nowait=True)
            await self._clock.sleep(delay_s)
            delay_s = min(delay_s * 2, 1.0)

    async def _hear(self, connection: AbstractConnection) -> None:
        rooms = list(self._rooms)
        self._connection = connection
        if rooms:
            await self._command(connection, "SUBSCRIBE", rooms)
        missing = set(rooms)
        if not missing:
            self._on_resync()
        pinged = False
        while True:
            reply = await connection.read_response(timeout=self._heartbeat_s)
            if reply is None:
                if pinged:
                    raise TimeoutError("no answer to a ping")
                await connection.send_command("PING", check_health=False)
                pinged = True
                continue
            pinged = False
            kind = reply[0]
            if kind in (b"message", b"smessage"):
                self._hand_on(reply[1], reply[2])
            elif kind == b"sunsubscribe" and room_of(reply[1]) in self._confirmed:
                raise ConnectionError("the channel has moved to another node")
            elif kind in (b"subscribe", b"ssubscribe"):
                room = room_of(reply[1])
                if room in self._rooms:
                    self._confirmed.add(room)
                for confirmed in self._waiting.pop(room, ()):
                    if not confirmed.done():
                        confirmed.set_result(None)
                if room in missing:
                    missing.discard(room)
                    if not missing:
                        self._on_resync()

    def _hand_on(self, channel: bytes, data: bytes) -> None:
        """Anybody who reaches Redis may publish anything, and another version of us may say what we do not know."""
        try:
            self._on_message(room_of(channel), data)
        except Exception:
            metrics.UNREADABLE.inc()
            logger.exception("a message on %r cannot be read: %r", channel, data[:100])

    async def _send(self, command: str, rooms: Collection[str]) -> bool:
        connection = self._connection
        if connection is None or not connection.is_connected:
            return False
        try:
            await self._command(connection, command, rooms)
        except (OSError, RedisError):
            return False
        return True

    async def _command(self, connection: AbstractConnection, command: str, rooms: Collection[str]) -> None:
        # One by one: a node of a cluster takes no two channels of different slots in one command.
        commands = [(self._kind + command, channel_of(room)) for room in rooms]
        await connection.send_packed_command(connection.pack_commands(commands), check_health=False)
