"""One's own profile over REST."""

from litestar import Controller, get, patch, put
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import JSONBody

from domains.identity.api import Principal
from domains.kernel.uow import UnitOfWork
from domains.profiles.schemas.own import HandleIn, OwnProfileOut, Preferences, PreferencesPatch, ProfilePatch
from domains.profiles.service import own as service


class OwnProfileController(Controller):
    path = "/api/v1/profile"
    tags = ("profiles",)
    cache_control = CacheControlHeader(no_store=True)

    @get("/", operation_id="get_own_profile", summary="My profile, with all that only I see")
    async def show(self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]) -> OwnProfileOut:
        return await service.own_profile(uow, principal.user_id)

    @patch(
        "/",
        operation_id="change_own_profile",
        summary="Change what I tell of myself, and who sees it",
        description="`visibility`: `public` everybody, who may then follow; `friends` friends, and name and handle for "
        "everybody else; `private` nobody. The time zone can be changed once a day.",
    )
    async def change(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], data: JSONBody[ProfilePatch]
    ) -> OwnProfileOut:
        await service.change_profile(uow, principal.user_id, data)
        return await service.own_profile(uow, principal.user_id)

    @put(
        "/handle",
        operation_id="set_handle",
        summary="Choose the handle by which others find me; every 14 days",
        description="The former one is kept for me for 90 days: nobody else gets it, and I may take it back.",
    )
    async def set_handle(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], data: JSONBody[HandleIn]
    ) -> OwnProfileOut:
        await service.set_handle(uow, principal.user_id, data.handle)
        return await service.own_profile(uow, principal.user_id)

    @get("/preferences", operation_id="get_preferences", summary="How I want to learn")
    async def preferences(self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]) -> Preferences:
        return await service.preferences(uow, principal.user_id)

    @patch("/preferences", operation_id="change_preferences", summary="Say how I want to learn")
    async def change_preferences(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], data: JSONBody[PreferencesPatch]
    ) -> Preferences:
        await service.change_preferences(uow, principal.user_id, data)
        return await service.preferences(uow, principal.user_id)
