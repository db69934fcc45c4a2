"""What members of leagues are called, remembered for a while.

Invariant: a name is good for as many moves of its league as there were when it was read. Whoever is renamed, hides or
is gone lets this week's league move in the same transaction, so no process shows them as they were.
"""

import time
from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from domains.gamification.policy import leagues
from domains.gamification.repository.boards import Reading
from domains.gamification.repository.leagues import LeagueRecord
from domains.identity import api as identity
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database
from domains.profiles import api as profiles

LEAGUES_KEPT = 1_000
KEPT_S = 30.0
"""For what lets no league move: an account that is closed."""


class _Names(NamedTuple):
    moves: int
    until: float
    names: dict[UUID, str]


class BoardNames:
    def __init__(self, db: Database) -> None:
        self._db = db
        self._kept: dict[UUID, _Names] = {}

    async def of(self, league: LeagueRecord, reading: Reading) -> Mapping[UUID, str]:
        """Of all members; empty for who takes part unseen, or whose account is closed."""
        now = time.monotonic()
        kept = self._kept.get(league.id)
        if kept is None or kept.moves != reading.moves or kept.until < now:
            kept = _Names(reading.moves, now + KEPT_S, {})
        unknown = {member.user_id for member in reading.members} - kept.names.keys()
        if unknown:
            hidden = await profiles.hidden_in_leagues(self._db, unknown)
            async with self._db.begin() as uow:
                shown = await identity.people(uow, unknown - hidden)
            kept.names.update({id_: shown[id_].name if id_ in shown else "" for id_ in unknown})
        # One that is over moves no more, whatever its members change.
        if not leagues.is_over(league.week_on, utc_now()):
            if len(self._kept) >= LEAGUES_KEPT:
                self._kept.clear()
            self._kept[league.id] = kept
        return kept.names
