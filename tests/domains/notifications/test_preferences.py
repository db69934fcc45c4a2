"""How people say what they want to be told, and what support sees of it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.notifications.rendering.texts import sample_params
from domains.notifications.service import deliver, plan, unsubscribe
from factories.people import Learner, register


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client, time_zone="Europe/Berlin")


async def say(learner: Learner, **wish: Any) -> httpx.Response:
    return await learner.http.put("/api/v1/notifications/preferences", json=wish, headers=learner.headers)


def choice(scope: str, frequency: str, channel: str = "email") -> dict[str, str]:
    return {"scope": scope, "channel": channel, "frequency": frequency}


async def deliveries(db: Database, learner: Learner) -> dict[str, tuple[str, str]]:
    rows = await db.fetch("SELECT * FROM notifications_delivery WHERE user_id = $1 AND kind <> 'welcome'", learner.id)
    return {row["kind"]: (row["state"], row["reason"]) for row in rows}


async def tell(db: Database, learner: Learner, *kinds: str) -> None:
    async with db.begin() as uow:
        for kind in kinds:
            await plan.notify(uow, learner.id, kind, params=sample_params(kind), url="/", cause=f"{kind}:1")


async def test_who_has_said_nothing_sees_the_defaults_and_what_may_be_chosen(ada: Learner) -> None:
    found = (await ada.get("/notifications/preferences")).json()
    assert (found["choices"], found["quiet_hours"], found["digest_hour"]) == ([], None, 18)
    assert (found["paused_until"], found["marketing_since"], found["time_zone"]) == (None, None, "Europe/Berlin")
    kinds = {kind["id"]: {one["channel"]: one for one in kind["channels"]} for kind in found["kinds"]}
    assert kinds["password_reset"]["email"]["choices"] == ["instant"]
    assert kinds["course_completed"]["email"]["choices"] == ["instant", "daily", "weekly", "off"]
    assert kinds["streak_at_risk"]["in_app"] == {
        "channel": "in_app",
        "frequency": "instant",
        "choices": ["instant", "off"],
    }
    assert {"in_app", "email"} <= set(found["channels"])


async def test_what_is_said_is_kept_as_a_whole_and_holds_for_what_comes(db: Database, ada: Learner) -> None:
    wish = {
        "choices": [choice("category:learning", "daily"), choice("course_completed", "off", "in_app")],
        "quiet_hours": {"from": "22:30", "until": "06:15"},
        "digest_hour": 7,
        "paused_until": None,
    }
    answer = await say(ada, **wish)
    assert answer.status_code == 200, answer.text
    found = (await ada.get("/notifications/preferences")).json()
    assert found == answer.json()
    assert found["quiet_hours"] == wish["quiet_hours"]
    assert found["digest_hour"] == 7
    assert sorted(map(str, found["choices"])) == sorted(map(str, wish["choices"]))
    await tell(db, ada, "course_completed", "answer_accepted")
    rows = await db.fetch("SELECT kind, channel, state, reason FROM notifications_delivery WHERE kind <> 'welcome'")
    assert sorted(tuple(row.values()) for row in rows) == [
        ("answer_accepted", "email", "digest", "daily"),
        ("course_completed", "email", "digest", "daily"),
        ("course_completed", "in_app", "skipped", "switched off"),
    ]
    kinds = [item["kind"] for item in (await ada.get("/notifications")).json()["items"]]
    assert "answer_accepted" in kinds
    assert "course_completed" not in kinds
    # What is not said again was never said.
    assert (await say(ada)).json()["choices"] == []


@pytest.mark.parametrize(
    "wish",
    [
        {"choices": [choice("password_reset", "off")]},
        {"choices": [choice("payment_failed", "off", "web_push")]},
        {"choices": [choice("streak_at_risk", "daily", "web_push")]},
        {"choices": [choice("weekly_recap", "daily")]},
        {"choices": [choice("digest", "off")]},
        {"choices": [choice("nonsense", "off")]},
        {"choices": [choice("learning", "off")]},
        {"choices": [choice("category:nonsense", "off")]},
        {"choices": [choice("category:learning", "off", "pigeon")]},
        {"quiet_hours": {"from": "24:00", "until": "06:00"}},
        {"quiet_hours": {"from": "22:00"}},
        {"digest_hour": 24},
        {"paused_until": "2026-12-01T00:00:00"},
        {"paused_until": "9999-12-31T23:00:00Z"},
        {"unheard_of": 1},
    ],
)
async def test_what_cannot_be_chosen_is_refused_and_changes_nothing(ada: Learner, wish: dict[str, Any]) -> None:
    assert (await say(ada, choices=[choice("kudos", "instant")], digest_hour=9)).status_code == 200
    answer = await say(ada, **wish)
    assert answer.status_code == 400, answer.text
    kept = (await ada.get("/notifications/preferences")).json()
    assert (kept["choices"], kept["digest_hour"]) == ([choice("kudos", "instant")], 9)


async def test_a_pause_in_the_past_is_none_and_one_that_is_lifted_lets_go_what_it_held(
    db: Database, ada: Learner
) -> None:
    past = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    assert (await say(ada, paused_until=past)).json()["paused_until"] is None
    until = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    assert (await say(ada, paused_until=until)).status_code == 200
    await tell(db, ada, "course_completed", "course_purchased")
    assert await deliveries(db, ada) == {"course_completed": ("waiting", "paused"), "course_purchased": ("waiting", "")}
    await say(ada)
    [row] = await db.fetch("SELECT due_at <= now() AS due FROM notifications_delivery WHERE reason = 'paused'")
    assert row["due"]


async def test_what_is_switched_off_goes_out_of_the_digest_that_it_was_saved_for(db: Database, ada: Learner) -> None:
    await say(ada, choices=[choice("category:learning", "weekly")])
    await tell(db, ada, "achievement", "course_completed")
    await say(ada, choices=[choice("category:learning", "weekly"), choice("achievement", "off")])
    assert await deliveries(db, ada) == {
        "achievement": ("skipped", "switched off"),
        "course_completed": ("digest", "weekly"),
    }


async def test_what_was_saved_comes_at_the_hour_and_as_often_as_is_wished_now(db: Database, ada: Learner) -> None:
    await say(ada, choices=[choice("achievement", "daily"), choice("course_completed", "weekly")], digest_hour=18)
    await tell(db, ada, "achievement", "course_completed")
    await say(ada, choices=[choice("achievement", "weekly"), choice("course_completed", "daily")], digest_hour=7)
    rows = await db.fetch("SELECT * FROM notifications_delivery WHERE state = 'digest' ORDER BY kind")
    local = [row["due_at"].astimezone(ZoneInfo("Europe/Berlin")) for row in rows]
    assert [(row["kind"], row["reason"], at.hour) for row, at in zip(rows, local, strict=True)] == [
        ("achievement", "weekly", 7),
        ("course_completed", "daily", 7),
    ]
    assert local[0].weekday() == 0
    assert local[1] - datetime.now(UTC) <= timedelta(days=1)
    assert all(row["expires_at"] >= row["due_at"] + timedelta(days=1) for row in rows)


async def test_a_link_that_stops_mails_also_empties_the_digest(
    client: httpx.AsyncClient, db: Database, ada: Learner
) -> None:
    await say(ada, choices=[choice("category:learning", "daily"), choice("kudos", "daily")])
    await tell(db, ada, "achievement", "kudos")
    link = await unsubscribe.path(db, ada.id, "category:learning")
    assert (await client.post(link, data={"List-Unsubscribe": "One-Click"})).status_code < 400
    assert await deliveries(db, ada) == {"achievement": ("skipped", "switched off"), "kudos": ("digest", "daily")}


async def test_consent_to_marketing_leaves_proof_and_so_does_taking_it_back(db: Database, ada: Learner) -> None:
    path = "/api/v1/notifications/marketing-consent"
    await tell(db, ada, "announcement")
    assert await deliveries(db, ada) == {"announcement": ("skipped", "has not agreed to marketing")}
    for refused in ({}, {"wording": ""}, {"wording": " \n"}, {"wording": "\0"}):
        assert (await ada.http.put(path, json=refused, headers=ada.headers)).status_code == 400
    first = await ada.http.put(path, json={"wording": "Send me\nnews"}, headers=ada.headers)
    again = await ada.http.put(path, json={"wording": "Other words"}, headers=ada.headers)
    assert first.json() == again.json()
    assert (await ada.get("/notifications/preferences")).json()["marketing_since"] == first.json()["since"]
    assert (await ada.http.delete(path, headers=ada.headers)).json() == {"since": None}
    assert (await ada.http.delete(path, headers=ada.headers)).json() == {"since": None}
    [row] = await db.fetch("SELECT marketing_proof FROM notifications_settings WHERE user_id = $1", ada.id)
    agreed, withdrawn = row["marketing_proof"].splitlines()
    assert agreed.endswith("to: Send me news")
    assert "withdrawn" in withdrawn
    # Quiet hours that were never spoken of still are as they were.
    assert (await ada.get("/notifications/preferences")).json()["quiet_hours"] is None


async def test_support_sees_what_became_of_everything_and_nobody_else_does(
    client: httpx.AsyncClient, db: Database, ada: Learner, crank: Any
) -> None:
    await say(ada, choices=[choice("course_completed", "off")])
    await tell(db, ada, "course_completed", "course_purchased")
    await crank.jobs()
    eve = await register(client, "Eve")
    path = f"/admin/users/{ada.id}/notifications"
    assert (await eve.get(path)).status_code == 403
    await db.fetch("INSERT INTO identity_user_role (user_id, role) VALUES ($1, 'support')", eve.id)
    page = (await eve.get(path)).json()
    lines = {
        (line["kind"], line["channel"]): line
        for line in page["items"]
        if line["kind"] not in {"welcome", "verify_address"}
    }
    assert {key: line["state"] for key, line in lines.items()} == {
        ("course_completed", "in_app"): "unread",
        ("course_completed", "email"): "skipped",
        ("course_purchased", "in_app"): "unread",
        ("course_purchased", "email"): "sent",
    }
    assert lines["course_completed", "email"]["reason"] == "switched off"
    sent = lines["course_purchased", "email"]
    assert (sent["cause"], sent["attempts"]) == ("course_purchased:1", 1)
    mails = await db.fetch("SELECT message_id FROM notifications_local_mail WHERE message_id = $1", sent["message_id"])
    assert len(mails) == 1
    first = (await eve.get(f"{path}?limit=1")).json()
    rest = (await eve.get(f"{path}?limit=100&cursor={first['next_cursor']}")).json()
    assert first["items"] + rest["items"] == page["items"]
    assert (await eve.get(f"{path}?cursor=x")).status_code == 400
    assert (await eve.get(f"/admin/users/{new_id()}/notifications")).status_code == 404


async def test_support_sends_again_what_failed_and_nothing_that_arrived(
    client: httpx.AsyncClient, db: Database, ada: Learner, crank: Any
) -> None:
    await tell(db, ada, "course_purchased")
    await crank.jobs()
    eve = await register(client, "Eve")
    await db.fetch("INSERT INTO identity_user_role (user_id, role) VALUES ($1, 'support')", eve.id)
    mails = "SELECT id, state, attempts, sent_at FROM notifications_delivery WHERE kind = 'course_purchased'"
    [row] = await db.fetch(mails)
    path = f"/admin/users/{ada.id}/notifications/{row['id']}/resend"
    refused = await eve.post(path)
    assert (refused.status_code, refused.json()["code"]) == (409, "notifications.nothing_to_resend")
    lost = "UPDATE notifications_delivery SET state = 'failed', attempts = 9, expires_at = now(), sent_at = NULL"
    await db.fetch(f"{lost} WHERE id = $1", row["id"])
    await db.fetch("DELETE FROM notifications_local_mail")
    assert (await ada.post(path)).status_code == 403
    assert (await eve.post(f"/admin/users/{eve.id}/notifications/{row['id']}/resend")).status_code == 404
    assert (await eve.post(path)).status_code == 204
    assert (await eve.post(path)).status_code == 409
    await deliver.send_due(db, utc_now())
    [again] = await db.fetch(mails)
    assert (again["state"], again["attempts"]) == ("sent", 1)
    [audited] = await db.fetch("SELECT user_id, actor_id FROM identity_audit WHERE action = 'notification_resent'")
    assert [str(audited["user_id"]), str(audited["actor_id"])] == [str(ada.id), str(eve.id)]
