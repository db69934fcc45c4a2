"""The inbox over REST."""

from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.status_codes import HTTP_204_NO_CONTENT

from domains.identity.api import Principal
from domains.kernel.page import Limit
from domains.kernel.uow import Database, UnitOfWork
from domains.notifications.service import inbox as service
from domains.notifications.schemas.inbox import InboxOut


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
    ) -> InboxOut:
        return await service.inbox(db, principal.user_id, cursor=cursor, limit=limit)

    @post(
        "/{notification_id:uuid}/read",
        operation_id="read_notification",
        summary="Mark a notification as read",
        status_code=HTTP_204_NO_CONTENT,
    )
    async def read(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], notification_id: FromPath[UUID]
    ) -> None:
        await service.mark_read(uow, principal.user_id, notification_id)
