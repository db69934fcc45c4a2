"""Rules of media: what a file is, which part of it is asked for, and which address opens what."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from domains.media.policy import links
from domains.media.policy.purposes import PART_BYTES, FileVisibility, Purpose, part_sizes, visibility_of
from domains.media.policy.ranges import Span, Unsatisfiable, matches, span
from domains.media.policy.refs import digest_of, ref_of
from domains.media.policy.types import KINDS, declared, described, sniffed
from domains.media.policy.variants import Variant, chosen
from factories.files import PDF, mp4, picture, wav

_FTYP = b"\x00\x00\x00\x20ftyp"
_WEBM = bytes.fromhex("1a45dfa39f4286810142f7810142f2810442f381084282847765626d")


@pytest.mark.parametrize(
    ("head", "type_"),
    [
        (picture(8, 8), "image/png"),
        (picture(8, 8, form="JPEG"), "image/jpeg"),
        (picture(8, 8, form="GIF"), "image/gif"),
        (picture(8, 8, form="WEBP"), "image/webp"),
        (picture(8, 8, form="AVIF"), "image/avif"),
        (wav(0.01), "audio/wav"),
        (b"ID3\x04\x00\x00", "audio/mpeg"),
        (b"\xff\xfb\x90\x64", "audio/mpeg"),
        (b"OggS" + bytes(24) + b"OpusHead", "audio/ogg"),
        (b"OggS" + bytes(25) + b"\x01vorbis", "audio/ogg"),
        (_FTYP + b"M4A \x00\x00\x00\x00", "audio/mp4"),
        (mp4(), "video/mp4"),
        (_WEBM, "video/webm"),
        (PDF, "application/pdf"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_type_is_what_the_content_says(head: bytes, type_: str) -> None:
    assert sniffed(head) == type_
    assert type_ in KINDS


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"PK\x03\x04\x14\x00", "a ZIP archive"),
        (b"\x1f\x8b\x08", "a compressed archive"),
        (b"MZ\x90\x00", "a program"),
        (b"\x7fELF\x02", "a program"),
        (b"#!/bin/sh\n", "a program"),
        (b'<?xml version="1.0"?><svg xmlns="x">', "SVG"),
        (b"<SVG onload=alert(1)>", "SVG"),
        (b"<!DOCTYPE html><p>", "HTML"),
        (b"GIF87b<script>alert(1)</script>", "HTML"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><x/>", "XML"),
        (_FTYP + b"heic\x00\x00\x00\x00", "a HEIC picture"),
        (b"fLaC\x00\x00\x00\x22", "FLAC sound"),
        (b"OggS" + bytes(25) + b"\x80theora", "a file of no kind that is known here"),
        (b"\xff\xf1\x50\x80", "a file of no kind that is known here"),
        (b"RIFF\x00\x00\x00\x00AVI ", "a file of no kind that is known here"),
        (b"hello", "text"),
        (b"", "a file of no kind that is known here"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_taken_is_called_by_its_name(head: bytes, name: str) -> None:
    assert sniffed(head) is None
    assert described(head) == name


def test_a_declared_type_is_understood_as_browsers_say_it_and_nothing_else() -> None:
    assert declared("Audio/MP3; foo=bar") == "audio/mpeg"
    assert declared("audio/webm;codecs=opus") == "video/webm"
    assert [declared(wrong) for wrong in ("image/svg+xml", "text/html", "", "image/*")] == [None] * 4


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("bytes=0-9", Span(0, 10)),
        ("bytes=90-", Span(90, 100)),
        ("bytes=-10", Span(90, 100)),
        ("bytes=-1000", Span(0, 100)),
        ("bytes=50-1000", Span(50, 100)),
        ("bytes=9-3", None),
        ("bytes=0-1,5-6", None),
        ("items=0-1", None),
        ("bytes=-", None),
        ("bytes=100-", Unsatisfiable),
        ("bytes=-0", Unsatisfiable),
    ],
    ids=str,
)
def test_a_range_is_answered_as_the_standard_wants_it(header: str | None, expected: object) -> None:
    if expected is Unsatisfiable:
        with pytest.raises(Unsatisfiable):
            span(header, 100)
    else:
        assert span(header, 100) == expected


@given(header=st.text(max_size=30) | st.from_regex(r"bytes=\d{0,25}-\d{0,25}", fullmatch=True), size=st.integers(0, 99))
def test_no_range_leads_out_of_the_file(header: str, size: int) -> None:
    try:
        found = span(header, size)
    except Unsatisfiable:
        return
    assert found is None or 0 <= found.start < found.end <= size


@given(size=st.integers(1, 10 * PART_BYTES))
def test_parts_are_all_of_a_file(size: int) -> None:
    sizes = part_sizes(size)
    assert sum(sizes) == size
    assert all(each == PART_BYTES for each in sizes[:-1])
    assert 0 < sizes[-1] <= PART_BYTES


def test_an_etag_is_matched_whole() -> None:
    assert matches('"a", W/"b"', '"b"')
    assert matches("*", '"b"')
    assert not matches('"bc"', '"b"')
    assert not matches(None, '"b"')


def test_content_has_one_name() -> None:
    digest = bytes(range(32))
    assert digest_of(ref_of(digest)) == digest
    wrong = [digest.hex(), "sha256:" + digest.hex().upper(), "sha256:" + digest.hex()[:-1], "md5:" + digest.hex(), ""]
    assert [digest_of(each) for each in wrong] == [None] * len(wrong)


def test_what_is_handed_in_is_never_shown_to_all() -> None:
    assert visibility_of(Purpose.SUBMISSION, FileVisibility.PUBLIC) is FileVisibility.PRIVATE
    assert visibility_of(Purpose.AVATAR, FileVisibility.PRIVATE) is FileVisibility.PUBLIC
    assert visibility_of(Purpose.COURSE, FileVisibility.PRIVATE) is FileVisibility.PRIVATE
    assert visibility_of(Purpose.COURSE, None) is FileVisibility.PUBLIC


def test_a_signature_is_good_for_one_method_one_path_and_one_moment() -> None:
    key = b"k" * 32
    good = links.signature(key, "GET", "/a", 100)
    assert links.opens(key, "GET", "/a", 100, good, now=99)
    assert not links.opens(key, "GET", "/a", 100, good, now=100)
    others = [("PUT", "/a", 100), ("GET", "/b", 100), ("GET", "/a", 101)]
    assert not any(links.opens(key, *other, good, now=99) for other in others)
    assert not links.opens(b"x" * 32, "GET", "/a", 100, good, now=99)
    assert not links.opens(key, "GET", "/a", 100, "ä", now=99)


def test_a_picture_is_never_enlarged() -> None:
    small = [Variant("main", 200, 100, 1), Variant("square", 100, 100, 1)]
    assert [found.name for wanted in ("320", "main", "square") if (found := chosen(small, wanted))] == [
        *("main", "main", "square")
    ]
    assert chosen([], "320") is None
