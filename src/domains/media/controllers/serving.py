"""Files as they are handed out, and parts as they are taken in, at /media: public, and outside of /api.

What somebody has uploaded is shown to browsers as what it is and never as a page: a type that we have found out, no
guessing, no script, and what we have not looked into is saved and not opened.
"""

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, head, put
from litestar.di import NamedDependency
from litestar.exceptions import InternalServerException
from litestar.params import FromPath, HeaderParameter, QueryParameter
from litestar.response import Stream
from litestar.status_codes import (
    HTTP_204_NO_CONTENT,
    HTTP_206_PARTIAL_CONTENT,
    HTTP_304_NOT_MODIFIED,
    HTTP_416_REQUESTED_RANGE_NOT_SATISFIABLE,
)

from domains.kernel.uow import Database
from domains.media.policy.purposes import PART_BYTES
from domains.media.policy.ranges import Unsatisfiable, matches, span
from domains.media.policy.variants import MAIN
from domains.media.service import serving
from domains.media.service.serving import Shown

OPEN = {"public": True, "rate": "media", "rate_here": True}
_YEAR_S = 31_536_000
_BYTES = "application/octet-stream"
_PATHS = ["/media/{sha256:str}", "/media/{sha256:str}/{variant:str}"]
_PRIVATE = "/media/private/{file_id:uuid}/{variant:str}"

IfNoneMatch = Annotated[str | None, HeaderParameter(name="If-None-Match", required=False)]
IfRange = Annotated[str | None, HeaderParameter(name="If-Range", required=False)]
Ranges = Annotated[str | None, HeaderParameter(name="Range", required=False)]
Expires = Annotated[int, QueryParameter(ge=0, le=2**40, description="Seconds since 1970.")]
Signature = Annotated[str, QueryParameter(max_length=64)]


@get(
    _PATHS[0],
    opt=OPEN,
    operation_id="see_media",
    summary="A public file by its content",
    description="What stands here never changes. Ranges are answered.",
    tags=["media"],
    media_type=_BYTES,
)
async def see(
    db: NamedDependency[Database],
    sha256: FromPath[str],
    if_none_match: IfNoneMatch = None,
    if_range: IfRange = None,
    ranges: Ranges = None,
) -> Response[Any]:
    return await _answer(db, await serving.public(db, sha256, MAIN), if_none_match, if_range, ranges)


@get(
    _PATHS[1],
    opt=OPEN,
    operation_id="see_picture",
    summary="A public picture that is 320, 640 or 1280 wide, or `square`",
    description="A smaller picture is not enlarged: it is shown as it is.",
    tags=["media"],
    media_type=_BYTES,
)
async def see_picture(
    db: NamedDependency[Database],
    sha256: FromPath[str],
    variant: FromPath[str],
    if_none_match: IfNoneMatch = None,
    if_range: IfRange = None,
    ranges: Ranges = None,
) -> Response[Any]:
    return await _answer(db, await serving.public(db, sha256, variant), if_none_match, if_range, ranges)


@head(_PATHS, opt=OPEN, include_in_schema=False)
async def see_head(
    db: NamedDependency[Database], sha256: FromPath[str], variant: FromPath[str] = MAIN
) -> Response[None]:
    return _head(await serving.public(db, sha256, variant))


@get(
    _PRIVATE,
    opt=OPEN,
    operation_id="see_private_media",
    summary="A private file, by an address that was signed for it",
    tags=["media"],
    media_type=_BYTES,
)
async def see_private(
    db: NamedDependency[Database],
    file_id: FromPath[UUID],
    variant: FromPath[str],
    expires: Expires,
    sig: Signature,
    if_none_match: IfNoneMatch = None,
    if_range: IfRange = None,
    ranges: Ranges = None,
) -> Response[Any]:
    shown = await serving.private(db, file_id, variant, expires, sig)
    return await _answer(db, shown, if_none_match, if_range, ranges)


@head(_PRIVATE, opt=OPEN, include_in_schema=False)
async def see_private_head(
    db: NamedDependency[Database],
    file_id: FromPath[UUID],
    variant: FromPath[str],
    expires: Expires,
    sig: Signature,
) -> Response[None]:
    return _head(await serving.private(db, file_id, variant, expires, sig))


@put(
    "/media/uploads/{upload_id:uuid}/{number:int}",
    opt=OPEN,
    operation_id="send_part",
    summary="One part of an upload, by the address that was signed for it",
    description="For storages that clients cannot reach themselves; the answer to an upload says where its parts go.",
    tags=["media"],
    status_code=HTTP_204_NO_CONTENT,
    request_max_body_size=PART_BYTES,
)
async def send_part(
    request: Request[Any, Any, Any],
    db: NamedDependency[Database],
    upload_id: FromPath[UUID],
    number: FromPath[int],
    expires: Expires,
    sig: Signature,
) -> None:
    told = request.headers.get("content-length")
    length = int(told) if told is not None and told.isdigit() else None
    await serving.receive(db, upload_id, number, expires, sig, length, _body(request))


async def _body(request: Request[Any, Any, Any]) -> AsyncIterator[bytes]:
    """Ends where the client is gone, which is no fault of ours: what is not whole is not kept."""
    try:
        async for piece in request.stream():
            yield piece
    except InternalServerException:
        return


def _headers(shown: Shown) -> dict[str, str]:
    scope = f"public, max-age={_YEAR_S}, immutable" if shown.public else "private, max-age=600"
    way = "inline" if shown.inline else "attachment"
    headers = {
        "accept-ranges": "bytes",
        "cache-control": scope,
        "content-disposition": f'{way}; filename="{shown.filename}"',
        "content-security-policy": "default-src 'none'; sandbox",
        "content-type": shown.type,
        "etag": shown.etag,
    }
    # Pages of other origins show what is public.
    return headers | {"cross-origin-resource-policy": "cross-origin"} if shown.public else headers


def _head(shown: Shown) -> Response[None]:
    return Response(None, headers=_headers(shown) | {"content-length": str(shown.size_bytes)})


async def _answer(
    db: Database, shown: Shown, if_none_match: str | None, if_range: str | None, ranges: str | None
) -> Response[Any]:
    headers = _headers(shown)
    if matches(if_none_match, shown.etag):
        return Response(b"", status_code=HTTP_304_NOT_MODIFIED, headers=headers)
    wanted = ranges if if_range is None or if_range.strip() == shown.etag else None
    try:
        part = span(wanted, shown.size_bytes)
    except Unsatisfiable:
        told = {"content-range": f"bytes */{shown.size_bytes}", "content-type": _BYTES, "cache-control": "no-store"}
        return Response(b"", status_code=HTTP_416_REQUESTED_RANGE_NOT_SATISFIABLE, headers=headers | told)
    pieces = await serving.content(db, shown, part)
    if part is None:
        return Stream(pieces, headers=headers | {"content-length": str(shown.size_bytes)}, media_type=shown.type)
    told = {
        "content-length": str(part.end - part.start),
        "content-range": f"bytes {part.start}-{part.end - 1}/{shown.size_bytes}",
    }
    return Stream(pieces, status_code=HTTP_206_PARTIAL_CONTENT, headers=headers | told, media_type=shown.type)
