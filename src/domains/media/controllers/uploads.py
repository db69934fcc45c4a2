"""Uploads over REST: where the parts go, which have arrived, and that they all have."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT

from domains.identity.api import Permission, Principal
from domains.identity.guards import require
from domains.kernel.idempotency import once_per_key
from domains.kernel.uow import Database
from domains.kernel.wire import Out
from domains.media.controllers.answers import upload_out
from domains.media.schemas.files import UploadBriefOut, UploadIn, UploadOut, UploadsOut
from domains.media.service import uploads

IdempotencyKey = Annotated[
    str | None, HeaderParameter(name="Idempotency-Key", description="The same key again is the same upload.")
]


class _Begun(Out, frozen=True):
    """What is kept of an answer: the addresses in it open something, and are signed anew."""

    id: UUID


class UploadsController(Controller):
    path = "/api/v1/media/uploads"
    tags = ("media",)
    cache_control = CacheControlHeader(no_store=True)
    guards = (require(Permission.MEDIA_UPLOAD),)

    @post(
        "/",
        operation_id="begin_upload",
        summary="Say what will be sent, and hear where to",
        description="Send each part to its `url` with `method` and `headers`, in any order, several at once, again "
        "where that failed; then complete the upload. Pictures: PNG, JPEG, GIF, WebP, AVIF up to 15 MB (avatars 5 MB), "
        "4096 by 4096 and 16 million pixels. Sound: MP3, Ogg, Opus, WAV, M4A up to 25 MB and ten minutes. Films: MP4, "
        "WebM up to 200 MB. PDF up to 25 MB. With `sha256`, what everybody may see already, or I have, is done at "
        "once. Learners bring avatars and submissions, authors also files of courses.",
        status_code=HTTP_201_CREATED,
    )
    async def begin(
        self,
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        data: JSONBody[UploadIn],
        key: IdempotencyKey = None,
    ) -> UploadOut:
        async with db.begin() as uow:

            async def work() -> _Begun:
                return _Begun((await uploads.begin(uow, principal.user_id, data)).id)

            begun = await once_per_key(
                uow,
                owner_id=principal.user_id,
                key=key,
                operation="begin_upload",
                request=data,
                answer_type=_Begun,
                work=work,
            )
        return await upload_out(db, await uploads.own(db, principal.user_id, begun.id))

    @get("/", operation_id="list_uploads", summary="My uploads under way, the newest first")
    async def under_way(self, db: NamedDependency[Database], principal: NamedDependency[Principal]) -> UploadsOut:
        found = await uploads.under_way(db, principal.user_id)
        return UploadsOut(
            [
                UploadBriefOut(one.id, one.state, one.name, one.purpose, one.size_bytes, one.expires_at)  # type: ignore[arg-type]
                for one in found
            ]
        )

    @get(
        "/{upload_id:uuid}",
        operation_id="get_upload",
        summary="Which parts have arrived, where the others go, and how it ended",
    )
    async def show(
        self, db: NamedDependency[Database], principal: NamedDependency[Principal], upload_id: FromPath[UUID]
    ) -> UploadOut:
        return await upload_out(db, await uploads.own(db, principal.user_id, upload_id))

    @post(
        "/{upload_id:uuid}/complete",
        operation_id="complete_upload",
        summary="Say that all has been sent; again gives the same",
        description="What arrived is looked at: its size, its kind by its content, its hash where one was announced. "
        "A file of more than 16 MB is looked at in the background: its `state` is `processing` meanwhile.",
        status_code=HTTP_200_OK,
    )
    async def complete(
        self, db: NamedDependency[Database], principal: NamedDependency[Principal], upload_id: FromPath[UUID]
    ) -> UploadOut:
        return await upload_out(db, await uploads.complete(db, principal.user_id, upload_id))

    @delete(
        "/{upload_id:uuid}",
        operation_id="abort_upload",
        summary="Give up an upload; what was sent is thrown away",
        status_code=HTTP_204_NO_CONTENT,
    )
    async def abort(
        self, db: NamedDependency[Database], principal: NamedDependency[Principal], upload_id: FromPath[UUID]
    ) -> None:
        await uploads.abort(db, principal.user_id, upload_id)
