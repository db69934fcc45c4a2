"""What holds for a session of any kind, of any course, for any learner."""

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domains.learning.policy import generator
from domains.learning.policy.arrange import arranged
from domains.learning.policy.generator import LESSON_EXTRAS, LESSON_LENGTH, Learner, wanted_effort
from domains.learning.policy.outline import Drill, Outline, PlannedLesson, effort_of, outline_of

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Memory:
    stability: float
    due: datetime
    last_review: datetime
    last_correct: bool


def item(number: int) -> UUID:
    return UUID(int=1_000_000 + number)


def course(lessons: Sequence[Sequence[tuple[tuple[int, ...], int]]]) -> Outline:
    """Two lessons to a unit; an exercise is the items that it exercises and its effort."""
    ids = map(UUID, map("{:032x}".format, itertools.count(1)))
    planned = []
    for number, exercises in enumerate(lessons):
        lesson_id, unit_id = UUID(int=2_000_000 + number), UUID(int=3_000_000 + number // 2)
        drills = []
        for items, effort in exercises:
            phrase = item(items[0]) if len(items) == 1 else UUID(int=4_000_000 + hash(items) % 1_000_000)
            drills.append(Drill(next(ids), phrase, tuple(map(item, items)), effort, lesson_id, unit_id))
        planned.append(PlannedLesson(lesson_id, unit_id, tuple(drills)))
    return outline_of(planned)


numbers = st.integers(0, 11)
exercises = st.tuples(
    st.one_of(numbers.map(lambda n: (n,)), st.sampled_from([(0, 1, 2), (3, 4, 5)])), st.integers(0, 3)
)
courses = st.lists(st.lists(exercises, max_size=30), min_size=1, max_size=5).map(course)
memories = st.builds(
    Memory,
    st.floats(0, 400),
    st.integers(-90, 90).map(lambda days: NOW + timedelta(days=days)),
    st.integers(0, 90).map(lambda days: NOW - timedelta(days=days)),
    st.booleans(),
)
learners = st.builds(
    lambda known, done: Learner(NOW, {item(n): memory for n, memory in known.items()}, done),
    st.dictionaries(numbers, memories),
    st.frozensets(st.integers(0, 4).map(lambda n: UUID(int=2_000_000 + n)), max_size=3),
)
seeds = st.text(max_size=3)


def every_kind(outline: Outline, learner: Learner, seed: str) -> dict[str, list[Drill]]:
    """A session of each kind; a lesson's and a test's for each lesson and unit."""
    found = {
        "practice": generator.practice(outline, learner, seed),
        "mistakes": generator.mistakes(outline, learner, seed),
        "review": generator.review(outline, learner, seed),
    }
    for planned in outline.lessons.values():
        found[f"lesson {planned.id}"] = generator.lesson(outline, learner, planned.id, seed)
        found[f"test_out {planned.unit_id}"] = generator.test_out(outline, planned.unit_id, seed)
    return found


@settings(max_examples=40)
@given(courses, learners, seeds)
def test_every_session_is_bounded_repeats_no_exercise_and_stays_in_its_course(
    outline: Outline, learner: Learner, seed: str
) -> None:
    for kind, session in every_kind(outline, learner, seed).items():
        assert len(session) <= 30 + LESSON_EXTRAS
        assert len({drill.id for drill in session}) == len(session)
        assert set(session) <= set(outline.drills), kind


@settings(max_examples=40)
@given(courses, learners, seeds)
def test_the_same_seed_gives_the_same_session(outline: Outline, learner: Learner, seed: str) -> None:
    backwards = Learner(NOW, dict(list(learner.memories.items())[::-1]), set(learner.done))
    assert every_kind(outline, learner, seed) == every_kind(outline, backwards, seed)


@settings(max_examples=40)
@given(courses, learners, seeds)
def test_no_session_repeats_a_phrase_running_where_any_order_avoids_it(
    outline: Outline, learner: Learner, seed: str
) -> None:
    for kind, session in every_kind(outline, learner, seed).items():
        counts = Counter(drill.phrase for drill in session)
        if kind.startswith("lesson"):
            continue
        crowded = any(count > (len(session) + 1) // 2 for count in counts.values())
        assert crowded or not running(session), kind


@settings(max_examples=40)
@given(courses, learners, seeds)
def test_a_lesson_holds_all_its_phrases_introduced_as_its_author_does(
    outline: Outline, learner: Learner, seed: str
) -> None:
    for planned in outline.lessons.values():
        session = generator.lesson(outline, learner, planned.id, seed)
        own = [drill for drill in session if drill.lesson_id == planned.id]
        phrases = list(dict.fromkeys(drill.phrase for drill in planned.drills))
        assert {drill.phrase for drill in own} == set(phrases)
        assert len(own) == min(len(planned.drills), max(LESSON_LENGTH, len(phrases)))
        new = {d.phrase for d in planned.drills if not all(i in learner.memories for i in d.items)}
        shown = list(dict.fromkeys(drill.phrase for drill in session))
        assert [phrase for phrase in shown if phrase in new] == [phrase for phrase in phrases if phrase in new]
        assert len(session) - len(own) <= LESSON_EXTRAS
        assert all(learner.has_met(drill) for drill in session if drill.lesson_id != planned.id)


@settings(max_examples=40)
@given(courses, learners, seeds)
def test_nothing_is_reviewed_or_practised_that_was_never_met(outline: Outline, learner: Learner, seed: str) -> None:
    unit_id = next(iter(outline.lessons.values())).unit_id
    for scope in (None, unit_id):
        sessions = {
            "practice": generator.practice(outline, learner, seed, scope),
            "mistakes": generator.mistakes(outline, learner, seed, scope),
            "review": generator.review(outline, learner, seed, scope),
        }
        for session in sessions.values():
            assert all(learner.has_met(drill) for drill in session)
            assert scope is None or all(drill.unit_id == scope for drill in session)
        known = learner.memories
        assert all(any(known[i].due <= NOW for i in drill.items if i in known) for drill in sessions["review"])
        assert all(any(not known[i].last_correct for i in d.items if i in known) for d in sessions["mistakes"])
        met = [d for d in outline.drills if learner.has_met(d) and (scope is None or d.unit_id == scope)]
        assert bool(sessions["practice"]) == bool(met)


@settings(max_examples=40)
@given(courses, learners, seeds)
def test_an_easier_kind_of_a_phrase_comes_before_a_harder_one(outline: Outline, learner: Learner, seed: str) -> None:
    for planned in outline.lessons.values():
        efforts: dict[UUID, int] = {}
        for drill in generator.lesson(outline, learner, planned.id, seed):
            assert efforts.get(drill.phrase, 0) <= drill.effort
            efforts[drill.phrase] = drill.effort


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), max_size=8), st.integers(0, 4))
def test_phrases_run_together_only_where_no_order_avoids_it(wish: list[tuple[str, bool]], new: int) -> None:
    drills = [
        Drill(UUID(int=n), UUID(int=ord(phrase)), (UUID(int=ord(phrase)),), 0, UUID(int=1), UUID(int=1))
        for n, (phrase, _) in enumerate(wish)
    ]
    introduced = list(dict.fromkeys(drill.phrase for drill in drills))[:new]
    found = arranged(drills, introduced)
    assert Counter(found) == Counter(drills)
    assert [p for p in dict.fromkeys(d.phrase for d in found) if p in introduced] == introduced
    counts = tuple(sorted(Counter(drill.phrase for drill in drills).items()))
    assert bool(running(found)) != avoidable(counts, tuple(introduced), None)


