"""Boards over REST."""

from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from domains.gamification.schemas import Board
from domains.gamification.service.boards import Boards
from domains.identity.api import Principal


class LeaderboardsController(Controller):
    path = "/api/v1/leaderboards"
    tags = ("leagues",)

    @get("/current", operation_id="get_current_leaderboard", summary="The board of my league this week")
    async def current(self, boards: NamedDependency[Boards], principal: NamedDependency[Principal]) -> Board:
        return await boards.current_board(principal.user_id)

    @get("/{league_id:uuid}", operation_id="get_leaderboard", summary="The board of a league that I am or was in")
    async def of_league(
        self, boards: NamedDependency[Boards], principal: NamedDependency[Principal], league_id: FromPath[UUID]
    ) -> Board:
        return await boards.members_board(principal.user_id, league_id)
