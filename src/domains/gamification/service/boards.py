"""League boards: a view in Redis of what the ledger says, and PostgreSQL itself whenever Redis is not to be had.

Redis holds nothing that the ledger does not. A value is replaced only by one with more ledger entries behind it, so
facts may arrive twice, late or in any order. A board is replaced as a whole, names with it, by a reading of the league
after it has moved, and never by one from before: who is gone does not come back by a fact or a reading that is late.
After a failure no board is believed before it was compared with the
ledger again. No call waits longer than REDIS_DEADLINE_S for Redis.
"""

import asyncio
import logging
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from redis.asyncio import Redis

from domains.gamification.errors import LeagueNotFound, NoLeague
from domains.gamification.events import LessonRewarded, StandingsMoved
from domains.gamification.policy import leagues
from domains.gamification.repository import boards
from domains.gamification.repository import leagues as cohorts
from domains.gamification.repository.boards import MemberSum, Reading
from domains.gamification.repository.leagues import LeagueRecord
from domains.gamification.schemas import Board, BoardEntry
from domains.gamification.service.board_names import BoardNames
from domains.gamification.service.breaker import REDIS_DEADLINE_S, Breaker, RedisAway
from domains.gamification.service.standings import Standings
from domains.kernel.clock import utc_now
from domains.kernel.events import Event
from domains.kernel.uow import Database

TRUST_S = 30.0
"""How long a board is believed before it is compared with the ledger again: heals what a crashed Redis forgot."""
LEAGUES_KEPT = 10_000
REPAID_AT_ONCE = 20
"""So few owed boards that bringing them stays within the deadline."""
CHECKED_AT_ONCE = 100
KEPT_AFTER_WEEK = timedelta(days=14)

log = logging.getLogger(__name__)

# KEYS: board, entry counts. Who is not on the board is left to the caller: with one member only, a missing one would
# look complete; and whoever has left may be told of late.
_APPLY = """
local entries = redis.call('HGET', KEYS[2], ARGV[1])
if not entries or redis.call('EXISTS', KEYS[1]) == 0 then return -1 end
if tonumber(ARGV[3]) <= tonumber(entries) then return 0 end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
return 1
"""

# ARGV: when to expire, the moves of the league, then member, score and entries of each member.
_MERGE = """
local moves = tonumber(redis.call('HGET', KEYS[2], 'moves') or '-1')
if tonumber(ARGV[2]) < moves then return 0 end
if tonumber(ARGV[2]) > moves then
    redis.call('DEL', KEYS[1], KEYS[2])
    redis.call('HSET', KEYS[2], 'moves', ARGV[2])
end
for i = 3, #ARGV, 3 do
    if tonumber(ARGV[i + 2]) > tonumber(redis.call('HGET', KEYS[2], ARGV[i]) or '0') then
        redis.call('ZADD', KEYS[1], ARGV[i + 1], ARGV[i])
        redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 2])
    end
end
redis.call('EXPIREAT', KEYS[1], ARGV[1])
redis.call('EXPIREAT', KEYS[2], ARGV[1])
return 1
"""

_READ = """
if redis.call('EXISTS', KEYS[1], KEYS[2]) < 2 then return false end
return {redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES'), redis.call('HGETALL', KEYS[2])}
"""

# A score holds XP above and the time within the week below, both exactly: a double has 53 bits.
_TIME_SPAN = 1 << 30
_MOST_XP = (1 << 22) - 1
_MOVE = 1 << 20
"""By how much a version grows when a league moves: no week has so many entries that could be gone by it."""


@dataclass(frozen=True, slots=True)
class LeagueBoard:
    """A league's board as all of its members see it."""

    id: UUID
    tier: int
    ends_at: datetime
    version: int
    entries: list[BoardEntry]
    aliases: Mapping[UUID, UUID]
    """What those are called on it who take part unseen, by who they are. For the house only."""

    def you(self, user_id: UUID) -> UUID:
        """The `user_id` of somebody's own entry."""
        return self.aliases.get(user_id, user_id)

    def shown_to(self, user_id: UUID) -> Board:
        return Board(self.id, self.tier, self.ends_at, self.version, self.entries, self.you(user_id))


