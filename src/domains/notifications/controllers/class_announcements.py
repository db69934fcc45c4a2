"""Announcements of teachers to a class of theirs. For everybody else there is no such class."""

from uuid import UUID

from litestar import Controller, get, post
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK

from domains.classrooms import api as classrooms
from domains.identity.api import Principal
from domains.kernel.page import Limit, Page, decode_cursor, page_of
from domains.kernel.uow import UnitOfWork
from domains.notifications.controllers.announcements import announcement_out, preview_out
from domains.notifications.policy.audience import of_class
from domains.notifications.repository import announcements as repository
from domains.notifications.schemas.announcements import AnnouncementOut, NewsIn, PreviewOut
from domains.notifications.service import announcements as service


class ClassAnnouncementsController(Controller):
    path = "/api/v1/classrooms/{classroom_id:uuid}/announcements"
    tags = ("notifications",)
    cache_control = CacheControlHeader(no_store=True)

    @post("/", operation_id="draft_class_announcement", summary="Write to a class; nobody is told yet")
    async def draft(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        classroom_id: FromPath[UUID],
        data: JSONBody[NewsIn],
    ) -> AnnouncementOut:
        audience = await _taught(uow, principal, classroom_id)
        wanted = service.Draft(audience, data.title, data.body, data.url, data.channels)
        return announcement_out(await service.draft(uow, principal.user_id, wanted))

    @get("/", operation_id="list_class_announcements", summary="Announcements to a class, the newest first")
    async def list_announcements(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        classroom_id: FromPath[UUID],
        cursor: FromQuery[str | None] = None,
        limit: Limit = 20,
    ) -> Page[AnnouncementOut]:
        audience = await _taught(uow, principal, classroom_id)
        after = decode_cursor(cursor, UUID)
        found = await repository.announcements(uow.session, audience=audience, after=after, most=limit + 1)
        return page_of([announcement_out(row) for row in found], limit, lambda row: row.id)

    @get(
        "/{announcement_id:uuid}",
        operation_id="show_class_announcement",
        summary="How far an announcement to a class has come",
    )
    async def show(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        classroom_id: FromPath[UUID],
        announcement_id: FromPath[UUID],
    ) -> AnnouncementOut:
        audience = await _taught(uow, principal, classroom_id)
        return announcement_out(await service.show(uow, announcement_id, within=audience))

    @post(
        "/{announcement_id:uuid}/preview",
        operation_id="preview_class_announcement",
        summary="How many of the class it would reach, and how it reads",
        status_code=HTTP_200_OK,
    )
    async def preview(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        classroom_id: FromPath[UUID],
        announcement_id: FromPath[UUID],
    ) -> PreviewOut:
        audience = await _taught(uow, principal, classroom_id)
        return preview_out(await service.preview(uow, announcement_id, principal.user_id, within=audience))

    @post(
        "/{announcement_id:uuid}/send",
        operation_id="send_class_announcement",
        summary="Begin to send it to the class",
        description="It goes on in the background; look at its state. Sent again, nothing changes.",
        status_code=HTTP_200_OK,
    )
    async def send(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        classroom_id: FromPath[UUID],
        announcement_id: FromPath[UUID],
    ) -> AnnouncementOut:
        audience = await _taught(uow, principal, classroom_id)
        return announcement_out(await service.send(uow, announcement_id, within=audience))

    @post(
        "/{announcement_id:uuid}/cancel",
        operation_id="cancel_class_announcement",
        summary="Tell nobody of the class, or nobody else",
        status_code=HTTP_200_OK,
    )
    async def cancel(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        classroom_id: FromPath[UUID],
        announcement_id: FromPath[UUID],
    ) -> AnnouncementOut:
        audience = await _taught(uow, principal, classroom_id)
        return announcement_out(await service.cancel(uow, announcement_id, within=audience))


async def _taught(uow: UnitOfWork, principal: Principal, classroom_id: UUID) -> str:
    """The audience that the class is."""
    await classrooms.require_teacher(uow.db, principal.user_id, classroom_id)
    return of_class(classroom_id)
