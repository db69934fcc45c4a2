"""Pictures: what strangers send is read once, within limits, and what is shown is written by us.

Invariant: nothing is decoded whose header says that it is too large, one picture is decoded at a time, and nothing of
the file but its pixels reaches what is shown: no place, no camera, no second file behind the first. Of something that
moves, the first picture stays.
"""

import io
from typing import IO, NamedTuple

import anyio
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

_turn = anyio.CapacityLimiter(1)
"""A picture at the limit takes 64 MB while it is decoded."""


class BadPicture(Exception):
    """One sentence for who has sent it."""


class Made(NamedTuple):
    width: int
    height: int
    """As it is looked at."""
    pictures: list[tuple[Variant, bytes]]


async def pictures_of(file: IO[bytes], type_: str) -> Made:
    """Raises BadPicture."""
    return await anyio.to_thread.run_sync(_made, file, type_, limiter=_turn)


def _made(file: IO[bytes], type_: str) -> Made:
    try:
        file.seek(0)
        with Image.open(file, formats=[_FORMATS[type_]]) as found:
            width, height = found.size
            if not (1 <= width <= MOST_SIDE and 1 <= height <= MOST_SIDE and width * height <= MOST_PIXELS):
                most = f"at most {MOST_SIDE} by {MOST_SIDE} and {MOST_PIXELS // 1_000_000} million"
                raise BadPicture(f"It has {width} by {height} pixels, and may have {most}")
            if type_ == "image/jpeg":
                # Scaled down while it is decoded; never below what is asked for.
                found.draft("RGB", (MOST_MAIN, MOST_MAIN))
            orientation = found.getexif().get(_ORIENTATION, 1)
            main = _reduced(found)
    except BadPicture:
        raise
    except Exception as error:
        raise BadPicture("It cannot be read as the picture that it says it is") from error
    if orientation in _TURNS:
        main = main.transpose(_TURNS[orientation])
    size = (height, width) if orientation in (5, 6, 7, 8) else (width, height)
    return Made(*size, [_written(name, picture) for name, picture in _variants(main)])


def _reduced(found: Image.Image) -> Image.Image:
    clear = found.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in found.info
    wanted = "RGBA" if clear else "RGB"
    # Not copied where it need not be: it may be 64 MB.
    picture: Image.Image = found if found.mode == wanted else found.convert(wanted)
    # While its file is open.
    picture.load()
    picture.thumbnail((MOST_MAIN, MOST_MAIN), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return picture


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
