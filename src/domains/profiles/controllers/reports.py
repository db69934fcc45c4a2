"""Reports over REST, for moderators."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, patch
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from domains.identity.api import Permission, Principal
from domains.identity.guards import require
from domains.kernel.page import Limit, Page, decode_cursor
from domains.kernel.uow import UnitOfWork
from domains.profiles.controllers.paging import Cursor
from domains.profiles.policy.reports import ReportState
from domains.profiles.schemas.people import ReportOut, ReportPatch
from domains.profiles.service import reports as service

State = Annotated[ReportState, QueryParameter(name="state")]


class ReportsController(Controller):
    path = "/api/v1/reports"
    tags = ("moderation",)
    guards = (require(Permission.REPORTS_HANDLE),)
    cache_control = CacheControlHeader(no_store=True)

    @get("/", operation_id="list_reports", summary="Reports about people in one state, the oldest first")
    async def queue(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        wanted: State = ReportState.OPEN,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Page[ReportOut]:
        return await service.queue(uow, principal.user_id, wanted, after=decode_cursor(cursor, UUID), limit=limit)

    @patch("/{report_id:uuid}", operation_id="handle_report", summary="Take up a report, or close it")
    async def handle(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        report_id: FromPath[UUID],
        data: JSONBody[ReportPatch],
    ) -> ReportOut:
        return await service.handle(uow, principal.user_id, report_id, data)
