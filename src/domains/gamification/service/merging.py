"""Two learners become one. Invariant: balance, streak, purse and leagues say what the ledgers say, as before."""

from uuid import UUID

from domains.gamification.events import StandingsMoved
from domains.gamification.policy.streaks import Streak
from domains.gamification.repository import achievements, gems, moves, quests
from domains.gamification.repository import streaks as days
from domains.gamification.service import leagues, streaks
from domains.kernel.uow import UnitOfWork


async def merge(uow: UnitOfWork, from_id: UUID, into_id: UUID) -> None:
    await moves.lock_accounts(uow.session, (from_id, into_id))
    await moves.move_boosts_and_goals(uow.session, from_id, into_id)
    await streaks.move(uow, from_id, into_id)
    await achievements.move(uow, from_id, into_id)
    await quests.move(uow, from_id, into_id)
    if await days.days(uow, from_id):
        await _move_ledger(uow, from_id, into_id)
    # The purse is taken last: see `service.gems`. Whoever finalises a league holds its members, and then pays them.
    await gems.move(uow, from_id, into_id)


async def _move_ledger(uow: UnitOfWork, from_id: UUID, into_id: UUID) -> None:
    held = await moves.move_leagues(uow.session, from_id, into_id)
    await moves.move_entries(uow.session, from_id, into_id)
    await leagues.take_part_as_wished(uow, into_id)
    await moves.set_streak(uow.session, into_id, await streaks.recount(uow, into_id))
    await moves.set_streak(uow.session, from_id, Streak())
    if held:
        uow.record(StandingsMoved(league_ids=held, user_ids=[from_id, into_id]))
