"""Whom a flag is on for."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domains.kernel.flags import Rule, is_on
from domains.kernel.ids import new_id

HERE = ["production"]


def rule(percentage: int, *, name: str = "new_board", environments: list[str] = HERE, chosen: bool = False) -> Rule:
    return Rule(name, environments, percentage, chosen)


@given(user_id=st.uuids(), fewer=st.integers(0, 100), more=st.integers(0, 100))
def test_nobody_loses_a_flag_when_its_share_grows(user_id: UUID, fewer: int, more: int) -> None:
    fewer, more = sorted((fewer, more))
    assert is_on(rule(more), "production", user_id) >= is_on(rule(fewer), "production", user_id)
    assert not is_on(rule(0), "production", user_id)
    assert is_on(rule(100), "production", user_id)


def test_a_share_is_of_people_and_another_part_of_them_for_each_flag() -> None:
    people = [new_id() for _ in range(4_000)]
    first = {each for each in people if is_on(rule(25), "production", each)}
    second = {each for each in people if is_on(rule(25, name="other"), "production", each)}
    assert 850 < len(first) < 1_150
    assert 150 < len(first & second) < 350


def test_elsewhere_only_who_is_on_the_list_has_it_and_visitors_only_what_everybody_has() -> None:
    somebody = new_id()
    assert not is_on(rule(100), "development", somebody)
    assert not is_on(rule(100, environments=[]), "production", somebody)
    assert is_on(rule(0, environments=[], chosen=True), "production", somebody)
    assert not is_on(rule(99), "production", None)
    assert is_on(rule(100), "production", None)
