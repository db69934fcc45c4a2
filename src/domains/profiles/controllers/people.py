"""Other people over REST: look, find, follow, report."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, post, put
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.status_codes import HTTP_204_NO_CONTENT

from domains.identity.api import Principal
from domains.kernel.page import Limit, Page, decode_cursor
from domains.kernel.uow import UnitOfWork
from domains.profiles.controllers.paging import Cursor, moment_cursor
from domains.profiles.schemas.people import ListedOut, PersonOut, ProfileOut, ReportIn
from domains.profiles.service import people, reports, social

Prefix = Annotated[str, QueryParameter(max_length=40, description="The beginning of a handle, at least 2 letters.")]


class PeopleController(Controller):
    path = "/api/v1/people"
    tags = ("profiles",)
    cache_control = CacheControlHeader(no_store=True)

    @get("/", operation_id="search_people", summary="People whose handle begins so; a page may hold fewer than asked")
    async def search(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        handle: Prefix,
        cursor: Cursor = None,
        limit: Limit = 20,
    ) -> Page[PersonOut]:
        return await people.search(uow, principal.user_id, handle, after=decode_cursor(cursor, str), limit=limit)

    @get("/{user_id:uuid}", operation_id="get_person", summary="What I may see of somebody")
    async def show(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], user_id: FromPath[UUID]
    ) -> ProfileOut:
        return await people.profile(uow, principal.user_id, user_id)

    @get("/by-handle/{handle:str}", operation_id="get_person_by_handle", summary="What I may see of a handle's owner")
    async def show_by_handle(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], handle: FromPath[str]
    ) -> ProfileOut:
        return await people.profile_of_handle(uow, principal.user_id, handle)

    @put(
        "/{user_id:uuid}/follow",
        operation_id="follow_person",
        summary="Follow somebody whose profile is public",
        status_code=HTTP_204_NO_CONTENT,
    )
    async def follow(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], user_id: FromPath[UUID]
    ) -> None:
        await social.follow(uow, principal.user_id, user_id)

    @delete("/{user_id:uuid}/follow", operation_id="unfollow_person", summary="Follow somebody no longer")
    async def unfollow(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], user_id: FromPath[UUID]
    ) -> None:
        await social.unfollow(uow, principal.user_id, user_id)

    @post(
        "/{user_id:uuid}/reports",
        operation_id="report_person",
        summary="Tell the moderators what is wrong with somebody",
        description="Before they have looked, telling again replaces what was told. The person is not told by whom.",
        status_code=HTTP_204_NO_CONTENT,
    )
    async def report(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        user_id: FromPath[UUID],
        data: JSONBody[ReportIn],
    ) -> None:
        await reports.report(uow, principal.user_id, user_id, data)


class FollowsController(Controller):
    path = "/api/v1"
    tags = ("profiles",)
    cache_control = CacheControlHeader(no_store=True)

    @get("/following", operation_id="list_following", summary="Whom I follow, the newest first")
    async def following(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Page[ListedOut]:
        return await people.listed(uow, "following", principal.user_id, after=moment_cursor(cursor), limit=limit)

    @get("/followers", operation_id="list_followers", summary="Who follows me, the newest first")
    async def followers(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Page[ListedOut]:
        return await people.listed(uow, "followers", principal.user_id, after=moment_cursor(cursor), limit=limit)

    @delete("/followers/{user_id:uuid}", operation_id="remove_follower", summary="Let somebody follow me no longer")
    async def remove_follower(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], user_id: FromPath[UUID]
    ) -> None:
        await social.unfollow(uow, user_id, principal.user_id)
