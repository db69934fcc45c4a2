"""What was earned lately, as it was announced then: for screens that did not hear of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from domains.gamification.repository import results
from domains.gamification.schemas import SessionResultOut
from domains.kernel.uow import Database
from domains.learning import api as learning


class PastReward(NamedTuple):
    """A completed lesson; XP and streak as they were after it."""

    user_id: UUID
    lesson_id: UUID
    session_id: UUID | None
    xp_earned: int
    xp_total: int
    streak_days: int
    at: datetime


async def rewards_since(db: Database, since: Mapping[UUID, datetime], *, most: int) -> list[PastReward]:
    """Of several learners at once, each with a moment of their own and the newest `most` from there; oldest first."""
    rows = await results.rewards(db, since, most=most)
    causes = [row.cause.partition(":")[::2] for row in rows]
    lessons = await learning.lessons_of(db, [UUID(id_) for kind, id_ in causes if kind == "lesson"])
    found = []
    for row, (kind, id_) in zip(rows, causes, strict=True):
        session_id = UUID(id_) if kind == "lesson" else None
        lesson_id = lessons.get(session_id) if session_id else UUID(id_)
        if lesson_id is None:
            continue
        # A lesson without exercises leaves no answer behind; the streak has not changed since, or is newer.
        days = msgspec.json.decode(row.body, type=SessionResultOut).streak if row.body else row.streak_days
        found.append(PastReward(row.user_id, lesson_id, session_id, row.amount, row.xp_total, days, row.at))
    return found
