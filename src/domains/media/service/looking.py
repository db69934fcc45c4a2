"""What a file is. Invariant: nothing becomes a file of the house that was not hashed, looked at by its content, and
scanned where there is a scanner; and none of it is held in memory whole but pictures."""

import contextlib
import hashlib
import logging
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import IO, Any, NamedTuple, cast

import anyio

from domains.media.errors import BadFile, FileTooLarge, Infected, ScannerAway, StorageAway, TypeRefused
from domains.media.policy.purposes import MOST_AUDIO_MS, Purpose, most_bytes, taken, takes
from domains.media.policy.types import HEAD_BYTES, KINDS, Kind, described, sniffed
from domains.media.policy.variants import Variant
from domains.media.providers.images import BadPicture, pictures_of
from domains.media.providers.port import Away, Depot
from domains.media.providers.sounds import BadSound, length_ms

log = logging.getLogger(__name__)


class Found(NamedTuple):
    """What is known of a file once it was looked at."""

    sha256: bytes
    size_bytes: int
    type: str
    width: int | None
    height: int | None
    duration_ms: int | None
    pictures: list[tuple[Variant, bytes]]


@asynccontextmanager
async def scratch(depot: Depot) -> AsyncGenerator[IO[bytes]]:
    """A file without a name: it is gone with the process, however that ends."""
    await anyio.to_thread.run_sync(lambda: depot.scratch.mkdir(mode=0o700, parents=True, exist_ok=True))
    with tempfile.TemporaryFile(dir=depot.scratch) as file:
        yield file


async def gather(file: IO[bytes], pieces: AsyncIterator[bytes], *, most_bytes: int) -> None:
    """Raises FileTooLarge, and StorageAway where there is no room for it here."""
    size = 0
    async for piece in pieces:
        size += len(piece)
        if size > most_bytes:
            raise FileTooLarge(size, most_bytes)
        try:
            await anyio.to_thread.run_sync(file.write, piece)
        except OSError as error:
            log.warning("scratch: %s", error.strerror)
            raise StorageAway from error


async def look(depot: Depot, file: IO[bytes], purpose: Purpose) -> Found:
    """Raises TypeRefused, FileTooLarge, BadFile, Infected and ScannerAway."""
    sha256, size_bytes, head = await anyio.to_thread.run_sync(_read, file)
    type_ = sniffed(head)
    if type_ is None:
        raise TypeRefused(described(head), taken(purpose))
    check_kind(purpose, type_, size_bytes)
    kind = KINDS[type_]
    await _scan(depot, file)
    found = Found(sha256, size_bytes, type_, None, None, None, [])
    if kind is Kind.IMAGE:
        try:
            made = await pictures_of(file, type_)
        except BadPicture as error:
            raise BadFile(str(error)) from error
        return found._replace(width=made.width, height=made.height, pictures=made.pictures)
    if kind is Kind.AUDIO:
        return found._replace(duration_ms=await _length_ms(file, type_))
    return found


def check_kind(purpose: Purpose, type_: str, size_bytes: int) -> None:
    """Raises TypeRefused and FileTooLarge."""
    if not takes(purpose, KINDS[type_]):
        raise TypeRefused(type_, taken(purpose))
    if size_bytes > (most := most_bytes(purpose, KINDS[type_])):
        raise FileTooLarge(size_bytes, most)


async def _length_ms(file: IO[bytes], type_: str) -> int:
    try:
        duration_ms = await length_ms(file, type_)
    except BadSound as error:
        raise BadFile(str(error)) from error
    if duration_ms > MOST_AUDIO_MS:
        raise BadFile(f"It is {duration_ms // 1000} seconds long, and may be {MOST_AUDIO_MS // 1000}")
    return duration_ms


async def _scan(depot: Depot, file: IO[bytes]) -> None:
    if depot.scanner is None:
        return
    try:
        virus = await depot.scanner.scan(file)
    except Away as error:
        raise ScannerAway from error
    if virus is not None:
        raise Infected(f"It was found to hold {virus}", found=virus)


def _read(file: IO[bytes]) -> tuple[bytes, int, bytes]:
    """Hash, size and beginning."""
    with contextlib.suppress(AttributeError):
        file.flush()
    file.seek(0)
    head = file.read(HEAD_BYTES)
    file.seek(0)
    digest = hashlib.file_digest(cast("Any", file), "sha256").digest()
    return digest, file.seek(0, 2), head
