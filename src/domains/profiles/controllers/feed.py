"""The feed of friends over REST, and kudos."""

from uuid import UUID

from litestar import Controller, delete, get, put
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK

from domains.identity.api import Principal
from domains.kernel.page import Limit, Page, decode_cursor
from domains.kernel.uow import UnitOfWork
from domains.profiles.controllers.paging import Cursor
from domains.profiles.schemas.activity import ActivityOut, KudosOut
from domains.profiles.service import activity as service


class FeedController(Controller):
    path = "/api/v1/feed"
    tags = ("profiles",)
    cache_control = CacheControlHeader(no_store=True)

    @get(
        "/",
        operation_id="get_feed",
        summary="What my friends, those I follow and I have done in the last 30 days, the newest first",
        description="What I did while I had neither friends nor followers is not in it. A page may hold fewer than "
        "asked though there are more: `next_cursor` tells.",
    )
    async def feed(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        cursor: Cursor = None,
        limit: Limit = 20,
    ) -> Page[ActivityOut]:
        return await service.feed(uow, principal.user_id, after=decode_cursor(cursor, UUID), limit=limit)

    @put("/{activity_id:uuid}/kudos", operation_id="give_kudos", summary="Cheer; once per person")
    async def cheer(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], activity_id: FromPath[UUID]
    ) -> KudosOut:
        return await service.cheer(uow, principal.user_id, activity_id)

    @delete(
        "/{activity_id:uuid}/kudos",
        operation_id="take_kudos_back",
        summary="Cheer no longer",
        status_code=HTTP_200_OK,
    )
    async def uncheer(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], activity_id: FromPath[UUID]
    ) -> KudosOut:
        return await service.uncheer(uow, principal.user_id, activity_id)
