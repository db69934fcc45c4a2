"""Quests that two friends do together: invited by one, begun by the other, done by both.

Invariant: nobody does two at once, whoever invited whom; what counts is what either earns from the beginning to the
end; each of the two claims for themselves.
"""

from datetime import datetime
from typing import Literal, cast
from uuid import UUID

from domains.gamification.errors import (
    FriendQuestRunning,
    NoFriendOfYours,
    QuestNotDone,
    QuestNotFound,
    TooManyInvitations,
)
from domains.gamification.events import FriendQuestBegun, FriendQuestInvited
from domains.gamification.policy.quests import FRIEND_QUEST, GRACE, INVITATION, Metric, friend_quest
from domains.gamification.policy.words import FALLBACK
from domains.gamification.quest_schemas import FriendOut, FriendQuestOut
from domains.gamification.repository import quests as repository
from domains.gamification.repository.quests import Together
from domains.gamification.rulebook import Rulebook
from domains.gamification.service import languages
from domains.identity import api as identity
from domains.kernel.clock import utc_now
from domains.kernel.uow import UnitOfWork
from domains.profiles import api as profiles

MOST_INVITATIONS = 5
"""Of one's own that wait for an answer."""


async def listed(uow: UnitOfWork, user_id: UUID) -> list[FriendQuestOut]:
    """Invitations are left out where the other may not be seen any more."""
    now = utc_now()
    found = [
        one
        for one in await repository.together(uow, user_id, since=now - GRACE)
        if not one.has_left and (one.began_at or one.ends_at > now)
    ]
    if not found:
        return []
    seen = await profiles.visible(uow, user_id, {one.other(user_id) for one in found})
    names = await identity.names(uow, seen)
    locale = await languages.locale(uow, user_id)
    shown = [_shown(one, user_id, name_of(uow, one.quest, locale), names, now) for one in found]
    return [one for one in shown if one.friend or one.state in {"running", "over"}]


async def ask(uow: UnitOfWork, user_id: UUID, other: UUID) -> None:
    """Invites a friend; who was invited by them begins. Asked twice is asked once.

    Raises NoFriendOfYours, FriendQuestRunning and TooManyInvitations.
    """
    if other not in await profiles.friends_of(uow.db, user_id) & await profiles.visible(uow, user_id, [other]):
        raise NoFriendOfYours
    now = utc_now()
    ends_at = now + FRIEND_QUEST
    if quest_id := await repository.begin(uow, other, user_id, now=now, ends_at=ends_at):
        if not await repository.join(uow, quest_id, [user_id, other], now=now):
            raise FriendQuestRunning
        uow.record(FriendQuestBegun(quest_id=quest_id, user_ids=sorted([user_id, other]), ends_at=ends_at))
        return
    known = await repository.together(uow, user_id, since=now)
    if any(one.began_at and not one.has_left and not one.claimed for one in known):
        raise FriendQuestRunning
    if any(one.inviter_id == user_id and one.invitee_id == other and not one.began_at for one in known):
        return
    quest = friend_quest(uow.db.port(Rulebook).quests, user_id, other, now.date())
    invitation = await repository.invite(
        uow, user_id, other, quest, now=now, ends_at=now + INVITATION, most=MOST_INVITATIONS
    )
    if invitation is None:
        raise TooManyInvitations
    uow.record(
        FriendQuestInvited(
            quest_id=invitation,
            from_id=user_id,
            to_id=other,
            quest=quest.id,
            name=quest.called(FALLBACK),
            days=FRIEND_QUEST.days,
        )
    )


def name_of(uow: UnitOfWork, quest_id: str, locale: str) -> str:
    """Of a friend quest, by its id in the book; the id itself where the book has no such quest any more."""
    quest = next((quest for quest in uow.db.port(Rulebook).quests.friend if quest.id == quest_id), None)
    return quest.called(locale) if quest else quest_id


async def leave(uow: UnitOfWork, user_id: UUID, quest_id: UUID) -> None:
    """An invitation from either side, or one's own part in a quest: the friend may go on. Raises QuestNotFound."""
    if not await repository.leave(uow, quest_id, user_id):
        raise QuestNotFound


async def forget(uow: UnitOfWork, user_id: UUID) -> None:
    """Invitations of an account that is erased; a friend may finish what runs."""
    await repository.forget(uow, user_id)


async def finish(uow: UnitOfWork, user_id: UUID, key: str) -> int:
    """What a quest that is done is worth; the learner may begin another one then. Raises QuestNotFound and
    QuestNotDone."""
    found = next(
        (
            one
            for one in await repository.together(uow, user_id, since=utc_now() - GRACE)
            if key == _key(one) and one.began_at and not one.has_left
        ),
        None,
    )
    if found is None:
        raise QuestNotFound
    if not found.claimed:
        if found.done.of(cast("Metric", found.metric)) < found.target:
            raise QuestNotDone
        await repository.stop(uow, found.id, user_id)
    return found.gems


def _key(one: Together) -> str:
    return f"friend:{one.id}"


def _state(one: Together, user_id: UUID, now: datetime) -> Literal["invited", "asked", "running", "over"]:
    if one.began_at is None:
        return "asked" if one.inviter_id == user_id else "invited"
    return "running" if now < one.ends_at else "over"


def _shown(one: Together, user_id: UUID, title: str, names: dict[UUID, str], now: datetime) -> FriendQuestOut:
    other = one.other(user_id)
    metric = cast("Metric", one.metric)
    return FriendQuestOut(
        id=one.id,
        key=_key(one),
        state=_state(one, user_id, now),
        friend=FriendOut(other, names[other]) if other in names else None,
        name=title,
        metric=metric,
        target=one.target,
        progress=min(one.done.of(metric), one.target),
        mine=one.own.of(metric),
        gems=one.gems,
        claimed=one.claimed,
        ends_at=one.ends_at,
    )
