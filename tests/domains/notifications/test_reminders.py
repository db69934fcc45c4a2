"""Reminders of streaks and recaps of weeks, by clocks that are early, late and double."""

import asyncio
import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from domains.kernel.clock import utc_now
from domains.kernel.uow import Database
from domains.kernel.zones import local_date
from domains.notifications.policy import reminders as policy
from domains.notifications.rendering import render
from domains.notifications.rendering.render import Words
from domains.notifications.repository import reminders as rows
from domains.notifications.service import deliver, reminders
from factories.people import Learner, publish, register, small_course

ZONE = "Pacific/Auckland"
"""Where the day begins long before it does in UTC."""
HOUR = timedelta(hours=1)


@pytest.fixture
async def ada(client: httpx.AsyncClient, db: Database, crank: Any) -> Learner:
    return await practised_today(client, db, crank, "Ada")


async def practised_today(client: httpx.AsyncClient, db: Database, crank: Any, name: str) -> Learner:
    """For the first time, and in the morning, whatever time it is."""
    learner = await register(client, name, time_zone=ZONE)
    course = await publish(db, small_course())
    await learner.finish(next(iter(course.lessons)))
    await crank.jobs()
    await practises_at(db, learner, evening(local_date(utc_now(), ZONE), days=0, hour=8))
    return learner


async def practises_at(db: Database, learner: Learner, at: datetime, *, lessons: dict[int, int] | None = None) -> None:
    """As if it had been the first lesson after so many in other hours."""
    await db.fetch("DELETE FROM notifications_practice_hour WHERE user_id = $1", learner.id)
    await db.fetch("DELETE FROM notifications_reminder WHERE user_id = $1", learner.id)
    for hour, number in (lessons or {}).items():
        await db.fetch("INSERT INTO notifications_practice_hour VALUES ($1, $2, $3)", learner.id, hour, number)
    async with db.begin() as uow:
        await reminders.practised(uow, [(learner.id, at)])


@pytest.fixture
def today() -> date:
    return local_date(utc_now(), ZONE)


def evening(today: date, *, days: int = 1, hour: int = policy.USUAL_HOUR) -> datetime:
    return policy.moment(today + timedelta(days=days), hour, ZONE)


async def practises(db: Database, learner: Learner, on: date) -> None:
    await db.fetch(
        "UPDATE gamification_streak SET last_on = $2, current_days = current_days + 1 WHERE user_id = $1",
        learner.id,
        on,
    )


async def kinds(learner: Learner) -> list[str]:
    items = (await learner.get("/notifications")).json()["items"]
    return [item["kind"] for item in items if item["kind"] in {"streak_at_risk", "weekly_recap"}]


async def run_at(db: Database, times: Iterable[datetime]) -> None:
    for now in times:
        await reminders.run_due(db, now)


async def test_a_lesson_counts_for_the_hour_in_which_the_learner_lives(
    client: httpx.AsyncClient, db: Database, crank: Any
) -> None:
    learner = await register(client, time_zone=ZONE)
    course = await publish(db, small_course())
    await learner.finish(next(iter(course.lessons)))
    await crank.jobs()
    [row] = await db.fetch("SELECT hour, lessons FROM notifications_practice_hour WHERE user_id = $1", learner.id)
    [entry] = await db.fetch("SELECT occurred_at FROM gamification_xp_entry WHERE user_id = $1", learner.id)
    assert (row["hour"], row["lessons"]) == (entry["occurred_at"].astimezone(ZoneInfo(ZONE)).hour, 1)


async def test_a_streak_at_risk_is_told_in_the_evening_and_once(db: Database, ada: Learner, today: date) -> None:
    due = evening(today)
    await run_at(db, [due - HOUR, due - timedelta(minutes=1)])
    assert await kinds(ada) == []
    await run_at(db, [due, due, due + HOUR])
    assert await kinds(ada) == ["streak_at_risk"]
    [item] = [i for i in (await ada.get("/notifications")).json()["items"] if i["kind"] == "streak_at_risk"]
    assert item["title"] == "Your streak of 1 day ends tonight"
    assert item["body"] == "One lesson keeps it. 5 hours left."


async def test_two_clocks_at_once_tell_once(db: Database, ada: Learner, today: date) -> None:
    await asyncio.gather(*(reminders.run_due(db, evening(today)) for _ in range(4)))
    assert await kinds(ada) == ["streak_at_risk"]


async def test_a_late_clock_still_tells_the_same_evening_but_not_at_night_nor_on_the_next_day(
    db: Database, ada: Learner, client: httpx.AsyncClient, today: date
) -> None:
    await reminders.run_due(db, evening(today, hour=21) + timedelta(minutes=59))
    assert await kinds(ada) == ["streak_at_risk"]
    for late in (evening(today, hour=22), evening(today, days=2), evening(today, days=30)):
        await db.fetch("DELETE FROM notifications_notification")
        async with db.begin() as uow:
            reminding = rows.Reminding(ada.id, reminders.STREAK, today + timedelta(days=1), 19)
            await rows.remind(uow.session, [rows.Dated(reminding, evening(today))])
        await reminders.run_due(db, late)
        assert await kinds(ada) == []


