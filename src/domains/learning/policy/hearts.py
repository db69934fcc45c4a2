"""Hearts of a learner: what a mistake in a lesson costs, what time and practice bring back.

Invariant: how many are left follows from the time and from one moment, `full_at`, at which all are back if nothing else
happens. So none is ever handed out by a job, none is lost by one that did not run, and a clock that is set back or
forth by an hour is off by an hour and no more. None means that none was ever lost. A mistake moves it later by REFILL,
unless none is left: what is coming comes no later for it. What is earned or given back moves it as much earlier.

At none left learning goes on: the session runs to its end, practice is open and brings hearts back, and new lessons can
be begun. What is lost is some of their XP (`gamification.policy.xp`).
"""

from datetime import datetime, timedelta

HEARTS = 5
"""At most."""
REFILL = timedelta(hours=4)
"""Until a lost one is back. So a bad lesson in the evening costs nobody the next one."""
AT_ONCE = timedelta(seconds=2)
"""Answers of two devices get their moments before they wait for each other. One that comes after a mistake and was
given this little before it finds the hearts that the mistake left, not another one missing."""
FOR_PRACTICE = 1
"""Earned by a session that looks back."""

COSTLY: frozenset[str] = frozenset({"lesson", "test_out"})
"""Kinds of sessions in which a mistake costs one: looking back must never, and a placement is no race."""
EARNING: frozenset[str] = frozenset({"practice", "mistakes", "review"})


def left(full_at: datetime | None, now: datetime) -> int:
    if full_at is None:
        return HEARTS
    # Rounded up: one that is not wholly back is missing.
    return HEARTS - min(max(-((now - full_at) // REFILL), 0), HEARTS)


def next_at(full_at: datetime | None, now: datetime) -> datetime | None:
    """When there is one more; None where none is missing."""
    missing = HEARTS - left(full_at, now)
    return full_at - (missing - 1) * REFILL if full_at is not None and missing else None
