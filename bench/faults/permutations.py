"""P9: a payment, a refund, a dispute and an end, told in each of their 24 orders."""

import itertools
from collections import Counter
from typing import Any
from uuid import UUID

import asyncpg

from bench.faults import shop
from bench.faults.buying import StripeNews, connected, placed
from bench.faults.doubles_of import settings_of, stripe_double
from bench.faults.machine import Machine
from bench.faults.post import Postman
from bench.faults.run import Run, drained
from bench.faults.shop import AMOUNT, Ordered
from bench.faults.verdict import Verdict
from bench.faults.webhooks import Webhook, disputed, payment_succeeded, refunded, session_completed, session_expired
from bench.stand import BenchError
from doubles.stripe_server import StripeServer

ORDERS = list(itertools.permutations(range(4)))
WORDS = ("payment", "refund", "dispute", "end")
PART = 500

Story = list[list[Webhook]]
"""What is told of each of the four things."""


async def all_orders(run: Run) -> Verdict:
    """Three cases: all the money back and the dispute won; a part back and the dispute over the rest lost; and a
    subscription, whose webhooks make us look at what is now."""
    with stripe_double() as double:
        async with run.serving(settings_of(double)) as (machine, worker):
            run.say("72 sales: 24 orders of 3 cases")
            cases = await _cases(machine, double)
            worker.start()
            await machine.works(worker)
            await _tell(run, machine, cases)
            async with machine.sql() as sql:
                ends = {name: [await outcome(sql, order) for order, _ in told] for name, told in cases.items()}
    right = {name: sum(end == WANTED[name] for end in found) for name, found in ends.items()}
    wrong = [
        {"case": name, "told": [WORDS[place] for place in ORDERS[number]], "end": end}
        for name, found in ends.items()
        for number, end in enumerate(found)
        if end != WANTED[name]
    ]
    return Verdict(
        fault="P9",
        design="product",
        passed=not wrong,
        line="; ".join(f"{name}: {count} of {len(ORDERS)} orders right" for name, count in right.items())
        + (f"; the first wrong one: {wrong[0]}" if wrong else ""),
        figures={"orders": len(ORDERS), "right": right, "wrong": wrong},
    )


async def _cases(machine: Machine, double: StripeServer) -> dict[str, list[tuple[Ordered, Story]]]:
    async with machine.sql() as sql:
        full, part = await shop.orders(sql, len(ORDERS)), await shop.orders(sql, len(ORDERS))
        async with connected(machine) as infra:
            plan = await shop.on_sale(sql, "EUR", plan=True)
            plans = await placed(infra, sql, plan, len(ORDERS), "stripe")
    return {
        "all back, dispute won": [
            (
                order,
                [
                    # Both that Stripe sends for one payment.
                    [payment_succeeded(order), session_completed(order)],
                    [refunded(order, AMOUNT)],
                    [disputed(order, AMOUNT, "won")],
                    [session_expired(order)],
                ],
            )
            for order in full
        ],
        "part back, dispute lost": [
            (
                order,
                [
                    [payment_succeeded(order)],
                    [refunded(order, PART)],
                    [disputed(order, AMOUNT - PART, "lost")],
                    [session_expired(order)],
                ],
            )
            for order in part
        ],
        "subscription": [(order, _subscription(double, session)) for order, session in plans],
    }


def _subscription(double: StripeServer, session: str) -> Story:
    news = StripeNews(double)
    ref = double.pay(session)["id"]
    story = [news.taken()]
    [payment] = [one for one in double.book.all("payment_intent") if one["status"] == "succeeded"][:1]
    double.refund(payment["id"], AMOUNT)
    story.append(news.taken())
    double.move_dispute(double.open_dispute(payment["id"])["id"], "won")
    story.append(news.taken())
    double.give_up(ref)
    story.append(news.taken())
    return story


async def _tell(run: Run, machine: Machine, cases: dict[str, list[tuple[Ordered, Story]]]) -> None:
    """Step by step: what is told first has been applied, or waits to be tried again, before the next is told."""
    sales = [(number, story) for told in cases.values() for number, (_, story) in enumerate(told)]
    for step in range(4):
        run.say(f"step {step + 1} of 4")
        webhooks = [webhook for number, story in sales for webhook in story[ORDERS[number][step]]]
        await Postman(machine.url).deliver(webhooks, give_up_s=30)
        # A renewal may have to wait for its subscription; nothing else waits for anything.
        if await drained(machine, run, within_s=60) is None:
            raise BenchError("what was told is not applied")


_LEDGER = """
    SELECT account, sum(amount)::bigint AS balance FROM (
        SELECT debit AS account, amount_minor AS amount FROM billing_transfer WHERE order_id = $1
        UNION ALL SELECT credit, -amount_minor FROM billing_transfer WHERE order_id = $1
    ) legs GROUP BY account HAVING sum(amount) <> 0
"""


async def outcome(sql: asyncpg.Connection, order: Ordered) -> dict[str, Any]:
    """What a person would find: order, access, documents, and what the ledger says was kept."""
    state = await sql.fetchval("SELECT state FROM billing_order WHERE id = $1", order.id)
    access = await _access(sql, order.user_id)
    documents = await sql.fetch("SELECT kind FROM billing_invoice WHERE order_id = $1", order.id)
    balances = {row["account"]: row["balance"] for row in await sql.fetch(_LEDGER, order.id)}
    kept = sum(balance for account, balance in balances.items() if account.startswith("clearing") and balance > 0)
    subscription = await sql.fetchval("SELECT status FROM billing_subscription WHERE order_id = $1", order.id)
    return {
        "state": state,
        "access": access,
        "documents": dict(Counter(row["kind"] for row in documents)),
        "kept_minor": kept,
        "open_balances": len(balances),
        "subscription": subscription,
    }


async def _access(sql: asyncpg.Connection, user_id: UUID) -> int:
    count: int = await sql.fetchval(
        "SELECT count(*) FROM billing_entitlement WHERE user_id = $1 AND (ends_at IS NULL OR ends_at > now())", user_id
    )
    return count


def _wanted(state: str, documents: dict[str, int], subscription: str | None = None) -> dict[str, Any]:
    return {
        "state": state,
        "access": 0,
        "documents": documents,
        "kept_minor": 0,
        "open_balances": 0,
        "subscription": subscription,
    }


WANTED: dict[str, dict[str, Any]] = {
    # Nothing is kept in any of the three: all went back to the buyer, by refund, by dispute or by both.
    "all back, dispute won": _wanted("refunded", {"invoice": 1, "credit_note": 1}),
    "part back, dispute lost": _wanted("partially_refunded", {"invoice": 1, "credit_note": 2}),
    "subscription": _wanted("refunded", {"invoice": 1, "credit_note": 1}, "cancelled"),
}
