"""What a learner remembers: written along with answers, equal to the log, due in time."""

import asyncio
import importlib.util
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from app.schema import migrations_dir
from domains.catalog.api import Course, RevisionContent
from domains.catalog.items import item_id
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.learning.policy.schedule import ItemState, Rules, folded
from domains.learning.repository import schedule as repository
from domains.learning.service import memory, merging, schedule
from domains.learning.service.schedule import Rebuilt
from factories.people import Learner, publish, register, right_answer, small_course

WORDS = ("el gato", "el pato", "la casa")


@pytest.fixture
async def course(db: Database) -> RevisionContent:
    return await publish(db, small_course(lessons=3))


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


def lessons_of(course: RevisionContent) -> list[UUID]:
    return [lesson.id for lesson in course.lessons.values() if lesson.exercises]


async def remembered(db: Database, learner: Learner, course: RevisionContent) -> dict[str, ItemState]:
    """By word."""
    names = {item_id(course.course_id, word): word for word in WORDS}
    found = await schedule.states(db, learner.id, course.course_id)
    return {names[state.item_id]: state for state in found}


async def checked(db: Database, learner: Learner, course: RevisionContent) -> Rebuilt:
    return await schedule.rebuild(db, learner.id, course.course_id, dry_run=True)


async def answer(learner: Learner, session: dict[str, Any], kind: str, given: Any = None) -> None:
    [exercise] = [e for e in session["exercises"] if e["kind"] == kind]
    answered = await learner.answer(session, exercise, right_answer(exercise) if given is None else given)
    assert answered.status_code == 200, answered.text


async def test_an_answer_is_a_review_of_what_it_was_about(ada: Learner, db: Database, course: RevisionContent) -> None:
    session = await ada.begin(lessons_of(course)[0])
    await answer(ada, session, "translate", "the dukc")
    await answer(ada, session, "word_bank", ["gato"])
    await answer(
        ada, session, "match_pairs", [["el gato", "the cat"], ["el pato", "the house"], ["la casa", "the duck"]]
    )
    found = await remembered(db, ada, course)
    seen = {word: (state.reps, state.slips, state.last_correct) for word, state in found.items()}
    assert seen == {"el gato": (1, 0, True), "el pato": (2, 1, False), "la casa": (2, 0, False)}
    assert (await checked(db, ada, course))._asdict().items() >= {"reviews": 5, "wrong": [], "behind": 0}.items()


steps = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), st.booleans(), st.booleans()), max_size=16)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps, st.booleans())
async def test_whatever_is_answered_where_and_when_live_and_rebuilt_are_the_same(
    client: httpx.AsyncClient, db: Database, course: RevisionContent, log: list[Any], together: bool
) -> None:
    learner = await register(client)
    sessions = [await learner.begin(lesson) for lesson in lessons_of(course)]

    async def one(session: int, exercise: int, wrong: bool, elsewhere: bool) -> None:
        if elsewhere:  # another process knows nothing yet
            memory.forget_memory(UUID(sessions[session]["id"]))
        asked = sessions[session]["exercises"][exercise]
        await learner.answer(sessions[session], asked, right_answer(asked, wrong=wrong))

    if together:
        await asyncio.gather(*(one(*step) for step in log))
    else:
        for step in log:
            await one(*step)
    assert (await checked(db, learner, course)).wrong == []
    shown = {state.item_id: state for state in await schedule.states(db, learner.id, course.course_id)}
    assert shown == folded(await repository.log(db, learner.id, course.course_id), Rules())
    assert (await checked(db, learner, course))[4:] == ([], 0, 0)


async def test_a_state_that_is_not_what_the_log_says_is_found_and_mended(
    ada: Learner, db: Database, course: RevisionContent
) -> None:
    await ada.finish(lessons_of(course)[0], wrong=1)
    before = await remembered(db, ada, course)
    spoiled, lost = (item_id(course.course_id, word) for word in WORDS[:2])
    await db.fetch("UPDATE learning_item_state SET stability = 99 WHERE item_id = $1", spoiled)
    await db.fetch("DELETE FROM learning_item_state WHERE item_id = $1", lost)
    await db.fetch(
        "UPDATE learning_item_state SET item_id = $1 WHERE item_id = $2", new_id(), item_id(course.course_id, WORDS[2])
    )
    found = await checked(db, ada, course)
    assert (len(found.wrong), found.gone) == (3, 1)
    assert [done async for done in schedule.rebuild_all(db, None, course.course_id, dry_run=False)] == [found]
    assert await remembered(db, ada, course) == before
    assert (await checked(db, ada, course))[4:] == ([], 0, 0)


