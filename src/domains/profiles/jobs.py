"""What profiles do by the clock: forgetting, a little at a time. Late or double runs change nothing."""

from collections.abc import Awaitable, Callable

from domains.kernel.clock import utc_now
from domains.kernel.domain import Job
from domains.kernel.uow import Database, UnitOfWork
from domains.profiles.policy.bonds import FORGOTTEN
from domains.profiles.policy.limits import ACTIVITY_KEPT, REPORTS_KEPT
from domains.profiles.repository import activity, pairs, reports
from domains.profiles.service.activity import id_at

_AT_ONCE = 1000


async def forget_old(db: Database) -> None:
    now = utc_now()
    steps: tuple[Callable[[UnitOfWork], Awaitable[int]], ...] = (
        lambda uow: activity.purge(uow.session, id_at(now - ACTIVITY_KEPT), most=_AT_ONCE),
        lambda uow: pairs.purge(uow.session, now - FORGOTTEN, most=_AT_ONCE),
        lambda uow: reports.purge(uow.session, now - REPORTS_KEPT, most=_AT_ONCE),
    )
    for step in steps:
        gone = _AT_ONCE
        while gone >= _AT_ONCE:
            async with db.begin() as uow:
                gone = await step(uow)


JOBS = (Job(name="profiles.forget_old", run=forget_old, every_s=3600),)
