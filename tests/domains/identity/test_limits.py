"""Guessing and flooding: what is slowed down, for whom, and who still gets in."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
import time_machine
from litestar import Litestar

from domains.identity.errors import Busy
from domains.identity.policy.limits import (
    ADDRESS_DELAYS_S,
    PAIR_DELAYS_S,
    REGISTRATION_DELAYS_S,
    STRANGERS_DELAYS_S,
)
from domains.identity.service import hashing, login
from domains.identity.service.hashing import Lane
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database

AUTH = "/api/v1/auth"
PASSWORD = "correct horse, staple"
HOME = "192.0.2.1"
BAD = (401, "identity.bad_credentials")
BLOCKED = (429, "identity.too_many_failures")
PAIR_FREE = PAIR_DELAYS_S.index(60.0) + 1
STRANGERS_FREE = STRANGERS_DELAYS_S.index(60.0) + 1

At = Callable[[str], httpx.AsyncClient]


@pytest.fixture
async def at(app: Litestar) -> AsyncIterator[At]:
    """Clients by address."""
    async with AsyncExitStack() as stack:
        made: dict[str, httpx.AsyncClient] = {}

        def client(address: str) -> httpx.AsyncClient:
            if address not in made:
                transport = httpx.ASGITransport(app=app, client=(address, 1))
                made[address] = httpx.AsyncClient(transport=transport, base_url="http://lyceum.test")
                stack.push_async_callback(made[address].aclose)
            return made[address]

        yield client


async def register(client: httpx.AsyncClient, email: str = "ada@example.org") -> httpx.Response:
    return await client.post(f"{AUTH}/register", json={"email": email, "name": "Ada", "password": PASSWORD})


async def log_in(client: httpx.AsyncClient, password: str = PASSWORD, email: str = "ada@example.org") -> httpx.Response:
    return await client.post(f"{AUTH}/login", json={"email": email, "password": password})


async def guess(client: httpx.AsyncClient, email: str = "ada@example.org") -> tuple[int, str]:
    return code(await log_in(client, "a wrong one", email))


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_failures_slow_a_place_down_and_are_kept(at: At, db: Database) -> None:
    await register(at(HOME))
    with time_machine.travel(utc_now(), tick=False) as clock:
        for _ in range(PAIR_FREE):
            assert await guess(at(HOME)) == BAD
        blocked = await log_in(at(HOME))
        assert code(blocked) == BLOCKED
        assert blocked.headers["retry-after"] == "60"
        [row] = await db.fetch("SELECT subject, failures FROM identity_login_failure WHERE subject LIKE 'account:%'")
        assert row["failures"] == PAIR_FREE
        assert row["subject"].endswith(f"@address:{HOME}")
        clock.shift(61)
        assert (await log_in(at(HOME))).status_code == 200
        assert await guess(at(HOME)) == BAD


async def test_guesses_from_many_addresses_leave_the_owners_places_alone(at: At, db: Database) -> None:
    await register(at(HOME))
    addresses = (f"198.51.{high}.{low}" for high in range(100) for low in range(200))
    evaluated, turned_away, owner = 0, 0, []
    with time_machine.travel(utc_now(), tick=False) as clock:
        for minute in range(60):
            for address in itertools.islice(addresses, 5):
                outcome = await guess(at(address))
                assert outcome in (BAD, BLOCKED)
                evaluated += outcome == BAD
                turned_away += outcome == BLOCKED
            if minute % 10 == 9:
                owner.append((await log_in(at(HOME))).status_code)
            clock.shift(60)
    assert owner == [200] * 6
    assert STRANGERS_FREE < evaluated <= 20
    assert evaluated + turned_away == 300


async def test_one_guesser_cannot_keep_the_owner_out_of_a_new_place(at: At) -> None:
    await register(at(HOME))
    guessed = 0
    with time_machine.travel(utc_now(), tick=False) as clock:
        for _ in range(120):
            guessed += await guess(at("198.51.100.1")) == BAD
            clock.shift(30)
        assert guessed <= 20
        waited = 0
        # The guesser goes on, always first.
        while (await log_in(at("203.0.113.7"))).status_code != 200:
            waited += 30
            assert waited <= 600
            clock.shift(30)
            await guess(at("198.51.100.1"))


async def test_logging_in_at_a_new_place_takes_back_its_own_try_only(at: At, db: Database) -> None:
    await register(at(HOME))
    with time_machine.travel(utc_now(), tick=False) as clock:
        for number in range(STRANGERS_FREE - 1):
            assert await guess(at(f"198.51.100.{number}")) == BAD
        for number in range(3):
            clock.shift(2)
            assert (await log_in(at(f"203.0.113.{number}"))).status_code == 200
        clock.shift(2)
        assert await guess(at("198.51.100.77")) == BAD
        clock.shift(2)
        assert await guess(at("198.51.100.78")) == BLOCKED
        assert code(await log_in(at("203.0.113.99"))) == BLOCKED
        assert (await log_in(at("203.0.113.1"))).status_code == 200
        assert await guess(at("198.51.100.79")) == BLOCKED


async def test_a_thousand_guesses_at_once_are_not_a_way_around_the_limit(at: At) -> None:
    await register(at(HOME))
    here = await asyncio.gather(*(guess(at(HOME)) for _ in range(40)))
    assert here.count(BAD) == PAIR_FREE
    elsewhere = await asyncio.gather(*(guess(at(f"198.51.100.{number}")) for number in range(40)))
    assert elsewhere.count(BAD) == STRANGERS_FREE
    nobody = await asyncio.gather(*(guess(at("198.51.100.200"), "nobody@example.org") for _ in range(40)))
    assert nobody.count(BAD) == STRANGERS_FREE


async def test_failures_slow_an_address_down_whatever_it_claims(client: httpx.AsyncClient) -> None:
    await register(client)
    for number in range(ADDRESS_DELAYS_S.index(10.0) + 1):
        answer = await client.post(
            f"{AUTH}/login",
            json={"email": f"guess{number}@example.org", "password": "a wrong one"},
            headers={"X-Forwarded-For": f"192.0.2.{number}"},
        )
        assert answer.status_code == 401
    assert code(await log_in(client)) == BLOCKED


async def test_an_address_that_registers_without_end_is_slowed_down(
    at: At, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert REGISTRATION_DELAYS_S.index(60.0) + 1 == 60
    free = 5
    monkeypatch.setattr(login, "REGISTRATION_DELAYS_S", REGISTRATION_DELAYS_S[-free:])
    with time_machine.travel(utc_now(), tick=False) as clock:
        for number in range(free):
            assert (await register(at(HOME), f"l{number}@example.org")).status_code == 201
        refused = await register(at(HOME), "late@example.org")
        assert code(refused) == (429, "identity.too_many_registrations")
        assert refused.headers["retry-after"] == "60"
        assert (await register(at("192.0.2.2"), "other@example.org")).status_code == 201
        assert (await log_in(at(HOME), email="l0@example.org")).status_code == 200
        clock.shift(60)
        assert (await register(at(HOME), "late@example.org")).status_code == 201
        for number in range(free + 1):
            assert (await register(client, f"here{number}@example.org")).status_code == 201


async def test_a_flood_of_registrations_leaves_logins_alone(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await register(client)
    monkeypatch.setattr(hashing.REGISTRATIONS, "_most_waiting", 3)
    flood = [asyncio.create_task(register(client, f"flood{number}@example.org")) for number in range(12)]
    login: Any = await log_in(client)
    assert login.status_code == 200
    answers = [code(a) if a.status_code != 201 else 201 for a in await asyncio.gather(*flood)]
    assert (503, "identity.busy") in answers


async def test_a_full_lane_turns_away_and_recovers() -> None:
    lane = Lane("test", threads=1, most_waiting=1)
    first = asyncio.create_task(lane.run(lambda: 1))
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await lane.run(lambda: 2)
    assert await first == 1
    assert await lane.run(lambda: 3) == 3
