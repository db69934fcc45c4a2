"""Rules of classes, pure: who may do what, how large they grow, and how guessing codes is slowed down."""

from enum import StrEnum

CODE_LETTERS = 8
"""35 bits: with ten thousand classes open, all guesses of one person in a year hit one with a chance of 1 in 400."""
MOST_MEMBERS = 500
MOST_CLASSES = 200
"""That one person is in and that are not archived."""

WRONG_CODE_DELAYS_S = (0.0,) * 9 + (600.0, 1200.0, 2400.0, 3600.0)
WRONG_CODE_QUIET_S = 86_400.0
"""The wait after that many wrong codes; after a day without any the count starts anew."""


class ClassRole(StrEnum):
    TEACHER = "teacher"
    """One in each class; whoever made it."""
    CO_TEACHER = "co_teacher"
    LEARNER = "learner"


TEACHING = frozenset({ClassRole.TEACHER, ClassRole.CO_TEACHER})


def may_remove(own: ClassRole, other: ClassRole) -> bool:
    """The teacher removes everybody else, a co-teacher learners."""
    if other is ClassRole.TEACHER:
        return False
    return own is ClassRole.TEACHER or (own is ClassRole.CO_TEACHER and other is ClassRole.LEARNER)
