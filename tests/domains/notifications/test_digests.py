"""What may wait comes in one mail, at its reader's hour."""

import asyncio
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import httpx
import pytest

from domains.kernel.uow import Database
from domains.notifications.service import deliver, digests, plan
from factories.people import Learner, register

ZONE = "Asia/Kolkata"
NOON = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)
"""A Saturday, twelve o'clock there."""
EVENING = NOON + timedelta(hours=6)
MONDAY_EVENING = EVENING + timedelta(days=2)


@pytest.fixture
async def ada(client: httpx.AsyncClient, db: Database) -> Learner:
    """Wants lessons by the daily mail and kudos by the weekly one."""
    learner = await register(client, time_zone=ZONE)
    for kind, frequency in (("lesson_completed", "daily"), ("course_completed", "weekly")):
        await db.fetch(
            "INSERT INTO notifications_preference (user_id, scope, channel, frequency) VALUES ($1, $2, 'email', $3)",
            learner.id,
            kind,
            frequency,
        )
    return learner


async def lesson(db: Database, learner: Learner, number: int, *, at: datetime = NOON) -> None:
    async with db.begin() as uow:
        params = {"xp": number, "streak_days": 1}
        await plan.notify(uow, learner.id, "lesson_completed", params=params, url="/l", cause=f"l{number}", now=at)


async def states(db: Database, kind: str) -> list[str]:
    rows = await db.fetch("SELECT state FROM notifications_delivery WHERE kind = $1 ORDER BY id", kind)
    return [row["state"] for row in rows]


async def mails(db: Database, now: datetime) -> list[Any]:
    """Sends what digests have been planned, and returns all mails that have left."""
    for row in await db.fetch("SELECT id FROM notifications_delivery WHERE kind = 'digest' AND state = 'waiting'"):
        async with db.begin() as uow:
            await deliver.deliver(uow, row["id"], now)
    kept = await db.fetch("SELECT message FROM notifications_local_mail ORDER BY id")
    return [message_from_bytes(row["message"], policy=default) for row in kept]


async def test_what_waited_comes_in_one_mail_at_the_hour_of_its_reader(db: Database, ada: Learner) -> None:
    for number in (11, 12, 13):
        await lesson(db, ada, number)
    await digests.send_due(db, EVENING - timedelta(minutes=1))
    assert await states(db, "lesson_completed") == ["digest"] * 3
    await digests.send_due(db, EVENING)
    assert await states(db, "lesson_completed") == ["digested"] * 3
    [mail] = await mails(db, EVENING)
    said = mail.get_body(("plain",)).get_content()
    assert [said.index(f"+{number} XP") for number in (11, 12, 13)] == sorted(
        said.index(f"+{number} XP") for number in (11, 12, 13)
    )
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    # What waited is in the inbox as well, and the digest is not.
    assert {item["kind"] for item in (await ada.get("/notifications")).json()["items"]} == {"lesson_completed"}


async def test_late_and_double_clocks_send_one_mail(db: Database, ada: Learner) -> None:
    for number in (11, 12):
        await lesson(db, ada, number)
    late = EVENING + timedelta(hours=2)
    await asyncio.gather(*(digests.send_due(db, late) for _ in range(4)))
    await digests.send_due(db, late)
    assert await states(db, "digest") == ["waiting"]
    assert len(await mails(db, late)) == 1


async def test_each_day_has_its_own_mail(db: Database, ada: Learner) -> None:
    await lesson(db, ada, 11)
    await digests.send_due(db, EVENING)
    await lesson(db, ada, 12, at=EVENING + timedelta(hours=1))
    await digests.send_due(db, EVENING + timedelta(hours=2))
    assert len(await states(db, "digest")) == 1
    await digests.send_due(db, EVENING + timedelta(days=1))
    assert len(await states(db, "digest")) == 2


async def test_the_weekly_mail_is_another_and_comes_on_its_day(db: Database, ada: Learner) -> None:
    await lesson(db, ada, 11)
    async with db.begin() as uow:
        params = {"course": "Spanish"}
        await plan.notify(uow, ada.id, "course_completed", params=params, url="/c", cause="c", now=NOON)
    await digests.send_due(db, EVENING)
    assert (await states(db, "course_completed"), await states(db, "lesson_completed")) == (["digest"], ["digested"])
    await digests.send_due(db, MONDAY_EVENING)
    assert await states(db, "course_completed") == ["digested"]
    rows = await db.fetch("SELECT params FROM notifications_delivery WHERE kind = 'digest' ORDER BY id")
    assert ['"case": "weekly"' in row["params"] for row in rows] == [False, True]


async def test_nothing_comes_during_a_pause(db: Database, ada: Learner) -> None:
    await lesson(db, ada, 11)
    await db.fetch(
        "INSERT INTO notifications_settings (user_id, paused_until) VALUES ($1, $2)",
        ada.id,
        EVENING + timedelta(days=1),
    )
    await digests.send_due(db, EVENING)
    assert (await states(db, "lesson_completed"), await states(db, "digest")) == (["skipped"], [])


async def test_nothing_comes_to_a_closed_account(db: Database, ada: Learner) -> None:
    await lesson(db, ada, 11)
    await db.fetch("UPDATE identity_user SET banned_at = now() WHERE id = $1", ada.id)
    await digests.send_due(db, EVENING)
    rows = await db.fetch("SELECT state, reason FROM notifications_delivery WHERE kind <> 'welcome'")
    assert [tuple(row.values()) for row in rows] == [("skipped", "the account is closed")]


async def test_a_row_without_words_is_left_out_and_keeps_nothing_else_back(db: Database, ada: Learner) -> None:
    await lesson(db, ada, 11)
    await lesson(db, ada, 12)
    await db.fetch("UPDATE notifications_delivery SET kind = 'of_another_version' WHERE dedupe_key = 'l11'")
    await digests.send_due(db, EVENING)
    [mail] = await mails(db, EVENING)
    assert "+12 XP" in mail.get_body(("plain",)).get_content()


async def test_somebody_whose_digest_fails_keeps_nobody_else_waiting(
    db: Database, ada: Learner, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = await register(client, "Bob", time_zone=ZONE)
    await db.fetch("INSERT INTO notifications_preference VALUES ($1, 'lesson_completed', 'email', 'daily')", bob.id)
    await lesson(db, ada, 11)
    await lesson(db, bob, 12)
    notify = plan.notify

    async def refuses_ada(uow: Any, user_id: Any, *rest: Any, **fields: Any) -> bool:
        if user_id == ada.id:
            raise ValueError("no words for Ada")
        return await notify(uow, user_id, *rest, **fields)

    monkeypatch.setattr(plan, "notify", refuses_ada)
    await digests.send_due(db, EVENING)
    assert sorted(await states(db, "lesson_completed")) == ["digest", "digested"]
    monkeypatch.undo()
    await digests.send_due(db, EVENING + timedelta(minutes=1))
    assert await states(db, "lesson_completed") == ["digested"] * 2
