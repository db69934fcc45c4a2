"""The shop: what gems buy.

Invariant: what was bought and what it cost are written in one transaction, and what would change nothing is not sold.
What somebody wears is theirs; profiles keep it and show it.
"""

from uuid import UUID

from domains.gamification.errors import AlreadyYours, NotForSale, NothingToBuy, NotYours
from domains.gamification.policy.shop import Item, is_offered
from domains.gamification.policy.words import said
from domains.gamification.repository import gems as repository
from domains.gamification.rulebook import Rulebook
from domains.gamification.service import boosts, gems, languages, streaks
from domains.gamification.shop_schemas import ItemOut, PurchaseOut, ShopOut, WornOut
from domains.kernel.ids import new_id
from domains.kernel.uow import UnitOfWork
from domains.learning import api as learning
from domains.profiles import api as profiles


async def shop(uow: UnitOfWork, user_id: UUID) -> ShopOut:
    wants = await profiles.preferences(uow, user_id)
    owned = await _owned(uow, user_id)
    worn = await profiles.worn(uow, user_id)
    locale = await languages.locale(uow, user_id)
    offered = [
        item
        for item in uow.db.port(Rulebook).shop.items
        if item.id in owned or is_offered(item, hearts=wants.hearts, streaks=wants.streaks)
    ]
    purse = await repository.purse(uow, user_id)
    return ShopOut(
        gems=purse.gems,
        items=[
            ItemOut(
                id=item.id,
                kind=item.kind,
                price=item.price,
                name=said(item.name, locale),
                description=said(item.description, locale),
                owned=item.id in owned,
                factor=item.factor,
                minutes=item.minutes,
                slot=item.place if item.kind == "cosmetic" else None,
                worn=item.id in worn.values(),
            )
            for item in offered
        ],
    )


async def wear(uow: UnitOfWork, user_id: UUID, item_id: str) -> WornOut:
    """In place of what is worn there. Again changes nothing. Raises NotYours."""
    item = uow.db.port(Rulebook).shop.item(item_id)
    if item is None or item.id not in await _owned(uow, user_id):
        raise NotYours
    return WornOut(await profiles.wear(uow, user_id, item.place, item.id))


async def take_off(uow: UnitOfWork, user_id: UUID, item_id: str) -> WornOut:
    """What is not worn is no error."""
    return WornOut(await profiles.take_off(uow, user_id, item_id))


async def buy(uow: UnitOfWork, user_id: UUID, item_id: str) -> PurchaseOut:
    """Raises NotForSale, NothingToBuy, AlreadyYours and NotEnoughGems."""
    item = uow.db.port(Rulebook).shop.item(item_id)
    if item is None or item.withdrawn:
        raise NotForSale
    wants = await profiles.preferences(uow, user_id)
    if not is_offered(item, hearts=wants.hearts, streaks=wants.streaks):
        raise NothingToBuy("It is against losses that are switched off")
    cause = f"own:{item.id}" if item.kind == "cosmetic" else f"buy:{item.id}:{new_id()}"
    # Before the price: whoever completes a lesson holds hearts and streak first, and the purse last.
    await _hand_over(uow, user_id, item, cause)
    return PurchaseOut(item.id, item.price, await gems.spend(uow, user_id, item.price, cause))


async def _hand_over(uow: UnitOfWork, user_id: UUID, item: Item, cause: str) -> None:
    match item.kind:
        case "streak_freeze":
            if not await streaks.add_freeze(uow, user_id, cause):
                raise NothingToBuy("As many freezes are held as can be")
        case "hearts_refill":
            if not await learning.refill_hearts(uow, user_id):
                raise NothingToBuy("No heart is missing")
        case "xp_boost":
            await boosts.start(uow, user_id, item.factor or 1, item.minutes or 0, cause)
        case "cosmetic":
            if await repository.is_paid(uow, user_id, cause):
                raise AlreadyYours


async def _owned(uow: UnitOfWork, user_id: UUID) -> set[str]:
    """Of what is bought once."""
    return {found.cause.split(":")[1] for found in await repository.causes(uow, user_id, "own:")}
