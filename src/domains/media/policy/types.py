"""What a file is, by its first bytes and by nothing that anybody says of it."""

import codecs
from collections.abc import Callable
from enum import StrEnum

HEAD_BYTES = 4096
"""How much of a file `sniffed` wants to see."""


class Kind(StrEnum):
    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    DOCUMENT = "document"


KINDS = {
    "image/png": Kind.IMAGE,
    "image/jpeg": Kind.IMAGE,
    "image/gif": Kind.IMAGE,
    "image/webp": Kind.IMAGE,
    "image/avif": Kind.IMAGE,
    "audio/mpeg": Kind.AUDIO,
    "audio/ogg": Kind.AUDIO,
    "audio/wav": Kind.AUDIO,
    "audio/mp4": Kind.AUDIO,
    "video/mp4": Kind.VIDEO,
    "video/webm": Kind.VIDEO,
    "application/pdf": Kind.DOCUMENT,
}
"""All that is taken."""

_ALSO = {
    "image/jpg": "image/jpeg",
    "audio/mp3": "audio/mpeg",
    "audio/opus": "audio/ogg",
    "application/ogg": "audio/ogg",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/x-m4a": "audio/mp4",
    "audio/m4a": "audio/mp4",
    # Browsers record speech into these, and say that it is sound; by content it is the container.
    "audio/webm": "video/webm",
}


def declared(type_: str) -> str | None:
    """The type as we name it, of what a client says; None for what is not taken."""
    plain = type_.split(";")[0].strip().lower()
    found = _ALSO.get(plain, plain)
    return found if found in KINDS else None


def sniffed(head: bytes) -> str | None:
    """The type of a file that begins so; None for what is not taken."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head.startswith(b"RIFF"):
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(head[8:12])
    if head.startswith(b"OggS"):
        return "audio/ogg" if b"OpusHead" in head[:64] or b"\x01vorbis" in head[:64] else None
    if head.startswith(b"ID3") or _begins_mp3(head):
        return "audio/mpeg"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "video/webm" if b"\x42\x82\x84webm" in head[:64] else None
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    return _by_brand(head)


def _begins_mp3(head: bytes) -> bool:
    """A frame of layer III with a bit rate and a sampling rate that exist."""
    return (
        len(head) > 2
        and head[0] == 0xFF
        and head[1] & 0xE6 == 0xE2
        and head[1] & 0x18 != 0x08
        and head[2] >> 4 not in (0x0, 0xF)
        and head[2] & 0x0C != 0x0C
    )


_MP4 = (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"dash")


def _by_brand(head: bytes) -> str | None:
    if head[4:8] != b"ftyp":
        return None
    brand, size = head[8:12], min(int.from_bytes(head[:4], "big"), 256)
    also = [head[place : place + 4] for place in range(16, size, 4)]
    if brand in (b"avif", b"avis") or (brand == b"mif1" and b"avif" in also):
        return "image/avif"
    if brand in (b"M4A ", b"M4B "):
        return "audio/mp4"
    return "video/mp4" if brand in _MP4 else None


def _begins(*marks: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(marks)


def _is_text(head: bytes) -> bool:
    try:
        # A letter may be cut at the end.
        text = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return bool(text) and not any(letter < " " and not letter.isspace() for letter in text)


_REFUSED: tuple[tuple[str, Callable[[bytes], bool]], ...] = (
    ("a ZIP archive", _begins(b"PK\x03\x04", b"PK\x05\x06")),
    (
        "a compressed archive",
        _begins(b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd"),
    ),
    ("a program", _begins(b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"#!")),
    (
        "a HEIC picture",
        lambda head: head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"mif1", b"hevc", b"msf1"),
    ),
    ("a TIFF picture", _begins(b"II*\x00", b"MM\x00*")),
    ("a BMP picture", lambda head: head.startswith(b"BM") and head[6:10] == bytes(4)),
    ("FLAC sound", _begins(b"fLaC")),
    ("PostScript", _begins(b"%!PS")),
    ("SVG", lambda head: b"<svg" in head.lower()),
    ("HTML", lambda head: any(mark in head.lower() for mark in (b"<!doctype html", b"<html", b"<script", b"<body"))),
    ("XML", lambda head: head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<?xml")),
    ("text", _is_text),
)


def described(head: bytes) -> str:
    """What something looks like that is not taken, in words for who has sent it."""
    return next((name for name, is_one in _REFUSED if is_one(head)), "a file of no kind that is known here")
