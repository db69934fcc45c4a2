"""From a plan to the other side's acceptance, over a way out that fails in every manner."""

import asyncio
import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn
from uuid import UUID

import httpx
import pytest

from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.notifications.channels.port import Held, Mail, Refused, Senders
from domains.notifications.policy import backoff
from domains.notifications.policy.kinds import KINDS
from domains.notifications.policy.planning import owed
from domains.notifications.rendering import render
from domains.notifications.rendering.texts import sample_params
from domains.notifications.repository import wishes
from domains.notifications.service import deliver, plan
from doubles.senders import MailDouble
from factories.people import Learner, register

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PURCHASE: dict[str, object] = {"course": "Small", "amount_minor": 1999, "currency": "EUR"}


@pytest.fixture
def mail() -> MailDouble:
    return MailDouble()


@pytest.fixture(autouse=True)
def senders(db: Database, mail: MailDouble, monkeypatch: pytest.MonkeyPatch) -> Senders:
    found = Senders(mail=mail, web_push=None, mobile_push=None, public_url="http://lyceum.test")
    monkeypatch.setitem(db._ports, Senders, found)
    return found


@pytest.fixture
async def ada(client: httpx.AsyncClient, crank: Any, mail: MailDouble, db: Database) -> Learner:
    return await settled(db, mail, await register(client))


async def settled(db: Database, mail: MailDouble, learner: Learner) -> Learner:
    """Without what becoming a learner is told with."""
    await db.fetch("DELETE FROM kernel_outbox")
    return learner


async def tell(
    db: Database, learner: Learner, kind: str = "course_purchased", *, cause: str = "", now: datetime = NOW
) -> UUID:
    """The delivery by mail."""
    params = sample_params(kind)
    cause = cause or new_id().hex
    async with db.begin() as uow:
        await plan.notify(uow, learner.id, kind, params=params, url="/courses/1", cause=cause, now=now)
    [row] = await db.fetch(
        "SELECT id FROM notifications_delivery WHERE user_id = $1 AND dedupe_key = $2 AND channel = 'email'",
        learner.id,
        cause,
    )
    found: UUID = row["id"]
    return found


async def send(db: Database, delivery_id: UUID, now: datetime = NOW) -> dict[str, Any]:
    """Sends it, and returns its row."""
    async with db.begin() as uow:
        await deliver.deliver(uow, delivery_id, now)
    return await row_of(db, delivery_id)


async def row_of(db: Database, delivery_id: UUID) -> dict[str, Any]:
    [row] = await db.fetch("SELECT * FROM notifications_delivery WHERE id = $1", delivery_id)
    return dict(row)


async def due_times(db: Database) -> list[Any]:
    return await db.fetch(
        "SELECT id, greatest(due_at, lease_until) AS at FROM notifications_delivery WHERE state = 'waiting' ORDER BY id"
    )


# ---- once


async def test_a_fact_becomes_one_mail_with_its_address_of_the_house_however_often_it_is_told(
    db: Database, ada: Learner, mail: MailDouble, crank: Any
) -> None:
    for _ in range(3):
        async with db.begin() as uow:
            await plan.notify(uow, ada.id, "course_purchased", params=PURCHASE, url="/courses/1", cause="order:1")
    await crank.jobs()
    [sent] = [one for one in mail.mails if "Small" in one.text]
    [row] = await db.fetch("SELECT * FROM notifications_delivery WHERE dedupe_key = 'order:1'")
    assert (row["state"], row["attempts"], row["reference"]) == ("sent", 1, "250 queued as 1")
    assert sent.message_id == f"<{row['id'].hex}@lyceum.test>"
    assert f"http://lyceum.test/courses/1?via={row['id']}" in sent.text
    inbox = (await ada.get("/notifications")).json()["items"]
    assert [item["kind"] for item in inbox].count("course_purchased") == 1