def with_one_exercise(course: Course) -> Course:
    [section] = course.sections
    [unit] = section.units
    lesson = msgspec.structs.replace(unit.lessons[0], exercises=unit.lessons[0].exercises[:1])
    unit = msgspec.structs.replace(unit, lessons=(lesson,))
    return msgspec.structs.replace(course, sections=(msgspec.structs.replace(section, units=(unit,)),))


async def pass_by(db: Database, **time: float) -> None:
    """All that happened happened so much earlier: tokens would not survive a clock that is moved."""
    past = timedelta(**time)
    await db.fetch("UPDATE learning_answer SET answered_at = answered_at - $1::interval", past)
    await db.fetch("UPDATE learning_review SET reviewed_at = reviewed_at - $1::interval", past)
    await db.fetch(
        "UPDATE learning_item_state SET due = due - $1::interval, last_review = last_review - $1::interval", past
    )


async def test_what_was_wrong_is_due_after_minutes_and_what_was_right_after_days(
    ada: Learner, db: Database, course: RevisionContent
) -> None:
    path = f"/courses/{course.course_id}/due"
    assert (await ada.get(path)).json() | {"course_id": ""} == {
        "course_id": "", "due": 0, "known": 0, "next_due_at": None, "days": [0] * 7
    }  # fmt: skip
    session = await ada.begin(lessons_of(course)[0])
    await answer(ada, session, "translate")
    await answer(ada, session, "word_bank", ["gato"])
    now = (await ada.get(path)).json()
    assert (now["due"], now["known"], now["days"]) == (0, 2, [1, 1, 0, 0, 0, 0, 0])
    due = {word: state.due for word, state in (await remembered(db, ada, course)).items()}
    assert datetime.fromisoformat(now["next_due_at"]) == due["la casa"]
    await pass_by(db, minutes=11)
    assert (await ada.get(path)).json()["due"] == 1
    await pass_by(db, days=3)
    assert (await ada.get(path)).json()["due"] == 2
    # What the course no longer has keeps its state and is not due.
    await publish(db, with_one_exercise(small_course(lessons=1)))
    later = (await ada.get(path)).json()
    assert (later["due"], later["known"]) == (0, 2)


