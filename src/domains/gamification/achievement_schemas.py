"""Wire bodies of achievements. Words are in the language of who asks, or in English."""

from datetime import date, datetime

from domains.gamification.policy.achievements import Counter, Need
from domains.kernel.wire import Out


class AwardOut(Out, frozen=True):
    """`local_on`: the learner's own date."""

    level: int
    awarded_at: datetime
    local_on: date | None
    gems: int


class AchievementOut(Out, frozen=True):
    """`value` is what `counter` says now, `levels` the numbers at which a level is reached; `level` is the highest that
    was, 0 for none. `text` is about the next level, or else about the last. `gems` is what the next one pays.
    `locked` until what it needs is reached. `awards` the newest first."""

    id: str
    title: str
    text: str
    icon: str
    counter: Counter
    value: int
    levels: list[int]
    level: int
    gems: int
    secret: bool
    locked: bool
    needs: list[Need]
    awards: list[AwardOut]


class AchievementsOut(Out, frozen=True):
    """`secrets`: how many there are that nobody hears of before they are reached, and that are not yet."""

    items: list[AchievementOut]
    secrets: int


class AchievedOut(Out, frozen=True):
    """The highest level of an achievement that somebody has reached, or the badge of a `month` (as 2026-11, of their
    own calendar), and when."""

    id: str
    title: str
    text: str
    icon: str
    level: int
    awarded_at: datetime
    month: str | None = None
