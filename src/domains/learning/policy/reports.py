"""What learners find wrong with exercises, and which of it an author should look at first. Pure.

Invariant: the order is that of the people whom a look is likely to help: how probably an answer is right, times how
many gave it and said so. One far-fetched answer comes last, and comes up once many say the same; somebody who was
mostly wrong before counts for little, and nobody counts for nothing.
"""

from enum import StrEnum
from uuid import UUID, uuid5

MOST_A_DAY = 50
"""Reports of one learner."""
LONGEST_TEXT = 500

_ODDS_FAR = 0.02
"""That one person is right whose answer has nothing in common with any that is accepted."""
_ODDS_NEAR = 1.0
"""That one person is right whose answer is all but accepted."""
_ODDS_OTHER = 0.2
"""That there is something wrong with a prompt or a recording, if one person says so."""


class Reason(StrEnum):
    ACCEPT = "accept"
    """My answer should be accepted."""
    PROMPT = "prompt"
    """What is asked is wrong."""
    AUDIO = "audio"
    """What is to be heard is wrong, or not to be heard."""


class State(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    """The answer is right from a revision on."""
    RESOLVED = "resolved"
    """Something else was done about it."""
    REFUSED = "refused"


def subject(exercise_id: UUID, reason: Reason, said: str) -> UUID:
    """What is the same report, whoever makes it; `said` is an answer in its normal form."""
    return uuid5(exercise_id, f"{reason}:{said}")


def word(accepted: int, refused: int) -> float:
    """What somebody's word weighs, by what became of their reports: 1 for somebody new, between 0 and 2 for all."""
    return 2 * (accepted + 1) / (accepted + refused + 2)


def likelihood(nearness: float | None, weight: float) -> float:
    """That the report is right. `nearness` of the answer to an accepted one, 0 to 1, None where the report is about no
    answer; `weight` is the sum of the words of all who made it."""
    odds = _ODDS_OTHER if nearness is None else _ODDS_FAR * (_ODDS_NEAR / _ODDS_FAR) ** nearness
    odds *= weight
    return odds / (1 + odds)


def rank(nearness: float | None, weight: float, reporters: int) -> float:
    """The higher, the sooner."""
    return likelihood(nearness, weight) * reporters
