"""Friendship as a relation, under every order of what two or more people may do."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from domains.kernel.errors import Conflict, NotFound
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.profiles import api as profiles
from domains.profiles.errors import PersonNotFound, RequestNotFound
from domains.profiles.policy.bonds import FORGOTTEN, Bond, BondState, accept, alive, ask, decline, part, standing
from domains.profiles.policy.bonds import withdraw as take_back
from domains.profiles.service import social
from factories.social import newcomer

ONE, OTHER = UUID(int=1), UUID(int=2)
START = datetime(2026, 11, 21, tzinfo=UTC)
steps = st.lists(
    st.tuples(
        st.sampled_from(["ask", "accept", "decline", "withdraw", "part", "block"]),
        st.sampled_from([ONE, OTHER]),
        st.integers(0, 20),
    ),
    max_size=25,
)


def stepped(bond: Bond | None, what: str, who: UUID, now: datetime) -> Bond | None:
    match what:
        case "ask":
            return ask(bond, who, now)
        case "accept":
            try:
                return accept(bond, who, now)
            except RequestNotFound:
                return bond
        case "decline":
            return decline(bond, who)
        case "withdraw":
            return take_back(bond, who)
        case "part":
            return part(bond)
    return None


@given(steps)
def test_nobody_becomes_a_friend_without_the_will_of_both(taken: list[tuple[str, UUID, int]]) -> None:
    bond: Bond | None = None
    willing: dict[UUID, datetime] = {}
    now = START
    for what, who, days in taken:
        now += timedelta(days=days)
        before = alive(bond, now)
        after = stepped(before, what, who, now)
        if what in ("ask", "accept"):
            willing[who] = now
        friends = after is not None and after.state is BondState.FRIENDS
        if friends and (before is None or before.state is not BondState.FRIENDS):
            other = OTHER if who == ONE else ONE
            assert who in willing
            assert now - willing[other] < FORGOTTEN
        if what in ("part", "block"):
            assert not friends
        if what == "block":
            willing.clear()
        elif what == "withdraw" and not friends:
            willing.pop(who, None)
        assert (standing(after, ONE) == "friends") == (standing(after, OTHER) == "friends") == friends
        bond = after


@given(steps)
def test_who_was_declined_sees_what_they_would_see_unanswered(taken: list[tuple[str, UUID, int]]) -> None:
    """One asks, withdraws and asks again, the other declines or not: One cannot tell."""
    heard: Bond | None = None
    unheard: Bond | None = None
    now = START
    for what, _, days in taken:
        now += timedelta(days=days)
        heard, unheard = alive(heard, now), alive(unheard, now)
        if what == "decline":
            heard = decline(heard, OTHER)
        elif what in ("ask", "withdraw"):
            heard, unheard = stepped(heard, what, ONE, now), stepped(unheard, what, ONE, now)
        asked = {standing(bond, ONE) for bond in (heard, unheard) if bond is None or bond.at + FORGOTTEN > now}
        if what in ("ask", "withdraw"):
            assert len(asked) == 1


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_happens_at_once_friendship_is_mutual_and_a_block_ends_it(
    db: Database, client: httpx.AsyncClient, seed: int
) -> None:
    random = Random(seed)
    people = [(await newcomer(client, f"P{number}", visibility="public")).id for number in range(3)]

    commands = [social.ask, social.ask, social.accept, social.decline, social.withdraw, social.part]
    commands += [social.follow, social.block, social.unblock]

    async def step() -> None:
        me, other = random.sample(people, 2)
        command = random.choice(commands)
        with contextlib.suppress(NotFound, Conflict):
            async with db.begin() as uow:
                await command(uow, me, other)

    for _ in range(12):
        await asyncio.gather(*(step() for _ in range(4)))
        friends = {me: await profiles.friends_of(db, me) for me in people}
        blocks = {
            frozenset(row.values()) for row in await db.fetch("SELECT blocker_id, blocked_id FROM profiles_block")
        }
        follows = {
            frozenset(row.values()) for row in await db.fetch("SELECT follower_id, followed_id FROM profiles_follow")
        }
        bonds = {frozenset(row.values()) for row in await db.fetch("SELECT low_id, high_id FROM profiles_bond")}
        assert all(me in friends[other] for me in people for other in friends[me])
        assert not blocks & (follows | bonds)
        assert all(me not in friends[me] for me in people)


async def test_a_request_waits_for_a_block_that_is_under_way(db: Database, client: httpx.AsyncClient) -> None:
    one, other = [(await newcomer(client, name)).id for name in ("One", "Other")]
    async with db.begin() as first:
        await social.block(first, one, other)
        with pytest.raises(DBAPIError, match="lock timeout"):
            async with db.begin() as second:
                await second.session.execute(text("SET LOCAL lock_timeout = '20ms'"))
                await social.ask(second, other, one)
    with pytest.raises(PersonNotFound):
        async with db.begin() as third:
            await social.ask(third, other, one)


async def test_two_who_ask_each_other_at_once_are_friends_once(db: Database, client: httpx.AsyncClient) -> None:
    one, other = [(await newcomer(client, name)).id for name in ("One", "Other")]

    async def asked(me: UUID, you: UUID) -> str:
        async with db.begin() as uow:
            return await social.ask(uow, me, you)

    answers = await asyncio.gather(*(asked(*pair) for pair in ((one, other), (other, one)) * 4))
    assert "friends" in answers
    assert [row["state"] for row in await db.fetch("SELECT state FROM profiles_bond")] == ["friends"]
    assert await profiles.friends_of(db, one) == {other}
    assert await profiles.friends_of(db, new_id()) == set()
