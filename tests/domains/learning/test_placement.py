"""Finding out where a learner should begin."""

import math
import random
from collections.abc import Callable
from functools import cache
from statistics import fmean
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domains.learning.policy import placement
from domains.learning.policy.outline import Drill, Outline, PlannedLesson, outline_of
from domains.learning.policy.placement import chance_of_right, difficulties, estimate, following, skipped


@cache
def course(lessons: int, efforts: tuple[int, ...] = (0, 1, 2, 3, 1, 2, 3, 3)) -> Outline:
    planned = []
    for number in range(lessons):
        lesson_id = UUID(int=1_000_000 + number)
        drills = [
            Drill(UUID(int=number * 100 + n), phrase, (phrase,), effort, lesson_id, UUID(int=number // 5))
            for n, effort in enumerate(efforts)
            for phrase in [UUID(int=2_000_000 + number * 100 + n)]
        ]
        planned.append(PlannedLesson(lesson_id, UUID(int=number // 5), tuple(drills)))
    return outline_of(planned)


def take(outline: Outline, knows: Callable[[Drill], bool], seed: str) -> list[tuple[Drill, bool]]:
    answers: list[tuple[Drill, bool]] = []
    while (drill := following(outline, answers, seed)) is not None:
        answers.append((drill, knows(drill)))
    return answers


def somebody(outline: Outline, ability: float, chance: random.Random) -> Callable[[Drill], bool]:
    hard = difficulties(outline)
    return lambda drill: chance.random() < chance_of_right(ability, hard[drill.lesson_id], drill.effort)


def test_learners_of_known_ability_are_found_where_they_are() -> None:
    outline, chance = course(80), random.Random(11)
    errors, asked, sure = [], [], []
    for number in range(60):
        ability = -1.9 + 3.8 * number / 59
        answers = take(outline, somebody(outline, ability, chance), str(number))
        found = estimate(outline, answers)
        errors.append(found.ability - ability)
        asked.append(len(answers))
        sure.append(found.error <= placement.SURE)
    assert math.sqrt(fmean(error**2 for error in errors)) < 0.4
    # Three standard errors of a mean of sixty.
    assert abs(fmean(errors)) < 0.12
    assert max(asked) <= placement.MOST_ITEMS
    assert fmean(sure) > 0.9
    assert fmean(asked) < 15


def test_whoever_knows_lessons_up_to_one_begins_near_it() -> None:
    outline = course(40)
    starts = []
    for known in range(0, 41, 8):
        up_to = {UUID(int=1_000_000 + n) for n in range(known)}
        answers = take(outline, lambda drill, up_to=up_to: drill.lesson_id in up_to, "seed")  # type: ignore[misc]
        starts.append(len(skipped(outline, answers)))
    assert starts == sorted(starts)
    assert starts[0] == 0
    # Rather too early than too late; the last lesson is never skipped.
    assert all(0 <= known - start <= 9 for known, start in zip(range(0, 41, 8), starts, strict=True))


@settings(max_examples=25)
@given(st.integers(1, 30), st.lists(st.booleans(), min_size=20, max_size=20), st.integers(0, 19), st.text(max_size=2))
def test_one_more_right_answer_never_places_a_learner_further_back(
    lessons: int, right: list[bool], flipped: int, seed: str
) -> None:
    outline, given_ = course(lessons), iter(right)
    answers = take(outline, lambda _: next(given_), seed)
    place = flipped % len(answers)
    better = [(drill, was or n == place) for n, (drill, was) in enumerate(answers)]
    assert estimate(outline, better).ability >= estimate(outline, answers).ability
    assert skipped(outline, better)[: len(skipped(outline, answers))] == skipped(outline, answers)


@settings(max_examples=25)
@given(
    st.integers(0, 6), st.lists(st.integers(0, 3), max_size=4), st.randoms(use_true_random=False), st.text(max_size=2)
)
def test_it_ends_for_any_course_and_asks_no_phrase_twice(
    lessons: int, efforts: list[int], chance: random.Random, seed: str
) -> None:
    outline = course(lessons, tuple(efforts))
    given_: list[bool] = []

    def knows(_: Drill) -> bool:
        given_.append(chance.random() < 0.5)
        return given_[-1]

    answers = take(outline, knows, seed)
    phrases = [drill.phrase for drill, _ in answers]
    assert len(phrases) == len(set(phrases)) <= placement.MOST_ITEMS
    if len(phrases) < min(placement.MOST_ITEMS, len(outline.drills)):
        assert estimate(outline, answers).error <= placement.SURE
    replayed = iter(given_)
    assert take(outline, lambda _: next(replayed), seed) == answers
    assert set(skipped(outline, answers)) < set(outline.lessons) or not outline.lessons


@pytest.mark.parametrize("lessons", [0, 5])
def test_who_answered_nothing_skips_nothing(lessons: int) -> None:
    assert skipped(course(lessons), []) == []
