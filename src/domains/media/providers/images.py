"""Pictures: what strangers send is read once, within limits, and what is shown is written by us.

Invariant: nothing is decoded whose header says that it is too large, one picture is decoded at a time, and nothing of
the file but its pixels reaches what is shown: no place, no camera, no second file behind the first. Of something that
moves, the first picture stays.
"""

import asyncio
import io
import math
from concurrent.futures import ThreadPoolExecutor
from typing import IO, NamedTuple

from PIL import Image, ImageOps, PngImagePlugin

from domains.media.policy.purposes import MOST_PIXELS, MOST_SIDE
from domains.media.policy.variants import MAIN, MOST_MAIN, SQUARE, SQUARE_SIDE, WIDTHS, Variant

_FORMATS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/avif": "AVIF",
}
_QUALITY = 82
_STRIP = 128
_LANCZOS_REACH = 3
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Comments are read with the header; the library's own limits are 64 times as wide.
PngImagePlugin.MAX_TEXT_CHUNK = 64 * 1024
PngImagePlugin.MAX_TEXT_MEMORY = 1024 * 1024
# A large picture is one piece of memory, which goes back to the system; pieces of the usual 16 MB stay with us.
Image.core.set_block_size(4 * MOST_PIXELS + MOST_SIDE)  # type: ignore[attr-defined]

# One, because a picture at the limit takes 64 MB while it is decoded; and always the same, because what one thread has
# given back is not used by another.
_THREAD = ThreadPoolExecutor(1, thread_name_prefix="pictures")


class BadPicture(Exception):
    """One sentence for who has sent it."""


class Made(NamedTuple):
    width: int
    height: int
    """As it is looked at."""
    pictures: list[tuple[Variant, bytes]]


async def pictures_of(file: IO[bytes], type_: str) -> Made:
    """Raises BadPicture."""
    return await asyncio.get_running_loop().run_in_executor(_THREAD, _made, file, type_)


def _made(file: IO[bytes], type_: str) -> Made:
    try:
        width, height, main, orientation = _opened(file, type_)
    except BadPicture:
        raise
    except Exception as error:
        # Whatever the readers make of what a stranger wrote.
        raise BadPicture("It cannot be read as the picture that it says it is") from error
    if orientation in _TURNS:
        main = main.transpose(_TURNS[orientation])
    size = (height, width) if orientation in (5, 6, 7, 8) else (width, height)
    return Made(*size, [_written(name, picture) for name, picture in _variants(main)])


def _opened(file: IO[bytes], type_: str) -> tuple[int, int, Image.Image, int]:
    """Width and height, the largest that is shown, and how it is to be turned. What was decoded is gone with it."""
    file.seek(0)
    with Image.open(file, formats=[_FORMATS[type_]]) as found:
        width, height = found.size
        if not (1 <= width <= MOST_SIDE and 1 <= height <= MOST_SIDE and width * height <= MOST_PIXELS):
            most = f"at most {MOST_SIDE} by {MOST_SIDE} and {MOST_PIXELS // 1_000_000} million"
            raise BadPicture(f"It has {width} by {height} pixels, and may have {most}")
        if type_ == "image/jpeg":
            # Scaled down while it is decoded; never below what is asked for.
            found.draft("RGB", (MOST_MAIN, MOST_MAIN))
        found.load()
        return width, height, _reduced(found), found.getexif().get(_ORIENTATION, 1)


def _reduced(found: Image.Image) -> Image.Image:
    """Strip by strip: converting or scaling all of it at once takes its memory twice over."""
    if found.mode == "I;16":
        # The library would take all but the darkest for white.
        found = found.point(lambda value: value * (1 / 256)).convert("L")
    clear = found.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in found.info
    wanted = "RGBA" if clear else "RGB"
    width, height = found.size
    scale = max(1.0, max(width, height) / MOST_MAIN)
    size = max(1, round(width / scale)), max(1, round(height / scale))
    if size == found.size:
        return found.convert(wanted)
    main, down = Image.new(wanted, size), height / size[1]
    margin = math.ceil(_LANCZOS_REACH * scale) + 1
    for first in range(0, size[1], _STRIP):
        last = min(first + _STRIP, size[1])
        top, bottom = max(0, math.floor(first * down) - margin), min(height, math.ceil(last * down) + margin)
        strip = found.crop((0, top, width, bottom)).convert(wanted)
        box = (0, first * down - top, width, last * down - top)
        main.paste(strip.resize((size[0], last - first), Image.Resampling.LANCZOS, box), (0, first))
    return main


def _variants(main: Image.Image) -> list[tuple[str, Image.Image]]:
    found = [(MAIN, main)]
    for width in WIDTHS:
        if width < main.width:
            height = max(1, round(main.height * width / main.width))
            found.append((str(width), main.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)))
    side = min(SQUARE_SIDE, main.width, main.height)
    found.append((SQUARE, ImageOps.fit(main, (side, side), Image.Resampling.LANCZOS)))
    return found


def _written(name: str, picture: Image.Image) -> tuple[Variant, bytes]:
    out = io.BytesIO()
    # Nothing of `info` is written but what is asked for here.
    picture.save(out, "WEBP", quality=_QUALITY, method=4, exif=b"", icc_profile=b"", xmp=b"")
    content = out.getvalue()
    return Variant(name, picture.width, picture.height, len(content)), content
