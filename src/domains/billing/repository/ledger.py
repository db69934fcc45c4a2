"""The ledger as a whole: read row by row, and compared with the facts. Nothing here changes anything."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domains.kernel.uow import Database


class Entry(NamedTuple):
    """`document` is the number of the credit note of what went back, else that of the order's invoice."""

    at: datetime
    cause: str
    order_id: UUID
    document: str
    debit: str
    credit: str
    currency: str
    amount_minor: int


class Balance(NamedTuple):
    currency: str
    account: str
    debit_minor: int
    credit_minor: int


class Facts(NamedTuple):
    """Of one currency; what exceeds a payment is in `refunded_minor` and `disputed_minor` too."""

    currency: str
    captured_minor: int
    refunded_minor: int
    disputed_minor: int


class Difference(NamedTuple):
    """What an order's rows of the ledger say, beside what its payments, refunds and disputes say."""

    order_id: UUID
    currency: str
    held_minor: int
    held_by_facts_minor: int
    kept_minor: int
    kept_by_facts_minor: int
    tax_minor: int


class Series(NamedTuple):
    series: str
    last: int
    issued: int
    highest: int


_ENTRIES = text(
    "SELECT transfer.at, transfer.cause, transfer.order_id, coalesce(note.number, invoice.number, '') AS document,"
    " transfer.debit, transfer.credit, transfer.currency, transfer.amount_minor"
    " FROM billing_transfer transfer"
    " LEFT JOIN billing_invoice invoice ON invoice.kind = 'invoice' AND invoice.cause_id = transfer.order_id"
    " LEFT JOIN billing_invoice note ON note.kind = 'credit_note' AND transfer.cause NOT LIKE 'capture:%'"
    "  AND note.cause_id = split_part(transfer.cause, ':', 2)::uuid"
    " WHERE (CAST(:since AS timestamptz) IS NULL OR transfer.at >= :since)"
    "  AND (CAST(:until AS timestamptz) IS NULL OR transfer.at < :until)"
    " ORDER BY transfer.at, transfer.cause, transfer.leg"
)

_SIDES = (
    " LATERAL (VALUES (debit, amount_minor, 0::bigint), (credit, 0::bigint, amount_minor))"
    " AS side (account, taken, given)"
)

_BALANCES = text(
    "SELECT currency, account, sum(taken)::bigint, sum(given)::bigint"  # noqa: S608 - nothing of it comes from outside
    f" FROM billing_transfer,{_SIDES} GROUP BY currency, account ORDER BY currency, account"
)

_PAYMENT_FACTS = (
    "SELECT payment.order_id, payment.currency, payment.amount_minor AS captured,"
    " coalesce(refund.amount, 0)::bigint AS refunded, coalesce(dispute.amount, 0)::bigint AS disputed"
    " FROM billing_payment payment"
    " LEFT JOIN (SELECT provider, payment_ref, sum(amount_minor) AS amount FROM billing_refund"
    "  WHERE status = 'succeeded' GROUP BY provider, payment_ref) refund USING (provider, payment_ref)"
    " LEFT JOIN (SELECT provider, payment_ref, sum(amount_minor) AS amount FROM billing_dispute"
    "  WHERE status <> 'won' GROUP BY provider, payment_ref) dispute USING (provider, payment_ref)"
    " WHERE payment.status = 'captured' AND payment.amount_minor > 0"
)

_FACTS = text(
    "SELECT currency, sum(captured)::bigint, sum(refunded)::bigint, sum(disputed)::bigint"  # noqa: S608 - as above
    f" FROM ({_PAYMENT_FACTS}) fact GROUP BY currency ORDER BY currency"
)

_DIFFERENCES = text(
    f"WITH fact AS (SELECT order_id, currency, sum(captured - refunded - disputed)::bigint AS held,"  # noqa: S608
    " sum(captured - least(captured, refunded + disputed))::bigint AS kept"
    f" FROM ({_PAYMENT_FACTS}) payment GROUP BY order_id, currency),"
    " booked AS (SELECT order_id, currency,"
    "  coalesce(sum(taken - given) FILTER (WHERE account LIKE 'clearing:%'), 0)::bigint AS held,"
    "  coalesce(sum(given - taken) FILTER (WHERE account LIKE 'revenue:%' OR account LIKE 'tax:%'), 0)::bigint AS kept,"
    "  coalesce(sum(given - taken) FILTER (WHERE account LIKE 'tax:%'), 0)::bigint AS tax"
    f" FROM billing_transfer,{_SIDES} GROUP BY order_id, currency)"
    " SELECT order_id, currency, coalesce(booked.held, 0), coalesce(fact.held, 0), coalesce(booked.kept, 0),"
    " coalesce(fact.kept, 0), coalesce(booked.tax, 0) FROM booked FULL JOIN fact USING (order_id, currency)"
    " WHERE booked.held IS DISTINCT FROM fact.held OR booked.kept IS DISTINCT FROM fact.kept"
    "  OR booked.tax NOT BETWEEN 0 AND booked.kept ORDER BY order_id LIMIT :most"
)

_SERIES = text(
    "SELECT series, last, count(invoice.id)::bigint,"
    " coalesce(max(substr(invoice.number, length(series) + 1)::bigint), 0)::bigint"
    " FROM billing_number_range LEFT JOIN billing_invoice invoice ON starts_with(invoice.number, series)"
    "  AND substr(invoice.number, length(series) + 1) ~ '^[0-9]{1,18}$' GROUP BY series, last ORDER BY series"
)

_WITHOUT_INVOICE = text(
    'SELECT id FROM billing_order "order" WHERE paid_at IS NOT NULL AND NOT EXISTS (SELECT FROM billing_invoice invoice'
    " WHERE invoice.kind = 'invoice' AND invoice.cause_id = \"order\".id) ORDER BY id LIMIT :most"
)


async def entries(db: Database, since: datetime | None, until: datetime | None) -> AsyncGenerator[Entry]:
    """From `since` to before `until`, in the order in which they were booked; never all of them in memory."""
    async with db.engine.connect() as connection:
        async for row in await connection.stream(_ENTRIES, {"since": since, "until": until}):
            yield Entry(*row)


@asynccontextmanager
async def snapshot(db: Database) -> AsyncGenerator[AsyncConnection]:
    """All that is read in it is of one moment, whatever is paid meanwhile."""
    async with db.engine.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection


async def balances(connection: AsyncConnection) -> list[Balance]:
    return [Balance(*row) for row in await connection.execute(_BALANCES)]


async def facts(connection: AsyncConnection) -> list[Facts]:
    return [Facts(*row) for row in await connection.execute(_FACTS)]


async def differences(connection: AsyncConnection, most: int) -> list[Difference]:
    return [Difference(*row) for row in await connection.execute(_DIFFERENCES, {"most": most})]


async def series(connection: AsyncConnection) -> list[Series]:
    return [Series(*row) for row in await connection.execute(_SERIES)]


async def without_invoice(connection: AsyncConnection, most: int) -> list[UUID]:
    return list((await connection.execute(_WITHOUT_INVOICE, {"most": most})).scalars())
