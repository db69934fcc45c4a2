"""What notifications do by the clock. Each may run late, twice or not at all for a day: due work is found by SQL."""

from functools import partial

from domains.kernel.clock import utc_now
from domains.kernel.domain import Job
from domains.kernel.uow import Database
from domains.notifications.service import announcements, deliver, digests, purge, reminders


async def send_due(db: Database) -> None:
    """Announcements are planned no faster than they leave."""
    await deliver.send_due(db, utc_now(), more=partial(announcements.plan_more, db))


async def forget_old(db: Database) -> None:
    await purge.forget_old(db, utc_now())


async def remind(db: Database) -> None:
    await reminders.run_due(db, utc_now())


async def send_digests(db: Database) -> None:
    await digests.send_due(db, utc_now())


JOBS = (
    Job(name="notifications.send_due", run=send_due, every_s=5),
    Job(name="notifications.remind", run=remind, every_s=60),
    Job(name="notifications.send_digests", run=send_digests, every_s=60),
    Job(name="notifications.forget_old", run=forget_old, every_s=3600),
)
