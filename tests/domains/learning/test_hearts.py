"""Hearts: what a mistake costs, and what time and practice bring back."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.catalog.api import RevisionContent
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.learning.events import HeartsChanged
from domains.learning.policy.hearts import HEARTS, REFILL, left, next_at
from domains.learning.repository import hearts as repository
from domains.learning.service import answers
from domains.learning.service.hearts import give_back
from factories.people import Learner, publish, register, right_answer, small_course

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
moments = st.timedeltas(timedelta(-2), timedelta(2)).map(lambda since: NOW + since) | st.integers(-6, 6).map(
    lambda refills: NOW + refills * REFILL
)


@given(moments, moments)
def test_one_comes_back_at_a_time_and_never_more_than_all(full_at: datetime, now: datetime) -> None:
    following, found = next_at(full_at, now), left(full_at, now)
    assert 0 <= found <= HEARTS
    assert (following is None) == (found == HEARTS) == (full_at <= now)
    if following is not None:
        assert now < following <= full_at
        assert left(full_at, following - timedelta(microseconds=1)) == found
        assert left(full_at, following) == found + 1


def test_who_never_lost_one_has_them_all() -> None:
    assert (left(None, NOW), next_at(None, NOW)) == (HEARTS, None)


async def test_the_database_counts_hearts_as_the_rules_do(db: Database) -> None:
    apart = [timedelta(seconds=s) for s in (-1, 0, 1, 14_399, 14_400, 14_401, 43_200, 71_999, 72_000, 72_001, 100_000)]
    full_ats = [None, *(NOW + each for each in apart), *(NOW + each + timedelta(microseconds=1) for each in apart)]
    query = f"SELECT {repository.left('f', '$2::timestamptz')} AS n FROM unnest($1::timestamptz[]) AS t (f)"
    assert [row["n"] for row in await db.fetch(query, full_ats, NOW)] == [left(each, NOW) for each in full_ats]


@pytest.fixture
async def course(db: Database) -> RevisionContent:
    return await publish(db, small_course())


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


async def hearts(learner: Learner) -> dict[str, Any]:
    found: dict[str, Any] = (await learner.get("/hearts")).json()
    return found


async def answer_all(learner: Learner, session: dict[str, Any], *, wrong: int) -> list[int]:
    """Hearts after each answer."""
    found = []
    for place, exercise in enumerate(session["exercises"]):
        given = await learner.answer(session, exercise, right_answer(exercise, wrong=place < wrong))
        assert given.status_code == 200, given.text
        found.append(given.json()["hearts"])
    return found


async def pass_time(db: Database, learner: Learner, time: timedelta) -> None:
    await db.fetch("UPDATE learning_hearts SET full_at = full_at - $2::interval WHERE user_id = $1", learner.id, time)


async def test_of_two_devices_at_once_each_mistake_costs_one_heart_whichever_is_stored_first(
    ada: Learner, course: RevisionContent, db: Database
) -> None:
    begun = [await ada.begin(lesson) for lesson in list(course.lessons)[:2]]
    now, shown = datetime.now(UTC), []
    for session, at in zip(begun, (now, now - timedelta(milliseconds=5)), strict=True):
        exercise = session["exercises"][0]
        body, _ = await answers.take_answer(
            db,
            user_id=UUID(str(ada.id)),
            session_id=UUID(session["id"]),
            exercise_id=UUID(exercise["id"]),
            answer=right_answer(exercise, wrong=True),
            elapsed_ms=0,
            key=None,
            at=at,
        )
        shown.append(body.hearts)
    assert shown == [4, 3]
    assert (await hearts(ada))["hearts"] == 3


async def test_hearts_are_the_learners_and_come_back_by_time_and_by_practice(
    ada: Learner, course: RevisionContent, db: Database
) -> None:
    full = {"hearts": 5, "most": 5, "refill_s": 14400, "next_at": None, "full_at": None, "unlimited": None}
    assert await hearts(ada) == full
    first, second, _ = course.lessons
    assert await answer_all(ada, await ada.begin(first), wrong=3) == [4, 3, 2, 2]
    session = await ada.begin(second)
    assert session["hearts"] == 2
    assert await answer_all(ada, session, wrong=4) == [1, 0, 0, 0]
    now = await hearts(ada)
    assert now["hearts"] == 0
    lost, following = (datetime.fromisoformat(now[name]) for name in ("full_at", "next_at"))
    assert lost - following == 4 * REFILL

    # Learning goes on with none left; what is done with mistakes pays half.
    completed = (await ada.post(f"/sessions/{session['id']}/complete")).json()
    assert completed["xp_earned"] == 5 + 5
    await pass_time(db, ada, REFILL)
    assert (await hearts(ada))["hearts"] == 1
    practice = (await ada.post(f"/courses/{course.course_id}/sessions", {"kind": "mistakes"})).json()
    assert (practice["hearts"], practice["unlimited_hearts"]) == (1, True)
    assert set(await answer_all(ada, practice, wrong=1)) == {1}
    for _ in range(2):
        await ada.post(f"/sessions/{practice['id']}/complete")
        assert (await hearts(ada))["hearts"] == 2
    await pass_time(db, ada, timedelta(days=1))
    assert await hearts(ada) == full


async def test_a_lesson_without_mistakes_pays_in_full_also_with_no_heart_left(
    ada: Learner, course: RevisionContent, db: Database
) -> None:
    first, second, _ = course.lessons
    await ada.begin(second)
    await db.fetch("UPDATE learning_hearts SET full_at = now() + interval '1 day' WHERE user_id = $1", ada.id)
    assert (await ada.finish(first))["xp_earned"] == 15 + 5


async def test_what_comes_back_is_announced_and_never_more_than_all(
    ada: Learner, course: RevisionContent, db: Database
) -> None:
    await answer_all(ada, await ada.begin(next(iter(course.lessons))), wrong=2)
    told = []
    for _ in range(3):
        async with db.begin() as uow:
            await give_back(uow, {ada.id: 1})
        told += [fact for fact in uow.facts if isinstance(fact, HeartsChanged)]
    assert [(fact.hearts, fact.next_at is None) for fact in told] == [(4, False), (5, True)]


async def test_who_switched_hearts_off_loses_none(ada: Learner, course: RevisionContent) -> None:
    first, second, _ = course.lessons
    begun = await ada.begin(first)
    await ada.http.patch("/api/v1/profile/preferences", json={"hearts": False}, headers=ada.headers)
    assert await answer_all(ada, begun, wrong=4) == [4, 3, 2, 1]
    assert await hearts(ada) == {
        "hearts": 5, "most": 5, "refill_s": 14400, "next_at": None, "full_at": None, "unlimited": "switched_off",
    }  # fmt: skip
    session = await ada.begin(second)
    assert (session["hearts"], session["unlimited_hearts"]) == (5, True)
    assert await answer_all(ada, session, wrong=4) == [5, 5, 5, 5]
    assert (await ada.post(f"/sessions/{session['id']}/complete")).json()["xp_earned"] == 10 + 5


async def test_mistakes_on_two_devices_at_once_cost_one_heart_each(ada: Learner, course: RevisionContent) -> None:
    first, second, _ = course.lessons
    begun = [await ada.begin(lesson_id) for lesson_id in (first, second)]
    answers = await asyncio.gather(
        *(ada.answer(session, exercise, right_answer(exercise, wrong=True))
          for session in begun for exercise in session["exercises"][:2])
    )  # fmt: skip
    assert {answer.status_code for answer in answers} == {200}
    assert sorted(answer.json()["hearts"] for answer in answers) == [1, 2, 3, 4]
    assert (await hearts(ada))["hearts"] == 1


async def test_a_right_answer_does_not_wait_for_hearts_that_are_held_and_a_wrong_one_is_not_lost(
    ada: Learner, course: RevisionContent, db: Database
) -> None:
    session = await ada.begin(next(iter(course.lessons)))
    first, second, *_ = session["exercises"]
    async with db.begin() as uow:
        await uow.fetch("SELECT FROM learning_hearts WHERE user_id = $1 FOR UPDATE", ada.id)
        assert (await ada.answer(session, first, right_answer(first))).json()["hearts"] == 5
        mistake = asyncio.create_task(ada.answer(session, second, right_answer(second, wrong=True), new_id().hex))
        await db.fetch("SELECT 1")
    assert (await mistake).json()["hearts"] == 4
