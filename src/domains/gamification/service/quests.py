"""Quests: what somebody has, how far they have got, and taking the gems for it.

Invariant: a quest is claimed once, and only when the ledger says that it is done; what was claimed is an entry in the
ledger of gems, and a month's badge is one too.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from domains.gamification.errors import QuestNotDone, QuestNotFound
from domains.gamification.events import MonthlyBadgeEarned, QuestClaimed
from domains.gamification.policy import quests as policy
from domains.gamification.policy.quests import Given
from domains.gamification.quest_schemas import BadgeAheadOut, BadgeOut, ClaimOut, QuestOut, QuestsOut
from domains.gamification.repository import gems as purses
from domains.gamification.repository import quests as repository
from domains.gamification.rulebook import Rulebook
from domains.gamification.service import friend_quests, gems, languages
from domains.identity import api as identity
from domains.kernel.clock import utc_now
from domains.kernel.uow import UnitOfWork
from domains.kernel.zones import local_date
from domains.profiles import api as profiles


class _Held(NamedTuple):
    given: Given
    progress: int
    claimed: bool

    @property
    def is_done(self) -> bool:
        return self.progress >= self.given.quest.target


async def listed(uow: UnitOfWork, user_id: UUID) -> QuestsOut:
    today, locale = await _today(uow, user_id), await languages.locale(uow, user_id)
    held = await _held(uow, user_id, await _given(uow, user_id, today))
    month = f"{today:%Y-%m}"
    return QuestsOut(
        quests=[
            _shown(one, locale)
            for one in held
            if one.given.period.last_on >= today or (one.is_done and not one.claimed)
        ],
        friends=await friend_quests.listed(uow, user_id),
        month=BadgeAheadOut(
            month,
            await repository.count_claimed(uow, user_id, f"quest:daily:{month}"),
            uow.db.port(Rulebook).quests.badge.quests,
        ),
        badges=[BadgeOut(*earned) for earned in (await months(uow, user_id)).items()],
    )


async def months(uow: UnitOfWork, user_id: UUID) -> dict[str, datetime]:
    """Whose badges somebody has, and since when; the oldest first."""
    found: dict[str, datetime] = {}
    for cause, at in await purses.causes(uow, user_id, "badge:"):
        found.setdefault(cause.split(":")[1], at)
    return found


async def claim(uow: UnitOfWork, user_id: UUID, key: str) -> ClaimOut:
    """Again brings nothing and is no error. Raises QuestNotFound and QuestNotDone."""
    claimed = False
    if key.startswith("friend:"):
        worth = await friend_quests.finish(uow, user_id, key)
    else:
        given = await _given(uow, user_id, await _today(uow, user_id))
        found = await _held(uow, user_id, [one for one in given if one.key == key])
        if not found:
            raise QuestNotFound
        claimed, worth = found[0].claimed, found[0].given.quest.gems
        if not found[0].is_done and not claimed:
            raise QuestNotDone
    earned, badge = 0, None
    if not claimed and await gems.earn(uow, user_id, worth, f"quest:{key}"):
        uow.record(QuestClaimed(user_id=user_id, key=key, gems=worth))
        badge = await _badge(uow, user_id, key)
        earned = worth
    return ClaimOut(key, earned, (await purses.purse(uow, user_id)).gems, badge)


async def _badge(uow: UnitOfWork, user_id: UUID, key: str) -> str | None:
    """The month whose badge is earned by this claim. The purse is held, so claims at once are counted one by one."""
    month = policy.month_of(key)
    rule = uow.db.port(Rulebook).quests.badge
    if month is None or await repository.count_claimed(uow, user_id, f"quest:daily:{month}") < rule.quests:
        return None
    if not await gems.earn(uow, user_id, rule.gems, f"badge:{month}"):
        return None
    uow.record(MonthlyBadgeEarned(user_id=user_id, month=month))
    return month


async def _today(uow: UnitOfWork, user_id: UUID) -> date:
    return local_date(utc_now(), await identity.time_zone(uow, user_id))


async def _given(uow: UnitOfWork, user_id: UUID, today: date) -> list[Given]:
    wants = await profiles.preferences(uow, user_id)
    return policy.claimable(uow.db.port(Rulebook).quests, user_id, today, streaks=wants.streaks)


async def _held(uow: UnitOfWork, user_id: UUID, given: Sequence[Given]) -> list[_Held]:
    """Two round trips, however many they are."""
    if not given:
        return []
    periods = list(dict.fromkeys(one.period for one in given))
    done = dict(zip(periods, await repository.done(uow, user_id, periods), strict=True))
    book = uow.db.port(Rulebook).quests
    causes = [{f"quest:{key}" for key in policy.keys_of_one(book, user_id, one)} for one in given]
    claimed = await repository.claimed(uow, user_id, [cause for some in causes for cause in some])
    return [
        _Held(one, done[one.period].of(one.quest.metric), not claimed.isdisjoint(some))
        for one, some in zip(given, causes, strict=True)
    ]


def _shown(held: _Held, locale: str) -> QuestOut:
    key, cadence, when, quest = held.given
    return QuestOut(
        key=key,
        cadence=cadence,
        name=quest.called(locale),
        metric=quest.metric,
        target=quest.target,
        progress=min(held.progress, quest.target),
        gems=quest.gems,
        claimed=held.claimed,
        first_on=when.first_on,
        last_on=when.last_on,
    )
