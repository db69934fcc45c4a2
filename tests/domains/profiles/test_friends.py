"""Friends, follows and blocks over REST, and who sees whom."""

from typing import Any

import httpx
import pytest

from app.asgi import Parts
from conftest import Crank
from domains.kernel.events import Event
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.profiles import api as profiles
from domains.profiles.events import FriendRequested
from domains.profiles.jobs import forget_old
from domains.profiles.policy import limits
from factories.people import Learner
from factories.social import age, ask, befriend, call, close, listed, newcomer, ok, outcome

MISSING = (404, "profiles.person_not_found")


async def seen(viewer: Learner, whom: Learner) -> dict[str, Any]:
    found: dict[str, Any] = await ok(viewer, "GET", f"/people/{whom.id}")
    return found


async def test_each_sees_what_the_other_shows_them_and_nobody_an_address(ada: Learner, bob: Learner) -> None:
    await ok(bob, "PATCH", "/profile", {"bio": "Hi."})
    card = {"view": "card", "user_id": str(bob.id), "name": "Bob", "handle": None, "friendship": "none"}
    assert await seen(ada, bob) == card
    await ok(bob, "PATCH", "/profile", {"visibility": "public"})
    public = await seen(ada, bob)
    assert public.pop("since")
    assert public == {**card, "view": "public", "bio": "Hi.", "avatar": None, "following": False, "wears": {}}
    await befriend(ada, bob)
    friend = await seen(ada, bob)
    assert (friend["view"], friend["bio"], friend["following"]) == ("friend", "Hi.", False)
    assert friend["friends_since"] > friend["since"]
    await ok(bob, "PATCH", "/profile", {"visibility": "private"})
    assert outcome(await call(ada, "GET", f"/people/{bob.id}")) == MISSING
    assert await listed(ada, "/friends") == []
    await ok(bob, "PATCH", "/profile", {"visibility": "friends"})
    assert await listed(ada, "/friends") == ["Bob"]


async def test_a_request_is_sent_and_accepted(heard: list[Event], ada: Learner, bob: Learner) -> None:
    assert [await ask(ada, bob) for _ in range(2)] == ["asked", "asked"]
    assert [(fact.user_id, fact.from_id) for fact in heard if isinstance(fact, FriendRequested)] == [(bob.id, ada.id)]
    assert await listed(bob, "/friends/requests") == ["Ada"]
    assert await listed(ada, "/friends/requests?direction=out") == ["Bob"]
    assert (await seen(bob, ada))["friendship"] == "asking"
    own = await call(ada, "POST", f"/friends/requests/{bob.id}/accept")
    assert outcome(own) == (404, "profiles.request_not_found")
    for _ in range(2):
        accepted = await ok(bob, "POST", f"/friends/requests/{ada.id}/accept")
        assert accepted == {"user_id": str(ada.id), "friendship": "friends"}
    assert await listed(ada, "/friends") == ["Bob"]
    assert await listed(bob, "/friends") == ["Ada"]
    assert await listed(bob, "/friends/requests") == []
    for _ in range(2):
        await ok(bob, "DELETE", f"/friends/{ada.id}")
    assert await listed(ada, "/friends") == []


async def test_who_was_declined_is_not_told_and_not_heard_again(
    heard: list[Event], db: Database, ada: Learner, bob: Learner
) -> None:
    await ask(ada, bob)
    await ok(bob, "POST", f"/friends/requests/{ada.id}/decline")
    assert await listed(ada, "/friends/requests?direction=out") == ["Bob"]
    await ok(ada, "DELETE", f"/friends/requests/{bob.id}")
    assert await listed(ada, "/friends/requests?direction=out") == []
    assert await ask(ada, bob) == "asked"
    assert await listed(bob, "/friends/requests") == []
    assert (await seen(bob, ada))["friendship"] == "none"
    assert len([fact for fact in heard if isinstance(fact, FriendRequested)]) == 1
    await age(db, "profiles_bond.at", 30)
    assert await listed(ada, "/friends/requests?direction=out") == []
    assert await ask(ada, bob) == "asked"
    assert await listed(bob, "/friends/requests") == ["Ada"]
    await age(db, "profiles_bond.at", 30)
    await forget_old(db)
    assert await db.fetch("SELECT FROM profiles_bond") == []


async def test_a_withdrawn_request_cannot_be_accepted(ada: Learner, bob: Learner) -> None:
    await ask(ada, bob)
    await ok(ada, "DELETE", f"/friends/requests/{bob.id}")
    answer = await call(bob, "POST", f"/friends/requests/{ada.id}/accept")
    assert outcome(answer) == (404, "profiles.request_not_found")


