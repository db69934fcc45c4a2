"""Sessions that look like no person's: what is noted, and what follows."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.infra import Infra
from domains.gamification.api import check_ledger
from domains.gamification.service.past import rewards_since
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database
from domains.learning.policy import plausible
from domains.learning.policy.plausible import PATIENCE, Given, Mark, is_ranked, marks
from factories.people import publish, register
from factories.phrases import answer_to, long_course

BEGUN = datetime(2026, 11, 21, 12, tzinfo=UTC)
Change = Callable[[int], dict[str, Any]]


def answers(count: int, *, every_s: Callable[[int], float], change: Change = lambda _: {}) -> list[Given]:
    """`every_s` gives what passes before the answer at a place."""
    found, at = [], BEGUN
    for place in range(count):
        at += timedelta(seconds=every_s(place))
        usual = {"elapsed_ms": 2500, "correct": True, "read": 20, "given": 10, "place": None}
        found.append(Given(at, **(usual | change(place))))
    return found


def person(place: int) -> float:
    return (2.1, 4.0, 2.8, 6.3)[place % 4]


def fast(place: int) -> dict[str, Any]:
    return {"elapsed_ms": 120}


def slow_client(place: int) -> dict[str, Any]:
    return {"elapsed_ms": 0}


def third(*, right: int) -> Change:
    return lambda place: {"place": 2, "correct": place < right}


CASES: list[tuple[str, list[Given], set[Mark]]] = [
    ("a person", answers(20, every_s=person), set()),
    ("a person who is quick", answers(20, every_s=lambda place: 0.7 + place % 3 / 5), set()),
    ("too little to say anything", answers(4, every_s=lambda _: 0.01, change=fast), set()),
    ("what the client says itself", answers(5, every_s=person, change=fast), {Mark.TOO_FAST}),
    ("a client that says nothing", answers(20, every_s=person, change=slow_client), set()),
    ("three of six", answers(6, every_s=person, change=lambda p: fast(p) if p < 3 else {}), set()),
    ("four of six", answers(6, every_s=person, change=lambda p: fast(p) if p < 4 else {}), {Mark.TOO_FAST}),
    ("a burst", answers(20, every_s=lambda _: 0.01), {Mark.NO_TIME}),
    ("a timer", answers(20, every_s=lambda place: 2.0 + place % 2 / 1000), {Mark.EVEN}),
    ("always the third, mostly wrong", answers(8, every_s=person, change=third(right=3)), {Mark.ONE_PLACE}),
    ("always the third, half right", answers(8, every_s=person, change=third(right=4)), set()),
    ("seven choices", answers(7, every_s=person, change=third(right=0)), set()),
    (
        "most wrong, at different places",
        answers(9, every_s=person, change=lambda p: {"place": p % 3, "correct": False}),
        set(),
    ),
]


@pytest.mark.parametrize(("session", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_only_what_no_person_does_is_noted(session: list[Given], expected: set[Mark]) -> None:
    assert marks(BEGUN, session) == expected


def test_what_our_clock_alone_finds_odd_says_something_when_it_happens_again_and_again() -> None:
    assert is_ranked(set(), PATIENCE)
    assert is_ranked({Mark.NO_TIME, Mark.EVEN}, PATIENCE - 1)
    assert not is_ranked({Mark.NO_TIME}, PATIENCE)
    assert not is_ranked({Mark.TOO_FAST}, 0)
    assert not is_ranked({Mark.ONE_PLACE, Mark.EVEN}, 0)


@given(st.lists(st.floats(1.2, 60), min_size=5, max_size=30), st.integers(0, 30))
def test_who_takes_time_is_never_too_fast(pauses: list[float], letters: int) -> None:
    session = answers(
        len(pauses),
        every_s=pauses.__getitem__,
        change=lambda p: {"elapsed_ms": int(pauses[p] * 1000), "read": letters, "given": letters},
    )
    assert not marks(BEGUN, session) & {Mark.TOO_FAST, Mark.NO_TIME}
    assert plausible.least_ms(session[0]) <= 1200


async def test_a_session_that_nobody_can_have_done_is_paid_and_kept_off_boards(
    client: httpx.AsyncClient, db: Database, infra: Infra
) -> None:
    course = await publish(db, long_course())
    first, second, *_ = course.lessons
    robot, person = await register(client, "Robot"), await register(client, "Ada")

    async def take(learner: Any, lesson_id: Any, elapsed_ms: int) -> dict[str, Any]:
        session = await learner.begin(lesson_id)
        for exercise in session["exercises"]:
            body = {"exercise_id": exercise["id"], "answer": answer_to(exercise), "elapsed_ms": elapsed_ms}
            assert (await learner.post(f"/sessions/{session['id']}/answers", body)).status_code == 200
        found: dict[str, Any] = (await learner.post(f"/sessions/{session['id']}/complete")).json()
        return found

    place = (await take(person, first, 1500))["league"]
    board = f"/leaderboards/{place['id']}"
    done = await take(robot, first, 40)
    assert (done["xp_earned"], done["streak"], done["league"], done["lesson_completed"]) == (20, 1, None, True)
    [row] = await db.fetch("SELECT marks FROM learning_session WHERE user_id = $1", robot.id)
    assert row["marks"] == ["no_time", "too_fast"]
    assert [entry["name"] for entry in (await person.get(board)).json()["entries"]] == ["Ada"]
    # It leaves whoever is on a board where they are.
    assert (await take(person, second, 40))["league"] == place
    [entry] = (await person.get(board)).json()["entries"]
    assert entry["xp"] == 20
    assert await check_ledger(db, infra.redis) == []
    earned = await rewards_since(db, {robot.id: utc_now() - timedelta(hours=1)}, most=5)
    assert [reward.xp_earned for reward in earned] == [20]
