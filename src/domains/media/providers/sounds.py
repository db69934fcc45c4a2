"""Sound: how long it is, by what its container says. Nothing is decoded."""

from typing import IO

import anyio
from tinytag import TinyTag

_SUFFIX = {"audio/mpeg": "a.mp3", "audio/ogg": "a.ogg", "audio/wav": "a.wav", "audio/mp4": "a.m4a"}


class BadSound(Exception):
    """One sentence for who has sent it."""


async def length_ms(file: IO[bytes], type_: str) -> int:
    """Raises BadSound."""
    return await anyio.to_thread.run_sync(_length_ms, file, type_)


def _length_ms(file: IO[bytes], type_: str) -> int:
    file.seek(0)
    try:
        found = TinyTag.get(filename=_SUFFIX[type_], file_obj=file, tags=False)  # type: ignore[arg-type]
    except Exception as error:
        raise BadSound("It cannot be read as the sound that it says it is") from error
    if not found.duration or found.duration <= 0:
        raise BadSound("It does not say how long it is")
    return round(found.duration * 1000)
