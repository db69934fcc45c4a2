"""Friends, requests and blocks over REST."""

from typing import Literal
from uuid import UUID

from litestar import Controller, delete, get, post, put
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from domains.identity.api import Principal
from domains.kernel.page import Limit, Page
from domains.kernel.uow import UnitOfWork
from domains.profiles.controllers.paging import Cursor, moment_cursor
from domains.profiles.schemas.people import BlockedOut, FriendRequestIn, ListedOut, StandingOut
from domains.profiles.service import people, social


class FriendsController(Controller):
    path = "/api/v1/friends"
    tags = ("profiles",)
    cache_control = CacheControlHeader(no_store=True)

    @get("/", operation_id="list_friends", summary="My friends, the newest first")
    async def friends(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Page[ListedOut]:
        return await people.listed(uow, "friends", principal.user_id, after=moment_cursor(cursor), limit=limit)

    @delete("/{user_id:uuid}", operation_id="end_friendship", summary="Be friends no longer; the other is not told")
    async def part(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], user_id: FromPath[UUID]
    ) -> None:
        await social.part(uow, principal.user_id, user_id)

    @post(
        "/requests",
        operation_id="ask_to_be_friends",
        summary="Ask somebody to be friends; who has asked me becomes a friend",
        description="A request that is not accepted is forgotten after 30 days.",
        status_code=HTTP_200_OK,
    )
    async def ask(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], data: JSONBody[FriendRequestIn]
    ) -> StandingOut:
        return StandingOut(data.user_id, await social.ask(uow, principal.user_id, data.user_id))

    @get("/requests", operation_id="list_friend_requests", summary="Requests that wait: mine to answer, or to others")
    async def requests(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        direction: FromQuery[Literal["in", "out"]] = "in",
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Page[ListedOut]:
        which: Literal["requests_in", "requests_out"] = "requests_in" if direction == "in" else "requests_out"
        return await people.listed(uow, which, principal.user_id, after=moment_cursor(cursor), limit=limit)

    @post(
        "/requests/{user_id:uuid}/accept",
        operation_id="accept_friend_request",
        summary="Be friends with somebody who has asked me",
        status_code=HTTP_200_OK,
    )
    async def accept(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], user_id: FromPath[UUID]
    ) -> StandingOut:
        return StandingOut(user_id, await social.accept(uow, principal.user_id, user_id))

    @post(
        "/requests/{user_id:uuid}/decline",
        operation_id="decline_friend_request",
        summary="Decline a request; the other is not told, and not heard again for 30 days",
        status_code=HTTP_204_NO_CONTENT,
    )
    async def decline(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], user_id: FromPath[UUID]
    ) -> None:
        await social.decline(uow, principal.user_id, user_id)

    @delete("/requests/{user_id:uuid}", operation_id="withdraw_friend_request", summary="Withdraw a request of mine")
    async def withdraw(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], user_id: FromPath[UUID]
    ) -> None:
        await social.withdraw(uow, principal.user_id, user_id)


class BlocksController(Controller):
    path = "/api/v1/blocks"
    tags = ("profiles",)
    cache_control = CacheControlHeader(no_store=True)

    @get("/", operation_id="list_blocks", summary="Whom I have blocked, the newest first")
    async def blocked(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Page[BlockedOut]:
        return await people.blocked(uow, principal.user_id, after=moment_cursor(cursor), limit=limit)

    @put(
        "/{user_id:uuid}",
        operation_id="block_person",
        summary="Block somebody: neither sees the other, and friendship and follows end",
        status_code=HTTP_204_NO_CONTENT,
    )
    async def block(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], user_id: FromPath[UUID]
    ) -> None:
        await social.block(uow, principal.user_id, user_id)

    @delete("/{user_id:uuid}", operation_id="unblock_person", summary="Block somebody no longer")
    async def unblock(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], user_id: FromPath[UUID]
    ) -> None:
        await social.unblock(uow, principal.user_id, user_id)
