"""The writing half of the bus: one connection, one batch under way at a time.

Invariants: nobody waits for Redis except who asks for a replay, and that with a deadline; frames of one learner reach
Redis in the order in which they were given; what could not be written leaves a gap on record, and a learner with a gap
gets a new epoch before the next frame.
"""

import asyncio
import logging
from collections import deque
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from redis.asyncio import ConnectionPool
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from realtime import metrics, recovery
from realtime.ports import Clock
from realtime.rooms import learner_room

logger = logging.getLogger(__name__)

CHANNEL = "lyceum:live:"


def channel_of(room: str) -> str:
    """The braces keep the channel of a stream on the node of a cluster that has its keys."""
    kind, _, subject = room.partition(":")
    return f"{CHANNEL}{kind}:{{{subject}}}" if subject else CHANNEL + room


def room_of(channel: bytes) -> str:
    return channel.decode()[len(CHANNEL) :].replace("{", "").replace("}", "")


class Server(Protocol):
    """Where to connect; read again for every connection, so that it may say another place after a failover."""

    @property
    def connection_pool(self) -> ConnectionPool: ...


def own_connection(redis: Server) -> AbstractConnection:
    """A connection to the same server outside the pool: blocked by nobody, and never reconnected behind our back."""
    pool = redis.connection_pool
    wanted = {
        "socket_timeout": None,
        "socket_connect_timeout": 2.0,
        "decode_responses": False,
        "protocol": 2,
        "health_check_interval": 0,
        "retry": Retry(NoBackoff(), 0),
    }
    connection: AbstractConnection = pool.connection_class(**{**pool.connection_kwargs, **wanted})
    return connection


@dataclass(slots=True)
class _Write:
    """`user_id` None: a plain message on a channel."""

    queued_at: float
    channel: str
    user_id: UUID | None
    arguments: tuple[bytes | str, ...]


@dataclass(slots=True)
class _Read:
    user_id: UUID
    epoch: str
    seq: int
    reply: asyncio.Future[recovery.Replay | None]


class _Failed(Exception):
    """A batch did not go through; some of it may have."""