async def test_following_is_for_public_profiles_and_ends_from_either_side(ada: Learner, bob: Learner) -> None:
    assert outcome(await call(ada, "PUT", f"/people/{bob.id}/follow")) == (409, "profiles.not_public")
    await ok(bob, "PATCH", "/profile", {"visibility": "public"})
    for _ in range(2):
        await ok(ada, "PUT", f"/people/{bob.id}/follow")
    assert (await listed(ada, "/following"), await listed(bob, "/followers")) == (["Bob"], ["Ada"])
    assert (await seen(ada, bob))["following"]
    await ok(bob, "DELETE", f"/followers/{ada.id}")
    assert (await listed(ada, "/following"), await listed(bob, "/followers")) == ([], [])
    await ok(ada, "PUT", f"/people/{bob.id}/follow")
    await ok(ada, "DELETE", f"/people/{bob.id}/follow")
    assert await listed(bob, "/followers") == []


async def test_after_a_block_neither_sees_the_other_and_nothing_of_before_comes_back(
    db: Database, ada: Learner, bob: Learner
) -> None:
    for one, other in ((ada, bob), (bob, ada)):
        await ok(one, "PATCH", "/profile", {"visibility": "public"})
        await ok(one, "PUT", "/profile/handle", {"handle": f"{one.name}_1815"})
        await ok(other, "GET", f"/people/{one.id}")
    for one, other in ((ada, bob), (bob, ada)):
        await ok(one, "PUT", f"/people/{other.id}/follow")
    await befriend(ada, bob)
    for _ in range(2):
        await ok(ada, "PUT", f"/blocks/{bob.id}")
    for one, other in ((ada, bob), (bob, ada)):
        assert outcome(await call(one, "GET", f"/people/{other.id}")) == MISSING
        assert outcome(await call(one, "GET", f"/people/by-handle/{other.name}_1815")) == MISSING
        assert outcome(await call(one, "PUT", f"/people/{other.id}/follow")) == MISSING
        assert outcome(await call(one, "POST", "/friends/requests", {"user_id": str(other.id)})) == MISSING
        assert (await ok(one, "GET", f"/people?handle={other.name}"))["items"] == []
        assert [await listed(one, path) for path in ("/friends", "/following", "/followers")] == [[], [], []]
        async with db.begin() as uow:
            assert await profiles.visible(uow, one.id, [one.id, other.id, new_id()]) == {one.id}
    assert [item["name"] for item in (await ok(ada, "GET", "/blocks"))["items"]] == ["Bob"]
    assert (await ok(bob, "GET", "/blocks"))["items"] == []
    await ok(ada, "DELETE", f"/blocks/{bob.id}")
    assert (await seen(bob, ada))["friendship"] == "none"
    async with db.begin() as uow:
        assert await profiles.visible(uow, ada.id, [bob.id]) == {bob.id}


async def test_blocking_somebody_does_not_tell_whether_or_who_they_are(ada: Learner, bob: Learner) -> None:
    await ok(bob, "PATCH", "/profile", {"visibility": "private"})
    for user_id in (bob.id, new_id()):
        assert (await call(ada, "PUT", f"/blocks/{user_id}")).status_code == 204
    assert [item["name"] for item in (await ok(ada, "GET", "/blocks"))["items"]] == [None]


@pytest.mark.parametrize("how", ["private", "closed", "unknown", "blocking"])
async def test_whoever_is_not_to_be_seen_is_missing_in_the_same_words(
    db: Database, ada: Learner, bob: Learner, how: str
) -> None:
    match how:
        case "private":
            await ok(bob, "PATCH", "/profile", {"visibility": "private"})
        case "closed":
            await close(db, bob)
        case "blocking":
            await ok(bob, "PUT", f"/blocks/{ada.id}")
    whom = new_id() if how == "unknown" else bob.id
    answers = [
        await call(ada, "GET", f"/people/{whom}"),
        await call(ada, "PUT", f"/people/{whom}/follow"),
        await call(ada, "POST", "/friends/requests", {"user_id": str(whom)}),
        await call(ada, "POST", f"/friends/requests/{whom}/accept"),
    ]
    assert {outcome(answer) for answer in answers} == {MISSING}
    assert {answer.json()["title"] for answer in answers} == {"There is no such person"}
    quiet = [
        await call(ada, "DELETE", f"/friends/{whom}"),
        await call(ada, "POST", f"/friends/requests/{whom}/decline"),
        await call(ada, "DELETE", f"/friends/requests/{whom}"),
        await call(ada, "DELETE", f"/people/{whom}/follow"),
        await call(ada, "POST", f"/people/{whom}/reports", {"reason": "spam"}),
    ]
    assert {answer.status_code for answer in quiet} == {204}


