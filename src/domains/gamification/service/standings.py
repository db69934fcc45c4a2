"""The boards of all and of each course as sorted sets in Redis, and PostgreSQL itself whenever those are not there.

The view and the moment up to which it is right live in the same Redis and are changed by one script: whatever is wiped,
frozen or restored from yesterday, a view never says that it is newer than it is. Before it is read, what has changed
since is merged in; values are absolute, so twice or out of turn does no harm. A view that is gone is built again beside
the requests, which PostgreSQL answers meanwhile with the same order.
"""

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from redis.asyncio import Redis

from domains.gamification.policy.standings import EVERYWHERE, Period, ends_at, starts_on
from domains.gamification.repository import standings as repository
from domains.gamification.repository.standings import Changed, Place, Places, Scope
from domains.gamification.service.breaker import Breaker, RedisAway
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database

PULL_EVERY_S = 0.5
"""How old a view may be that is read."""
OVERLAP = timedelta(seconds=5)
"""Changes are dated by their statements and seen with their commits, which follow within the limit of a statement."""
MOST_CHANGES = 20_000
"""More is not merged: then a view is built anew."""
MERGED_AT_ONCE = 500
BUILT_AT_ONCE = 1_000
BUILD_DEADLINE_S = 2.0
BUILD_LEASE_S = 5
"""How long nobody else builds when the builder is not heard of; longer than a page may take."""
BUILD_PATIENCE_S = 0.1
"""How long a request waits for a view that is being built: a small one is there by then."""
ALONE_AT_ONCE = 2
"""So many read from PostgreSQL what Redis does not say; there are few connections, and others need them more."""
SETTLED = timedelta(minutes=1)
"""How long what was earned may wait to be tallied."""
KEPT = timedelta(days=2)

SYNCED = "lyceum:boards:synced"
BUILDING = "lyceum:boards:building"
_PREFIX = "lyceum:board:"

log = logging.getLogger(__name__)

# KEYS: synced, boards. ARGV: the moment, then number of the board, score (none: off it) and member of each change.
_MERGE = """
local synced = redis.call('GET', KEYS[1])
if not synced then return 0 end
for i = 2, #ARGV, 3 do
    if ARGV[i + 1] == '' then redis.call('ZREM', KEYS[1 + ARGV[i]], ARGV[i + 2])
    else redis.call('ZADD', KEYS[1 + ARGV[i]], ARGV[i + 1], ARGV[i + 2]) end
end
if tonumber(ARGV[1]) > tonumber(synced) then redis.call('SET', KEYS[1], ARGV[1]) end
return 1
"""

# KEYS: synced, board. ARGV: who asks, whether what surrounds them is wanted, how many.
_READ = """
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
local mine = redis.call('ZRANK', KEYS[2], ARGV[1])
local first = 0
if mine and ARGV[2] == '1' then first = math.max(0, mine - math.floor(ARGV[3] / 2)) end
return {redis.call('ZCARD', KEYS[2]), first, redis.call('ZRANGE', KEYS[2], first, first + ARGV[3] - 1, 'WITHSCORES'),
    mine, mine and redis.call('ZSCORE', KEYS[2], ARGV[1])}
"""

