"""One's daily goal and its calendar, what a week brought, and boosts."""

from datetime import date
from typing import Annotated

from litestar import Controller, get
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from domains.gamification.goal_schemas import BoostsOut, GoalsOut, RecapOut
from domains.gamification.service import goals, recaps
from domains.identity.api import Principal
from domains.kernel.uow import Database, UnitOfWork


class GoalsController(Controller):
    path = "/api/v1"
    tags = ("goals",)
    cache_control = CacheControlHeader(no_store=True)

    @get(
        "/goals",
        operation_id="get_goals",
        summary="My daily goal, and the days on which I reached it",
        description="The goal itself is among the preferences of one's profile. A day that was reached stays reached "
        "when the goal changes. Of the last 31 days where none are named, and of at most 366.",
    )
    async def goals(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        first_on: Annotated[date | None, QueryParameter(description="The first day.")] = None,
        last_on: Annotated[date | None, QueryParameter(description="The last day; today.")] = None,
    ) -> GoalsOut:
        return await goals.shown(uow, principal.user_id, first_on, last_on)

    @get(
        "/progress/recap",
        operation_id="get_recap",
        summary="What a week brought me: this one so far, or one that is over",
        description="The same that the notification `weekly_recap` tells on Sundays.",
    )
    async def recap(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        on: Annotated[date | None, QueryParameter(description="Any day of the week; today.")] = None,
    ) -> RecapOut:
        return await recaps.recap(uow, principal.user_id, on)

    @get("/boosts", operation_id="list_boosts", summary="Boosts of mine that run or wait")
    async def boosts(self, db: NamedDependency[Database], principal: NamedDependency[Principal]) -> BoostsOut:
        return BoostsOut(await goals.boosts_shown(db, principal.user_id))
