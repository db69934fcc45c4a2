"""Achievements as data, without a database."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.gamification.policy.achievements import (
    Achievements,
    BadAchievements,
    Reached,
    achievements_of,
)
from domains.gamification.policy.words import said
from domains.gamification.rulebook import BadRules, rulebook

HOUSE = rulebook().achievements
COUNTERS = sorted({one.counter for one in HOUSE.by_id.values()})
LANGUAGES = {"en", "de", "es", "hi"}

numbers = st.dictionaries(st.sampled_from(COUNTERS), st.integers(0, 2000))


def one(id_: str = "a", **rest: Any) -> dict[str, Any]:
    words = {"en": "{n} lessons"}
    return {"id": id_, "title": {"en": id_}, "text": words, "counter": "lessons", "levels": [1, 5]} | rest


def book(*achievements: dict[str, Any], without: tuple[str, ...] = ()) -> Achievements:
    own = {"format": 1, "achievements": list(achievements), "without": list(without)}
    return achievements_of({"format": 1, "achievements": [one("house")]}, own)


def test_the_achievements_of_the_house_are_said_in_every_language_and_each_level_pays() -> None:
    for found in HOUSE.by_id.values():
        assert found.title.keys() == found.text.keys() == LANGUAGES, found.id
        assert len(found.gems) == len(found.levels), found.id
        assert all("{n}" in text for text in found.text.values()) or len(found.levels) == 1, found.id


@given(numbers, numbers)
def test_it_is_the_same_whether_it_is_looked_at_on_the_way_or_only_at_the_end(
    before: dict[str, int], more: dict[str, int]
) -> None:
    after = {name: before.get(name, 0) + more.get(name, 0) for name in before.keys() | more.keys()}
    on_the_way = HOUSE.reached(before, ())
    rest = HOUSE.reached(after, on_the_way)
    assert sorted(on_the_way + rest) == sorted(HOUSE.reached(after, ()))
    assert HOUSE.reached(after, on_the_way + rest) == []


@given(numbers, st.sets(st.sampled_from(["streaks", "leagues"])))
def test_no_level_comes_before_the_one_below_it_or_what_it_needs_or_what_was_switched_off(
    given_: dict[str, int], off: set[Any]
) -> None:
    have: list[Reached] = []
    for reached in HOUSE.reached(given_, (), off):
        found = HOUSE.by_id[reached.achievement]
        assert reached.level == 1 or Reached(found.id, reached.level - 1) in have
        assert all(Reached(need.achievement, need.level) in have for need in found.needs)
        assert found.mode not in off
        assert given_[found.counter] >= found.levels[reached.level - 1]
        have.append(reached)


def test_what_was_reached_stays_when_numbers_fall_or_rules_rise() -> None:
    found = book(one(version=2, levels=[3, 9]))
    assert found.reached({"lessons": 2}, [Reached("a", 1), Reached("a", 2)]) == [Reached("house", 1)]
    assert found.wanted([Reached("a", 2), Reached("house", 2)]) == set()


def test_an_operators_file_adds_replaces_and_leaves_out() -> None:
    found = book(one("own", counter="xp", levels=[7]), one("house", levels=[2]), without=())
    assert found.reached({"xp": 7, "lessons": 2}, ()) == [Reached("house", 1), Reached("own", 1)]
    assert set(book(one("own"), without=("house",)).by_id) == {"own"}


@pytest.mark.parametrize(
    ("wrong", "said_"),
    [
        (one(counter="steps"), "Invalid enum value 'steps' - at `$.achievements[0].counter`"),
        (one(level=[1]), "contains unknown field `level`"),
        (one(levels=[5, 5]), "a: levels must rise"),
        (one(gems=[1]), "a: gems are one number for each level, or left out"),
        (one(title={"de": "Anfang"}), "a: title is missing in English (`en`)"),
        (one(needs=[{"achievement": "b"}]), "a: needs b, which there is not"),
        (one(needs=[{"achievement": "house", "level": 3}]), "a: needs level 3 of house, which has 2"),
        (one(needs=[{"achievement": "a"}]), "need each other: a"),
    ],
    ids=["counter", "field", "levels", "gems", "english", "unknown", "high", "circle"],
)
def test_a_file_that_is_wrong_is_refused_with_the_place(wrong: dict[str, Any], said_: str) -> None:
    with pytest.raises(BadAchievements) as refused:
        book(wrong)
    assert said_ in str(refused.value)


def test_the_setting_names_the_file_and_its_line(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("format: 1\nachievements: []\nformat: 1\n")
    with pytest.raises(BadRules) as refused:
        rulebook(achievements_file=str(own))
    assert (refused.value.setting, str(refused.value)) == ("achievements_file", f"{own}:3: `format` is given twice")
    own.write_text("format: 1\nwithout: [climber, nobody]\n")
    with pytest.raises(BadRules, match="without: there is no nobody"):
        rulebook(achievements_file=str(own))


def test_words_are_those_of_the_nearest_language_with_the_number_in_its_place() -> None:
    words = {"en": "{n} days", "es": "{n} días", "pt-BR": "{n} dias"}
    assert [said(words, locale, 7) for locale in ("es-MX", "pt_BR", "fr", "pt")] == [
        "7 días", "7 dias", "7 days", "7 days",
    ]  # fmt: skip
