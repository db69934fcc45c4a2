"""Pictures and sounds that a course shows. They are named by the hash of the file, so that a course means the same
wherever it is stored, and equal files are one."""

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Struct

from domains.media import api as media

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


class ImageOut(Struct, frozen=True):
    """A picture as a learner's client gets it: a path on the server, which says nothing of what the file was called."""

    url: str
    alt: str


class AudioOut(Struct, frozen=True):
    """A recording as a learner's client gets it."""

    url: str
    slow_url: str | None
    """The same, spoken slowly, where there is that."""


def media_url(ref: MediaRef) -> str:
    """A path on the server, at which everybody gets the file of a published course."""
    return media.url_of(ref)


def image_out(image: Image) -> ImageOut:
    return ImageOut(media_url(image.media), image.alt)


def audio_out(audio: Audio) -> AudioOut:
    return AudioOut(media_url(audio.media), None if audio.slow is None else media_url(audio.slow))


def shown_image(image: Image | None) -> ImageOut | None:
    return None if image is None else image_out(image)


def shown_audio(audio: Audio | None) -> AudioOut | None:
    return None if audio is None else audio_out(audio)


def refs(*assets: Image | Audio | None) -> Iterator[MediaRef]:
    for asset in assets:
        if asset is not None:
            yield asset.media
            if isinstance(asset, Audio) and asset.slow is not None:
                yield asset.slow
