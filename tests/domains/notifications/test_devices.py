"""Devices: who is pushed to, whose they are, and one delivery to all of them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from app.config import ConfigError, Settings
from app.infra import open_infra
from app.registry import subscriptions
from domains.kernel.egress import Egress
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.notifications.channels.fcm import Fcm, ServiceAccount
from domains.notifications.channels.port import Accepted, Due, Held, Refused, Senders
from domains.notifications.channels.web_push import WebPushes
from domains.notifications.channels.web_push_crypto import Vapid, encoded, new_secret
from domains.notifications.service import keys, push
from domains.notifications.service.deliver import deliver
from domains.notifications.service.plan import notify
from doubles.push_server import Fault, Loopback, PushServer, Subscriber
from factories.people import Learner, register

STREAK: dict[str, object] = {"streak_days": 12, "hours_left": 3}
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
READER = push.Reader("en")
SUBSCRIBED = "https://push.example.net/abc"


@pytest.fixture
def server() -> Iterator[PushServer]:
    with PushServer() as found:
        yield found


@pytest.fixture
async def ways_out(db: Database, server: PushServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Senders]:
    """The house's senders, to the doubles."""
    senders = db.port(Senders)
    web = WebPushes(lambda: keys.vapid_secret(db), Egress(Loopback(), call_s=1.0))
    phones = Fcm(ServiceAccount(server.console.document), api=server.url, send_s=1.0)
    monkeypatch.setattr(senders, "web_push", web)
    monkeypatch.setattr(senders, "mobile_push", phones)
    yield senders
    await web.aclose()
    await phones.aclose()


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


def subscription(browser: Subscriber, endpoint: str = "") -> dict[str, Any]:
    """What a browser's `toJSON()` gives."""
    keys_ = {"p256dh": encoded(browser.p256dh), "auth": encoded(browser.auth)}
    return {"endpoint": endpoint or browser.endpoint, "expirationTime": None, "keys": keys_}


async def devices(person: Learner) -> list[dict[str, Any]]:
    answer = await person.get("/notifications/devices")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def remove(person: Learner, device_id: str) -> httpx.Response:
    return await person.http.delete(f"/api/v1/notifications/devices/{device_id}", headers=person.headers)


async def rows(db: Database, statement: str, **values: Any) -> list[Any]:
    async with db.begin() as uow:
        return list((await uow.session.execute(text(statement), values)).all())


# ---- over REST


