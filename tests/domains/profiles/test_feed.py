"""What friends see of each other's learning, and kudos for it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import time_machine

from conftest import Crank
from domains.catalog.api import RevisionContent
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.profiles import api as profiles
from domains.profiles.errors import ActivityNotFound
from domains.profiles.jobs import forget_old
from domains.profiles.service import activity as service
from factories.people import Learner, publish, small_course
from factories.social import befriend, call, close, ok, outcome


@pytest.fixture
async def course(db: Database) -> RevisionContent:
    return await publish(db, small_course(lessons=1))


async def feed(person: Learner) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await ok(person, "GET", "/feed"))["items"]
    return found


async def share(db: Database, person: Learner, cause: str = "x") -> None:
    async with db.begin() as uow:
        await profiles.share(uow, person.id, "streak_reached", cause=cause, days=7)


async def test_friends_see_each_lesson_and_course_once(
    course: RevisionContent, ada: Learner, bob: Learner, eve: Learner
) -> None:
    await befriend(ada, bob)
    await ok(ada, "PUT", "/profile/handle", {"handle": "ada"})
    practised, read = course.lessons
    for _ in range(2):
        await ada.finish(practised)
    for _ in range(2):
        await ok(ada, "POST", f"/progress/lessons/{read}")
    shown = await feed(bob)
    assert [(item["kind"], item["lesson_id"]) for item in shown] == [
        ("course_completed", None),
        ("lesson_completed", str(read)),
        ("lesson_completed", str(practised)),
    ]
    assert {item["course_id"] for item in shown} == {str(course.course_id)}
    assert shown[0]["person"] == {"user_id": str(ada.id), "name": "Ada", "handle": "ada", "avatar": None}
    assert [item["id"] for item in await feed(ada)] == [item["id"] for item in shown]
    assert await feed(eve) == []


async def test_nothing_is_written_for_people_whom_nobody_looks_at(db: Database, ada: Learner) -> None:
    await share(db, ada)
    assert await db.fetch("SELECT FROM profiles_activity") == []


async def test_what_is_seen_follows_privacy_at_the_moment_of_looking(db: Database, ada: Learner, bob: Learner) -> None:
    await ok(ada, "PATCH", "/profile", {"visibility": "public"})
    await ok(bob, "PUT", f"/people/{ada.id}/follow")
    for _ in range(2):
        await share(db, ada)
    assert [(item["kind"], item["days"]) for item in await feed(bob)] == [("streak_reached", 7)]
    await ok(ada, "PATCH", "/profile", {"visibility": "friends"})
    assert await feed(bob) == []
    await befriend(ada, bob)
    assert len(await feed(bob)) == 1
    await ok(ada, "PATCH", "/profile", {"visibility": "private"})
    assert await feed(bob) == []
    assert len(await feed(ada)) == 1
    await ok(ada, "PATCH", "/profile", {"visibility": "friends"})
    await close(db, ada)
    assert await feed(bob) == []


async def test_the_feed_is_read_page_by_page_and_holds_30_days(db: Database, ada: Learner, bob: Learner) -> None:
    await befriend(ada, bob)
    for number in range(3):
        await share(db, ada if number % 2 else bob, f"x{number}")
    whole = [item["id"] for item in await feed(bob)]
    first = await ok(bob, "GET", "/feed?limit=2")
    second = await ok(bob, "GET", f"/feed?limit=2&cursor={first['next_cursor']}")
    assert [item["id"] for page in (first, second) for item in page["items"]] == whole
    assert len(whole) == 3
    await forget_old(db)
    assert len(await feed(bob)) == 3
    with time_machine.travel(utc_now() + timedelta(days=30, minutes=1)):
        async with db.begin() as uow:
            assert (await service.feed(uow, bob.id, after=None, limit=20)).items == []
            with pytest.raises(ActivityNotFound):
                await service.cheer(uow, bob.id, UUID(whole[0]))
        await forget_old(db)
    assert await db.fetch("SELECT FROM profiles_activity") == []


async def test_kudos_count_once_per_person_and_can_be_taken_back(
    db: Database, ada: Learner, bob: Learner, eve: Learner
) -> None:
    await befriend(ada, bob)
    await befriend(ada, eve)
    await share(db, ada)
    [item] = await feed(bob)
    path = f"/feed/{item['id']}/kudos"
    for _ in range(2):
        assert await ok(bob, "PUT", path) == {"activity_id": item["id"], "kudos": 1, "cheered": True}
    assert (await ok(eve, "PUT", path))["kudos"] == 2
    assert [(shown["kudos"], shown["cheered"]) for shown in await feed(ada)] == [(2, False)]
    assert [(shown["kudos"], shown["cheered"]) for shown in await feed(bob)] == [(2, True)]
    for _ in range(2):
        assert await ok(bob, "DELETE", path) == {"activity_id": item["id"], "kudos": 1, "cheered": False}
    assert outcome(await call(ada, "PUT", path)) == (400, "profiles.yourself")


async def test_who_may_not_see_it_cannot_cheer(db: Database, ada: Learner, bob: Learner, eve: Learner) -> None:
    await befriend(ada, bob)
    await share(db, ada)
    [item] = await feed(bob)
    missing = (404, "profiles.activity_not_found")
    assert outcome(await call(eve, "PUT", f"/feed/{item['id']}/kudos")) == missing
    assert outcome(await call(bob, "PUT", f"/feed/{new_id()}/kudos")) == missing
    await ok(bob, "PATCH", "/profile", {"visibility": "private"})
    assert outcome(await call(bob, "PUT", f"/feed/{item['id']}/kudos")) == (409, "profiles.hidden")
    await ok(ada, "PUT", f"/blocks/{bob.id}")
    assert outcome(await call(bob, "PUT", f"/feed/{item['id']}/kudos")) == missing


async def test_kudos_are_told_once_with_what_they_are_for(
    client: httpx.AsyncClient, crank: Crank, course: RevisionContent, ada: Learner, bob: Learner
) -> None:
    await befriend(ada, bob)
    await ada.finish(next(iter(course.lessons)))
    path = f"/feed/{(await feed(bob))[0]['id']}/kudos"
    await ok(bob, "PUT", path)
    await ok(bob, "DELETE", path)
    await ok(bob, "PUT", path)
    await crank.jobs()
    await crank.again()
    told = [item for item in (await ok(ada, "GET", "/notifications"))["items"] if item["kind"] == "kudos"]
    assert [(item["title"], item["body"]) for item in told] == [("Bob cheers for you", "Lesson 0")]
