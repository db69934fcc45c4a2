"""Subscriptions and their invoices in the stand-in for Stripe: periods, discounts, prorations, retries."""

from typing import Any

from doubles.stripe_server import money
from doubles.stripe_server.book import Book, Refusal, Thing, declined, later


def begin(book: Book, session: Thing, method: Thing) -> Thing:
    """The subscription that a paid session makes, with its first invoice."""
    wanted, line = session["_subscription"], session["_lines"][0]
    now = book.now()
    trial_days = int(wanted.get("trial_period_days", 0))
    trial_end = now + trial_days * 86400 if trial_days else None
    interval = line["price"]["recurring"]["interval"]
    item = {
        "id": book.id("si"),
        "object": "subscription_item",
        "created": now,
        "current_period_start": now,
        "current_period_end": trial_end or later(now, interval),
        "discounts": [],
        "metadata": {},
        "price": line["price"],
        "quantity": line["quantity"],
        "tax_rates": [],
    }
    made = book.add(
        "subscription",
        "sub",
        billing_cycle_anchor=trial_end or now,
        cancel_at=None,
        cancel_at_period_end=False,
        canceled_at=None,
        collection_method="charge_automatically",
        currency=line["price"]["currency"],
        customer=session["customer"],
        default_payment_method=method["id"],
        description=wanted.get("description"),
        discounts=[],
        ended_at=None,
        items={"object": "list", "data": [item], "has_more": False, "url": "/v1/subscription_items"},
        latest_invoice=None,
        metadata=dict(wanted.get("metadata", {})),
        pause_collection=None,
        start_date=now,
        status="trialing" if trial_end else "incomplete",
        trial_end=trial_end,
        trial_start=now if trial_end else None,
    )
    item["subscription"] = made["id"]
    if session["discounts"]:
        coupon = book.get(session["discounts"][0]["coupon"], "coupon")
        coupon["times_redeemed"] += 1
        made["discounts"] = [_discount(book, coupon, made)]
    book.tell("customer.subscription.created", made)
    amount = 0 if trial_end else item["price"]["unit_amount"] * item["quantity"]
    invoice = bill(book, made, "subscription_create", [_line(book, made, amount, item, proration=False)])
    pay(book, invoice)
    if made["status"] == "incomplete":
        _set(book, made, status="active")
    return made


def renew(book: Book, subscription: Thing) -> Thing | None:
    """The next period, and what is asked for it."""
    item = subscription["items"]["data"][0]
    if subscription["cancel_at_period_end"]:
        end(book, subscription, at=item["current_period_end"])
        return None
    start = item["current_period_end"]
    item["current_period_start"] = start
    item["current_period_end"] = later(start, item["price"]["recurring"]["interval"])
    if subscription["status"] == "trialing":
        subscription["status"] = "active"
    book.tell("customer.subscription.updated", subscription)
    line = _line(book, subscription, item["price"]["unit_amount"] * item["quantity"], item, proration=False)
    invoice = bill(book, subscription, "subscription_cycle", [line])
    if subscription["pause_collection"]:
        invoice["status"] = "void"
        book.tell("invoice.voided", invoice)
        return invoice
    if not pay(book, invoice):
        _set(book, subscription, status="past_due")
    return invoice


def restart(book: Book, subscription: Thing) -> None:
    """A new period from now on, asked for in full."""
    item = subscription["items"]["data"][0]
    now = book.now()
    item["current_period_start"], item["current_period_end"] = now, later(now, item["price"]["recurring"]["interval"])
    subscription["billing_cycle_anchor"] = now
    line = _line(book, subscription, item["price"]["unit_amount"] * item["quantity"], item, proration=False)
    if not pay(book, bill(book, subscription, "subscription_update", [line])):
        _set(book, subscription, status="past_due")


def retry(book: Book, invoice: Thing) -> bool:
    """A further attempt; what it owes may be over then."""
    works = pay(book, invoice)
    subscription = book.things[invoice["parent"]["subscription_details"]["subscription"]]
    owes = any(one["status"] == "open" for one in _invoices(book, subscription))
    if works and not owes and subscription["status"] in ("past_due", "unpaid", "incomplete"):
        _set(book, subscription, status="active")
    return works


