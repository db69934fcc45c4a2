"""Achievements: given by what the logs say, in sets, each level once.

Invariant: the row of an award is written once, and with it go its gems, its fact and the line in the feed. Nothing is
counted here: who missed a fact, or came before an achievement did, is given it by the next thing that they practise.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from domains.gamification.achievement_schemas import AchievedOut, AchievementOut, AchievementsOut, AwardOut
from domains.gamification.events import AchievementAwarded, LessonRewarded
from domains.gamification.policy.achievements import (
    Achievement,
    Achievements,
    Counter,
    Mode,
    Reached,
)
from domains.gamification.policy.words import said
from domains.gamification.repository import achievements as repository
from domains.gamification.repository.achievements import Award, Practised, Sums
from domains.gamification.repository.gems import Payment
from domains.gamification.rulebook import Rulebook
from domains.gamification.service import gems, languages, quests
from domains.identity import api as identity
from domains.kernel.uow import UnitOfWork
from domains.kernel.zones import local_date
from domains.learning import api as learning
from domains.profiles import api as profiles


class Words(NamedTuple):
    """Of one level of an achievement."""

    title: str
    text: str


class Occasion(NamedTuple):
    """Something by which a learner may have reached something."""

    user_id: UUID
    at: datetime
    correlation_id: str
    local_on: date | None = None
    """The learner's own date then, where it is known."""

    @classmethod
    def of(cls, fact: LessonRewarded) -> "Occasion":
        return cls(fact.user_id, fact.occurred_at, fact.correlation_id, fact.local_on)


async def award(uow: UnitOfWork, occasions: Sequence[Occasion], counters: Collection[Counter] | None = None) -> None:
    """What these learners have reached by now, dated by the last of what they did. `counters`: on which the occasions
    can have made a difference; None for any."""
    book = uow.db.port(Rulebook).achievements
    last = {occasion.user_id: occasion for occasion in sorted(occasions, key=lambda occasion: occasion.at)}
    held = await repository.held(uow, last)
    wanted = {user_id: book.wanted(held[user_id]) for user_id in last}
    if counters is not None:
        wanted = {user_id: some.intersection(counters) for user_id, some in wanted.items()}
    numbers = await _numbers(uow, wanted)
    off = await _switched_off(uow, last)
    due = [
        _award(book, occasion, reached)
        for user_id, occasion in last.items()
        for reached in book.reached(numbers[user_id], held[user_id], off[user_id])
    ]
    if due:
        await _give(uow, book, await repository.add(uow, await _dated(uow, due)), last)


async def listed(uow: UnitOfWork, user_id: UUID) -> AchievementsOut:
    """All there are for this learner, but secrets that were not reached."""
    book, awards = uow.db.port(Rulebook).achievements, await repository.awards(uow, user_id)
    held = {Reached(award.achievement, award.level) for award in awards}
    numbers = (await _numbers(uow, {user_id: {one.counter for one in book.by_id.values()}}))[user_id]
    off = (await _switched_off(uow, [user_id]))[user_id]
    known = {award.achievement for award in awards}
    here = [one for one in book.by_id.values() if one.id in known or one.mode not in off]
    locale = await languages.locale(uow, user_id)
    return AchievementsOut(
        [_shown(one, numbers, awards, held, locale) for one in here if one.id in known or not one.secret],
        sum(one.secret and one.id not in known for one in here),
    )


async def badges(uow: UnitOfWork, me: UUID, other: UUID) -> list[AchievedOut]:
    """What somebody has reached, the newest first; nothing of those who show no more than their name. Raises
    PersonNotFound."""
    if not await profiles.sees_profile(uow, me, other):
        return []
    book, locale = uow.db.port(Rulebook).achievements, await languages.locale(uow, me)
    highest: dict[str, Award] = {}
    for award in await repository.awards(uow, other):
        if award.achievement not in highest or highest[award.achievement].level < award.level:
            highest[award.achievement] = award
    mine = {reached.achievement for reached in (await repository.held(uow, [me]))[me]}
    found = [
        _badge(one, award, locale)
        for award in highest.values()
        if (one := book.by_id.get(award.achievement)) and (not one.secret or one.id in mine)
    ]
    monthly = uow.db.port(Rulebook).quests.badge
    title, text = said(monthly.title, locale), said(monthly.text, locale, monthly.quests)
    for month, at in (await quests.months(uow, other)).items():
        found.append(AchievedOut(f"month:{month}", title, text, monthly.icon, 1, at, month))
    return sorted(found, key=lambda badge: badge.awarded_at, reverse=True)