class Publisher:
    def __init__(
        self,
        redis: Server,
        clock: Clock,
        *,
        sharded: bool = False,
        capacity: int = 20_000,
        patience_s: float = 5.0,
        deadline_s: float = 2.0,
    ) -> None:
        """`sharded`: one node of several; what is said stays on it, and who listens there is told."""
        self._redis = redis
        self._clock = clock
        self._say = "SPUBLISH" if sharded else "PUBLISH"
        self._capacity = capacity
        self._patience_s = patience_s
        self._deadline_s = deadline_s
        self._writes: deque[_Write] = deque()
        self._reads: deque[_Read] = deque()
        self._gaps: dict[UUID, None] = {}
        self._under_way = False
        self._work = asyncio.Event()
        self._connection: AbstractConnection | None = None
        self._run_id = ""
        self._scripts: dict[str, str] = {}

    def frame(self, user_id: UUID, event: str, body: str, tag: bytes) -> None:
        """A frame for a learner's stream. With the same tag it is added once, however often it is given."""
        self._put(_Write(self._clock.time(), channel_of(learner_room(user_id)), user_id, (tag, event, body)))

    def say(self, room: str, text: str) -> None:
        """A message that nobody keeps."""
        self._put(_Write(self._clock.time(), channel_of(room), None, (text,)))

    async def read(self, user_id: UUID, epoch: str | None, seq: int) -> recovery.Replay | None:
        """None when Redis does not answer in time."""
        reply: asyncio.Future[recovery.Replay | None] = asyncio.get_running_loop().create_future()
        self._reads.append(_Read(user_id, epoch or "", max(seq, 0), reply))
        self._work.set()
        try:
            async with asyncio.timeout(self._deadline_s):
                return await reply
        except TimeoutError:
            return None

    @property
    def waiting(self) -> int:
        """Frames and messages that are still to be written."""
        return len(self._writes)

    def drained(self) -> bool:
        return not (self._under_way or self._writes or self._reads or self._gaps)

    async def run(self) -> None:
        """Writes until cancelled."""
        delay_s = 0.05
        # What an earlier run left waits for nobody's next word.
        self._work.set()
        try:
            while True:
                await self._work.wait()
                self._work.clear()
                while not self.drained():
                    try:
                        self._under_way = True
                        await self._batch()
                        delay_s = 0.05
                    except _Failed:
                        await self._hang_up()
                        self._expire()
                        await self._clock.sleep(delay_s)
                        delay_s = min(delay_s * 2, 1.0)
                    finally:
                        self._under_way = False
        finally:
            await self._hang_up()

    def _put(self, write: _Write) -> None:
        if len(self._writes) >= self._capacity:
            self._lose(self._writes.popleft(), "redis_away")
        self._writes.append(write)
        self._work.set()

    def _lose(self, write: _Write, reason: str) -> None:
        metrics.FRAMES_DROPPED.labels(reason).inc()
        if write.user_id is not None:
            self._gaps[write.user_id] = None

    def _expire(self) -> None:
        oldest = self._clock.time() - self._patience_s
        while self._writes and self._writes[0].queued_at < oldest:
            self._lose(self._writes.popleft(), "redis_away")
        while self._reads:
            read = self._reads.popleft()
            if not read.reply.done():
                read.reply.set_result(None)

    async def _batch(self, size: int = 128) -> None:
        """Gaps first, so that a learner's new epoch begins before the frames that come after the gap."""
        gaps = [user_id for user_id, _ in zip(self._gaps, range(size), strict=False)]
        writes = [self._writes.popleft() for _ in range(min(size, len(self._writes)))] if len(gaps) < size else []
        reads = [self._reads.popleft() for _ in range(min(size, len(self._reads)))]
        try:
            connection = await self._connected()
            # For streams that have none: it only has to be another than one that the same stream had before.
            epoch = recovery.new_epoch()
            commands = [self._script("renew", epoch, user_id) for user_id in gaps]
            commands += [
                (self._say, write.channel, *write.arguments)
                if write.user_id is None
                else self._script("publish", epoch, write.user_id, *write.arguments)
                for write in writes
            ]
            commands += [self._script("read", epoch, read.user_id, read.epoch, str(read.seq)) for read in reads]
            replies = await self._exchange(connection, commands)
        except Exception as error:
            self._writes.extendleft(reversed(writes))
            self._reads.extendleft(reversed(reads))
            if not isinstance(error, (OSError, RedisError, TimeoutError)):
                # A fault of our own. What is at the head of the queue will be given up in time, like everything else.
                logger.exception("a batch cannot be written")
            else:
                logger.warning("redis is away: %s", error)
            raise _Failed from error
        self._settle(gaps, writes, reads, replies)

    def _settle(self, gaps: list[UUID], writes: list[_Write], reads: list[_Read], replies: list[Any]) -> None:
        answers = iter(replies)
        refused: list[Any] = []
        for user_id in gaps:
            answer = next(answers)
            if isinstance(answer, ResponseError):
                refused.append(answer)
            else:
                self._gaps.pop(user_id, None)
                metrics.EPOCHS_RENEWED.inc()
        told = [next(answers) for _ in writes]
        overtaken: set[UUID | None] = set()
        for write, answer in zip(reversed(writes), reversed(told), strict=True):
            if not isinstance(answer, ResponseError):
                # Zero: a frame that the stream had before this batch.
                overtaken |= {write.user_id} if write.user_id and answer else set()
                continue
            refused.append(answer)
            if write.user_id in overtaken:
                # A later frame of the same learner is out. Behind that one it would be in the wrong place.
                self._lose(write, "overtaken")
            else:
                self._writes.appendleft(write)
        for read in reads:
            answer = next(answers)
            if isinstance(answer, ResponseError):
                refused.append(answer)
            if not read.reply.done():
                read.reply.set_result(None if isinstance(answer, ResponseError) else recovery.parse_replay(answer))
        if refused:
            # Full, still loading, a read-only replica, or its scripts were flushed: a fresh connection sees anew.
            logger.warning("redis refused %d of %d commands: %s", len(refused), len(replies), refused[0])
            raise _Failed

    async def _exchange(self, connection: AbstractConnection, commands: list[tuple[Any, ...]]) -> list[Any]:
        replies: list[Any] = []
        async with asyncio.timeout(self._deadline_s):
            await connection.send_packed_command(connection.pack_commands(commands), check_health=False)
            for _ in commands:
                try:
                    replies.append(await connection.read_response())
                except ResponseError as error:
                    replies.append(error)
        return replies

    async def _connected(self) -> AbstractConnection:
        """The run id is read once per connection: a restarted Redis always means a new connection."""
        if self._connection is not None:
            return self._connection
        connection = own_connection(self._redis)
        try:
            async with asyncio.timeout(self._deadline_s):
                await connection.connect()  # type: ignore[no-untyped-call]
            sources = {"publish": recovery.PUBLISH, "read": recovery.READ, "renew": recovery.RENEW}
            commands: list[tuple[Any, ...]] = [("SCRIPT", "LOAD", source) for source in sources.values()]
            info, *shas = await self._exchange(connection, [("INFO", "server"), *commands])
            for reply in (info, *shas):
                if isinstance(reply, ResponseError):
                    raise reply
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        self._run_id = next(line[7:] for line in info.decode().splitlines() if line.startswith("run_id:"))
        self._scripts = {name: sha.decode() for name, sha in zip(sources, shas, strict=True)}
        self._connection = connection
        return connection

    def _script(self, name: str, epoch: str, user_id: UUID, *arguments: bytes | str) -> tuple[Any, ...]:
        channel = channel_of(learner_room(user_id))
        head = (self._run_id, epoch, channel, self._say)
        return ("EVALSHA", self._scripts[name], 2, *recovery.keys(user_id), *head, *arguments)

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.disconnect(nowait=True)
