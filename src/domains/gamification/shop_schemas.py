"""Wire bodies of gems and the shop."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from domains.gamification.policy.shop import Kind
from domains.kernel.wire import In, Out


class GemsOut(Out, frozen=True):
    """`version` grows with every change, here and in `gems.changed`: what has a lower one is out of date."""

    gems: int
    version: int


class GemEntryOut(Out, frozen=True):
    """`reason`: quest, badge, streak, league, own or buy, …; `amount` is below zero where gems were spent."""

    id: UUID
    reason: str
    amount: int
    at: datetime


class ItemOut(Out, frozen=True):
    """`owned` is of what is bought once. `factor` and `minutes` are of a boost. `slot` is where a cosmetic is worn, one
    at a time. Words are in the language of who asks, or in English."""

    id: str
    kind: Kind
    price: int
    name: str
    description: str
    owned: bool
    factor: int | None
    minutes: int | None
    slot: str | None
    worn: bool


class ShopOut(Out, frozen=True):
    """`items` in the order in which they are shown."""

    gems: int
    items: list[ItemOut]


class WornOut(Out, frozen=True):
    """Items by the slot in which they are worn."""

    worn: dict[str, str]


class PurchaseIn(In, frozen=True):
    item_id: Annotated[str, msgspec.Meta(max_length=40)]


class PurchaseOut(Out, frozen=True):
    """`gems`: what is left."""

    item_id: str
    paid: int
    gems: int
