"""Quests of a day, of a week, and with a friend."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, PathParameter
from litestar.status_codes import HTTP_200_OK

from domains.gamification.quest_schemas import ClaimOut, FriendQuestIn, FriendQuestOut, QuestsOut
from domains.gamification.service import friend_quests, quests
from domains.identity.api import Principal
from domains.kernel.uow import UnitOfWork

Key = Annotated[str, PathParameter(max_length=100, description="Of a quest, as the list gives it.")]


class QuestsController(Controller):
    path = "/api/v1/quests"
    tags = ("quests",)
    cache_control = CacheControlHeader(no_store=True)

    @get(
        "/",
        operation_id="list_quests",
        summary="My quests, how far I have got, and badges of months",
        description="Three of the day and one of the week, on my own calendar. What counts is what I have earned since "
        "the day or the week began, whenever I look.",
    )
    async def quests(self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]) -> QuestsOut:
        return await quests.listed(uow, principal.user_id)

    @post(
        "/{key:str}/claim",
        operation_id="claim_quest",
        summary="Take the gems for a quest that is done; again brings nothing",
        status_code=HTTP_200_OK,
    )
    async def claim(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], key: Key
    ) -> ClaimOut:
        return await quests.claim(uow, principal.user_id, key)

    @post(
        "/friends",
        operation_id="ask_for_friend_quest",
        summary="Invite a friend to a quest; who has invited me is told yes, and it begins",
        description="An invitation stands for three days, a quest lasts five. Nobody does two at once.",
        status_code=HTTP_200_OK,
    )
    async def ask(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], data: JSONBody[FriendQuestIn]
    ) -> list[FriendQuestOut]:
        await friend_quests.ask(uow, principal.user_id, data.user_id)
        return await friend_quests.listed(uow, principal.user_id)

    @delete(
        "/friends/{quest_id:uuid}",
        operation_id="leave_friend_quest",
        summary="Take back or decline an invitation, or leave a quest; the friend may go on",
    )
    async def leave(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], quest_id: FromPath[UUID]
    ) -> None:
        await friend_quests.leave(uow, principal.user_id, quest_id)
