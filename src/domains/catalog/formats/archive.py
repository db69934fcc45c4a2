"""Zip files of strangers, opened under limits, and our own.

Invariant: nothing of an archive is written to disk, no name leads out of it, and what is unpacked of it is counted as
it comes, whatever the archive claims: a lie ends in a refusal and not in memory. An archive inside an archive is a file
like any other and is never opened.
"""

import io
import stat
import sys
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MOST_ENTRIES = 1_000
MOST_BYTES = 50_000_000
"""Of the archive itself, and of all that is unpacked of it."""
HIGHEST_RATIO = 100
LONGEST_NAME = 255

_FREE_BYTES = 256 * 1024
"""Of each entry: a short file of equal letters is no bomb."""
_CHUNK = 64 * 1024
_WINDOW_LOG = 24
"""Sixteen megabytes of memory for what zstd looks back at."""
_DIRECTORY_BYTES = MOST_ENTRIES * (46 + 4 * LONGEST_NAME)
_END = b"PK\x05\x06"
_END_BYTES = 22
_LONG_END_BYTES = 20
_LONG_END = b"PK\x06\x07"
_KNOWN_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_BROKEN = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    NotImplementedError,
    RuntimeError,
    EOFError,
    zlib.error,
    zstd.ZstdError,
    OSError,
    ValueError,
    OverflowError,
)


class ArchiveRefused(Exception):
    """Says why, as a phrase for the report."""


class Archive:
    """Files by name: with `/` between folders and without `./`. Every method may raise ArchiveRefused."""

    def __init__(self, opened: zipfile.ZipFile) -> None:
        self._zip = opened
        self._left = MOST_BYTES
        self._entries = _checked(opened.infolist())

    @property
    def names(self) -> Sequence[str]:
        """In the order of the archive; no folders."""
        return list(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def read(self, name: str, most: int = MOST_BYTES) -> bytes:
        """A file of at most `most` bytes. Raises KeyError where there is none of this name."""
        return b"".join(self._limited(name, self._stream(name), most))

    def read_zstd(self, name: str, most: int = MOST_BYTES) -> bytes:
        """As `read`, of what a file holds that is packed by zstd itself."""
        packed = io.BytesIO(self.read(name, most))
        options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: _WINDOW_LOG}
        try:
            with zstd.ZstdFile(packed, options=options) as unpacked:
                return b"".join(self._limited(name, _chunks(unpacked), most))
        except _BROKEN as error:
            raise ArchiveRefused(f"`{name}` is no zstd data") from error

    def _stream(self, name: str) -> Iterator[bytes]:
        try:
            with self._zip.open(self._entries[name]) as stream:
                yield from _chunks(stream)
        except _BROKEN as error:
            raise ArchiveRefused(f"`{name}` in the archive is damaged") from error

    def _limited(self, name: str, chunks: Iterator[bytes], most: int) -> Iterator[bytes]:
        """Counts what comes. The ratio is that of the file to the bytes that it takes in the archive."""
        most = min(most, _FREE_BYTES + HIGHEST_RATIO * self._entries[name].compress_size)
        taken = 0
        for chunk in chunks:
            taken += len(chunk)
            self._left -= len(chunk)
            if taken > most:
                raise ArchiveRefused(f"`{name}` unpacks to more than {most:,} bytes")
            if self._left < 0:
                raise ArchiveRefused(f"the archive unpacks to more than {MOST_BYTES:,} bytes")
            yield chunk


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """The zip file at `path`. Raises ArchiveRefused for what is none, or is one that nobody should open."""
    with ExitStack() as stack:
        try:
            file = stack.enter_context(path.open("rb"))
            _check_size(file)
            archive = Archive(stack.enter_context(zipfile.ZipFile(file)))
        except _BROKEN as error:
            raise ArchiveRefused("this is no zip file, or a damaged one") from error
        yield archive


