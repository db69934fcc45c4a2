"""Quests: which a learner has, and how far they have got.

Invariant: which quests somebody has follows from who they are and the day, so none is handed out by a job, none is lost
by one that did not run, and looking again never brings other ones. How far they have got is what the ledger says of
those days, so nothing is counted twice and nothing is lost.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from hashlib import blake2b
from typing import Annotated, Literal, NamedTuple
from uuid import UUID

import msgspec

from domains.gamification.policy.shop import Id
from domains.gamification.policy.words import Text, is_said, said

Metric = Literal["xp", "lessons", "practices", "sessions", "days"]
Cadence = Literal["daily", "weekly"]

DAILY = 3
"""Quests of a day, each about something else."""
GRACE = timedelta(days=1)
"""How long after its last day a quest may still be claimed: nobody loses one by going to bed."""
FRIEND_QUEST = timedelta(days=5)
INVITATION = timedelta(days=3)
"""How long an invitation stands."""

Target = Annotated[int, msgspec.Meta(ge=1, le=100_000)]
Gems = Annotated[int, msgspec.Meta(ge=1, le=1_000)]


class Quest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: Id
    metric: Metric
    """xp; lessons, viewed ones among them; practices of any kind; sessions, both together; days with any XP."""
    target: Target
    gems: Gems
    name: Text

    def called(self, locale: str) -> str:
        return said(self.name, locale, self.target)


class Badge(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    quests: Annotated[int, msgspec.Meta(ge=1, le=93)]
    """Daily quests of one month that earn its badge."""
    gems: Gems
    icon: Annotated[str, msgspec.Meta(max_length=200)] = ""
    title: Text = "Badge of the month"
    text: Text = ""
    """`{n}` in it is `quests`."""


class QuestBook(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: Literal[1]
    daily: Annotated[tuple[Quest, ...], msgspec.Meta(max_length=200)]
    weekly: Annotated[tuple[Quest, ...], msgspec.Meta(max_length=200)]
    friend: Annotated[tuple[Quest, ...], msgspec.Meta(max_length=200)]
    """`target` is for both together, `gems` for each."""
    badge: Badge

    def __post_init__(self) -> None:
        """Raises ValueError, which says what of the book cannot be."""
        for name in ("daily", "weekly", "friend"):
            quests: tuple[Quest, ...] = getattr(self, name)
            if len({quest.id for quest in quests}) < len(quests):
                raise ValueError(f"two {name} quests have the same id")
            if unsaid := [quest.id for quest in quests if not is_said(quest.name)]:
                raise ValueError(f"quest `{unsaid[0]}`: its name is missing in English (`en`)")
        if not is_said(self.badge.title) or (self.badge.text and not is_said(self.badge.text)):
            raise ValueError("the words of the badge are missing in English (`en`)")
        if len({quest.metric for quest in self.daily}) < DAILY:
            raise ValueError(f"the daily quests are about fewer than {DAILY} things")
        if not all(any(quest.metric != "days" for quest in quests) for quests in (self.weekly, self.friend)):
            raise ValueError("there is no weekly, or no friend quest about anything but days")
        if any(quest.metric == "days" for quest in (*self.daily, *self.friend)):
            raise ValueError("only a weekly quest can be about days")


class Period(NamedTuple):
    """Days of somebody's own calendar, both ends among them."""

    first_on: date
    last_on: date


class Given(NamedTuple):
    """A quest that somebody has."""

    key: str
    """Names it for good: cadence, first day and id. No colon but those between them."""
    cadence: Cadence
    period: Period
    quest: Quest


class Done(NamedTuple):
    """What the ledger says of some days."""

    xp: int = 0
    lessons: int = 0
    practices: int = 0
    days: int = 0

    def of(self, metric: Metric) -> int:
        return self.lessons + self.practices if metric == "sessions" else max(0, getattr(self, metric))


def period(cadence: Cadence, on: date) -> Period:
    """That `on` lies in: the day, or its week from Monday."""
    if cadence == "daily":
        return Period(on, on)
    monday = on - timedelta(days=on.weekday())
    return Period(monday, monday + timedelta(days=6))


def given(book: QuestBook, user_id: UUID, on: date, *, streaks: bool = True) -> list[Given]:
    """Somebody's quests of their local date; who wants no `streaks` has none that asks for days."""
    return [
        Given(f"{cadence}:{when.first_on}:{quest.id}", cadence, when, quest)
        for cadence, pool, most in _pools(book)
        for when in [period(cadence, on)]
        for quest in _drawn(
            (one for one in pool if streaks or one.metric != "days"), f"{user_id}:{cadence}:{when.first_on}", most
        )
    ]


def claimable(book: QuestBook, user_id: UUID, on: date, *, streaks: bool = True) -> list[Given]:
    """Those of `on`, and those before them that are over and still may be claimed."""
    own = given(book, user_id, on, streaks=streaks)
    late = given(book, user_id, on - GRACE, streaks=streaks)
    return own + [quest for quest in late if quest.key not in {one.key for one in own}]


def keys_of_one(book: QuestBook, user_id: UUID, given_: Given) -> set[str]:
    """Of which one is claimed: who switches streaks on or off has another quest of the same week, and not two."""
    if given_.cadence == "daily":
        return {given_.key}
    draws = [given(book, user_id, given_.period.first_on, streaks=streaks) for streaks in (True, False)]
    return {one.key for draw in draws for one in draw if one.cadence == "weekly"}


def friend_quest(book: QuestBook, one: UUID, other: UUID, on: date) -> Quest:
    """The same for both, and another one in another week."""
    low, high = sorted((one, other))
    [quest] = _drawn(book.friend, f"{low}:{high}:{period('weekly', on).first_on}", 1)
    return quest


def month_of(key: str) -> str | None:
    """`YYYY-MM` of a daily quest, by its key; None for any other."""
    cadence, _, rest = key.partition(":")
    return rest[:7] if cadence == "daily" else None


def _pools(book: QuestBook) -> list[tuple[Cadence, tuple[Quest, ...], int]]:
    return [("daily", book.daily, DAILY), ("weekly", book.weekly, 1)]


def _drawn(pool: Iterable[Quest], seed: str, most: int) -> list[Quest]:
    """Up to `most`, no two about the same thing. By a hash of each, so that one more moves few of the rest."""
    order = sorted(pool, key=lambda quest: blake2b(f"{seed}:{quest.id}".encode(), digest_size=8).digest())
    first: dict[str, Quest] = {}
    for quest in order:
        first.setdefault(quest.metric, quest)
    return list(first.values())[:most]