class Boards:
    """One per process. `project` is called with committed facts before the screens hear of them."""

    def __init__(self, db: Database, redis: Redis) -> None:
        self._db = db
        self._redis = redis
        self._breaker = Breaker(lambda: self._trusted.clear())
        self.standings = Standings(db, redis, self._breaker)
        self._trusted: dict[UUID, float] = {}
        self._owed: set[UUID] = set()
        self._leagues: dict[UUID, LeagueRecord] = {}
        self._names = BoardNames(db)

    async def project(self, facts: Sequence[Event]) -> None:
        """Brings what `facts` reward onto the boards. Never fails: what Redis misses is owed, and brought later."""
        rewards = [fact for fact in facts if isinstance(fact, LessonRewarded)]
        for moved in facts:
            if isinstance(moved, StandingsMoved):
                await self._show_moved(moved)
        if not rewards:
            return
        try:
            await self.apply(*rewards)
        except Exception:
            # Screens are told after this, and must be told also when PostgreSQL just failed to rebuild a board.
            log.exception("%d rewards are not on their boards yet", len(rewards))
            self._owe(league_id for league_id, _ in _on_boards(rewards))

    async def _show_moved(self, moved: StandingsMoved) -> None:
        try:
            await self.rebuild(moved.league_ids)
        except Exception:
            log.exception("boards still show whose places have moved: %s", moved.league_ids)

    async def apply(self, *rewards: LessonRewarded) -> None:
        """Facts may come twice and in any order. Waits for Redis no longer than the deadline."""
        moves = _on_boards(rewards)
        try:
            found = await self._breaker.ask(lambda: self._send(moves)) if moves else []
            missing = {league_id for (league_id, _), said in zip(moves, found, strict=True) if said == -1}
            due = missing.union(islice(self._owed, REPAID_AT_ONCE))
            if due:
                await self._refresh(due)
        except RedisAway:
            self._owe(league_id for league_id, _ in moves)

    async def board(self, league_id: UUID, *, fresh: bool = False) -> LeagueBoard:
        """`fresh` reads PostgreSQL, for one who knows of a change that the view lacks. Raises LeagueNotFound."""
        league = await self._league(league_id)
        try:
            reading = await (boards.members(self._db, league_id) if fresh else self._from_redis(league_id))
        except RedisAway:
            reading = await boards.members(self._db, league_id)
        return await self._shown(league, reading)

    async def current_board(self, user_id: UUID) -> Board:
        """Raises NoLeague before the first XP of the week."""
        league_id = await cohorts.current_league(self._db, user_id, leagues.week_of(utc_now()))
        if league_id is None:
            raise NoLeague
        return (await self.board(league_id)).shown_to(user_id)

    async def members_board(self, user_id: UUID, league_id: UUID) -> Board:
        """Raises LeagueNotFound also for a league that is not the learner's."""
        if not await self.may_watch(user_id, league_id):
            raise LeagueNotFound
        return (await self.board(league_id)).shown_to(user_id)

    async def may_watch(self, user_id: UUID, league_id: UUID) -> bool:
        return await cohorts.is_member(self._db, user_id, league_id)

    async def still_may_watch(self, pairs: Collection[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
        """Those of the (user, league) pairs for which `may_watch` holds; one statement for all."""
        return await cohorts.still_members(self._db, pairs) if pairs else set()

    async def rebuild(self, league_ids: Iterable[UUID] | None = None) -> None:
        """Boards made anew from the ledger: the given ones, or all that may still be shown, and standings. Raises
        RedisAway."""
        if league_ids is None:
            await self.standings.rebuild()
            league_ids = [league.id for league in await self._shown_leagues()]
        ids = list(league_ids)
        for start in range(0, len(ids), CHECKED_AT_ONCE):
            some = ids[start : start + CHECKED_AT_ONCE]
            # Dropped before the ledger is read: whatever commits later finds no board and builds it.
            await self._drop(some)
            await self._refresh(some, deadline_s=1.0)

    async def _drop(self, league_ids: Sequence[UUID]) -> None:
        keys = [key for league_id in league_ids for key in _keys(league_id)]
        await self._breaker.ask(lambda: self._redis.delete(*keys), 1.0)

    async def differences(self) -> list[str]:
        """One line per place on a board that the ledger does not bear out. A board that is not there is no difference:
        it is built when it is asked for. Raises RedisAway."""
        doubtful = [league.id for league in await self._shown_leagues()]
        # Awards go on meanwhile: only what differs twice is a difference.
        lines: list[str] = []
        for pause_s in (0.0, 0.3):
            await asyncio.sleep(pause_s)
            found = await self._compare(doubtful)
            doubtful = list(found)
            lines = [line for each in found.values() for line in each]
            if not doubtful:
                break
        return [*lines, *await self.standings.differences()]

    async def _compare(self, league_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
        found: dict[UUID, list[str]] = {}
        ledger: dict[UUID, Reading] = {}
        for place, league_id in enumerate(league_ids):
            if league_id not in ledger:
                some = league_ids[place : place + CHECKED_AT_ONCE]
                ledger = await boards.ledger_sums(self._db, some)
                await self._known(some)
            board = await self._read(league_id, 1.0)
            if board is None or sorted(board.members) == sorted(ledger[league_id].members):
                continue
            shown, true = ({m.user_id: m for m in read.members} for read in (board, ledger[league_id]))
            found[league_id] = [
                f"board {league_id}, member {user_id}: ledger {_said(true.get(user_id))}, "
                f"found {_said(shown.get(user_id))}"
                for user_id in sorted(shown.keys() | true.keys())
                if shown.get(user_id) != true.get(user_id)
            ]
        return found

    async def _shown_leagues(self) -> list[LeagueRecord]:
        return await cohorts.leagues_since(self._db, leagues.week_of(utc_now() - KEPT_AFTER_WEEK))

    async def _from_redis(self, league_id: UUID) -> Reading:
        if self._trusted.get(league_id, 0.0) < time.monotonic():
            await self._refresh([league_id])
        found = await self._read(league_id)
        if found is None:
            await self._refresh([league_id])
            found = await self._read(league_id)
        if found is None:
            raise RedisAway
        return found

    async def _read(self, league_id: UUID, deadline_s: float = REDIS_DEADLINE_S) -> Reading | None:
        keys = _keys(league_id)
        found: Any = await self._breaker.ask(lambda: self._eval(self._redis, _READ, keys), deadline_s)
        if not found:
            return None
        scores, counts = found
        entries = {_text(k): int(v) for k, v in zip(counts[::2], counts[1::2], strict=True)}
        week_on = (await self._league(league_id)).week_on
        members = [
            MemberSum(UUID(_text(member)), xp, entries.get(_text(member), 0), at)
            for member, score in zip(scores[::2], scores[1::2], strict=True)
            for xp, at in [_unpacked(float(score), week_on)]
        ]
        return Reading(entries.get("moves", 0), members)

    async def _refresh(self, league_ids: Iterable[UUID], deadline_s: float = REDIS_DEADLINE_S) -> None:
        """Merges what the ledger says into the boards."""
        ids = list(league_ids)
        # Asked first: while Redis is away, PostgreSQL is not troubled for it.
        self._breaker.check()
        readings = await boards.ledger_sums(self._db, ids)
        known = await self._known(readings)
        calls: list[tuple[tuple[str, str], list[str]]] = []
        for league_id, reading in readings.items():
            week_on = known[league_id].week_on
            values = [str(int((leagues.ends_at(week_on) + KEPT_AFTER_WEEK).timestamp())), str(reading.moves)]
            for member in reading.members:
                values += [str(member.user_id), _score(member.xp, member.last_xp_at, week_on), str(member.entries)]
            calls.append((_keys(league_id), values))

        async def send() -> None:
            pipe = self._redis.pipeline(transaction=False)
            for keys, values in calls:
                self._eval(pipe, _MERGE, keys, *values)
            await pipe.execute()

        await self._breaker.ask(send, deadline_s)
        if len(self._trusted) > LEAGUES_KEPT:
            self._trusted.clear()
        self._trusted.update(dict.fromkeys(ids, time.monotonic() + TRUST_S))
        self._owed.difference_update(ids)

    async def _send(self, moves: Sequence[tuple[UUID, LessonRewarded]]) -> list[int]:
        pipe = self._redis.pipeline(transaction=False)
        for league_id, reward in moves:
            score = _score(reward.league_xp, reward.league_xp_at, reward.league_week_on)
            keys = _keys(league_id)
            self._eval(pipe, _APPLY, keys, str(reward.user_id), score, str(reward.league_entries))
        said: list[int] = await pipe.execute()
        return said

    @staticmethod
    def _eval(redis: Any, script: str, keys: tuple[str, str], *values: str) -> Any:
        # The text and not its hash: a restarted Redis knows no hashes, and a pipeline cannot ask in between.
        return redis.eval(script, len(keys), *keys, *values)

    def _owe(self, league_ids: Iterable[UUID]) -> None:
        self._trusted.clear()
        self._owed.update(league_ids)
        if len(self._owed) > LEAGUES_KEPT:
            # Other processes find out by themselves within TRUST_S.
            self._owed.clear()

    async def _league(self, league_id: UUID) -> LeagueRecord:
        found = (await self._known([league_id])).get(league_id)
        if found is None:
            raise LeagueNotFound
        return found

    async def _known(self, league_ids: Iterable[UUID]) -> dict[UUID, LeagueRecord]:
        """Those of the leagues that exist; one query for all that are not known yet."""
        ids = list(league_ids)
        known = {id_: found for id_ in ids if (found := self._leagues.get(id_))}
        unknown = [id_ for id_ in ids if id_ not in known]
        if unknown:
            fresh = {league.id: league for league in await cohorts.leagues(self._db, unknown)}
            if len(self._leagues) + len(fresh) > LEAGUES_KEPT:
                self._leagues.clear()
            self._leagues.update(fresh)
            known |= fresh
        return known

    async def _shown(self, league: LeagueRecord, reading: Reading) -> LeagueBoard:
        standings = sorted(reading.members, key=lambda member: member.order)
        active = sum(member.xp > 0 for member in standings)
        names = await self._names.of(league, reading)
        # Also of those who are nobody any more: an id that is shown leads to a person.
        unseen = [member.user_id for member in standings if not names[member.user_id]]
        aliases = {user_id: leagues.alias(league.salt, user_id) for user_id in unseen}
        entries = [
            BoardEntry(
                rank=rank,
                user_id=aliases.get(member.user_id, member.user_id),
                name=names[member.user_id],
                xp=member.xp,
                zone=leagues.zone(leagues.Standing(league.tier, active, rank, member.xp)),
            )
            for rank, member in enumerate(standings, start=1)
        ]
        version = reading.moves * _MOVE + sum(member.entries for member in standings)
        return LeagueBoard(league.id, league.tier, leagues.ends_at(league.week_on), version, entries, aliases)


def _on_boards(rewards: Iterable[LessonRewarded]) -> list[tuple[UUID, LessonRewarded]]:
    """Those that count on one, by its league."""
    return [(reward.league_id, reward) for reward in rewards if reward.league_id is not None]


def _keys(league_id: UUID) -> tuple[str, str]:
    return f"lyceum:league:{league_id}", f"lyceum:league:{league_id}:entries"


def _score(xp: int, at: datetime, week_on: date) -> str:
    """XP first, and among equals whoever got there first."""
    late_ms = (at - leagues.starts_at(week_on)) // timedelta(milliseconds=1)
    points = max(-_MOST_XP, min(xp, _MOST_XP))
    return str(points * _TIME_SPAN + _TIME_SPAN - 1 - max(0, min(late_ms, _TIME_SPAN - 1)))


def _unpacked(score: float, week_on: date) -> tuple[int, datetime]:
    xp, rest = divmod(int(score), _TIME_SPAN)
    return xp, leagues.starts_at(week_on) + timedelta(milliseconds=_TIME_SPAN - 1 - rest)


def _said(member: MemberSum | None) -> str:
    return "nothing" if member is None else f"{member.xp} XP in {member.entries}"


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
