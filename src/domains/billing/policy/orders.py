"""What has become of an order: a function of the facts about it, so the order in which they arrive cannot matter.

    draft ──► pending ──► paid ──► partially_refunded ──► refunded
      │          │         ▲              │                   ▲
      └──────────┴► void ──┘              └───────────────────┘

Money that arrives after the order was given up still counts: void goes to paid. A refund or dispute that is known
before its payment waits for it; the payment then lands where it belongs at once, and nothing is granted in between.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args

OrderState = Literal["draft", "pending", "paid", "partially_refunded", "refunded", "void"]
PaymentState = Literal["created", "authorised", "captured", "failed", "refunded", "disputed"]

_PAYMENT_RANK: dict[str, int] = {"created": 0, "failed": 1, "authorised": 2, "captured": 3}
_REFUND_RANK: dict[str, int] = {"requested": 0, "pending": 1, "succeeded": 2, "failed": 3}
_DISPUTE_RANK: dict[str, int] = {"open": 0, "won": 1, "lost": 2}


class PaymentFact(NamedTuple):
    payment_ref: str
    captured: bool
    amount_minor: int


class RefundFact(NamedTuple):
    payment_ref: str
    succeeded: bool
    amount_minor: int


class DisputeFact(NamedTuple):
    payment_ref: str
    won: bool
    amount_minor: int


class Standing(NamedTuple):
    """`access`: whether what was bought may be used. A dispute that is open takes it, one that is won gives it back."""

    state: OrderState
    captured_minor: int
    refunded_minor: int
    disputed_minor: int
    """Held or lost in disputes; money that a refund had given back before counts as refunded only."""
    access: bool


def standing(
    total_minor: int,
    *,
    placed: bool,
    given_up: bool,
    payments: Sequence[PaymentFact],
    refunds: Sequence[RefundFact],
    disputes: Sequence[DisputeFact],
) -> Standing:
    """`placed`: the customer was sent to pay, or, where nothing is due, has confirmed."""
    captured = {fact.payment_ref: fact.amount_minor for fact in payments if fact.captured}
    refunded_of, disputed_of = dict.fromkeys(captured, 0), dict.fromkeys(captured, 0)
    for refund in refunds:
        if refund.succeeded and refund.payment_ref in captured:
            refunded_of[refund.payment_ref] += refund.amount_minor
    for dispute in disputes:
        if not dispute.won and dispute.payment_ref in captured:
            disputed_of[dispute.payment_ref] += dispute.amount_minor
    refunded = sum(min(captured[ref], refunded_of[ref]) for ref in captured)
    disputed = sum(min(captured[ref] - min(captured[ref], refunded_of[ref]), disputed_of[ref]) for ref in captured)
    held = sum(captured.values())
    if (not captured and total_minor > 0) or (total_minor == 0 and not placed):
        state: OrderState = "void" if given_up else "pending" if placed else "draft"
        return Standing(state, held, refunded, disputed, access=False)
    if held and refunded >= held:
        state = "refunded"
    elif refunded:
        state = "partially_refunded"
    else:
        state = "paid"
    return Standing(
        state, held, refunded, disputed, access=state != "refunded" and disputed == 0 and held >= total_minor
    )


def as_state(text: str) -> OrderState:
    """A state as it is stored. Raises ValueError for what is none."""
    for state in get_args(OrderState):
        if state == text:
            found: OrderState = state
            return found
    raise ValueError(f"{text!r} is no state of an order")


def payment_state(status: str, amount_minor: int, refunded_minor: int, *, disputed: bool) -> PaymentState:
    """What to show for one payment."""
    if status != "captured":
        return "created" if status == "created" else "authorised" if status == "authorised" else "failed"
    if disputed:
        return "disputed"
    return "refunded" if amount_minor > 0 and refunded_minor >= amount_minor else "captured"


def payment_moves(old: str, new: str) -> bool:
    """Whether `new` is further than `old`: a late word about an earlier state changes nothing."""
    return _PAYMENT_RANK[new] > _PAYMENT_RANK[old]


def refund_moves(old: str, new: str) -> bool:
    """As `payment_moves`. What had succeeded may still fail: the account that it went to is closed, and the money is
    back with the seller."""
    return _REFUND_RANK[new] > _REFUND_RANK[old]


def dispute_moves(old: str, new: str) -> bool:
    """As `payment_moves`. Once lost it stays lost."""
    return _DISPUTE_RANK[new] > _DISPUTE_RANK[old]