# KEYS: building, synced. ARGV: whose lease, the moment. A lease that is gone was wiped, and half of the view with it.
_FINISH = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[2])
redis.call('DEL', KEYS[1])
return 1
"""


class NoView(Exception):
    """Redis answers, and has no view."""


class Standings:
    """One per process."""

    def __init__(self, db: Database, redis: Redis, breaker: Breaker) -> None:
        self._db = db
        self._redis = redis
        self._breaker = breaker
        self._pulling = asyncio.Lock()
        self._alone = asyncio.Semaphore(ALONE_AT_ONCE)
        self._pulled_at = 0.0
        self._build: asyncio.Task[bool] | None = None

    async def places(self, scope_id: UUID, period: Period, user_id: UUID, *, around: bool, most: int) -> Places:
        """The top `most` of a board, or those around `user_id` if they are on it."""
        scope = Scope(scope_id, period, starts_on(period, utc_now()))
        try:
            return await self._from_view(scope, user_id, around=around, most=most)
        except NoView:
            await self._begin_to_build()
        except RedisAway:
            pass
        async with self._alone:
            return await repository.places(self._db, scope, user_id, around=around, most=most)

    async def places_of(self, period: Period, user_ids: Iterable[UUID]) -> list[Place]:
        """Whoever of these few has XP in the period, the first first. PostgreSQL finds them by their ids."""
        scope = Scope(EVERYWHERE, period, starts_on(period, utc_now()))
        return await repository.places_of(self._db, scope, list(user_ids))

    async def pull(self) -> None:
        """Merges into the view what has changed since. Raises NoView and RedisAway."""
        synced = await self._breaker.ask(lambda: self._redis.get(SYNCED))
        if synced is None:
            raise NoView
        since = _moment(int(synced))
        changes = await repository.changed(self._db, since - OVERLAP, most=MOST_CHANGES + 1)
        if len(changes) > MOST_CHANGES:
            await self._breaker.ask(lambda: self._redis.delete(SYNCED))
            raise NoView
        for start in range(0, len(changes), MERGED_AT_ONCE):
            await self._merge(changes[start : start + MERGED_AT_ONCE])

    async def build(self) -> bool:
        """Makes the view anew; False where somebody else is at it, or it was wiped once more. Raises RedisAway."""
        lease = new_id().hex
        if not await self._breaker.ask(lambda: self._redis.set(BUILDING, lease, nx=True, ex=BUILD_LEASE_S)):
            return False
        # Read before anything else: what changes from here on is merged in afterwards.
        since = await repository.now(self._db)
        await self._breaker.ask(self._drop, BUILD_DEADLINE_S)
        after = (EVERYWHERE, UUID(int=0))
        while page := await repository.page_of_all(self._db, after, most=BUILT_AT_ONCE):
            await self._add(page)
            after = (page[-1].scope_id, page[-1].user_id)
        values = [lease, str(_micros(since))]
        done = await self._breaker.ask(lambda: _eval(self._redis, _FINISH, [BUILDING, SYNCED], values))
        return bool(done)

    async def rebuild(self) -> None:
        """Standings from the ledger, and the view from them. Raises RedisAway."""
        await repository.tally_all(self._db)
        await self._breaker.ask(lambda: self._redis.delete(SYNCED, BUILDING))
        await self.build()

    async def differences(self) -> list[str]:
        """One line per standing that differs from the ledger, and per place or board that differs from standings. A
        view that is not there differs in nothing. Raises RedisAway."""
        wrong = await repository.differences(self._db, settled=utc_now() - SETTLED)
        found: set[str] = set()
        # What is earned meanwhile may be here and not yet there: only what differs twice is a difference.
        for turn in range(2):
            try:
                await self.pull()
            except NoView:
                return wrong
            lines = await self._compare()
            found = lines & found if turn else lines
            if not found:
                break
        return [*wrong, *sorted(found)]

    async def _from_view(self, scope: Scope, user_id: UUID, *, around: bool, most: int) -> Places:
        async with self._pulling:
            if time.monotonic() > self._pulled_at + PULL_EVERY_S:
                await self.pull()
                self._pulled_at = time.monotonic()
        values = [user_id.bytes, "1" if around else "", str(most)]
        found: Any = await self._breaker.ask(lambda: _eval(self._redis, _READ, [SYNCED, _key(scope)], values))
        if not found:
            self._pulled_at = 0.0
            raise NoView
        total, first, rows, mine, my_score = found
        places = [
            Place(UUID(bytes=member), int(float(score)))
            for member, score in zip(rows[::2], rows[1::2], strict=True)
        ]  # fmt: skip
        if mine is None:
            return Places(total, first + 1, places, None, None)
        return Places(total, first + 1, places, mine + 1, int(float(my_score)))

    async def _begin_to_build(self) -> None:
        if self._build is None or self._build.done():
            self._build = asyncio.create_task(self._built())
        await asyncio.wait({self._build}, timeout=BUILD_PATIENCE_S)

    async def _built(self) -> bool:
        try:
            return await self.build()
        except RedisAway:
            return False
        except Exception:
            log.exception("boards could not be built, and are read from PostgreSQL")
            return False

    async def _merge(self, changes: Sequence[Changed]) -> None:
        keys: dict[str, int] = {}
        values: list[Any] = [str(_micros(changes[-1].at))]
        now = utc_now()
        for change in changes:
            # On no board any more, or on none that is not over.
            off: list[tuple[str, int | str]] = [(key, "") for key in _boards_of(change.scope_id, now)]
            for key, score in _shown(change, now) or off:
                values += [keys.setdefault(key, len(keys) + 1), str(score), change.user_id.bytes]
        if not await self._breaker.ask(lambda: _eval(self._redis, _MERGE, [SYNCED, *keys], values), BUILD_DEADLINE_S):
            raise NoView
        await self._expire(keys)

    async def _add(self, page: Sequence[Changed]) -> None:
        boards: dict[str, dict[bytes, int]] = {}
        now = utc_now()
        for change in page:
            for key, score in _shown(change, now):
                boards.setdefault(key, {})[change.user_id.bytes] = score

        async def send() -> None:
            pipe = self._redis.pipeline(transaction=False)
            for key, members in boards.items():
                pipe.zadd(key, members)
            pipe.expire(BUILDING, BUILD_LEASE_S)
            await pipe.execute()

        await self._breaker.ask(send, BUILD_DEADLINE_S)
        await self._expire(boards)

    async def _expire(self, keys: Iterable[str]) -> None:
        """Boards of days that are over go by themselves."""
        now = utc_now()
        ends = {str(period): ends_at(period, now) for period in Period}

        async def send() -> None:
            pipe = self._redis.pipeline(transaction=False)
            for key in keys:
                end = ends[key.split(":")[3]]
                if end is not None:
                    pipe.expireat(key, end + KEPT)
            await pipe.execute()

        await self._breaker.ask(send, BUILD_DEADLINE_S)

    async def _drop(self) -> None:
        async for key in self._redis.scan_iter(match=f"{_PREFIX}*", count=1_000):
            await self._redis.unlink(key)

    async def _compare(self) -> set[str]:
        lines: set[str] = set()
        counts: dict[str, int] = {}
        now = utc_now()
        after = (EVERYWHERE, UUID(int=0))
        while page := await repository.page_of_all(self._db, after, most=BUILT_AT_ONCE):
            after = (page[-1].scope_id, page[-1].user_id)
            boards: dict[str, list[tuple[UUID, int]]] = {}
            for change in page:
                for key, score in _shown(change, now):
                    boards.setdefault(key, []).append((change.user_id, score))
            for key, members in boards.items():
                counts[key] = counts.get(key, 0) + len(members)
                found = await self._scores(key, [user_id for user_id, _ in members])
                lines |= {
                    f"board {key}, member {user_id}: standing {true}, found {said}"
                    for (user_id, true), said in zip(members, found, strict=True)
                    if said != true
                }
        for key, true in counts.items():
            shown = await self._size(key)
            if shown != true:
                lines.add(f"board {key}: {true} people, found {shown}")
        return lines

    async def _scores(self, key: str, user_ids: Sequence[UUID]) -> list[int | None]:
        found = await self._breaker.ask(
            lambda: self._redis.zmscore(key, [user_id.bytes for user_id in user_ids]),  # type: ignore[misc]
            BUILD_DEADLINE_S,
        )
        return [None if score is None else int(score) for score in found]

    async def _size(self, key: str) -> int:
        size: int = await self._breaker.ask(lambda: self._redis.zcard(key), BUILD_DEADLINE_S)
        return size


def _shown(change: Changed, now: datetime) -> list[tuple[str, int]]:
    """The boards that are not over, and the score on each."""
    return [
        (_key(Scope(change.scope_id, period, on)), score)
        for period, on, score in change.scores()
        if on is None or on >= (starts_on(period, now) or on)
    ]


def _boards_of(scope_id: UUID, now: datetime) -> list[str]:
    return [_key(Scope(scope_id, period, starts_on(period, now))) for period in Period]


def _key(scope: Scope) -> str:
    return f"{_PREFIX}{scope.id}:{scope.period}:{scope.on or 'ever'}"


def _eval(redis: Any, script: str, keys: Sequence[str], values: Sequence[Any]) -> Any:
    # The text and not its hash: a restarted Redis knows no hashes.
    return redis.eval(script, len(keys), *keys, *values)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _moment(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)
