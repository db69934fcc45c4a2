"""Daily goals, boosts and what a week brought over the wire. Dates are of the learner's own calendar."""

from datetime import date, datetime

from domains.kernel.wire import Out


class GoalDayOut(Out, frozen=True):
    """`goal_xp` and `reached_at` as they were when the goal of the day was reached; null where it was not."""

    on: date
    xp: int
    goal_xp: int | None
    reached_at: datetime | None


class GoalsOut(Out, frozen=True):
    """`goal_xp` is the goal of now. `days` in order, without those that brought nothing."""

    goal_xp: int
    today: date
    first_on: date
    last_on: date
    days_reached: int
    days: list[GoalDayOut]


class ReachedOut(Out, frozen=True):
    """The highest level of an achievement that was reached in the week. Words are in the language of who asks."""

    id: str
    title: str
    text: str
    icon: str
    level: int


class RecapOut(Out, frozen=True):
    """A week from Monday to Sunday. `streak_days` as of now, 0 where the streak ended before the week's last two days,
    null for whoever has switched streaks off; `xp_before` is of the week before. `achieved` in the order in which they
    were reached."""

    first_on: date
    last_on: date
    lessons: int
    xp: int
    days_active: int
    goal_days: int
    streak_days: int | None
    xp_before: int
    achieved: list[ReachedOut]


class BoostOut(Out, frozen=True):
    """Practice that is completed between `starts_at` and `ends_at` pays `factor` times as much."""

    factor: int
    starts_at: datetime
    ends_at: datetime


class BoostsOut(Out, frozen=True):
    """That which runs first, then those that begin when it ends."""

    items: list[BoostOut]
