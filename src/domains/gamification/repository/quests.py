"""SQL of quests. How far somebody has got is read from the ledger of XP, what they took from the ledger of gems."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domains.gamification.policy.quests import Done, Period, Quest
from domains.kernel.ids import new_id
from domains.kernel.uow import UnitOfWork

# Counts of the entries `e`. A correction is neither a lesson nor a practice of its own.
_COUNTS = """
    coalesce(sum(e.amount), 0)::int AS xp,
    (count(*) FILTER (WHERE e.cause LIKE 'lesson:%' OR e.cause LIKE 'view:%'))::int AS lessons,
    (count(*) FILTER (WHERE e.cause LIKE 'practice:%'))::int AS practices,
    count(DISTINCT e.local_on)::int AS days
"""

_DONE = f"""
    SELECT {_COUNTS} FROM unnest($2::date[], $3::date[]) WITH ORDINALITY AS p (first_on, last_on, place)
    LEFT JOIN gamification_xp_entry e ON e.user_id = $1 AND e.local_on BETWEEN p.first_on AND p.last_on
    GROUP BY p.place ORDER BY p.place
"""  # noqa: S608 - a constant of ours
_CLAIMED = "SELECT cause FROM gamification_gem_entry WHERE user_id = $1 AND cause = ANY($2::text[])"
_COUNT_CLAIMED = "SELECT count(*) FROM gamification_gem_entry WHERE user_id = $1 AND cause LIKE $2"

# A local day begins up to a day before or after that of UTC: the index of days finds the entries, the moment decides.
_TOGETHER = f"""
    SELECT q.id, q.quest, q.metric, q.target, q.gems, q.inviter_id, q.invitee_id, q.began_at, q.ends_at,
        q.began_at IS NOT NULL AND m.user_id IS NULL AS has_left,
        EXISTS (SELECT FROM gamification_gem_entry g WHERE g.user_id = $1 AND g.cause = 'quest:friend:' || q.id)
            AS claimed,
        d.xp, d.lessons, d.practices, d.days, d.own_xp, d.own_lessons, d.own_practices, d.own_days
    FROM gamification_friend_quest q
    LEFT JOIN gamification_friend_quest_member m ON m.quest_id = q.id AND m.user_id = $1
    CROSS JOIN LATERAL (
        SELECT {_COUNTS},
            coalesce(sum(e.amount) FILTER (WHERE e.user_id = $1), 0)::int AS own_xp,
            (count(*) FILTER (WHERE e.user_id = $1 AND (e.cause LIKE 'lesson:%' OR e.cause LIKE 'view:%')))::int
                AS own_lessons,
            (count(*) FILTER (WHERE e.user_id = $1 AND e.cause LIKE 'practice:%'))::int AS own_practices,
            (count(DISTINCT e.local_on) FILTER (WHERE e.user_id = $1))::int AS own_days
        FROM gamification_xp_entry e
        WHERE e.user_id IN (q.inviter_id, q.invitee_id)
            AND e.local_on BETWEEN q.began_at::date - 1 AND q.ends_at::date + 1
            AND e.occurred_at >= q.began_at AND e.occurred_at < q.ends_at
    ) d
    WHERE (q.inviter_id = $1 OR q.invitee_id = $1) AND q.ends_at > $2 ORDER BY q.id
"""  # noqa: S608 - a constant of ours

_FORGET_OLD = """
    DELETE FROM gamification_friend_quest
    WHERE inviter_id = $1 AND invitee_id = $2 AND began_at IS NULL AND ends_at <= $3
"""
_INVITE = """
    INSERT INTO gamification_friend_quest (id, quest, metric, target, gems, inviter_id, invitee_id, ends_at)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8 WHERE (
        SELECT count(*) FROM gamification_friend_quest WHERE inviter_id = $6 AND began_at IS NULL AND ends_at > $9
    ) < $10
    ON CONFLICT DO NOTHING RETURNING id
"""
_BEGIN = """
    UPDATE gamification_friend_quest SET began_at = $3, ends_at = $4
    WHERE inviter_id = $1 AND invitee_id = $2 AND began_at IS NULL AND ends_at > $3 RETURNING id
"""
_END_OLD = """
    UPDATE gamification_friend_quest_member m SET running = false FROM gamification_friend_quest q
    WHERE m.user_id = ANY($1::uuid[]) AND m.running AND q.id = m.quest_id AND q.ends_at <= $2
"""
_JOIN = """
    INSERT INTO gamification_friend_quest_member (quest_id, user_id, running)
    SELECT $1, id, true FROM unnest($2::uuid[]) AS u (id) ORDER BY id ON CONFLICT DO NOTHING RETURNING user_id
"""
_STOP = "UPDATE gamification_friend_quest_member SET running = false WHERE quest_id = $1 AND user_id = $2"
_LEAVE = """
    WITH invitation AS (
        DELETE FROM gamification_friend_quest
        WHERE id = $1 AND $2 IN (inviter_id, invitee_id) AND began_at IS NULL RETURNING id
    ), place AS (
        DELETE FROM gamification_friend_quest_member WHERE quest_id = $1 AND user_id = $2 RETURNING quest_id
    )
    SELECT id FROM invitation UNION ALL SELECT quest_id FROM place
