"""Where the files of a course lie: beside each other in a directory, or packed in a zip file.

No name leads out of it, and what cannot be read is refused with a phrase for the report.
"""

import posixpath
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from domains.catalog.formats import archive
from domains.catalog.formats.archive import Archive, ArchiveRefused

OUTSIDE = "the file lies outside the course's directory"


class Unreadable(Exception):
    """Says why, as a phrase for the report."""


class Source(Protocol):
    """Files by their names, with `/` between folders."""

    def read(self, name: str, most: int) -> bytes:
        """Raises Unreadable for a file that is not there, lies elsewhere, or has more than `most` bytes."""
        ...

    def has(self, name: str) -> bool: ...


@contextmanager
def opened(path: Path, entry: str) -> Iterator[Source]:
    """The folder or zip file with a file called `entry` in it. Raises Unreadable."""
    if path.is_dir():
        yield _Folder(path)
        return
    try:
        with archive.opened(path) as files:
            yield _Packed(files, entry)
    except ArchiveRefused as error:
        raise Unreadable(str(error)) from error


def beginning(path: Path, entry: str) -> str | None:
    """The first text of `entry` in there; None where there is no such file. Never raises."""
    if not path.is_dir() and not (path.is_file() and archive.is_zip(path)):
        return None
    try:
        with opened(path, entry) as files:
            return files.read(entry, archive.MOST_BYTES)[:20_000].decode("utf-8-sig", "replace")
    except Unreadable:
        return None


class _Folder:
    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, name: str, most: int) -> bytes:
        if not self._is_inside(name):
            raise Unreadable(OUTSIDE)
        path = self._root / name
        try:
            if path.stat().st_size > most:
                raise Unreadable(_too_large(most))
            return path.read_bytes()
        except (OSError, ValueError) as error:
            raise Unreadable(
                f"the file cannot be read: {getattr(error, 'strerror', None) or 'no such file'}"
            ) from error

    def has(self, name: str) -> bool:
        try:
            return self._is_inside(name) and (self._root / name).is_file()
        except (OSError, ValueError):
            return False

    def _is_inside(self, name: str) -> bool:
        try:
            return (self._root / name).resolve().is_relative_to(self._root.resolve())
        except (OSError, RuntimeError, ValueError):
            # A loop of symbolic links leads nowhere.
            return False


class _Packed:
    """`entry` may lie in a folder that holds all the rest."""

    def __init__(self, files: Archive, entry: str) -> None:
        self._files = files
        above = [name.removesuffix(entry) for name in files.names if name == entry or name.endswith(f"/{entry}")]
        self._above = min(above, key=len, default="")

    def read(self, name: str, most: int) -> bytes:
        place = self._place(name)
        if place.startswith(("../", "/")):
            raise Unreadable(OUTSIDE)
        if place not in self._files:
            raise Unreadable(f"there is no file `{name[:80]}` in the archive")
        try:
            return self._files.read(place, most)
        except ArchiveRefused as error:
            raise Unreadable(str(error)) from error

    def has(self, name: str) -> bool:
        return self._place(name) in self._files

    def _place(self, name: str) -> str:
        return posixpath.normpath(self._above + name)


def _too_large(most: int) -> str:
    return f"the file is larger than {most // 1_000_000} MB"