async def test_who_practised_today_is_left_alone_and_reminded_of_tomorrow(
    db: Database, ada: Learner, today: date
) -> None:
    tomorrow = today + timedelta(days=1)
    await practises(db, ada, tomorrow)
    async with db.begin() as uow:
        await reminders.practised(uow, [(ada.id, evening(today, hour=8))])
    await reminders.run_due(db, evening(today))
    assert await kinds(ada) == []
    await reminders.run_due(db, evening(today, days=2))
    assert await kinds(ada) == ["streak_at_risk"]


async def test_a_streak_that_is_lost_already_is_not_mentioned(db: Database, ada: Learner, today: date) -> None:
    await practises(db, ada, today - timedelta(days=3))
    await reminders.run_due(db, evening(today))
    assert await kinds(ada) == []


async def test_the_reminder_comes_at_the_usual_hour_of_practice(db: Database, ada: Learner, today: date) -> None:
    await practises_at(db, ada, evening(today, days=0, hour=7), lessons={8: 9, 21: 4, 18: 1})
    await reminders.run_due(db, evening(today, hour=21) - timedelta(minutes=1))
    assert await kinds(ada) == []
    await reminders.run_due(db, evening(today, hour=21))
    assert await kinds(ada) == ["streak_at_risk"]


async def test_whoever_has_travelled_west_is_reminded_in_the_evening_there(
    db: Database, ada: Learner, today: date
) -> None:
    await db.fetch("UPDATE identity_user SET time_zone = 'Europe/Lisbon' WHERE id = $1", ada.id)
    await reminders.run_due(db, evening(today))
    assert await kinds(ada) == []
    there = policy.moment(today + timedelta(days=1), policy.USUAL_HOUR, "Europe/Lisbon")
    await reminders.run_due(db, there - timedelta(minutes=1))
    assert await kinds(ada) == []
    await reminders.run_due(db, there)
    assert await kinds(ada) == ["streak_at_risk"]


@pytest.mark.parametrize("said", ["with its day", "without"])
async def test_who_practises_between_planning_and_sending_hears_nothing_on_the_phone(
    db: Database, ada: Learner, today: date, said: str
) -> None:
    """The row stands for any channel that is sent."""
    params: dict[str, object] = {"streak_days": 1, "hours_left": 5}
    if said == "with its day":
        params["local_on"] = str(today + timedelta(days=1))
    await reminders.run_due(db, evening(today))
    [delivery_id] = [
        row["id"]
        for row in await db.fetch(
            "INSERT INTO notifications_delivery"
            " (id, user_id, kind, channel, dedupe_key, params, url, state, due_at, expires_at)"
            " VALUES (gen_random_uuid(), $1, 'streak_at_risk', 'mobile_push', 'k', $2, '/learn', 'waiting', $3, $4)"
            " RETURNING id",
            ada.id,
            json.dumps(params),
            evening(today),
            evening(today) + 6 * HOUR,
        )
    ]
    await practises(db, ada, today + timedelta(days=1))
    async with db.begin() as uow:
        await deliver.deliver(uow, delivery_id, evening(today) + timedelta(minutes=5))
    [row] = await db.fetch("SELECT state, reason FROM notifications_delivery WHERE id = $1", delivery_id)
    assert (row["state"], row["reason"]) == ("skipped", "no longer so")


async def test_a_week_is_told_of_once_on_sunday_evening(db: Database, ada: Learner, today: date) -> None:
    week_on = policy.week_of(today)
    due = policy.recap_at(week_on, ZONE)
    await practises_at(db, ada, policy.moment(week_on, 8, ZONE))
    await run_at(db, [due - timedelta(minutes=1)])
    assert not await db.fetch("SELECT FROM notifications_delivery WHERE kind = 'weekly_recap'")
    await run_at(db, [due, due, due + HOUR])
    [row] = await db.fetch("SELECT channel, params FROM notifications_delivery WHERE kind = 'weekly_recap'")
    assert row["channel"] == "email"
    assert '"lessons": 1' in row["params"]
    assert f'"week_from": "{week_on}"' in row["params"]


async def test_somebody_who_cannot_be_told_keeps_nobody_else_waiting(
    db: Database, ada: Learner, client: httpx.AsyncClient, crank: Any, today: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = await practised_today(client, db, crank, "Bob")
    in_app = render.in_app

    def not_for_ada(*of: Any, person_name: str, **fields: Any) -> Words:
        words = in_app(*of, person_name=person_name, **fields)
        return words._replace(title="\0") if person_name == "Ada" else words

    monkeypatch.setattr(render, "in_app", not_for_ada)
    await reminders.run_due(db, evening(today))
    assert (await kinds(ada), await kinds(bob)) == ([], ["streak_at_risk"])
    events = await db.fetch("SELECT payload FROM kernel_outbox WHERE type LIKE 'notifications.notification_created%'")
    assert not any("at_risk" in str(row["payload"]) and str(ada.id) in str(row["payload"]) for row in events)
