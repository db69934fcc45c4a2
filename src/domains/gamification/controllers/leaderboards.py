"""Boards over REST."""

from datetime import date
from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from domains.gamification.errors import NoLeague
from domains.gamification.repository import leagues as repository
from domains.gamification.schemas import Board, LeagueResultOut
from domains.gamification.service.boards import Boards
from domains.identity.api import Principal
from domains.kernel.page import Limit, Page, decode_cursor, page_of
from domains.kernel.uow import UnitOfWork


class LeaderboardsController(Controller):
    path = "/api/v1/leaderboards"
    tags = ("leagues",)

    @get("/current", operation_id="get_current_leaderboard", summary="The board of my league this week")
    async def current(
        self, boards: NamedDependency[Boards], principal: NamedDependency[Principal], or_null: FromQuery[bool] = False
    ) -> Board | None:
        """Before the first XP of the week 404, or null for whoever asks with `or_null`."""
        try:
            return await boards.current_board(principal.user_id)
        except NoLeague:
            if or_null:
                return None
            raise

    @get("/history", operation_id="list_league_results", summary="How my weeks in leagues ended, the newest first")
    async def history(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        cursor: FromQuery[str | None] = None,
        limit: Limit = 20,
    ) -> Page[LeagueResultOut]:
        before = decode_cursor(cursor, date)
        rows = await repository.results(uow, principal.user_id, before=before, most=limit + 1)
        shown = [LeagueResultOut(r.league_id, r.week_on, r.tier, r.rank, r.xp, r.tier_after) for r in rows]
        return page_of(shown, limit, lambda result: result.week_on)

    @get("/{league_id:uuid}", operation_id="get_leaderboard", summary="The board of a league that I am or was in")
    async def of_league(
        self, boards: NamedDependency[Boards], principal: NamedDependency[Principal], league_id: FromPath[UUID]
    ) -> Board:
        return await boards.members_board(principal.user_id, league_id)
