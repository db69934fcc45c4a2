"""Which picture is shown where one of some width is wanted."""

from collections.abc import Sequence

import msgspec

WIDTHS = (320, 640, 1280)
MAIN = "main"
MOST_MAIN = 1600
"""The longer side of the largest that is shown, in pixels."""
SQUARE = "square"
SQUARE_SIDE = 256
WANTED = frozenset({*map(str, WIDTHS), SQUARE, MAIN})


class Variant(msgspec.Struct, frozen=True):
    """A picture that we made."""

    name: str
    width: int
    height: int
    size_bytes: int
    type: str = "image/webp"

    @property
    def object_name(self) -> str:
        return f"{self.name}.webp"


def chosen(variants: Sequence[Variant], wanted: str) -> Variant | None:
    """`wanted` is of WANTED. A picture is never enlarged: where it is narrower than what is wanted, it is shown as it
    is."""
    by_name = {variant.name: variant for variant in variants}
    return by_name.get(wanted) or by_name.get(MAIN)
