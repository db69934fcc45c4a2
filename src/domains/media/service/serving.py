"""What is handed out, and to whom. Invariant: everybody gets what is public, whoever holds a signed address gets what
it names, and nobody gets anything else; of a picture, only what we have made."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domains.kernel.clock import utc_now
from domains.kernel.uow import Database
from domains.media.errors import BadPart, FileNotFound, LinkRefused, UploadNotFound, UploadOver
from domains.media.policy import links
from domains.media.policy.purposes import LINK_KEPT, FileVisibility, part_sizes
from domains.media.policy.ranges import Span
from domains.media.policy.refs import parsed_hex
from domains.media.policy.types import KINDS, Kind
from domains.media.policy.variants import MAIN, WANTED, chosen
from domains.media.providers.port import Depot, Missing
from domains.media.repository import blobs, files, uploads
from domains.media.repository.blobs import Blob
from domains.media.repository.files import File
from domains.media.service.keys import link_key
from domains.media.service.storage import first_of, told
from domains.media.service.uploads import PARTS, is_over

PUBLIC = "/media"
PRIVATE = "/media/private"
_SUFFIXES = {
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/wav": "wav",
    "audio/mp4": "m4a",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "application/pdf": "pdf",
    "image/webp": "webp",
}


class Shown(NamedTuple):
    """An object as it is handed out."""

    key: str
    type: str
    size_bytes: int
    etag: str
    inline: bool
    """Whether a browser shows it by itself: what we have made or looked into."""
    filename: str
    public: bool


async def public(db: Database, name: str, wanted: str) -> Shown:
    """Raises FileNotFound, also for what is private."""
    sha256 = parsed_hex(name)
    blob = await blobs.shown(db, sha256) if sha256 is not None and wanted in WANTED else None
    if blob is None:
        raise FileNotFound
    return _shown(blob, wanted, public=True)


async def private(db: Database, file_id: UUID, wanted: str, expires: int, signature: str) -> Shown:
    """Raises LinkRefused and FileNotFound."""
    if not links.opens(
        await link_key(db), "GET", _private_path(file_id, wanted), expires, signature, now=utc_now().timestamp()
    ):
        raise LinkRefused
    file = await files.one(db.fetch, file_id)
    if file is None or file.blob.state != "stored" or wanted not in WANTED:
        raise FileNotFound
    return _shown(file.blob, wanted, public=False)


def _shown(blob: Blob, wanted: str, *, public: bool) -> Shown:
    name = blob.sha256.hex()
    if KINDS[blob.type] is Kind.IMAGE:
        variant = chosen(blob.variants, wanted)
        if variant is None:
            raise FileNotFound
        etag = f'"{name[:32]}-{variant.name}"'
        key = f"{blob.prefix}/{variant.object_name}"
        return Shown(key, variant.type, variant.size_bytes, etag, True, f"{name[:12]}.webp", public)
    if wanted != MAIN:
        raise FileNotFound
    inline = KINDS[blob.type] is Kind.AUDIO
    filename = f"{name[:12]}.{_SUFFIXES[blob.type]}"
    return Shown(blob.original, blob.type, blob.size_bytes, f'"{name[:32]}"', inline, filename, public)


async def content(db: Database, shown: Shown, span: Span | None) -> AsyncIterator[bytes]:
    """Begun, so that what is missing is still an answer of its own. Raises FileNotFound and StorageAway."""
    start, end = span or Span(0, shown.size_bytes)
    try:
        with told():
            return await first_of(db.port(Depot).storage.read(shown.key, start, end))
    except Missing:
        raise FileNotFound from None


class Addresses(NamedTuple):
    """Of one file: of each thing to be seen of it."""

    main: str
    expires_at: datetime | None
    pictures: dict[str, str]


def public_path(sha256: bytes, wanted: str = MAIN) -> str:
    return f"{PUBLIC}/{sha256.hex()}" + ("" if wanted == MAIN else f"/{wanted}")


def _private_path(file_id: UUID, wanted: str) -> str:
    return f"{PRIVATE}/{file_id}/{wanted}"


async def addresses(db: Database, file: File) -> Addresses:
    base = db.port(Depot).public_url.rstrip("/")
    names = [variant.name for variant in file.blob.variants]
    if file.visibility is FileVisibility.PUBLIC:
        paths = {name: f"{base}{public_path(file.blob.sha256, name)}" for name in {MAIN, *names}}
        return Addresses(paths[MAIN], None, paths)
    key, expires_at = await link_key(db), utc_now().replace(microsecond=0) + LINK_KEPT
    expires = int(expires_at.timestamp())
    paths = {
        name: f"{base}{links.signed(key, 'GET', _private_path(file.id, name), expires)}" for name in {MAIN, *names}
    }
    return Addresses(paths[MAIN], expires_at, paths)


async def receive(
    db: Database,
    upload_id: UUID,
    number: int,
    expires: int,
    signature: str,
    length: int | None,
    body: AsyncIterator[bytes],
) -> None:
    """Takes a part, where clients hand them to us. Raises LinkRefused, UploadNotFound, UploadOver and BadPart."""
    path, now = f"{PARTS}/{upload_id}/{number}", utc_now()
    if not links.opens(await link_key(db), "PUT", path, expires, signature, now=now.timestamp()):
        raise LinkRefused
    upload = await uploads.one(db.fetch, upload_id)
    if upload is None:
        raise UploadNotFound
    if is_over(upload, now):
        raise UploadOver
    size_bytes = part_sizes(upload.size_bytes)[number - 1]
    if length not in (None, size_bytes):
        raise BadPart(size_bytes)
    with told():
        await db.port(Depot).storage.receive(upload.part(number), _exactly(body, size_bytes))


async def _exactly(body: AsyncIterator[bytes], size_bytes: int) -> AsyncIterator[bytes]:
    """Raises BadPart."""
    came = 0
    async for piece in body:
        came += len(piece)
        if came > size_bytes:
            break
        if piece:
            yield piece
    if came != size_bytes:
        raise BadPart(size_bytes)
