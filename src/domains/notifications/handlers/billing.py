"""What is worth telling of money and access. Amounts and dates are written out here, in the learner's own time zone;
nothing is told twice, whoever tells it: access that follows from a purchase or a subscription is told by that."""

from datetime import datetime

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
from domains.identity import api as identity
from domains.kernel.money import shown
from domains.kernel.uow import Subscription, UnitOfWork
from domains.kernel.zones import local_date
from domains.notifications import service

_ACCESS_TITLES = {
    "gift": "Your gift is here",
    "seat": "You have a seat",
    "grant": "You have been given a course",
}
"""By source; what follows from a purchase or a subscription is told by these."""

# With the plan's name and the end of the period that is paid, "" where there is none.
_CHANGES = {
    "began": ("Your subscription has begun", "{plan} is yours.{renews}"),
    "trial_began": ("Your free trial has begun", "{plan} is yours to try.{trial_ends}"),
    "renewed": ("Your subscription was renewed", "{plan} goes on.{renews}"),
    "past_due": (
        "A payment failed",
        "The payment for {plan} did not go through. We will try again; please look at your payment method.",
    ),
    "recovered": ("The payment has arrived", "Thank you: {plan} goes on as before.{renews}"),
    "paused": ("Your subscription is paused", "{plan} is paused, and nothing is charged until you resume it.{until}"),
    "resumed": ("Your subscription goes on", "{plan} is no longer paused.{renews}"),
    "plan_changed": ("Your plan has changed", "Your plan is now {plan}.{renews}"),
    "cancel_scheduled": ("Your subscription will end", "{plan} is not renewed.{until}"),
    "cancel_withdrawn": ("Your subscription goes on", "{plan} will be renewed after all.{renews}"),
    "cancelled": ("Your subscription has ended", "{plan} has ended. What you have from elsewhere stays yours."),
}

_PAYMENT_REMINDERS = {
    1: "The payment for {plan} failed again. Please look at your payment method.",
    2: "{plan} is still not paid. Until it is, you cannot use it any longer. Please look at your payment method.",
    3: "{plan} is still not paid. Once it is, you can go on where you stopped.",
    4: "{plan} is still not paid. This is the last time that we remind you: unpaid, it ends tomorrow.",
}


async def tell_purchase(uow: UnitOfWork, fact: CoursePurchased) -> None:
    course = await _course(uow, fact)
    await service.notify(
        uow,
        fact.user_id,
        kind="course_purchased",
        title="Thank you for your purchase",
        body=f"{course} is yours. You paid {shown(fact.amount_minor, fact.currency)}.",
        url=f"/courses/{fact.course_id}",
        dedupe_key=f"purchase:{fact.order_id}:{fact.course_id}",
    )


async def tell_access(uow: UnitOfWork, fact: CourseAccessGranted) -> None:
    if fact.source not in _ACCESS_TITLES:
        return
    until = f" until {await _day(uow, fact, fact.ends_at)}" if fact.ends_at else ""
    await service.notify(
        uow,
        fact.user_id,
        kind="course_access_granted",
        title=_ACCESS_TITLES[fact.source],
        body=f"{await _course(uow, fact)} is open to you{until}.",
        url=f"/courses/{fact.course_id}",
        # Access that was lost and comes back is another fact.
        dedupe_key=f"access:{fact.event_id}",
    )


async def tell_refund(uow: UnitOfWork, fact: PaymentRefunded) -> None:
    product = await billing.ordered_name(uow, fact.order_id) or "your order"
    await service.notify(
        uow,
        fact.user_id,
        kind="payment_refunded",
        title="Your money is on its way back",
        body=f"{shown(fact.amount_minor, fact.currency)} for {product} go back to the way you paid.",
        url=f"/payments/{fact.order_id}",
        dedupe_key=f"refund:{fact.refund_id}",
    )


async def tell_invoice(uow: UnitOfWork, fact: InvoiceIssued) -> None:
    """Of invoices only: what goes with a credit note is told as a refund."""
    if fact.kind != "invoice":
        return
    product = await billing.ordered_name(uow, fact.order_id) or "your order"
    await service.notify(
        uow,
        fact.user_id,
        kind="invoice_issued",
        title="Your invoice",
        body=f"Invoice {fact.number} for {product} is ready.",
        url=f"/documents/{fact.invoice_id}",
        dedupe_key=f"invoice:{fact.invoice_id}",
    )


async def tell_subscription(uow: UnitOfWork, fact: SubscriptionChanged) -> None:
    change = "trial_began" if fact.change == "began" and fact.status == "trialing" else fact.change
    if change not in _CHANGES:
        return
    title, body = _CHANGES[change]
    day = await _day(uow, fact, fact.current_period_end) if fact.current_period_end else ""
    renews = "" if fact.cancel_at_period_end or not day else f" It is renewed on {day}."
    await service.notify(
        uow,
        fact.user_id,
        kind=f"subscription_{fact.change}",
        title=title,
        body=body.format(
            plan=await billing.product_name(uow, fact.product_id) or "Your plan",
            renews=renews,
            trial_ends=f" It is free until {day}; you can cancel before." if day else "",
            until=f" You can use it until {day}." if day else "",
        ),
        url=f"/subscriptions/{fact.subscription_id}",
        dedupe_key=f"subscription:{fact.event_id}",
    )


async def tell_reminder(uow: UnitOfWork, fact: SubscriptionReminded) -> None:
    plan = await billing.plan_name(uow, fact.subscription_id) or "Your plan"
    day = await _day(uow, fact, fact.at)
    match fact.reminder:
        case "payment_failed":
            title, body = "Please check your payment", _PAYMENT_REMINDERS[min(fact.step, 4)].format(plan=plan)
        case "trial_ends":
            title = "Your free trial ends soon"
            body = f"The trial of {plan} ends on {day}. It is charged then, unless you cancel before."
        case "period_ends":
            title, body = "Your subscription is renewed soon", f"{plan} is renewed on {day}, unless you cancel before."
        case "trial_refused":
            title = "A free trial can be had once"
            body = f"This card had a trial of {plan} before, so it was ended. You can subscribe without one."
        case _:
            return
    await service.notify(
        uow,
        fact.user_id,
        kind=f"subscription_{fact.reminder}",
        title=title,
        body=body,
        url=f"/subscriptions/{fact.subscription_id}",
        dedupe_key=f"reminder:{fact.event_id}",
    )


_Told = CoursePurchased | CourseAccessGranted | SubscriptionChanged | SubscriptionReminded


async def _course(uow: UnitOfWork, fact: CoursePurchased | CourseAccessGranted) -> str:
    found = await catalog.published_courses(uow, [fact.course_id])
    return found[fact.course_id].course.title if fact.course_id in found else "The course"


async def _day(uow: UnitOfWork, fact: _Told, moment: datetime) -> str:
    """E.g. 1 December 2026."""
    day = local_date(moment, await identity.time_zone(uow, fact.user_id))
    return f"{day.day} {day:%B %Y}"


SUBSCRIPTIONS = [
    Subscription("notifications.tell_purchase", CoursePurchased, tell_purchase, "after"),
    Subscription("notifications.tell_access", CourseAccessGranted, tell_access, "after"),
    Subscription("notifications.tell_refund", PaymentRefunded, tell_refund, "after"),
    Subscription("notifications.tell_invoice", InvoiceIssued, tell_invoice, "after"),
    Subscription("notifications.tell_subscription", SubscriptionChanged, tell_subscription, "after"),
    Subscription("notifications.tell_reminder", SubscriptionReminded, tell_reminder, "after"),
]
