"""Background work of learning: forgetting invitations and downloads that have expired, closing sessions that were left
alone, and counting who takes which course."""

from domains.kernel.clock import utc_now
from domains.kernel.domain import Job
from domains.kernel.uow import Database
from domains.learning.policy.offline import KEPT
from domains.learning.repository import sync, watching
from domains.learning.service import beginning, choosing

_AT_ONCE = 1000


async def purge(db: Database) -> None:
    """In small transactions, so that no lock is held for long."""
    while await watching.purge_invitations(db, utc_now(), at_most=_AT_ONCE) == _AT_ONCE:
        pass
    while await sync.purge(db, utc_now() - KEPT, at_most=_AT_ONCE) == _AT_ONCE:
        pass
    await beginning.abandon_stale(db)


JOBS = (
    Job(name="learning.purge", run=purge, every_s=3600),
    Job(name="learning.count_popularity", run=choosing.count_popularity, every_s=3600),
)
