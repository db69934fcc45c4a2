"""My answer should be accepted: reports, the authors' queue, and what everybody gets back."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.asgi import Parts
from conftest import Crank
from domains.catalog.api import RevisionContent
from domains.gamification.api import check_ledger
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.learning.api import recount_all
from domains.learning.events import AnswerAccepted
from domains.learning.policy import reports as policy
from domains.learning.policy.hearts import left
from domains.learning.repository import hearts as repository
from domains.learning.service import regrading, schedule
from factories.people import Learner, publish, register, right_answer, small_course
from factories.social import be

DRAKE = "the drake"


@pytest.fixture
async def course(db: Database) -> RevisionContent:
    return await publish(db, small_course())


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


@pytest.fixture
async def bob(client: httpx.AsyncClient) -> Learner:
    return await register(client, "Bob")


@pytest.fixture
async def eve(db: Database, client: httpx.AsyncClient) -> Learner:
    """Who writes courses."""
    found = await register(client, "Eve")
    await be(db, found, "author")
    return found


def lesson_of(course: RevisionContent) -> UUID:
    return next(iter(course.lessons))


def exercise_of(session: dict[str, Any], kind: str = "translate") -> dict[str, Any]:
    return next(e for e in session["exercises"] if e["kind"] == kind)


async def take(learner: Learner, lesson_id: UUID, *, said: str = DRAKE, complete: bool = True) -> dict[str, Any]:
    """A session in which the translation is as said, and all else right; with its result."""
    session = await learner.begin(lesson_id)
    for exercise in session["exercises"]:
        given = said if exercise["kind"] == "translate" else right_answer(exercise)
        assert (await learner.answer(session, exercise, given, f"{exercise['kind']}")).status_code == 200
    if complete:
        answer = await learner.post(f"/sessions/{session['id']}/complete")
        assert answer.status_code == 200, answer.text
        session["result"] = answer.json()
    return session


async def report(learner: Learner, session: dict[str, Any], kind: str = "translate", **fields: Any) -> Any:
    body = {"exercise_id": exercise_of(session, kind)["id"], "reason": "accept"} | fields
    return await learner.post(f"/sessions/{session['id']}/reports", body)


async def queue(author: Learner, course: RevisionContent, query: str = "") -> list[dict[str, Any]]:
    answer = await author.get(f"/courses/{course.course_id}/reports{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def decide(author: Learner, course: RevisionContent, found: dict[str, Any], how: str, **body: Any) -> Any:
    return await author.post(f"/courses/{course.course_id}/reports/{found['id']}/{how}", body)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def told(learner: Learner) -> list[str]:
    items = (await learner.get("/notifications")).json()["items"]
    return [item["title"] for item in items if item["kind"] == "answer_accepted"]


async def balance(db: Database, learner: Learner) -> int:
    [row] = await db.fetch("SELECT xp FROM gamification_balance WHERE user_id = $1", learner.id)
    return int(row["xp"])


async def test_an_accepted_answer_gives_back_what_it_had_cost_to_everybody_who_gave_it(
    parts: Parts, db: Database, crank: Crank, course: RevisionContent, ada: Learner, bob: Learner, eve: Learner
) -> None:
    sessions = {who: await take(who, lesson_of(course)) for who in (ada, bob)}
    assert {session["result"]["xp_earned"] for session in sessions.values()} == {15}
    made = await report(ada, sessions[ada], text="A drake is a duck.")
    assert (made.status_code, made.json()["state"]) == (201, "open")
    [found] = await queue(eve, course)
    assert (found["answer"], found["expected"], found["reporters"]) == (DRAKE, "the duck", 1)
    assert (found["texts"], found["lesson_title"], found["still_asked"]) == (["A drake is a duck."], "Lesson 0", True)
    accepted = await decide(eve, course, found, "accept", note="Indeed.")
    assert (accepted.status_code, accepted.json()["state"]) == (200, "accepted")
    await crank.jobs()
    await crank.again()
    for who, session in sessions.items():
        assert (await who.get("/hearts")).json()["hearts"] == 5
        assert await balance(db, who) == 20
        [row] = await db.fetch("SELECT correct FROM learning_session WHERE id = $1", UUID(session["id"]))
        assert row["correct"] == 4
        rebuilt = await schedule.rebuild(db, who.id, course.course_id, dry_run=True)
        assert rebuilt.wrong == []
        assert all(state.last_correct for state in await schedule.states(db, who.id, course.course_id))
        again = await who.answer(session, exercise_of(session), DRAKE, "translate")
        assert again.json()["correct"] is False, "the same key, the same body"
    assert await told(ada) == ["Your answer is accepted now"]
    assert await told(bob) == ["Your answer counts after all"]
    assert await check_ledger(db, parts.infra.redis) == []
    days = await db.fetch("SELECT current_days, longest_days FROM gamification_streak")
    assert {tuple(row) for row in days} == {(1, 1)}
    progress = await db.fetch("SELECT best_score FROM learning_lesson_progress")
    assert {row["best_score"] for row in progress} == {1.0}
    [mine] = (await ada.get("/exercise-reports")).json()["items"]
    assert (mine["state"], mine["note"], mine["answer"]) == ("accepted", "Indeed.", DRAKE)
    assert (await queue(eve, course, "?state=accepted"))[0]["regraded"] == 2
    assert (await take(bob, lesson_of(course)))["result"]["xp_earned"] == 7


async def test_a_report_is_one_however_often_and_by_how_many_it_is_made(
    db: Database, course: RevisionContent, ada: Learner, bob: Learner, eve: Learner
) -> None:
    mine = await take(ada, lesson_of(course))
    made = await asyncio.gather(*(report(ada, mine) for _ in range(4)))
    assert {answer.status_code for answer in made} == {201}
    assert {answer.content for answer in made} == {made[0].content}
    other = await take(ada, lesson_of(course), said="The Drake!")
    assert (await report(ada, other)).content == made[0].content, "in other signs, but the same"
    joined = await report(bob, await take(bob, lesson_of(course)))
    assert joined.json()["id"] == made[0].json()["id"]
    await report(bob, await take(bob, lesson_of(course), said="a spoonful"))
    assert [(one["answer"], one["reporters"]) for one in await queue(eve, course)] == [(DRAKE, 2), ("a spoonful", 1)]
    first = await eve.get(f"/courses/{course.course_id}/reports?limit=1")
    [second] = await queue(eve, course, f"?limit=1&cursor={first.json()['next_cursor']}")
    assert second["answer"] == "a spoonful"


async def test_only_a_wrong_answer_of_ones_own_can_be_reported(
    course: RevisionContent, ada: Learner, bob: Learner
) -> None:
    session = await take(ada, lesson_of(course))
    assert refusal(await report(bob, session)) == (404, "learning.session_not_found")
    assert refusal(await report(ada, session, exercise_id=str(new_id()))) == (404, "learning.exercise_not_found")
    assert refusal(await report(ada, session, "word_bank")) == (409, "learning.right_already")
    begun = await ada.begin(lesson_of(course))
    assert refusal(await report(ada, begun)) == (409, "learning.nothing_answered")
    choice = exercise_of(begun, "multiple_choice")
    await ada.answer(begun, choice, right_answer(choice, wrong=True))
    assert refusal(await report(ada, begun, "multiple_choice")) == (409, "catalog.not_acceptable")
    assert (await report(ada, session, text="\0")).status_code == 400
    assert (await report(ada, session, text="\ud800")).status_code == 400
    assert (await report(ada, session, text="x" * 501)).status_code == 400


async def test_whoever_reports_without_end_is_asked_to_wait(
    monkeypatch: pytest.MonkeyPatch, course: RevisionContent, ada: Learner
) -> None:
    monkeypatch.setattr(policy, "MOST_A_DAY", 1)
    session = await take(ada, lesson_of(course))
    answers = await asyncio.gather(*(report(ada, session, reason=reason) for reason in ("accept", "prompt", "audio")))
    assert sorted(answer.status_code for answer in answers) == [201, 429, 429]


async def test_authors_decide_about_their_own_courses_and_nobody_else_does(
    db: Database, course: RevisionContent, ada: Learner, bob: Learner
) -> None:
    other = await publish(db, small_course("other"))
    made = (await report(ada, await take(ada, lesson_of(course)))).json()
    assert (await ada.get(f"/courses/{course.course_id}/reports")).status_code == 403
    await db.fetch("INSERT INTO identity_scoped_role VALUES ($1, 'author', 'course', $2)", bob.id, other.course_id)
    assert (await bob.get(f"/courses/{course.course_id}/reports")).status_code == 403
    assert (await decide(bob, course, made, "accept")).status_code == 403
    assert refusal(await decide(bob, other, made, "accept")) == (404, "learning.report_not_found")
    assert refusal(await decide(bob, other, made, "close", state="refused")) == (404, "learning.report_not_found")
    assert await queue(bob, other) == []


async def test_a_refused_answer_stays_refused_until_somebody_thinks_better_of_it(
    crank: Crank, course: RevisionContent, ada: Learner, bob: Learner, eve: Learner
) -> None:
    await report(ada, await take(ada, lesson_of(course)))
    [found] = await queue(eve, course)
    refused = await decide(eve, course, found, "close", state="refused", note="That is another bird.")
    assert (await decide(eve, course, found, "close", state="refused", note="That is another bird.")).content == (
        refused.content
    )
    joined = (await report(bob, await take(bob, lesson_of(course)))).json()
    assert (joined["id"], joined["state"], joined["note"]) == (found["id"], "refused", "That is another bird.")
    assert await queue(eve, course) == []
    first = await decide(eve, course, found, "accept")
    assert (await decide(eve, course, found, "accept")).json()["accepted_in"] == first.json()["accepted_in"]
    assert refusal(await decide(eve, course, found, "close", state="refused")) == (409, "learning.report_accepted")
    await crank.jobs()
    assert await told(bob) == ["Your answer is accepted now"]


async def test_an_author_may_say_it_in_other_words_and_what_is_right_by_them_is_accepted_along(
    db: Database, crank: Crank, course: RevisionContent, ada: Learner, bob: Learner, eve: Learner
) -> None:
    await report(ada, await take(ada, lesson_of(course)))
    await report(bob, await take(bob, lesson_of(course), said="a drake"))
    found = next(one for one in await queue(eve, course) if one["answer"] == DRAKE)
    for words in ("the goose", "(the drake", "the {drake", "   "):
        wrong = await decide(eve, course, found, "accept", text=words)
        assert refusal(wrong) == (409, "catalog.not_acceptable"), words
    for words in ("the\0drake", "\ud800", ""):
        assert (await decide(eve, course, found, "accept", text=words)).status_code == 400
    assert (await decide(eve, course, found, "accept", text="(the/a) drake")).status_code == 200
    await crank.jobs()
    assert await queue(eve, course) == []
    assert [await told(who) for who in (ada, bob)] == [["Your answer is accepted now"]] * 2


async def test_a_session_that_had_begun_before_gets_its_answer_back_when_it_is_reported(
    db: Database, crank: Crank, course: RevisionContent, ada: Learner, bob: Learner, eve: Learner
) -> None:
    running, earlier = await bob.begin(lesson_of(course)), await take(ada, lesson_of(course))
    await report(ada, earlier)
    await decide(eve, course, (await queue(eve, course))[0], "accept")
    await crank.jobs()
    assert (await take(bob, lesson_of(course)))["id"] == running["id"]
    for _ in range(2):
        made = await report(bob, running)
        assert (made.status_code, made.json()["state"]) == (201, "accepted")
        await crank.jobs()
    assert await balance(db, bob) == 20
    assert await told(bob) == ["Your answer is accepted now"]


async def test_right_answers_in_a_row_that_become_more_are_paid(
    db: Database, crank: Crank, course: RevisionContent, ada: Learner, eve: Learner
) -> None:
    session = await ada.begin(lesson_of(course))
    first, *_, last = session["exercises"]
    missed = first if last["kind"] == "translate" else last
    for exercise in session["exercises"]:
        given = DRAKE if exercise["kind"] == "translate" else right_answer(exercise, wrong=exercise is missed)
        await ada.answer(session, exercise, given)
    completed = await ada.post(f"/sessions/{session['id']}/complete")
    assert (len(session["exercises"]), completed.json()["xp_earned"]) == (4, 15)
    await report(ada, session)
    await decide(eve, course, (await queue(eve, course))[0], "accept")
    await crank.jobs()
    assert await balance(db, ada) == 16


async def test_everybody_is_regraded_page_by_page_and_running_sessions_go_on(
    monkeypatch: pytest.MonkeyPatch,
    parts: Parts,
    db: Database,
    crank: Crank,
    client: httpx.AsyncClient,
    course: RevisionContent,
    eve: Learner,
) -> None:
    monkeypatch.setattr(regrading, "PAGE", 2)
    people = [await register(client, f"P{number}") for number in range(3)]
    sessions = [await take(who, lesson_of(course), complete=False) for who in people]
    spoons = await take(eve, lesson_of(course), said="the spoon")
    await report(people[0], sessions[0])
    await decide(eve, course, (await queue(eve, course))[0], "accept")
    await crank.jobs()
    for who, session in zip(people, sessions, strict=True):
        completed = await who.post(f"/sessions/{session['id']}/complete")
        assert completed.json()["xp_earned"] == 20
    rows = await db.fetch("SELECT session_id, correct FROM learning_answer WHERE regraded_at IS NOT NULL")
    assert {row["session_id"] for row in rows} == {UUID(session["id"]) for session in sessions}
    assert (await queue(eve, course, "?state=accepted"))[0]["regraded"] == 3
    assert spoons["result"]["xp_earned"] == 15
    await crank.jobs()
    assert await check_ledger(db, parts.infra.redis) == []


async def test_whoever_completes_at_the_moment_of_the_regrade_is_paid_the_same(
    parts: Parts, db: Database, crank: Crank, client: httpx.AsyncClient, course: RevisionContent, eve: Learner
) -> None:
    people = [await register(client, f"P{number}") for number in range(6)]
    sessions = [await take(who, lesson_of(course), complete=False) for who in people]
    await report(people[0], sessions[0])
    accepted = (await decide(eve, course, (await queue(eve, course))[0], "accept")).json()
    fact = AnswerAccepted(
        report_id=UUID(accepted["id"]), course_id=course.course_id, exercise_id=UUID(accepted["exercise_id"]),
        revision_id=UUID(accepted["accepted_in"]), by=eve.id,
    )  # fmt: skip

    async def regrade() -> None:
        async with db.begin() as uow:
            await regrading.begin(uow, fact)

    def completed() -> list[Any]:
        return [who.post(f"/sessions/{each['id']}/complete") for who, each in zip(people, sessions, strict=True)]

    first, *_, last = await asyncio.gather(regrade(), *completed(), regrade())
    assert first is last is None
    assert {answer.status_code for answer in await asyncio.gather(*completed())} == {200}
    assert [await balance(db, who) for who in people] == [20] * 6
    await crank.jobs()
    assert await check_ledger(db, parts.infra.redis) == []
    assert [one async for one in recount_all(db, None, dry_run=True) if any(one.found[1:])] == []


async def test_a_test_that_is_passed_only_now_skips_its_lessons(
    crank: Crank, course: RevisionContent, ada: Learner, eve: Learner
) -> None:
    unit_id = str(course.lessons[lesson_of(course)].unit_id)
    test = (await ada.post(f"/courses/{course.course_id}/sessions", {"kind": "test_out", "unit_id": unit_id})).json()
    for exercise in test["exercises"]:
        given = DRAKE if exercise["kind"] == "translate" else right_answer(exercise)
        await ada.answer(test, exercise, given)
    assert (await ada.post(f"/sessions/{test['id']}/complete")).json()["lessons_skipped"] == 0
    await report(ada, test)
    await decide(eve, course, (await queue(eve, course))[0], "accept")
    await crank.jobs()
    progress = (await ada.get(f"/progress/courses/{course.course_id}")).json()
    assert [lesson["skipped"] for lesson in progress["lessons"]] == [True] * 3


async def test_a_wrong_prompt_is_resolved_and_may_be_wrong_again(
    course: RevisionContent, ada: Learner, eve: Learner
) -> None:
    session = await take(ada, lesson_of(course))
    for _ in range(2):
        made = await report(ada, session, "multiple_choice", reason="prompt", text="A cat?")
        assert (made.status_code, made.json()["state"], made.json()["answer"]) == (201, "open", None)
        [found] = await queue(eve, course, "?reason=prompt")
        assert refusal(await decide(eve, course, found, "accept")) == (409, "learning.no_answer_reported")
        assert (await decide(eve, course, found, "close", state="resolved")).json()["state"] == "resolved"
    assert len(await queue(eve, course, "?state=resolved")) == 2
    states = [one["state"] for one in (await ada.get("/exercise-reports?limit=1")).json()["items"]]
    assert states == ["resolved"]


async def test_hearts_given_back_in_one_statement_are_no_more_than_all(db: Database, client: httpx.AsyncClient) -> None:
    now, hour = utc_now(), timedelta(hours=1)
    people = {(await register(client, f"P{hours}")).id: now + hours * hour for hours in (-1, 1, 9, 20)}
    for who, full_at in people.items():
        await db.fetch("INSERT INTO learning_hearts VALUES ($1, $2)", who, full_at)
    async with db.begin() as uow:
        given = await repository.give_back(uow, dict.fromkeys(people, 2), now)
    assert [left(given.get(who), now) - left(full_at, now) for who, full_at in people.items()] == [0, 1, 2, 2]
