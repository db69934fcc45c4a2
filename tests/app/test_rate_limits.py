"""How often somebody may call, over all processes, and what holds while Redis is away or frozen."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar

from app.asgi import create_app
from app.config import ConfigError, Settings
from app.infra import Infra, open_redis
from app.limiter import AWAY_US, DEADLINE_S, Limiter, Quota, judged
from domains.kernel.uow import Database
from factories.people import Learner, publish, register, small_course

QUOTA = Quota(10, 6000)
"""Nothing comes back within a test."""


class Watch:
    def __init__(self) -> None:
        self.now = 1_000_000

    def __call__(self) -> int:
        return self.now


quotas = st.builds(Quota, st.integers(1, 500), st.integers(1, 3600))
gaps_us = st.lists(st.integers(0, 20_000_000), max_size=60)


@given(quotas)
def test_as_many_are_allowed_at_once_as_the_quota_says_and_not_one_more(quota: Quota) -> None:
    full_at, now = 0, 5_000_000
    for left in reversed(range(quota.requests)):
        standing = judged(full_at, now, quota)
        assert (standing.allowed, standing.remaining(quota)) == (True, left)
        full_at = now + standing.owed_us
    refused = judged(full_at, now, quota)
    assert (refused.allowed, refused.remaining(quota)) == (False, 0)
    assert 1 <= refused.retry_after_s(quota) <= math.ceil(quota.seconds / quota.requests)


@given(quotas, gaps_us)
def test_whoever_waits_as_long_as_told_is_let_in(quota: Quota, gaps: list[int]) -> None:
    full_at, now = 0, 1
    for gap in gaps:
        now += gap
        standing = judged(full_at, now, quota)
        if not standing.allowed:
            now += standing.retry_after_s(quota) * 1_000_000
            standing = judged(full_at, now, quota)
            assert standing.allowed
        full_at = now + standing.owed_us


@given(quotas, gaps_us)
def test_over_any_time_no_more_is_allowed_than_the_quota_and_what_came_back(quota: Quota, gaps: list[int]) -> None:
    full_at, now, allowed = 0, 0, 0
    for gap in gaps:
        now += gap
        standing = judged(full_at, now, quota)
        if standing.allowed:
            allowed += 1
            full_at = now + standing.owed_us
    assert allowed <= quota.requests + now // quota.interval_us


async def test_two_processes_share_one_quota_also_when_all_come_at_once(
    infra: Infra, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is looked at is that counting is one step, however slow the machine is.
    monkeypatch.setattr("app.limiter.DEADLINE_S", 10)
    processes = [Limiter(infra.redis) for _ in range(2)]
    asked = [process.everywhere("someone", QUOTA) for process in processes for _ in range(10)]
    standings = await asyncio.gather(*asked)
    assert sum(standing.allowed for standing in standings) == 10
    assert min(standing.remaining(QUOTA) for standing in standings) == 0
    assert (await processes[0].everywhere("someone else", QUOTA)).allowed
    third = await Limiter(infra.redis).everywhere("someone", QUOTA)
    assert (third.allowed, third.retry_after_s(QUOTA)) == (False, 600)


async def test_what_redis_keeps_of_a_caller_goes_when_all_has_come_back(infra: Infra) -> None:
    await Limiter(infra.redis).everywhere("someone", Quota(10, 60))
    assert 5_000 < await infra.redis.pttl("limit:someone") <= 6_000


async def test_a_frozen_redis_costs_one_short_wait_and_then_nothing() -> None:
    calls = 0

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        await reader.read(-1)
        writer.close()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    redis = open_redis(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    watch = Watch()
    limiter = Limiter(redis, watch)
    try:
        started = asyncio.get_running_loop().time()
        async with asyncio.timeout(2):
            verdicts = [(await limiter.everywhere("someone", QUOTA)).allowed for _ in range(11)]
        assert verdicts == [True] * 10 + [False], "this process counts alone"
        assert asyncio.get_running_loop().time() - started >= DEADLINE_S
        assert calls == 1
        watch.now += AWAY_US
        await limiter.everywhere("someone else", QUOTA)
        assert calls == 2, "it is asked again after a while"
    finally:
        await redis.aclose(close_connection_pool=True)
        server.close()
        await server.wait_closed()


async def test_without_redis_each_process_counts_alone_and_asks_again_later(infra: Infra) -> None:
    watch = Watch()
    limiter = Limiter(open_redis("redis://127.0.0.1:1"), watch)
    verdicts = [(await limiter.everywhere("someone", QUOTA)).allowed for _ in range(11)]
    assert verdicts == [True] * 10 + [False]
    watch.now += QUOTA.interval_us
    assert limiter.here("someone", QUOTA).allowed
    limiter._script.registered_client = infra.redis
    assert (await limiter.everywhere("a third", QUOTA)).remaining(QUOTA) == 9
    assert await infra.redis.exists("limit:a third")


def test_a_process_forgets_the_oldest_caller_before_it_runs_out_of_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.limiter.MOST_KNOWN", 2)
    limiter = Limiter(open_redis("redis://127.0.0.1:1"), Watch())
    for name in ("a", "b", "a", "c"):
        limiter.here(name, QUOTA)
    assert [limiter.here(name, QUOTA).remaining(QUOTA) for name in ("a", "b")] == [7, 9]


Serving = Callable[..., AbstractAsyncContextManager[Callable[[str], httpx.AsyncClient]]]


@pytest.fixture
def serving(app: Litestar, settings: Settings) -> Serving:
    """Another process with limits of its own; clients by address."""

    @asynccontextmanager
    async def opened(**changed: Any) -> AsyncIterator[Callable[[str], httpx.AsyncClient]]:
        other = create_app(msgspec.structs.replace(settings, **changed), background=False)

        def client(address: str) -> httpx.AsyncClient:
            transport = httpx.ASGITransport(app=other, client=(address, 1))
            return httpx.AsyncClient(transport=transport, base_url="http://lyceum.test")

        async with other.lifespan():
            yield client

    return opened


async def statuses(who: httpx.AsyncClient | Learner, path: str, times: int) -> list[int]:
    return [(await who.get(path)).status_code for _ in range(times)]


async def test_a_stranger_is_told_what_is_left_and_then_to_wait(serving: Serving) -> None:
    async with serving(limit_public="3/6000") as at:
        home = at("192.0.2.1")
        first = await home.get("/api/v1/products?country=DE")
        assert first.headers["ratelimit-policy"] == '"public";q=3;w=6000'
        assert first.headers["ratelimit"].startswith('"public";r=2;t=')
        assert 429 not in await statuses(home, "/api/v1/products?country=DE", 2)
        refused = await home.get("/api/v1/products?country=DE")
        assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.headers["ratelimit"].startswith('"public";r=0;t=')
        assert 1998 <= int(refused.headers["retry-after"]) <= 2000
        assert refused.json()["retry_after_s"] == int(refused.headers["retry-after"])
        assert 429 not in await statuses(at("192.0.2.2"), "/api/v1/products?country=DE", 3)


async def test_a_refused_token_counts_against_the_address_that_shows_it(serving: Serving) -> None:
    async with serving(limit_public="3/6000") as at:
        thief = at("192.0.2.1")
        thief.headers["Authorization"] = "Bearer guess"
        assert await statuses(thief, "/api/v1/auth/me", 4) == [401, 401, 401, 429]
        thief.headers["X-Forwarded-For"] = "198.51.100.7"
        assert await statuses(thief, "/api/v1/auth/me", 1) == [429]


async def test_people_at_one_address_do_not_use_up_each_others_calls(serving: Serving) -> None:
    async with serving(limit_signed_in="3/6000", limit_elevated="5/6000") as at:
        ada, eve = [await register(at("192.0.2.1"), name) for name in ("Ada", "Eve")]
        answers = [await ada.get("/auth/me") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[0].headers["ratelimit-policy"] == '"signed_in";q=3;w=6000'
        assert await statuses(eve, "/auth/me", 1) == [200]


async def test_staff_have_a_quota_of_their_own(serving: Serving, db: Database) -> None:
    async with serving(limit_signed_in="1/6000", limit_elevated="3/6000") as at:
        admin = await register(at("192.0.2.1"))
        await db.fetch("INSERT INTO identity_user_role (user_id, role) VALUES ($1, 'admin')", admin.id)
        answers = [await admin.get("/auth/me") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[0].headers["ratelimit-policy"] == '"elevated";q=3;w=6000'


async def test_webhooks_have_a_quota_of_their_own(serving: Serving) -> None:
    async with serving(limit_public="1/6000", limit_webhooks="2/6000") as at:
        sender = at("192.0.2.1")
        answers = [await sender.post("/api/v1/webhooks/nobody", json={}) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [404, 404, 429]
        assert answers[2].headers["ratelimit-policy"] == '"webhooks";q=2;w=6000'


async def test_files_have_a_quota_of_their_own(serving: Serving) -> None:
    async with serving(limit_public="1/6000", limit_media="2/6000") as at:
        visitor = at("192.0.2.1")
        assert await statuses(visitor, f"/media/{'0' * 64}", 3) == [404, 404, 429]
        assert await statuses(visitor, "/api/v1/courses", 2) == [200, 429]


async def test_health_is_never_limited(serving: Serving) -> None:
    async with serving(limit_public="1/6000") as at:
        assert await statuses(at("192.0.2.1"), "/health", 3) == [200] * 3


async def test_the_answers_of_learners_are_limited_without_asking_redis(serving: Serving, db: Database) -> None:
    course = await publish(db, small_course())
    lesson = next(iter(course.lessons))
    async with serving(limit_signed_in="9/6000") as at:
        ada = await register(at("192.0.2.1"))
        assert (await ada.post(f"/courses/{course.course_id}/enrollments")).status_code == 201
        session = await ada.begin(lesson)
        exercise = session["exercises"][0]
        answers = [await ada.answer(session, exercise, "x", key=f"k{number}") for number in range(8)]
        assert [answer.status_code for answer in answers].count(429) == 1
        assert answers[0].headers["ratelimit"].startswith('"signed_in";r=6;t=')
        assert answers[7].json()["code"] == "rate_limited"
        assert answers[7].headers["retry-after"]
        eve = await register(at("192.0.2.1"), "Eve")
        assert (await eve.get("/auth/me")).status_code == 200


@pytest.mark.parametrize(
    ("changed", "address", "limited"),
    [
        ({}, "127.0.0.1", False),
        ({}, "192.0.2.1", True),
        ({"rate_limits": "on"}, "127.0.0.1", True),
        ({"rate_limits": "off"}, "192.0.2.1", False),
        ({"environment": "production"}, "127.0.0.1", True),
    ],
    ids=["this machine", "elsewhere", "on", "off", "production"],
)
async def test_this_machine_itself_is_spared_in_development_only(
    serving: Serving, changed: dict[str, Any], address: str, limited: bool
) -> None:
    async with serving(limit_public="1/6000", **changed) as at:
        assert (429 in await statuses(at(address), "/api/v1/courses", 2)) is limited


@pytest.mark.parametrize("value", ["0/60", "60", "60/0", "-1/60", "a/b", "1/1 "])
def test_a_quota_that_says_nothing_stops_the_start(value: str) -> None:
    with pytest.raises(ConfigError, match="LYCEUM_LIMIT_PUBLIC"):
        Settings.load({"LYCEUM_LIMIT_PUBLIC": value})
