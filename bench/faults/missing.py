"""P8: one webhook in twenty never arrives, and of one sale in twenty not a single one. A provider tells of a sale more
than once, so losing single webhooks alone would hardly be noticed."""

import asyncio
import json
import random
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg

from bench.faults import shop
from bench.faults.buying import StripeNews, at_stripe, connected, in_tables, placed
from bench.faults.doubles_of import razorpay_double, settings_of, stripe_double
from bench.faults.machine import Machine, Program
from bench.faults.post import Postman
from bench.faults.run import Run, drained
from bench.faults.shop import AMOUNT, Ordered
from bench.faults.verdict import Verdict
from bench.faults.webhooks import Webhook
from bench.stand import BenchError
from doubles.razorpay_server import RazorpayServer
from doubles.stripe_server import StripeServer

LOST = 0.05
REFUNDED = 0.1
DISPUTED = 0.05


class Sold(NamedTuple):
    """What has happened at the provider: to each order, and to the subscriptions by their names there."""

    wanted: dict[Ordered, str]
    """The state that the order has to be in: paid, refunded or disputed."""
    subscriptions: list[str]
    told: list[list[Webhook]]
    """All that is told of each sale."""


async def never_arrived(run: Run) -> Verdict:
    with stripe_double() as stripe, razorpay_double() as razorpay:
        async with run.serving(settings_of(stripe, razorpay)) as (machine, worker):
            return await _never_arrived(run, machine, worker, stripe, razorpay)


async def _never_arrived(
    run: Run, machine: Machine, worker: Program, stripe: StripeServer, razorpay: RazorpayServer
) -> Verdict:
    chance = run.chance
    run.say("people buy at both providers")
    async with machine.sql() as sql, connected(machine) as infra:
        course, plan = await shop.on_sale(sql, "EUR"), await shop.on_sale(sql, "EUR", plan=True)
        orders = await placed(infra, sql, course, run.count(300), "stripe")
        plans = await placed(infra, sql, plan, run.count(60), "stripe")
        rupees = await shop.on_sale(sql, "INR")
        indian = await placed(infra, sql, rupees, run.count(300), "razorpay")
    sold = [_at_stripe(stripe, orders, plans, chance), _at_razorpay(razorpay, indian, chance)]
    sales = [told for one in sold for told in one.told]
    silent = chance.sample(range(len(sales)), max(1, round(LOST * len(sales))))
    told = [webhook for one in sales for webhook in one]
    arrived = [
        webhook
        for number, one in enumerate(sales)
        if number not in set(silent)
        for webhook in one
        if chance.random() >= LOST
    ]
    chance.shuffle(arrived)
    worker.start()
    run.say(f"{len(arrived)} of {len(told)} webhooks arrive")
    await Postman(machine.url).deliver(arrived, give_up_s=60)
    await machine.works(worker)
    # What waits for a webhook that never comes is tried again and again: that ends with the comparison.
    await drained(machine, run, within_s=75)
    before = await _wrong(machine, sold, stripe)
    run.say(f"{before} things are not as they are at their provider; lyceum billing reconcile")
    reports = await asyncio.to_thread(_reconcile, machine)
    done = await drained(machine, run, within_s=60)
    after = await _wrong(machine, sold, stripe)
    again = await asyncio.to_thread(_reconcile, machine)
    repaired = sum(_count(report, "repaired") for report in reports)
    unresolved = sum(len(report["differences"]) for report in reports) - repaired
    second = sum(len(report["differences"]) for report in again)
    return Verdict(
        fault="P8",
        design="product",
        passed=before > 0 and after == 0 and unresolved == 0 and second == 0 and done is not None,
        line=(
            f"{len(told) - len(arrived)} of {len(told)} webhooks never arrived, and none about {len(silent)} of "
            f"{len(sales)} sales: {before} things were wrong, {after} after the comparison, which repaired {repaired} "
            f"and left {unresolved}; a second one found {second} differences"
        ),
        figures={
            "webhooks": len(told),
            "lost": len(told) - len(arrived),
            "sales": len(sales),
            "silent_sales": len(silent),
            "wrong_before": before,
            "wrong_after": after,
            "repaired": repaired,
            "unresolved": [one for report in reports for one in report["differences"] if one["what"] != "repaired"],
            "second_run": second,
            "compared": sum(report["compared"] for report in reports),
        },
    )