def end(book: Book, subscription: Thing, *, at: int | None = None) -> None:
    now = at or book.now()
    subscription.update(status="canceled", canceled_at=subscription["canceled_at"] or now, ended_at=now)
    book.tell("customer.subscription.deleted", subscription)


def prorated(book: Book, subscription: Thing, change: Thing, at: int) -> tuple[Thing, list[Thing]]:
    """The item as it would be, and the lines of the invoice for it."""
    item = subscription["items"]["data"][0]
    price, quantity = change["price"], int(change.get("quantity", 1))
    start, stop = item["current_period_start"], item["current_period_end"]
    if not start <= at <= stop:
        raise Refusal("proration_date must be within the current period", param="subscription_details[proration_date]")
    changed = {**item, "price": price, "quantity": quantity}
    if subscription["status"] == "trialing":
        return changed, []
    left, whole = stop - at, stop - start
    used = {**item, "current_period_start": at}
    credit = _line(book, subscription, -_part(item["price"]["unit_amount"] * item["quantity"], left, whole), used)
    full = price["unit_amount"] * quantity
    if price["recurring"]["interval"] == item["price"]["recurring"]["interval"]:
        rest = {**changed, "current_period_start": at}
        return changed, [credit, _line(book, subscription, _part(full, left, whole), rest)]
    changed.update(current_period_start=at, current_period_end=later(at, price["recurring"]["interval"]))
    return changed, [credit, _line(book, subscription, full, changed, proration=False)]


def change(book: Book, subscription: Thing, changed: Thing, lines: list[Thing], *, strict: bool) -> None:
    if subscription["status"] in ("canceled", "incomplete_expired"):
        raise Refusal("A canceled subscription can only update its cancellation_details and metadata.")
    if strict and sum(line["amount"] for line in lines) > 0:
        customer = book.get(subscription["customer"], "customer")
        method = money.default_card(book, customer, subscription)
        if method is None or method["id"] in book.declining:
            raise declined()
    subscription["items"]["data"] = [changed]
    book.tell("customer.subscription.updated", subscription)
    if lines:
        pay(book, bill(book, subscription, "subscription_update", lines))


def bill(book: Book, subscription: Thing, reason: str, lines: list[Thing], *, preview: bool = False) -> Thing:
    """A finalized invoice, not paid yet; a preview leaves no trace."""
    customer = book.get(subscription["customer"], "customer")
    subtotal = sum(line["amount"] for line in lines)
    off = 0 if reason == "subscription_update" else _off(book, subscription, subtotal, keep=not preview)
    total = subtotal - off
    balance = customer["balance"]
    due = max(0, total + balance)
    fields: dict[str, Any] = {
        "amount_due": due,
        "amount_paid": 0,
        "amount_remaining": due,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": True,
        "billing_reason": reason,
        "collection_method": "charge_automatically",
        "currency": subscription["currency"],
        "customer": customer["id"],
        "discounts": list(subscription["discounts"]),
        "ending_balance": total + balance - due,
        "lines": {"object": "list", "data": lines, "has_more": False, "url": "/v1/invoices/upcoming/lines"},
        "metadata": {},
        "parent": {
            "type": "subscription_details",
            "quote_details": None,
            "subscription_details": {
                "metadata": dict(subscription["metadata"]),
                "subscription": subscription["id"],
            },
        },
        "period_end": book.now(),
        "period_start": book.now(),
        "starting_balance": balance,
        "status": "draft" if preview else "open",
        "subtotal": subtotal,
        "total": total,
    }
    if preview:
        return {
            "id": book.id("upcoming_in"),
            "object": "invoice",
            "created": book.now(),
            "livemode": book.live,
        } | fields
    made = book.add("invoice", "in", **fields)
    made["lines"]["url"] = f"/v1/invoices/{made['id']}/lines"
    made["payments"] = {"object": "list", "data": [], "has_more": False, "url": "/v1/invoice_payments"}
    customer["balance"] = fields["ending_balance"]
    subscription["latest_invoice"] = made["id"]
    book.tell("invoice.created", made)
    book.tell("invoice.finalized", made)
    if due:
        paid = money.intent(
            book,
            amount=due,
            currency=made["currency"],
            customer=customer["id"],
            metadata={},
            description="Subscription update" if reason == "subscription_update" else "Subscription creation",
        )
        link = book.add(
            "invoice_payment",
            "inpay",
            amount_paid=None,
            amount_requested=due,
            currency=made["currency"],
            invoice=made["id"],
            is_default=True,
            payment={"type": "payment_intent", "payment_intent": paid["id"]},
            status="open",
            status_transitions={"canceled_at": None, "paid_at": None},
        )
        made["payments"]["data"].append(link)
    return made


