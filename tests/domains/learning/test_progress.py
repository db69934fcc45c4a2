"""How far learners are: what is shown, what it was counted from, and counting it anew."""

import asyncio
import importlib.util
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import time_machine
from sqlalchemy import text

from app.schema import migrations_dir
from domains.catalog.api import RevisionContent
from domains.catalog.items import item_id
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.kernel.zones import local_date
from domains.learning.api import recount_all
from domains.learning.repository.recount import Differences
from domains.learning.service import merging, progress
from domains.learning.service.recount import recount
from factories.people import Learner, publish, register, right_answer, small_course

COUNTED = """
    SELECT 'session' AS what, id::text, answered, correct, spent_ms FROM learning_session
    UNION ALL
    SELECT 'lesson', concat(user_id, lesson_id, first_completed_at, last_completed_at, viewed_at), completions, 0,
        best_score FROM learning_lesson_progress
    UNION ALL
    SELECT kind, concat(user_id, course_id, quarter), times, 0, spent_ms FROM learning_activity
    ORDER BY 1, 2
"""


@pytest.fixture
async def course(db: Database) -> RevisionContent:
    return await publish(db, small_course())


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(utc_now(), tick=False) as traveller:
        yield traveller


async def shown(learner: Learner, path: str) -> Any:
    answer = await learner.get(f"/progress{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def review(learner: Learner, course: RevisionContent, word: str, **body: Any) -> None:
    path = f"/courses/{course.course_id}/flashcards/{item_id(course.course_id, word)}/reviews"
    assert (await learner.post(path, {"rating": "good"} | body)).status_code == 200


async def differences(db: Database, learner: Learner) -> Differences:
    return (await recount(db, learner.id, dry_run=True)).found


async def counted(db: Database) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await db.fetch(COUNTED)]


async def test_time_is_counted_from_answer_to_answer_and_a_pause_is_none(
    clock: time_machine.Traveller, ada: Learner, course: RevisionContent
) -> None:
    session = await ada.begin(next(iter(course.lessons)))
    for exercise, gap_s in zip(session["exercises"], (10, 20, 600, 5), strict=True):
        clock.shift(gap_s)
        await ada.answer(session, exercise, right_answer(exercise))
    clock.shift(60)
    await ada.post(f"/sessions/{session['id']}/complete")
    await review(ada, course, "el gato", elapsed_ms=4000)
    [line] = (await shown(ada, "/sessions"))["items"]
    assert (line["title"], line["spent_ms"], line["correct"], line["kind"]) == ("Lesson 0", 215_000, 4, "lesson")
    [known] = await shown(ada, "/")
    one = await shown(ada, f"/courses/{course.course_id}")
    assert known["spent_ms"] == one["spent_ms"] == 219_000
    assert one["units"][0]["spent_ms"] == one["lessons"][0]["spent_ms"] == 215_000
    days = (await shown(ada, "/activity"))["days"]
    # Midnight may have been among it.
    total = {name: sum(day[name] for day in days) for name in days[0] if name != "on"}
    done = {"answers": 4, "reviews": 1, "lessons": 1, "practices": 0, "spent_ms": 219_000}
    assert total == done


async def test_a_lesson_is_half_done_from_its_first_answer_until_it_is_done_or_was_left_alone_for_a_week(
    ada: Learner, course: RevisionContent, db: Database
) -> None:
    async def half_done() -> Any:
        lesson, *others = (await shown(ada, f"/courses/{course.course_id}"))["lessons"]
        assert not any(other["half_done"] for other in others)
        return lesson["half_done"]

    lesson = next(iter(course.lessons))
    session = await ada.begin(lesson)
    assert await half_done() is None
    first, *_ = session["exercises"]
    await ada.answer(session, first, right_answer(first))
    assert await half_done() == {"answered": 1, "total": 4}
    await db.fetch("UPDATE learning_session SET active_at = active_at - interval '8 days' RETURNING id")
    assert await half_done() is None
    assert (await ada.finish(lesson))["lesson_completed"]
    assert await half_done() is None


