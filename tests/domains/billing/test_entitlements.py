"""Who may use what: one row per source, and no source touches what another gives."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from domains.billing import api as billing
from domains.billing.events import CourseAccessGranted
from domains.billing.models import GateRow
from domains.billing.policy.keys import ALL_COURSES, course_key, course_of, is_key
from domains.billing.service import entitlements, guard
from domains.billing.service.entitlements import Source
from domains.kernel.events import Event
from domains.kernel.ids import new_id
from domains.kernel.uow import Database, Reactions
from factories.people import Learner, register

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


@pytest.fixture
async def key(db: Database) -> str:
    """Of a course that has to be paid for."""
    return await gate(db, course_key(new_id()))


async def gate(db: Database, key: str) -> str:
    async with db.begin() as uow:
        uow.session.add(GateRow(key=key))
    return key


async def grant(
    db: Database,
    user_id: UUID,
    *keys: str,
    source: Source = "purchase",
    source_id: UUID,
    starts_at: datetime = NOW - DAY,
    ends_at: datetime | None = None,
) -> list[Event]:
    """The facts it announced."""
    async with db.begin() as uow:
        await entitlements.grant(
            uow,
            user_id=user_id,
            keys=keys,
            source=source,
            source_id=source_id,
            starts_at=starts_at,
            ends_at=ends_at,
        )
        return list(uow.facts)


async def end(
    db: Database, source: Source, source_id: UUID, at: datetime | None = None, user_id: UUID | None = None
) -> None:
    async with db.begin() as uow:
        await entitlements.end(uow, source, source_id, at or datetime.now(UTC), user_id=user_id)


def another_process(db: Database) -> Database:
    """The same database, seen by a process with a memory of its own."""
    return Database(db.engine, db._pool, Reactions())


async def test_what_nobody_gated_is_for_everybody(db: Database, ada: Learner) -> None:
    assert await billing.entitled(db, ada.id, course_key(new_id()))
    assert not await billing.holds(db, ada.id, billing.UNLIMITED_HEARTS)


async def test_a_gated_course_needs_an_entitlement_for_it_or_for_all_courses(
    db: Database, client: httpx.AsyncClient, ada: Learner, key: str
) -> None:
    bob, eve = await register(client, "Bob"), await register(client, "Eve")
    assert not await billing.entitled(db, ada.id, key)
    await grant(db, ada.id, key, source_id=new_id())
    await grant(db, bob.id, ALL_COURSES, source_id=new_id())
    await grant(db, eve.id, course_key(new_id()), source_id=new_id())
    assert [await billing.entitled(db, who.id, key) for who in (ada, bob, eve)] == [True, True, False]


async def test_an_entitlement_opens_at_its_start_and_closes_at_its_end(db: Database, ada: Learner, key: str) -> None:
    source = new_id()
    now = datetime.now(UTC)
    await grant(db, ada.id, key, source_id=source, starts_at=now + DAY)
    assert not await billing.entitled(db, ada.id, key)
    await grant(db, ada.id, key, source_id=source, starts_at=now - DAY, ends_at=now + timedelta(seconds=0.3))
    assert await billing.entitled(db, ada.id, key)
    await asyncio.sleep(0.35)
    assert not await billing.entitled(db, ada.id, key)


async def test_ending_one_source_leaves_what_another_gives(db: Database, ada: Learner, key: str) -> None:
    bought, subscribed = new_id(), new_id()
    await grant(db, ada.id, key, source="purchase", source_id=bought)
    await grant(db, ada.id, ALL_COURSES, source="subscription", source_id=subscribed, ends_at=NOW + DAY)
    await end(db, "subscription", subscribed)
    assert await billing.entitled(db, ada.id, key)
    await end(db, "purchase", bought)
    assert not await billing.entitled(db, ada.id, key)


async def test_ending_for_one_person_leaves_the_others_of_the_source(
    db: Database, client: httpx.AsyncClient, ada: Learner, key: str
) -> None:
    bob, order = await register(client, "Bob"), new_id()
    for person in (ada, bob):
        await grant(db, person.id, key, source="seat", source_id=order)
    await end(db, "seat", order, user_id=ada.id)
    assert [await billing.entitled(db, who.id, key) for who in (ada, bob)] == [False, True]


async def test_a_course_is_announced_each_time_a_source_opens_it_and_only_then(db: Database, ada: Learner) -> None:
    course_id, source = new_id(), new_id()
    keys = (course_key(course_id), billing.UNLIMITED_HEARTS, course_key(course_id))

    async def announced() -> list[UUID]:
        facts = await grant(db, ada.id, *keys, source_id=source)
        return [fact.course_id for fact in facts if isinstance(fact, CourseAccessGranted)]

    assert [await announced(), await announced()] == [[course_id], []]
    await end(db, "purchase", source)
    assert await announced() == [course_id]
    assert await grant(db, ada.id, *keys, source_id=new_id(), ends_at=NOW - DAY) == []


async def test_of_two_grants_of_one_source_at_once_one_announces(db: Database, ada: Learner) -> None:
    course, source = course_key(new_id()), new_id()
    facts = await asyncio.gather(*(grant(db, ada.id, course, source_id=source) for _ in range(6)))
    assert sum(map(len, facts)) == 1


async def test_a_renewal_that_is_paid_early_leaves_no_gap(db: Database, ada: Learner, key: str) -> None:
    source, middle = new_id(), datetime.now(UTC) + DAY
    await grant(db, ada.id, key, source_id=source, ends_at=middle)
    await grant(db, ada.id, key, source_id=source, starts_at=middle, ends_at=middle + DAY)
    assert await billing.entitled(db, ada.id, key)


# ---- against the naive model

KEYS = (course_key(UUID(int=1)), ALL_COURSES, "offline")
TIMES = [NOW + hours * timedelta(hours=1) for hours in (-48, -24, 24, 48)]
"""Not now: a test takes a while."""


class Granted(NamedTuple):
    source: int
    keys: frozenset[str]
    starts_at: datetime
    ends_at: datetime | None


class Ended(NamedTuple):
    source: int
    at: datetime


Step = Granted | Ended

grants = st.builds(
    Granted,
    source=st.integers(0, 2),
    keys=st.frozensets(st.sampled_from(KEYS), min_size=1),
    starts_at=st.sampled_from(TIMES),
    ends_at=st.none() | st.sampled_from(TIMES),
)
ends = st.builds(Ended, source=st.integers(0, 2), at=st.sampled_from(TIMES))


def naive(steps: Sequence[Step]) -> dict[tuple[int, str], tuple[datetime, datetime | None]]:
    """What each source gives of each key: from when and until when."""
    given: dict[tuple[int, str], tuple[datetime, datetime | None]] = {}
    for step in steps:
        if isinstance(step, Ended):
            for (source, key), (start, stop) in given.items():
                if source == step.source:
                    given[source, key] = (start, step.at if stop is None else min(stop, step.at))
            continue
        for key in step.keys:
            start = step.starts_at
            if (step.source, key) in given:
                old_start, old_stop = given[step.source, key]
                if old_stop is None or old_stop >= start:
                    start = min(start, old_start)
            given[step.source, key] = (start, step.ends_at)
    return given


def open_keys(steps: Sequence[Step]) -> set[str]:
    now = datetime.now(UTC)
    rows = naive(steps).items()
    return {key for (_, key), (start, stop) in rows if start <= now and (stop is None or now < stop)}


@given(steps=st.lists(grants | ends, max_size=8), gated=st.sets(st.sampled_from(KEYS)))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_sequence_of_grants_and_ends_is_what_the_naive_model_says(
    db: Database, ada: Learner, steps: list[Step], gated: set[str]
) -> None:
    async with db.begin() as uow:
        await uow.session.execute(text("TRUNCATE billing_entitlement, billing_gate"))
        uow.session.add_all(GateRow(key=key) for key in gated)
    here = another_process(db)
    sources = [new_id() for _ in range(3)]
    for number, step in enumerate(steps):
        if isinstance(step, Granted):
            await grant(
                here,
                ada.id,
                *step.keys,
                source_id=sources[step.source],
                starts_at=step.starts_at,
                ends_at=step.ends_at,
            )
        else:
            await end(here, "purchase", sources[step.source], step.at)
        wanted = open_keys(steps[: number + 1])
        course = KEYS[0]
        for process in (here, another_process(db)):
            held = course in wanted or ALL_COURSES in wanted
            assert await billing.holds(process, ada.id, course) == held
            if held or course not in gated:
                assert await billing.require(process, ada.id, course, also="offline") == ("offline" in wanted)
            else:
                with pytest.raises(billing.AccessRequired):
                    await billing.require(process, ada.id, course, also="offline")
            assert await billing.entitled(process, ada.id, "offline") == ("offline" in wanted or "offline" not in gated)


# ---- what a process keeps in memory


async def counted(db: Database, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A list that grows with every statement that the guard sends."""
    sent: list[str] = []
    fetch = Database.fetch

    async def counting(self: Database, statement: str, *values: object) -> list[object]:
        sent.append(statement)
        return await fetch(self, statement, *values)

    monkeypatch.setattr(Database, "fetch", counting)
    return sent