async def test_hundreds_of_deliveries_over_a_faulty_way_out_are_each_taken_once_by_message_id(
    db: Database, mail: MailDouble
) -> None:
    dice = random.Random(7)
    lost: set[str] = set()

    def before(_mail: Mail) -> BaseException | None:
        return dice.choice(
            [None, None, None, None, None, None, Held("451 greylisted", 30), ConnectionResetError(), TimeoutError()]
        )

    def after(one: Mail) -> BaseException | None:
        # The answer is lost on the way: whoever sent it cannot know that it was taken.
        if dice.random() < 0.05:
            lost.add(one.message_id)
            return ConnectionResetError()
        return None

    mail.before, mail.after = before, after
    await db.fetch("""
        INSERT INTO identity_user (id, email, name)
        SELECT gen_random_uuid(), 'many' || n || '@example.org', 'Many' FROM generate_series(1, 75) n
    """)
    await db.fetch(
        """
        INSERT INTO notifications_delivery
            (id, user_id, kind, channel, dedupe_key, params, url, state, due_at, expires_at)
        SELECT gen_random_uuid(), u.id, 'course_purchased', 'email', 'order:' || n,
            '{"course": "Small", "amount_minor": 1999, "currency": "EUR"}', '/courses/1', 'waiting', $1::timestamptz,
            $1::timestamptz + interval '7 days'
        FROM identity_user u, generate_series(1, 4) n
        """,
        NOW,
    )
    now, at_once = NOW, asyncio.Semaphore(8)

    async def job(delivery_id: UUID) -> None:
        async with at_once, db.begin() as uow:
            await deliver.deliver(uow, delivery_id, now)

    for _ in range(200):
        waiting = await due_times(db)
        if not waiting:
            break
        now = max(now, min(row["at"] for row in waiting) + timedelta(seconds=60))
        ready = [row["id"] for row in waiting if row["at"] <= now]
        # Many jobs twice, at the same time.
        await asyncio.gather(*map(job, ready), *map(job, ready[::3]))
    states = await db.fetch("SELECT state, count(*)::int AS n FROM notifications_delivery GROUP BY state")
    assert [(row["state"], row["n"]) for row in states] == [("sent", 300)]
    assert len(mail.taken) == 300
    assert {message_id for message_id, times in mail.taken.items() if times > 1} <= lost
    assert max(mail.most_at_once.values()) <= deliver.MOST_AT_ONCE_TO_ONE


async def test_whoever_dies_while_sending_leaves_a_lease_and_the_clock_sends_it_again_under_the_same_name(
    db: Database, ada: Learner, mail: MailDouble, crank: Any
) -> None:
    delivery_id = await tell(db, ada)
    mail.after = lambda _mail: SystemExit()  # nobody is left to write down that it was taken
    with pytest.raises(SystemExit):
        await send(db, delivery_id)
    row = await row_of(db, delivery_id)
    assert (row["state"], row["attempts"]) == ("waiting", 1)
    mail.after = lambda _mail: None
    assert (await send(db, delivery_id))["attempts"] == 1
    later = NOW + deliver.LEASE
    assert await deliver.send_due(db, NOW + timedelta(seconds=5)) == 0
    assert await asyncio.gather(*(deliver.send_due(db, later) for _ in range(3))) in ([1, 0, 0], [0, 1, 0], [0, 0, 1])
    assert (await row_of(db, delivery_id))["state"] == "sent"
    assert list(mail.taken.values()) == [2]


async def test_the_clock_sends_what_no_job_has_come_to(db: Database, ada: Learner, mail: MailDouble) -> None:
    delivery_id = await tell(db, ada)
    await db.fetch("DELETE FROM kernel_outbox")
    assert await deliver.send_due(db, NOW + plan.QUEUED_FOR - timedelta(seconds=1)) == 0
    assert await deliver.send_due(db, NOW + plan.QUEUED_FOR) == 1
    assert (await row_of(db, delivery_id))["state"] == "sent"


