"""What operators see and do over REST: jobs that failed for good, figures, feature flags."""

import json
from typing import Any

import httpx
import pytest

from conftest import Crank
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.people import Learner, register

NAME = "notifications.tell_of_something"
OTHER = "gamification.pay_for_something"


@pytest.fixture
async def olga(client: httpx.AsyncClient, db: Database) -> Learner:
    found = await register(client, "Olga")
    await db.fetch("INSERT INTO identity_user_role (user_id, role) VALUES ($1, 'admin')", found.id)
    return found


async def put(who: Learner, path: str, body: dict[str, Any]) -> httpx.Response:
    return await who.http.put(f"/api/v1{path}", json=body, headers=who.headers)


async def dead(db: Database, *subscriptions: str) -> str:
    """A fact all whose reactions failed for good."""
    event_id = new_id()
    fact = json.dumps({"type": "test.happened.v1", "user_id": "u"})
    await db.fetch(
        "INSERT INTO kernel_outbox (id, type, payload, occurred_at, lease_until, dispatched_at)"
        " VALUES ($1, 'test.happened.v1', $2, now(), now(), now())",
        event_id,
        fact,
    )
    for name in subscriptions:
        await db.fetch(
            "INSERT INTO kernel_delivery (event_id, subscription, state, attempts, finished_at, last_error)"
            " VALUES ($1, $2, 'dead', 14, now(), 'ValueError: no')",
            event_id,
            name,
        )
    return str(event_id)


async def audited(db: Database, action: str) -> list[tuple[Any, dict[str, Any]]]:
    rows = await db.fetch("SELECT actor_id, detail::text FROM identity_audit WHERE action = $1 ORDER BY id", action)
    return [(row[0], json.loads(row[1])) for row in rows]


async def test_dead_jobs_are_listed_in_pages_that_miss_none_of_one_fact(db: Database, olga: Learner) -> None:
    first = await dead(db, NAME, OTHER)
    second = await dead(db, NAME)
    seen, cursor = [], ""
    for _ in range(3):
        page = (await olga.get(f"/admin/jobs?limit=1{cursor}")).json()
        seen += [(job["event_id"], job["subscription"]) for job in page["items"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == [(second, NAME), (first, NAME), (first, OTHER)]
    assert page["next_cursor"] is None
    assert [job["event_id"] for job in (await olga.get(f"/admin/jobs?subscription={OTHER}")).json()["items"]] == [first]
    assert (await olga.get("/admin/jobs?state=done&subscription=x")).json()["items"] == []


async def test_a_job_is_shown_with_its_fact_and_counted(db: Database, olga: Learner) -> None:
    event_id = await dead(db, NAME)
    job = (await olga.get(f"/admin/jobs/{event_id}/{NAME}")).json()
    assert (job["state"], job["attempts"], job["last_error"]) == ("dead", 14, "ValueError: no")
    assert job["fact"] == {"type": "test.happened.v1", "user_id": "u"}
    counts = (await olga.get("/admin/jobs/counts")).json()["items"]
    assert [(each["dead"], each["pending"], each["dead_since"]) for each in counts if each["subscription"] == NAME] == [
        (1, 0, job["finished_at"])
    ]
    assert (await olga.get(f"/admin/jobs/{event_id}/{OTHER}")).status_code == 404


async def test_a_dead_job_runs_again_and_who_wanted_that_is_written_down(db: Database, olga: Learner) -> None:
    event_id, kept = await dead(db, NAME, OTHER), await dead(db, OTHER)
    answer = await olga.post("/admin/jobs/replay", {"event_id": event_id, "subscription": NAME})
    assert answer.json() == {"replayed": 1}
    rows = await db.fetch(
        "SELECT event_id::text, subscription, state, attempts FROM kernel_delivery WHERE attempts = 0"
    )
    assert [tuple(row) for row in rows if row["subscription"] == NAME] == [(event_id, NAME, "pending", 0)]
    assert len((await olga.get("/admin/jobs")).json()["items"]) == 2
    again = await olga.post("/admin/jobs/replay", {"event_id": event_id, "subscription": NAME})
    assert (again.status_code, again.json()["code"]) == (404, "jobs.not_found")
    assert (await olga.post("/admin/jobs/replay", {"everything": True})).json() == {"replayed": 2}
    [one, everything] = await audited(db, "jobs_replayed")
    assert one == (olga.id, {"event_id": event_id, "subscription": NAME, "replayed": 1})
    assert everything[1] == {"event_id": None, "subscription": None, "replayed": 2}
    assert kept


async def test_figures_are_those_of_the_house_without_its_buckets(olga: Learner, crank: Crank) -> None:
    await crank.jobs()
    found = {each["name"]: each for each in (await olga.get("/admin/metrics")).json()["items"]}
    facts = found["lyceum_facts"]
    assert (facts["kind"], facts["help"]) == ("counter", "Facts dispatched")
    assert all(sample["value"] >= 0 for sample in facts["samples"])
    names = {sample["name"] for each in found.values() for sample in each["samples"]}
    assert "lyceum_http_request_seconds_count" in names
    assert not any(name.endswith("_bucket") for name in names)


async def test_a_flag_is_on_for_who_is_named_and_then_for_all_and_then_for_nobody(
    client: httpx.AsyncClient, db: Database, olga: Learner
) -> None:
    ada = await register(client, "Ada")

    async def seen(who: Learner) -> list[str]:
        found: list[str] = (await who.get("/auth/me")).json()["flags"]
        return found

    made = await put(olga, "/admin/flags/new_board", {"note": "Boards anew", "people": [str(ada.id)]})
    assert (made.status_code, made.json()["changed_by"]) == (200, str(olga.id))
    assert (await seen(ada), await seen(olga)) == (["new_board"], [])
    await put(olga, "/admin/flags/new_board", {"percentage": 100, "environments": ["production"]})
    assert (await seen(ada), await seen(olga)) == ([], [])
    await put(olga, "/admin/flags/new_board", {"percentage": 100, "environments": ["production", "development"]})
    assert (await seen(ada), await seen(olga)) == (["new_board"], ["new_board"])
    listed = (await olga.get("/admin/flags")).json()
    assert (listed["environment"], [each["percentage"] for each in listed["items"]]) == ("development", [100])
    removed = await olga.http.delete("/api/v1/admin/flags/new_board", headers=olga.headers)
    assert (removed.status_code, await seen(ada)) == (204, [])
    told = [(who, detail["percentage"], detail["people"]) for who, detail in await audited(db, "flag_set")]
    assert told == [(olga.id, 0, 1), (olga.id, 100, 0), (olga.id, 100, 0)]
    assert await audited(db, "flag_removed") == [(olga.id, {"name": "new_board"})]


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("Bad-Name", {}, "flags.bad_name"),
        ("fine", {"percentage": 101}, "http.validation"),
        ("fine", {"environments": ["staging"]}, "http.validation"),
    ],
)
async def test_a_flag_that_makes_no_sense_is_refused(
    db: Database, olga: Learner, name: str, body: dict[str, Any], code: str
) -> None:
    answer = await put(olga, f"/admin/flags/{name}", body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert await audited(db, "flag_set") == []
