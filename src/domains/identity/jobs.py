"""Background work of identity: forgetting what is over, and keys that are replaced in time."""

from domains.identity.repository.purge import purge as purge_some
from domains.identity.service.deletion import erase_due
from domains.identity.service.exports import look_after
from domains.identity.service.impersonation import note_ends
from domains.identity.service.keys import rotate_old_keys
from domains.kernel.clock import utc_now
from domains.kernel.domain import Job
from domains.kernel.uow import Database

_AT_ONCE = 1000
"""A few tens of milliseconds: far below the time a statement may take, and no lock is held for long."""


async def purge(db: Database) -> None:
    """In small transactions, so that however much is over, each run gets through some of it and the next goes on."""
    while await purge_some(db, utc_now(), at_most=_AT_ONCE) == _AT_ONCE:
        pass


async def look_after_exports(db: Database) -> None:
    # Each is megabytes.
    await look_after(db, utc_now(), at_most=20)


async def erase_accounts(db: Database) -> None:
    await erase_due(db, utc_now())


async def rotate_keys(db: Database) -> None:
    async with db.begin() as uow:
        await rotate_old_keys(uow)


JOBS = (
    Job(name="identity.note_impersonation_ends", run=note_ends, every_s=60),
    Job(name="identity.erase_accounts", run=erase_accounts, every_s=60),
    Job(name="identity.look_after_exports", run=look_after_exports, every_s=600),
    Job(name="identity.purge", run=purge, every_s=3600),
    Job(name="identity.rotate_keys", run=rotate_keys, every_s=3600),
)