"""
_FORGET = "DELETE FROM gamification_friend_quest WHERE began_at IS NULL AND $1 IN (inviter_id, invitee_id)"

# A quest with oneself is none; of two that run at once, one goes on.
_MOVE = [
    """
    DELETE FROM gamification_friend_quest
    WHERE (inviter_id, invitee_id) IN (($1, $2), ($2, $1)) OR (began_at IS NULL AND $1 IN (inviter_id, invitee_id))
    """,
    """
    UPDATE gamification_friend_quest SET
        inviter_id = CASE inviter_id WHEN $1 THEN $2 ELSE inviter_id END,
        invitee_id = CASE invitee_id WHEN $1 THEN $2 ELSE invitee_id END
    WHERE $1 IN (inviter_id, invitee_id)
    """,
    """
    UPDATE gamification_friend_quest_member m SET user_id = $2, running = m.running AND NOT EXISTS (
        SELECT FROM gamification_friend_quest_member o WHERE o.user_id = $2 AND o.running)
    WHERE m.user_id = $1
    """,
]


class Together(NamedTuple):
    """A friend quest, or the invitation to one."""

    id: UUID
    quest: str
    metric: str
    target: int
    gems: int
    inviter_id: UUID
    invitee_id: UUID
    began_at: datetime | None
    """None for an invitation."""
    ends_at: datetime
    has_left: bool
    claimed: bool
    done: Done
    """By both."""
    own: Done

    def other(self, user_id: UUID) -> UUID:
        return self.invitee_id if user_id == self.inviter_id else self.inviter_id


async def done(uow: UnitOfWork, user_id: UUID, periods: Sequence[Period]) -> list[Done]:
    """In their order."""
    firsts, lasts = (list(column) for column in zip(*periods, strict=True))
    return [Done(*row) for row in await uow.fetch(_DONE, user_id, firsts, lasts)]


async def claimed(uow: UnitOfWork, user_id: UUID, causes: Sequence[str]) -> set[str]:
    return {row["cause"] for row in await uow.fetch(_CLAIMED, user_id, list(causes))}


async def count_claimed(uow: UnitOfWork, user_id: UUID, prefix: str) -> int:
    """Causes that begin so; there is no wildcard in `prefix`."""
    [row] = await uow.fetch(_COUNT_CLAIMED, user_id, f"{prefix}%")
    count: int = row["count"]
    return count


async def together(uow: UnitOfWork, user_id: UUID, *, since: datetime) -> list[Together]:
    """Those of a learner that end after `since`, the oldest first."""
    found = []
    for row in await uow.fetch(_TOGETHER, user_id, since):
        id_, quest, metric, target, gems, inviter_id, invitee_id, began_at, ends_at, has_left, has, *counts = row
        done, own = Done(*counts[:4]), Done(*counts[4:])
        found.append(
            Together(
                id_, quest, metric, target, gems, inviter_id, invitee_id, began_at, ends_at, has_left, has, done, own
            )
        )
    return found


async def invite(
    uow: UnitOfWork, from_id: UUID, to_id: UUID, quest: Quest, *, now: datetime, ends_at: datetime, most: int
) -> UUID | None:
    """None where there is one already, or `most` wait for an answer. Two round trips."""
    await uow.fetch(_FORGET_OLD, from_id, to_id, now)
    values = (quest.id, quest.metric, quest.target, quest.gems)
    rows = await uow.fetch(_INVITE, new_id(), *values, from_id, to_id, ends_at, now, most)
    return rows[0]["id"] if rows else None


async def begin(uow: UnitOfWork, from_id: UUID, to_id: UUID, *, now: datetime, ends_at: datetime) -> UUID | None:
    """The quest of an invitation, or None where there is none."""
    rows = await uow.fetch(_BEGIN, from_id, to_id, now, ends_at)
    return rows[0]["id"] if rows else None


async def join(uow: UnitOfWork, quest_id: UUID, user_ids: Sequence[UUID], *, now: datetime) -> bool:
    """False where one of them does another. Two round trips."""
    await uow.fetch(_END_OLD, list(user_ids), now)
    return len(await uow.fetch(_JOIN, quest_id, list(user_ids))) == len(user_ids)


async def stop(uow: UnitOfWork, quest_id: UUID, user_id: UUID) -> None:
    """From now on the learner may begin another one."""
    await uow.fetch(_STOP, quest_id, user_id)


async def leave(uow: UnitOfWork, quest_id: UUID, user_id: UUID) -> bool:
    """Takes an invitation back, from either side, or one's own part in a quest. False where there is none."""
    return bool(await uow.fetch(_LEAVE, quest_id, user_id))


async def forget(uow: UnitOfWork, user_id: UUID) -> None:
    await uow.fetch(_FORGET, user_id)


async def move(uow: UnitOfWork, from_id: UUID, into_id: UUID) -> None:
    for statement in _MOVE:
        await uow.fetch(statement, from_id, into_id)