def running(session: Sequence[Drill]) -> list[Drill]:
    return [one for one, other in itertools.pairwise(session) if one.phrase == other.phrase]


@cache
def avoidable(counts: tuple[tuple[UUID, int], ...], ahead: tuple[UUID, ...], last: UUID | None) -> bool:
    """Tries every order."""
    if not any(count for _, count in counts):
        return True
    return any(
        avoidable(
            tuple((other, left - (other == phrase)) for other, left in counts),
            ahead[1:] if ahead[:1] == (phrase,) else ahead,
            phrase,
        )
        for phrase, count in counts
        if count and phrase != last and phrase not in ahead[1:]
    )


# ---- what cannot be said of any course


ROUND = course([[((n,), effort) for n in range(4) for effort in (1, 3)] for _ in range(2)])


def test_a_first_lesson_shows_every_exercise_the_easy_kinds_first() -> None:
    session = generator.lesson(ROUND, Learner(NOW), next(iter(ROUND.lessons)), "seed")
    assert [drill.effort for drill in session] in ([1, 1, 1, 1, 3, 3, 3, 3], [1, 1, 1, 3, 1, 3, 3, 3])
    assert Counter(drill.phrase for drill in session) == {item(n): 2 for n in range(4)}


def memory(*, days: float = 5, due: int = 1, correct: bool = True) -> Memory:
    return Memory(days, NOW + timedelta(days=due), NOW - timedelta(days=1), correct)


@pytest.mark.parametrize(
    ("known", "effort"),
    [(None, 0), (memory(correct=False), 1), (memory(days=1), 1), (memory(days=8), 2), (memory(days=30), 3)],
)
def test_what_stays_in_mind_is_asked_in_harder_kinds(known: Memory | None, effort: int) -> None:
    assert wanted_effort(known) == effort


def test_choosing_is_easier_than_building_and_that_than_typing_the_new_language() -> None:
    into = [effort_of(demand, into_target=True) for demand in ("choose", "build", "write")]
    assert into == [0, 1, 3]
    assert effort_of("write", into_target=False) == 2


def test_a_later_lesson_brings_back_what_went_wrong_and_then_what_is_due() -> None:
    outline = course([[((n,), 1) for n in range(6)], [((n,), 1) for n in range(6, 12)]])
    first, second = outline.lessons
    known = {item(n): memory() for n in range(6)} | {item(0): memory(due=-9), item(4): memory(correct=False)}
    session = generator.lesson(outline, Learner(NOW, known, {first}), second, "seed")
    assert {drill.phrase for drill in session if drill.lesson_id == first} == {item(0), item(4)}
    assert session[0].lesson_id == second


def test_skills_take_turns() -> None:
    outline = course([[((n,), 1) for n in range(start, start + 6)] for start in range(0, 36, 6)])
    known = {item(n): memory(days=1 + n % 6, due=-1) for n in range(36)}
    units = [drill.unit_id for drill in generator.review(outline, Learner(NOW, known), "seed")]
    assert len(set(units)) == 3
    assert all(len(set(three)) > 1 for three in zip(units, units[1:], units[2:], strict=False))


def test_out_of_a_unit_asks_each_phrase_in_its_hardest_kind() -> None:
    session = generator.test_out(ROUND, next(iter(ROUND.lessons.values())).unit_id, "seed")
    assert sorted((drill.phrase, drill.effort) for drill in session) == [(item(n), 3) for n in range(4)]


def test_pairs_are_not_followed_by_one_of_their_own_words_where_others_wait() -> None:
    outline = course([[((0, 1, 2), 0), *(((n,), 1) for n in range(6))]])
    session = generator.lesson(outline, Learner(NOW), next(iter(outline.lessons)), "seed")
    assert session[0].items == (item(0), item(1), item(2))
    assert Counter(drill.phrase for drill in session).most_common(1)[0][1] == 1
