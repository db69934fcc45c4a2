"""Makes the catalogue what a file says, and tells what that changed.

Invariants: all of it or nothing; a second run changes nothing; what the file does not speak of stays, unless it is to
be pruned, and then it is switched off and not deleted.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal
from uuid import UUID

import msgspec

from domains.billing.errors import BadField, CatalogueInvalid
from domains.billing.models import PriceRow, ProductRow
from domains.billing.policy.catalogue import PriceTerms, ProductTerms
from domains.billing.policy.sheet import ForProducts, Priced, Sheet
from domains.billing.repository import catalogue as rows
from domains.billing.repository import coupons as coupon_rows
from domains.billing.repository import customers
from domains.billing.service import catalogue
from domains.kernel.money import shown
from domains.kernel.uow import Database, UnitOfWork

Action = Literal["created", "changed", "switched_off", "removed"]


class Change(msgspec.Struct, frozen=True):
    action: Action
    what: str
    """seller, tax, product, price or coupon."""
    name: str
    details: list[str] = []


class SyncReport(msgspec.Struct, frozen=True):
    dry_run: bool
    changes: list[Change]


class _DryRun(Exception):
    pass


async def run(db: Database, sheet: Sheet, *, prune: bool = False, dry_run: bool = False) -> SyncReport:
    """`dry_run` does it all and takes it back. Raises CatalogueInvalid."""
    changes: list[Change] = []
    try:
        async with db.begin() as uow:
            await rows.lock_catalogue(uow.session)
            changes += await _seller(uow, sheet)
            changes += await _taxes(uow, sheet, prune=prune)
            changes += await _products(uow, sheet, prune=prune)
            changes += await _coupons(uow, sheet, prune=prune)
            if dry_run:
                raise _DryRun
    except _DryRun:
        pass
    return SyncReport(dry_run, changes)


async def _seller(uow: UnitOfWork, sheet: Sheet) -> list[Change]:
    if sheet.seller is None:
        return []
    before = await customers.seller(uow.session)
    if before == sheet.seller:
        return []
    await customers.keep_seller(uow.session, sheet.seller)
    return [
        Change("changed" if before else "created", "seller", sheet.seller["name"], _differences(before, sheet.seller))
    ]


async def _taxes(uow: UnitOfWork, sheet: Sheet, *, prune: bool) -> list[Change]:
    if sheet.taxes is None:
        return []
    before = {rate.country: (rate.name, rate.rate_bp) for rate in await customers.tax_rates(uow.session)}
    changes = []
    for country, (name, rate_bp) in sheet.taxes.items():
        if before.get(country) == (name, rate_bp):
            continue
        await customers.keep_tax_rate(uow.session, country, name, rate_bp)
        said = f"{name} {rate_bp / 100:g} %"
        if country not in before:
            changes.append(Change("created", "tax", country, [said]))
        else:
            changes.append(
                Change("changed", "tax", country, [f"{before[country][0]} {before[country][1] / 100:g} % -> {said}"])
            )
    if prune:
        for country in sorted(before.keys() - sheet.taxes.keys()):
            await customers.drop_tax_rate(uow.session, country)
            changes.append(Change("removed", "tax", country))
    return changes


async def _products(uow: UnitOfWork, sheet: Sheet, *, prune: bool) -> list[Change]:
    if sheet.products is None:
        return []
    before = {row.slug: row for row in await rows.all_products(uow.session)}
    changes = []
    for place, wanted in enumerate(sheet.products):
        try:
            changes += await _product(uow, before.get(wanted.product.slug), wanted)
        except BadField as error:
            raise CatalogueInvalid(f"$.products[{place}]: {error.detail}") from None
    if prune:
        listed = {wanted.product.slug for wanted in sheet.products}
        for slug in sorted(before.keys() - listed):
            if before[slug].active:
                await catalogue.change_product(uow, before[slug].id, {"active": False})
                changes.append(Change("switched_off", "product", slug))
    return changes


async def _product(uow: UnitOfWork, row: ProductRow | None, wanted: Priced) -> list[Change]:
    changes = []
    if row is None:
        row = await catalogue.create_product(uow, wanted.product)
        changes.append(Change("created", "product", row.slug, [f"{row.kind}: {', '.join(row.keys)}"]))
    else:
        changes += await _changed_product(uow, row, wanted.product)
    before = (await rows.prices(uow.session, [row.id]))[row.id]
    return changes + await _prices(uow, row, {catalogue.price_terms(price).place: price for price in before}, wanted)


async def _changed_product(uow: UnitOfWork, row: ProductRow, wanted: ProductTerms) -> list[Change]:
    before = catalogue.product_terms(row)._asdict()
    details = _differences(before, wanted._asdict())
    if not details:
        return []
    await catalogue.change_product(uow, row.id, wanted._asdict())
    off = before["active"] and not wanted.active
    return [Change("switched_off" if off else "changed", "product", row.slug, details)]


async def _prices(
    uow: UnitOfWork, product: ProductRow, before: Mapping[tuple[str, str, str], PriceRow], wanted: Priced
) -> list[Change]:
    """The file has all prices of a product that it has."""
    changes = []
    for terms in wanted.prices:
        there = before.get(terms.place)
        name = _price_name(product.slug, terms)
        if there is None:
            await catalogue.add_price(uow, product.id, terms)
            changes.append(Change("created", "price", name, [_price(terms)]))
        elif catalogue.price_terms(there) != terms:
            old = _price(catalogue.price_terms(there))
            await catalogue.change_price(
                uow, there.id, {"amount_minor": terms.amount_minor, "tax_inclusive": terms.tax_inclusive}
            )
            changes.append(Change("changed", "price", name, [f"{old} -> {_price(terms)}"]))
    listed = {terms.place for terms in wanted.prices}
    for place, there in before.items():
        if place not in listed:
            await catalogue.change_price(uow, there.id, {}, active=False)
            old_terms = catalogue.price_terms(there)
            changes.append(Change("switched_off", "price", _price_name(product.slug, old_terms), [_price(old_terms)]))
    return changes


def _price_name(slug: str, terms: PriceTerms) -> str:
    return " ".join(filter(None, (slug, *terms.place)))


def _price(terms: PriceTerms) -> str:
    return shown(terms.amount_minor, terms.currency) + ("" if terms.tax_inclusive else " plus tax")


async def _coupons(uow: UnitOfWork, sheet: Sheet, *, prune: bool) -> list[Change]:
    if sheet.coupons is None:
        return []
    ids = {row.slug: row.id for row in await rows.all_products(uow.session)}
    before = {row.code: row for row in await coupon_rows.all_coupons(uow.session)}
    slugs = {product_id: slug for slug, product_id in ids.items()}
    changes = []
    for place, wanted in enumerate(sheet.coupons):
        terms = wanted.terms._replace(product_ids=_ids_of(wanted, ids, f"$.coupons[{place}].products"))
        row = before.get(terms.code)
        if row is None:
            await catalogue.create_coupon(uow, terms)
            changes.append(Change("created", "coupon", terms.code))
            continue
        old = catalogue.coupon_terms(row)._asdict()
        details = _differences(_named(old, slugs), _named(terms._asdict(), slugs))
        if not details:
            continue
        try:
            await catalogue.change_coupon(uow, row.id, terms._asdict())
        except BadField as error:
            raise CatalogueInvalid(f"$.coupons[{place}]: {error.detail}") from None
        off = old["active"] and not terms.active
        changes.append(Change("switched_off" if off else "changed", "coupon", terms.code, details))
    if prune:
        for code in sorted(before.keys() - {wanted.terms.code for wanted in sheet.coupons}):
            if before[code].active:
                await catalogue.change_coupon(uow, before[code].id, {"active": False})
                changes.append(Change("switched_off", "coupon", code))
    return changes


def _ids_of(wanted: ForProducts, ids: Mapping[str, UUID], path: str) -> list[UUID] | None:
    if wanted.slugs is None:
        return None
    missing = [slug for slug in wanted.slugs if slug not in ids]
    if missing or not wanted.slugs:
        raise CatalogueInvalid(f"{path}: {f'no product has the slug {missing[0]}' if missing else 'names a product'}")
    return [ids[slug] for slug in dict.fromkeys(wanted.slugs)]


def _named(terms: Mapping[str, Any], slugs: Mapping[UUID, str]) -> dict[str, Any]:
    """With products by slug, in an order of no meaning."""
    product_ids: Iterable[UUID] | None = terms["product_ids"]
    names = None if product_ids is None else sorted(slugs.get(found, str(found)) for found in product_ids)
    return {**terms, "product_ids": names}


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    names = [*after, *(name for name in before if name not in after)]
    return [
        f"{name}: {_said(before.get(name))} -> {_said(after.get(name))}"
        for name in names
        if before.get(name) != after.get(name)
    ]


def _said(value: Any) -> str:
    text = msgspec.json.encode(value).decode() if value is not None else "none"
    return text if len(text) <= 60 else f"{text[:57]}..."
