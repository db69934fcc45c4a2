"""Announcements for admins: written, looked at, sent."""

from uuid import UUID

from litestar import Controller, get, post
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK

from domains.identity.api import Permission, Principal
from domains.identity.guards import require
from domains.kernel.page import Limit, Page, decode_cursor, page_of
from domains.kernel.uow import UnitOfWork
from domains.notifications.models import Announcement
from domains.notifications.repository import announcements as repository
from domains.notifications.schemas.announcements import AnnouncementIn, AnnouncementOut, PreviewOut
from domains.notifications.service import announcements as service


class AnnouncementsController(Controller):
    path = "/api/v1/admin/announcements"
    tags = ("notifications",)
    guards = [require(Permission.ANNOUNCEMENTS_SEND)]  # noqa: RUF012 - Litestar reads it from the class
    cache_control = CacheControlHeader(no_store=True)

    @post("/", operation_id="draft_announcement", summary="Write an announcement; nobody is told yet")
    async def draft(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        data: JSONBody[AnnouncementIn],
    ) -> AnnouncementOut:
        wanted = service.Draft(data.audience, data.title, data.body, data.url, data.channels)
        return announcement_out(await service.draft(uow, principal.user_id, wanted))

    @get("/", operation_id="list_announcements", summary="Announcements, the newest first")
    async def list_announcements(
        self, uow: NamedDependency[UnitOfWork], cursor: FromQuery[str | None] = None, limit: Limit = 20
    ) -> Page[AnnouncementOut]:
        after = decode_cursor(cursor, UUID)
        found = await repository.announcements(uow.session, after=after, most=limit + 1)
        return page_of([announcement_out(row) for row in found], limit, lambda row: row.id)

    @get("/{announcement_id:uuid}", operation_id="show_announcement", summary="How far an announcement has come")
    async def show(self, uow: NamedDependency[UnitOfWork], announcement_id: FromPath[UUID]) -> AnnouncementOut:
        return announcement_out(await service.show(uow, announcement_id))

    @post(
        "/{announcement_id:uuid}/preview",
        operation_id="preview_announcement",
        summary="How many it would reach, and how it reads",
        status_code=HTTP_200_OK,
    )
    async def preview(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        announcement_id: FromPath[UUID],
    ) -> PreviewOut:
        return preview_out(await service.preview(uow, announcement_id, principal.user_id))

    @post(
        "/{announcement_id:uuid}/send",
        operation_id="send_announcement",
        summary="Begin to send it",
        description="It goes on in the background; look at its state. Sent again, nothing changes.",
        status_code=HTTP_200_OK,
    )
    async def send(self, uow: NamedDependency[UnitOfWork], announcement_id: FromPath[UUID]) -> AnnouncementOut:
        return announcement_out(await service.send(uow, announcement_id))

    @post(
        "/{announcement_id:uuid}/cancel",
        operation_id="cancel_announcement",
        summary="Send it to nobody, or to nobody else",
        status_code=HTTP_200_OK,
    )
    async def cancel(self, uow: NamedDependency[UnitOfWork], announcement_id: FromPath[UUID]) -> AnnouncementOut:
        return announcement_out(await service.cancel(uow, announcement_id))


def preview_out(found: service.Preview) -> PreviewOut:
    words, mail = found.words, found.mail
    return PreviewOut(found.recipients, words.title, words.body, mail.subject, mail.text, mail.html)


def announcement_out(row: Announcement) -> AnnouncementOut:
    return AnnouncementOut(**{field: getattr(row, field) for field in AnnouncementOut.__struct_fields__})
