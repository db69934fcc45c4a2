"""How weeks ended, written down and paid for.

Invariant: each league is finalised once, over its own week, in one transaction with its gems and its facts. What is
due is found in the tables, so a run that is late, cut short or done twice at once changes nothing.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from domains.gamification.events import LeagueFinished
from domains.gamification.policy import leagues
from domains.gamification.policy.leagues import Outcome, Player, Zone
from domains.gamification.repository import leagues as repository
from domains.gamification.repository.gems import Payment
from domains.gamification.repository.leagues import LeagueRecord, PlayerRow, ResultRow
from domains.gamification.service import gems
from domains.kernel.uow import Database, UnitOfWork

AT_ONCE = 20
"""Leagues to a transaction: some hundred learners, each with a fact."""

log = logging.getLogger(__name__)


class Finalised(NamedTuple):
    """What was done, or would be, for a week. Who had left their league is not among the learners."""

    week_on: date
    leagues: int
    learners: int
    promoted: int
    demoted: int
    gems: int


class _Result(NamedTuple):
    league: LeagueRecord
    user_id: UUID
    outcome: Outcome


async def finalise_due(db: Database) -> list[Finalised]:
    """By the clock of the database: a process whose own is an hour ahead must not end a week for everybody."""
    return await finalise(db, await repository.clock(db))


async def preview_due(db: Database) -> list[Finalised]:
    return await preview(db, await repository.clock(db))


async def finalise(db: Database, now: datetime) -> list[Finalised]:
    """All weeks that are over, the oldest first; without what another run is at work on."""
    before = leagues.first_unfinished(now)
    closed: list[LeagueRecord] = []
    results: list[_Result] = []
    while True:
        async with db.begin() as uow:
            some = await repository.claim(uow, before, AT_ONCE)
            results += (ended := await _results(uow, some))
            await _write(uow, some, ended)
        if not some:
            break
        closed += some
    found = _by_week(closed, results)
    for week in found:
        log.info("leagues finalised: %s", " ".join(f"{name}={value}" for name, value in week._asdict().items()))
    return found


async def preview(db: Database, now: datetime) -> list[Finalised]:
    """What `finalise` would do now."""
    async with db.begin() as uow:
        due = await repository.finishable(uow, leagues.first_unfinished(now))
        results: list[_Result] = []
        for start in range(0, len(due), AT_ONCE):
            results += await _results(uow, due[start : start + AT_ONCE])
    return _by_week(due, results)


async def _results(uow: UnitOfWork, ended: Sequence[LeagueRecord]) -> list[_Result]:
    members: defaultdict[UUID, list[PlayerRow]] = defaultdict(list)
    for row in await repository.players(uow, [league.id for league in ended]) if ended else ():
        members[row.league_id].append(row)
    return [
        _Result(league, row.user_id, outcome)
        for league in ended
        for row, outcome in zip(
            members[league.id],
            leagues.outcomes(league.tier, [Player(m.xp, m.last_xp_at, m.user_id) for m in members[league.id]]),
            strict=True,
        )
    ]


async def _write(uow: UnitOfWork, ended: Sequence[LeagueRecord], results: Sequence[_Result]) -> None:
    if not ended:
        return
    rows = [ResultRow(r.league.id, r.user_id, r.outcome.standing.rank, r.outcome.tier_after) for r in results]
    await repository.close(uow, [league.id for league in ended], rows)
    for result in results:
        uow.record(_fact(result))
    # In one statement, which takes purses in one order: runs at once do not wait for each other in a circle.
    await gems.earn_many(
        uow, [Payment(r.user_id, f"league:{r.league.id}", r.outcome.gems) for r in results if r.outcome.gems]
    )


def _fact(result: _Result) -> LeagueFinished:
    league, user_id, outcome = result
    return LeagueFinished(
        user_id=user_id,
        league_id=league.id,
        week_on=league.week_on,
        tier=league.tier,
        tier_after=outcome.tier_after,
        rank=outcome.standing.rank,
        active=outcome.standing.active,
        xp=outcome.standing.xp,
        gems=outcome.gems,
    )


def _by_week(ended: Iterable[LeagueRecord], results: Iterable[_Result]) -> list[Finalised]:
    weeks: defaultdict[date, list[Outcome]] = defaultdict(list)
    for result in results:
        weeks[result.league.week_on].append(result.outcome)
    cohorts: defaultdict[date, int] = defaultdict(int)
    for league in ended:
        cohorts[league.week_on] += 1
    return [
        Finalised(
            week_on,
            cohorts[week_on],
            learners=len(weeks[week_on]),
            promoted=sum(outcome.zone is Zone.PROMOTION for outcome in weeks[week_on]),
            demoted=sum(outcome.zone is Zone.DEMOTION for outcome in weeks[week_on]),
            gems=sum(outcome.gems for outcome in weeks[week_on]),
        )
        for week_on in sorted(cohorts)
    ]
