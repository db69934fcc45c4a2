"""A course as a deck for Anki, with what I remember of it, and back."""

import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

import anyio
from litestar import Controller, Request, Response, get, post
from litestar.datastructures import CacheControlHeader, ResponseHeader
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK

from domains.identity.api import Principal
from domains.kernel.uow import Database
from domains.learning.errors import DeckUnreadable
from domains.learning.schemas import DeckOut
from domains.learning.service import decks

LARGEST_DECK_BYTES = 20_000_000
_DECK = "application/octet-stream"
_FILE = {200: ResponseSpec(bytes, media_type=_DECK, description="The package (.apkg)", generate_examples=False)}
_HEADERS = [ResponseHeader(name="Content-Disposition", description="What to call the file.", documentation_only=True)]


class DecksController(Controller):
    path = "/api/v1/courses/{course_id:uuid}/deck"
    tags = ("learning",)
    cache_control = CacheControlHeader(no_store=True)

    @get(
        operation_id="get_deck",
        summary="A course as a deck for Anki, with what I remember of it",
        description="A package (.apkg) that every Anki opens, with the pictures and sounds of the cards. Imported "
        "there again, it brings the same notes up to date.",
        responses=_FILE,
        response_headers=_HEADERS,
        media_type=_DECK,
    )
    async def take_along(
        self, db: NamedDependency[Database], principal: NamedDependency[Principal], course_id: FromPath[UUID]
    ) -> Response[bytes]:
        written = await decks.deck(db, principal.user_id, course_id)
        name = f'attachment; filename="{course_id}{written.suffix}"'
        return Response(written.body, media_type=_DECK, headers={"Content-Disposition": name})

    @post(
        operation_id="bring_deck",
        summary="Bring what I remember from Anki: when my cards are due there, they are due here",
        description="The body is a package of Anki (.apkg), exported there with its scheduling, of at most 20 MB. "
        "Cards count that this course has, by their notes or by their text. What was answered here later still counts.",
        status_code=HTTP_200_OK,
        request_max_body_size=LARGEST_DECK_BYTES,
    )
    async def bring_back(
        self,
        request: Request[Any, Any, Any],
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
    ) -> DeckOut:
        with tempfile.NamedTemporaryFile(suffix=".apkg") as file:
            async for chunk in request.stream():
                await anyio.to_thread.run_sync(file.write, chunk)
            await anyio.to_thread.run_sync(file.flush)
            taken = await decks.take(db, principal.user_id, course_id, Path(file.name))
        if taken.report.has_errors:
            raise DeckUnreadable(taken.report.of("error")[0].message)
        return DeckOut(taken.items, taken.new, taken.unknown, [str(remark) for remark in taken.report.remarks])
