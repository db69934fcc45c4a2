"""Pictures and sounds that a course shows. They are named by the hash of the file, so that a course means the same
wherever it is stored, and equal files are one."""

from typing import Annotated

import msgspec
from msgspec import Struct

MEDIA_PATTERN = r"^sha256:[0-9a-f]{64}$"
ALT_LENGTH = 500

MediaRef = Annotated[str, msgspec.Meta(pattern=MEDIA_PATTERN)]
"""`sha256:` and the hash of the uploaded file in hexadecimal."""


class Image(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    media: MediaRef
    alt: Annotated[str, msgspec.Meta(max_length=ALT_LENGTH)] = ""
    """What it shows, for whoever does not see it; empty for an ornament."""


class Audio(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    media: MediaRef
    slow: MediaRef | None = None
    """The same, spoken slowly."""
