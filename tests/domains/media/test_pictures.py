"""Pictures: every form of them is shown as it looks, and nothing that is sent ends in anything but a refusal."""

import io
import os
import struct
import zlib
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from PIL import Image

from domains.media.providers import images
from domains.media.providers.images import BadPicture, _made, _reduced
from domains.media.providers.sounds import BadSound, _length_ms
from factories.files import picture, wav


def written(image: Image.Image, form: str, **how: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **how)
    return out.getvalue()


_RED = Image.new("RGB", (50, 40), "red")
_BLUE = Image.new("RGB", (50, 40), "blue")
_PALETTE = Image.new("P", (50, 40), 1)
_PALETTE.putpalette([9, 9, 9, 200, 0, 0])
_FORMS = {
    "16 bits": (written(Image.new("I;16", (50, 40), 40_000), "PNG"), "image/png", (156, 156, 156)),
    "1 bit": (written(Image.new("1", (50, 40), 1), "PNG"), "image/png", (255, 255, 255)),
    "gray, half clear": (written(Image.new("LA", (50, 40), (100, 128)), "PNG"), "image/png", (100, 100, 100, 128)),
    "a clear colour": (written(_PALETTE, "PNG", transparency=1), "image/png", (200, 0, 0, 0)),
    "four inks": (written(Image.new("CMYK", (50, 40), (0, 200, 200, 0)), "JPEG"), "image/jpeg", (255, 55, 55)),
    "two pictures": (written(_RED, "MPO", save_all=True, append_images=[_BLUE]), "image/jpeg", (254, 0, 0)),
    "moving GIF": (written(_RED, "GIF", save_all=True, append_images=[_BLUE]), "image/gif", (254, 0, 0)),
    "moving WebP": (written(_RED, "WEBP", save_all=True, append_images=[_BLUE]), "image/webp", (254, 0, 0)),
    "a line": (written(Image.new("RGB", (1, 4000), "red"), "PNG"), "image/png", (254, 0, 0)),
}


@pytest.mark.parametrize("name", _FORMS)
def test_a_picture_looks_as_it_did(name: str) -> None:
    content, type_, color = _FORMS[name]
    made = _made(io.BytesIO(content), type_)
    shown = Image.open(io.BytesIO(made.pictures[0][1]))
    assert getattr(shown, "n_frames", 1) == 1
    assert shown.getpixel((0, 0)) == pytest.approx(color, abs=3)


def test_scaling_strip_by_strip_is_scaling() -> None:
    whole = Image.effect_noise((1901, 1300), 60).convert("RGB")
    found = _reduced(whole)
    assert found.size == (1600, 1094)
    expected = whole.resize(found.size, Image.Resampling.LANCZOS)
    # Rounding alone, also where one strip ends.
    assert max(abs(one - other) for one, other in zip(found.tobytes(), expected.tobytes(), strict=True)) <= 1


def test_an_avif_that_hides_its_size_is_not_decoded_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The container says 100 by 100, and is believed by the library; what it holds has 16 million pixels."""
    content = picture(4000, 4000, form="AVIF", speed=10)
    hidden = content.replace(struct.pack(">II", 4000, 4000), struct.pack(">II", 100, 100))
    assert hidden != content
    monkeypatch.setattr(images, "_CHILD", images._CHILD.replace(str(images._CHILD_BYTES), str(32 * 1024 * 1024)))
    assert _made(io.BytesIO(picture(100, 100, form="AVIF")), "image/avif").width == 100
    with pytest.raises(BadPicture):
        _made(io.BytesIO(hidden), "image/avif")


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_what_is_made_of_countless_pieces_is_not_read_to_its_end(form: str) -> None:
    content = picture(20, 14, form=form)
    if form == "JPEG":
        camera = b"Exif\0\0" + bytes(10)
        many = content[:2] + (b"\xff\xe1" + struct.pack(">H", len(camera) + 2) + camera) * 20_000 + content[2:]
    else:
        many = content[:33] + (bytes(4) + b"abCd" + struct.pack(">I", zlib.crc32(b"abCd"))) * 20_000 + content[33:]
    with pytest.raises(BadPicture, match="pieces"):
        _made(io.BytesIO(many), f"image/{form.lower()}")


def test_a_large_profile_of_colours_is_no_reason_to_refuse_a_picture() -> None:
    content = picture(20, 14, icc_profile=os.urandom(600_000))
    assert _made(io.BytesIO(content), "image/png").width == 20


_SEEDS = [(picture(20, 14, form=form), f"image/{form.lower()}") for form in ("PNG", "JPEG", "GIF", "WEBP", "AVIF")]


@settings(max_examples=50, deadline=None)
@given(
    seed=st.sampled_from(_SEEDS),
    changes=st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 255)), min_size=1, max_size=6),
    cut=st.integers(0, 40),
)
def test_what_is_broken_is_refused_and_nothing_else(
    seed: tuple[bytes, str], changes: list[tuple[int, int]], cut: int
) -> None:
    content = bytearray(seed[0][: len(seed[0]) - cut])
    for place, value in changes:
        content[place % len(content)] = value
    try:
        made = _made(io.BytesIO(bytes(content)), seed[1])
    except BadPicture:
        return
    assert made.width * made.height <= 16_000_000


@settings(max_examples=60, deadline=None)
@given(changes=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 255)), min_size=1, max_size=6))
def test_sound_that_is_broken_is_refused_and_nothing_else(changes: list[tuple[int, int]]) -> None:
    content = bytearray(wav(0.1))
    for place, value in changes:
        content[place] = value
    try:
        assert _length_ms(io.BytesIO(bytes(content)), "audio/wav") >= 0
    except BadSound:
        return
