"""Background work of identity: forgetting what is over."""

from domains.identity import repository
from domains.kernel.clock import utc_now
from domains.kernel.domain import Job
from domains.kernel.uow import Database


async def purge(db: Database) -> None:
    async with db.begin() as uow:
        await repository.purge(uow.session, utc_now())


JOBS = (Job(name="identity.purge", run=purge, every_s=3600),)
