"""What gems buy. Prices are data: the package brings some, and an operator adds, changes or withdraws what he likes.

Invariant: nothing is left to chance, nothing costs money, and nothing shuts anybody out of learning.
"""

from typing import Annotated, Literal

import msgspec

from domains.gamification.policy.words import Text, is_said

Kind = Literal["streak_freeze", "hearts_refill", "xp_boost", "cosmetic"]
Id = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,39}$")]

VERSION = 1
"""Of the form of the file."""


class Item(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: Id
    kind: Kind
    price: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    name: Text
    description: Text = ""
    factor: Annotated[int, msgspec.Meta(ge=2, le=5)] | None = None
    """How many times as much a boost pays; a boost has both of these, nothing else has any."""
    minutes: Annotated[int, msgspec.Meta(ge=1, le=1440)] | None = None
    slot: Id | None = None
    """Where a cosmetic is worn, one at a time; one without is worn beside all others."""
    withdrawn: bool = False
    """No longer for sale; who has it keeps it."""

    @property
    def place(self) -> str:
        """Of whatever else is worn there it takes the place."""
        return self.slot or self.id


class PriceList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: Literal[1]
    items: Annotated[tuple[Item, ...], msgspec.Meta(max_length=500)]

    def __post_init__(self) -> None:
        """Raises ValueError, which says what of the list cannot be."""
        seen: set[str] = set()
        for item in self.items:
            if item.id in seen:
                raise ValueError(f"item `{item.id}` is listed twice")
            seen.add(item.id)
            if (item.kind == "xp_boost") is not (item.factor is not None and item.minutes is not None) or (
                item.kind != "xp_boost" and (item.factor or item.minutes)
            ):
                raise ValueError(f"item `{item.id}`: a boost has `factor` and `minutes`, and nothing else has")
            if item.slot and item.kind != "cosmetic":
                raise ValueError(f"item `{item.id}`: only a cosmetic has a `slot`")
            if not is_said(item.name) or (item.description and not is_said(item.description)):
                raise ValueError(f"item `{item.id}`: its words are missing in English (`en`)")

    def with_changes(self, own: "PriceList") -> "PriceList":
        """Items of `own` stand in place of those of the same id, or behind all."""
        changed = {item.id: item for item in (*self.items, *own.items)}
        return PriceList(self.version, tuple(changed.values()))

    def item(self, item_id: str) -> Item | None:
        return next((item for item in self.items if item.id == item_id), None)


def is_offered(item: Item, *, hearts: bool, streaks: bool) -> bool:
    """Whether it is of any use to somebody who wants hearts to lose, or streaks to keep."""
    return not item.withdrawn and (
        hearts if item.kind == "hearts_refill" else streaks if item.kind == "streak_freeze" else True
    )