async def test_a_browser_subscribes_is_listed_renewed_and_removed(ada: Learner) -> None:
    browser = Subscriber("")
    told = subscription(browser, SUBSCRIBED)
    headers = ada.headers | {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
    answer = await ada.http.post("/api/v1/notifications/web-push", json=told, headers=headers)
    assert answer.status_code == 201, answer.text
    first = answer.json()
    assert (first["kind"], first["name"]) == ("browser", "Firefox on Linux")
    again = await ada.post("/notifications/web-push", told | {"device": "  My\tlaptop "})
    assert again.json()["id"] == first["id"]
    listed = await devices(ada)
    assert [(device["id"], device["name"]) for device in listed] == [(first["id"], "My laptop")]
    assert listed[0]["seen_at"] > listed[0]["created_at"]
    assert "endpoint" not in str(listed)
    assert (await remove(ada, first["id"])).status_code == 204
    assert await devices(ada) == []
    assert (await remove(ada, first["id"])).json()["code"] == "notifications.device_not_found"


async def test_a_phone_registers_and_is_renewed(ada: Learner) -> None:
    phone = {"token": "f:" + "A1b_-" * 30, "platform": "android"}
    first = (await ada.post("/notifications/mobile-devices", phone)).json()
    assert (first["kind"], first["name"]) == ("android", "")
    again = (await ada.post("/notifications/mobile-devices", phone | {"platform": "ios"})).json()
    assert (again["id"], again["kind"]) == (first["id"], "ios")
    assert len(await devices(ada)) == 1
    for wrong in (
        {"token": "short"},
        {"token": "x" * 3000},
        {"token": "has a space in it, or two"},
        {"platform": "palm"},
    ):
        assert (await ada.post("/notifications/mobile-devices", phone | wrong)).status_code == 400


async def test_a_browser_belongs_to_whoever_subscribed_with_it_last(client: httpx.AsyncClient, ada: Learner) -> None:
    bob = await register(client, "Bob")
    browser, phone = Subscriber(""), {"token": "t" * 40, "platform": "ios"}
    for person in (ada, bob):
        await person.post("/notifications/web-push", subscription(browser, SUBSCRIBED))
        await person.post("/notifications/mobile-devices", phone)
    assert await devices(ada) == []
    assert {device["kind"] for device in await devices(bob)} == {"browser", "ios"}


async def test_nobody_removes_or_sees_the_device_of_another(client: httpx.AsyncClient, ada: Learner) -> None:
    mine = (await ada.post("/notifications/web-push", subscription(Subscriber(""), SUBSCRIBED))).json()
    eve = await register(client, "Eve")
    answer = await remove(eve, mine["id"])
    nothing = await remove(eve, str(new_id()))
    assert answer.status_code == nothing.status_code == 404
    assert answer.json()["code"] == nothing.json()["code"]
    assert await devices(eve) == []
    assert len(await devices(ada)) == 1


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example.net/x",
        "https://127.0.0.1/x",
        "https://[::1]/",
        "https://localhost/x",
        "https://db:5432/x",
        "x",
    ],
)
async def test_an_endpoint_that_is_no_push_service_is_refused(ada: Learner, endpoint: str) -> None:
    answer = await ada.post("/notifications/web-push", subscription(Subscriber(""), endpoint))
    assert (answer.status_code, answer.json()["code"]) == (400, "notifications.bad_subscription")
    assert await devices(ada) == []


@pytest.mark.parametrize("wrong", [{"p256dh": "AAAA"}, {"auth": "AAAA"}, {"p256dh": "*"}, {"auth": "ä" * 22}])
async def test_keys_that_are_none_are_refused(ada: Learner, wrong: dict[str, str]) -> None:
    told = subscription(Subscriber(""), SUBSCRIBED)
    answer = await ada.post("/notifications/web-push", told | {"keys": told["keys"] | wrong})
    assert (answer.status_code, answer.json()["code"]) == (400, "notifications.bad_subscription")


async def test_nobody_has_more_than_twenty_devices_and_those_unseen_for_longest_make_room(
    ada: Learner, db: Database
) -> None:
    await ada.post("/notifications/mobile-devices", {"token": "oldest-phone-of-ada", "platform": "ios"})
    first = (await ada.post("/notifications/web-push", subscription(Subscriber(""), f"{SUBSCRIBED}/first"))).json()
    for number in range(18):
        await ada.post("/notifications/web-push", subscription(Subscriber(""), f"{SUBSCRIBED}/{number}"))
    await ada.post("/notifications/mobile-devices", {"token": "oldest-phone-of-ada", "platform": "ios"})
    assert len(await devices(ada)) == 20
    await ada.post("/notifications/web-push", subscription(Subscriber(""), f"{SUBSCRIBED}/one-more"))
    left = await devices(ada)
    assert len(left) == 20
    assert first["id"] not in {device["id"] for device in left}
    assert "ios" in {device["kind"] for device in left}


async def test_also_of_many_at_once_twenty_stay(ada: Learner, db: Database) -> None:
    told = [subscription(Subscriber(""), f"{SUBSCRIBED}/{number}") for number in range(30)]
    answers = await asyncio.gather(*(ada.post("/notifications/web-push", body) for body in told))
    assert {answer.status_code for answer in answers} <= {201, 503}
    assert (await rows(db, "SELECT count(*)::int FROM notifications_web_push"))[0][0] <= 20


async def test_a_client_is_given_the_key_that_tokens_are_signed_with(ada: Learner, db: Database) -> None:
    answer = await ada.get("/notifications/web-push/key")
    assert answer.json() == {"public_key": Vapid(await keys.vapid_secret(db), "").public_key}


