"""Pictures: what strangers send is read once, within limits, and what is shown is written by us.

Invariant: nothing is decoded whose header says that it is too large, one picture is decoded at a time, and nothing of
the file but its pixels reaches what is shown: no place, no camera, no second file behind the first. Of something that
moves, the first picture stays. What is made of thousands of small pieces is not read to its end.

An AVIF file says its size twice, in its container and in its film, and the library looks at the first and decodes the
second, of up to 268 million pixels: it does so in a process of its own with a limit of memory and time.
"""

import asyncio
import io
import math
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import IO, NamedTuple, cast

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
# Comments and the profile of colours, which may be large, are unpacked with the header.
PngImagePlugin.MAX_TEXT_CHUNK = 2 * 1024 * 1024
PngImagePlugin.MAX_TEXT_MEMORY = 2 * 1024 * 1024
# Some readers join what they find piece by piece, each time all of it anew: 15 MB can take them minutes.
_HEADER_READS = 6_000
_READS = 200_000
_CHILD_S = 20
_CHILD_BYTES = 640 * 1024 * 1024
_CHILD = f"""
import io, resource, sys
resource.setrlimit(resource.RLIMIT_DATA, ({_CHILD_BYTES}, {_CHILD_BYTES}))
resource.setrlimit(resource.RLIMIT_CPU, ({_CHILD_S}, {_CHILD_S}))
from PIL import AvifImagePlugin, Image
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
with Image.open(io.BytesIO(sys.stdin.buffer.read()), formats=["AVIF"]) as found:
    found.thumbnail(({MOST_MAIN}, {MOST_MAIN}), Image.Resampling.LANCZOS)
    sys.stdout.buffer.write(b"%-4s %4d %4d " % (found.mode.encode(), *found.size) + found.tobytes())
"""
# A large picture is one piece of memory, which goes back to the system; pieces of the usual 16 MB stay with us.
Image.core.set_block_size(4 * MOST_PIXELS + MOST_SIDE)  # type: ignore[attr-defined]

# One, because a picture at the limit takes 64 MB while it is decoded; and always the same, because what one thread has
# given back is not used by another.
_THREAD = ThreadPoolExecutor(1, thread_name_prefix="pictures")


class BadPicture(Exception):
    """One sentence for who has sent it."""


class _Counted:
    """A file that is read so often and no more."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.left = _HEADER_READS
        self.seek = file.seek
        self.tell = file.tell

    def read(self, size: int = -1) -> bytes:
        self.left -= 1
        if self.left < 0:
            raise BadPicture("It is made of too many pieces")
        return self._file.read(size)


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
    counted = _Counted(file)
    with Image.open(cast("IO[bytes]", counted), formats=[_FORMATS[type_]]) as found:
        width, height = found.size
        if not (1 <= width <= MOST_SIDE and 1 <= height <= MOST_SIDE and width * height <= MOST_PIXELS):
            most = f"at most {MOST_SIDE} by {MOST_SIDE} and {MOST_PIXELS // 1_000_000} million"
            raise BadPicture(f"It has {width} by {height} pixels, and may have {most}")
        if type_ == "image/jpeg":
            # Scaled down while it is decoded; never below what is asked for.
            found.draft("RGB", (MOST_MAIN, MOST_MAIN))
        if type_ == "image/avif":
            return width, height, _reduced(_decoded_apart(file)), found.getexif().get(_ORIENTATION, 1)
        counted.left = _READS
        found.load()
        return width, height, _reduced(found), found.getexif().get(_ORIENTATION, 1)


def _decoded_apart(file: IO[bytes]) -> Image.Image:
    """Not larger than what is shown. Raises whatever is wrong with it."""
    file.seek(0)
    child = [sys.executable, "-I", "-c", _CHILD]
    done = subprocess.run(child, input=file.read(), capture_output=True, timeout=_CHILD_S, check=True)
    mode, width, height = done.stdout[:15].decode().split()
    return Image.frombytes(mode, (int(width), int(height)), memoryview(done.stdout)[15:])


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
