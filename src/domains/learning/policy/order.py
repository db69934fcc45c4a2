"""The order of exercises that are all asked."""

import random
from collections import Counter
from collections.abc import Sequence
from typing import Protocol, TypeVar


class Asked(Protocol):
    @property
    def subject(self) -> str:
        """What is asked about, whatever the kind of exercise."""
        ...


E = TypeVar("E", bound=Asked)


def ordered(exercises: Sequence[E], seed: str) -> list[E]:
    """All exercises in an order of their own for each seed, never the same subject twice running if that is possible.

    The author's first exercise stays first: it introduces the lesson.
    """
    waiting = list(exercises[1:])
    random.Random(seed).shuffle(waiting)  # noqa: S311 - an order, not a secret
    counts = Counter(exercise.subject for exercise in waiting)
    # Counts only fall, so no subject can be crowded while even the highest seen last is not.
    highest = max(counts.values(), default=0)
    found = list(exercises[:1])
    while waiting:
        last = found[-1].subject
        crowded = None
        if 2 * highest > len(waiting):
            highest = max(counts.values())
            crowded = next((s for s, count in counts.items() if s != last and 2 * count > len(waiting)), None)
        following = _most_pressing(waiting, last, crowded)
        waiting.remove(following)
        counts[following.subject] -= 1
        found.append(following)
    return found


def _most_pressing(waiting: Sequence[E], last: str, crowded: str | None) -> E:
    """The first that differs from `last`; of a `crowded` subject, which fills half of what waits, lest it pile up."""
    for exercise in waiting:
        if exercise.subject == crowded or (crowded is None and exercise.subject != last):
            return exercise
    return waiting[0]