async def test_what_a_stranger_says_in_no_encoding_is_no_reason_to_send_again(
    db: Database, ada: Learner, mail: MailDouble
) -> None:
    mail.answer = "250 re\udce7u\0"  # Latin-1, as the SMTP client hands it on
    row = await send(db, await tell(db, ada))
    assert (row["state"], row["reference"]) == ("sent", "250 re?u")
    mail.before = lambda _mail: Refused("550 d\udce9sol\udce9\0", gone=True)
    row = await send(db, await tell(db, ada))
    assert (row["state"], row["reason"]) == ("failed", "550 d?sol?")
    assert [row["reason"] for row in await db.fetch("SELECT reason FROM notifications_suppression")] == ["bounce"]


async def test_a_database_that_is_away_for_a_moment_is_told_again_what_was_sent(
    db: Database, ada: Learner, mail: MailDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle, away = deliver.repository.settle, [OSError(), TimeoutError()]

    async def first_away(*of: Any) -> bool:
        if away:
            raise away.pop()
        return await settle(*of)

    monkeypatch.setattr(deliver, "_SETTLE_AGAIN_S", (0.0, 0.0))
    monkeypatch.setattr(deliver.repository, "settle", first_away)
    assert (await send(db, await tell(db, ada)))["state"] == "sent"
    assert list(mail.taken.values()) == [1]


async def test_a_house_that_closes_lets_out_what_is_on_its_way(db: Database, ada: Learner, mail: MailDouble) -> None:
    delivery_id, taken, answer = await tell(db, ada), asyncio.Event(), asyncio.Event()

    async def slowly() -> None:
        taken.set()
        await answer.wait()

    mail.meanwhile = slowly
    clock = asyncio.create_task(deliver.send_due(db, NOW + plan.QUEUED_FOR))
    await taken.wait()
    for _ in range(2):
        clock.cancel()
        await asyncio.sleep(0)
    answer.set()
    with pytest.raises(asyncio.CancelledError):
        await clock
    assert (await row_of(db, delivery_id))["state"] == "sent"


# ---- again, and never again


async def test_what_is_held_is_tried_again_after_growing_delays_and_given_up_in_the_end(
    db: Database, ada: Learner, mail: MailDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backoff, "MOST_TRIES", 12)
    mail.before = lambda _mail: Held("451 not now")
    delivery_id, now, gaps = await tell(db, ada), NOW, []
    for attempt in range(1, 13):
        row = await send(db, delivery_id, now)
        assert row["attempts"] == attempt
        if row["state"] != "waiting":
            break
        gaps.append((row["due_at"] - now).total_seconds())
        now = row["due_at"]
    assert (row["state"], row["attempts"]) == ("failed", 12)
    assert row["reason"] == "given up after 12 tries: 451 not now"
    assert gaps[:9] == sorted(gaps[:9])
    assert 15 <= gaps[0] <= 18
    assert 2 * 3600 <= gaps[-1] <= 2.4 * 3600
    assert (await send(db, delivery_id, now + timedelta(days=1)))["attempts"] == 12


async def test_what_is_refused_is_over_and_says_why(db: Database, ada: Learner, mail: MailDouble) -> None:
    mail.before = lambda _mail: Refused("552 too large")
    row = await send(db, await tell(db, ada))
    assert (row["state"], row["reason"], row["sent_at"]) == ("failed", "552 too large", None)


async def test_an_address_that_is_gone_gets_nothing_more(db: Database, ada: Learner, mail: MailDouble) -> None:
    mail.before = lambda _mail: Refused("550 no such user", gone=True)
    assert (await send(db, await tell(db, ada)))["state"] == "failed"
    mail.before = lambda _mail: None
    row = await send(db, await tell(db, ada))
    assert row["state"] == "failed"
    assert "suppressed" in row["reason"]
    assert mail.mails == []


async def test_what_is_no_longer_worth_telling_expires(db: Database, ada: Learner, mail: MailDouble) -> None:
    reset = await tell(db, ada, "password_reset")
    mail.before = lambda _mail: Held("451 not now", 3600)
    row = await send(db, reset)
    assert (row["state"], row["reason"]) == ("expired", "not sent in time: 451 not now")
    late = await tell(db, ada, "password_reset")
    assert (await send(db, late, NOW + timedelta(hours=1)))["state"] == "expired"


async def test_a_mistake_of_ours_is_tried_again_and_is_on_the_row(
    db: Database, ada: Learner, mail: MailDouble, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> NoReturn:
        raise RuntimeError("a mistake")

    monkeypatch.setattr(render, "mail", broken)
    row = await send(db, await tell(db, ada))
    assert (row["state"], row["attempts"]) == ("waiting", 1)
    assert "RuntimeError: a mistake" in row["reason"]
    assert "could not be sent" in caplog.text


async def test_what_cannot_be_written_down_is_sent_again_under_the_same_name_once_its_lease_is_over(
    db: Database, ada: Learner, mail: MailDouble, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def away(*_of: Any) -> bool:
        raise OSError

    delivery_id = await tell(db, ada)
    with monkeypatch.context() as patched:
        patched.setattr(deliver, "_SETTLE_AGAIN_S", (0.0,))
        patched.setattr(deliver.repository, "settle", away)
        assert (await send(db, delivery_id))["state"] == "waiting"
    assert "could not be written down" in caplog.text
    assert await deliver.send_due(db, NOW + deliver.LEASE) == 1
    assert list(mail.taken.values()) == [2]


# ---- one keeps no other waiting


async def test_an_address_that_does_not_answer_costs_one_try_and_nobody_else_waits(
    client: httpx.AsyncClient, db: Database, ada: Learner, mail: MailDouble
) -> None:
    grace = await settled(db, mail, await register(client, "Grace"))
    dead = [await tell(db, ada) for _ in range(5)]
    mail.before = lambda one: TimeoutError() if one.to_name == "Ada" else None
    for delivery_id in dead:
        await send(db, delivery_id)
    assert sum(mail.tried.values()) == 1
    behind = [await row_of(db, delivery_id) for delivery_id in dead[1:]]
    assert {row["attempts"] for row in behind} == {0}
    assert all("behind an earlier one" in row["reason"] for row in behind)
    assert (await send(db, await tell(db, grace)))["state"] == "sent"
    # What may not wait for anything does not wait for this either.
    await send(db, await tell(db, ada, "password_reset"))
    assert sum(mail.tried.values()) == 3
    mail.before = lambda _mail: None
    now = NOW
    for _ in range(20):
        for row in await due_times(db):
            now = max(now, row["at"])
            await send(db, row["id"], now)
    assert {(await row_of(db, delivery_id))["state"] for delivery_id in dead} == {"sent"}


async def test_what_failed_before_does_not_take_the_places_of_what_is_new(
    client: httpx.AsyncClient, db: Database, mail: MailDouble
) -> None:
    people = [await settled(db, mail, await register(client, f"P{n}")) for n in range(6)]
    failed = [await tell(db, one) for one in people]
    mail.before = lambda _mail: Held("451 not now")
    later = NOW
    for delivery_id in failed:
        later = max(later, (await send(db, delivery_id))["due_at"])
    mail.before, mail.takes_s = lambda _mail: None, 0.2
    tried = sum(mail.tried.values())
    await asyncio.gather(*(send(db, delivery_id, later) for delivery_id in failed))
    assert sum(mail.tried.values()) - tried == deliver.MOST_RETRIES_AT_ONCE
    waiting = await due_times(db)
    assert [row["at"] for row in waiting] == [later + deliver.SOON] * 3


async def many(db: Database, number: int, kind: str = "course_purchased", *, attempts: int = 0) -> None:
    """As many people, each with a delivery that waits for the clock."""
    await db.fetch(
        """
        WITH u AS (
            INSERT INTO identity_user (id, email, name)
            SELECT gen_random_uuid(), $2 || n || '@example.org', 'Many' FROM generate_series(1, $1) n RETURNING id
        )
        INSERT INTO notifications_delivery
            (id, user_id, kind, channel, dedupe_key, params, url, state, due_at, expires_at, attempts)
        SELECT gen_random_uuid(), id, $3, 'email', 'x', $4, '/', 'waiting', $5::timestamptz,
            $5::timestamptz + interval '7 days', $6 FROM u
        """,
        number,
        f"{kind}{attempts}.",
        kind,
        json.dumps(sample_params(kind)),
        NOW,
        attempts,
    )


async def test_jobs_that_can_wait_leave_places_to_those_that_cannot(
    db: Database, ada: Learner, mail: MailDouble
) -> None:
    await many(db, 9)
    stuck = asyncio.Event()
    mail.meanwhile = stuck.wait
    jobs = [asyncio.create_task(send(db, row["id"])) for row in await due_times(db)]
    done, behind = await asyncio.wait(jobs, timeout=0.3)
    assert len(behind) == deliver.MOST_PATIENT_JOBS
    assert {(one.result()["attempts"], one.result()["due_at"]) for one in done} == {(0, NOW + deliver.SOON)}
    reset = asyncio.create_task(send(db, await tell(db, ada, "password_reset")))
    stuck.set()
    assert (await reset)["state"] == "sent"
    await asyncio.gather(*behind)
    assert await deliver.send_due(db, NOW + deliver.SOON) == 3


async def test_what_the_clock_tries_again_does_not_keep_what_is_new_waiting(db: Database, mail: MailDouble) -> None:
    await many(db, 40, attempts=1)
    await many(db, 5, "course_completed")
    stuck = asyncio.Event()

    async def some() -> None:
        if len(mail.mails) >= 0 and sum(mail.tried.values()) <= deliver.MOST_RETRIES_AT_ONCE:
            await stuck.wait()

    mail.meanwhile = some
    clock = asyncio.create_task(deliver.send_due(db, NOW + deliver.SOON))
    async with asyncio.timeout(5):
        while len(mail.mails) < 5:
            await asyncio.sleep(0.01)
    assert {one.to_address.partition("0.")[0] for one in mail.mails} == {"course_completed"}
    stuck.set()
    assert await clock == 45


async def test_one_row_that_cannot_be_read_keeps_no_other_waiting(
    db: Database, mail: MailDouble, caplog: pytest.LogCaptureFixture
) -> None:
    await many(db, 30, "course_completed")
    await db.fetch("UPDATE identity_user SET time_zone = 'Moon/Tycho' WHERE email = 'course_completed0.7@example.org'")
    assert await deliver.send_due(db, NOW) == 29
    [row] = await db.fetch("SELECT * FROM notifications_delivery WHERE state = 'waiting'")
    assert row["due_at"] > NOW + timedelta(minutes=9)
    assert "Moon/Tycho" in row["reason"]
    assert "could not be looked at" in caplog.text


async def test_for_want_of_room_is_no_try(db: Database, ada: Learner, mail: MailDouble) -> None:
    mail.before = lambda _mail: Held("no connection was free", untried=True)
    row = await send(db, await tell(db, ada))
    assert (row["state"], row["attempts"], row["reason"]) == ("waiting", 0, "no connection was free")
    assert NOW + deliver.SOON <= row["due_at"] <= NOW + 2 * deliver.SOON
    mail.before = lambda _mail: Held("many are slow there", 90, untried=True)
    assert (await send(db, row["id"], row["due_at"]))["due_at"] == row["due_at"] + timedelta(seconds=90)


async def test_what_waits_for_a_wish_holds_back_nothing_behind_it(db: Database, ada: Learner, mail: MailDouble) -> None:
    mail.before = lambda _mail: Held("451 not now")
    first = await send(db, await tell(db, ada, "course_completed"))
    mail.before, until = lambda _mail: None, NOW + timedelta(days=5)
    await db.fetch("INSERT INTO notifications_settings (user_id, paused_until) VALUES ($1, $2)", ada.id, until)
    paused = await send(db, first["id"], first["due_at"])
    assert (paused["state"], paused["due_at"], paused["reason"]) == ("waiting", until, "paused")
    receipt = await tell(db, ada, now=first["due_at"])
    assert (await send(db, receipt, first["due_at"]))["state"] == "sent"
    assert (await send(db, first["id"], until))["state"] == "sent"


# ---- closed accounts


async def test_a_closed_account_is_told_only_what_is_owed_to_it(db: Database, ada: Learner, mail: MailDouble) -> None:
    before = await tell(db, ada, "course_completed")
    await db.fetch("UPDATE identity_user SET banned_at = now() WHERE id = $1", ada.id)
    row = await send(db, before)
    assert (row["state"], row["reason"]) == ("skipped", "the account is closed")
    async with db.begin() as uow:
        for kind in KINDS:
            told = await plan.notify(uow, ada.id, kind, params=sample_params(kind), url="/", cause=f"c:{kind}", now=NOW)
            assert told == owed(KINDS[kind])
    kinds = {
        row["kind"] for row in await db.fetch("SELECT kind FROM notifications_delivery WHERE dedupe_key LIKE 'c:%'")
    }
    assert {"payment_refunded", "password_reset"} <= kinds
    assert not {"welcome", "digest", "course_completed", "class_announcement", "lesson_completed"} & kinds
    [refund] = await db.fetch("SELECT id FROM notifications_delivery WHERE kind = 'payment_refunded'")
    assert (await send(db, refund["id"]))["state"] == "sent"


# ---- wishes at the last moment


async def test_what_is_switched_off_before_it_is_due_is_not_sent(db: Database, ada: Learner, mail: MailDouble) -> None:
    delivery_id = await tell(db, ada, "course_completed")
    wish = {"choices": [{"scope": "category:learning", "channel": "email", "frequency": "off"}]}
    answer = await ada.http.put("/api/v1/notifications/preferences", json=wish, headers=ada.headers)
    assert answer.status_code == 200, answer.text
    row = await send(db, delivery_id)
    assert (row["state"], row["reason"]) == ("skipped", "switched off")
    assert mail.mails == []


async def test_five_mails_a_day_also_when_ten_come_at_once_and_the_rest_in_the_morning(
    db: Database, ada: Learner, mail: MailDouble
) -> None:
    many = [await tell(db, ada, "course_completed") for _ in range(10)]
    for _ in range(5):
        await asyncio.gather(*(send(db, delivery_id) for delivery_id in many))
        await db.fetch(
            "UPDATE notifications_delivery SET due_at = $1 WHERE state = 'waiting' AND due_at < $1::timestamptz + "
            "interval '1 minute'",
            NOW,
        )
    assert len(mail.mails) == 5
    assert {row["at"] for row in await due_times(db)} == {datetime(2026, 6, 2, 8, tzinfo=UTC)}
    assert (await send(db, await tell(db, ada)))["state"] == "sent"


async def test_five_mails_a_day_also_by_the_clock(db: Database, ada: Learner, mail: MailDouble) -> None:
    for _ in range(8):
        await tell(db, ada, "course_completed")
    assert await deliver.send_due(db, NOW + plan.QUEUED_FOR) == 5
    assert len(mail.mails) == 5


async def test_ignored_mails_become_fewer_and_one_read_brings_them_back(
    db: Database, ada: Learner, mail: MailDouble
) -> None:
    async def day(number: int) -> str:
        now = NOW + timedelta(days=number)
        state: str = (await send(db, await tell(db, ada, "course_completed", now=now), now))["state"]
        return state

    assert [await day(number) for number in range(8)] == [
        "sent", "sent", "skipped", "sent", "skipped", "sent", "skipped", "skipped",
    ]  # fmt: skip
    async with db.begin() as uow:
        await wishes.attended(uow.session, ada.id, NOW + timedelta(days=8))
    assert await day(9) == "sent"