async def test_a_yes_is_kept_and_a_no_is_asked_again(
    db: Database, ada: Learner, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = another_process(db)
    sent = await counted(db, monkeypatch)
    assert not await billing.entitled(db, ada.id, key)
    await grant(there, ada.id, key, source_id=new_id())
    assert await billing.entitled(db, ada.id, key)
    del sent[:]
    for _ in range(20):
        assert await billing.entitled(db, ada.id, key)
    assert sent == []
    assert await billing.require(db, ada.id, key) is False
    assert sent == []
    assert await billing.require(db, ada.id, key, also=billing.UNLIMITED_HEARTS) is False
    await grant(there, ada.id, billing.UNLIMITED_HEARTS, source_id=new_id())
    del sent[:]
    for _ in range(20):
        assert await billing.require(db, ada.id, key, also=billing.UNLIMITED_HEARTS) is True
    assert len(sent) == 1


async def test_a_change_on_another_process_is_seen_within_a_second(db: Database, ada: Learner, key: str) -> None:
    source, there = new_id(), another_process(db)
    await grant(there, ada.id, key, source_id=source)
    free = course_key(new_id())
    assert await billing.entitled(db, ada.id, key)
    assert await billing.entitled(db, ada.id, free)
    await end(there, "purchase", source)
    await gate(there, free)
    await asyncio.sleep(1)
    assert not await billing.entitled(db, ada.id, key)
    assert not await billing.entitled(db, ada.id, free)


async def test_a_change_of_ones_own_process_is_seen_at_once(db: Database, ada: Learner, key: str) -> None:
    source = new_id()
    await grant(db, ada.id, key, source_id=source)
    for _ in range(3):
        assert await billing.entitled(db, ada.id, key)
        await end(db, "purchase", source)
        assert not await billing.entitled(db, ada.id, key)
        await grant(db, ada.id, key, source_id=source)


async def test_what_is_asked_while_the_change_is_under_way_is_not_kept(db: Database, ada: Learner, key: str) -> None:
    source = new_id()
    await grant(another_process(db), ada.id, key, source_id=source)
    async with db.begin() as uow:
        await entitlements.end(uow, "purchase", source, datetime.now(UTC))
        assert await billing.entitled(db, ada.id, key)
    assert not await billing.entitled(db, ada.id, key)


async def test_memory_is_bounded(db: Database, ada: Learner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "MOST_KEPT", 10)
    here = another_process(db)
    for _ in range(40):
        await billing.entitled(here, ada.id, course_key(new_id()))
    assert len(guard._of(here)._answers) == 10


def test_keys_have_a_form() -> None:
    course_id = new_id()
    assert course_of(course_key(course_id)) == course_id
    assert all(map(is_key, (course_key(course_id), ALL_COURSES, billing.UNLIMITED_HEARTS, "offline")))
    for odd in ("", "course:", "course:x", f"course:{course_id.hex}", "Course:*", "a b", "x" * 200, "offline\n"):
        assert not is_key(odd), odd
