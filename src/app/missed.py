"""What a screen must not lose, read from where it is kept when its frame is gone."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domains.gamification import api as gamification
from domains.kernel.batch import Batcher
from domains.kernel.uow import Database
from domains.notifications import api as notifications
from realtime.ports import DurableSince
from realtime.wire import Missed, MissedLesson, MissedNotification

MOST = 100
"""For one person; older ones are seen where they always are."""


class _Wanted(NamedTuple):
    user_id: UUID
    since: datetime


def durable_since(db: Database) -> DurableSince:
    """Notifications and completed lessons. When Redis comes back thousands ask at once: they share statements."""

    async def read(wanted: Sequence[_Wanted]) -> list[list[Missed] | Exception]:
        since = {each.user_id: each.since for each in wanted}
        found: dict[UUID, list[Missed]] = {user_id: [] for user_id in since}
        for user_id, told in await notifications.notifications_since(db, since, most=MOST):
            found[user_id].append(
                MissedNotification(
                    at=told.created_at, id=told.id, kind=told.kind, title=told.title, body=told.body, url=told.url
                )
            )
        for done in await gamification.rewards_since(db, since, most=MOST):
            found[done.user_id].append(
                MissedLesson(
                    at=done.at,
                    lesson_id=done.lesson_id,
                    session_id=done.session_id,
                    xp_earned=done.xp_earned,
                    xp_total=done.xp_total,
                    streak=done.streak_days,
                )
            )
        return [sorted(found[each.user_id], key=lambda frame: frame.at)[-MOST:] for each in wanted]

    batcher = Batcher[_Wanted, list[Missed]](read, lane=lambda wanted: wanted.user_id)

    async def since(user_id: UUID, moment: datetime, /) -> Sequence[Missed]:
        return await batcher.submit(_Wanted(user_id, moment))

    return since
