"""What a subscription gives, and what of its changes is worth telling.

    incomplete ──► trialing ──► active ◄──► past_due
        │              │         ▲  │           │
        │              │         │  ▼           │
        │              │        paused          │
        └──────────────┴─────────┴──────────────┴──► cancelled

The provider moves it; we look at it now and then, so any step may be skipped and every rule holds for a jump too.
What was paid may be used to its end, whatever happens to the subscription in between; only a cancellation at once
takes it, and the provider says from when.
"""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

from domains.billing.policy.seen import SubscriptionSeen, SubscriptionStatus

LATE_RENEWAL = timedelta(days=2)
"""How long after the end of a period that is going to be renewed we wait to hear of the next one: longer than a
provider's webhooks and one nightly comparison can fail without anybody losing what they pay for."""
PAST_DUE_ACCESS = timedelta(days=7)
"""How long a subscription whose payment failed may still be used. The second reminder comes on its last day."""

Change = Literal[
    "began",
    "renewed",
    "past_due",
    "recovered",
    "paused",
    "resumed",
    "plan_changed",
    "cancel_scheduled",
    "cancel_withdrawn",
    "cancelled",
]
GOING_ON = frozenset({"trialing", "active", "past_due", "paused"})


class Standing(NamedTuple):
    """A subscription at one look."""

    status: SubscriptionStatus
    price_id: UUID
    current_period_start: datetime | None = None
    current_period_end: datetime | None = None
    trial_end: datetime | None = None
    cancel_at_period_end: bool = False
    cancelled_at: datetime | None = None
    ended_at: datetime | None = None
    past_due_since: datetime | None = None


def looked_at(before: Standing | None, seen: SubscriptionSeen, price_id: UUID, now: datetime) -> Standing:
    """What a look at the provider makes of what was known. The failure of a payment counts from when we first saw it;
    periods that pass during a pause are not paid, so the one that was stays."""
    period_end = seen.current_period_end
    if before is not None and before.status == seen.status == "paused" and before.current_period_end and period_end:
        period_end = min(before.current_period_end, period_end)
    past_due_since = None
    if seen.status == "past_due":
        past_due_since = (before.past_due_since if before is not None else None) or now
    return Standing(
        status=seen.status,
        price_id=price_id,
        current_period_start=seen.current_period_start,
        current_period_end=period_end,
        trial_end=seen.trial_end,
        cancel_at_period_end=seen.cancel_at_period_end,
        cancelled_at=seen.cancelled_at,
        ended_at=seen.ended_at,
        past_due_since=past_due_since,
    )


def access_until(standing: Standing) -> datetime | None:
    """The end of what it gives, which may have passed; None for nothing at all."""
    match standing.status:
        case "incomplete":
            return None
        case "trialing":
            return _renewing(standing, standing.trial_end or standing.current_period_end)
        case "active":
            return _renewing(standing, standing.current_period_end)
        case "past_due":
            return standing.past_due_since + PAST_DUE_ACCESS if standing.past_due_since else None
        case "paused":
            return standing.current_period_end
        case "cancelled":
            return standing.ended_at or standing.cancelled_at or standing.current_period_end


def _renewing(standing: Standing, end: datetime | None) -> datetime | None:
    return end if end is None or standing.cancel_at_period_end else end + LATE_RENEWAL


def changes(before: Standing | None, after: Standing) -> list[Change]:
    """What to tell, in this order. A subscription that was never begun has nothing to tell when it goes away."""
    if before is None or before.status not in GOING_ON:
        if after.status not in GOING_ON:
            return []
        return ["began", "cancel_scheduled"] if after.cancel_at_period_end else ["began"]
    told: list[Change] = []
    if after.price_id != before.price_id:
        told.append("plan_changed")
    if after.status == "cancelled":
        return [*told, "cancelled"]
    told += _moves(before, after)
    if after.cancel_at_period_end != before.cancel_at_period_end:
        told.append("cancel_scheduled" if after.cancel_at_period_end else "cancel_withdrawn")
    return told


def _moves(before: Standing, after: Standing) -> list[Change]:
    if after.status == before.status:
        return ["renewed"] if after.status == "active" and _next_period(before, after) else []
    match before.status, after.status:
        case (_, "paused"):
            return ["paused"]
        case ("paused", "past_due"):
            return ["resumed", "past_due"]
        case (_, "past_due"):
            return ["past_due"]
        case ("paused", _):
            return ["resumed"]
        case ("past_due", _):
            return ["recovered"]
        case ("trialing", "active"):
            return ["renewed"]
    return []


def _next_period(before: Standing, after: Standing) -> bool:
    if after.price_id != before.price_id or not before.current_period_end or not after.current_period_end:
        return False
    return after.current_period_end > before.current_period_end


Command = Literal["cancel", "pause", "resume", "change", "payment_method"]

_ALLOWED: dict[Command, frozenset[SubscriptionStatus]] = {
    "cancel": frozenset({"incomplete", "trialing", "active", "past_due", "paused"}),
    "pause": frozenset({"active"}),
    "resume": frozenset({"trialing", "active", "past_due", "paused"}),
    "change": frozenset({"trialing", "active"}),
    "payment_method": frozenset({"trialing", "active", "past_due", "paused"}),
}


def refusal(command: Command, standing: Standing) -> str | None:
    """Why it cannot be done now; None when it can."""
    if standing.status not in _ALLOWED[command]:
        return f"the subscription is {standing.status}"
    if command in {"pause", "change"} and standing.cancel_at_period_end:
        return "the subscription ends with its period; withdraw the cancellation first"
    return None


PREVIEW_HOLDS = timedelta(hours=1)
_CLOCKS_DIFFER = timedelta(minutes=1)


def preview_over(proration_at: datetime, standing: Standing, now: datetime) -> bool:
    """Whether a price that was computed for `proration_at` can no longer be had."""
    if not now - PREVIEW_HOLDS <= proration_at <= now + _CLOCKS_DIFFER:
        return True
    return standing.current_period_start is not None and proration_at < standing.current_period_start
