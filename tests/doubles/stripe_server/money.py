"""Cards that are charged: payment intents, charges, refunds and disputes of the stand-in for Stripe."""

from typing import Any

from doubles.stripe_server.book import Book, Refusal, Thing


def card(book: Book, customer: str | None, *, fingerprint: str = "", declines: bool = False) -> Thing:
    """A new card of the customer."""
    made = book.add("payment_method", "pm", type="card", customer=customer, metadata={}, billing_details={})
    made["card"] = {
        "brand": "visa",
        "last4": "4242",
        "exp_month": 12,
        "exp_year": 2031,
        "funding": "credit",
        "fingerprint": fingerprint or f"fp{made['id'][-12:]}",
    }
    if declines:
        book.declining.add(made["id"])
    return made


def intent(book: Book, *, amount: int, currency: str, customer: str | None, metadata: Thing, description: str) -> Thing:
    made = book.add(
        "payment_intent",
        "pi",
        amount=amount,
        amount_capturable=0,
        amount_received=0,
        currency=currency,
        customer=customer,
        description=description,
        metadata=dict(metadata),
        latest_charge=None,
        last_payment_error=None,
        payment_method=None,
        payment_method_types=["card"],
        capture_method="automatic_async",
        confirmation_method="automatic",
        canceled_at=None,
        status="requires_payment_method",
    )
    book.tell("payment_intent.created", made)
    return made


def attempt(book: Book, paid: Thing, method: Thing, *, status: str = "succeeded") -> bool:
    """Charges the card. `status`: succeeded, requires_capture (authorised only) or processing (not known yet)."""
    paid["payment_method"] = method["id"]
    works = method["id"] not in book.declining
    charge = book.add(
        "charge",
        "ch",
        amount=paid["amount"],
        amount_captured=paid["amount"] if works and status == "succeeded" else 0,
        amount_refunded=0,
        captured=works and status == "succeeded",
        currency=paid["currency"],
        customer=paid["customer"],
        disputed=False,
        metadata=dict(paid["metadata"]),
        paid=works,
        payment_intent=paid["id"],
        payment_method=method["id"],
        payment_method_details={"type": "card", "card": dict(method["card"])},
        refunded=False,
        failure_code=None if works else "card_declined",
        failure_message=None if works else "Your card was declined.",
        status="pending" if status == "processing" else "succeeded" if works else "failed",
    )
    paid["latest_charge"] = charge["id"]
    if not works:
        paid["status"] = "requires_payment_method"
        paid["last_payment_error"] = {
            "type": "card_error",
            "code": "card_declined",
            "decline_code": "generic_decline",
            "message": "Your card was declined.",
        }
        book.tell("charge.failed", charge)
        book.tell("payment_intent.payment_failed", paid)
        return False
    paid["last_payment_error"] = None
    paid["status"] = status
    if status == "succeeded":
        paid["amount_received"] = paid["amount"]
        book.tell("charge.succeeded", charge)
        book.tell("payment_intent.succeeded", paid)
    elif status == "requires_capture":
        paid["amount_capturable"] = paid["amount"]
        book.tell("payment_intent.amount_capturable_updated", paid)
    else:
        book.tell("payment_intent.processing", paid)
    return True


def settle(book: Book, paid: Thing, *, works: bool) -> None:
    """How a payment ends that was on its way."""
    charge = book.things[paid["latest_charge"]]
    if works:
        paid.update(status="succeeded", amount_received=paid["amount"])
        charge.update(status="succeeded", captured=True, amount_captured=paid["amount"])
        book.tell("charge.succeeded", charge)
        book.tell("payment_intent.succeeded", paid)
        return
    paid.update(
        status="requires_payment_method",
        last_payment_error={"type": "card_error", "code": "payment_intent_payment_attempt_failed", "message": "No."},
    )
    charge.update(status="failed", paid=False)
    book.tell("charge.failed", charge)
    book.tell("payment_intent.payment_failed", paid)


def refund(book: Book, paid: Thing, amount: int, *, metadata: Thing | None = None, status: str = "succeeded") -> Thing:
    charge = book.things.get(paid["latest_charge"] or "")
    if charge is None or paid["status"] != "succeeded":
        raise Refusal("This PaymentIntent does not have a successful charge to refund.", param="payment_intent")
    left = charge["amount_captured"] - charge["amount_refunded"]
    if left == 0:
        raise Refusal(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if amount > left:
        raise Refusal("Refund amount is greater than unrefunded amount on charge", param="amount")
    made = book.add(
        "refund",
        "re",
        amount=amount,
        balance_transaction=book.id("txn"),
        charge=charge["id"],
        currency=paid["currency"],
        metadata=dict(metadata or {}),
        payment_intent=paid["id"],
        reason=None,
        receipt_number=None,
        source_transfer_reversal=None,
        status=status,
        transfer_reversal=None,
    )
    del made["livemode"]
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    book.tell("charge.refunded", charge)
    book.tell("refund.created", made)
    return made


def end_refund(book: Book, refunded: Thing, status: str) -> None:
    """`succeeded`, or `failed`: then the money is back with the seller."""
    refunded["status"] = status
    if status == "failed":
        refunded["failure_reason"] = "lost_or_stolen_card"
        book.things[refunded["charge"]]["amount_refunded"] -= refunded["amount"]
        book.tell("refund.failed", refunded)
    book.tell("refund.updated", refunded)
    book.tell("charge.refund.updated", refunded)


def dispute(book: Book, paid: Thing, amount: int, status: str) -> Thing:
    made = book.add(
        "dispute",
        "dp",
        amount=amount,
        balance_transactions=[],
        charge=paid["latest_charge"],
        currency=paid["currency"],
        evidence={},
        evidence_details={"due_by": book.now() + 7 * 86400, "has_evidence": False, "past_due": False},
        is_charge_refundable=status.startswith("warning_"),
        metadata={},
        network_reason_code="10.4",
        payment_intent=paid["id"],
        reason="fraudulent",
        status=status,
    )
    book.tell("charge.dispute.created", made)
    if not status.startswith("warning_"):
        book.tell("charge.dispute.funds_withdrawn", made)
    return made


def move_dispute(book: Book, disputed: Thing, status: str) -> None:
    was, disputed["status"] = disputed["status"], status
    if was.startswith("warning_") and status == "needs_response":
        book.tell("charge.dispute.funds_withdrawn", disputed)
    if status in ("won", "lost", "warning_closed"):
        book.tell("charge.dispute.closed", disputed)
        if status == "won":
            book.tell("charge.dispute.funds_reinstated", disputed)
    else:
        book.tell("charge.dispute.updated", disputed)


def default_card(book: Book, customer: Thing, subscription: Thing | None = None) -> Thing | None:
    """The subscription's own goes before the customer's."""
    chosen: Any = (subscription or {}).get("default_payment_method") or customer["invoice_settings"][
        "default_payment_method"
    ]
    return book.things[chosen] if chosen else None
