"""Files of every kind that is taken, small ones, and people who send them as a client would."""

import hashlib
import io
import struct
import wave
from typing import Any
from urllib.parse import urlsplit

import httpx
from PIL import Image

from factories.people import Learner


def picture(
    width: int = 900, height: int = 600, *, form: str = "PNG", color: str = "teal", orientation: int = 0, **save: Any
) -> bytes:
    """The upper left quarter is yellow, so that turning it shows."""
    found = Image.new("RGB", (width, height), color)
    found.paste("yellow", (0, 0, width // 2, height // 2))
    out = io.BytesIO()
    if orientation:
        exif = Image.Exif()
        exif[0x0112] = orientation
        exif[0x010F] = "a camera that nobody is to know of"
        save["exif"] = exif.tobytes()
    found.save(out, form, **save)
    return out.getvalue()


def wav(seconds: float = 1.0, rate: int = 8000) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(rate)
        file.writeframes(b"\x80" * int(seconds * rate))
    return out.getvalue()


def mp4(size_bytes: int = 1000) -> bytes:
    head = struct.pack(">I4s4sI4s4s", 24, b"ftyp", b"isom", 512, b"isom", b"mp42")
    return head + struct.pack(">I4s", size_bytes - len(head), b"mdat") + bytes(size_bytes - len(head) - 8)


PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def announced(content: bytes, type_: str, **fields: Any) -> dict[str, Any]:
    return {"name": "a file", "size_bytes": len(content), "type": type_, "purpose": "course", **fields}


async def begin(who: Learner, content: bytes, type_: str = "image/png", **fields: Any) -> dict[str, Any]:
    answer = await who.post("/media/uploads", announced(content, type_, **fields))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def send(who: Learner, upload: dict[str, Any], content: bytes, *, numbers: set[int] | None = None) -> None:
    """The parts, as a client does that only reads the answer; without a token."""
    for part in upload["parts"]:
        if numbers is not None and part["number"] not in numbers:
            continue
        piece = content[part["offset"] : part["offset"] + part["size_bytes"]]
        answer = await who.http.request(
            upload["method"], path_of(part["url"]), content=piece, headers=upload["headers"]
        )
        assert answer.status_code == 204, answer.text


def path_of(url: str) -> str:
    """Without the origin, which a test's client does not go to."""
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


async def complete(who: Learner, upload: dict[str, Any]) -> httpx.Response:
    return await who.post(f"/media/uploads/{upload['id']}/complete")


async def bring(who: Learner, content: bytes, type_: str = "image/png", **fields: Any) -> dict[str, Any]:
    """The whole of it; the file."""
    upload = await begin(who, content, type_, **fields)
    await send(who, upload, content)
    answer = await complete(who, upload)
    assert answer.status_code == 200, answer.text
    file: dict[str, Any] = answer.json()["file"]
    assert file["ref"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
    return file
