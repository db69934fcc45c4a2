"""Decks for Anki: what a learner remembers goes along and comes back, and the log says the same."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.catalog.api import RevisionContent
from domains.catalog.content import Course, Exercise, Lesson, Section, Unit
from domains.catalog.formats import anki
from domains.catalog.formats.format import Loaded, Options, ScheduledCard
from domains.catalog.formats.report import Report
from domains.catalog.items import item_id
from domains.catalog.kinds import Flashcard
from domains.kernel.uow import Database
from domains.learning.policy import brought
from domains.learning.policy.schedule import ItemState, Rating, Review, Rules, folded
from domains.learning.repository import schedule as repository
from domains.learning.service import schedule
from factories.people import Learner, publish, register, right_answer, small_course

# Noon of Anki's day, which begins at four o'clock.
NOW = (datetime.now(UTC) - timedelta(hours=4)).replace(hour=12, minute=0, second=0, microsecond=0)
DAY = timedelta(days=1)


@pytest.fixture
async def course(db: Database) -> RevisionContent:
    return await publish(db, small_course())


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


def _theirs(*cards: tuple[str, timedelta, ScheduledCard]) -> bytes:
    """A deck that somebody else made, with the same words; each card by its front, due so far from now."""
    made, stands = [], []
    for number, (front, due, card) in enumerate(cards):
        made.append(Exercise(f"x{number}", Flashcard(front, "es", "en", ("…",))))
        stands.append(
            ScheduledCard(
                f"x{number}", NOW + due, 0, card.last_review, card.interval_days, card.ease, card.stability,
                card.difficulty, card.reviews, card.lapses,
            )
        )  # fmt: skip
    lesson = Lesson("l", "L", tuple(made), form="deck")
    deck = Course("other", "Other", "en", "es", (Section("s", "S", (Unit("u", "U", (lesson,)),)),))
    return anki.write_deck(deck, Report(), {}, stands).body


FSRS = ScheduledCard("", NOW, last_review=NOW - 3 * DAY, interval_days=8, stability=8.5, difficulty=4.25, reviews=6)
SM2 = ScheduledCard("", NOW, last_review=NOW - 20 * DAY, interval_days=30, ease=2.5, reviews=7, lapses=2)


async def _bring(learner: Learner, course: RevisionContent, body: bytes) -> httpx.Response:
    url = f"/api/v1/courses/{course.course_id}/deck"
    headers = learner.headers | {"Content-Type": "application/octet-stream"}
    return await learner.http.post(url, content=body, headers=headers)


async def _deck(learner: Learner, course: RevisionContent, tmp_path: Path) -> Loaded:
    answer = await learner.get(f"/courses/{course.course_id}/deck")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == f'attachment; filename="{course.course_id}.apkg"'
    (tmp_path / "deck.apkg").write_bytes(answer.content)
    loaded = anki.read(tmp_path / "deck.apkg", Report(), Options())
    assert loaded is not None
    return loaded


async def test_what_was_due_elsewhere_is_due_here_and_a_rebuild_says_the_same(
    ada: Learner, db: Database, course: RevisionContent
) -> None:
    body = _theirs(("el gato", 5 * DAY, FSRS), ("la casa", -2 * DAY, SM2), ("el sol", DAY, SM2))
    answer = await _bring(ada, course, body)
    assert (answer.status_code, answer.json()) == (200, {"items": 2, "new": 2, "unknown": 1, "remarks": []})
    cat, house = (item_id(course.course_id, word) for word in ("el gato", "la casa"))
    known = {state.item_id: state for state in await schedule.states(db, ada.id, course.course_id)}
    assert known.keys() == {cat, house}
    assert [known[item].due.date() for item in (cat, house)] == [(NOW + 5 * DAY).date(), (NOW - 2 * DAY).date()]
    assert (known[cat].stability, known[cat].difficulty, known[cat].reps) == (8.5, 4.25, 6)
    assert known[cat].last_review == NOW - 3 * DAY
    assert (known[house].stability, known[house].lapses) == (30, 2)
    due = (await ada.get(f"/courses/{course.course_id}/due")).json()
    assert (due["due"], due["known"]) == (1, 2)
    rebuilt = await schedule.rebuild(db, ada.id, course.course_id, dry_run=False)
    assert (rebuilt.wrong, rebuilt.behind, rebuilt.gone) == ([], 0, 0)
    assert {state.item_id: state for state in await schedule.states(db, ada.id, course.course_id)} == known


async def test_the_same_deck_again_changes_nothing_and_later_answers_count_on_top(
    ada: Learner, db: Database, course: RevisionContent
) -> None:
    body = _theirs(("el gato", -DAY, FSRS))
    await _bring(ada, course, body)
    lesson = next(lesson for lesson in course.lessons.values() if lesson.exercises)
    session = await ada.begin(lesson.id)
    [build] = [exercise for exercise in session["exercises"] if exercise["kind"] == "multiple_choice"]
    assert (await ada.answer(session, build, right_answer(build))).status_code == 200
    [answered] = await schedule.states(db, ada.id, course.course_id)
    assert (answered.reps, answered.prior_stability) == (7, 8.5)
    assert answered.due > NOW + DAY
    assert (await _bring(ada, course, body)).json()["new"] == 0
    assert await schedule.states(db, ada.id, course.course_id) == [answered]
    assert (await schedule.rebuild(db, ada.id, course.course_id, dry_run=True))[4:] == ([], 0, 0)


async def test_a_deck_is_taken_along_and_brings_a_friend_to_the_same_dates(
    client: httpx.AsyncClient, ada: Learner, db: Database, course: RevisionContent, tmp_path: Path
) -> None:
    await _bring(ada, course, _theirs(("el gato", 5 * DAY, FSRS), ("la casa", 9 * DAY, SM2)))
    loaded = await _deck(ada, course, tmp_path)
    texts = [content.text for each in loaded.course.exercises() if isinstance(content := each.content, Flashcard)]
    assert texts == ["el gato", "el pato", "la casa"]
    assert [(card.due.date(), card.stability) for card in loaded.schedule] == [
        ((NOW + 5 * DAY).date(), 8.5),
        ((NOW + 9 * DAY).date(), 30.0),
    ]
    friend = await register(client)
    taken = await _bring(friend, course, (tmp_path / "deck.apkg").read_bytes())
    assert taken.json() == {"items": 2, "new": 2, "unknown": 0, "remarks": []}
    mine, theirs = [await schedule.states(db, each.id, course.course_id) for each in (ada, friend)]
    assert _dates(mine) == _dates(theirs)


def _dates(states: list[ItemState]) -> dict[UUID, tuple[date, float]]:
    return {state.item_id: (state.due.date(), state.stability) for state in states}


async def test_what_is_no_deck_is_refused_with_a_reason_and_changes_nothing(
    ada: Learner, db: Database, course: RevisionContent
) -> None:
    answer = await _bring(ada, course, b"front\tback")
    assert (answer.status_code, answer.json()["code"]) == (400, "learning.deck_unreadable")
    assert answer.json()["detail"] == "this is no zip file"
    assert (await _bring(ada, course, bytes(20_000_001))).status_code == 413
    assert await schedule.states(db, ada.id, course.course_id) == []
    assert (await ada.get(f"/courses/{UUID(int=0)}/deck")).status_code == 404


async def test_what_was_brought_is_the_others_when_two_learners_become_one(
    client: httpx.AsyncClient, ada: Learner, db: Database, course: RevisionContent
) -> None:
    friend = await register(client)
    for each, word in ((ada, "el gato"), (friend, "el gato"), (friend, "la casa")):
        await _bring(each, course, _theirs((word, 5 * DAY, FSRS)))
    async with db.begin() as uow:
        await repository.move(uow.session, friend.id, ada.id)
    assert len(await schedule.states(db, ada.id, course.course_id)) == 2
    assert (await schedule.rebuild(db, ada.id, course.course_id, dry_run=True))[4:] == ([], 0, 0)


# ---- rules

_days = st.floats(0, 40_000, allow_nan=False)


@given(_days, st.none() | st.floats(1.3, 5), st.none() | st.floats(-1, 1e6), st.none() | st.floats(-5, 50))
def test_any_numbers_of_another_program_make_a_memory_within_bounds(
    interval: float, ease: float | None, stability: float | None, difficulty: float | None
) -> None:
    found, hard = brought.memory(interval_days=interval, ease=ease, stability=stability, difficulty=difficulty)
    assert brought.SHORTEST_DAYS <= found <= brought.LONGEST_DAYS
    assert brought.EASIEST <= hard <= brought.HARDEST


@given(st.floats(1, 3_000), st.floats(1.3, 4), st.floats(1.3, 4))
def test_what_was_easier_elsewhere_is_easier_here(interval: float, one: float, other: float) -> None:
    low, high = (
        brought.memory(interval_days=interval, ease=ease, stability=None, difficulty=None)[1]
        for ease in sorted((one, other))
    )
    assert low >= high


@given(st.lists(st.integers(0, 400), min_size=1, max_size=4), st.integers(0, 400))
def test_what_is_brought_takes_the_place_of_all_before_and_the_rest_counts_on_top(ages: list[int], age: int) -> None:
    rules, item = Rules(), UUID(int=1)
    log = [Review(NOW - timedelta(hours=each), f"{place}", item, Rating.GOOD) for place, each in enumerate(ages)]
    at, known = brought.brought(NOW + DAY, (8.0, 5.0), 3, 1, NOW - timedelta(hours=age), NOW)
    here = Review(at, "brought", item, Rating.GOOD, False, (known,))
    after = [review for review in log if review > here]
    assert folded([*log, here], rules)[item].reps == 3 + len(after)
    assert folded([here, *after], rules)[item].stability == folded([*log, here], rules)[item].stability