async def test_who_hides_does_not_come_forward_either(ada: Learner, bob: Learner) -> None:
    await ok(bob, "PATCH", "/profile", {"visibility": "public"})
    await ok(ada, "PATCH", "/profile", {"visibility": "private"})
    for answer in (
        await call(ada, "POST", "/friends/requests", {"user_id": str(bob.id)}),
        await call(ada, "PUT", f"/people/{bob.id}/follow"),
    ):
        assert outcome(answer) == (409, "profiles.hidden")


async def test_nobody_is_their_own_friend(ada: Learner) -> None:
    for answer in (
        await call(ada, "POST", "/friends/requests", {"user_id": str(ada.id)}),
        await call(ada, "PUT", f"/people/{ada.id}/follow"),
        await call(ada, "PUT", f"/blocks/{ada.id}"),
        await call(ada, "POST", f"/people/{ada.id}/reports", {"reason": "spam"}),
    ):
        assert outcome(answer) == (400, "profiles.yourself")


async def test_a_search_finds_by_the_beginning_of_a_handle_whom_one_may_see(
    db: Database, client: httpx.AsyncClient, ada: Learner
) -> None:
    for number in range(4):
        person = await newcomer(client, f"N{number}")
        await ok(person, "PUT", "/profile/handle", {"handle": f"max{number}"})
        if number == 1:
            await ok(person, "PATCH", "/profile", {"visibility": "private"})
        if number == 2:
            await close(db, person)
    await ok(ada, "PUT", "/profile/handle", {"handle": "maxima"})
    answer = await call(ada, "GET", "/people?handle=@MAX")
    assert [item["name"] for item in answer.json()["items"]] == ["N0", "N3"]
    assert "@example.org" not in answer.text
    first = await ok(ada, "GET", "/people?handle=max&limit=1")
    second = await ok(ada, "GET", f"/people?handle=max&limit=2&cursor={first['next_cursor']}")
    assert [item["handle"] for page in (first, second) for item in page["items"]] == ["max0", "max3"]
    for prefix in ("m", "%25%25", "ma%20x", "a@b.example"):
        assert outcome(await call(ada, "GET", f"/people?handle={prefix}")) == (400, "profiles.bad_field")


async def test_there_is_an_end_to_friends_requests_follows_and_blocks(
    monkeypatch: pytest.MonkeyPatch, client: httpx.AsyncClient, ada: Learner, bob: Learner, eve: Learner
) -> None:
    for name in ("MOST_FRIENDS", "MOST_REQUESTS", "MOST_FOLLOWED", "MOST_BLOCKED"):
        monkeypatch.setattr(limits, name, 1)
    for person in (bob, eve):
        await ok(person, "PATCH", "/profile", {"visibility": "public"})
    full = (409, "profiles.no_room")
    await ask(ada, bob)
    assert outcome(await call(ada, "POST", "/friends/requests", {"user_id": str(eve.id)})) == full
    await ask(bob, ada)
    await ask(eve, ada)
    assert outcome(await call(ada, "POST", f"/friends/requests/{eve.id}/accept")) == full
    await ok(ada, "PUT", f"/people/{bob.id}/follow")
    assert outcome(await call(ada, "PUT", f"/people/{eve.id}/follow")) == full
    await ok(ada, "PUT", f"/blocks/{bob.id}")
    assert outcome(await call(ada, "PUT", f"/blocks/{eve.id}")) == full


async def test_a_list_is_read_page_by_page(client: httpx.AsyncClient, ada: Learner) -> None:
    for number in range(3):
        await befriend(await newcomer(client, f"N{number}"), ada)
    first = await ok(ada, "GET", "/friends?limit=2")
    second = await ok(ada, "GET", f"/friends?limit=2&cursor={first['next_cursor']}")
    assert [item["person"]["name"] for page in (first, second) for item in page["items"]] == ["N2", "N1", "N0"]
    assert second["next_cursor"] is None
    assert outcome(await call(ada, "GET", "/friends?cursor=x")) == (400, "page.bad_cursor")


async def test_the_asked_is_told_once_and_not_about_whom_they_may_not_see(
    crank: Crank, parts: Parts, ada: Learner, bob: Learner, eve: Learner
) -> None:
    await ask(ada, bob)
    await ok(ada, "DELETE", f"/friends/requests/{bob.id}")
    await ask(ada, bob)
    await ask(eve, bob)
    await ok(bob, "PUT", f"/blocks/{eve.id}")
    await crank.jobs()
    await crank.again()
    told = (await ok(bob, "GET", "/notifications"))["items"]
    assert [item["title"] for item in told if item["kind"] == "friend_request"] == ["Ada wants to learn with you"]