def words(uow: UnitOfWork, achievement: str, level: int, locale: str) -> Words | None:
    """None where there is no such achievement any more."""
    one = uow.db.port(Rulebook).achievements.by_id.get(achievement)
    return _words(one, level, locale) if one else None


def _words(one: Achievement, level: int, locale: str) -> Words:
    number = one.levels[min(level, len(one.levels)) - 1]
    return Words(said(one.title, locale, number), said(one.text, locale, number))


def _award(book: Achievements, occasion: Occasion, reached: Reached) -> Award:
    one = book.by_id[reached.achievement]
    gems = one.pays(reached.level)
    return Award(occasion.user_id, *reached, one.version, gems, occasion.at, occasion.local_on)


async def _dated(uow: UnitOfWork, awards: Sequence[Award]) -> list[Award]:
    """With the learners' own dates where those are not known yet."""
    undated = {award.user_id for award in awards if award.local_on is None}
    zones = await identity.time_zones(uow, undated) if undated else {}
    return [
        award._replace(local_on=local_date(award.awarded_at, zones[award.user_id])) if award.user_id in zones else award
        for award in awards
    ]


async def _give(uow: UnitOfWork, book: Achievements, awards: Sequence[Award], causes: Mapping[UUID, Occasion]) -> None:
    for award in awards:
        uow.record(
            AchievementAwarded(
                user_id=award.user_id,
                achievement=award.achievement,
                level=award.level,
                gems=award.gems,
                awarded_at=award.awarded_at,
                local_on=award.local_on,
                correlation_id=causes[award.user_id].correlation_id,
            )
        )
    # A secret told to friends would be none, and of several levels at once the highest is news.
    highest = {award[:2]: award for award in awards if not book.by_id[award.achievement].secret}
    await profiles.share_achievements(uow, [profiles.Badge(*award[:3]) for award in highest.values()])
    # The purse is taken last: see `service.gems`.
    await gems.earn_many(
        uow,
        [
            Payment(award.user_id, f"achievement:{award.achievement}:{award.level}", award.gems)
            for award in awards
            if award.gems
        ],
    )


async def _numbers(uow: UnitOfWork, wanted: Mapping[UUID, set[Counter]]) -> dict[UUID, dict[str, int]]:
    """What is asked for of each learner, and perhaps more. Long logs are read only for those of whom it matters."""
    found: dict[UUID, dict[str, int]] = {user_id: {} for user_id in wanted}
    for source, counters in (
        (repository.sums, Sums._fields),
        (repository.practised, Practised._fields),
        (learning.totals, learning.Totals._fields),
    ):
        asked = [user_id for user_id, some in wanted.items() if not some.isdisjoint(counters)]
        if asked:
            for user_id, numbers in (await source(uow, asked)).items():
                found[user_id] |= numbers._asdict()
    social = [user_id for user_id, some in wanted.items() if "friends" in some]
    for user_id, count in (await profiles.friend_counts(uow, social)).items():
        found[user_id]["friends"] = count
    return found


async def _switched_off(uow: UnitOfWork, user_ids: Sequence[UUID] | Mapping[UUID, object]) -> dict[UUID, set[Mode]]:
    wishes = await profiles.preferences_of(uow, list(user_ids))
    found: dict[UUID, set[Mode]] = {user_id: set() for user_id in user_ids}
    for user_id, preferences in wishes.items():
        if not preferences.streaks:
            found[user_id].add("streaks")
        if not preferences.leagues:
            found[user_id].add("leagues")
    return found


def _shown(
    one: Achievement, numbers: Mapping[str, int], awards: Sequence[Award], held: set[Reached], locale: str
) -> AchievementOut:
    own = [award for award in awards if award.achievement == one.id]
    level = max((award.level for award in own), default=0)
    top = len(one.levels)
    ahead = min(level + 1, top)
    title, text = _words(one, ahead, locale)
    return AchievementOut(
        id=one.id,
        title=title,
        text=text,
        icon=one.icon,
        counter=one.counter,
        value=numbers.get(one.counter, 0),
        levels=one.levels,
        level=level,
        gems=one.pays(ahead) if level < top else 0,
        secret=one.secret,
        locked=any(Reached(need.achievement, need.level) not in held for need in one.needs),
        needs=one.needs,
        awards=[AwardOut(award.level, award.awarded_at, award.local_on, award.gems) for award in own],
    )


def _badge(one: Achievement, award: Award, locale: str) -> AchievedOut:
    return AchievedOut(one.id, *_words(one, award.level, locale), one.icon, award.level, award.awarded_at)
