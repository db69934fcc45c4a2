"""XP for lessons whose answers were right after all."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from app.asgi import Parts
from app.infra import Infra
from domains.gamification.api import check_ledger, correct_by_hand
from domains.gamification.errors import BelowNothing, NothingToCorrect
from domains.gamification.events import StandingsMoved
from domains.gamification.policy.xp import EASY_CAP_XP
from domains.gamification.service import boosts
from domains.identity.repository.rights import PERSONAL_DATA
from domains.kernel.clock import utc_now
from domains.kernel.events import Event
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.learning.events import AnswerRegraded
from factories.rewards import Complete, NewLearner


async def regrade(
    db: Database, user_id: UUID, session_id: UUID, *, correct: int = 8, completions: int | None = 1, best_run: int = 0
) -> list[Event]:
    """Of eight answers one more is right now; the facts that this brings about."""
    async with db.begin() as uow:
        uow.record(
            AnswerRegraded(
                user_id=user_id, course_id=new_id(), lesson_id=new_id(), session_id=session_id, exercise_id=new_id(),
                report_id=new_id(), correct=correct, total=8, completions=completions, best_run=best_run,
            )
        )  # fmt: skip
    return [fact for fact in uow.facts if not isinstance(fact, AnswerRegraded)]


async def earned(db: Database, user_id: UUID) -> tuple[int, int]:
    """In all, and in the league."""
    [row] = await db.fetch(
        "SELECT b.xp, m.xp AS league FROM gamification_balance b JOIN gamification_league_member m USING (user_id)"
        " WHERE user_id = $1",
        user_id,
    )
    return row["xp"], row["league"]


# The last two: a session that was done first and came later, and the one that had come before it.
@pytest.mark.parametrize(
    ("again", "completions", "before", "after"),
    [(1, 1, 15, 20), (2, 2, 10, 12), (4, 4, 6, 6), (2, 1, 10, 12), (1, 2, 15, 20)],
)
async def test_a_lesson_without_a_mistake_after_all_is_paid_as_one_and_once(
    parts: Parts,
    db: Database,
    new_learner: NewLearner,
    complete: Complete,
    again: int,
    completions: int,
    before: int,
    after: int,
) -> None:
    ana, session_id = await new_learner(), new_id()
    await complete(ana, session_id=session_id, correct=6, again=again)
    assert await regrade(db, ana, session_id, correct=7, completions=completions) == []
    assert await earned(db, ana) == (before, before)
    moved = await regrade(db, ana, session_id, completions=completions)
    assert [type(fact) for fact in moved] == [StandingsMoved] * (after > before)
    assert await regrade(db, ana, session_id, completions=completions) == []
    assert await earned(db, ana) == (after, after)
    await parts.boards.rebuild()
    assert await check_ledger(db, parts.infra.redis) == []


async def test_a_run_that_becomes_longer_is_paid_as_one_that_was_as_long(
    db: Database, new_learner: NewLearner, complete: Complete
) -> None:
    ana, session_id, xp = await new_learner(), new_id(), []
    await complete(ana, session_id=session_id, correct=5)
    for correct, best_run in ((6, 4), (7, 6), (7, 6), (8, 8)):
        await regrade(db, ana, session_id, correct=correct, best_run=best_run)
        xp.append((await earned(db, ana))[0])
    assert xp == [15 + 1, 15 + 2, 15 + 2, 15 + 5]


async def test_a_lesson_that_ended_without_a_heart_is_paid_in_full_when_one_comes_back(
    db: Database, new_learner: NewLearner, complete: Complete
) -> None:
    ana, session_id = await new_learner(), new_id()
    await complete(ana, session_id=session_id, correct=6, out_of_hearts=True)
    assert await earned(db, ana) == (10, 10)
    for _ in range(2):
        await regrade(db, ana, session_id, correct=7)
        assert await earned(db, ana) == (15, 15)
    await regrade(db, ana, session_id)
    assert await earned(db, ana) == (20, 20)


async def test_a_week_that_is_over_stays_as_it_ended_and_no_streak_grows(
    db: Database, new_learner: NewLearner, complete: Complete
) -> None:
    ana, session_id, at = await new_learner(), new_id(), utc_now() - timedelta(days=8)
    await complete(ana, session_id=session_id, correct=7, at=at)
    assert await regrade(db, ana, session_id) == []
    assert await earned(db, ana) == (20, 15)
    entries = await db.fetch("SELECT amount, league_id, local_on, occurred_at FROM gamification_xp_entry ORDER BY id")
    assert [row["amount"] for row in entries] == [15, 5]
    assert entries[1]["league_id"] is None
    assert len({(row["local_on"], row["occurred_at"]) for row in entries}) == 1
    [streak] = await db.fetch("SELECT current_days, last_on FROM gamification_streak")
    assert tuple(streak) == (1, at.date())


async def test_what_was_never_paid_or_does_not_depend_on_answers_is_not_corrected(
    db: Database, new_learner: NewLearner, complete: Complete
) -> None:
    ana, session_id = await new_learner(), new_id()
    await complete(ana, session_id=session_id, correct=7)
    assert await regrade(db, ana, new_id()) == []
    assert await regrade(db, ana, session_id, completions=None) == []
    assert await earned(db, ana) == (15, 15)


async def test_a_correction_is_boosted_as_its_lesson_was_and_keeps_to_the_caps_of_its_day(
    db: Database, infra: Infra, new_learner: NewLearner, complete: Complete
) -> None:
    ana, at = await new_learner(), datetime(2026, 11, 18, 12, tzinfo=UTC)
    async with db.begin() as uow:
        await boosts.start(uow, ana, 3, 60, "shop:1")
    boosted, easy = new_id(), new_id()
    await complete(ana, session_id=boosted, correct=7, at=utc_now())
    await regrade(db, ana, boosted)
    assert await earned(db, ana) == (5 + 45, 5 + 45)
    for number in range(29):
        await complete(ana, session_id=easy if number == 0 else None, correct=7, again=2, at=at)
    await regrade(db, ana, easy, completions=2)
    [row] = await db.fetch("SELECT sum(amount) AS xp FROM gamification_xp_entry WHERE local_on = $1", at.date())
    assert row["xp"] == EASY_CAP_XP
    await regrade(db, ana, easy, completions=2)
    assert await check_ledger(db, infra.redis) == []


async def test_an_operator_corrects_what_was_earned_last_and_no_streak_moves(
    parts: Parts, db: Database, new_learner: NewLearner, complete: Complete
) -> None:
    ana = await new_learner()

    async def by_hand(amount: int, *, dry_run: bool = False) -> int:
        async with db.begin() as uow:
            return (await correct_by_hand(uow, ana, amount, "farmed", dry_run=dry_run)).xp

    with pytest.raises(NothingToCorrect):
        await by_hand(5)
    await complete(ana, at=utc_now() - timedelta(days=8))
    assert await by_hand(7) == 27
    assert await earned(db, ana) == (27, 20)
    await complete(ana)
    assert await by_hand(-30, dry_run=True) == 17
    assert await by_hand(-19) == 28
    with pytest.raises(BelowNothing):
        await by_hand(-29)
    rows = await db.fetch("SELECT xp, entries FROM gamification_league_member ORDER BY week_on")
    assert [tuple(row) for row in rows] == [(20, 1), (1, 2)]
    told = await db.fetch("SELECT user_id, detail->>'amount', detail->>'reason' FROM identity_audit ORDER BY id")
    assert [tuple(row) for row in told] == [(ana, "7", "farmed"), (ana, "-19", "farmed")]
    [history] = [data.sql for data in PERSONAL_DATA if data.file == "history"]
    async with db.begin() as uow:
        shown = (await uow.session.execute(text(history), {"user_id": ana})).all()
    assert [tuple(row)[1:] for row in shown] == [("xp_corrected", "staff", None, None)] * 2
    [streak] = await db.fetch("SELECT current_days, last_on FROM gamification_streak")
    assert tuple(streak) == (1, utc_now().date())
    await parts.boards.rebuild()
    assert await check_ledger(db, parts.infra.redis) == []
