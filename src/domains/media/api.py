"""The front door of media: content by its name, `sha256:<64 digits>`, the hash of what was uploaded.

Higher domains say what they use with `hold`; what is held stays, and can be seen, until it is released.
"""

import io
from collections.abc import Collection
from pathlib import Path
from uuid import UUID

import anyio

from domains.kernel.uow import Database, UnitOfWork
from domains.media.errors import BadFile, FileNotFound, FileTooLarge, Infected, TypeRefused
from domains.media.policy.purposes import FileVisibility, Purpose
from domains.media.policy.refs import digest_of, ref_of
from domains.media.policy.types import Kind
from domains.media.policy.variants import MAIN, SQUARE, WIDTHS
from domains.media.providers.port import Away as StorageFailure
from domains.media.providers.port import Depot, Missing
from domains.media.providers.setup import BadSetting, open_depot, storage_of
from domains.media.repository import blobs, files
from domains.media.service import looking, serving, storing
from domains.media.service.checking import Checked, Disagreement, check
from domains.media.service.storage import told
from domains.media.service.uploads import wish_of

__all__ = [
    "NOT_TAKEN",
    "WIDTHS",
    "BadSetting",
    "Checked",
    "Depot",
    "Disagreement",
    "FileVisibility",
    "Kind",
    "Purpose",
    "StorageFailure",
    "check",
    "digest_of",
    "hold",
    "known",
    "look_at",
    "open_depot",
    "own_ref",
    "put",
    "read",
    "read_all",
    "ref_of",
    "storage_of",
    "url_of",
]

NOT_TAKEN = (BadFile, FileTooLarge, Infected, TypeRefused)
"""What is wrong with a file itself, and will be wrong again."""


def url_of(ref: str, width: int | None = None, *, square: bool = False) -> str:
    """The path at which everybody gets it, once it is known to be public; of a picture one that is at least so wide,
    as far as there is one. Raises ValueError for what is no ref."""
    sha256 = digest_of(ref)
    if sha256 is None:
        raise ValueError(f"{ref} names no content")
    if square:
        return serving.public_path(sha256, SQUARE)
    if width is None:
        return serving.public_path(sha256)
    return serving.public_path(sha256, next((str(each) for each in WIDTHS if each >= width), MAIN))


async def known(source: UnitOfWork | Database, refs: Collection[str], owner: UUID | None = None) -> set[str]:
    """Those that are stored and that everybody may see, or `owner` has. One query."""
    hashes = {digest: ref for ref in refs if (digest := digest_of(ref)) is not None}
    if not hashes:
        return set()
    return {hashes[digest] for digest in await blobs.known(source.fetch, hashes, owner)}


async def put(
    db: Database,
    content: bytes | Path,
    *,
    name: str,
    owner: UUID,
    purpose: Purpose = Purpose.COURSE,
    visibility: FileVisibility | None = None,
    alt: str = "",
) -> str:
    """Stores a file under the same checks as an upload, and gives its ref; the same again changes nothing. In
    transactions of its own: content that turns out not to be needed is left to the clock.

    Raises media.errors: TypeRefused, FileTooLarge, BadFile, Infected, QuotaExceeded, ScannerAway, StorageAway."""
    wish = wish_of(owner, purpose, visibility, name, alt)
    depot = db.port(Depot)
    file = io.BytesIO(content) if isinstance(content, bytes) else await anyio.to_thread.run_sync(content.open, "rb")
    with file:
        found = await looking.look(depot, file, purpose)
        stored = await storing.keep(db, wish, found, file)
    return ref_of(stored.blob.sha256)


async def look_at(db: Database, content: bytes, *, purpose: Purpose = Purpose.COURSE) -> None:
    """Looks at a file as `put` does, and stores nothing. Raises the same, but for QuotaExceeded and StorageAway."""
    await looking.look(db.port(Depot), io.BytesIO(content), purpose)


async def read(db: Database, ref: str) -> bytes:
    """What was uploaded, byte for byte, also what a camera wrote into it; whoever asks has looked whether it may be
    shown. Raises FileNotFound and StorageAway."""
    found = await read_all(db, [ref])
    if not found:
        raise FileNotFound
    return found[ref]


async def read_all(db: Database, refs: Collection[str], most_bytes: int | None = None) -> dict[str, bytes]:
    """As `read`, of several: one query, and the contents one after the other. What is not there is left out, and what
    would make more than `most_bytes` together. Raises StorageAway."""
    hashes = {digest: ref for ref in refs if (digest := digest_of(ref)) is not None}
    blob_of = {blob.sha256: blob for blob in await blobs.read(db, hashes)} if hashes else {}
    found: dict[str, bytes] = {}
    size = 0
    for digest, ref in hashes.items():
        blob = blob_of.get(digest)
        if blob is None or (most_bytes is not None and size + blob.size_bytes > most_bytes):
            continue
        try:
            with told():
                found[ref] = b"".join([piece async for piece in db.port(Depot).storage.read(blob.original)])
        except Missing:
            continue
        size += len(found[ref])
    return found


async def hold(uow: UnitOfWork, holder: str, refs: Collection[str]) -> set[str]:
    """From now on `holder`, as `course:<id>`, uses these and no others; those that it could not hold, because they are
    not public or not there. At most four statements."""
    hashes = {digest: ref for ref in refs if (digest := digest_of(ref)) is not None}
    await blobs.hold(uow.fetch, holder, hashes)
    held = await blobs.held(uow.fetch, holder) if hashes else set()
    return {ref for digest, ref in hashes.items() if digest not in held} | (set(refs) - set(hashes.values()))


async def own_ref(uow: UnitOfWork, owner_id: UUID, file_id: UUID, purpose: Purpose) -> str | None:
    """The ref of somebody's public file for this purpose; None where they have no such."""
    file = await files.own(uow.fetch, owner_id, file_id, hold=True)
    if file is None or file.purpose is not purpose or file.visibility is not FileVisibility.PUBLIC:
        return None
    return ref_of(file.blob.sha256)
