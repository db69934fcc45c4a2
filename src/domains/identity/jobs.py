"""Background work of identity: forgetting what is over."""

from domains.identity.repository.purge import purge as purge_some
from domains.kernel.clock import utc_now
from domains.kernel.domain import Job
from domains.kernel.uow import Database

_AT_ONCE = 1000
"""A few tens of milliseconds: far below the time a statement may take, and no lock is held for long."""


async def purge(db: Database) -> None:
    """In small transactions, so that however much is over, each run gets through some of it and the next goes on."""
    while await purge_some(db, utc_now(), at_most=_AT_ONCE) == _AT_ONCE:
        pass


JOBS = (Job(name="identity.purge", run=purge, every_s=3600),)