# ---- keys


async def test_of_many_processes_at_once_one_makes_the_key_for_all(db: Database, settings: Settings) -> None:
    name = f"test:{new_id()}"
    async with open_infra(settings, subscriptions()) as other:
        found = await asyncio.gather(
            *(keys.kept(source, name, new_secret) for _ in range(10) for source in (db, other.db))
        )
    assert len(set(found)) == 1
    assert await keys.kept(db, name, lambda: b"never made") == found[0]
    await db.fetch("DELETE FROM notifications_key WHERE name = $1", name)


async def test_a_file_of_credentials_that_cannot_be_used_stops_the_start_with_one_line(settings: Settings) -> None:
    wrong = Settings(database_url=settings.database_url, redis_url=settings.redis_url, fcm_credentials="/nowhere.json")
    with pytest.raises(ConfigError, match=r"LYCEUM_FCM_CREDENTIALS: /nowhere\.json cannot be read"):
        async with open_infra(wrong, subscriptions()):
            pass


# ---- one delivery to all devices


def due_for(person: Learner, reference: str = "", delivery_id: UUID | None = None) -> Due:
    return Due(
        delivery_id or new_id(),
        person.id,
        "streak_at_risk",
        "web_push",
        STREAK,
        "/learn",
        1,
        NOW,
        NOW + timedelta(hours=2),
        reference,
    )


async def subscribed(person: Learner, server: PushServer, *names: str) -> list[Subscriber]:
    browsers = [Subscriber(server.url, name) for name in names]
    for browser in browsers:
        assert (await person.post("/notifications/web-push", subscription(browser))).status_code == 201
    return browsers


async def test_a_fact_reaches_every_browser_of_the_person_and_is_read_there(
    ada: Learner, db: Database, ways_out: Senders, server: PushServer
) -> None:
    laptop, tablet = await subscribed(ada, server, "laptop", "tablet")
    async with db.begin() as uow:
        params = {"plan": "Lyceum Plus", "step": 0}
        assert await notify(uow, ada.id, "payment_failed", params=params, url="/account", cause="due:1", now=NOW)
    (delivery,) = await rows(db, "SELECT id, state FROM notifications_delivery WHERE channel = 'web_push'")
    assert delivery.state == "waiting"
    async with db.begin() as uow:
        await deliver(uow, delivery.id, NOW)
        await deliver(uow, delivery.id, NOW)
    assert sorted(call.path for call in server.calls) == ["/push/laptop", "/push/tablet"]
    read = {call.path: call for call in server.calls}
    payloads = {laptop.read(read["/push/laptop"]), tablet.read(read["/push/tablet"])}
    assert len(payloads) == 1
    payload = payloads.pop().decode()
    assert '"url":"/account' in payload
    assert "Lyceum Plus" in payload
    call = server.calls[0]
    assert (call.headers["urgency"], call.headers["ttl"]) == ("high", str(7 * 86_400))
    (sent,) = await rows(db, "SELECT state, reference FROM notifications_delivery WHERE channel = 'web_push'")
    assert sent.state == "sent"
    assert "/message/" in sent.reference


async def test_a_phone_is_told_through_fcm(ada: Learner, db: Database, ways_out: Senders, server: PushServer) -> None:
    await ada.post("/notifications/mobile-devices", {"token": "phone-of-ada-1234", "platform": "android"})
    accepted = await push.to_phones(db, due_for(ada), READER, NOW)
    assert "projects/lyceum-test/messages/1" in accepted.reference
    message = server.calls[0].json()["message"]
    assert (message["token"], message["android"]["ttl"]) == ("phone-of-ada-1234", "7200s")


