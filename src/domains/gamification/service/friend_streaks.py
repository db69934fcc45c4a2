"""Streaks that two friends keep. Invariant: nobody begins another one than MOST_TOGETHER, invitations of their own
included. One with somebody who is no friend any more waits unseen, and takes no room.

The days are counted from both ledgers whenever it is looked at; nothing repeats them.
"""

from datetime import date
from typing import Literal
from uuid import UUID

from domains.gamification.errors import NoFriendStreak, NotFriends, TooManyFriendStreaks
from domains.gamification.policy.streaks import MOST_TOGETHER, Book, Safety, Streak, lasts, together
from domains.gamification.repository import friend_streaks as repository
from domains.gamification.repository.friend_streaks import Pair
from domains.gamification.streak_schemas import FriendStreakOut, FriendStreaksOut
from domains.identity import api as identity
from domains.kernel.clock import utc_now
from domains.kernel.uow import UnitOfWork
from domains.kernel.zones import local_date
from domains.profiles import api as profiles


async def listed(uow: UnitOfWork, user_id: UUID) -> FriendStreaksOut:
    """Of those only who are friends still, and may be seen."""
    friends = await profiles.friends_of(uow.db, user_id)
    pairs = [pair for pair in await repository.pairs(uow, user_id) if pair.other(user_id) in friends]
    people = {user_id, *(pair.other(user_id) for pair in pairs)}
    names, zones = await identity.people(uow, people), await identity.time_zones(uow, people)
    begun = [pair.began_on for pair in pairs if pair.began_on]
    books = await repository.books(uow, people, min(begun)) if begun else {}
    now = utc_now()
    items = []
    for pair in pairs:
        other = pair.other(user_id)
        if other in names:
            today = {id_: local_date(now, zones.get(id_, "UTC")) for id_ in (user_id, other)}
            items.append(_shown(pair, user_id, names[other].name, books, today))
    return FriendStreaksOut(MOST_TOGETHER, items)


async def ask(uow: UnitOfWork, user_id: UUID, other: UUID) -> None:
    """Asked twice is asked once; who was asked and asks accepts. Raises NotFriends and TooManyFriendStreaks."""
    pairs = await _held(uow, user_id, other)
    known = next((pair for pair in pairs if pair.other(user_id) == other), None)
    if known is not None and (known.asker_id == user_id or known.began_on):
        return
    if known is not None:
        await _begin(uow, known, pairs)
        return
    if _count(pairs, user_id) >= MOST_TOGETHER:
        raise TooManyFriendStreaks
    await repository.ask(uow, user_id, other)


async def accept(uow: UnitOfWork, user_id: UUID, other: UUID) -> None:
    """Raises NotFriends, NoFriendStreak and TooManyFriendStreaks."""
    pairs = await _held(uow, user_id, other)
    known = next((pair for pair in pairs if pair.asker_id == other), None)
    if known is None:
        raise NoFriendStreak
    if known.began_on is None:
        await _begin(uow, known, pairs)


async def end(uow: UnitOfWork, user_id: UUID, other: UUID) -> None:
    """Also an invitation, from either side. Raises NoFriendStreak."""
    if not await repository.end(uow, user_id, other):
        raise NoFriendStreak


async def forget(uow: UnitOfWork, user_id: UUID) -> None:
    await repository.forget(uow, user_id)


async def _held(uow: UnitOfWork, user_id: UUID, other: UUID) -> list[Pair]:
    friends = await profiles.friends_of(uow.db, user_id)
    if other not in friends:
        raise NotFriends
    await repository.hold(uow, user_id, other)
    return [pair for pair in await repository.pairs(uow, user_id) if pair.other(user_id) in friends]


async def _begin(uow: UnitOfWork, pair: Pair, own: list[Pair]) -> None:
    if _count(own, pair.asked_id) >= MOST_TOGETHER:
        raise TooManyFriendStreaks
    today = local_date(utc_now(), await identity.time_zone(uow, pair.asked_id))
    await repository.begin(uow, pair.asker_id, pair.asked_id, today)


def _count(pairs: list[Pair], user_id: UUID) -> int:
    return sum(1 for pair in pairs if pair.began_on or pair.asker_id == user_id)


def _shown(pair: Pair, me: UUID, name: str, books: dict[UUID, Book], today: dict[UUID, date]) -> FriendStreakOut:
    other = pair.other(me)
    state: Literal["asked", "invited", "running"]
    if pair.began_on is None:
        state = "asked" if pair.asker_id == me else "invited"
        return FriendStreakOut(other, name, state, 0, 0, mine_today=False, theirs_today=False)
    mine, theirs = books[me], books[other]
    streak = together(mine, theirs, pair.began_on)
    # Whoever's day began first may have to wait for the other's.
    current = streak.current if _goes_on(streak, min(today.values())) else 0
    return FriendStreakOut(
        other,
        name,
        "running",
        current,
        streak.longest,
        mine_today=today[me] in mine.practised,
        theirs_today=today[other] in theirs.practised,
    )


def _goes_on(streak: Streak, today: date) -> bool:
    return lasts(streak, today, Safety())
