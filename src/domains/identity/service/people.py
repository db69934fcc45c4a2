"""What people say of themselves.

Invariant: a time zone changes at most once in `ZONE_STAYS`, so nobody gets a day twice, or is reminded at all hours, by
travelling back and forth. Coming from the zone that was given at registration is free.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from domains.identity.errors import SessionEnded, TimeZoneTooSoon
from domains.identity.events import TimeZoneChanged
from domains.identity.policy.fields import checked_locale, checked_name, checked_time_zone
from domains.identity.repository import people as repository
from domains.identity.service.guesses import seconds_until
from domains.kernel.clock import utc_now
from domains.kernel.uow import UnitOfWork

ZONE_STAYS = timedelta(days=1)


async def describe(
    uow: UnitOfWork, user_id: UUID, *, name: str | None = None, locale: str | None = None, time_zone: str | None = None
) -> None:
    """Changes what is given. Raises BadField, TimeZoneTooSoon, and SessionEnded for nobody."""
    columns: dict[str, Any] = {}
    if name is not None:
        columns["name"] = checked_name(name)
    if locale is not None:
        columns["locale"] = checked_locale(locale)
    if time_zone is not None:
        columns |= await _moved(uow, user_id, checked_time_zone(time_zone))
    if columns:
        await repository.describe(uow.session, user_id, columns)


async def _moved(uow: UnitOfWork, user_id: UUID, time_zone: str) -> dict[str, Any]:
    before = await repository.details(uow.session, user_id, hold=True)
    if before is None:
        raise SessionEnded
    if before.time_zone == time_zone:
        return {}
    now = utc_now()
    if before.time_zone_changed_at and (free_at := before.time_zone_changed_at + ZONE_STAYS) > now:
        raise TimeZoneTooSoon(retry_after_s=seconds_until(free_at, now))
    uow.record(TimeZoneChanged(user_id=user_id, before=before.time_zone, after=time_zone))
    return {"time_zone": time_zone, "time_zone_changed_at": now}
