"""What media do by the clock. Each may run late, twice or not at all for a day: due work is found by SQL."""

from domains.kernel.clock import utc_now
from domains.kernel.domain import Job
from domains.kernel.uow import Database
from domains.media.service import clearing


async def clear(db: Database) -> None:
    await clearing.clear(db, utc_now())


JOBS = (Job(name="media.clear", run=clear, every_s=600),)
