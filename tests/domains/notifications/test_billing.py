"""What people are told of money and access, each cause once."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from domains.billing.events import (
    CourseAccessGranted,
    CoursePurchased,
    InvoiceIssued,
    PaymentRefunded,
    SubscriptionChanged,
    SubscriptionReminded,
)
from domains.kernel.events import Event
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.people import Learner, publish, register, small_course
from factories.shop import put_on_sale

LATE = datetime(2026, 12, 1, 23, 30, tzinfo=UTC)
"""The second of December in Madrid."""


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client, time_zone="Europe/Madrid")


@pytest.fixture
async def course_id(db: Database) -> UUID:
    return (await publish(db, small_course())).course_id


@pytest.fixture
async def plan_id(db: Database) -> UUID:
    return (await put_on_sale(db, "courses:*", kind="plan", interval="month")).product_id


async def told(db: Database, learner: Learner, crank: Any, *facts: Event) -> list[tuple[str, str]]:
    """Titles and texts that follow from `facts`, the oldest first; each fact is delivered twice."""
    async with db.begin() as uow:
        for fact in facts:
            uow.record(fact)
    await crank.jobs()
    await crank.again()
    return [(item["title"], item["body"]) for item in reversed(await inbox(learner))]


async def inbox(learner: Learner) -> list[dict[str, Any]]:
    """The newest first, without the welcome."""
    items = (await learner.get("/notifications")).json()["items"]
    return [item for item in items if item["kind"] != "welcome"]


def changed(learner: Learner, plan_id: UUID, change: str, **fields: Any) -> SubscriptionChanged:
    return SubscriptionChanged(
        user_id=learner.id,
        subscription_id=new_id(),
        product_id=plan_id,
        change=change,
        **{"status": "active", "current_period_end": LATE, "cancel_at_period_end": False} | fields,
    )


def granted(learner: Learner, course_id: UUID, source: str, ends_at: datetime | None = None) -> CourseAccessGranted:
    return CourseAccessGranted(
        user_id=learner.id, course_id=course_id, source=source, source_id=new_id(), ends_at=ends_at
    )


async def test_a_purchase_is_confirmed_with_its_amount_once(
    db: Database, ada: Learner, course_id: UUID, crank: Any
) -> None:
    fact = CoursePurchased(user_id=ada.id, order_id=new_id(), course_id=course_id, amount_minor=1999, currency="EUR")
    access = granted(ada, course_id, "purchase")
    assert await told(db, ada, crank, fact, access) == [
        ("Thank you for your purchase", "A small course is yours. You paid €19.99.")
    ]
    [item] = await inbox(ada)
    assert (item["kind"], item["url"]) == ("course_purchased", f"/courses/{course_id}")


async def test_gifts_seats_and_grants_are_told_with_their_end_where_the_learner_lives(
    db: Database, ada: Learner, course_id: UUID, crank: Any
) -> None:
    facts = [granted(ada, course_id, "gift"), granted(ada, course_id, "seat", LATE), granted(ada, new_id(), "grant")]
    silent = [granted(ada, course_id, "subscription")]
    assert sorted(await told(db, ada, crank, *facts, *silent)) == [
        ("You have a seat", "A small course is open to you until December 2, 2026."),
        ("You have been given a course", "The course is open to you."),
        ("Your gift is here", "A small course is open to you."),
    ]


async def test_a_refund_is_told_in_its_currency(db: Database, ada: Learner, crank: Any) -> None:
    facts = [
        PaymentRefunded(user_id=ada.id, order_id=new_id(), refund_id=new_id(), amount_minor=amount, currency=currency)
        for amount, currency in ((500, "EUR"), (1500, "JPY"))
    ]
    assert {body for _, body in await told(db, ada, crank, *facts)} == {
        "€5.00 for your order go back to the way you paid.",
        "¥1,500 for your order go back to the way you paid.",
    }


async def test_an_invoice_is_told_with_a_link_and_a_credit_note_is_not(db: Database, ada: Learner, crank: Any) -> None:
    order_id = new_id()
    facts = [
        InvoiceIssued(user_id=ada.id, order_id=order_id, invoice_id=new_id(), kind=kind, number="R-1")
        for kind in ("invoice", "credit_note")
    ]
    assert await told(db, ada, crank, *facts) == [("Your invoice", "Invoice R-1 for your order is ready.")]
    [item] = await inbox(ada)
    assert item["url"] == f"/payments/{order_id}"


@pytest.mark.parametrize(
    ("change", "fields", "body"),
    [
        ("began", {}, "A plan is yours. It is renewed on December 2, 2026."),
        ("began", {"cancel_at_period_end": True}, "A plan is yours."),
        (
            "began",
            {"status": "trialing"},
            "A plan is yours to try. It is free until December 2, 2026; you can cancel before.",
        ),
        ("renewed", {}, "A plan goes on. It is renewed on December 2, 2026."),
        (
            "past_due",
            {"status": "past_due"},
            "The payment for A plan did not go through. We will try again; please look at your payment method.",
        ),
        ("recovered", {}, "Thank you: A plan goes on as before. It is renewed on December 2, 2026."),
        (
            "paused",
            {},
            "A plan is paused, and nothing is charged until you resume it. You can use it until December 2, 2026.",
        ),
        ("resumed", {"current_period_end": None}, "A plan is no longer paused."),
        ("plan_changed", {}, "Your plan is now A plan. It is renewed on December 2, 2026."),
        ("cancel_scheduled", {}, "A plan is not renewed. You can use it until December 2, 2026."),
        ("cancel_withdrawn", {}, "A plan will be renewed after all. It is renewed on December 2, 2026."),
        ("cancelled", {"status": "cancelled"}, "A plan has ended. What you have from elsewhere stays yours."),
    ],
)
async def test_a_change_of_a_subscription_is_told(
    db: Database, ada: Learner, plan_id: UUID, crank: Any, change: str, fields: dict[str, Any], body: str
) -> None:
    [(_, said)] = await told(db, ada, crank, changed(ada, plan_id, change, **fields))
    assert said == body


async def test_every_reminder_is_told_once(db: Database, ada: Learner, crank: Any) -> None:
    def reminded(reminder: str, step: int) -> SubscriptionReminded:
        return SubscriptionReminded(user_id=ada.id, subscription_id=new_id(), reminder=reminder, step=step, at=LATE)

    facts = [reminded("payment_failed", step) for step in (1, 2, 3, 4)]
    facts += [reminded("trial_ends", 0), reminded("period_ends", 0), reminded("trial_refused", 0)]
    said = {body for _, body in await told(db, ada, crank, *facts)}
    assert len(said) == 7
    assert "Lyceum is renewed on December 2, 2026, unless you cancel before." in said
    assert "The trial of Lyceum ends on December 2, 2026. It is charged then, unless you cancel before." in said


async def test_what_has_no_name_any_more_is_spoken_of_in_the_readers_language(
    client: httpx.AsyncClient, db: Database, ada: Learner, crank: Any
) -> None:
    await db.fetch("UPDATE identity_user SET locale = 'de' WHERE id = $1", ada.id)
    gone, order = new_id(), new_id()
    refund = PaymentRefunded(user_id=ada.id, order_id=order, refund_id=new_id(), amount_minor=500, currency="EUR")
    reminded = SubscriptionReminded(user_id=ada.id, subscription_id=gone, reminder="payment_failed", step=2, at=LATE)
    facts = [granted(ada, gone, "gift"), changed(ada, gone, "renewed"), refund, reminded]
    said = {body for _, body in await told(db, ada, crank, *facts)}
    assert len(said) == 4
    assert {
        "Der Kurs ist für dich offen.",
        "Lyceum läuft weiter. Die nächste Verlängerung ist am 2. Dezember 2026.",
    } & said
    assert any("für deine Bestellung" in body for body in said)
    assert not any(word in body.split() for body in said for word in ("course", "plan", "order", "your", "Your"))