async def test_days_are_those_of_the_learners_own_clock(
    client: httpx.AsyncClient, course: RevisionContent, db: Database
) -> None:
    ada = await register(client, time_zone="Asia/Kathmandu")
    today = local_date(utc_now(), "Asia/Kathmandu")
    midnight = datetime.combine(today, time(), ZoneInfo("Asia/Kathmandu"))
    for minutes in (-15, 0):
        await db.fetch(
            "INSERT INTO learning_activity VALUES ($1, $2, $3, 'review', 1, 60000)",
            *(ada.id, midnight + timedelta(minutes=minutes), course.course_id),
        )
    found = await shown(ada, "/activity")
    yesterday = today - timedelta(days=1)
    assert (found["time_zone"], found["last_on"]) == ("Asia/Kathmandu", str(today))
    assert found["first_on"] == str(today - timedelta(days=29))
    assert [(day["on"], day["reviews"]) for day in found["days"]] == [(str(yesterday), 1), (str(today), 1)]
    first = await shown(ada, f"/activity?first_on={yesterday}&last_on={yesterday}&course_id={course.course_id}")
    assert ([day["on"] for day in first["days"]], first["spent_ms"]) == ([str(yesterday)], 60_000)
    assert (await shown(ada, f"/activity?course_id={new_id()}"))["days"] == []


@pytest.mark.parametrize(
    "query",
    ["first_on=2026-11-22&last_on=2026-11-21", "first_on=2024-01-01&last_on=2026-01-01", "last_on=0001-01-01"],
)
async def test_days_that_make_no_sense_are_refused(ada: Learner, query: str) -> None:
    answer = await ada.get(f"/progress/activity?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "learning.bad_days")


async def test_a_course_shows_skills_and_lessons_and_forgetting_lowers_mastery_but_no_level(
    ada: Learner, course: RevisionContent, db: Database
) -> None:
    path = f"/courses/{course.course_id}"
    untouched = await shown(ada, path)
    assert (untouched["enrolled_at"], untouched["mastery"], untouched["crowns"]) == (None, 0.0, 0)
    one, two, read = course.lessons
    await ada.finish(one)
    await ada.post(f"/progress/lessons/{read}")
    begun = await shown(ada, path)
    assert [(lesson["completions"], lesson["level"], lesson["read_only"]) for lesson in begun["lessons"]] == [
        (1, 1, False),
        (0, 0, False),
        (1, 5, True),
    ]
    assert (begun["lessons_completed"], begun["crowns"], begun["completed_at"]) == (2, 0, None)
    await ada.finish(two)
    done = await shown(ada, path)
    [skill] = done["units"]
    assert skill.items() >= {"title": "Animals", "level": 1, "lessons_completed": 3, "lessons_total": 3}.items()
    assert skill.items() >= {"items": 3, "met": 3, "learned": 3, "weak": 0}.items()
    assert (done["crowns"], done["crowns_total"]) == (1, 5)
    assert done["completed_at"] is not None
    assert skill["mastery"] == done["mastery"] == pytest.approx(1)
    assert await shown(ada, f"{path}/weak-skills") == []
    with time_machine.travel(utc_now() + timedelta(days=300)):
        later = await progress.course(db, ada.id, course.course_id)
        [weak] = await progress.weak_skills(db, ada.id, course.course_id, limit=5)
    assert (later.crowns, later.weak) == (1, 3)
    assert 0 < later.mastery < 0.9
    assert (weak.title, weak.weak) == ("Animals", 3)
    assert weak.strength == pytest.approx(later.mastery, abs=1e-4)
    assert sorted(word.text for word in weak.words) == ["el gato", "el pato", "la casa"]


async def test_words_learned_come_by_the_alphabet_in_pages_and_unknown_ones_do_not(
    ada: Learner, course: RevisionContent
) -> None:
    path = f"/courses/{course.course_id}/words"
    assert await shown(ada, path) == {"items": [], "next_cursor": None}
    await review(ada, course, "la casa")
    await review(ada, course, "el gato", rating="easy")
    await review(ada, course, "el pato", rating="again")
    first = await shown(ada, f"{path}?limit=1")
    rest = await shown(ada, f"{path}?limit=1&cursor={first['next_cursor']}")
    assert [(word["text"], word["meanings"][0]) for word in first["items"] + rest["items"]] == [
        ("el gato", "the cat"),
        ("la casa", "the house"),
    ]
    assert rest["next_cursor"] is None
    for wrong in ("nonsense", "WyJhIiwxXQ=="):
        answer = await ada.get(f"/progress{path}?cursor={wrong}")
        assert (answer.status_code, answer.json()["code"]) == (400, "page.bad_cursor")


async def test_sessions_come_newest_first_in_pages_and_are_ones_own(
    ada: Learner, course: RevisionContent, db: Database, client: httpx.AsyncClient
) -> None:
    other = await publish(db, small_course("other"))
    await (await register(client, "Eve")).begin(next(iter(course.lessons)))
    lesson, elsewhere = next(iter(course.lessons)), next(iter(other.lessons))
    await ada.finish(lesson)
    given_up = (await ada.begin(lesson))["id"]
    await ada.http.delete(f"/api/v1/sessions/{given_up}", headers=ada.headers)
    practice = await ada.post(f"/courses/{course.course_id}/sessions", {"kind": "practice"})
    assert practice.status_code == 201, practice.text
    await ada.begin(elsewhere)
    found, cursor = [], ""
    while True:
        page = await shown(ada, f"/sessions?limit=3{cursor}")
        found += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    ids = [line["id"] for line in found]
    assert ids == sorted(ids, reverse=True)
    assert [(line["kind"], line["title"]) for line in found] == [
        ("lesson", "Lesson 0"),
        ("practice", "A small course"),
        ("lesson", "Lesson 0"),
        ("lesson", "Lesson 0"),
    ]
    assert [line["abandoned_at"] is not None for line in found] == [False, False, True, False]
    assert [line["completed_at"] is not None for line in found] == [False, False, False, True]
    of_other = (await shown(ada, f"/sessions?course_id={other.course_id}"))["items"]
    assert [line["id"] for line in of_other] == ids[:1]


async def test_a_lesson_to_read_is_done_once_by_reading_it(ada: Learner, course: RevisionContent, db: Database) -> None:
    lesson, _, read = course.lessons
    first, again = [await ada.post(f"/progress/lessons/{read}") for _ in range(2)]
    assert first.json() == again.json() == {"lesson_id": str(read), "completions": 1}
    refused = await ada.post(f"/progress/lessons/{lesson}")
    assert (refused.status_code, refused.json()["code"]) == (409, "learning.needs_practice")
    unknown = await ada.post(f"/progress/lessons/{new_id()}")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "catalog.lesson_not_found")
    assert [day["lessons"] for day in (await shown(ada, "/activity"))["days"]] == [1]
    assert await differences(db, ada) == Differences(0, 0, 0, 0)


