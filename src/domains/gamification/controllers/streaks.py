"""One's streak, its days, and streaks with friends."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK

from domains.gamification.service import friend_streaks, streaks
from domains.gamification.streak_schemas import FriendStreakIn, FriendStreaksOut, StreakCalendarOut, StreakOut
from domains.identity.api import Principal
from domains.kernel.uow import UnitOfWork

Month = Annotated[str, QueryParameter(max_length=7, description="As 2026-11.")]


class StreaksController(Controller):
    path = "/api/v1/streak"
    tags = ("streaks",)
    cache_control = CacheControlHeader(no_store=True)

    @get(
        "/",
        operation_id="get_streak",
        summary="My streak as it is today, on my own calendar",
        description="A missed day is kept by a freeze that was held on it, by the pause of weekends for whoever has "
        "switched the pressure of streaks off, or because a journey left it out. Otherwise a streak can be had back "
        "by practice within two days of the first day that was missed, once in 14 days.",
    )
    async def streak(self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]) -> StreakOut:
        return await streaks.shown(uow, principal.user_id)

    @get("/calendar", operation_id="get_streak_calendar", summary="The days of a month that counted or were kept")
    async def calendar(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], month: Month
    ) -> StreakCalendarOut:
        return await streaks.calendar(uow, principal.user_id, month)

    @get("/friends", operation_id="list_friend_streaks", summary="Streaks that I keep with friends, and invitations")
    async def friends(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> FriendStreaksOut:
        return await friend_streaks.listed(uow, principal.user_id)

    @post(
        "/friends",
        operation_id="ask_for_friend_streak",
        summary="Ask a friend to keep a streak with me; who has asked me is told yes",
        status_code=HTTP_200_OK,
    )
    async def ask(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], data: JSONBody[FriendStreakIn]
    ) -> FriendStreaksOut:
        await friend_streaks.ask(uow, principal.user_id, data.user_id)
        return await friend_streaks.listed(uow, principal.user_id)

    @post(
        "/friends/{user_id:uuid}/accept",
        operation_id="accept_friend_streak",
        summary="Keep a streak with a friend who has asked me",
        status_code=HTTP_200_OK,
    )
    async def accept(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], user_id: FromPath[UUID]
    ) -> FriendStreaksOut:
        await friend_streaks.accept(uow, principal.user_id, user_id)
        return await friend_streaks.listed(uow, principal.user_id)

    @delete(
        "/friends/{user_id:uuid}",
        operation_id="end_friend_streak",
        summary="Keep a streak with a friend no longer, or decline to",
    )
    async def end(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], user_id: FromPath[UUID]
    ) -> None:
        await friend_streaks.end(uow, principal.user_id, user_id)
