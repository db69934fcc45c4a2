"""Taking a lesson: what is asked, how answers are kept, and what completing means."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from sqlalchemy import text

from app.asgi import Parts
from domains.catalog.api import RevisionContent
from domains.kernel.events import Event
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.learning.api import complete_session
from domains.learning.events import CourseCompleted
from domains.learning.schemas import GradeOut
from domains.learning.service import sessions
from factories.people import Learner, publish, register, right_answer, small_course


@pytest.fixture
async def course(db: Database) -> RevisionContent:
    return await publish(db, small_course())


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


@pytest.fixture
def lesson_id(course: RevisionContent) -> Any:
    return next(iter(course.lessons))


async def test_enrolling_twice_is_enrolling_once(ada: Learner, course: RevisionContent) -> None:
    first = await ada.post(f"/courses/{course.course_id}/enrollments")
    second = await ada.post(f"/courses/{course.course_id}/enrollments")
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()


async def test_nobody_enrols_in_a_course_that_is_not_there(ada: Learner) -> None:
    answer = await ada.post(f"/courses/{new_id()}/enrollments")
    assert (answer.status_code, answer.json()["code"]) == (404, "catalog.course_not_found")


async def test_a_session_shows_every_exercise_and_no_solution(ada: Learner, lesson_id: Any) -> None:
    session = await ada.begin(lesson_id)
    assert {e["kind"] for e in session["exercises"]} == {"multiple_choice", "translate", "word_bank", "match_pairs"}
    assert (session["answered"], session["total"], session["hearts"]) == (0, 4, 5)
    shown = {name for exercise in session["exercises"] for name in exercise["prompt"]}
    assert not shown & {"answer", "accepted", "pairs", "solution"}


async def test_beginning_with_the_same_key_gives_the_same_session(ada: Learner, lesson_id: Any) -> None:
    answers = await asyncio.gather(*(ada.post(f"/lessons/{lesson_id}/sessions", {}, key="k") for _ in range(4)))
    assert {answer.content for answer in answers} == {answers[0].content}
    assert {answer.status_code for answer in answers} == {201}


async def test_an_answer_is_graded_and_counted(ada: Learner, lesson_id: Any) -> None:
    session = await ada.begin(lesson_id)
    [translate] = [e for e in session["exercises"] if e["kind"] == "translate"]
    answer = (await ada.answer(session, translate, "the dukc")).json()
    assert (answer["verdict"], answer["correct"], answer["expected"]) == ("typo", True, "the duck")
    assert (answer["answered"], answer["total"], answer["hearts"]) == (1, 4, 5)


async def test_of_an_answer_that_is_partly_right_the_learner_sees_how_much_was(ada: Learner, lesson_id: Any) -> None:
    session = await ada.begin(lesson_id)
    [match] = [e for e in session["exercises"] if e["kind"] == "match_pairs"]
    pairs = right_answer(match)
    pairs[0][1], pairs[1][1] = pairs[1][1], pairs[0][1]
    seen = [(await ada.answer(session, match, pairs, "once")).json() for _ in range(2)]
    share = pytest.approx(1 - 2 / len(pairs), abs=0.0001)
    assert [(answer["correct"], answer["score"]) for answer in seen] == [(False, share)] * 2


@pytest.mark.parametrize(("correct", "score"), [(True, 1.0), (False, 0.0)])
def test_a_grade_stored_before_there_were_scores_can_still_be_shown(correct: bool, score: float) -> None:
    verdict = "typo" if correct else "wrong"
    stored: dict[str, Any] = {"verdict": verdict, "correct": correct, "expected": "el gato", "tokens": []}
    assert GradeOut.stored(msgspec.json.encode(stored).decode()).score == score
    assert GradeOut.stored(msgspec.json.encode({**stored, "score": 0.25}).decode()).score == 0.25


async def test_a_wrong_answer_costs_a_heart_and_learning_goes_on(ada: Learner, lesson_id: Any) -> None:
    session = await ada.begin(lesson_id)
    hearts = [
        (await ada.answer(session, exercise, right_answer(exercise, wrong=True))).json()["hearts"]
        for exercise in session["exercises"]
    ]
    assert hearts == [4, 3, 2, 1]


async def test_the_same_key_gives_the_same_body_and_counts_once(ada: Learner, lesson_id: Any) -> None:
    session = await ada.begin(lesson_id)
    exercise = session["exercises"][0]
    wrong = right_answer(exercise, wrong=True)
    answers = await asyncio.gather(*(ada.answer(session, exercise, wrong, "once") for _ in range(20)))
    assert {answer.content for answer in answers} == {answers[0].content}
    now = (await ada.get(f"/sessions/{session['id']}")).json()
    assert (now["answered"], now["hearts"]) == (1, 4)


async def test_the_short_way_and_the_route_itself_answer_alike(ada: Learner, parts: Parts, lesson_id: Any) -> None:
    session = await ada.begin(lesson_id)
    [translate] = [e for e in session["exercises"] if e["kind"] == "translate"]
    for answer, key in (("the duck", "k"), (17, "k2"), ("the duck", "\n"), ("the goose", "k")):
        short = await ada.answer(session, translate, answer, key.strip() or "x" * 201)
        # A token that the process does not know yet takes the route.
        parts.authenticator.forget_user(ada.id)
        routed = await ada.answer(session, translate, answer, key.strip() or "x" * 201)
        ours, theirs = short.json(), routed.json()
        ours.pop("correlation_id", None)
        theirs.pop("correlation_id", None)
        assert (short.status_code, ours) == (routed.status_code, theirs)
        assert short.headers["content-type"] == routed.headers["content-type"]


async def test_an_answer_cannot_be_changed(ada: Learner, lesson_id: Any) -> None:
    session = await ada.begin(lesson_id)
    exercise = session["exercises"][0]
    await ada.answer(session, exercise, right_answer(exercise, wrong=True), "first")
    again = await ada.answer(session, exercise, right_answer(exercise), "second")
    assert (again.status_code, again.json()["code"]) == (409, "learning.already_answered")
    other = await ada.answer(session, exercise, right_answer(exercise), "first")
    assert (other.status_code, other.json()["code"]) == (409, "learning.key_of_another_answer")


async def test_many_answers_at_once_are_all_kept(ada: Learner, db: Database) -> None:
    *lessons, _ = (await publish(db, small_course("many", lessons=10))).lessons
    begun = await asyncio.gather(*map(ada.begin, lessons))
    given = await asyncio.gather(*(ada.answer(s, e, right_answer(e)) for s in begun for e in s["exercises"]))
    assert {answer.status_code for answer in given} == {200}
    for session in begun:
        assert (await ada.get(f"/sessions/{session['id']}")).json()["answered"] == 4


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        (17, 400, "catalog.answer_shape"),
        ({"a": 1}, 400, "catalog.answer_shape"),
        (["a", "b"], 400, "catalog.answer_shape"),
        (None, 400, "catalog.answer_shape"),
        ("nul \0 in it", 400, "catalog.answer_shape"),
        ("lone \ud800 surrogate", 400, "http.bad_request"),
    ],
)
async def test_an_answer_of_the_wrong_form_changes_nothing(
    ada: Learner, lesson_id: Any, answer: Any, status: int, code: str
) -> None:
    session = await ada.begin(lesson_id)
    [translate] = [e for e in session["exercises"] if e["kind"] == "translate"]
    given = await ada.answer(session, translate, answer)
    assert (given.status_code, given.json()["code"]) == (status, code)
    assert (await ada.get(f"/sessions/{session['id']}")).json()["answered"] == 0


async def test_one_bad_answer_never_fails_its_neighbours(ada: Learner, db: Database) -> None:
    *lessons, _ = (await publish(db, small_course("many", lessons=6))).lessons
    begun = await asyncio.gather(*map(ada.begin, lessons))
    texts = ["the duck", "nul \0", "the duck", "nul \0", "the duck", "the duck"]
    given = await asyncio.gather(
        *(
            ada.answer(session, next(e for e in session["exercises"] if e["kind"] == "translate"), text)
            for session, text in zip(begun, texts, strict=True)
        )
    )
    assert [answer.status_code for answer in given] == [200, 400, 200, 400, 200, 200]


async def test_the_answers_of_a_learner_who_is_gone_disturb_nobody(
    client: httpx.AsyncClient, db: Database, lesson_id: Any
) -> None:
    people = [await register(client, name) for name in ("Gone", "Anna", "Ben")]
    begun = [await person.begin(lesson_id) for person in people]
    await db.fetch("DELETE FROM identity_user WHERE id = $1", people[0].id)
    picked = [next(e for e in session["exercises"] if e["kind"] == "translate") for session in begun]
    given = await asyncio.wait_for(
        asyncio.gather(
            *(
                person.answer(session, exercise, text)
                for person, session, exercise, text in zip(
                    people, begun, picked, ("the duck", "the duck", "the spoon"), strict=True
                )
            )
        ),
        timeout=5,
    )
    assert [answer.status_code for answer in given] == [404, 200, 200]
    assert [(answer.json()["verdict"], answer.json()["hearts"]) for answer in given[1:]] == [
        ("exact", 5),
        ("wrong_word", 4),
    ]


async def test_a_session_that_is_held_elsewhere_keeps_nobody_else_waiting(
    client: httpx.AsyncClient, db: Database, lesson_id: Any
) -> None:
    held, free = await register(client, "Held"), await register(client, "Free")
    waiting, going = await held.begin(lesson_id), await free.begin(lesson_id)
    async with db.begin() as uow:
        await uow.session.execute(
            text("SELECT id FROM learning_session WHERE id = :id FOR UPDATE"), {"id": waiting["id"]}
        )
        first = waiting["exercises"][0]
        late = asyncio.create_task(held.answer(waiting, first, right_answer(first)))
        for exercise in going["exercises"]:
            given = await asyncio.wait_for(free.answer(going, exercise, right_answer(exercise)), timeout=1)
            assert given.status_code == 200
        assert not late.done()
    assert (await late).json()["answered"] == 1


async def test_two_last_lessons_at_the_same_moment_complete_the_course_once(
    ada: Learner, course: RevisionContent, db: Database
) -> None:
    first, second, read = course.lessons
    await ada.post(f"/progress/lessons/{read}")
    sessions_ = []
    for lesson in (first, second):
        session = await ada.begin(lesson)
        for exercise in session["exercises"]:
            await ada.answer(session, exercise, right_answer(exercise))
        sessions_.append(UUID(session["id"]))
    recorded: list[Event] = []
    async with db.begin() as one, db.begin() as two:
        await complete_session(one, ada.id, sessions_[0])
        # The second waits for the first wherever both touch the same row, so it must run beside it.
        other = asyncio.create_task(complete_session(two, ada.id, sessions_[1]))
        await asyncio.sleep(0.2)
        recorded += one.facts
        await one.session.commit()
        await other
        recorded += two.facts
    assert [type(fact) for fact in recorded].count(CourseCompleted) == 1


async def test_somebody_elses_session_looks_like_a_missing_one(
    ada: Learner, client: httpx.AsyncClient, lesson_id: Any
) -> None:
    session = await ada.begin(lesson_id)
    eve = await register(client, "Eve")
    missing = await eve.post(f"/sessions/{new_id()}/complete")
    for answer in (
        await eve.answer(session, session["exercises"][0], "x"),
        await eve.get(f"/sessions/{session['id']}"),
        await eve.post(f"/sessions/{session['id']}/complete"),
    ):
        assert answer.status_code == missing.status_code == 404
        assert answer.json()["code"] == missing.json()["code"]


async def test_a_session_goes_on_after_the_process_has_forgotten_it(ada: Learner, lesson_id: Any) -> None:
    session = await ada.begin(lesson_id)
    first, second = session["exercises"][:2]
    await ada.answer(session, first, right_answer(first), "key")
    sessions._kept.clear()
    shown = (await ada.get(f"/sessions/{session['id']}")).json()
    assert [e["answered"] for e in shown["exercises"]] == [True, False, False, False]
    assert [e["prompt"] for e in shown["exercises"]] == [e["prompt"] for e in session["exercises"]]
    assert (await ada.answer(session, second, right_answer(second))).json()["answered"] == 2


async def test_a_running_session_finishes_on_the_revision_it_began_with(
    ada: Learner, db: Database, lesson_id: Any
) -> None:
    session = await ada.begin(lesson_id)
    await publish(db, small_course(lessons=1))
    sessions._kept.clear()
    for exercise in session["exercises"]:
        assert (await ada.answer(session, exercise, right_answer(exercise))).status_code == 200
    assert (await ada.post(f"/sessions/{session['id']}/complete")).status_code == 200


async def test_a_session_completes_only_when_all_is_answered(ada: Learner, lesson_id: Any) -> None:
    session = await ada.begin(lesson_id)
    early = await ada.post(f"/sessions/{session['id']}/complete")
    assert (early.status_code, early.json()["code"]) == (409, "learning.session_incomplete")
    assert (early.json()["answered"], early.json()["total"]) == (0, 4)


async def test_progress_counts_lessons_and_keeps_the_best_score(ada: Learner, course: RevisionContent) -> None:
    first, *_ = course.lessons
    await ada.finish(first, wrong=2)
    await ada.finish(first, wrong=1)
    await ada.finish(first, wrong=3)
    [row] = (await ada.get("/progress")).json()
    assert (row["lessons_completed"], row["lessons_total"]) == (1, 3)
    detail = (await ada.get(f"/progress/courses/{course.course_id}")).json()
    assert [lesson["completions"] for lesson in detail["lessons"]] == [3, 0, 0]
    assert detail["lessons"][0]["best_score"] == 0.75


async def test_a_lesson_to_read_is_viewed_and_one_with_exercises_is_not(ada: Learner, course: RevisionContent) -> None:
    practised, *_, read = course.lessons
    assert (await ada.post(f"/progress/lessons/{read}")).json()["completions"] == 1
    assert (await ada.post(f"/progress/lessons/{read}")).json()["completions"] == 1
    refused = await ada.post(f"/progress/lessons/{practised}")
    assert (refused.status_code, refused.json()["code"]) == (409, "learning.needs_practice")
    empty = await ada.post(f"/lessons/{read}/sessions", {})
    assert (empty.status_code, empty.json()["code"]) == (409, "learning.nothing_to_practise")


async def test_completing_every_lesson_completes_the_course_once(
    ada: Learner, course: RevisionContent, db: Database
) -> None:
    facts: list[str] = []
    db.committed, before = lambda found: facts.extend(fact.type_name() for fact in found), db.committed
    try:
        first, second, read = course.lessons
        await ada.finish(first)
        await ada.post(f"/progress/lessons/{read}")
        assert "learning.course_completed.v1" not in facts
        await ada.finish(second)
        await ada.finish(second)
    finally:
        db.committed = before
    assert facts.count("learning.course_completed.v1") == 1