def is_zip(path: Path) -> bool:
    """By its first bytes. Never raises."""
    try:
        with path.open("rb") as file:
            return file.read(4) in {b"PK\x03\x04", b"PK\x05\x06"}
    except OSError:
        return False


def packed(files: Mapping[str, bytes], plain: Sequence[str] = ()) -> bytes:
    """A zip file, the same bytes for the same files. Those that are named in `plain` are small already."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            method = zipfile.ZIP_STORED if name in plain else zipfile.ZIP_DEFLATED
            archive.writestr(entry, content, method, 6)
    return buffer.getvalue()


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def _chunks(stream: _Readable) -> Iterator[bytes]:
    while chunk := stream.read(_CHUNK):
        yield chunk


def _check_size(file: IO[bytes]) -> None:
    """Before anything of the directory is read: a directory of a million entries is a bomb of its own."""
    size = file.seek(0, io.SEEK_END)
    if size > MOST_BYTES:
        raise ArchiveRefused(f"the archive is larger than {MOST_BYTES:,} bytes")
    # The end may be followed by a comment of up to 64 kB.
    file.seek(max(0, size - _END_BYTES - _LONG_END_BYTES - 0xFFFF))
    tail = file.read()
    place = tail.rfind(_END)
    file.seek(0)
    if place < 0 or len(tail) < place + _END_BYTES:
        raise ArchiveRefused("this is no zip file")
    entries, directory = (int.from_bytes(tail[place + at : place + at + n], "little") for at, n in ((10, 2), (12, 4)))
    if tail[max(0, place - _LONG_END_BYTES) : place].startswith(_LONG_END):
        raise ArchiveRefused("the archive is a zip64 file, which is for larger ones than are taken")
    if entries > MOST_ENTRIES or directory > _DIRECTORY_BYTES:
        raise ArchiveRefused(f"the archive has more than {MOST_ENTRIES:,} entries")


def _checked(entries: Sequence[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """Files by their plain names. What the directory claims is refused where even the claim is too much."""
    if len(entries) > MOST_ENTRIES:
        raise ArchiveRefused(f"the archive has more than {MOST_ENTRIES:,} entries")
    found: dict[str, zipfile.ZipInfo] = {}
    seen: set[str] = set()
    for entry in entries:
        name = _plain_name(entry.orig_filename)
        if entry.flag_bits & 0x41:
            raise ArchiveRefused(f"`{name}` in the archive is encrypted")
        form = stat.S_IFMT(entry.external_attr >> 16)
        if form not in {0, stat.S_IFREG, stat.S_IFDIR}:
            raise ArchiveRefused(f"`{name}` in the archive is a link or a device")
        # Some systems take names that differ in case or in the form of an accent for one.
        folded = unicodedata.normalize("NFC", name).casefold()
        if folded in seen:
            raise ArchiveRefused(f"`{name}` is in the archive twice")
        seen.add(folded)
        if entry.orig_filename.endswith("/"):
            if entry.file_size:
                raise ArchiveRefused(f"the folder `{name}` in the archive has content")
            continue
        if entry.compress_type not in _KNOWN_METHODS:
            raise ArchiveRefused(f"`{name}` in the archive is packed in a way that is not understood")
        found[name] = entry
    if sum(entry.file_size for entry in found.values()) > MOST_BYTES:
        raise ArchiveRefused(f"the archive unpacks to more than {MOST_BYTES:,} bytes")
    return found


def _plain_name(name: str) -> str:
    if any(ord(character) < 32 or "\ud800" <= character <= "\udfff" for character in name):
        raise ArchiveRefused("a name in the archive has control characters")
    if len(name) > LONGEST_NAME:
        raise ArchiveRefused(f"`{name[:40]}…` in the archive has too long a name")
    parts = name.split("/")
    if name.startswith("/") or "\\" in name or ".." in parts or ":" in parts[0] or not name.strip("./ "):
        raise ArchiveRefused(f"the name `{name}` in the archive leads out of it")
    return str(PurePosixPath(name))