def _at_stripe(
    double: StripeServer,
    orders: Sequence[tuple[Ordered, str]],
    plans: Sequence[tuple[Ordered, str]],
    chance: random.Random,
) -> Sold:
    news = StripeNews(double)
    wanted: dict[Ordered, str] = {}
    told = []
    for order, session in orders:
        payment = double.pay(session)["id"]
        wanted[order] = _fate(
            chance,
            lambda payment=payment: double.refund(payment, AMOUNT),  # type: ignore[misc]
            lambda payment=payment: double.open_dispute(payment),  # type: ignore[misc]
        )
        told.append(news.taken())
    subscriptions = []
    for order, session in plans:
        ref = double.pay(session)["id"]
        subscriptions.append(ref)
        wanted[order] = "paid"
        if chance.random() < 0.3:
            double.change_outside(ref, cancel_at_period_end=True)
        if chance.random() < 0.3:
            double.give_up(ref)
        told.append(news.taken())
    return Sold(wanted, subscriptions, told)


def _at_razorpay(double: RazorpayServer, orders: Sequence[tuple[Ordered, str]], chance: random.Random) -> Sold:
    wanted: dict[Ordered, str] = {}
    told = []
    for order, ref in orders:
        payment = double.account.pay(ref)["id"]
        wanted[order] = _fate(
            chance,
            lambda payment=payment: double.account.refund_outside(payment),  # type: ignore[misc]
            lambda payment=payment: double.account.dispute(payment),  # type: ignore[misc]
        )
        told.append([Webhook("razorpay", one.event_id, one.body) for one in double.taken()])
    return Sold(wanted, [], told)


def _fate(chance: random.Random, refund: Callable[[], Any], dispute: Callable[[], Any]) -> str:
    drawn = chance.random()
    if drawn < REFUNDED:
        refund()
        return "refunded"
    if drawn < REFUNDED + DISPUTED:
        dispute()
        return "disputed"
    return "paid"


async def _wrong(machine: Machine, sold: Sequence[Sold], stripe: StripeServer) -> int:
    """Orders and subscriptions that are not as they are at their provider."""
    async with machine.sql() as sql:
        found = {row["id"]: row for row in await sql.fetch(_STATES)}
        wrong = sum(not _fits(found[order.id], fate) for one in sold for order, fate in one.wanted.items())
        refs = [ref for one in sold for ref in one.subscriptions]
        ours = await in_tables(sql)
    return wrong + sum(ours.get(ref) != standing for ref, standing in at_stripe(stripe, refs).items())


_STATES = """
    SELECT o.id, o.kind, o.state,
        (SELECT count(*) FROM billing_entitlement e
            WHERE e.source = 'purchase' AND e.source_id = o.id AND e.ends_at IS NULL) AS access,
        (SELECT count(*) FROM billing_invoice i WHERE i.order_id = o.id AND i.kind = 'invoice') AS invoices,
        (SELECT count(*) FROM billing_transfer t
            WHERE t.order_id = o.id AND t.cause LIKE 'capture:%' AND t.leg = 0) AS captures,
        (SELECT count(*) FROM billing_transfer t
            WHERE t.order_id = o.id AND t.cause LIKE 'refund:%' AND t.leg = 0) AS refunds,
        (SELECT count(*) FROM billing_transfer t
            WHERE t.order_id = o.id AND t.cause LIKE 'dispute:%' AND t.leg = 0) AS disputes
    FROM billing_order o
"""


def _fits(row: asyncpg.Record, fate: str) -> bool:
    """Paid once, and what came after once."""
    state = "refunded" if fate == "refunded" else "paid"
    access = 1 if fate == "paid" and row["kind"] == "purchase" else 0
    booked = (row["captures"], row["refunds"], row["disputes"])
    return (row["state"], row["access"], row["invoices"]) == (state, access, 1) and booked == (
        1,
        int(fate == "refunded"),
        int(fate == "disputed"),
    )


def _reconcile(machine: Machine) -> list[dict[str, Any]]:
    """The command itself, as an operator types it."""
    program = Path(sys.executable).parent / "lyceum"
    found = subprocess.run(
        [program, "billing", "reconcile", "--json"],
        env=machine.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    try:
        reports: list[dict[str, Any]] = json.loads(found.stdout)
    except ValueError:
        raise BenchError(f"lyceum billing reconcile ended with {found.returncode}: {found.stderr[-500:]}") from None
    return reports


def _count(report: dict[str, Any], what: str) -> int:
    return sum(difference["what"] == what for difference in report["differences"])
