"""Names of content. A file is named by the SHA-256 of what was uploaded, so that the same is kept once, and whoever
names it names exactly that."""

import re

PREFIX = "sha256:"
_HEX = re.compile(r"[0-9a-f]{64}")


def ref_of(digest: bytes) -> str:
    """As courses write it: `sha256:` and 64 digits."""
    return PREFIX + digest.hex()


def digest_of(ref: str) -> bytes | None:
    """None for what is no such name."""
    return parsed_hex(ref.removeprefix(PREFIX)) if ref.startswith(PREFIX) else None


def parsed_hex(text: str) -> bytes | None:
    """Of 64 digits in lower case, the one way to write it: caches know a file by its address."""
    return bytes.fromhex(text) if _HEX.fullmatch(text) else None
