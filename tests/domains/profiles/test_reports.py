"""Reports and their queue."""

import asyncio
from datetime import timedelta

import httpx
import pytest
import time_machine

from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.profiles.jobs import forget_old
from domains.profiles.service import reports as service
from factories.people import Learner
from factories.social import age, be, call, newcomer, ok, outcome


@pytest.fixture
async def mia(db: Database, client: httpx.AsyncClient) -> Learner:
    """A moderator."""
    found = await newcomer(client, "Mia")
    await be(db, found, "moderator")
    return found


async def test_a_report_shows_moderators_what_was_to_be_seen_then(ada: Learner, bob: Learner, mia: Learner) -> None:
    await ok(bob, "PATCH", "/profile", {"bio": "Buy my pills"})
    await ok(ada, "POST", f"/people/{bob.id}/reports", {"reason": "spam", "text": "Pills!"})
    await ok(bob, "PATCH", "/profile", {"bio": "", "name": "Robert"})
    [found] = (await ok(mia, "GET", "/reports"))["items"]
    assert (found["reason"], found["text"], found["state"]) == ("spam", "Pills!", "open")
    assert (found["shown_name"], found["shown_bio"], found["shown_handle"]) == ("Bob", "Buy my pills", None)
    assert (found["reporter_id"], found["reported_id"]) == (str(ada.id), str(bob.id))


async def test_reports_are_for_moderators_only(ada: Learner) -> None:
    for answer in (
        await call(ada, "GET", "/reports"),
        await call(ada, "PATCH", f"/reports/{new_id()}", {"state": "resolved"}),
    ):
        assert answer.status_code == 403


async def test_a_report_is_taken_up_and_closed_for_good(ada: Learner, bob: Learner, mia: Learner) -> None:
    for text in ("One.", "Two."):
        await ok(ada, "POST", f"/people/{bob.id}/reports", {"reason": "other", "text": text})
    [found] = (await ok(mia, "GET", "/reports?state=open"))["items"]
    assert found["text"] == "Two."
    path = f"/reports/{found['id']}"
    assert (await ok(mia, "PATCH", path, {"state": "reviewing"}))["handled_by"] == str(mia.id)
    assert (await ok(mia, "GET", "/reports"))["items"] == []
    closed = await ok(mia, "PATCH", path, {"state": "resolved", "note": "Warned."})
    assert (closed["state"], closed["note"]) == ("resolved", "Warned.")
    assert await ok(mia, "PATCH", path, {"state": "resolved", "note": "Again."}) == closed
    assert outcome(await call(mia, "PATCH", path, {"state": "open"})) == (409, "profiles.report_closed")
    answer = await call(mia, "PATCH", f"/reports/{new_id()}", {"state": "open"})
    assert outcome(answer) == (404, "profiles.report_not_found")
    await ok(ada, "POST", f"/people/{bob.id}/reports", {"reason": "other", "text": "Again."})
    assert len((await ok(mia, "GET", "/reports"))["items"]) == 1


async def test_many_reports_at_once_are_no_way_around_the_limit(
    monkeypatch: pytest.MonkeyPatch, db: Database, client: httpx.AsyncClient, ada: Learner
) -> None:
    monkeypatch.setattr(service, "MOST_REPORTS", 2)
    others = [await newcomer(client, f"N{number}") for number in range(4)]
    answers = await asyncio.gather(
        *(call(ada, "POST", f"/people/{other.id}/reports", {"reason": "hate"}) for other in others)
    )
    assert sorted(answer.status_code for answer in answers) == [204, 204, 429, 429]
    await age(db, "profiles_report.created_at", 1)
    assert (await call(ada, "POST", f"/people/{others[0].id}/reports", {"reason": "hate"})).status_code == 204


async def test_who_was_blocked_can_still_report(ada: Learner, bob: Learner, mia: Learner) -> None:
    await ok(bob, "PUT", f"/blocks/{ada.id}")
    await ok(ada, "POST", f"/people/{bob.id}/reports", {"reason": "harassment"})
    await ok(ada, "POST", f"/people/{new_id()}/reports", {"reason": "harassment"})
    assert len((await ok(mia, "GET", "/reports"))["items"]) == 1


async def test_nobody_reads_or_judges_what_was_reported_about_themselves(
    db: Database, client: httpx.AsyncClient, ada: Learner, mia: Learner
) -> None:
    other = await newcomer(client, "Max")
    await be(db, other, "moderator")
    await ok(ada, "POST", f"/people/{mia.id}/reports", {"reason": "harassment"})
    assert (await ok(mia, "GET", "/reports"))["items"] == []
    [found] = (await ok(other, "GET", "/reports"))["items"]
    closing = {"state": "dismissed"}
    refused = await call(mia, "PATCH", f"/reports/{found['id']}", closing)
    assert outcome(refused) == (404, "profiles.report_not_found")
    await ok(other, "PATCH", f"/reports/{found['id']}", closing)


async def test_what_was_closed_is_forgotten_after_a_year(
    db: Database, ada: Learner, bob: Learner, mia: Learner
) -> None:
    for reporter in (ada, mia):
        await ok(reporter, "POST", f"/people/{bob.id}/reports", {"reason": "spam"})
    [first, _] = (await ok(mia, "GET", "/reports"))["items"]
    await ok(mia, "PATCH", f"/reports/{first['id']}", {"state": "dismissed"})
    with time_machine.travel(utc_now() + timedelta(days=366)):
        await forget_old(db)
    assert [row["state"] for row in await db.fetch("SELECT state FROM profiles_report")] == ["open"]
