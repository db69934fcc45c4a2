"""Sessions beyond a lesson: practice, mistakes, review, a test out of a unit, placement; going on and giving up."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from domains.catalog.api import RevisionContent
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.learning.jobs import JOBS
from domains.learning.service import sessions
from factories.people import Learner, publish, register, right_answer, small_course
from factories.phrases import WORDS, answer_to, long_course, word


@pytest.fixture
async def course(db: Database) -> RevisionContent:
    return await publish(db, long_course())


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


async def begin(learner: Learner, course: RevisionContent, kind: str, **more: Any) -> dict[str, Any]:
    answer = await learner.post(f"/courses/{course.course_id}/sessions", {"kind": kind, **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def refused(learner: Learner, course: RevisionContent, kind: str, **more: Any) -> tuple[int, str]:
    answer = await learner.post(f"/courses/{course.course_id}/sessions", {"kind": kind, **more})
    return answer.status_code, answer.json()["code"]


async def finish(
    learner: Learner, session: dict[str, Any], wrong: Callable[[dict[str, Any]], bool] = lambda _: False
) -> dict[str, Any]:
    for exercise in session["exercises"]:
        given = await learner.answer(session, exercise, answer_to(exercise, wrong=wrong(exercise)))
        assert given.status_code == 200, given.text
    completed = await learner.post(f"/sessions/{session['id']}/complete")
    assert completed.status_code == 200, completed.text
    found: dict[str, Any] = completed.json()
    return found


def units(course: RevisionContent) -> list[str]:
    return list(dict.fromkeys(str(lesson.unit_id) for lesson in course.lessons.values()))


async def done(learner: Learner, course: RevisionContent) -> list[tuple[int, bool]]:
    found = (await learner.get(f"/progress/courses/{course.course_id}")).json()
    lessons = [(lesson["completions"], lesson["skipped"]) for lesson in found["lessons"]]
    assert found["lessons_completed"] == sum(1 for completions, skipped in lessons if completions or skipped)
    return lessons


async def test_before_the_first_lesson_there_is_nothing_to_look_back_on(ada: Learner, course: RevisionContent) -> None:
    assert await refused(ada, course, "practice") == (409, "learning.nothing_met")
    assert await refused(ada, course, "mistakes") == (409, "learning.no_mistakes")
    assert await refused(ada, course, "review") == (409, "learning.nothing_due")
    assert await refused(ada, course, "test_out") == (400, "learning.unit_needed")
    assert await refused(ada, course, "practice", unit_id=str(new_id())) == (404, "learning.unit_not_found")
    assert (await refused(ada, course, "lesson"))[0] == 400


async def test_a_lesson_is_followed_by_practice_of_it_and_of_what_went_wrong(
    ada: Learner, course: RevisionContent, db: Database
) -> None:
    first, second, *_ = course.lessons
    lesson = await ada.begin(first)
    texts = {"say 1", f"{word(1)} nu"}
    await finish(ada, lesson, lambda exercise: exercise["prompt"]["text"] in texts)
    practice = await begin(ada, course, "practice")
    asked = {exercise["id"] for exercise in practice["exercises"]}
    assert asked == {exercise["id"] for exercise in lesson["exercises"]}
    assert (practice["lesson_id"], practice["unlimited_hearts"]) == (None, True)
    mistakes = await begin(ada, course, "mistakes", unit_id=units(course)[0])
    [wrong] = mistakes["exercises"]
    assert wrong["prompt"]["text"] in texts
    assert await refused(ada, course, "mistakes", unit_id=units(course)[1]) == (409, "learning.no_mistakes")
    # In the next lesson it comes back too.
    assert [e for e in (await ada.begin(second))["exercises"] if e["prompt"]["text"] in texts]
    result = await finish(ada, practice)
    assert (result["lesson_completed"], result["xp_earned"], result["lessons_skipped"]) == (False, 5, 0)
    again = await ada.post(f"/sessions/{practice['id']}/complete")
    assert again.json() == result
    await finish(ada, mistakes)
    assert await refused(ada, course, "mistakes") == (409, "learning.no_mistakes")
    [row] = (await ada.get("/progress")).json()
    assert row["lessons_completed"] == 1


async def test_a_review_asks_what_is_due_and_pays_as_a_lesson_does(
    ada: Learner, course: RevisionContent, db: Database
) -> None:
    await finish(ada, await ada.begin(next(iter(course.lessons))))
    assert await refused(ada, course, "review") == (409, "learning.nothing_due")
    await db.fetch("UPDATE learning_item_state SET due = now() - interval '1 day' WHERE user_id = $1", ada.id)
    review = await begin(ada, course, "review")
    assert len(review["exercises"]) == 4
    assert (await finish(ada, review))["xp_earned"] == 10
    assert await refused(ada, course, "review") == (409, "learning.nothing_due")


@pytest.mark.parametrize(("mistakes", "passed"), [(0, True), (2, False)])
async def test_a_passed_test_makes_the_lessons_of_its_unit_done(
    ada: Learner, course: RevisionContent, mistakes: int, passed: bool
) -> None:
    first, second = units(course)
    test = await begin(ada, course, "test_out", unit_id=second)
    assert (test["total"], test["unit_id"], test["unlimited_hearts"]) == (8, second, False)
    wrong = {exercise["id"] for exercise in test["exercises"][:mistakes]}
    result = await finish(ada, test, lambda exercise: exercise["id"] in wrong)
    assert result["lessons_skipped"] == (2 if passed else 0)
    assert await done(ada, course) == [(0, False)] * 2 + [(0, passed)] * 2
    if passed:
        assert await refused(ada, course, "test_out", unit_id=second) == (409, "learning.unit_done")
        # A lesson that was skipped is new when it is taken, and pays as such.
        taken = await finish(ada, await ada.begin(list(course.lessons)[2]))
        assert taken["xp_earned"] == 15
        assert (await done(ada, course))[2] == (1, False)
        await finish(ada, await begin(ada, course, "test_out", unit_id=first))
        assert all(completions or skipped for completions, skipped in await done(ada, course))


async def test_a_test_is_answered_in_the_order_in_which_it_asks(ada: Learner, course: RevisionContent) -> None:
    test = await begin(ada, course, "test_out", unit_id=units(course)[1])
    first, second, *_ = test["exercises"]
    early = await ada.answer(test, second, answer_to(second))
    assert (early.status_code, early.json()["code"]) == (409, "learning.another_exercise_first")
    answers = [
        await ada.answer(test, exercise, answer_to(exercise), exercise["id"]) for exercise in (first, second, first)
    ]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert answers[0].content == answers[2].content
    assert (await begin(ada, course, "test_out", unit_id=units(course)[1]))["answered"] == 2


async def test_a_placement_asks_on_until_it_knows_where_to_begin(
    ada: Learner, client: httpx.AsyncClient, db: Database
) -> None:
    course = await publish(db, long_course(units=5, lessons=4, phrases=5))
    session = await begin(ada, course, "placement", unit_id=units(course)[0])
    assert (session["total"], session["unit_id"], len(session["exercises"])) == (1, None, 1)
    early = await ada.post(f"/sessions/{session['id']}/complete")
    assert (early.status_code, early.json()["code"]) == (409, "learning.session_incomplete")
    exercise, asked = session["exercises"][0], []
    while exercise is not None:
        asked.append(exercise["id"])
        text = exercise["prompt"]["text"]
        number = int(text.split()[1]) if text.startswith("say") else WORDS[text]
        # Knows the first half.
        key = new_id().hex
        given = (await ada.answer(session, exercise, answer_to(exercise, wrong=number >= 50), key)).json()
        assert (given["answered"], given["total"]) == (len(asked), len(asked) + (given["next"] is not None))
        if len(asked) == 3:
            sessions._kept.clear()
            assert (await ada.answer(session, exercise, answer_to(exercise, wrong=number >= 50), key)).json() == given
            shown = await begin(ada, course, "placement")
            assert (shown["id"], shown["exercises"][-1]["id"]) == (session["id"], given["next"]["id"])
        exercise = given["next"]
    assert len(asked) == len(set(asked)) <= 20
    result = (await ada.post(f"/sessions/{session['id']}/complete")).json()
    skipped = [skipped for _, skipped in await done(ada, course)]
    assert skipped == sorted(skipped, reverse=True)
    assert 6 <= result["lessons_skipped"] == sum(skipped) <= 11
    # What a test showed to be known can be practised.
    assert (await begin(ada, course, "practice"))["total"] == 12


async def test_a_placement_that_is_declined_changes_nothing(ada: Learner, course: RevisionContent) -> None:
    session = await begin(ada, course, "placement")
    await ada.answer(session, session["exercises"][0], answer_to(session["exercises"][0]))
    assert (await give_up(ada, session)).status_code == 204
    assert await done(ada, course) == [(0, False)] * 4


async def give_up(learner: Learner, session: dict[str, Any]) -> httpx.Response:
    return await learner.http.delete(f"/api/v1/sessions/{session['id']}", headers=learner.headers)


async def test_who_begins_a_lesson_again_goes_on_with_it_on_any_device(
    ada: Learner, client: httpx.AsyncClient, course: RevisionContent
) -> None:
    lesson_id = next(iter(course.lessons))
    begun = await asyncio.gather(*(ada.begin(lesson_id) for _ in range(4)))
    assert len({session["id"] for session in begun}) == 1
    await ada.answer(begun[0], begun[0]["exercises"][0], answer_to(begun[0]["exercises"][0], wrong=True))
    there = await ada.begin(lesson_id)
    assert (there["id"], there["answered"], there["hearts"]) == (begun[0]["id"], 1, 4)
    assert [e["answered"] for e in there["exercises"]] == [True] + [False] * 7
    bob = await register(client, "Bob")
    assert (await bob.begin(lesson_id))["id"] != there["id"]
    await finish(ada, {**there, "exercises": there["exercises"][1:]})
    assert (await ada.begin(lesson_id))["id"] != there["id"]


async def test_a_session_that_was_given_up_takes_no_answer_and_makes_room(
    ada: Learner, client: httpx.AsyncClient, course: RevisionContent
) -> None:
    lesson_id = next(iter(course.lessons))
    session = await ada.begin(lesson_id)
    eve = await register(client, "Eve")
    assert (await give_up(eve, session)).status_code == 404
    assert [(await give_up(ada, session)).status_code for _ in range(2)] == [204, 204]
    late = await ada.answer(session, session["exercises"][0], answer_to(session["exercises"][0]))
    assert (late.status_code, late.json()["code"]) == (409, "learning.session_closed")
    ended = await ada.post(f"/sessions/{session['id']}/complete")
    assert (ended.status_code, ended.json()["code"]) == (409, "learning.session_closed")
    assert (await ada.get(f"/sessions/{session['id']}")).json()["abandoned"] is True
    assert (await ada.begin(lesson_id))["id"] != session["id"]


async def test_a_session_left_alone_for_a_week_is_open_no_more(
    ada: Learner, course: RevisionContent, db: Database
) -> None:
    lesson_id = next(iter(course.lessons))
    old, kept = await ada.begin(lesson_id), await ada.begin(list(course.lessons)[1])
    long_ago = datetime.now(UTC) - timedelta(days=8)
    await db.fetch("UPDATE learning_session SET active_at = $2 WHERE id = $1", old["id"], long_ago)
    new = await ada.begin(lesson_id)
    assert new["id"] != old["id"]
    for job in JOBS:
        await job.run(db)
    states = {s["id"]: (await ada.get(f"/sessions/{s['id']}")).json()["abandoned"] for s in (old, kept, new)}
    assert states == {old["id"]: True, kept["id"]: False, new["id"]: False}


async def test_wrong_answers_come_back_at_the_end_until_they_are_right(ada: Learner, db: Database) -> None:
    lesson_id = next(iter((await publish(db, small_course())).lessons))
    session = await ada.begin(lesson_id)
    first, *others = session["exercises"]
    await ada.answer(session, first, right_answer(first, wrong=True))
    early = await ada.answer(session, first, right_answer(first))
    assert (early.status_code, early.json()["code"]) == (409, "learning.already_answered")
    for exercise in others:
        await ada.answer(session, exercise, right_answer(exercise))
    again = (await ada.get(f"/sessions/{session['id']}")).json()
    assert [exercise["again"] for exercise in again["exercises"]] == [True, False, False, False]
    wrong = (await ada.answer(session, first, right_answer(first, wrong=True), "second")).json()
    assert (wrong["correct"], wrong["answered"], wrong["hearts"]) == (False, 4, 4)
    right = await ada.answer(session, first, right_answer(first), "third")
    assert (right.json()["correct"], right.json()["hearts"]) == (True, 4)
    assert (await ada.answer(session, first, right_answer(first), "third")).json() == right.json()
    other = await ada.answer(session, first, right_answer(first, wrong=True), "third")
    assert (other.status_code, other.json()["code"]) == (409, "learning.key_of_another_answer")
    assert (await ada.answer(session, first, right_answer(first), "fourth")).status_code == 409
    assert not any(e["again"] for e in (await ada.get(f"/sessions/{session['id']}")).json()["exercises"])
    completed = (await ada.post(f"/sessions/{session['id']}/complete")).json()
    # What was right at first sight is what counts: three in a row.
    assert completed["xp_earned"] == 10 + 1 + 5
