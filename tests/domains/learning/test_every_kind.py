"""A lesson with an exercise of every kind, lived through from its first question to its reward; and a deck."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from domains.catalog.api import RevisionContent
from domains.catalog.content import Course, Exercise, Lesson, Section, Skill, Unit
from domains.catalog.kinds import KINDS, Content, Flashcard, MultipleChoice, Translate
from domains.catalog.kinds.assets import Audio, Image
from domains.catalog.kinds.kind import option_id
from domains.catalog.policy import grading
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database
from domains.learning.api import rebuild_all
from domains.learning.service import sessions
from factories.people import Learner, publish, register
from factories.social import be

PICTURE, SOUND = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"
WRONG: dict[str, Any] = {
    "cloze": ["hago", ""],
    "date": "24 de mayo",
    "dialogue": ["no sé", "De nada."],
    "essay": "Mi familia.",
    "flashcard": "again",
    "listen_tap": ["pato"],
    "listen_type": "la casa",
    "match_pairs": [["el gato", "the dog"], ["el perro", "the cat"]],
    "multiple_choice": option_id("the duck"),
    "multiple_response": [option_id("la casa")],
    "numeric": "13.5 km",
    "order": ["tres", "dos", "uno"],
    "pick_picture": option_id(f"sha256:{'d' * 64}"),
    "short_answer": "México",
    "speak": "una casa",
    "translate": "la casa",
    "true_false": False,
    "word_bank": ["perro"],
}
JUDGED_BY_NOBODY = {"essay", "flashcard"}
ACCEPTABLE = {
    "cloze": ["me", "voy"],
    "dialogue": ["Leo", "Muy bien."],
    "listen_tap": ["pato"],
    "listen_type": "la casa",
    "short_answer": "México",
    "speak": "una casa",
    "translate": "la casa",
    "word_bank": ["perro"],
}
"""Wrong answers that an author could find right after all."""


def content(kind: str) -> Content:
    made: Content = msgspec.convert(
        {"kind": kind, **KINDS[kind].example, **KINDS[kind].languages("es", "en")}, type=Content
    )
    return made


def every_kind() -> Course:
    def exercise(kind: str) -> Exercise:
        return Exercise(
            f"all/{kind}",
            content(kind),
            hints=("Think.", "Think harder."),
            explanation=f"About **{kind}**.",
            image=Image(PICTURE, "a map"),
            audio=Audio(SOUND),
            skills=("animals",) if "gato" in str(KINDS[kind].example) else (),
        )

    cards = tuple(Exercise(f"d/{n}", Flashcard(f"palabra {n}", "es", "en", (f"word {n}",))) for n in range(25))
    lessons = (
        Lesson("all", "All", tuple(map(exercise, sorted(KINDS)))),
        Lesson("deck", "Deck", cards, form="deck"),
        Lesson("plain", "Plain", (Exercise("p", MultipleChoice("sí", "es", "en", ("yes", "no"), "yes")),)),
    )
    sections = (Section("s", "S", (Unit("s/u", "U", lessons),)),)
    return Course("every-kind", "Every kind", "en", "es", sections, skills=(Skill("animals", "Words for animals"),))


@pytest.fixture
async def course(db: Database) -> RevisionContent:
    return await publish(db, every_kind())


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


def lesson_of(course: RevisionContent, place: int) -> UUID:
    return list(course.lessons)[place]


async def hearts(learner: Learner) -> int:
    found: int = (await learner.get("/hearts")).json()["hearts"]
    return found


async def test_a_lesson_asks_and_grades_every_kind(ada: Learner, course: RevisionContent) -> None:
    session = await ada.begin(lesson_of(course, 0))
    assert {exercise["kind"] for exercise in session["exercises"]} == set(KINDS)
    for exercise in session["exercises"]:
        assert exercise["hints"] == ["Think.", "Think harder."]
        assert exercise["image"] == {"url": f"/media/{'1' * 64}", "alt": "a map"}
        assert exercise["audio"] == {"url": f"/media/{'2' * 64}", "slow_url": None}
        assert "explanation" not in exercise
        answer = (await ada.answer(session, exercise, KINDS[exercise["kind"]].example_answer, exercise["id"])).json()
        assert (answer["correct"], answer["score"]) == (True, 1.0), exercise["kind"]
        assert answer["explanation"] == f"About **{exercise['kind']}**."
        again = await ada.answer(session, exercise, KINDS[exercise["kind"]].example_answer, exercise["id"])
        assert again.json() == answer
    completed = (await ada.post(f"/sessions/{session['id']}/complete")).json()
    assert completed["xp_earned"] == 10 + 5 + 5
    [skill] = (await ada.get(f"/progress/courses/{course.course_id}")).json()["skills"]
    assert (skill["key"], skill["title"]) == ("animals", "Words for animals")
    assert (skill["met"], skill["weak"]) == (skill["items"], 0)
    assert skill["mastery"] > 0.9


async def test_what_was_wrong_comes_back_and_costs_hearts_where_it_was_judged(
    ada: Learner, course: RevisionContent
) -> None:
    session = await ada.begin(lesson_of(course, 0))
    left = 5
    for exercise in session["exercises"]:
        given = await ada.answer(session, exercise, WRONG[exercise["kind"]])
        assert given.status_code == 200, given.text
        left -= exercise["kind"] not in JUDGED_BY_NOBODY
        assert (given.json()["correct"], given.json()["hearts"]) == (False, max(left, 0)), exercise["kind"]
        assert given.json()["score"] < 1
    feedback = await ada.get(f"/sessions/{session['id']}")
    assert all(exercise["again"] for exercise in feedback.json()["exercises"])
    for exercise in session["exercises"]:
        right = (await ada.answer(session, exercise, KINDS[exercise["kind"]].example_answer)).json()
        assert right["correct"], exercise["kind"]
        assert right["explanation"]


async def test_what_the_author_says_to_an_answer_comes_with_its_grade(ada: Learner, course: RevisionContent) -> None:
    session = await ada.begin(lesson_of(course, 0))
    by_kind = {exercise["kind"]: exercise for exercise in session["exercises"]}
    partly = (await ada.answer(session, by_kind["short_answer"], "México", "first")).json()
    assert (partly["correct"], partly["score"], partly["feedback"]) == (False, 0.5, "That is the country.")
    sessions._kept.clear()
    assert (await ada.answer(session, by_kind["short_answer"], "México", "first")).json() == partly
    other = (await ada.answer(session, by_kind["multiple_choice"], option_id("the duck"))).json()
    assert "feedback" not in other


async def test_an_essay_may_be_long(ada: Learner, course: RevisionContent) -> None:
    session = await ada.begin(lesson_of(course, 0))
    [essay] = [exercise for exercise in session["exercises"] if exercise["kind"] == "essay"]
    longer = await ada.answer(session, essay, "ñ" * 20_001)
    assert (longer.status_code, longer.json()["code"]) == (400, "catalog.answer_shape")
    answer = (await ada.answer(session, essay, "ñ " * 10_000)).json()
    assert (answer["verdict"], answer["correct"], answer["expected"]) == ("extra", False, "")


async def test_a_lesson_of_every_kind_can_be_taken_along(ada: Learner, course: RevisionContent) -> None:
    bundle = (await ada.post(f"/courses/{course.course_id}/bundle", {"lessons": 1})).json()
    [session] = bundle["sessions"]
    at = utc_now() + timedelta(seconds=1)
    answers = [
        {
            "key": exercise["id"],
            "exercise_id": exercise["id"],
            "answer": KINDS[exercise["kind"]].example_answer,
            "answered_at": at.isoformat(),
        }
        for exercise in session["exercises"]
    ]
    assert {exercise["explanation"] for exercise in session["exercises"]} == {f"About **{kind}**." for kind in KINDS}
    assert all(exercise["content"]["kind"] == exercise["kind"] for exercise in session["exercises"])
    done = {"session_id": session["id"], "begun_at": at.isoformat(), "answers": answers, "completed_at": at.isoformat()}
    found = (await ada.post("/sync", {"sent_at": at.isoformat(), "sessions": [done]})).json()
    assert [one["problem"] for one in found["sessions"][0]["answers"]] == [None] * len(KINDS)
    assert all(one["grade"]["correct"] and one["explanation"] for one in found["sessions"][0]["answers"])


async def test_answers_that_an_author_could_accept_are_reported_and_accepted(
    ada: Learner, client: httpx.AsyncClient, course: RevisionContent, db: Database
) -> None:
    eve = await register(client, "Eve")
    await be(db, eve, "author")
    session = await ada.begin(lesson_of(course, 0))
    for exercise in session["exercises"]:
        kind = exercise["kind"]
        await ada.answer(session, exercise, ACCEPTABLE.get(kind, WRONG[kind]))
        body = {"exercise_id": exercise["id"], "reason": "accept"}
        reported = await ada.post(f"/sessions/{session['id']}/reports", body)
        assert reported.status_code == (201 if kind in ACCEPTABLE else 409), (kind, reported.text)
        if kind in ACCEPTABLE:
            accepted = await eve.post(f"/courses/{course.course_id}/reports/{reported.json()['id']}/accept", {})
            assert accepted.status_code == 200, (kind, accepted.text)


async def test_a_deck_is_reviewed_by_its_learner_and_costs_nothing(
    ada: Learner, course: RevisionContent, db: Database
) -> None:
    deck = lesson_of(course, 1)
    session = await ada.begin(deck)
    assert [exercise["prompt"]["text"] for exercise in session["exercises"]] == [f"palabra {n}" for n in range(20)]
    buttons = ("again", "hard", "good", "easy")
    for place, exercise in enumerate(session["exercises"]):
        answer = (await ada.answer(session, exercise, buttons[place % 4])).json()
        assert (answer["correct"], answer["hearts"]) == (place % 4 > 0, 5)
    completed = (await ada.post(f"/sessions/{session['id']}/complete")).json()
    # As a review, and the first of the day: nobody earns more by judging themselves well.
    assert completed["xp_earned"] == 10 + 5
    rows = await db.fetch("SELECT item_id, stability FROM learning_item_state WHERE user_id = $1", ada.id)
    known = {row["item_id"]: row["stability"] for row in rows}
    first = [course.exercises[UUID(exercise["id"])].items[0] for exercise in session["exercises"][:4]]
    strength = [known[item] for item in first]
    assert strength == sorted(strength)
    assert len(set(strength)) == 4
    [report] = [report async for report in rebuild_all(db, ada.id, None, dry_run=True)]
    assert (report.wrong, report.gone) == ([], 0)
    await db.fetch("UPDATE learning_item_state SET due = now() WHERE item_id = $1", first[3])
    following = [exercise["prompt"]["text"] for exercise in (await ada.begin(deck))["exercises"]]
    assert following[:6] == ["palabra 3", *(f"palabra {n}" for n in range(20, 25))]


async def test_tests_ask_nothing_that_learners_judge_themselves(ada: Learner, course: RevisionContent) -> None:
    unit = str(course.lessons[lesson_of(course, 0)].unit_id)
    asked = await ada.post(f"/courses/{course.course_id}/sessions", {"kind": "test_out", "unit_id": unit})
    kinds = {exercise["kind"] for exercise in asked.json()["exercises"]}
    assert kinds
    assert kinds.isdisjoint({"essay", "flashcard", "speak"})


async def test_cards_of_decks_are_reviewed_with_all_that_is_on_them(
    ada: Learner, course: RevisionContent, db: Database
) -> None:
    cards = (await ada.get(f"/courses/{course.course_id}/flashcards?new=50&limit=50")).json()["cards"]
    by_front = {card["front"]: card for card in cards}
    assert {f"palabra {n}" for n in range(25)} <= by_front.keys()
    cat = by_front["el gato"]
    assert (cat["back"], cat["note"]) == (["the cat"], "Plural: los gatos.")
    assert cat["image"] == {"url": f"/media/{'1' * 64}", "alt": "a map"}
    rated = await ada.post(f"/courses/{course.course_id}/flashcards/{cat['item_id']}/reviews", {"rating": "easy"})
    assert rated.status_code == 200, rated.text


async def test_many_accepted_answers_are_made_ready_before_the_first_answer(ada: Learner, db: Database) -> None:
    many = tuple(f"(yo) digo {{esto/eso}} {n} veces (o más)" for n in range(30))
    lesson = Lesson("l", "L", (Exercise("t", Translate("I say this", "en", "es", many)),))
    made = await publish(db, Course("many", "Many", "en", "es", (Section("s", "S", (Unit("u", "U", (lesson,)),)),)))
    before = grading._prepared.cache_info().misses
    session = await ada.begin(lesson_of(made, 0))
    assert grading._prepared.cache_info().misses == before + 1
    answer = await ada.answer(session, session["exercises"][0], "digo eso 7 veces")
    assert answer.json()["verdict"] == "exact"
    assert grading._prepared.cache_info().misses == before + 1
