"""Files of a person. Invariant: what is used somewhere can be seen there for as long as it is used."""

from uuid import UUID

from msgspec import UNSET

from domains.kernel.uow import Database, UnitOfWork
from domains.media.errors import BadMediaField, FileInUse, FileNotFound
from domains.media.policy.purposes import MOST_OPEN, FileVisibility, visibility_of
from domains.media.repository import blobs, files
from domains.media.repository.files import File
from domains.media.schemas.files import FilePatch, UsageOut
from domains.media.service import storing
from domains.media.service.uploads import checked_alt, checked_name


async def own(db: Database, owner_id: UUID, file_id: UUID) -> File:
    """Raises FileNotFound, also for somebody else's."""
    found = await files.own(db.fetch, owner_id, file_id)
    if found is None:
        raise FileNotFound
    return found


async def change(uow: UnitOfWork, owner_id: UUID, file_id: UUID, data: FilePatch) -> File:
    """Raises FileNotFound, BadMediaField, and FileInUse where it is to be hidden."""
    file = await _held(uow, owner_id, file_id)
    name = file.name if data.name is UNSET else checked_name(data.name)
    alt = file.alt if data.alt is UNSET else checked_alt(data.alt)
    visibility = file.visibility if data.visibility is UNSET else data.visibility
    if visibility is not file.visibility:
        if visibility_of(file.purpose, visibility) is not visibility:
            raise BadMediaField("visibility", f"a file for {file.purpose} is always {file.visibility}")
        if visibility is FileVisibility.PRIVATE:
            await _check_unused(uow, file)
    await files.change(uow.fetch, file_id, name, alt, visibility)
    return file._replace(name=name, alt=alt, visibility=visibility)


async def remove(uow: UnitOfWork, owner_id: UUID, file_id: UUID) -> None:
    """Raises FileNotFound and FileInUse."""
    file = await _held(uow, owner_id, file_id)
    await _check_unused(uow, file)
    await files.remove(uow.fetch, file_id)


async def usage(uow: UnitOfWork, owner_id: UUID) -> UsageOut:
    used = await files.used(uow.fetch, owner_id)
    return UsageOut(
        quota_bytes=await storing.quota_bytes(uow, owner_id),
        used_bytes=used.files_bytes + used.uploads_bytes,
        uploads_bytes=used.uploads_bytes,
        files=used.files,
        uploads=used.uploads,
        most_uploads=MOST_OPEN,
    )


async def _held(uow: UnitOfWork, owner_id: UUID, file_id: UUID) -> File:
    found = await files.own(uow.fetch, owner_id, file_id, hold=True)
    if found is None:
        raise FileNotFound
    return found


async def _check_unused(uow: UnitOfWork, file: File) -> None:
    """Where others show the same content, what uses it goes on without this file."""
    if file.visibility is FileVisibility.PRIVATE:
        return
    used_by = await blobs.used_by(uow.fetch, file.blob.sha256)
    if used_by and not await files.others_show(uow.fetch, file):
        raise FileInUse(used_by)
