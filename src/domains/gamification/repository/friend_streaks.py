"""SQL of streaks that two friends keep. A pair has one row, whoever asked; who is friends is for profiles to say."""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple
from uuid import UUID

from domains.gamification.policy.streaks import Book, Kept
from domains.kernel.uow import UnitOfWork

_PAIRS = """
    SELECT asker_id, asked_id, began_on FROM gamification_friend_streak
    WHERE asker_id = $1 OR asked_id = $1 ORDER BY created_at, asker_id, asked_id
"""
# In one order, so that two who ask each other at once cannot wait for each other.
_HOLD = "SELECT FROM gamification_streak WHERE user_id = ANY($1::uuid[]) ORDER BY user_id FOR UPDATE"
_OPEN = "INSERT INTO gamification_streak (user_id) SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING"
_ASK = "INSERT INTO gamification_friend_streak (asker_id, asked_id) VALUES ($1, $2) ON CONFLICT DO NOTHING"
_BEGIN = """
    UPDATE gamification_friend_streak SET began_on = $3
    WHERE asker_id = $1 AND asked_id = $2 AND began_on IS NULL RETURNING true
"""
_END = """
    DELETE FROM gamification_friend_streak
    WHERE (asker_id, asked_id) IN (($1, $2), ($2, $1)) RETURNING true
"""
_DAYS = """
    SELECT user_id, local_on, NULL AS kind FROM gamification_xp_entry
    WHERE user_id = ANY($1::uuid[]) AND local_on >= $2 GROUP BY user_id, local_on
    UNION ALL
    SELECT user_id, local_on, kind FROM gamification_streak_kept WHERE user_id = ANY($1::uuid[]) AND local_on >= $2
"""
_FORGET = "DELETE FROM gamification_friend_streak WHERE asker_id = $1 OR asked_id = $1"
_MOVE = [
    "DELETE FROM gamification_friend_streak WHERE (asker_id, asked_id) IN (($1, $2), ($2, $1))",
    """
    UPDATE gamification_friend_streak f SET
        asker_id = CASE asker_id WHEN $1 THEN $2 ELSE asker_id END,
        asked_id = CASE asked_id WHEN $1 THEN $2 ELSE asked_id END
    WHERE $1 IN (asker_id, asked_id) AND NOT EXISTS (
        SELECT FROM gamification_friend_streak o
        WHERE $2 IN (o.asker_id, o.asked_id)
            AND CASE f.asker_id WHEN $1 THEN f.asked_id ELSE f.asker_id END IN (o.asker_id, o.asked_id))
    """,
]


class Pair(NamedTuple):
    asker_id: UUID
    asked_id: UUID
    began_on: date | None
    """None while it is an invitation."""

    def other(self, user_id: UUID) -> UUID:
        return self.asked_id if user_id == self.asker_id else self.asker_id


async def pairs(uow: UnitOfWork, user_id: UUID) -> list[Pair]:
    """The oldest first."""
    return [Pair(*row) for row in await uow.fetch(_PAIRS, user_id)]


async def hold(uow: UnitOfWork, one: UUID, other: UUID) -> None:
    """No invitation to or from either, nor practice of theirs, until the commit."""
    both = sorted([one, other])
    await uow.fetch(_OPEN, both)
    await uow.fetch(_HOLD, both)


async def ask(uow: UnitOfWork, asker_id: UUID, asked_id: UUID) -> None:
    await uow.fetch(_ASK, asker_id, asked_id)


async def begin(uow: UnitOfWork, asker_id: UUID, asked_id: UUID, on: date) -> bool:
    """False where nobody had asked, or it had begun."""
    return bool(await uow.fetch(_BEGIN, asker_id, asked_id, on))


async def end(uow: UnitOfWork, one: UUID, other: UUID) -> bool:
    return bool(await uow.fetch(_END, one, other))


async def books(uow: UnitOfWork, user_ids: Collection[UUID], since: date) -> dict[UUID, Book]:
    """Days of several people; how many sessions there were is not counted."""
    days: dict[UUID, dict[date, int]] = {id_: {} for id_ in user_ids}
    kept: dict[UUID, dict[date, Kept]] = {id_: {} for id_ in user_ids}
    for user_id, on, kind in await uow.fetch(_DAYS, list(user_ids), since):
        if kind is None:
            days[user_id][on] = 1
        else:
            kept[user_id][on] = Kept(kind)
    return {id_: Book(days[id_], kept[id_]) for id_ in user_ids}


async def forget(uow: UnitOfWork, user_id: UUID) -> None:
    await uow.fetch(_FORGET, user_id)


async def move(uow: UnitOfWork, from_id: UUID, into_id: UUID) -> None:
    """What both kept with the same friend goes on as it was for the account that stays. Three round trips."""
    for statement in _MOVE:
        await uow.fetch(statement, from_id, into_id)
    await forget(uow, from_id)
