"""The inbox over REST."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.status_codes import HTTP_204_NO_CONTENT

from domains.identity.api import Principal
from domains.kernel.clock import utc_now
from domains.kernel.page import Limit
from domains.kernel.uow import Database, UnitOfWork
from domains.notifications.policy.kinds import Category
from domains.notifications.schemas.inbox import InboxOut, UnreadOut
from domains.notifications.service import inbox as service

UpTo = Annotated[UUID | None, QueryParameter(description="The newest that was on the screen; what came later stays.")]


class NotificationsController(Controller):
    path = "/api/v1/notifications"
    tags = ("notifications",)

    @get("/", operation_id="list_notifications", summary="My inbox, newest first")
    async def list_notifications(
        self,
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        cursor: FromQuery[str | None] = None,
        limit: Limit = 20,
        archived: FromQuery[bool] = False,
        unread: FromQuery[bool] = False,
        category: FromQuery[Category | None] = None,
    ) -> InboxOut:
        """Either what is in it, or with `archived` what was put away."""
        return await service.inbox(
            db,
            principal.user_id,
            cursor=cursor,
            limit=limit,
            archived=archived,
            unread_only=unread,
            category=category,
        )

    @get("/unread-count", operation_id="count_unread_notifications", summary="How many I have not read")
    async def unread_count(self, db: NamedDependency[Database], principal: NamedDependency[Principal]) -> UnreadOut:
        return UnreadOut(await service.unread(db, principal.user_id))

    @post(
        "/read-all",
        operation_id="read_all_notifications",
        summary="Mark all as read, or all up to one",
        status_code=HTTP_204_NO_CONTENT,
    )
    async def read_all(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], up_to: UpTo = None
    ) -> None:
        await service.mark_all_read(uow, principal.user_id, up_to, utc_now())

    @post(
        "/{notification_id:uuid}/read",
        operation_id="read_notification",
        summary="Mark a notification as read",
        status_code=HTTP_204_NO_CONTENT,
    )
    async def read(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], notification_id: FromPath[UUID]
    ) -> None:
        await service.mark_read(uow, principal.user_id, notification_id, utc_now())

    @post(
        "/{notification_id:uuid}/archive",
        operation_id="archive_notification",
        summary="Put a notification away; it counts as read",
        status_code=HTTP_204_NO_CONTENT,
    )
    async def archive(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], notification_id: FromPath[UUID]
    ) -> None:
        await service.mark_read(uow, principal.user_id, notification_id, utc_now(), archive=True)

    @post(
        "/deliveries/{delivery_id:uuid}/tap",
        operation_id="tap_delivery",
        summary="I came by this mail or push; its id is `via` in the address that it led to",
        status_code=HTTP_204_NO_CONTENT,
    )
    async def tap(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], delivery_id: FromPath[UUID]
    ) -> None:
        await service.tap(uow, principal.user_id, delivery_id, utc_now())
