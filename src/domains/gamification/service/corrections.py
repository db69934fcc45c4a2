"""XP for answers that are right after all.

Invariant: with its corrections a lesson has brought what it would have brought if its answers had been graded as they
are now, and never less than before. A correction belongs to the day and the week of the lesson. So no streak grows by
it, and a week that is over stays as it ended.
"""

from domains.gamification.events import StandingsMoved
from domains.gamification.policy import leagues, xp
from domains.gamification.repository import corrections, ledger
from domains.kernel.clock import utc_now
from domains.kernel.uow import UnitOfWork
from domains.learning.events import AnswerRegraded


async def pay_regraded(uow: UnitOfWork, fact: AnswerRegraded) -> None:
    """What depends on answers are the points for no mistake or for right answers in a row, and those for hearts that
    were left: with one that comes back there is one."""
    if fact.completions is None:
        return
    causes = f"regrade:{fact.session_id}"
    found = await corrections.paid(uow, fact.user_id, f"lesson:{fact.session_id}", causes)
    if found is None:
        return
    work = xp.lesson(correct=fact.correct, total=fact.total, completions=fact.completions, best_run=fact.best_run)
    day = await ledger.day(uow, fact.user_id, found.local_on)
    due = xp.correction(work, found.points, day, factor=found.factor)
    if due <= 0:
        return
    is_over = leagues.is_over(leagues.week_of(found.occurred_at), utc_now())
    entry = found._replace(
        amount=due, points=work.points - found.points, league_id=None if is_over else found.league_id
    )
    if await corrections.correct(uow, fact.user_id, f"{causes}:{fact.correct}", entry) and entry.league_id:
        uow.record(StandingsMoved(league_ids=[entry.league_id], user_ids=[fact.user_id]))
