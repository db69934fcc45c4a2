"""Leagues over weeks: seats, ends that are written down however late, leaving, and taking part without a name."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from unittest.mock import AsyncMock
from uuid import UUID

import pytest

from app.infra import Infra
from conftest import Crank
from domains.gamification.api import Boards, check_ledger
from domains.gamification.errors import NoLeague
from domains.gamification.events import LeagueFinished, LessonRewarded
from domains.gamification.policy.leagues import week_of
from domains.gamification.repository import boards as repository
from domains.gamification.repository import leagues as cohorts
from domains.gamification.service import boards as boards_service
from domains.gamification.service import finalising
from domains.gamification.service import leagues as leagues_service
from domains.gamification.service.finalising import Finalised, finalise, preview
from domains.identity.events import AccountErased, AccountMerged
from domains.kernel.events import Event
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.profiles.policy.privacy import Visibility
from domains.profiles.schemas.own import PreferencesPatch, ProfilePatch
from domains.profiles.service.own import change_preferences, change_profile
from factories.rewards import Complete, NewLearner

MONDAY = datetime(2026, 11, 2, 12, tzinfo=UTC)
WEEK = timedelta(days=7)


async def practise(complete: Complete, learners: Sequence[UUID], at: datetime) -> list[LessonRewarded]:
    """The first of them most, the last of them once."""
    found = []
    for place, learner in enumerate(learners):
        for _ in range(len(learners) - place):
            reward = await complete(learner, at=at)
        assert reward is not None
        found.append(reward)
    return found


async def tiers(db: Database, learners: Sequence[UUID], week_on: date) -> list[int]:
    rows = await db.fetch(
        "SELECT m.user_id, l.tier FROM gamification_league_member m JOIN gamification_league l ON l.id = m.league_id"
        " WHERE m.week_on = $1", week_on,
    )  # fmt: skip
    found = {row["user_id"]: row["tier"] for row in rows}
    return [found[learner] for learner in learners]


@pytest.fixture
def facts(db: Database, monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    found: list[Event] = []
    monkeypatch.setattr(db, "committed", found.extend)
    return found


async def test_one_missed_monday_reset_every_tier(db: Database, new_learner: NewLearner, complete: Complete) -> None:
    """No job ran on that Monday, elsewhere; here tiers follow from the week before, whether or not it was finalised."""
    learners = [await new_learner() for _ in range(3)]
    await practise(complete, learners, MONDAY)
    await practise(complete, learners, MONDAY + WEEK)
    assert await tiers(db, learners, week_of(MONDAY + WEEK)) == [2, 2, 1]
    await finalise(db, MONDAY + 2 * WEEK)
    await practise(complete, learners, MONDAY + 2 * WEEK)
    assert await tiers(db, learners, week_of(MONDAY + 2 * WEEK)) == [3, 2, 1]


async def test_two_missed_weeks_are_finalised_by_one_run_each_over_its_own_window(
    db: Database, infra: Infra, new_learner: NewLearner, complete: Complete, facts: list[Event]
) -> None:
    learners = [await new_learner() for _ in range(3)]
    await practise(complete, learners, MONDAY)
    await practise(complete, learners[::-1], MONDAY + WEEK)
    now = MONDAY + 2 * WEEK
    expected = [
        Finalised(week_of(MONDAY), leagues=1, learners=3, promoted=2, demoted=0, gems=80),
        Finalised(week_of(MONDAY + WEEK), leagues=2, learners=3, promoted=1, demoted=0, gems=10),
    ]
    assert await preview(db, now) == expected
    assert await finalise(db, now) == expected
    assert await finalise(db, now) == await preview(db, now) == []
    ended = sorted(
        (fact for fact in facts if isinstance(fact, LeagueFinished)), key=lambda f: (f.week_on, f.tier, f.rank)
    )
    first, second, third = learners
    assert [(f.week_on, f.user_id, f.tier, f.tier_after, f.rank, f.gems) for f in ended] == [
        (week_of(MONDAY), first, 1, 2, 1, 70),
        (week_of(MONDAY), second, 1, 2, 2, 10),
        (week_of(MONDAY), third, 1, 1, 3, 0),
        (week_of(MONDAY + WEEK), third, 1, 1, 1, 0),
        (week_of(MONDAY + WEEK), second, 2, 3, 1, 10),
        (week_of(MONDAY + WEEK), first, 2, 2, 2, 0),
    ]
    assert await check_ledger(db, infra.redis) == []
    async with db.begin() as uow:
        shown = await cohorts.results(uow, second, before=None, most=5)
        assert [(r.week_on, r.tier, r.rank, r.tier_after) for r in shown] == [
            (week_of(MONDAY + WEEK), 2, 1, 3),
            (week_of(MONDAY), 1, 2, 2),
        ]
        assert await cohorts.results(uow, second, before=week_of(MONDAY + WEEK), most=5) == shown[1:]


async def test_runs_at_once_and_a_run_cut_short_pay_everything_once(
    db: Database, new_learner: NewLearner, complete: Complete, facts: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    learners = [await new_learner() for _ in range(6)]
    await practise(complete, learners[:3], MONDAY)
    await practise(complete, learners[3:], MONDAY + WEEK)
    monkeypatch.setattr(finalising, "AT_ONCE", 1)

    async def broken(*_: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(finalising.gems, "earn_many", broken)
        with pytest.raises(RuntimeError, match="killed"):
            await finalise(db, MONDAY + 2 * WEEK)
    reports = await asyncio.gather(*(finalise(db, MONDAY + 2 * WEEK) for _ in range(3)))
    assert sum(week.learners for report in reports for week in report) == 6
    assert len([fact for fact in facts if isinstance(fact, LeagueFinished)]) == 6
    [row] = await db.fetch("SELECT sum(amount) AS gems, count(*) AS n FROM gamification_gem_entry")
    assert (row["gems"], row["n"]) == (160, 4)
    assert await db.fetch("SELECT FROM gamification_league_seat") == []


async def test_a_week_that_runs_is_left_alone(db: Database, new_learner: NewLearner, complete: Complete) -> None:
    await complete(await new_learner(), at=MONDAY)
    monday = datetime(2026, 11, 9, tzinfo=UTC)
    assert await finalise(db, monday + timedelta(minutes=9)) == []
    [week] = await finalise(db, monday + timedelta(minutes=10))
    assert (week.week_on, week.learners) == (date(2026, 11, 2), 1)


async def test_the_result_is_told_and_weeks_that_are_long_over_are_not(
    db: Database, new_learner: NewLearner, complete: Complete, crank: Crank
) -> None:
    learners = [await new_learner() for _ in range(3)]
    now = datetime.now(UTC)
    for weeks in (3, 1):
        await practise(complete, learners, now - weeks * WEEK)
    await finalise(db, now + timedelta(hours=1))
    await crank.jobs()
    rows = await db.fetch("SELECT title FROM notifications_notification WHERE kind = 'league_result' ORDER BY title")
    assert [row["title"] for row in rows] == [
        "Promoted to tier 3",
        "The week is over: rank 1",
        "The week is over: rank 2",
    ]


async def test_who_wants_no_league_is_gone_from_it_at_once_and_comes_back_to_the_same(
    db: Database, infra: Infra, new_learner: NewLearner, complete: Complete, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, ben, cai = [await new_learner(name) for name in ("Ana", "Ben", "Cai")]
    await db.fetch("INSERT INTO profiles_profile (user_id) VALUES ($1)", ana)
    rewards = await practise(complete, [ana, ben, cai], MONDAY)
    boards, league_id = Boards(db, infra.redis), rewards[0].league_id
    assert league_id is not None
    for module in (leagues_service, boards_service):
        monkeypatch.setattr(module, "utc_now", lambda: MONDAY)

    async def shown() -> list[str]:
        return [entry.name for entry in (await boards.board(league_id)).entries]

    async def wish(**wishes: bool) -> None:
        async with db.begin() as uow:
            await change_preferences(uow, ana, PreferencesPatch(**wishes))
        await boards.project(uow.facts)

    assert await shown() == ["Ana", "Ben", "Cai"]
    await wish(leagues=False)
    assert await shown() == ["Ben", "Cai"]
    with pytest.raises(NoLeague):
        await boards.current_board(ana)
    alone = await complete(ana, at=MONDAY)
    after = await complete(ben, at=MONDAY)
    assert alone is not None
    assert after is not None
    assert (alone.league_id, after.league_rank) == (None, 1)
    assert [week.learners for week in await preview(db, MONDAY + WEEK)] == [2]
    await wish(leagues=True, leagues_hidden=True)
    assert await shown() == ["", "Ben", "Cai"]
    back = await complete(ana, at=MONDAY)
    assert back is not None
    assert (back.league_id, back.league_rank) == (league_id, 1)
    await boards.project([after, back])
    assert await check_ledger(db, infra.redis) == []


async def test_a_name_that_is_changed_hidden_or_gone_is_so_at_once_in_every_process(
    db: Database, infra: Infra, new_learner: NewLearner, complete: Complete
) -> None:
    ana, ben = [await new_learner(name) for name in ("Ana", "Ben")]
    await db.fetch("INSERT INTO profiles_profile (user_id) VALUES ($1)", ana)
    for learner in (ana, ana, ben):
        reward = await complete(learner)
    assert reward is not None
    ours, theirs = Boards(db, infra.redis), Boards(db, infra.redis)
    seen = []
    for change in (
        ProfilePatch(name="Anna"),
        PreferencesPatch(leagues_hidden=True),
        PreferencesPatch(leagues_hidden=False),
        ProfilePatch(visibility=Visibility.PRIVATE),
        PreferencesPatch(leagues=False),
        ProfilePatch(visibility=Visibility.PUBLIC),
        PreferencesPatch(leagues=True),
        AccountErased(user_id=ana),
    ):
        before = await theirs.board(reward.league_id)
        async with db.begin() as uow:
            match change:
                case ProfilePatch():
                    await change_profile(uow, ana, change)
                case PreferencesPatch():
                    await change_preferences(uow, ana, change)
                case AccountErased():
                    uow.record(change)
                    await uow.fetch("UPDATE identity_user SET name = 'Deleted account' WHERE id = $1", ana)
        await ours.project(uow.facts)
        board = await theirs.board(reward.league_id)
        assert board == await theirs.board(reward.league_id, fresh=True)
        assert board.version > before.version
        seen.append([entry.name for entry in board.entries])
    names = ["Anna", "", "Anna", "", None, None, "Anna", ""]
    assert seen == [["Ben"] if name is None else [name, "Ben"] for name in names]


async def test_who_is_gone_does_not_come_back_by_what_is_told_or_was_read_before(
    db: Database, infra: Infra, new_learner: NewLearner, complete: Complete, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest, ana, ben = [await new_learner() for _ in range(3)]
    told = [reward for learner in (guest, ben) if (reward := await complete(learner))]
    league_id = told[0].league_id
    assert league_id is not None
    boards, slow = Boards(db, infra.redis), Boards(db, infra.redis)
    await boards.project(told)
    before = await repository.ledger_sums(db, [league_id])
    async with db.begin() as uow:
        uow.record(AccountMerged(from_id=guest, into_id=ana))
    await boards.project(uow.facts)
    await boards.project(told)
    with monkeypatch.context() as patch:
        patch.setattr(boards_service.boards, "ledger_sums", AsyncMock(return_value=before))
        await slow.board(league_id)
    assert {entry.user_id for entry in (await slow.board(league_id)).entries} == {ana, ben}
    assert await check_ledger(db, infra.redis) == []


async def test_who_wanted_no_league_all_week_enters_none_and_keeps_the_tier(
    db: Database, new_learner: NewLearner, complete: Complete
) -> None:
    learners = [await new_learner() for _ in range(3)]
    await practise(complete, learners, MONDAY)
    await db.fetch("INSERT INTO profiles_profile (user_id, leagues) VALUES ($1, false)", learners[0])
    without = await complete(learners[0], at=MONDAY + WEEK)
    assert without is not None
    assert (without.league_id, without.league_rank) == (None, 0)
    await db.fetch("UPDATE profiles_profile SET leagues = true WHERE user_id = $1", learners[0])
    await complete(learners[0], at=MONDAY + 2 * WEEK)
    assert await tiers(db, learners[:1], week_of(MONDAY + 2 * WEEK)) == [2]


async def test_cohorts_are_filled_by_pace_and_hours_once_there_are_enough_of_them(
    db: Database, new_learner: NewLearner, complete: Complete
) -> None:
    """Four cohorts of the week before allow two to be open; those who are alike sit together then."""
    here, there = [await new_learner(time_zone=zone) for zone in ("Europe/Madrid", "Pacific/Auckland")]
    await db.fetch(
        "INSERT INTO gamification_league (id, week_on, tier, number) VALUES ($1, $2, 1, 4)",
        new_id(), week_of(MONDAY - WEEK),
    )  # fmt: skip
    places = {}
    for learner in (here, there, await new_learner(time_zone="Europe/Rome"), await new_learner(time_zone="Asia/Tokyo")):
        reward = await complete(learner, at=MONDAY)
        assert reward is not None
        places[learner] = reward.league_id
    european, far, italian, japanese = places.values()
    assert european == italian
    assert far == japanese != european


async def test_where_there_are_few_everybody_sits_together(new_learner: NewLearner, complete: Complete) -> None:
    zones = ("Europe/Madrid", "Pacific/Auckland", "America/Los_Angeles")
    rewards = [await complete(await new_learner(time_zone=zone), at=MONDAY) for zone in zones]
    assert len({reward.league_id for reward in rewards if reward}) == 1


async def test_who_wants_no_league_gets_none_by_another_account(
    db: Database, infra: Infra, new_learner: NewLearner, complete: Complete
) -> None:
    guest, ana, ben = [await new_learner() for _ in range(3)]
    await db.fetch("INSERT INTO profiles_profile (user_id, leagues) VALUES ($1, false), ($2, true)", ana, guest)
    for learner in (guest, ben):
        reward = await complete(learner)
        assert reward is not None
    async with db.begin() as uow:
        uow.record(AccountMerged(from_id=guest, into_id=ana))
    board = await Boards(db, infra.redis).board(reward.league_id, fresh=True)
    assert [entry.user_id for entry in board.entries] == [ben]
    assert await check_ledger(db, infra.redis) == []
