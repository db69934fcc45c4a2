"""Courses packed with the files that they name: some 25 MB each, so that only few are in memory at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from domains.catalog.content import Course, media_of
from domains.catalog.formats.archive import MOST_BYTES
from domains.kernel.uow import Database
from domains.media import api as media

AT_ONCE = 2
"""In one process; who comes then waits."""

_turns = asyncio.Semaphore(AT_ONCE)


@asynccontextmanager
async def packing(db: Database, course: Course, *, only_public: bool) -> AsyncIterator[dict[str, bytes]]:
    """The course's files by ref, for as long as it is packed. More than we would open again ourselves is left out."""
    refs = list(dict.fromkeys(media_of(course)))
    async with _turns:
        if only_public:
            public = await media.known(db, refs)
            refs = [ref for ref in refs if ref in public]
        yield await media.read_all(db, refs, MOST_BYTES // 2)
