"""Courses in and out of files, over REST.

A file arrives in parts, so that a slow line loses no more than one; what is read of it is done by a job.
"""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, post, put
from litestar.datastructures import CacheControlHeader, ResponseHeader
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT

from domains.catalog.controllers.versions import IdempotencyKey
from domains.catalog.formats import FORMATS, Remark
from domains.catalog.repository import importing as repository
from domains.catalog.schemas.imports import (
    ExportReportOut,
    FormatOut,
    FormatsOut,
    ImportOut,
    NewImport,
    RemarkOut,
)
from domains.catalog.service import comparing, exporting, importing
from domains.catalog.service.authors import access
from domains.catalog.service.importing import PART_BYTES, Under, Wish
from domains.identity import api as identity
from domains.identity.api import Permission, Principal
from domains.kernel.errors import Forbidden
from domains.kernel.idempotency import once_per_key
from domains.kernel.page import Limit, Page, decode_cursor, page_of
from domains.kernel.uow import Database, UnitOfWork

_MOST_TOLD = 1_000
_BYTES = "application/octet-stream"
_FILE = {200: ResponseSpec(bytes, media_type=_BYTES, description="The file", generate_examples=False)}
_HEADERS = [
    ResponseHeader(name="Content-Disposition", description="What to call the file.", documentation_only=True),
    ResponseHeader(
        name="Lyceum-Left-Out",
        description="How many things the format could not say; /export/report tells them.",
        documentation_only=True,
    ),
]

FormatName = Annotated[str, QueryParameter(name="format", max_length=40, description="One of /authoring/formats.")]
State = Annotated[
    str,
    QueryParameter(
        pattern=comparing.STATES, description="`draft`, `published`, or the number of a revision.", max_length=10
    ),
]


