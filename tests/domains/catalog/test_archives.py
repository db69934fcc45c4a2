"""Zip files of strangers: what is opened, and what is refused before it does harm."""

import io
import stat
import sys
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.catalog.formats import archive
from domains.catalog.formats.archive import ArchiveRefused, opened, packed

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def _zip(*entries: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as made:
        for name, content in entries:
            made.writestr(name, content)
    return buffer.getvalue()


def _info(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def _lying() -> bytes:
    """The directory and the entry say ten bytes; there are ten million."""
    real = _zip(("big", b"\0" * 10_000_000))
    return real.replace((10_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))


def _encrypted() -> bytes:
    raw = bytearray(_zip(("secret", b"text")))
    raw[6] |= 1
    raw[raw.rfind(b"PK\x01\x02") + 8] |= 1
    return bytes(raw)


def _renamed(name: bytes) -> bytes:
    """With a name that the library for writing would not write."""
    return _zip(("x" * len(name), b"text")).replace(b"x" * len(name), name)


def _many_entries() -> bytes:
    return _zip(*[(f"{number}", b"") for number in range(1_001)])


def _claims_few() -> bytes:
    """A directory of 70,000 entries whose end says that there is one."""
    raw = bytearray(_zip(*[(f"{number:060}", b"") for number in range(30_000)]))
    end = raw.rfind(b"PK\x05\x06")
    raw[end + 8 : end + 12] = b"\x01\x00\x01\x00"
    return bytes(raw)


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "no zip file"),
    "text": (lambda: b"front;back\n" * 100, "no zip file"),
    "cut off": (lambda: _zip(("a", b"text" * 100))[:-30], "no zip file"),
    "a bomb": (lambda: _zip(("bomb", b"\0" * 40_000_000)), "`bomb` unpacks to more than"),
    "a bomb of many": (lambda: _zip(*[(f"{n}", b"\0" * 10_000_000) for n in range(6)]), "archive unpacks to more than"),
    "a lie about the size": (_lying, "`big` in the archive is damaged"),
    "too many entries": (_many_entries, "more than 1,000 entries"),
    "a lie about the number": (_claims_few, "more than 1,000 entries"),
    "up and out": (lambda: _zip(("../../etc/cron.d/x", b"")), "leads out of it"),
    "up in the middle": (lambda: _zip(("a/../../b", b"")), "leads out of it"),
    "absolute": (lambda: _zip(("/etc/passwd", b"")), "leads out of it"),
    "a drive": (lambda: _zip(("C:/x", b"")), "leads out of it"),
    "backslashes": (lambda: _renamed(b"..\\..\\x"), "leads out of it"),
    "a cut name": (lambda: _renamed(b"a.xml\0.png"), "control characters"),
    "a long name": (lambda: _zip(("a" * 300, b"")), "too long a name"),
    "a link": (lambda: _zip((_info("link", stat.S_IFLNK | 0o777), b"/etc/passwd")), "a link or a device"),
    "twice": (lambda: _zip(("a/./b.xml", b"1"), ("A/B.xml", b"2")), "twice"),
    "encrypted": (_encrypted, "encrypted"),
    "another method": (lambda: _zip(("a", b"text" * 100), method=zipfile.ZIP_LZMA), "not understood"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_archive_is_refused_with_a_phrase_and_little_memory(case: str, tmp_path: Path) -> None:
    make, phrase = BAD[case]
    path = tmp_path / "file.zip"
    path.write_bytes(make())
    tracemalloc.start()
    try:
        with pytest.raises(ArchiveRefused, match=phrase), opened(path) as found:
            for name in found.names:
                found.read(name)
        assert tracemalloc.get_traced_memory()[1] < 60_000_000
    finally:
        tracemalloc.stop()


def test_a_stream_of_zstd_is_counted_as_it_unpacks(tmp_path: Path) -> None:
    path = tmp_path / "file.zip"
    path.write_bytes(packed({"bomb": zstd.compress(b"\0" * 100_000_000), "none": b"text", "good": zstd.compress(b"a")}))
    with opened(path) as found:
        assert found.read_zstd("good") == b"a"
        with pytest.raises(ArchiveRefused, match="`bomb` unpacks to more than"):
            found.read_zstd("bomb")
        with pytest.raises(ArchiveRefused, match="`none` is no zstd data"):
            found.read_zstd("none")


def test_what_a_caller_raises_stays_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "file.zip"
    path.write_bytes(packed({"a": b"text"}))
    with pytest.raises(ValueError, match="mine"), opened(path):
        raise ValueError("mine")


_files = st.dictionaries(st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8}){0,2}\.xml", fullmatch=True), st.binary(), max_size=5)


@given(_files)
def test_what_is_packed_is_unpacked_the_same(files: dict[str, bytes]) -> None:
    path = Path(archive.__file__).with_name("none")
    assert not archive.is_zip(path)
    found = _opened(packed(files, plain=list(files)[:1]))
    assert found == files


@given(st.data())
def test_a_damaged_archive_is_refused_or_read_and_nothing_else(data: st.DataObject) -> None:
    raw = bytearray(packed({"a.xml": b"<a/>" * 20, "b/c.png": b"\x89PNG" * 20}))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with suppress(ArchiveRefused):
        _opened(bytes(raw))


class _InMemory:
    """Looks like a path."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def open(self, mode: str) -> io.BytesIO:
        assert mode == "rb"
        return io.BytesIO(self._raw)


def _opened(raw: bytes) -> dict[str, bytes]:
    with opened(_InMemory(raw)) as found:  # type: ignore[arg-type]
        return {name: found.read(name) for name in found.names}
