"""For staff: what somebody was told, and another try for what did not arrive."""

from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from domains.identity.api import Action, Permission, Principal, record_action
from domains.identity.guards import require
from domains.kernel.clock import utc_now
from domains.kernel.page import Limit, Page
from domains.kernel.uow import UnitOfWork
from domains.notifications.schemas.trace import TraceOut
from domains.notifications.service import resend
from domains.notifications.service import trace as service


class NotificationsAdminController(Controller):
    path = "/api/v1/admin/users/{user_id:uuid}/notifications"
    tags = ("notifications",)
    guards = (require(Permission.MAIL_READ),)

    @get(
        "/",
        operation_id="trace_notifications",
        summary="What somebody was told by which channel, what became of it and why; newest first",
    )
    async def trace(
        self,
        uow: NamedDependency[UnitOfWork],
        user_id: FromPath[UUID],
        cursor: FromQuery[str | None] = None,
        limit: Limit = 50,
    ) -> Page[TraceOut]:
        return await service.trace(uow, user_id, utc_now(), cursor=cursor, limit=limit)

    @post(
        "/{delivery_id:uuid}/resend",
        operation_id="resend_notification",
        summary="Send again what failed for good or came too late",
        description="With all its tries ahead of it. What the person does not wish stays unsent.",
        status_code=204,
    )
    async def again(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        user_id: FromPath[UUID],
        delivery_id: FromPath[UUID],
    ) -> None:
        await resend.resend(uow, user_id, delivery_id, utc_now())
        detail = {"delivery_id": str(delivery_id)}
        record_action(uow, Action.NOTIFICATION_RESENT, user_id=user_id, actor_id=principal.user_id, detail=detail)
