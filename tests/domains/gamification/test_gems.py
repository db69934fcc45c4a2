"""Gems are earned once, never lost, and never spent twice."""

import asyncio
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domains.gamification.errors import AlreadyYours, NotEnoughGems
from domains.gamification.events import GemsChanged
from domains.gamification.repository import gems as repository
from domains.gamification.repository.gems import Payment
from domains.gamification.service import gems
from domains.kernel.uow import Database
from factories.rewards import NewLearner


async def purse(db: Database, user_id: UUID) -> int:
    async with db.begin() as uow:
        return (await repository.purse(uow, user_id)).gems


async def earn(db: Database, user_id: UUID, amount: int, cause: str) -> bool:
    async with db.begin() as uow:
        return await gems.earn(uow, user_id, amount, cause)


async def test_a_cause_is_paid_once_however_many_ask_at_once(db: Database, new_learner: NewLearner) -> None:
    ana = await new_learner()
    paid = await asyncio.gather(*(earn(db, ana, 10, f"quest:{place % 4}") for place in range(40)))
    assert sum(paid) == 4
    assert await purse(db, ana) == 40


async def test_many_learners_are_paid_in_one_statement_and_each_screen_hears_of_it(
    db: Database, new_learner: NewLearner
) -> None:
    ana, bob, cid = [await new_learner(name) for name in ("Ana", "Bob", "Cid")]
    await earn(db, cid, 5, "league:1")
    async with db.begin() as uow:
        due = [Payment(bob, "league:1", 20), Payment(ana, "league:1", 30), Payment(cid, "league:1", 5)]
        assert await gems.earn_many(uow, [*due, Payment(ana, "league:2", 7)]) == {ana, bob}
        told = {f.user_id: (f.gems, f.amount, f.version) for f in uow.facts if isinstance(f, GemsChanged)}
    assert told == {ana: (37, 37, 1), bob: (20, 20, 1)}
    assert [await purse(db, who) for who in (ana, bob, cid)] == [37, 20, 5]


async def test_nobody_spends_more_than_there_is(db: Database, new_learner: NewLearner) -> None:
    ana = await new_learner()
    await earn(db, ana, 10, "quest:1")

    async def spend(place: int) -> bool:
        try:
            async with db.begin() as uow:
                await gems.spend(uow, ana, 3, f"buy:{place}")
        except NotEnoughGems:
            return False
        return True

    assert sum(await asyncio.gather(*(spend(place) for place in range(30)))) == 3
    assert await purse(db, ana) == 1
    with pytest.raises(NotEnoughGems):
        async with db.begin() as uow:
            await gems.spend(uow, await new_learner(), 1, "buy:1")


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.integers(0, 5), st.integers(-20, 20).filter(bool)), max_size=8))
async def test_the_purse_is_the_sum_of_its_entries(
    db: Database, new_learner: NewLearner, steps: list[tuple[int, int]]
) -> None:
    ana = await new_learner()
    expected: dict[str, int] = {}
    for cause, amount in steps:
        name = f"quest:{cause}"
        if name not in expected and sum(expected.values()) + amount >= 0:
            expected[name] = amount
        async with db.begin() as uow:
            try:
                await (gems.earn(uow, ana, amount, name) if amount > 0 else gems.spend(uow, ana, -amount, name))
            except (NotEnoughGems, AlreadyYours):
                continue
    rows = await db.fetch("SELECT cause, amount FROM gamification_gem_entry WHERE user_id = $1", ana)
    assert {row["cause"]: row["amount"] for row in rows} == expected
    async with db.begin() as uow:
        assert await repository.purse(uow, ana) == (sum(expected.values()), len(expected))


async def test_an_entry_cannot_be_changed(db: Database, new_learner: NewLearner) -> None:
    await earn(db, await new_learner(), 10, "quest:1")
    with pytest.raises(Exception, match="never changed"):
        await db.fetch("UPDATE gamification_gem_entry SET amount = 99")
