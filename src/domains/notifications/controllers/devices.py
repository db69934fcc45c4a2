"""Devices over REST: the key to subscribe with, browsers, phones."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody
from litestar.status_codes import HTTP_201_CREATED, HTTP_204_NO_CONTENT

from domains.identity.api import Principal
from domains.kernel.uow import Database, UnitOfWork
from domains.notifications.repository.devices import DeviceRecord
from domains.notifications.schemas.devices import (
    DeviceOut,
    DevicesOut,
    MobileDeviceIn,
    SubscriptionIn,
    WebPushKeyOut,
)
from domains.notifications.service import devices

UserAgent = Annotated[str | None, HeaderParameter(name="User-Agent", description="Names the browser in the list.")]


class DevicesController(Controller):
    path = "/api/v1/notifications"
    tags = ("notifications",)

    @get("/web-push/key", operation_id="get_web_push_key", summary="The VAPID key that browsers subscribe with")
    async def key(self, db: NamedDependency[Database], principal: NamedDependency[Principal]) -> WebPushKeyOut:
        return WebPushKeyOut(await devices.web_push_key(db))

    @post(
        "/web-push",
        operation_id="subscribe_web_push",
        summary="Push to this browser; the same endpoint again renews it, and moves it to whoever is logged in",
        status_code=HTTP_201_CREATED,
    )
    async def subscribe(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        data: JSONBody[SubscriptionIn],
        user_agent: UserAgent = None,
    ) -> DeviceOut:
        return _shown(await devices.subscribe(uow, principal.user_id, data, user_agent or ""))

    @post(
        "/mobile-devices",
        operation_id="register_mobile_device",
        summary="Push to this phone; the same token again renews it, and moves it to whoever is logged in",
        status_code=HTTP_201_CREATED,
    )
    async def register(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], data: JSONBody[MobileDeviceIn]
    ) -> DeviceOut:
        return _shown(await devices.register_phone(uow, principal.user_id, data))

    @get("/devices", operation_id="list_devices", summary="Where I am pushed to, those seen last first")
    async def mine(self, db: NamedDependency[Database], principal: NamedDependency[Principal]) -> DevicesOut:
        return DevicesOut([_shown(device) for device in await devices.mine(db, principal.user_id)])

    @delete(
        "/devices/{device_id:uuid}",
        operation_id="remove_device",
        summary="Push no more to this device",
        status_code=HTTP_204_NO_CONTENT,
    )
    async def remove(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], device_id: FromPath[UUID]
    ) -> None:
        await devices.remove(uow, principal.user_id, device_id)


def _shown(device: DeviceRecord) -> DeviceOut:
    fields: dict[str, Any] = device._asdict()
    return msgspec.convert(fields, DeviceOut)