class ImportsController(Controller):
    path = "/api/v1/authoring"
    tags = ("authoring",)
    cache_control = CacheControlHeader(no_store=True)

    @get("/formats", operation_id="list_formats", summary="Formats in which courses are read and written")
    async def formats(self) -> FormatsOut:
        return FormatsOut(
            [
                FormatOut(each.name, each.title, each.read is not None, each.write is not None, list(each.endings))
                for each in FORMATS.values()
            ]
        )

    @post(
        "/imports",
        operation_id="begin_import",
        summary="Say which file a course is to be read from; its parts come next",
        description="A file that fails changes nothing. Its report says by file and line what was not understood.",
        status_code=HTTP_201_CREATED,
    )
    async def begin(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        data: JSONBody[NewImport],
        key: IdempotencyKey = None,
    ) -> ImportOut:
        if data.course_id is None and not await identity.may(uow, principal.user_id, Permission.COURSES_WRITE):
            raise Forbidden("This needs the right to write courses")

        async def work() -> ImportOut:
            wish = Wish(data.format, data.options.read(), data.replace, data.dry_run)
            begun = await importing.begin(uow, principal.user_id, data.course_id, data.name, data.size_bytes, wish)
            return _import(begun)

        return await once_per_key(
            uow,
            owner_id=principal.user_id,
            key=key,
            operation="begin_import",
            request=data,
            answer_type=ImportOut,
            work=work,
        )

    @put(
        "/imports/{import_id:uuid}/file",
        operation_id="send_import_part",
        summary="A part of the file; with the last one the import is on its way",
        description="The body is the part, as application/octet-stream; the same part again changes nothing.",
        request_max_body_size=PART_BYTES,
    )
    async def take_part(
        self,
        request: Request[Any, Any, Any],
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        import_id: FromPath[UUID],
        part: Annotated[int, QueryParameter(ge=1, le=1000, description="From 1.")] = 1,
    ) -> ImportOut:
        await importing.one(db, principal.user_id, import_id)
        body = await request.body()
        async with db.begin() as uow:
            return _import(await importing.take_part(uow, principal.user_id, import_id, part, body))

    @get("/imports", operation_id="list_imports", summary="My imports, the newest first")
    async def mine(
        self,
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        limit: Limit = 20,
        cursor: FromQuery[str | None] = None,
    ) -> Page[ImportOut]:
        rows = await repository.mine(db, principal.user_id, decode_cursor(cursor, UUID), limit + 1)
        return page_of([_import(Under(row, [])) for row in rows], limit, lambda each: each.id)

    @get("/imports/{import_id:uuid}", operation_id="get_import", summary="How far an import of mine is")
    async def one(
        self, db: NamedDependency[Database], principal: NamedDependency[Principal], import_id: FromPath[UUID]
    ) -> ImportOut:
        return _import(await importing.one(db, principal.user_id, import_id))

    @get(
        "/imports/{import_id:uuid}/remarks",
        operation_id="list_import_remarks",
        summary="What was not understood in the file of an import, by file and line",
    )
    async def remarks(
        self,
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        import_id: FromPath[UUID],
        limit: Limit = 100,
        cursor: FromQuery[str | None] = None,
    ) -> Page[RemarkOut]:
        await importing.one(db, principal.user_id, import_id)
        rows = await repository.remarks(db, import_id, decode_cursor(cursor, int) or 0, limit + 1)
        return page_of([_remark(number, each) for number, each in rows], limit, lambda each: each.number)

    @delete(
        "/imports/{import_id:uuid}",
        operation_id="delete_import",
        summary="Forget an import of mine that has ended, or has not begun; its course stays",
        status_code=HTTP_204_NO_CONTENT,
    )
    async def drop(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], import_id: FromPath[UUID]
    ) -> None:
        await importing.drop(uow, principal.user_id, import_id)

    @get(
        "/courses/{course_id:uuid}/export",
        operation_id="export_course",
        summary="A course as a file, with all its solutions; for those who work on it",
        responses=_FILE,
        response_headers=_HEADERS,
        media_type=_BYTES,
        status_code=HTTP_200_OK,
    )
    async def export(
        self,
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        format_name: FormatName = "lyceum",
        of: State = comparing.DRAFT,
    ) -> Response[bytes]:
        await _may_look(db, principal, course_id)
        course, written, report = await exporting.export(db, course_id, of, format_name)
        headers = {
            "Content-Disposition": f'attachment; filename="{course.slug}{written.suffix}"',
            "Lyceum-Left-Out": str(len(report.remarks)),
        }
        return Response(written.body, media_type=written.media_type, headers=headers)

    @get(
        "/courses/{course_id:uuid}/export/report",
        operation_id="get_export_report",
        summary="What a format could not say of a course",
    )
    async def export_report(
        self,
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        format_name: FormatName = "lyceum",
        of: State = comparing.DRAFT,
    ) -> ExportReportOut:
        await _may_look(db, principal, course_id)
        _, _, report = await exporting.export(db, course_id, of, format_name)
        told = [_remark(number, each) for number, each in enumerate(report.remarks[:_MOST_TOLD], 1)]
        return ExportReportOut(told, len(report.remarks))


async def _may_look(db: Database, principal: Principal, course_id: UUID) -> None:
    async with db.begin() as uow:
        await access(uow, principal.user_id, course_id)


def _import(found: Under) -> ImportOut:
    work = found.work
    return ImportOut(
        id=work.id,
        state=work.state,
        name=work.name,
        format=work.format or None,
        size_bytes=work.size_bytes,
        part_bytes=PART_BYTES,
        missing=found.missing,
        dry_run=msgspec.json.decode(work.options, type=Wish).dry_run,
        course_id=work.course_id,
        done=work.done,
        total=work.total,
        errors=work.errors,
        remarks=work.remarks,
        counts=work.counts,
        created_at=work.created_at,
        finished_at=work.finished_at,
    )


def _remark(number: int, remark: Remark) -> RemarkOut:
    return RemarkOut(number, remark.severity, remark.file, remark.line, remark.message)
