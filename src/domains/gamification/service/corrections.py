"""XP for answers that are right after all, and corrections by an operator's hand.

Invariant: with its corrections a lesson has brought what it would have brought if its answers had been graded as they
are now, and never less than before. A correction belongs to the day and the week of the lesson. So no streak grows by
it, and a week that is over stays as it ended. What an operator corrects belongs to what the learner earned last, for
the same reasons, and leaves nobody with less than nothing.
"""

from datetime import date
from typing import NamedTuple
from uuid import UUID

from domains.gamification.errors import BelowNothing, NothingToCorrect
from domains.gamification.events import StandingsMoved
from domains.gamification.policy import leagues, xp
from domains.gamification.repository import corrections, ledger
from domains.gamification.repository.corrections import Paid
from domains.identity import api as identity
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import UnitOfWork
from domains.learning.events import AnswerRegraded


class Corrected(NamedTuple):
    xp_before: int
    xp: int
    local_on: date
    """The learner's day that it belongs to."""
    league_id: UUID | None
    """In which it counts; None where that week is over, or the learner was on no board."""


async def pay_regraded(uow: UnitOfWork, fact: AnswerRegraded) -> None:
    """What depends on answers are the points for no mistake or for right answers in a row, and those for hearts that
    were left: with one that comes back there is one."""
    if fact.completions is None:
        return
    causes = f"regrade:{fact.session_id}"
    found = await corrections.paid(uow, fact.user_id, f"lesson:{fact.session_id}", causes)
    if found is None:
        return
    # The fact counts by when sessions were done, pay went by when they came: what was paid as a repetition stays one.
    completions = max(2, fact.completions) if found.easy else 1
    work = xp.lesson(correct=fact.correct, total=fact.total, completions=completions, best_run=fact.best_run)
    day = await ledger.day(uow, fact.user_id, found.local_on)
    due = xp.correction(work, found.points, day, factor=found.factor)
    if due > 0:
        entry = found._replace(amount=due, points=work.points - found.points)
        await _write(uow, fact.user_id, f"{causes}:{fact.correct}", _still_counting(entry))


async def correct_by_hand(
    uow: UnitOfWork, user_id: UUID, amount: int, reason: str, *, dry_run: bool = False
) -> Corrected:
    """Written to the ledger, and with the reason to the audit log. `amount` is not 0. Raises NothingToCorrect and
    BelowNothing."""
    found = await corrections.latest(uow, user_id)
    if found is None:
        raise NothingToCorrect
    before, latest = found
    if before + amount < 0:
        raise BelowNothing
    entry = _still_counting(latest._replace(amount=amount))
    if not dry_run:
        cause = f"correct:{new_id()}"
        await _write(uow, user_id, cause, entry)
        detail = {"cause": cause, "amount": amount, "reason": reason}
        identity.record_action(uow, identity.Action.XP_CORRECTED, user_id=user_id, detail=detail)
    return Corrected(before, before + amount, entry.local_on, entry.league_id)


async def _write(uow: UnitOfWork, user_id: UUID, cause: str, entry: Paid) -> None:
    if await corrections.correct(uow, user_id, cause, entry) and entry.league_id:
        uow.record(StandingsMoved(league_ids=[entry.league_id], user_ids=[user_id]))


def _still_counting(entry: Paid) -> Paid:
    """In no league whose week is over."""
    is_over = leagues.is_over(leagues.week_of(entry.occurred_at), utc_now())
    return entry._replace(league_id=None) if is_over else entry
