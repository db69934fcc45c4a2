"""Streaks as the house keeps them."""

from datetime import timedelta

from app.infra import Infra
from domains.gamification.api import check_ledger
from domains.gamification.service.merging import merge
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database
from factories.rewards import Complete, NewLearner


async def test_who_earned_in_weeks_that_are_over_alone_takes_that_along_into_another_account(
    db: Database, infra: Infra, new_learner: NewLearner, complete: Complete
) -> None:
    guest, ada = await new_learner(), await new_learner()
    now = utc_now()
    for learner, days in ((guest, 15), (ada, 14), (guest, 13), (ada, 0)):
        await complete(learner, at=now - timedelta(days=days))
    async with db.begin() as uow:
        await merge(uow, guest, ada)
    [row] = await db.fetch(
        "SELECT xp, longest_days FROM gamification_balance JOIN gamification_streak USING (user_id) WHERE user_id = $1",
        ada,
    )
    assert tuple(row) == (80, 3)
    assert await check_ledger(db, infra.redis) == []
