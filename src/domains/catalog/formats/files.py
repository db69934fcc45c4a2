"""Files that come with a course: their names by content, and what to call them outside."""

import hashlib

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", ".png", "image/png"),
    (b"\xff\xd8\xff", ".jpg", "image/jpeg"),
    (b"GIF8", ".gif", "image/gif"),
    (b"%PDF", ".pdf", "application/pdf"),
    (b"OggS", ".ogg", "audio/ogg"),
    (b"ID3", ".mp3", "audio/mpeg"),
    (b"\xff\xfb", ".mp3", "audio/mpeg"),
    (b"\xff\xf3", ".mp3", "audio/mpeg"),
    (b"fLaC", ".flac", "audio/flac"),
    (b"\x1aE\xdf\xa3", ".webm", "video/webm"),
)


def ref_of(raw: bytes) -> str:
    """How a course names this file."""
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def file_name(ref: str, raw: bytes) -> str:
    """A name for the file in a package: unique by content, with the suffix that belongs to it."""
    return f"{ref.removeprefix('sha256:')[:32]}{kind_of(raw)[0]}"


def kind_of(raw: bytes) -> tuple[str, str]:
    """(suffix with its dot, media type), told from the first bytes; for names only, never for trust."""
    for magic, suffix, media_type in _MAGIC:
        if raw.startswith(magic):
            return suffix, media_type
    if raw[:4] == b"RIFF":
        return {b"WEBP": (".webp", "image/webp"), b"WAVE": (".wav", "audio/wav")}.get(
            raw[8:12], (".bin", "application/octet-stream")
        )
    if raw[4:8] == b"ftyp":
        return (".m4a", "audio/mp4") if raw[8:11] == b"M4A" else (".mp4", "video/mp4")
    return ".bin", "application/octet-stream"
