"""What gamification does by the clock. Late or double runs change nothing."""

from domains.gamification.service import finalising
from domains.kernel.domain import Job
from domains.kernel.uow import Database


async def finalise_leagues(db: Database) -> None:
    await finalising.finalise_due(db)


JOBS = (Job(name="gamification.finalise_leagues", run=finalise_leagues, every_s=300),)
