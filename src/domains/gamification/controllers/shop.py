"""Gems and what they buy."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, post, put
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import FromQuery, HeaderParameter, JSONBody, PathParameter
from litestar.status_codes import HTTP_200_OK

from domains.gamification.repository import gems as repository
from domains.gamification.service import shop
from domains.gamification.shop_schemas import GemEntryOut, GemsOut, PurchaseIn, PurchaseOut, ShopOut, WornOut
from domains.identity.api import Principal
from domains.kernel.idempotency import once_per_key
from domains.kernel.page import Limit, Page, decode_cursor, page_of
from domains.kernel.uow import UnitOfWork

IdempotencyKey = Annotated[
    str | None, HeaderParameter(name="Idempotency-Key", description="The same key again is the same purchase.")
]

ItemId = Annotated[str, PathParameter(max_length=40, description="Of a cosmetic, as the shop gives it.")]


class GemsController(Controller):
    path = "/api/v1/gems"
    tags = ("shop",)
    cache_control = CacheControlHeader(no_store=True)

    @get("/", operation_id="get_gems", summary="How many gems I have")
    async def gems(self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]) -> GemsOut:
        return GemsOut(*await repository.purse(uow, principal.user_id))

    @get("/entries", operation_id="list_gem_entries", summary="What earned and cost me gems, the newest first")
    async def entries(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        cursor: FromQuery[str | None] = None,
        limit: Limit = 20,
    ) -> Page[GemEntryOut]:
        rows = await repository.entries(uow, principal.user_id, before=decode_cursor(cursor, UUID), most=limit + 1)
        shown = [GemEntryOut(row.id, row.cause.partition(":")[0], row.amount, row.at) for row in rows]
        return page_of(shown, limit, lambda entry: entry.id)


class ShopController(Controller):
    path = "/api/v1/shop"
    tags = ("shop",)
    cache_control = CacheControlHeader(no_store=True)

    @get(
        "/",
        operation_id="get_shop",
        summary="What my gems can buy",
        description="Whoever has switched hearts or streaks off is offered nothing for them. Gems are earned by "
        "learning and cannot be bought.",
    )
    async def shop(self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]) -> ShopOut:
        return await shop.shop(uow, principal.user_id)

    @post(
        "/purchases",
        operation_id="buy_item",
        summary="Buy something with gems",
        description="Refused, and nothing paid, where there are too few gems or it would change nothing: no heart is "
        "missing, two freezes are held, it is owned already, or hearts or streaks are switched off for which it is.",
    )
    async def buy(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        data: JSONBody[PurchaseIn],
        key: IdempotencyKey = None,
    ) -> PurchaseOut:
        return await once_per_key(
            uow,
            owner_id=principal.user_id,
            key=key,
            operation="buy_item",
            request=data,
            answer_type=PurchaseOut,
            work=lambda: shop.buy(uow, principal.user_id, data.item_id),
        )

    @put(
        "/worn/{item_id:str}",
        operation_id="wear_item",
        summary="Wear a cosmetic of mine, in place of what I wear in its slot",
        description="Shown on my profile to whoever sees more of it than my name.",
    )
    async def wear(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], item_id: ItemId
    ) -> WornOut:
        return await shop.wear(uow, principal.user_id, item_id)

    @delete("/worn/{item_id:str}", operation_id="take_off_item", summary="Take it off", status_code=HTTP_200_OK)
    async def take_off(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], item_id: ItemId
    ) -> WornOut:
        return await shop.take_off(uow, principal.user_id, item_id)
