"""Granting and ending. Invariant: a source (a purchase, a subscription, a seat, a gift, a grant) moves only its own
rows, and doing it again changes nothing and announces nothing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from domains.billing.events import CourseAccessGranted
from domains.billing.policy.keys import course_of
from domains.billing.repository import entitlements as repository
from domains.billing.service import guard
from domains.kernel.clock import utc_now
from domains.kernel.uow import UnitOfWork

Source = Literal["purchase", "subscription", "seat", "gift", "grant"]


async def grant(
    uow: UnitOfWork,
    *,
    user_id: UUID,
    keys: Sequence[str],
    source: Source,
    source_id: UUID,
    starts_at: datetime,
    ends_at: datetime | None,
    reason: str = "",
    granted_by: UUID | None = None,
) -> None:
    """Gives `keys` until `ends_at`, None for ever; what this source gave before is opened again, extended or
    shortened to it. Announces each course that this source did not give at the moment."""
    wanted = list(dict.fromkeys(keys))
    if not wanted:
        return
    guard.changes(uow.db, [user_id])
    await repository.lock_source(uow.session, source, source_id)
    before = await repository.ends(uow.session, user_id, wanted, source, source_id)
    await repository.grant(
        uow.session,
        user_id=user_id,
        keys=wanted,
        source=source,
        source_id=source_id,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=reason,
        granted_by=granted_by,
    )
    now = utc_now()
    if _over(ends_at, now):
        return
    for key in wanted:
        course_id = course_of(key)
        if course_id is not None and (key not in before or _over(before[key], now)):
            fact = CourseAccessGranted(
                user_id=user_id, course_id=course_id, source=source, source_id=source_id, ends_at=ends_at
            )
            uow.record(fact)


async def hold(uow: UnitOfWork, source: Source, source_id: UUID) -> None:
    """Nobody else changes what this source gives until the transaction ends: for who reads what that depends on."""
    await repository.lock_source(uow.session, source, source_id)


async def end(
    uow: UnitOfWork,
    source: Source,
    source_id: UUID,
    at: datetime,
    *,
    user_id: UUID | None = None,
    ended_by: UUID | None = None,
    reason: str = "",
) -> None:
    """Ends at `at` what this source gives, to `user_id` or everybody; what ends earlier already stays as it is."""
    await repository.lock_source(uow.session, source, source_id)
    changed = await repository.end(
        uow.session, source, source_id, at, user_id=user_id, ended_by=ended_by, end_reason=reason
    )
    guard.changes(uow.db, changed)


def _over(ends_at: datetime | None, now: datetime) -> bool:
    return ends_at is not None and ends_at <= now
