"""Whoever asked to be friends learns that it was accepted, as long as it is still so."""

from typing import Any

import httpx
import pytest

from conftest import Crank
from domains.identity.events import AccountErased
from domains.kernel.uow import Database
from domains.notifications.policy.kinds import EMAIL, KINDS
from domains.profiles.events import FriendsMade
from factories.people import Learner
from factories.social import ask, befriend, close, newcomer, ok


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await newcomer(client, "Ada")


@pytest.fixture
async def bob(client: httpx.AsyncClient) -> Learner:
    return await newcomer(client, "Bob")


async def accept(one: Learner, other: Learner) -> None:
    await ok(one, "POST", f"/friends/requests/{other.id}/accept")


async def told(person: Learner) -> list[tuple[str, str]]:
    """Title and link, in alphabetical order."""
    items: list[dict[str, Any]] = (await ok(person, "GET", "/notifications"))["items"]
    return sorted((item["title"], item["url"]) for item in items if item["kind"] == "friend_accepted")


def test_an_answer_goes_wherever_the_request_went_and_not_by_mail() -> None:
    assert KINDS["friend_accepted"] == KINDS["friend_request"]._replace(id="friend_accepted")
    assert EMAIL not in KINDS["friend_accepted"].channels


async def test_whoever_asked_is_told_once_and_whoever_accepted_is_not(crank: Crank, ada: Learner, bob: Learner) -> None:
    await ask(ada, bob)
    for _ in range(2):
        await accept(bob, ada)
    await crank.jobs()
    await crank.again()
    assert await told(ada) == [("You and Bob are friends now", f"/people/{bob.id}")]
    assert await told(bob) == []


async def test_of_two_who_asked_each_other_the_first_is_told(crank: Crank, ada: Learner, bob: Learner) -> None:
    await befriend(bob, ada)
    await crank.jobs()
    assert (len(await told(bob)), await told(ada)) == (1, [])


async def test_who_parts_and_asks_anew_is_told_of_the_new_answer(crank: Crank, ada: Learner, bob: Learner) -> None:
    for _ in range(2):
        await ask(ada, bob)
        await accept(bob, ada)
        await crank.jobs()
        await ok(ada, "DELETE", f"/friends/{bob.id}")
    assert len(await told(ada)) == 2


async def test_nobody_is_told_of_friends_who_are_none_any_more(
    client: httpx.AsyncClient, db: Database, crank: Crank, ada: Learner, bob: Learner
) -> None:
    names = ("blocking", "blocked", "parted", "private", "banned", "erased")
    blocking, blocked, parted, private, banned, erased = others = [await newcomer(client, name) for name in names]
    for other in (bob, *others):
        await ask(ada, other)
        await accept(other, ada)
    await ok(blocking, "PUT", f"/blocks/{ada.id}")
    await ok(ada, "PUT", f"/blocks/{blocked.id}")
    await ok(parted, "DELETE", f"/friends/{ada.id}")
    await ok(private, "PATCH", "/profile", {"visibility": "private"})
    await close(db, banned)
    async with db.begin() as uow:
        uow.record(AccountErased(user_id=erased.id))
    await crank.jobs()
    assert await told(ada) == [("You and Bob are friends now", f"/people/{bob.id}")]


async def test_nothing_is_kept_for_whoever_asked_and_left(
    db: Database, crank: Crank, ada: Learner, bob: Learner
) -> None:
    await ask(ada, bob)
    await accept(bob, ada)
    await close(db, ada)
    await crank.jobs()
    assert await db.fetch("SELECT FROM notifications_notification WHERE kind = 'friend_accepted'") == []
    assert await db.fetch("SELECT FROM notifications_delivery WHERE kind = 'friend_accepted'") == []


async def test_a_fact_that_does_not_say_who_asked_tells_nobody(
    db: Database, crank: Crank, ada: Learner, bob: Learner
) -> None:
    async with db.begin() as uow:
        uow.record(FriendsMade(user_ids=[ada.id, bob.id]))
    await crank.jobs()
    assert (await told(ada), await told(bob)) == ([], [])
