"""Uploads: a client says what it will send, sends the parts to where it is told, and says that it has.

Invariant: an upload ends once, done or failed, however often and by however many it is completed; what becomes a file
is what was looked at, and nothing that was sent later.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domains.identity.api import checked_text
from domains.kernel.clock import utc_now
from domains.kernel.errors import AppError
from domains.kernel.ids import new_id
from domains.kernel.uow import Database, UnitOfWork
from domains.media.errors import (
    REFUSALS,
    BadFile,
    BadMediaField,
    HashDiffers,
    TooManyUploads,
    TypeRefused,
    UploadIncomplete,
    UploadNotFound,
    UploadOver,
    told_again,
)
from domains.media.events import UploadCompleted
from domains.media.policy import links
from domains.media.policy.purposes import (
    INLINE_BYTES,
    LINK_KEPT,
    MOST_OPEN,
    UPLOAD_KEPT,
    FileVisibility,
    Purpose,
    part_sizes,
    taken,
    visibility_of,
)
from domains.media.policy.refs import parsed_hex
from domains.media.policy.types import declared
from domains.media.providers.port import Depot, Missing, Target
from domains.media.repository import blobs, uploads
from domains.media.repository.uploads import Upload
from domains.media.schemas.files import UploadIn
from domains.media.service import looking, storing
from domains.media.service.keys import link_key
from domains.media.service.storage import told
from domains.media.service.storing import Wish

PARTS = "/media/uploads"


class Part(NamedTuple):
    number: int
    offset: int
    size_bytes: int
    target: Target | None
    """None once the upload is over."""
    arrived: bool


def checked_name(name: str) -> str:
    """As it is kept: no directories, and something that can be shown. Raises BadMediaField."""
    plain = checked_text("name", name).replace("\\", "/").rpartition("/")[2].strip()
    if not plain or not plain.isprintable() or len(plain) > 200:
        raise BadMediaField("name", "name is 1 to 200 printable characters")
    return plain


def checked_alt(alt: str) -> str:
    return " ".join(checked_text("alt", alt).split())


def wish_of(owner_id: UUID, purpose: Purpose, visibility: FileVisibility | None, name: str, alt: str) -> Wish:
    """Raises BadMediaField."""
    return Wish(owner_id, purpose, visibility_of(purpose, visibility), checked_name(name), checked_alt(alt))


async def begin(uow: UnitOfWork, owner_id: UUID, data: UploadIn) -> Upload:
    """Done at once where the content is here already. Raises BadMediaField, NotForYou, TypeRefused, FileTooLarge,
    QuotaExceeded and TooManyUploads."""
    wish = wish_of(owner_id, data.purpose, data.visibility, data.name, data.alt)
    type_, sha256 = _announced(data)
    await storing.check_purpose(uow, owner_id, data.purpose, data.course_id)
    upload = Upload(
        id=new_id(),
        **wish._asdict(),
        size_bytes=data.size_bytes,
        type=type_,
        sha256=sha256,
        state="open",
        file_id=None,
        failure=None,
        expires_at=utc_now() + UPLOAD_KEPT,
    )
    file = await storing.give(uow, wish, sha256, data.course_id) if sha256 else None
    if file is not None:
        upload = upload._replace(state="done", file_id=file.id)
    else:
        used = await storing.check_room(uow, owner_id, data.size_bytes, data.course_id)
        if used.uploads >= MOST_OPEN:
            raise TooManyUploads(most=MOST_OPEN)
    await uploads.add(uow.fetch, upload)
    return upload


def _announced(data: UploadIn) -> tuple[str, bytes | None]:
    type_ = declared(data.type)
    if type_ is None:
        raise TypeRefused(data.type[:100], taken(data.purpose))
    looking.check_kind(data.purpose, type_, data.size_bytes)
    sha256 = parsed_hex(data.sha256.lower()) if data.sha256 is not None else None
    if data.sha256 is not None and sha256 is None:
        raise BadMediaField("sha256", "sha256 is 64 hexadecimal digits")
    return type_, sha256


async def own(db: Database, owner_id: UUID, upload_id: UUID) -> Upload:
    """Raises UploadNotFound."""
    found = await uploads.own(db.fetch, owner_id, upload_id)
    if found is None:
        raise UploadNotFound
    return found


async def parts(db: Database, upload: Upload) -> list[Part]:
    """Where each goes, and whether it has arrived. Raises StorageAway."""
    if is_over(upload, utc_now()):
        return []
    arrived = await _arrived(db, upload)
    found, offset = [], 0
    for number, size_bytes in enumerate(part_sizes(upload.size_bytes), start=1):
        target = await _target(db, upload, number)
        found.append(Part(number, offset, size_bytes, target, arrived.get(upload.part(number)) == size_bytes))
        offset += size_bytes
    return found


async def _target(db: Database, upload: Upload, number: int) -> Target:
    depot = db.port(Depot)
    with told():
        target = await depot.storage.target(upload.part(number), LINK_KEPT)
    if target is not None:
        return target
    expires = int(min(utc_now() + LINK_KEPT, upload.expires_at).timestamp())
    path = f"{PARTS}/{upload.id}/{number}"
    signed = links.signed(await link_key(db), "PUT", path, expires)
    return Target(f"{depot.public_url.rstrip('/')}{signed}", headers={"Content-Type": "application/octet-stream"})


async def _arrived(db: Database, upload: Upload) -> dict[str, int]:
    """Sizes of parts by key."""
    with told():
        listed = db.port(Depot).storage.listed(upload.prefix)
        return {stored.key: stored.size_bytes async for stored in listed}


async def complete(db: Database, owner_id: UUID, upload_id: UUID) -> Upload:
    """Again gives the same. Raises UploadNotFound, UploadIncomplete, UploadOver and how an upload may fail, and
    StorageAway and ScannerAway, after which it can be completed again."""
    upload = await own(db, owner_id, upload_id)
    if upload.failure is not None:
        raise _failure(upload.failure)
    if upload.state != "open":
        return upload
    if upload.expires_at < utc_now():
        raise UploadOver
    sizes, arrived = part_sizes(upload.size_bytes), await _arrived(db, upload)
    missing = [place for place, size in enumerate(sizes, start=1) if arrived.get(upload.part(place)) != size]
    if missing:
        # Another call may have completed it, and thrown the parts away.
        upload = await own(db, owner_id, upload_id)
        if upload.state == "open":
            raise UploadIncomplete(missing)
        return upload
    if upload.size_bytes > INLINE_BYTES:
        async with db.begin() as uow:
            if await uploads.process(uow.fetch, upload.id):
                uow.record(UploadCompleted(upload_id=upload.id))
    else:
        await finish(db, upload)
    return await own(db, owner_id, upload_id)


async def finish(db: Database, upload: Upload) -> None:
    """Raises how an upload may fail, once it is written down."""
    wish = Wish(upload.owner_id, upload.purpose, upload.visibility, upload.name, upload.alt)
    pieces = storing.parts(db, upload, len(part_sizes(upload.size_bytes)))
    try:
        async with looking.scratch(db.port(Depot)) as file:
            with told():
                await looking.gather(file, pieces, most_bytes=upload.size_bytes)
            found = await looking.look(db.port(Depot), file, upload.purpose)
            if upload.sha256 not in (None, found.sha256):
                raise HashDiffers(f"It has the hash {found.sha256.hex()}", sha256=found.sha256.hex())
            await storing.keep(db, wish, found, file, upload=upload)
    except Missing:
        # Thrown away by another call that was faster, or lost by the storage.
        lost = BadFile("A part of it was lost on the way; send it again")
        if await _fail(db, upload, lost):
            raise lost from None
    except AppError as error:
        if error.code in REFUSALS:
            await _fail(db, upload, error)
        raise
    await storing.throw_away(db, upload)


async def _fail(db: Database, upload: Upload, error: AppError) -> bool:
    """Ends it for good; False where it has ended already."""
    async with db.begin() as uow:
        now = await uploads.one(uow.fetch, upload.id, hold=True)
        if now is None or now.state not in ("open", "processing"):
            return False
        failure = {"code": error.code, "detail": error.detail, "extra": error.extra}
        await uploads.end(uow.fetch, upload.id, "failed", failure=failure)
    await storing.throw_away(db, upload)
    return True


async def finish_large(uow: UnitOfWork, upload_id: UUID) -> None:
    """As a job: what it fails with for good is told to who asks for the upload."""
    upload = await uploads.one(uow.db.fetch, upload_id)
    if upload is None or upload.state != "processing":
        return
    try:
        await finish(uow.db, upload)
    except (UploadOver, UploadNotFound):
        return
    except AppError as error:
        if error.code not in REFUSALS:
            raise


async def abort(db: Database, owner_id: UUID, upload_id: UUID) -> None:
    """Raises UploadNotFound and UploadOver."""
    async with db.begin() as uow:
        upload = await uploads.one(uow.fetch, upload_id, hold=True)
        if upload is None or upload.owner_id != owner_id:
            raise UploadNotFound
        if upload.state in ("processing", "done"):
            raise UploadOver
        await uploads.remove(uow.fetch, upload_id)
        await blobs.leave(uow.fetch, [upload.prefix], upload.expires_at + LINK_KEPT)
    await storing.throw_away(db, upload)


async def under_way(db: Database, owner_id: UUID) -> Sequence[Upload]:
    return await uploads.under_way(db.fetch, owner_id)


def failure_of(upload: Upload) -> AppError | None:
    return _failure(upload.failure) if upload.failure else None


def _failure(told_of: dict[str, object]) -> AppError:
    extra = told_of.get("extra")
    return told_again(str(told_of["code"]), str(told_of["detail"]), extra if isinstance(extra, dict) else {})


def is_over(upload: Upload, now: datetime) -> bool:
    return upload.state != "open" or upload.expires_at < now