async def test_a_device_that_took_it_is_not_asked_again_when_another_was_away(
    ada: Learner, db: Database, ways_out: Senders, server: PushServer
) -> None:
    await subscribed(ada, server, "laptop", "tablet")
    due = due_for(ada)
    server.faults.append(Fault(503, {"retry-after": "30"}, path="tablet"))
    with pytest.raises(Held) as held:
        await push.to_browsers(db, due, READER, NOW)
    assert held.value.retry_after_s == 30
    accepted = await push.to_browsers(db, due._replace(reference=held.value.reference), READER, NOW)
    assert [call.path for call in server.calls].count("/push/laptop") == 1
    assert len(accepted.reference.splitlines()) == 2
    topics = {call.headers["topic"] for call in server.calls}
    assert len(topics) == 1


async def test_what_a_push_service_calls_a_message_cannot_confuse_the_next_try(
    ada: Learner, db: Database, ways_out: Senders, server: PushServer
) -> None:
    await subscribed(ada, server, "laptop", "tablet")
    server.faults.append(Fault(201, {"location": "/a\x85b c"}, path="laptop"))
    server.faults.append(Fault(503, path="tablet"))
    with pytest.raises(Held) as held:
        await push.to_browsers(db, due_for(ada), READER, NOW)
    accepted = await push.to_browsers(db, due_for(ada, held.value.reference), READER, NOW)
    assert [line.partition(" ")[2] for line in accepted.reference.split("\n")] == ["/ab c", "/message/3"]


async def test_a_browser_that_hangs_does_not_keep_the_others_from_being_told(
    ada: Learner, db: Database, ways_out: Senders, server: PushServer
) -> None:
    await subscribed(ada, server, "laptop", "tablet")
    server.faults.append(Fault(200, seconds=3.0, path="tablet"))
    with pytest.raises(Held, match="in time") as held:
        await push.to_browsers(db, due_for(ada), READER, NOW)
    assert len(held.value.reference.splitlines()) == 1


async def test_a_browser_that_is_gone_is_forgotten_and_the_others_are_told(
    ada: Learner, db: Database, ways_out: Senders, server: PushServer
) -> None:
    await subscribed(ada, server, "laptop", "tablet")
    server.faults.append(Fault(410, path="tablet"))
    accepted = await push.to_browsers(db, due_for(ada), READER, NOW)
    assert isinstance(accepted, Accepted)
    assert len(await devices(ada)) == 1
    server.faults.append(Fault(404))
    with pytest.raises(Refused, match="404"):
        await push.to_browsers(db, due_for(ada), READER, NOW)
    assert await devices(ada) == []
    with pytest.raises(Refused, match="no device"):
        await push.to_browsers(db, due_for(ada), READER, NOW)


async def test_a_phone_without_the_app_is_forgotten(
    ada: Learner, db: Database, ways_out: Senders, server: PushServer
) -> None:
    await ada.post("/notifications/mobile-devices", {"token": "phone-of-ada-1234", "platform": "ios"})
    server.unregistered.add("phone-of-ada-1234")
    with pytest.raises(Refused, match="UNREGISTERED"):
        await push.to_phones(db, due_for(ada), READER, NOW)
    assert await devices(ada) == []


async def test_a_browser_that_moved_to_another_person_meanwhile_is_not_forgotten_there(
    client: httpx.AsyncClient, ada: Learner, db: Database, ways_out: Senders, server: PushServer
) -> None:
    (shared,) = await subscribed(ada, server, "shared")
    bob = await register(client, "Bob")
    server.faults.append(Fault(410, seconds=0.5))
    sending = asyncio.create_task(push.to_browsers(db, due_for(ada), READER, NOW))
    while not server.calls:
        await asyncio.sleep(0.01)
    await bob.post("/notifications/web-push", subscription(shared))
    with pytest.raises(Refused):
        await sending
    assert len(await devices(bob)) == 1


async def test_without_a_way_out_a_delivery_is_refused_and_not_lost_in_silence(
    ada: Learner, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    senders = db.port(Senders)
    monkeypatch.setattr(senders, "web_push", None)
    monkeypatch.setattr(senders, "mobile_push", None)
    for send in (push.to_browsers, push.to_phones):
        with pytest.raises(Refused, match="not set up"):
            await send(db, due_for(ada), READER, NOW)
    assert (await ada.get("/notifications/web-push/key")).json()["code"] == "notifications.web_push_not_offered"
