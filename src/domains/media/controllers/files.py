"""One's own files over REST."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.status_codes import HTTP_201_CREATED, HTTP_204_NO_CONTENT

from domains.identity.api import Permission, Principal
from domains.identity.guards import require
from domains.kernel.page import Limit, Page, decode_cursor, page_of
from domains.kernel.uow import Database, UnitOfWork
from domains.media.controllers.answers import file_out
from domains.media.policy.purposes import Purpose
from domains.media.policy.types import Kind
from domains.media.repository import files as repository
from domains.media.schemas.files import FileOut, FilePatch, ImportIn, UsageOut
from domains.media.service import files, imports

Cursor = Annotated[str | None, QueryParameter(max_length=500, description="Of the page before.")]


class FilesController(Controller):
    path = "/api/v1/media"
    tags = ("media",)
    cache_control = CacheControlHeader(no_store=True)
    guards = (require(Permission.MEDIA_UPLOAD),)

    @get("/", operation_id="list_files", summary="My files, the newest first")
    async def mine(
        self,
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        purpose: FromQuery[Purpose | None] = None,
        kind: FromQuery[Kind | None] = None,
        cursor: Cursor = None,
        limit: Limit = 20,
    ) -> Page[FileOut]:
        after = decode_cursor(cursor, UUID)
        found = await repository.listed(
            db.fetch, principal.user_id, after=after, purpose=purpose, kind=kind, most=limit + 1
        )
        page = page_of(found, limit, lambda file: file.id)
        return Page([await file_out(db, file) for file in page.items], page.next_cursor)

    @get("/usage", operation_id="get_media_usage", summary="How much of my quota is used")
    async def usage(self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]) -> UsageOut:
        return await files.usage(uow, principal.user_id)

    @post(
        "/imports",
        operation_id="import_file",
        summary="Fetch a file from a public address; for authors",
        description="No redirects are followed, and all of it has to come within five seconds. Again gives the same "
        "file while the content there is the same.",
        status_code=HTTP_201_CREATED,
    )
    async def import_file(
        self, db: NamedDependency[Database], principal: NamedDependency[Principal], data: JSONBody[ImportIn]
    ) -> FileOut:
        return await file_out(db, await imports.fetch(db, principal.user_id, data))

    @get(
        "/{file_id:uuid}",
        operation_id="get_file",
        summary="One of my files, and where it can be seen",
        description="The address of a private file is signed and opens it for an hour.",
    )
    async def one(
        self, db: NamedDependency[Database], principal: NamedDependency[Principal], file_id: FromPath[UUID]
    ) -> FileOut:
        return await file_out(db, await files.own(db, principal.user_id, file_id))

    @patch(
        "/{file_id:uuid}",
        operation_id="change_file",
        summary="Rename a file, describe it, show it to everybody or to nobody",
        description="What is used somewhere cannot be hidden. Pictures of people are always public, what is handed in "
        "never is.",
    )
    async def change(
        self,
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        file_id: FromPath[UUID],
        data: JSONBody[FilePatch],
    ) -> FileOut:
        async with db.begin() as uow:
            file = await files.change(uow, principal.user_id, file_id, data)
        return await file_out(db, file)

    @delete(
        "/{file_id:uuid}",
        operation_id="delete_file",
        summary="Delete a file that is used nowhere",
        status_code=HTTP_204_NO_CONTENT,
    )
    async def remove(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], file_id: FromPath[UUID]
    ) -> None:
        await files.remove(uow, principal.user_id, file_id)
