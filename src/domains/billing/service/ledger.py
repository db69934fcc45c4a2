"""The ledger for accountants: exported as it was booked, and checked against the payments, refunds and disputes."""

from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from domains.billing.repository import ledger as repository
from domains.billing.repository.ledger import Balance, Difference, Entry, Facts, Series
from domains.kernel.money import shown
from domains.kernel.uow import Database

MOST_SHOWN = 100
"""Differences of one kind; who has more needs no more."""


class LedgerReport(NamedTuple):
    balances: list[Balance]
    facts: list[Facts]
    differences: list[str]


def entries(db: Database, first: date | None, last: date | None) -> AsyncGenerator[Entry]:
    """Of the days from `first` to `last`, both included, by UTC. Close it when done."""
    until = _midnight(last + timedelta(days=1)) if last else None
    return repository.entries(db, _midnight(first) if first else None, until)


async def check(db: Database) -> LedgerReport:
    """The trial balance, and everything in which books and documents differ from the facts; all of one moment."""
    async with repository.snapshot(db) as connection:
        balances = await repository.balances(connection)
        facts = await repository.facts(connection)
        differences = [_of_order(found) for found in await repository.differences(connection, MOST_SHOWN)]
        differences += [_of_series(found) for found in await repository.series(connection) if not _whole(found)]
        missing = await repository.without_invoice(connection, MOST_SHOWN)
    differences += [f"order {order_id} is paid and has no invoice" for order_id in missing]
    return LedgerReport(balances, facts, _unbalanced(balances) + differences)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _unbalanced(balances: list[Balance]) -> list[str]:
    sums: dict[str, int] = {}
    for found in balances:
        sums[found.currency] = sums.get(found.currency, 0) + found.debit_minor - found.credit_minor
    return [
        f"debits exceed credits by {shown(amount, currency)}" for currency, amount in sorted(sums.items()) if amount
    ]


def _of_order(found: Difference) -> str:
    order = f"order {found.order_id}"
    if found.held_minor != found.held_by_facts_minor:
        wanted = shown(found.held_by_facts_minor, found.currency)
        return f"{order}: {shown(found.held_minor, found.currency)} on the clearing account, {wanted} by its payments"
    if found.kept_minor != found.kept_by_facts_minor:
        wanted = shown(found.kept_by_facts_minor, found.currency)
        return f"{order}: {shown(found.kept_minor, found.currency)} of revenue and tax, {wanted} by its payments"
    tax, kept = shown(found.tax_minor, found.currency), shown(found.kept_minor, found.currency)
    return f"{order}: {tax} of tax in {kept}"


def _whole(found: Series) -> bool:
    return found.last == found.issued == found.highest


def _of_series(found: Series) -> str:
    return f"series {found.series}: counted to {found.last}, {found.issued} documents, the highest {found.highest}"
