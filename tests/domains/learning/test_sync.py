"""Learning without a network: what is taken along, and what counts when it arrives."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest
from msgspec import convert

from domains.catalog.api import RevisionContent
from domains.gamification.api import check_ledger
from domains.gamification.policy.leagues import starts_at, week_of
from domains.gamification.service import syncing
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.learning.api import SyncIn, rebuild_all
from domains.learning.jobs import purge
from domains.learning.service import memory, sessions
from factories.people import Learner, publish, register, right_answer, small_course

Away = Callable[[Learner, timedelta], Awaitable[list[dict[str, Any]]]]


@pytest.fixture
async def course(db: Database) -> RevisionContent:
    return await publish(db, small_course(lessons=4))


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


@pytest.fixture
def away(db: Database, course: RevisionContent) -> Away:
    async def away(learner: Learner, since: timedelta = timedelta(days=6)) -> list[dict[str, Any]]:
        """Sessions of four lessons, downloaded so long ago."""
        answer = await learner.post(f"/courses/{course.course_id}/bundle", {"lessons": 4})
        assert answer.status_code == 200, answer.text
        await db.fetch("UPDATE learning_prepared_session SET made_at = now() - $1::interval", since)
        found: list[dict[str, Any]] = answer.json()["sessions"]
        return found

    return away


def taken(session: dict[str, Any], at: datetime, *, wrong: int = 0, device: str = "phone") -> dict[str, Any]:
    """What a device tells of a session that was taken from then on, four seconds an answer."""
    answers = [
        {
            "key": f"{device}:{exercise['id']}",
            "exercise_id": exercise["id"],
            "answer": right_answer(exercise, wrong=place < wrong),
            "answered_at": (at + timedelta(seconds=4 * (place + 1))).isoformat(),
            "elapsed_ms": 3500,
        }
        for place, exercise in enumerate(session["exercises"])
    ]
    finished = at + timedelta(seconds=30)
    return {
        "session_id": session["id"],
        "begun_at": at.isoformat(),
        "answers": answers,
        "completed_at": finished.isoformat(),
    }


def batch(*done: dict[str, Any], sent_at: datetime | None = None) -> dict[str, Any]:
    return {"sent_at": (sent_at or utc_now()).isoformat(), "sessions": list(done)}


async def sync(learner: Learner, *done: dict[str, Any], sent_at: datetime | None = None) -> list[dict[str, Any]]:
    answer = await learner.post("/sync", batch(*done, sent_at=sent_at))
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["sessions"]
    return found


async def counted(db: Database, learner: Learner) -> tuple[Any, ...]:
    """Answers, completions, XP entries, XP and days of streak."""
    [row] = await db.fetch(
        """
        SELECT (SELECT count(*) FROM learning_answer a JOIN learning_session s ON s.id = a.session_id
                WHERE s.user_id = $1) AS answers,
            (SELECT sum(completions) FROM learning_lesson_progress WHERE user_id = $1)::int AS completions,
            (SELECT count(*) FROM gamification_xp_entry WHERE user_id = $1) AS entries,
            (SELECT xp FROM gamification_balance WHERE user_id = $1) AS xp,
            (SELECT current_days FROM gamification_streak WHERE user_id = $1) AS streak
        """,
        learner.id,
    )
    return tuple(row)


def ago(**how_long: float) -> datetime:
    return utc_now() - timedelta(**how_long)


def day(before: int, zone: tzinfo = UTC) -> datetime:
    """How the day so many days before today began there."""
    return datetime.combine(utc_now().astimezone(zone).date() - timedelta(days=before), time(), zone).astimezone(UTC)


async def test_a_bundle_has_the_next_lessons_with_their_solutions_and_stays_the_same(
    client: httpx.AsyncClient, ada: Learner, course: RevisionContent
) -> None:
    first, *others = course.lessons
    await ada.finish(first)
    path = f"/courses/{course.course_id}/bundle"
    bundle, again = await ada.post(path, {"lessons": 2}), await ada.post(path, {"lessons": 3})
    found = bundle.json()["sessions"]
    assert [UUID(session["lesson_id"]) for session in found] == others[:2]
    assert again.json()["sessions"][:2] == found
    [translate] = [e for e in found[0]["exercises"] if e["kind"] == "translate"]
    assert translate["content"]["accepted"] == ["the duck"]
    # Nothing has begun by it.
    assert (await ada.get(f"/sessions/{found[0]['id']}")).status_code == 404
    assert (await ada.post(f"/courses/{new_id()}/bundle")).status_code == 404
    assert (await ada.post(path, {"lessons": 11})).status_code == 400
    ben = await register(client, "Ben")
    assert (await ben.post(path)).json()["sessions"][0]["id"] not in {session["id"] for session in found}


async def test_what_was_done_without_a_network_is_graded_paid_and_reported(
    db: Database, ada: Learner, away: Away
) -> None:
    first, *_ = await away(ada)
    [report] = await sync(ada, taken(first, ago(hours=1), wrong=1))
    verdicts = [answer["grade"]["verdict"] for answer in report["answers"]]
    assert (verdicts[0], verdicts[1:]) == ("wrong", ["exact"] * 3)
    assert (report["answered"], report["total"], report["problem"]) == (4, 4, None)
    assert (report["result"]["xp_earned"], report["result"]["streak"]) == (16, 1)
    assert timedelta(minutes=59) < utc_now() - datetime.fromisoformat(report["completed_at"]) < timedelta(minutes=61)
    assert (await ada.get(f"/sessions/{first['id']}")).json()["completed"]
    later = await ada.post(f"/sessions/{first['id']}/complete")
    assert later.json() == report["result"]
    assert await counted(db, ada) == (4, 1, 1, 16, 1)


async def test_a_batch_sent_twice_half_of_it_before_and_half_after_a_restart_counts_once(
    client: httpx.AsyncClient, db: Database, ada: Learner, away: Away
) -> None:
    one, two, three, _ = await away(ada)
    done = [taken(one, day(3)), taken(two, day(2), wrong=2), taken(three, day(1))]
    cut_off = {**done[1], "answers": done[1]["answers"][:2], "completed_at": None}
    half = await sync(ada, done[0], cut_off)
    assert [(report["answered"], report["result"] is None) for report in half] == [(4, False), (2, True)]
    sessions._kept.clear()
    memory._memories.clear()
    sent_at = utc_now()
    whole = await sync(ada, *done, sent_at=sent_at)
    again = await sync(ada, *done, sent_at=sent_at)
    assert again == whole
    assert whole[0] == half[0]
    assert await counted(db, ada) == (12, 3, 3, 55, 3)
    assert [report async for report in rebuild_all(db, ada.id, None, dry_run=True) if report.wrong] == []
    # Somebody whose batch came through at once has the same.
    ben = await register(client, "Ben")
    his = await away(ben)
    await sync(ben, *(taken(s, day(3 - place), wrong=2 * (place == 1)) for place, s in enumerate(his[:3])))
    assert await counted(db, ben) == await counted(db, ada)


async def test_the_same_batch_many_times_at_once_counts_once(db: Database, ada: Learner, away: Away) -> None:
    done = batch(*(taken(session, ago(hours=2)) for session in await away(ada)))
    # As several processes do it: one of them would take one after the other.
    reports = await asyncio.gather(*(syncing._synced(db, ada.id, convert(done, SyncIn)) for _ in range(5)))
    assert all(report == reports[0] for report in reports)
    assert await counted(db, ada) == (16, 4, 4, 65, 1)


async def test_days_count_where_the_learner_was_whatever_the_clock_of_the_device(
    client: httpx.AsyncClient, db: Database, away: Away
) -> None:
    zone = ZoneInfo("Pacific/Auckland")
    ada = await register(client, time_zone=zone.key)
    one, two, three, four = await away(ada)
    # The third day comes first, and by a second device: days are counted, not arrivals.
    await sync(ada, taken(one, day(1, zone)))
    wrong = timedelta(days=700, hours=5)
    late, later = (day(before, zone) - timedelta(minutes=1) - wrong for before in (1, 2))
    done = [taken(two, late), taken(three, later)]
    await sync(ada, *done, sent_at=utc_now() - wrong)
    assert (await counted(db, ada))[-1] == 3
    days = await db.fetch("SELECT DISTINCT local_on FROM gamification_xp_entry ORDER BY 1")
    assert len(days) == 3
    await sync(ada, taken(four, day(2, zone)))
    assert (await counted(db, ada))[-1] == 3


async def test_nothing_is_credited_to_a_time_before_the_download_or_after_the_arrival(
    db: Database, ada: Learner, away: Away
) -> None:
    one, two, *_ = await away(ada, timedelta(hours=1))
    early, late = await sync(ada, taken(one, ago(days=20)), taken(two, ago(days=-20)))
    assert utc_now() - datetime.fromisoformat(early["begun_at"]) < timedelta(hours=1, minutes=1)
    assert datetime.fromisoformat(late["completed_at"]) <= utc_now()
    assert (await counted(db, ada))[-1] <= 2


async def test_a_lesson_of_a_week_that_is_over_counts_and_moves_nobody_in_its_league(
    infra: Any, db: Database, ada: Learner, away: Away
) -> None:
    one, two, *_ = await away(ada, timedelta(days=14))
    last_week = starts_at(week_of(utc_now())) - timedelta(days=2)
    [report] = await sync(ada, taken(one, last_week))
    assert (report["result"]["xp_earned"], report["result"]["league"]) == (20, None)
    assert (await ada.get("/leaderboards/current")).status_code == 404
    [report] = await sync(ada, taken(two, utc_now() - timedelta(seconds=1)))
    board = (await ada.get("/leaderboards/current")).json()
    assert [entry["xp"] for entry in board["entries"]] == [20]
    assert report["result"]["xp_total"] == 40
    assert await check_ledger(db, infra.redis) == []


async def test_what_cannot_be_taken_is_reported_in_its_place_and_holds_up_nothing_else(
    client: httpx.AsyncClient, db: Database, ada: Learner, away: Away
) -> None:
    one, two, *_ = await away(ada)
    eve = await register(client, "Eve")
    [hers, *_] = await away(eve)
    done = taken(one, ago(hours=1))
    shape, unknown, *_ = done["answers"]
    shape["answer"], unknown["exercise_id"] = {"no": "answer"}, str(new_id())
    reports = await sync(ada, taken(hers, ago(hours=1)), done, taken({**two, "id": str(new_id())}, ago(hours=1)))
    assert [report["problem"]["code"] for report in reports] == [
        "learning.session_not_found",
        "learning.session_incomplete",
        "learning.session_not_found",
    ]
    assert [a["problem"] and a["problem"]["code"] for a in reports[1]["answers"]] == [
        "catalog.answer_shape",
        "learning.exercise_not_found",
        None,
        None,
    ]
    assert await counted(db, ada) == (2, None, 0, None, None)
    assert (await counted(db, eve))[0] == 0


async def test_one_lesson_on_two_devices_counts_once_and_the_first_to_arrive_stands(
    db: Database, ada: Learner, away: Away
) -> None:
    one, *_ = await away(ada)
    phone, tablet = taken(one, ago(hours=2)), taken(one, ago(hours=3), wrong=1, device="tablet")
    [first] = await sync(ada, phone)
    [second] = await sync(ada, tablet)
    assert {answer["problem"]["code"] for answer in second["answers"]} == {"learning.already_answered"}
    assert second["result"] == first["result"]
    assert await counted(db, ada) == (4, 1, 1, 20, 1)


async def test_a_session_goes_on_with_a_network_and_one_begun_with_it_goes_on_without(
    db: Database, ada: Learner, course: RevisionContent, away: Away
) -> None:
    one, *_ = await away(ada)
    done = taken(one, ago(minutes=5))
    await sync(ada, {**done, "answers": done["answers"][:3], "completed_at": None})
    session = await ada.begin(one["lesson_id"])
    assert (session["id"], session["answered"]) == (one["id"], 3)
    last = session["exercises"][3]
    assert (await ada.answer(session, last, right_answer(last))).status_code == 200
    assert (await ada.post(f"/sessions/{one['id']}/complete")).json()["xp_earned"] == 20
    begun = await ada.begin(list(course.lessons)[1])
    first = begun["exercises"][0]
    await ada.answer(begun, first, right_answer(first), f"phone:{first['id']}")
    [report] = await sync(ada, taken(begun, utc_now()))
    assert (report["answered"], report["result"]["xp_total"]) == (4, 35)


async def test_a_session_that_was_out_of_reach_for_long_is_finished_and_one_given_up_is_not(
    db: Database, ada: Learner, course: RevisionContent
) -> None:
    begun = [await ada.begin(lesson_id) for lesson_id in list(course.lessons)[:2]]
    await db.fetch("UPDATE learning_session SET created_at = $1, active_at = $1", ago(days=9))
    await ada.http.delete(f"/api/v1/sessions/{begun[1]['id']}", headers=ada.headers)
    await db.fetch(
        "UPDATE learning_session SET abandoned_at = active_at + interval '1 day' WHERE abandoned_at IS NOT NULL"
    )
    await purge(db)
    finished, given_up = await sync(ada, *(taken(session, ago(days=8)) for session in begun))
    assert (finished["answered"], finished["result"]["xp_earned"]) == (4, 20)
    assert (given_up["answered"], given_up["problem"]["code"]) == (0, "learning.session_closed")


async def test_what_was_wrong_and_came_back_at_the_end_is_taken_too(ada: Learner, away: Away) -> None:
    one, *_ = await away(ada)
    done = taken(one, ago(hours=1), wrong=1)
    wrong = one["exercises"][0]
    done["answers"].append({**done["answers"][0], "key": "again", "answer": right_answer(wrong)})
    first, second = await sync(ada, done), await sync(ada, done)
    assert [answer["grade"]["correct"] for answer in first[0]["answers"]] == [False, True, True, True, True]
    assert first == second


async def test_what_arrives_late_leaves_a_memory_as_if_it_had_come_in_time(
    db: Database, ada: Learner, course: RevisionContent, away: Away
) -> None:
    one, two, *_ = await away(ada)
    await ada.finish(list(course.lessons)[2])
    await sync(ada, taken(one, ago(days=3), wrong=2), taken(two, ago(days=2)))
    [rebuilt] = [report async for report in rebuild_all(db, ada.id, None, dry_run=True)]
    assert (rebuilt.wrong, rebuilt.gone) == ([], 0)


async def test_a_download_is_of_no_use_after_thirty_days_and_is_forgotten_then(
    db: Database, ada: Learner, away: Away
) -> None:
    one, two, *_ = await away(ada, timedelta(days=31))
    [report] = await sync(ada, taken(one, ago(days=1)))
    assert report["problem"]["code"] == "learning.session_not_found"
    long_ago = UUID(int=0x0190_0000_0000 << 80)
    await db.fetch("UPDATE learning_prepared_session SET id = $1 WHERE id = $2", long_ago, UUID(two["id"]))
    await purge(db)
    assert len(await db.fetch("SELECT FROM learning_prepared_session")) == 3


@pytest.mark.parametrize(
    "change",
    [
        {"sent_at": "2026-01-01T00:00:00"},
        {"sent_at": "yesterday"},
        {"sessions": []},
        {"sessions": [{}] * 21},
        {"more": 1},
    ],
    ids=["no-zone", "no-time", "empty", "too-many", "unknown-field"],
)
async def test_a_batch_that_makes_no_sense_is_refused_as_a_whole(ada: Learner, change: dict[str, Any]) -> None:
    answer = await ada.post("/sync", {**batch({"session_id": str(new_id())}), **change})
    assert (answer.status_code, answer.json()["code"]) == (400, "http.validation")