async def test_flashcards_move_the_same_memory_by_four_buttons(
    ada: Learner, db: Database, course: RevisionContent
) -> None:
    path = f"/courses/{course.course_id}/flashcards"
    assert (await ada.get(path)).json() == {"due": 0, "cards": []}
    first, second = (await ada.get(f"{path}?new=2")).json()["cards"]
    assert (first["front"], first["back"], first["due"]) == ("el gato", ["the cat"], None)
    assert first["intervals_s"] == {"again": 600, "hard": 900, "good": 2 * 86400, "easy": first["intervals_s"]["easy"]}
    given = [await ada.post(f"{path}/{first['item_id']}/reviews", {"rating": "good"}, key="k") for _ in range(2)]
    assert given[0].status_code == 200
    assert given[0].content == given[1].content
    assert given[0].json()["interval_s"] == first["intervals_s"]["good"]
    other = await ada.post(f"{path}/{second['item_id']}/reviews", {"rating": "good"}, key="k")
    assert (other.status_code, other.json()["code"]) == (409, "learning.key_of_another_review")
    await pass_by(db, days=4)
    await ada.post(f"{path}/{second['item_id']}/reviews", {"rating": "again"})
    await pass_by(db, minutes=20)
    cards = (await ada.get(f"{path}?limit=1")).json()
    assert (cards["due"], [card["item_id"] for card in cards["cards"]]) == (2, [first["item_id"]])
    session = await ada.begin(lessons_of(course)[0])
    await answer(ada, session, "multiple_choice")
    found = await remembered(db, ada, course)
    assert [found[word].reps for word in WORDS[:2]] == [2, 1]
    assert (await checked(db, ada, course))[2:] == (3, 2, [], 0, 0)
    unknown = await ada.post(f"{path}/{new_id()}/reviews", {"rating": "good"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "learning.flashcard_not_found")


async def test_the_schedule_is_the_learners_own_and_holds_for_what_is_scheduled_already(
    ada: Learner, db: Database, course: RevisionContent
) -> None:
    await ada.finish(lessons_of(course)[0])
    usual = await remembered(db, ada, course)
    session = await ada.begin(lessons_of(course)[1])
    await answer(ada, session, "translate")

    async def put(body: dict[str, Any]) -> httpx.Response:
        return await ada.http.put("/api/v1/schedule", json=body, headers=ada.headers)

    wanted = {"desired_retention": 0.8, "balanced": False, "parameters": None}
    assert (await put(wanted)).json() == wanted == (await ada.get("/schedule")).json()
    # The session goes on with the rules that it knows; whoever reads gets those of the learner.
    await answer(ada, session, "word_bank")
    found = await remembered(db, ada, course)
    assert found["el gato"].due > usual["el gato"].due
    assert found["el gato"].stability == usual["el gato"].stability
    assert {state.rules for state in found.values()} == {1}
    assert (await checked(db, ada, course))[4:] == ([], 0, 0)
    assert (await put({"desired_retention": 0.99})).status_code == 400
    refused = await put({"parameters": [9.0] * 21})
    assert (refused.status_code, refused.json()["code"]) == (400, "learning.bad_parameters")


async def test_what_was_learned_can_be_forgotten_in_a_test_whatever_its_process_knows(
    ada: Learner, db: Database, course: RevisionContent
) -> None:
    first, *_ = lessons_of(course)
    await ada.finish(first)
    path = f"/api/v1/courses/{course.course_id}/sessions"
    body = {"kind": "test_out", "unit_id": str(course.lessons[first].unit_id)}
    session = (await ada.http.post(path, json=body, headers=ada.headers)).json()
    # All that is scheduled is behind now, and no process has looked since.
    await ada.http.put("/api/v1/schedule", json={"desired_retention": 0.8}, headers=ada.headers)
    memory.forget_memory(UUID(session["id"]))
    for exercise in session["exercises"]:
        await ada.answer(session, exercise, right_answer(exercise, wrong=True))
    log = await repository.log(db, ada.id, course.course_id)
    assert {r.item_id for r in log if r.rating == 1} == {item_id(course.course_id, word) for word in WORDS}


async def test_of_two_accounts_that_become_one_the_memory_is_that_of_both_logs(
    ada: Learner, client: httpx.AsyncClient, db: Database, course: RevisionContent
) -> None:
    guest = await register(client, "Guest")
    await guest.finish(lessons_of(course)[0], wrong=2)
    await guest.http.put("/api/v1/schedule", json={"desired_retention": 0.85}, headers=guest.headers)
    session = await ada.begin(lessons_of(course)[1])
    await answer(ada, session, "translate")
    async with db.begin() as uow:
        await merging.merge(uow, guest.id, ada.id)
    log = await repository.log(db, ada.id, course.course_id)
    rules = await schedule.rules(db, ada.id)
    assert (len(log), rules.retention) == (7, 0.85)
    found = await schedule.states(db, ada.id, course.course_id)
    assert {state.item_id: state for state in found} == folded(log, rules)
    assert await schedule.states(db, guest.id, course.course_id) == []
    assert (await checked(db, ada, course))[4:] == ([], 0, 0)


async def test_nothing_is_remembered_of_who_is_deleted(ada: Learner, db: Database, course: RevisionContent) -> None:
    await ada.finish(lessons_of(course)[0])
    item = item_id(course.course_id, WORDS[0])
    await ada.post(f"/courses/{course.course_id}/flashcards/{item}/reviews", {"rating": "easy"})
    await ada.http.put("/api/v1/schedule", json={}, headers=ada.headers)
    tables = ("learning_item_state", "learning_review", "learning_schedule")
    counts = " UNION ALL ".join(f"SELECT count(*) FROM {table}" for table in tables)
    assert 0 not in [row[0] for row in await db.fetch(counts)]
    async with db.begin() as uow:
        await uow.session.execute(text("DELETE FROM identity_user WHERE id = :id"), {"id": ada.id})
    assert [row[0] for row in await db.fetch(counts)] == [0, 0, 0]


def migration() -> ModuleType:
    [path] = Path(migrations_dir()).glob("versions/*_schedule.py")
    spec = importlib.util.spec_from_file_location("schedule_migration", path)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


async def test_answers_from_before_there_was_a_schedule_are_reviews_too(
    ada: Learner, db: Database, course: RevisionContent
) -> None:
    await ada.finish(lessons_of(course)[0], wrong=2)
    await ada.finish(lessons_of(course)[1], wrong=4)
    log = sorted(await repository.log(db, ada.id, course.course_id))
    before = await remembered(db, ada, course)
    async with db.engine.begin() as connection:
        await connection.execute(text("UPDATE learning_answer SET item_ids = '{}', ratings = '{}'"))
        await connection.execute(text("DELETE FROM learning_item_state"))
        await connection.run_sync(migration()._backfill)
    assert sorted(await repository.log(db, ada.id, course.course_id)) == log
    assert await remembered(db, ada, course) == before
