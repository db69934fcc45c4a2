"""Keeping what was looked at.

Invariant: what lies in the storage is named by a blob or stands among the leftovers, at every moment; of the same
content there is one, however many bring it at once; and nobody has more than their quota, whatever comes at once.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import IO, NamedTuple
from uuid import UUID

from domains.identity import api as identity
from domains.identity.api import Permission, Scope, ScopeKind
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database, UnitOfWork
from domains.media.errors import NotForYou, QuotaExceeded, StorageAway, UploadNotFound, UploadOver
from domains.media.policy.purposes import LINK_KEPT, FileVisibility, Purpose
from domains.media.providers.port import Depot
from domains.media.repository import blobs, files, uploads
from domains.media.repository.blobs import Blob
from domains.media.repository.files import File, Used
from domains.media.repository.uploads import Upload
from domains.media.service.looking import Found, check_kind
from domains.media.service.storage import delete_soon, told

_WRITING = timedelta(hours=1)
"""What was begun to be written so long ago, and is named by no blob, was given up."""


class Wish(NamedTuple):
    """What somebody wants of a file."""

    owner_id: UUID
    purpose: Purpose
    visibility: FileVisibility
    name: str
    alt: str = ""


async def quota_bytes(uow: UnitOfWork, owner_id: UUID, course_id: UUID | None = None) -> int:
    depot = uow.db.port(Depot)
    author = await identity.may(uow, owner_id, Permission.MEDIA_COURSES, _within(course_id))
    return depot.author_bytes if author else depot.learner_bytes


def _within(course_id: UUID | None) -> Scope | None:
    return Scope(ScopeKind.COURSE, course_id) if course_id else None


async def check_room(uow: UnitOfWork, owner_id: UUID, wanted_bytes: int, course_id: UUID | None = None) -> Used:
    """What there was before. Holds the count until the commit. Raises QuotaExceeded."""
    await files.hold_quota(uow.fetch, owner_id)
    used = await files.used(uow.fetch, owner_id)
    quota = await quota_bytes(uow, owner_id, course_id)
    if used.files_bytes + used.uploads_bytes + wanted_bytes > quota:
        raise QuotaExceeded(used.files_bytes + used.uploads_bytes, quota, wanted_bytes)
    return used


async def check_purpose(uow: UnitOfWork, owner_id: UUID, purpose: Purpose, course_id: UUID | None = None) -> None:
    """`course_id`: of a course for which somebody is an author. Raises NotForYou."""
    wanted = Permission.MEDIA_COURSES if purpose is Purpose.COURSE else Permission.MEDIA_UPLOAD
    if not await identity.may(uow, owner_id, wanted, _within(course_id)):
        raise NotForYou


async def keep(
    db: Database,
    wish: Wish,
    found: Found,
    file: IO[bytes],
    *,
    upload: Upload | None = None,
    course_id: UUID | None = None,
) -> File:
    """The file, stored. With an upload, which has counted against the quota already, that is done too; None is stored
    twice, and what was done by another call meanwhile is given as it is. Raises QuotaExceeded and StorageAway."""
    blob: Blob | None = None
    while True:
        async with db.begin() as uow:
            if upload is not None and (ended := await _ended(uow, upload.id)) is not None:
                return ended
            stored = await _content(uow, found, blob)
            if stored is not None:
                return await _own(uow, wish, stored, upload, course_id)
        # Nobody has it: it is written before it is named.
        blob = await _write(db, found, file)


async def _content(uow: UnitOfWork, found: Found, written: Blob | None) -> Blob | None:
    """The content as it is stored; None where it has to be written first."""
    if written is None:
        return await blobs.take(uow.fetch, found.sha256)
    stored = await blobs.keep(uow.fetch, written)
    if stored.place == written.place and not await blobs.claim(uow.fetch, written.prefix):
        # It took so long that the clock holds it for given up, and may be deleting it.
        raise StorageAway
    return stored


async def _ended(uow: UnitOfWork, upload_id: UUID) -> File | None:
    """What another call has made of it meanwhile. Raises UploadNotFound and UploadOver."""
    now = await uploads.one(uow.fetch, upload_id, hold=True)
    if now is None:
        raise UploadNotFound
    if now.state in ("open", "processing"):
        return None
    file = await files.one(uow.fetch, now.file_id) if now.file_id is not None else None
    if file is None:
        raise UploadOver
    return file


async def _own(uow: UnitOfWork, wish: Wish, blob: Blob, upload: Upload | None, course_id: UUID | None) -> File:
    if upload is None and not await files.has(uow.fetch, wish.owner_id, blob.sha256, wish.purpose):
        await check_room(uow, wish.owner_id, blob.size_bytes, course_id)
    file_id = await files.add(uow.fetch, id_=new_id(), sha256=blob.sha256, **wish._asdict())
    if upload is not None:
        await uploads.end(uow.fetch, upload.id, "done", file_id=file_id)
    file = await files.one(uow.fetch, file_id)
    if file is None:
        raise LookupError("a file that was just added")
    return file


async def _write(db: Database, found: Found, file: IO[bytes]) -> Blob:
    depot = db.port(Depot)
    variants = [variant for variant, _ in found.pictures]
    blob = Blob(found.sha256, new_id(), *found[1:6], "stored", variants)
    await blobs.leave(db.fetch, [blob.prefix], utc_now() + _WRITING)
    with told():
        for variant, content in found.pictures:
            await depot.storage.put(f"{blob.prefix}/{variant.object_name}", content, variant.type)
        await depot.storage.put(blob.original, file, found.type)
    return blob


async def give(uow: UnitOfWork, wish: Wish, sha256: bytes, course_id: UUID | None = None) -> File | None:
    """A file of content that is here and that everybody may see, or that they have: nothing needs to be sent. None
    where it does, and nothing tells whether others have it for themselves. Raises TypeRefused, FileTooLarge and
    QuotaExceeded."""
    if sha256 not in await blobs.known(uow.fetch, [sha256], wish.owner_id):
        return None
    blob = await blobs.take(uow.fetch, sha256)
    if blob is None:
        return None
    check_kind(wish.purpose, blob.type, blob.size_bytes)
    return await _own(uow, wish, blob, None, course_id)


async def throw_away(db: Database, upload: Upload) -> None:
    """What was sent, once it is not needed. An address that was signed for a cloud may still put it there again."""
    await blobs.leave(db.fetch, [upload.prefix], upload.expires_at + LINK_KEPT)
    await delete_soon(db.port(Depot), [upload.prefix])


def parts(db: Database, upload: Upload, count: int) -> AsyncIterator[bytes]:
    """All of it, in order."""
    storage = db.port(Depot).storage

    async def pieces() -> AsyncIterator[bytes]:
        for number in range(1, count + 1):
            async for piece in storage.read(upload.part(number)):
                yield piece

    return pieces()
