"""For staff: what somebody was told."""

from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from domains.identity.api import Permission
from domains.identity.guards import require
from domains.kernel.clock import utc_now
from domains.kernel.page import Limit, Page
from domains.kernel.uow import UnitOfWork
from domains.notifications.schemas.trace import TraceOut
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
