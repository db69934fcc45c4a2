"""The order of exercises."""

import itertools
from collections import Counter
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from domains.learning.policy.order import ordered


@dataclass(frozen=True)
class Asked:
    subject: str
    number: int


exercises = st.lists(st.sampled_from("abcd"), max_size=14).map(
    lambda subjects: [Asked(subject, number) for number, subject in enumerate(subjects)]
)


@given(exercises, st.text())
def test_every_exercise_is_asked_once_and_the_authors_first_comes_first(given_: list[Asked], seed: str) -> None:
    found = ordered(given_, seed)
    assert Counter(found) == Counter(given_)
    assert found[:1] == given_[:1]


@given(exercises, st.text())
def test_the_same_seed_gives_the_same_order(given_: list[Asked], seed: str) -> None:
    assert ordered(given_, seed) == ordered(given_, seed)


@given(exercises, st.text())
def test_no_subject_comes_twice_running_when_that_is_possible(given_: list[Asked], seed: str) -> None:
    found = ordered(given_, seed)
    counts = Counter(exercise.subject for exercise in given_)
    first = given_[0].subject if given_ else ""
    # The first place is taken, so its subject may fill half of the rest, rounded down, and any other half, rounded up.
    rest = len(given_) - 1
    possible = all(
        count - 1 <= rest // 2 if subject == first else count <= (rest + 1) // 2 for subject, count in counts.items()
    )
    if possible:
        assert all(a.subject != b.subject for a, b in itertools.pairwise(found))
