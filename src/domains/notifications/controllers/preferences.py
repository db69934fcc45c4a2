"""Preferences over REST."""

from litestar import Controller, delete, get, put
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from domains.identity.api import Principal
from domains.kernel.clock import utc_now
from domains.kernel.uow import UnitOfWork
from domains.notifications.schemas.preferences import ConsentIn, ConsentOut, PreferencesIn, PreferencesOut
from domains.notifications.service import preferences as service


class PreferencesController(Controller):
    path = "/api/v1/notifications"
    tags = ("notifications",)

    @get(
        "/preferences",
        operation_id="get_notification_preferences",
        summary="How I am told of what, and what I may choose",
    )
    async def preferences(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> PreferencesOut:
        return await service.preferences(uow, principal.user_id)

    @put("/preferences", operation_id="put_notification_preferences", summary="Say anew how I want to be told")
    async def change(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], data: JSONBody[PreferencesIn]
    ) -> PreferencesOut:
        return await service.change(uow, principal.user_id, data, utc_now())

    @put(
        "/marketing-consent",
        operation_id="agree_to_marketing",
        summary="Agree to news and offers, with the words that I agree to",
    )
    async def agree(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], data: JSONBody[ConsentIn]
    ) -> ConsentOut:
        return await service.agree_to_marketing(uow, principal, data.wording, utc_now())

    @delete(
        "/marketing-consent",
        operation_id="withdraw_from_marketing",
        summary="Agree no longer",
        status_code=HTTP_200_OK,
    )
    async def withdraw(self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]) -> ConsentOut:
        return await service.withdraw_from_marketing(uow, principal, utc_now())
