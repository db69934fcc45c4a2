"""REST of the audit log: all of it for admins, their own for everybody."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from domains.identity.api import Principal
from domains.identity.guards import require
from domains.identity.policy.actions import Action, by_staff
from domains.identity.policy.permissions import Permission
from domains.identity.repository import staff as repository
from domains.identity.repository.staff import Told
from domains.identity.schemas.admin import AuditEntryOut, HistoryEntryOut
from domains.kernel.page import Limit, Page, decode_cursor, page_of
from domains.kernel.uow import UnitOfWork

_PRIVATE = CacheControlHeader(no_store=True)

Cursor = Annotated[str | None, QueryParameter(max_length=200)]
Since = Annotated[datetime | None, QueryParameter(description="From this moment on.")]
Until = Annotated[datetime | None, QueryParameter(description="Before this moment.")]


@get(
    "/api/v1/admin/audit",
    operation_id="read_audit_log",
    summary="What was done to accounts and by whom, the newest first",
    tags=["identity"],
    guards=[require(Permission.AUDIT_READ)],
    cache_control=_PRIVATE,
)
async def read_audit_log(
    uow: NamedDependency[UnitOfWork],
    user_id: FromQuery[UUID | None] = None,
    actor_id: FromQuery[UUID | None] = None,
    action: FromQuery[Action | None] = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AuditEntryOut]:
    told = await repository.told(
        uow.session,
        user_id=user_id,
        actor_id=actor_id,
        action=action,
        since=since,
        until=until,
        before=decode_cursor(cursor, UUID),
        most=limit + 1,
    )
    return page_of([AuditEntryOut(*each) for each in told], limit, lambda entry: entry.id)


@get(
    "/api/v1/auth/history",
    operation_id="read_history",
    summary="What was done to my account, the newest first",
    tags=["identity"],
    cache_control=_PRIVATE,
)
async def read_history(
    uow: NamedDependency[UnitOfWork],
    principal: NamedDependency[Principal],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[HistoryEntryOut]:
    told = await repository.history(uow.session, principal.user_id, before=decode_cursor(cursor, UUID), most=limit + 1)
    return page_of([_entry(each) for each in told], limit, lambda entry: entry.id)


def _entry(told: Told) -> HistoryEntryOut:
    staff = by_staff(told.action, told.user_id, told.actor_id)
    return HistoryEntryOut(told.id, told.at, told.action, staff, told.detail.get("method"))
