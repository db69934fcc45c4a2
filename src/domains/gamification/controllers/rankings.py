"""Boards of all, of a course, of friends and of a class over REST."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from domains.gamification.policy.standings import Period
from domains.gamification.service import rankings
from domains.gamification.service.boards import Boards
from domains.gamification.standings_schemas import StandingsOut
from domains.identity.api import Principal
from domains.kernel.page import Limit
from domains.kernel.uow import UnitOfWork

Around = Annotated[bool, QueryParameter(description="Places above and below mine instead of the first ones.")]


class RankingsController(Controller):
    path = "/api/v1/leaderboards"
    tags = ("leagues",)

    @get("/global", operation_id="get_global_leaderboard", summary="Everybody, by XP of a day, week, month or in all")
    async def of_all(
        self,
        uow: NamedDependency[UnitOfWork],
        boards: NamedDependency[Boards],
        principal: NamedDependency[Principal],
        period: FromQuery[Period] = Period.WEEK,
        around: Around = False,
        limit: Limit = 20,
    ) -> StandingsOut:
        return await rankings.of_all(uow, boards, principal.user_id, period, around=around, limit=limit)

    @get("/friends", operation_id="get_friends_leaderboard", summary="My friends and I, by XP")
    async def of_friends(
        self,
        uow: NamedDependency[UnitOfWork],
        boards: NamedDependency[Boards],
        principal: NamedDependency[Principal],
        period: FromQuery[Period] = Period.WEEK,
        around: Around = False,
        limit: Limit = 20,
    ) -> StandingsOut:
        return await rankings.of_friends(uow, boards, principal.user_id, period, around=around, limit=limit)

    @get(
        "/courses/{course_id:uuid}",
        operation_id="get_course_leaderboard",
        summary="Everybody who learns a course, by the XP earned in it; for who learns it too",
    )
    async def of_course(
        self,
        uow: NamedDependency[UnitOfWork],
        boards: NamedDependency[Boards],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        period: FromQuery[Period] = Period.WEEK,
        around: Around = False,
        limit: Limit = 20,
    ) -> StandingsOut:
        return await rankings.of_course(uow, boards, principal.user_id, course_id, period, around=around, limit=limit)

    @get(
        "/classes/{classroom_id:uuid}",
        operation_id="get_class_leaderboard",
        summary="The members of a class of mine, by XP",
    )
    async def of_class(
        self,
        uow: NamedDependency[UnitOfWork],
        boards: NamedDependency[Boards],
        principal: NamedDependency[Principal],
        classroom_id: FromPath[UUID],
        period: FromQuery[Period] = Period.WEEK,
        around: Around = False,
        limit: Limit = 20,
    ) -> StandingsOut:
        return await rankings.of_class(uow, boards, principal.user_id, classroom_id, period, around=around, limit=limit)
