"""REST of what people may ask for about themselves: a copy of everything, and to be kept after all. That they want to
be forgotten is `DELETE /auth/me`, beside the other thing that is done there."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.datastructures import CacheControlHeader, ResponseHeader
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, HeaderParameter
from litestar.response import Stream

from domains.identity.api import Principal
from domains.identity.controllers.answers import AnyRequest, caller_of
from domains.identity.guards import require_fresh
from domains.identity.policy.rights import ExportState
from domains.identity.repository import exports as repository
from domains.identity.repository.exports import Export
from domains.identity.schemas.rights import ExportOut, ExportsOut
from domains.identity.service import deletion, exports
from domains.kernel.idempotency import once_per_key
from domains.kernel.uow import Database, UnitOfWork

_ZIP = "application/zip"
_FILE = {200: ResponseSpec(bytes, media_type=_ZIP, description="The ZIP file", generate_examples=False)}
_HEADERS = [ResponseHeader(name="Content-Disposition", description="What to call the file.", documentation_only=True)]
Key = Annotated[str | None, HeaderParameter(name="Idempotency-Key", description="The same key again is the same copy.")]
_FRESH = "Needs a login of at most five minutes ago."


class RightsController(Controller):
    path = "/api/v1/auth/me"
    tags = ("identity",)
    cache_control = CacheControlHeader(no_store=True)

    @post(
        "/exports",
        operation_id="request_export",
        summary="Ask for a copy of everything that is held about me",
        description=f"One at a time. Its owner is told when it is ready; the three newest are kept, for seven days. "
        f"{_FRESH}",
        status_code=202,
        guards=[require_fresh],
    )
    async def request(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        idempotency_key: Key = None,
    ) -> ExportOut:
        async def work() -> ExportOut:
            return export_out(await exports.request(uow, principal.user_id, caller_of(request)))

        return await once_per_key(
            uow,
            owner_id=principal.user_id,
            key=idempotency_key,
            operation="request_export",
            request=None,
            answer_type=ExportOut,
            work=work,
        )

    @get("/exports", operation_id="list_exports", summary="My copies, the newest first")
    async def list_exports(self, db: NamedDependency[Database], principal: NamedDependency[Principal]) -> ExportsOut:
        return ExportsOut([export_out(each) for each in await repository.of_person(db, principal.user_id)])

    @get("/exports/{export_id:uuid}", operation_id="show_export", summary="How far one of my copies is")
    async def show(
        self, db: NamedDependency[Database], principal: NamedDependency[Principal], export_id: FromPath[UUID]
    ) -> ExportOut:
        return export_out(await exports.shown(db, principal.user_id, export_id))

    @get(
        "/exports/{export_id:uuid}/file",
        operation_id="fetch_export",
        summary="One of my copies: a ZIP file of JSON",
        description=_FRESH,
        guards=[require_fresh],
        responses=_FILE,
        response_headers=_HEADERS,
        media_type=_ZIP,
    )
    async def fetch(
        self,
        request: AnyRequest,
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        export_id: FromPath[UUID],
    ) -> Stream:
        export = await exports.fetched(db, principal.user_id, export_id, caller_of(request))
        name = f"lyceum-{export.created_at:%Y-%m-%d}.zip"
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Length": str(export.size_bytes),
        }
        return Stream(exports.content(db, export), media_type=_ZIP, headers=headers)

    @post(
        "/restore",
        operation_id="restore_me",
        summary="Keep my account after all",
        description="Quiet where it was not to be erased. Subscriptions stay cancelled until they are resumed.",
        status_code=204,
    )
    async def restore(
        self, request: AnyRequest, db: NamedDependency[Database], principal: NamedDependency[Principal]
    ) -> None:
        await deletion.take_back(db, principal, caller_of(request))


def export_out(export: Export) -> ExportOut:
    done = 1.0 if export.state == ExportState.READY else export.done / export.total if export.total else 0.0
    return ExportOut(
        id=export.id,
        state=ExportState(export.state).value,
        progress=round(done, 3),
        done=export.done,
        total=export.total,
        size_bytes=export.size_bytes,
        asked_at=export.created_at,
        ready_at=export.ready_at,
        expires_at=export.expires_at,
    )