@pytest.mark.parametrize("path", ["", "/words", "/weak-skills"])
async def test_there_is_no_progress_in_a_course_that_is_not_there(ada: Learner, path: str) -> None:
    answer = await ada.get(f"/progress/courses/{new_id()}{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "catalog.course_not_found")


async def learn_in_every_way(learner: Learner, course: RevisionContent) -> None:
    one, two, read = course.lessons
    await learner.finish(one, wrong=2)
    await learner.finish(one)
    await asyncio.gather(
        learner.post(f"/progress/lessons/{read}"),
        review(learner, course, "la casa", elapsed_ms=999_999),
        review(learner, course, "el gato", elapsed_ms=1),
    )
    session = await learner.begin(two)
    await learner.answer(session, session["exercises"][0], right_answer(session["exercises"][0], wrong=True))
    body = {"kind": "test_out", "unit_id": str(course.lessons[one].unit_id)}
    test = (await learner.post(f"/courses/{course.course_id}/sessions", body)).json()
    for exercise in test["exercises"]:
        await learner.answer(test, exercise, right_answer(exercise))
    assert (await learner.post(f"/sessions/{test['id']}/complete")).status_code == 200


async def test_what_was_counted_is_what_the_log_says_and_what_is_not_is_found_and_mended(
    ada: Learner, course: RevisionContent, db: Database
) -> None:
    await learn_in_every_way(ada, course)
    right = await counted(db)
    found = await differences(db, ada)
    assert found.answers > 9
    assert found[1:] == (0, 0, 0)
    await db.fetch("UPDATE learning_session SET spent_ms = spent_ms + 7, correct = 0")
    # How well a lesson that was skipped is known is told by its row alone.
    await db.fetch("UPDATE learning_lesson_progress SET best_score = 0.1 WHERE completions > 0")
    await db.fetch("UPDATE learning_lesson_progress SET completions = completions + 3")
    await db.fetch("UPDATE learning_activity SET times = times + 1 WHERE kind IN ('answer', 'lesson')")
    await db.fetch("DELETE FROM learning_activity WHERE kind = 'review'")
    spoiled = await differences(db, ada)
    assert 0 not in spoiled
    assert [done.found async for done in recount_all(db, None, dry_run=True)] == [spoiled]
    assert [done.found async for done in recount_all(db, ada.id, dry_run=False)] == [spoiled]
    assert await counted(db) == right
    assert (await differences(db, ada))[1:] == (0, 0, 0)


async def test_counting_anew_and_learning_at_once_lose_nothing_and_count_nothing_twice(
    ada: Learner, course: RevisionContent, db: Database
) -> None:
    session = await ada.begin(next(iter(course.lessons)))
    await db.fetch("DELETE FROM learning_activity")
    await review(ada, course, "la casa")
    await db.fetch("UPDATE learning_activity SET times = 5")
    await asyncio.gather(
        *(ada.answer(session, exercise, right_answer(exercise)) for exercise in session["exercises"]),
        *(recount(db, ada.id, dry_run=False) for _ in range(3)),
    )
    await recount(db, ada.id, dry_run=False)
    assert await differences(db, ada) == Differences(4, 0, 0, 0)


async def test_what_was_learned_without_a_network_is_of_the_day_on_which_it_was(
    ada: Learner, course: RevisionContent, db: Database
) -> None:
    bundle = (await ada.post(f"/courses/{course.course_id}/bundle", {"lessons": 1})).json()
    await db.fetch("UPDATE learning_prepared_session SET made_at = now() - interval '3 days'")
    [session] = bundle["sessions"]
    await ada.finish(session["lesson_id"])
    begun = (utc_now() - timedelta(days=2)).replace(hour=12, minute=0)
    answers = [
        {
            "key": exercise["id"],
            "exercise_id": exercise["id"],
            "answer": right_answer(exercise),
            "answered_at": (begun + timedelta(seconds=4 * place)).isoformat(),
        }
        for place, exercise in enumerate(session["exercises"], start=1)
    ]
    done = {
        "session_id": session["id"],
        "begun_at": begun.isoformat(),
        "answers": answers,
        "completed_at": (begun + timedelta(seconds=30)).isoformat(),
    }
    synced = await ada.post("/sync", {"sent_at": utc_now().isoformat(), "sessions": [done]})
    assert synced.status_code == 200, synced.text
    day = (await shown(ada, "/activity"))["days"][0]
    assert day == {
        "on": str(begun.date()), "answers": 4, "reviews": 0, "lessons": 1, "practices": 0, "spent_ms": 16_000
    }  # fmt: skip
    lesson = (await shown(ada, f"/courses/{course.course_id}"))["lessons"][0]
    assert (lesson["completions"], lesson["first_completed_at"][:10]) == (2, str(begun.date()))
    assert lesson["last_completed_at"][:10] > str(begun.date())
    assert await differences(db, ada) == Differences(8, 0, 0, 0)


async def test_what_two_did_is_counted_together_when_they_become_one(
    ada: Learner, course: RevisionContent, db: Database, client: httpx.AsyncClient
) -> None:
    guest = await register(client, "Guest")
    for learner in (ada, guest):
        await learn_in_every_way(learner, course)
    async with db.begin() as uow:
        await merging.merge(uow, guest.id, ada.id)
    assert (await differences(db, ada))[1:] == (0, 0, 0)
    one = await shown(ada, f"/courses/{course.course_id}")
    assert [lesson["completions"] for lesson in one["lessons"]] == [4, 0, 1]
    assert len((await shown(ada, "/sessions?limit=100"))["items"]) == 8
    [day] = (await shown(ada, "/activity"))["days"]
    assert (day["reviews"], day["lessons"], day["practices"]) == (4, 5, 2)
    for table in ("activity", "session", "lesson_progress", "enrollment", "review"):
        assert not await db.fetch(f"SELECT FROM learning_{table} WHERE user_id = $1", guest.id), table


def migration() -> ModuleType:
    [path] = Path(migrations_dir()).glob("versions/*_progress.py")
    spec = importlib.util.spec_from_file_location("progress_migration", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def test_what_was_done_before_it_was_counted_is_counted_by_the_migration(
    ada: Learner, course: RevisionContent, db: Database
) -> None:
    await learn_in_every_way(ada, course)
    before = await counted(db)
    async with db.engine.begin() as connection:
        await connection.execute(text("UPDATE learning_session SET spent_ms = 0"))
        await connection.execute(text("UPDATE learning_lesson_progress SET viewed_at = NULL"))
        await connection.execute(text("DELETE FROM learning_activity"))
        await connection.run_sync(migration()._backfill)
    assert await counted(db) == before
