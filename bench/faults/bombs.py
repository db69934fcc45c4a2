"""Files that somebody sends to do harm, and what is to become of each."""

import io
import struct
import zipfile
import zlib
from typing import NamedTuple

from PIL import Image

NESTED = "zip of zip bombs"
MARK = b"<script>alert('this is not a picture')</script>"


class Bomb(NamedTuple):
    """`status` of completing its upload; where that is 200, `MARK` must not be in what is shown."""

    name: str
    content: bytes
    type: str
    status: int


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *, depth: int = 8, color: int = 2, more: bytes = b"") -> bytes:
    """All black, and a thousandth of what it unpacks to."""
    channels = {0: 1, 2: 3, 6: 4}[color]
    row = bytes(1 + (width * channels * depth + 7) // 8)
    packer, data = zlib.compressobj(9), b""
    for _ in range(height):
        data += packer.compress(row)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0))
    body = chunk(b"IDAT", data + packer.flush())
    return b"\x89PNG\r\n\x1a\n" + head + more + body + chunk(b"IEND", b"")


def picture(form: str, width: int = 40, height: int = 30) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, form)
    return out.getvalue()


def jpeg_of(width: int, height: int) -> bytes:
    """A small one whose header says that it is so large."""
    found = bytearray(picture("JPEG"))
    place = found.index(b"\xff\xc0") + 5
    found[place : place + 4] = struct.pack(">HH", height, width)
    return bytes(found)


def gif_of(width: int, height: int) -> bytes:
    found = bytearray(picture("GIF"))
    found[6:10] = struct.pack("<HH", width, height)
    return bytes(found)


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return out.getvalue()


def archives() -> dict[str, bytes]:
    inner = zipped({f"{number}.txt": bytes(10_000_000) for number in range(10)})
    return {
        "zip bomb": zipped({"a.txt": bytes(300_000_000)}),
        NESTED: zipped({f"{number}.zip": inner for number in range(20)}),
        "zip of 5,000 files": zipped({f"{number}": b"" for number in range(5000)}),
        "zip slip": zipped({"../../../tmp/slipped": b"x"}),
        "zip slip, absolute": zipped({"/tmp/slipped": b"x"}),
        "zip slip, backslashes": zipped({"..\\..\\slipped": b"x"}),
    }


def bombs() -> list[Bomb]:
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(200_000_000), 9))
    svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'></svg>"
    return [
        Bomb("PNG of 13,000 by 13,000", png(13_000, 13_000), "image/png", 422),
        Bomb("PNG of 60,000 by 60,000, 1 bit", png(60_000, 60_000, depth=1, color=0), "image/png", 422),
        Bomb("PNG of 4,097 by 8", png(4_097, 8), "image/png", 422),
        Bomb("PNG of 4,096 by 4,096", png(4_096, 4_096), "image/png", 422),
        Bomb("PNG with a comment of 200 MB", png(8, 8, more=text), "image/png", 422),
        Bomb("PNG whose pixels break off", png(3_900, 4_000)[:4_000], "image/png", 422),
        Bomb("JPEG of 65,500 by 65,500", jpeg_of(65_500, 65_500), "image/jpeg", 422),
        Bomb("GIF of 65,535 by 65,535", gif_of(65_535, 65_535), "image/gif", 422),
        Bomb("SVG with a script", svg, "image/png", 415),
        Bomb("SVG behind a byte order mark", b"\xef\xbb\xbf<?xml version='1.0'?>" + svg, "image/png", 415),
        Bomb("HTML", b"<!DOCTYPE html>" + MARK, "image/jpeg", 415),
        Bomb("a program", b"MZ" + bytes(500), "application/pdf", 415),
        *(Bomb(name, content, "application/pdf", 415) for name, content in archives().items()),
        Bomb("GIF that is a script too", b"GIF89a/*" + picture("GIF")[8:] + b"*/=1;" + MARK, "image/gif", 422),
        Bomb("JPEG and page", picture("JPEG") + MARK, "image/jpeg", 200),
        Bomb("JPEG and archive", picture("JPEG") + zipped({"a.html": MARK}) + MARK, "image/jpeg", 200),
        Bomb("PNG with a page in a comment", png(8, 8, more=chunk(b"tEXt", b"C\0" + MARK)), "image/png", 200),
        Bomb("PNG of 16 million pixels", png(4_000, 4_000, color=6), "image/png", 200),
    ]
