"""What is worth telling of money and access. Amounts and moments are told as they are: how they are written is the
language's, and so is what stands for a name that is not known any more. Nothing is told twice, whoever tells it: access
that follows from a purchase or a subscription is told by that."""

from domains.billing import api as billing
from domains.billing.events import (
    CourseAccessGranted,
    CoursePurchased,
    InvoiceIssued,
    PaymentRefunded,
    SubscriptionChanged,
    SubscriptionReminded,
)
from domains.catalog import api as catalog
from domains.kernel.uow import Subscription, UnitOfWork
from domains.notifications.service import plan

_TOLD_SOURCES = {"gift", "seat", "grant"}
"""What follows from a purchase or a subscription is told by these."""

_TOLD_CHANGES = {
    "began",
    "renewed",
    "recovered",
    "paused",
    "resumed",
    "plan_changed",
    "cancel_scheduled",
    "cancel_withdrawn",
    "cancelled",
}
_PAYMENT_REMINDERS = ("again", "locked", "unpaid", "last")


async def tell_purchase(uow: UnitOfWork, fact: CoursePurchased) -> None:
    await plan.notify(
        uow,
        fact.user_id,
        "course_purchased",
        params={
            "amount_minor": fact.amount_minor,
            "currency": fact.currency,
            "paid_at": fact.occurred_at.isoformat(),
            **_named("course", await _course(uow, fact) or await billing.ordered_name(uow, fact.order_id)),
        },
        url=f"/courses/{fact.course_id}",
        cause=f"purchase:{fact.order_id}:{fact.course_id}",
    )


async def tell_access(uow: UnitOfWork, fact: CourseAccessGranted) -> None:
    if fact.source not in _TOLD_SOURCES:
        return
    params: dict[str, object] = {"case": fact.source, **_named("course", await _course(uow, fact))}
    if fact.ends_at:
        params["ends_at"] = fact.ends_at.isoformat()
    await plan.notify(
        uow,
        fact.user_id,
        "course_access_granted",
        params=params,
        url=f"/courses/{fact.course_id}",
        # Access that was lost and comes back is another fact.
        cause=f"access:{fact.event_id}",
    )


async def tell_refund(uow: UnitOfWork, fact: PaymentRefunded) -> None:
    await plan.notify(
        uow,
        fact.user_id,
        "payment_refunded",
        params={
            "amount_minor": fact.amount_minor,
            "currency": fact.currency,
            **_named("product_name", await billing.ordered_name(uow, fact.order_id)),
        },
        url=f"/payments/{fact.order_id}",
        cause=f"refund:{fact.refund_id}",
    )


async def tell_invoice(uow: UnitOfWork, fact: InvoiceIssued) -> None:
    """Of invoices only: what goes with a credit note is told as a refund."""
    if fact.kind != "invoice":
        return
    await plan.notify(
        uow,
        fact.user_id,
        "invoice_issued",
        params={"number": fact.number, **_named("product_name", await billing.ordered_name(uow, fact.order_id))},
        url=f"/payments/{fact.order_id}",
        cause=f"invoice:{fact.invoice_id}",
    )


async def tell_subscription(uow: UnitOfWork, fact: SubscriptionChanged) -> None:
    params: dict[str, object] = dict(_named("plan", await billing.product_name(uow, fact.product_id)))
    if fact.change == "past_due":
        kind = "payment_failed"
    elif fact.change in _TOLD_CHANGES:
        kind = "subscription_changed"
        params["case"] = "trial_began" if fact.change == "began" and fact.status == "trialing" else fact.change
        params["renews"] = not fact.cancel_at_period_end
        if fact.current_period_end:
            params["ends_at"] = fact.current_period_end.isoformat()
    else:
        return
    await plan.notify(
        uow,
        fact.user_id,
        kind,
        params=params,
        url=f"/payments/subscriptions/{fact.subscription_id}",
        cause=f"subscription:{fact.event_id}",
    )


async def tell_reminder(uow: UnitOfWork, fact: SubscriptionReminded) -> None:
    params: dict[str, object] = dict(_named("plan", await billing.plan_name(uow, fact.subscription_id)))
    match fact.reminder:
        case "payment_failed":
            kind = "payment_failed"
            params["case"] = _PAYMENT_REMINDERS[min(fact.step, len(_PAYMENT_REMINDERS)) - 1]
        case "trial_ends":
            kind = "subscription_ends"
            params |= {"case": "trial_ends", "at": fact.at.isoformat()}
        case "period_ends":
            kind = "subscription_ends"
            params["at"] = fact.at.isoformat()
        case "trial_refused":
            kind = "trial_refused"
        case _:
            return
    await plan.notify(
        uow,
        fact.user_id,
        kind,
        params=params,
        url=f"/payments/subscriptions/{fact.subscription_id}",
        cause=f"reminder:{fact.event_id}",
    )


async def _course(uow: UnitOfWork, fact: CoursePurchased | CourseAccessGranted) -> str | None:
    found = await catalog.published_courses(uow, [fact.course_id])
    return found[fact.course_id].course.title if fact.course_id in found else None


def _named(param: str, name: str | None) -> dict[str, str]:
    """Nothing for what has no name any more: what stands for it is in the texts of each language."""
    return {param: name} if name else {}


SUBSCRIPTIONS = [
    Subscription("notifications.tell_purchase", CoursePurchased, tell_purchase, "after"),
    Subscription("notifications.tell_access", CourseAccessGranted, tell_access, "after"),
    Subscription("notifications.tell_refund", PaymentRefunded, tell_refund, "after"),
    Subscription("notifications.tell_invoice", InvoiceIssued, tell_invoice, "after"),
    Subscription("notifications.tell_subscription", SubscriptionChanged, tell_subscription, "after"),
    Subscription("notifications.tell_reminder", SubscriptionReminded, tell_reminder, "after"),
]
