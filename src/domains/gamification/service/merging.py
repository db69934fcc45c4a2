"""Two learners become one. Invariant: balance, streak, leagues and their seats say what the ledger says, as before."""

from collections import Counter
from uuid import UUID

from domains.gamification import moves
from domains.gamification.events import StandingsMoved
from domains.gamification.policy.streaks import Streak
from domains.gamification.repository import streaks as days
from domains.gamification.service import streaks
from domains.kernel.uow import UnitOfWork


async def merge(uow: UnitOfWork, from_id: UUID, into_id: UUID) -> None:
    both = (from_id, into_id)
    await moves.lock_accounts(uow.session, both)
    await moves.move_boosts_and_goals(uow.session, from_id, into_id)
    await streaks.move(uow, from_id, into_id)
    if not await days.days(uow, from_id):
        return
    before = await moves.seats(uow.session, both)
    await moves.move_entries(uow.session, from_id, into_id)
    taken = Counter(seat.league_id for seat in before)
    taken.subtract(seat.league_id for seat in await moves.seats(uow.session, both))
    await moves.give_seats_back(uow.session, {league_id: seats for league_id, seats in taken.items() if seats})
    await moves.set_streak(uow.session, into_id, await streaks.recount(uow, into_id))
    await moves.set_streak(uow.session, from_id, Streak())
    if before:
        uow.record(StandingsMoved(league_ids=sorted({seat.league_id for seat in before}), user_ids=[from_id, into_id]))