def pay(book: Book, invoice: Thing) -> bool:
    if invoice["status"] == "paid":
        raise Refusal("Invoice is already paid", code="invoice_already_paid")
    if invoice["status"] != "open":
        raise Refusal("Invoice is not open", code="invoice_not_editable")
    invoice.update(attempted=True, attempt_count=invoice["attempt_count"] + 1)
    for link in invoice["payments"]["data"]:
        subscription = book.things[invoice["parent"]["subscription_details"]["subscription"]]
        customer = book.get(invoice["customer"], "customer")
        method = money.default_card(book, customer, subscription)
        if method is None or not money.attempt(book, book.things[link["payment"]["payment_intent"]], method):
            book.tell("invoice.payment_failed", invoice)
            return False
        link.update(status="paid", amount_paid=invoice["amount_due"])
        link["status_transitions"]["paid_at"] = book.now()
        book.tell("invoice_payment.paid", link)
    invoice.update(status="paid", amount_paid=invoice["amount_due"], amount_remaining=0)
    book.tell("invoice.paid", invoice)
    book.tell("invoice.payment_succeeded", invoice)
    return True


def _invoices(book: Book, subscription: Thing) -> list[Thing]:
    return [
        one
        for one in book.all("invoice")
        if one["parent"]["subscription_details"]["subscription"] == subscription["id"]
    ]


def _set(book: Book, subscription: Thing, **fields: Any) -> None:
    subscription.update(fields)
    book.tell("customer.subscription.updated", subscription)


def _part(amount: int, part: int, whole: int) -> int:
    return (2 * amount * part + whole) // (2 * whole)


def _line(book: Book, subscription: Thing, amount: int, item: Thing, *, proration: bool = True) -> Thing:
    return {
        "id": book.id("il"),
        "object": "line_item",
        "amount": amount,
        "currency": subscription["currency"],
        "description": None,
        "discountable": not proration,
        "discounts": [],
        "livemode": book.live,
        "metadata": dict(subscription["metadata"]),
        "parent": {
            "type": "subscription_item_details",
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": proration,
                "subscription": subscription["id"],
                "subscription_item": item["id"],
            },
        },
        "period": {"start": item["current_period_start"], "end": item["current_period_end"]},
        "quantity": item["quantity"],
        "subtotal": amount,
    }


def _discount(book: Book, coupon: Thing, subscription: Thing) -> str:
    months = coupon["duration_in_months"]
    made: Thing = book.add(
        "discount",
        "di",
        customer=subscription["customer"],
        end=later(book.now(), "month", months) if months else None,
        source={"type": "coupon", "coupon": coupon["id"]},
        start=book.now(),
        subscription=subscription["id"],
    )
    del made["livemode"], made["created"]
    found: str = made["id"]
    return found


def _off(book: Book, subscription: Thing, subtotal: int, *, keep: bool) -> int:
    """What the discount takes off; one that is for one charge is gone afterwards."""
    if not subscription["discounts"] or subtotal <= 0:
        return 0
    discount = book.things[subscription["discounts"][0]]
    coupon = book.things[discount["source"]["coupon"]]
    start = subscription["items"]["data"][0]["current_period_start"]
    if discount["end"] is not None and start >= discount["end"]:
        subscription["discounts"] = []
        return 0
    if coupon["duration"] == "once" and keep:
        subscription["discounts"] = []
    return min(subtotal, coupon["amount_off"])
