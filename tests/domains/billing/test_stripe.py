"""Stripe through its real library, over real HTTP, against a stand-in that keeps Stripe's rules."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
import stripe as library
from hypothesis import given, settings
from hypothesis import strategies as st

from domains.billing.errors import ProviderAway, ProviderRefused, StateForbids
from domains.billing.policy.seen import (
    CheckoutClosed,
    DisputeSeen,
    Lookup,
    PaymentSeen,
    RefundSeen,
    Seen,
    SubscriptionSeen,
    Told,
)
from domains.billing.providers.port import Buyer, Charge, CheckoutWanted, Discount
from domains.billing.providers.stripe import StripeProvider, shapes
from domains.billing.providers.stripe.amounts import from_stripe, to_stripe
from domains.billing.providers.stripe.checkout import _months_later, discount_months
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.money import exponent
from domains.kernel.uow import Database
from doubles.stripe_server import StripeServer

PRICE, PRODUCT = new_id(), new_id()
BUYER = Buyer(new_id(), "Ada Lovelace", "ada@example.org")
MONTHLY = Charge(PRICE, PRODUCT, "Everything", 999, "EUR", "month")
DAY = 86400
EARLIEST = datetime(2026, 1, 1)  # noqa: DTZ001 -- hypothesis adds the zone


@pytest.fixture(scope="module")
def server() -> Iterator[StripeServer]:
    with StripeServer() as found:
        yield found


@pytest.fixture
async def provider(server: StripeServer) -> AsyncIterator[StripeProvider]:
    found = StripeProvider(server.key, [server.secret], server.url)
    yield found
    await found.aclose()


def once(order_id: UUID | None = None, **fields: Any) -> CheckoutWanted:
    given: dict[str, Any] = {
        "order_id": order_id or new_id(),
        "buyer": BUYER,
        "title": "Spanish for everybody",
        "amount_minor": 1999,
        "currency": "EUR",
        "quantity": 1,
        "success_url": "https://lyceum.test/paid",
        "cancel_url": "https://lyceum.test/left",
        "expires_at": utc_now() + timedelta(hours=1),
    }
    return CheckoutWanted(**given | fields)


def plan(order_id: UUID | None = None, **fields: Any) -> CheckoutWanted:
    return once(order_id, **{"charge": MONTHLY, "amount_minor": 999, "title": "Everything", **fields})


async def subscribed(
    provider: StripeProvider, server: StripeServer, db: Database, *, fingerprint: str = "", **fields: Any
) -> tuple[UUID, str]:
    order_id = new_id()
    checkout = await provider.open_checkout(db, plan(order_id, **fields))
    made = server.pay(checkout.ref, fingerprint=fingerprint)
    return order_id, made["id"]


def said(provider: StripeProvider, server: StripeServer, since: int) -> list[Told]:
    """What the provider reads out of the events after the first `since`."""
    return [told for event in server.events[since:] for told in provider.read(server.signed(event)[0])]


async def resolved(provider: StripeProvider, db: Database, told: list[Told]) -> list[Seen]:
    seen: list[Seen] = []
    for one in told:
        seen += await provider.look_up(db, one) if isinstance(one, Lookup) else [one]
    return seen


# ---- paying once


async def test_a_course_is_paid_on_stripes_page_and_every_event_tells_the_same_payment(
    provider: StripeProvider, server: StripeServer, db: Database
) -> None:
    wanted, since = once(), len(server.events)
    checkout = await provider.open_checkout(db, wanted)
    assert checkout.url is not None
    assert checkout.url.startswith("https://checkout.stripe.test/")

    paid = server.pay(checkout.ref, fingerprint="FINGER")

    told = said(provider, server, since)
    captured = [one for one in told if isinstance(one, PaymentSeen) and one.status == "captured"]
    assert len(captured) == 2  # payment_intent.succeeded and checkout.session.completed
    for one in captured:
        assert (one.payment_ref, one.amount_minor, one.currency, one.order_id) == (
            paid["id"],
            1999,
            "EUR",
            wanted.order_id,
        )
    [asked] = await provider.look_up(db, Lookup(kind="payment", ref=paid["id"]))
    assert isinstance(asked, PaymentSeen)
    assert (asked.status, asked.method, asked.fingerprint) == ("captured", "card", "FINGER")
    assert await provider.look_up(db, Lookup(kind="checkout", ref=checkout.ref)) == [captured[-1]]


async def test_the_same_order_has_one_page_however_often_it_is_asked_for(
    provider: StripeProvider, server: StripeServer, db: Database
) -> None:
    wanted = once()
    first = await provider.open_checkout(db, wanted)
    assert await provider.open_checkout(db, wanted) == first
    # Asked with other words, as after a new name in the catalogue, Stripe refuses the key: the page is found.
    assert await provider.open_checkout(db, wanted._replace(title="Spanish, renamed")) == first
    pages = [one for one in server.book.all("checkout.session") if one["client_reference_id"] == str(wanted.order_id)]
    assert len(pages) == 1


async def test_two_requests_at_once_for_one_order_open_one_page_for_one_customer(
    provider: StripeProvider, server: StripeServer, db: Database
) -> None:
    wanted = once(buyer=Buyer(new_id(), "Twice", "twice@example.org"))
    first, second = await asyncio.gather(provider.open_checkout(db, wanted), provider.open_checkout(db, wanted))
    assert first == second
    assert len([one for one in server.book.all("customer") if one["email"] == "twice@example.org"]) == 1


async def test_an_answer_that_was_lost_is_asked_for_again_with_the_same_key(
    provider: StripeProvider, server: StripeServer, db: Database
) -> None:
    wanted = once()
    await provider.open_checkout(db, once())  # the customer is known from here on
    server.fail_next(status=503, after=True)
    await provider.open_checkout(db, wanted)
    pages = [one for one in server.book.all("checkout.session") if one["client_reference_id"] == str(wanted.order_id)]
    assert len(pages) == 1


async def test_a_person_is_one_customer_and_one_who_was_deleted_at_stripe_is_made_anew(
    provider: StripeProvider, server: StripeServer, db: Database
) -> None:
    buyer = Buyer(new_id(), "Grace", "grace@example.org")
    first = server.book.things[(await provider.open_checkout(db, once(buyer=buyer))).ref]["customer"]
    again = server.book.things[(await provider.open_checkout(db, once(buyer=buyer))).ref]["customer"]
    assert first == again
    del server.book.things[first]
    new = server.book.things[(await provider.open_checkout(db, once(buyer=buyer))).ref]["customer"]
    assert new != first
    assert server.book.things[(await provider.open_checkout(db, once(buyer=buyer))).ref]["customer"] == new


async def test_the_end_of_a_page_keeps_to_what_stripe_takes(
    provider: StripeProvider, server: StripeServer, db: Database
) -> None:
    for lasts, least, most in ((timedelta(minutes=5), 1800, 1900), (timedelta(days=9), 23 * 3600, DAY)):
        checkout = await provider.open_checkout(db, once(expires_at=utc_now() + lasts))
        page = server.book.things[checkout.ref]
        assert least <= page["expires_at"] - page["created"] <= most


async def test_a_declined_card_is_a_failed_payment_that_may_still_succeed(
    provider: StripeProvider, server: StripeServer, db: Database
) -> None:
    checkout, since = await provider.open_checkout(db, once()), len(server.events)
    server.try_to_pay(checkout.ref)
    server.pay(checkout.ref)
    seen = [one for one in said(provider, server, since) if isinstance(one, PaymentSeen)]
    assert [one.status for one in seen] == ["created", "failed", "captured", "captured"]
    assert seen[1].failure == "Your card was declined."
    assert len({one.payment_ref for one in seen}) == 1


@pytest.mark.parametrize("works", [True, False])
async def test_a_debit_that_takes_days_is_captured_only_when_it_arrived(
    provider: StripeProvider, server: StripeServer, db: Database, works: bool
) -> None:
    checkout, since = await provider.open_checkout(db, once()), len(server.events)
    server.pay(checkout.ref, on_its_way=True)
    early = [one.status for one in said(provider, server, since) if isinstance(one, PaymentSeen)]
    assert set(early) == {"created"}
    server.settle(checkout.ref, works=works)
    late = {one.status for one in said(provider, server, since) if isinstance(one, PaymentSeen)}
    assert late == ({"created", "captured"} if works else {"created", "failed"})


async def test_money_that_is_only_held_is_authorised(
    provider: StripeProvider, server: StripeServer, db: Database
) -> None:
    paid = server.pay((await provider.open_checkout(db, once())).ref, only_hold=True)
    [seen] = await provider.look_up(db, Lookup(kind="payment", ref=paid["id"]))
    assert isinstance(seen, PaymentSeen)
    assert (seen.status, seen.amount_minor) == ("authorised", 1999)


async def test_closing_a_page_is_told_once_and_is_quiet_about_one_that_is_closed_or_paid(
    provider: StripeProvider, server: StripeServer, db: Database
) -> None:
    wanted, since = once(), len(server.events)
    checkout = await provider.open_checkout(db, wanted)
    await provider.close_checkout(db, checkout.ref)
    await provider.close_checkout(db, checkout.ref)
    await provider.close_checkout(db, "cs_test_neverwas")
    assert said(provider, server, since) == [CheckoutClosed(order_id=wanted.order_id)]

    paid = await provider.open_checkout(db, once())
    server.pay(paid.ref)
    await provider.close_checkout(db, paid.ref)


# ---- refunds and disputes


async def test_a_refund_is_made_once_also_when_stripe_has_forgotten_the_key(
    provider: StripeProvider, server: StripeServer, db: Database
) -> None:
    paid = server.pay((await provider.open_checkout(db, once())).ref)
    refund_id, since = new_id(), len(server.events)

    async def refund() -> RefundSeen:
        return await provider.refund(db, refund_id=refund_id, payment_ref=paid["id"], amount_minor=500, currency="EUR")

    made = await refund()
    assert (made.own_id, made.payment_ref, made.status, made.amount_minor) == (refund_id, paid["id"], "succeeded", 500)
    server.gate.forget_keys()
    assert await refund() == made
    assert [one["amount"] for one in server.book.all("refund") if one["payment_intent"] == paid["id"]] == [500]
    told = said(provider, server, since)
    assert made in told
    # charge.refunded says only how much in all: asking gives each refund.
    assert Lookup(kind="payment", ref=paid["id"]) in told
    assert made in await provider.look_up(db, Lookup(kind="payment", ref=paid["id"]))


async def test_what_stripe_refuses_is_refused_in_words_that_can_be_shown(
    provider: StripeProvider, server: StripeServer, db: Database
) -> None:
    paid = server.pay((await provider.open_checkout(db, once())).ref)
    server.refund(paid["id"], 1999)
    with pytest.raises(ProviderRefused) as refused:
        await provider.refund(db, refund_id=new_id(), payment_ref=paid["id"], amount_minor=1, currency="EUR")
    assert refused.value.detail == "Stripe refused: charge_already_refunded"
    assert "ch_" not in refused.value.detail


async def test_refunds_and_disputes_made_at_stripe_are_told_as_they_go(
    provider: StripeProvider, server: StripeServer, db: Database
) -> None:
    paid = server.pay((await provider.open_checkout(db, once())).ref)
    since = len(server.events)
    refund = server.refund(paid["id"], 200, status="pending")
    server.end_refund(refund["id"], "failed")
    dispute = server.open_dispute(paid["id"], 300)
    server.move_dispute(dispute["id"], "under_review")
    server.move_dispute(dispute["id"], "won")
    told = said(provider, server, since)
    refunds = [one for one in told if isinstance(one, RefundSeen)]
    assert [one.status for one in refunds] == ["pending", "failed", "failed", "failed"]
    assert refunds[0].own_id is None
    disputes = [one for one in told if isinstance(one, DisputeSeen)]
    assert [one.status for one in disputes] == ["open", "open", "open", "won", "won"]
    assert {(one.dispute_ref, one.payment_ref, one.amount_minor) for one in disputes} == {
        (dispute["id"], paid["id"], 300)
    }


async def test_an_inquiry_holds_no_money_until_it_becomes_a_dispute(
    provider: StripeProvider, server: StripeServer, db: Database
) -> None:
    paid = server.pay((await provider.open_checkout(db, once())).ref)
    since = len(server.events)
    inquiry = server.open_dispute(paid["id"], status="warning_needs_response")
    server.move_dispute(inquiry["id"], "warning_under_review")
    assert said(provider, server, since) == []
    server.move_dispute(inquiry["id"], "needs_response")
    assert {one.status for one in said(provider, server, since) if isinstance(one, DisputeSeen)} == {"open"}


# ---- subscriptions


async def test_a_subscription_is_looked_up_with_its_first_payment(
    provider: StripeProvider, server: StripeServer, db: Database
) -> None:
    since = len(server.events)
    order_id, ref = await subscribed(provider, server, db, quantity=3, fingerprint="FINGER")
    told = said(provider, server, since)
    assert all(isinstance(one, Lookup) for one in told)
    seen = await resolved(provider, db, told)
    subscription = next(one for one in seen if isinstance(one, SubscriptionSeen))
    assert (subscription.subscription_ref, subscription.status) == (ref, "active")
    assert (subscription.order_id, subscription.price_id, subscription.quantity) == (order_id, PRICE, 3)
    assert subscription.fingerprint == "FINGER"
    payment = next(one for one in seen if isinstance(one, PaymentSeen))
    assert (payment.order_id, payment.subscription_ref, payment.amount_minor) == (order_id, ref, 2997)
    assert (payment.period_start, payment.period_end) == (
        subscription.current_period_start,
        subscription.current_period_end,
    )
    # The subscription comes first: its money can only be booked once it is known.
    for place, one in enumerate(told):
        if isinstance(one, Lookup) and one.kind == "invoice" and place:
            assert any(isinstance(before, Lookup) and before.kind == "subscription" for before in told[:place])


async def test_a_renewal_is_a_payment_of_its_own_invoice_and_of_no_order(
    provider: StripeProvider, server: StripeServer, db: Database
) -> None:
    _, ref = await subscribed(provider, server, db)
    invoice = server.renew(ref)
    assert invoice is not None
    [paid] = await provider.look_up(db, Lookup(kind="invoice", ref=invoice["id"]))
    assert isinstance(paid, PaymentSeen)
    assert (paid.status, paid.order_id, paid.subscription_ref, paid.invoice_ref) == (
        "captured",
        None,
        ref,
        invoice["id"],
    )
    [same, *_] = await provider.look_up(db, Lookup(kind="payment", ref=paid.payment_ref))
    assert same == paid
    [subscription] = await provider.look_up(db, Lookup(kind="subscription", ref=ref))
    assert isinstance(subscription, SubscriptionSeen)
    assert (subscription.current_period_start, subscription.current_period_end) == (paid.period_start, paid.period_end)


async def test_a_renewal_that_fails_is_past_due_until_the_open_invoice_is_paid_with_the_new_card(
    provider: StripeProvider, server: StripeServer, db: Database
) -> None:
    _, ref = await subscribed(provider, server, db, buyer=Buyer(new_id(), "Late", "late@example.org"))
    customer = server.book.things[ref]["customer"]
    server.decline(customer)
    invoice = server.renew(ref)
    assert invoice is not None
    assert await status(provider, db, ref) == "past_due"
    [failed] = await provider.look_up(db, Lookup(kind="invoice", ref=invoice["id"]))
    assert isinstance(failed, PaymentSeen)
    assert failed.status == "failed"

    with pytest.raises(ProviderRefused, match="declined"):
        await provider.retry_payment(db, ref, key="first")
    url = await provider.payment_method_url(db, ref, "https://lyceum.test/back")
    assert url.startswith("https://billing.stripe.test/")
    server.change_card(customer)
    assert await provider.retry_payment(db, ref, key="second") is True
    assert await status(provider, db, ref) == "active"
    [paid] = await provider.look_up(db, Lookup(kind="invoice", ref=invoice["id"]))
    assert isinstance(paid, PaymentSeen)
    assert paid.status == "captured"
    assert await provider.retry_payment(db, ref, key="third") is True  # nothing is open: quiet


async def test_the_next_renewal_uses_the_card_that_was_chosen_on_the_portal(
    provider: StripeProvider, server: StripeServer, db: Database
) -> None:
    _, ref = await subscribed(provider, server, db, buyer=Buyer(new_id(), "New card", "card@example.org"))
    customer = server.book.things[ref]["customer"]
    await provider.payment_method_url(db, ref, "https://lyceum.test/back")
    server.decline(customer)
    server.change_card(customer, fingerprint="CHOSEN")
    invoice = server.renew(ref)
    assert invoice is not None
    [paid] = await provider.look_up(db, Lookup(kind="invoice", ref=invoice["id"]))
    assert isinstance(paid, PaymentSeen)
    assert (paid.status, paid.fingerprint) == ("captured", "CHOSEN")


async def test_a_cancellation_can_be_withdrawn_and_made_again_and_then_the_period_is_the_last(
    provider: StripeProvider, server: StripeServer, db: Database
) -> None:
    _, ref = await subscribed(provider, server, db)
    for ends in (True, False, True):
        if ends:
            await provider.cancel(db, ref, at_period_end=True)
        else:
            await provider.withdraw_cancel(db, ref)
        [seen] = await provider.look_up(db, Lookup(kind="subscription", ref=ref))
        assert isinstance(seen, SubscriptionSeen)
        assert seen.cancel_at_period_end is ends
    end = server.book.things[ref]["items"]["data"][0]["current_period_end"]
    server.change_outside(ref, cancel_at_period_end=False, cancel_at=end)
    [dated] = await provider.look_up(db, Lookup(kind="subscription", ref=ref))
    assert isinstance(dated, SubscriptionSeen)
    assert dated.cancel_at_period_end
    await provider.withdraw_cancel(db, ref)
    assert server.book.things[ref]["cancel_at"] is None
    await provider.cancel(db, ref, at_period_end=True)
    assert server.renew(ref) is None
    [over] = await provider.look_up(db, Lookup(kind="subscription", ref=ref))
    assert isinstance(over, SubscriptionSeen)
    assert (over.status, over.cancel_at_period_end, over.ended_at) == ("cancelled", False, over.current_period_end)
    await provider.cancel(db, ref, at_period_end=False)  # over already: quiet
    await provider.cancel(db, ref, at_period_end=True)


async def test_cancelling_now_ends_it_now(provider: StripeProvider, server: StripeServer, db: Database) -> None:
    _, ref = await subscribed(provider, server, db)
    await provider.cancel(db, ref, at_period_end=False)
    assert await status(provider, db, ref) == "cancelled"
    with pytest.raises(StateForbids):
        await provider.change(db, ref, MONTHLY, 1, key="late", at=utc_now())


async def test_while_it_is_paused_nothing_is_asked_for(
    provider: StripeProvider, server: StripeServer, db: Database
) -> None:
    _, ref = await subscribed(provider, server, db)
    await provider.pause(db, ref)
    assert await status(provider, db, ref) == "paused"
    invoice = server.renew(ref)
    assert invoice is not None
    assert invoice["status"] == "void"
    await provider.resume(db, ref)
    assert await status(provider, db, ref) == "active"
    server.change_outside(ref, status="paused")
    await provider.resume(db, ref)
    assert await status(provider, db, ref) == "active"


async def test_a_change_costs_what_its_preview_said_and_is_made_once(
    provider: StripeProvider, server: StripeServer, db: Database
) -> None:
    _, ref = await subscribed(provider, server, db)
    better = Charge(new_id(), PRODUCT, "Everything", 2999, "EUR", "month")
    item = server.book.things[ref]["items"]["data"][0]
    half = datetime.fromtimestamp((item["current_period_start"] + item["current_period_end"]) // 2, UTC)
    preview = await provider.preview_change(db, ref, better, 1, half)
    assert (preview.due_minor, preview.currency, preview.proration_at) == (1000, "EUR", half)
    invoices = len(list(server.book.all("invoice")))

    await provider.change(db, ref, better, 1, key="change-1", at=half)
    server.gate.forget_keys()
    await provider.change(db, ref, better, 1, key="change-1", at=half)

    assert len(list(server.book.all("invoice"))) == invoices + 1
    invoice = server.book.things[server.book.things[ref]["latest_invoice"]]
    [paid] = await provider.look_up(db, Lookup(kind="invoice", ref=invoice["id"]))
    assert isinstance(paid, PaymentSeen)
    assert (paid.amount_minor, paid.order_id, paid.period_start) == (1000, None, half)
    [seen] = await provider.look_up(db, Lookup(kind="subscription", ref=ref))
    assert isinstance(seen, SubscriptionSeen)
    assert seen.price_id == better.price_id


async def test_a_change_to_a_year_begins_a_new_period_and_one_to_less_is_a_credit(
    provider: StripeProvider, server: StripeServer, db: Database
) -> None:
    _, ref = await subscribed(provider, server, db)
    start = datetime.fromtimestamp(server.book.things[ref]["items"]["data"][0]["current_period_start"], UTC)
    less = Charge(new_id(), PRODUCT, "Everything", 499, "EUR", "month")
    assert (await provider.preview_change(db, ref, less, 1, start)).due_minor == -500
    year = Charge(new_id(), PRODUCT, "Everything", 9999, "EUR", "year")
    assert (await provider.preview_change(db, ref, year, 1, start)).due_minor == 9000
    await provider.change(db, ref, year, 1, key="to-a-year", at=start)
    [seen] = await provider.look_up(db, Lookup(kind="subscription", ref=ref))
    assert isinstance(seen, SubscriptionSeen)
    assert seen.current_period_end is not None
    assert seen.current_period_end == _months_later(start, 12)


async def test_a_change_that_cannot_be_paid_changes_nothing(
    provider: StripeProvider, server: StripeServer, db: Database
) -> None:
    _, ref = await subscribed(provider, server, db, buyer=Buyer(new_id(), "Poor", "poor@example.org"))
    server.decline(server.book.things[ref]["customer"])
    better = Charge(new_id(), PRODUCT, "Everything", 2999, "EUR", "month")
    with pytest.raises(ProviderRefused, match="Your card was declined"):
        await provider.change(db, ref, better, 1, key="too-dear", at=utc_now() + timedelta(seconds=5))
    assert server.book.things[ref]["items"]["data"][0]["price"]["unit_amount"] == 999


async def test_a_trial_asks_for_nothing_at_first_and_its_discount_is_for_the_first_charge(
    provider: StripeProvider, server: StripeServer, db: Database
) -> None:
    _, ref = await subscribed(provider, server, db, trial_days=14, discount=Discount(200, 1))
    assert await status(provider, db, ref) == "trialing"
    first = server.book.things[ref]["latest_invoice"]
    assert await provider.look_up(db, Lookup(kind="invoice", ref=first)) == []
    amounts = []
    for _ in range(3):
        invoice = server.renew(ref)
        assert invoice is not None
        amounts.append(invoice["amount_due"])
    assert amounts == [799, 999, 999]
    assert await status(provider, db, ref) == "active"


@pytest.mark.parametrize(
    ("cycles", "expected"), [(1, [799, 999, 999, 999]), (3, [799, 799, 799, 999]), (None, [799] * 4)]
)
@pytest.mark.parametrize("interval", ["month", "year"])
async def test_a_discount_lasts_for_as_many_charges_as_it_was_given_for(
    provider: StripeProvider, server: StripeServer, db: Database, cycles: int | None, expected: list[int], interval: str
) -> None:
    charge = MONTHLY._replace(interval=interval)
    _, ref = await subscribed(provider, server, db, charge=charge, discount=Discount(200, cycles))
    amounts = [server.book.things[server.book.things[ref]["latest_invoice"]]["amount_due"]]
    for _ in range(3):
        invoice = server.renew(ref)
        assert invoice is not None
        amounts.append(invoice["amount_due"])
    assert amounts == expected


@given(
    start=st.datetimes(min_value=EARLIEST, max_value=EARLIEST.replace(year=2029), timezones=st.just(UTC)),
    trial_days=st.integers(0, 60),
    cycles=st.integers(1, 12),
    interval=st.sampled_from(["month", "year"]),
)
@settings(deadline=None)
def test_the_months_of_a_coupon_cover_exactly_the_charges_that_were_meant(
    start: datetime, trial_days: int, cycles: int, interval: str
) -> None:
    months = discount_months(start, trial_days, interval, Discount(1, cycles))
    if months is None:
        assert (cycles, trial_days) == (1, 0)
        return
    step, first, end = 12 if interval == "year" else 1, start + timedelta(days=trial_days), _months_later(start, months)
    charged = [_months_later(first, step * n) < end for n in range(cycles + 3)]
    assert charged == [True] * cycles + [False] * 3


# ---- history


async def test_history_tells_everything_of_a_window_over_many_pages_and_nothing_of_others(
    provider: StripeProvider, server: StripeServer, db: Database
) -> None:
    pages = [await provider.open_checkout(db, once()) for _ in range(3)]
    plan_page = await provider.open_checkout(db, plan())
    since = utc_now() + timedelta(days=400)
    server.book.ahead_s = 400 * DAY + 10
    try:
        paid = [server.pay(page.ref)["id"] for page in pages]
        server.refund(paid[0], 100)
        server.open_dispute(paid[1])
        ref = server.pay(plan_page.ref)["id"]
        theirs = another(server, server.book.things[paid[2]], metadata={})
        for _ in range(120):
            another(server, next(server.book.all("refund")))
        told = [one async for one in provider.history(db, since, since + timedelta(days=1))]
    finally:
        server.book.ahead_s = 0
    assert {one.payment_ref for one in told if isinstance(one, PaymentSeen)} == set(paid)
    assert theirs["id"] not in str(told)
    assert len([one for one in told if isinstance(one, RefundSeen)]) == 121
    assert len([one for one in told if isinstance(one, DisputeSeen)]) == 1
    assert Lookup(kind="subscription", ref=ref) in told
    assert any(isinstance(one, Lookup) and one.kind == "invoice" for one in told)
    assert len(told) == len(set(told))


async def test_history_tells_what_happened_in_the_window_to_things_that_are_older(
    provider: StripeProvider, server: StripeServer, db: Database
) -> None:
    _, ref = await subscribed(provider, server, db)
    checkout = await provider.open_checkout(db, wanted := once())
    paid = server.pay(checkout.ref)
    closed = await provider.open_checkout(db, given_up := once())
    since = utc_now() + timedelta(days=10)
    server.book.ahead_s = 10 * DAY + 10
    try:
        server.expire(closed.ref)
        await provider.cancel(db, ref, at_period_end=True)
        dispute = server.open_dispute(paid["id"])
        told = [one async for one in provider.history(db, since, since + timedelta(days=1))]
    finally:
        server.book.ahead_s = 0
    assert Lookup(kind="subscription", ref=ref) in told
    assert CheckoutClosed(order_id=given_up.order_id) in told
    assert any(isinstance(one, DisputeSeen) and one.dispute_ref == dispute["id"] for one in told)
    assert str(wanted.order_id) not in str(told)


# ---- failures


@pytest.mark.parametrize("fault", ["hang", "drip"])
async def test_no_call_takes_longer_than_its_limit(server: StripeServer, db: Database, fault: str) -> None:
    provider = StripeProvider(server.key, [], server.url, limit_s=0.4)
    loop_time = asyncio.get_running_loop().time
    getattr(server, fault)()
    try:
        calls = [
            lambda: provider.open_checkout(db, once()),
            lambda: provider.refund(db, refund_id=new_id(), payment_ref="pi_1", amount_minor=1, currency="EUR"),
            lambda: provider.cancel(db, "sub_1", at_period_end=True),
            lambda: provider.look_up(db, Lookup(kind="subscription", ref="sub_1")),
            lambda: anext(provider.history(db, utc_now(), utc_now())),
        ]
        for call in calls:
            began = loop_time()
            with pytest.raises(ProviderAway):
                await call()  # type: ignore[no-untyped-call]
            assert loop_time() - began < 5
    finally:
        getattr(server, fault)(False)
        await provider.aclose()


async def test_an_error_of_stripes_own_is_tried_again_a_few_times_and_then_it_is_away(
    provider: StripeProvider, server: StripeServer, db: Database
) -> None:
    _, ref = await subscribed(provider, server, db)
    server.fail_next(2)
    assert await status(provider, db, ref) == "active"
    server.fail_next(3)
    with pytest.raises(ProviderAway):
        await status(provider, db, ref)
    server.fail_next(1, status=429)
    with pytest.raises(ProviderAway):
        await status(provider, db, ref)


async def test_nobody_there_is_away_and_a_wrong_key_is_refused_without_showing_it(
    server: StripeServer, db: Database
) -> None:
    nobody = StripeProvider(server.key, [], "http://127.0.0.1:9", limit_s=2)
    with pytest.raises(ProviderAway):
        await nobody.look_up(db, Lookup(kind="subscription", ref="sub_1"))
    await nobody.aclose()
    stranger = StripeProvider("sk_test_other", [], server.url)
    with pytest.raises(ProviderRefused) as refused:
        await stranger.look_up(db, Lookup(kind="subscription", ref="sub_1"))
    await stranger.aclose()
    assert refused.value.detail == "Stripe refused"


async def test_what_is_not_there_or_not_ours_is_nothing(
    provider: StripeProvider, server: StripeServer, db: Database
) -> None:
    theirs = server.book.add(
        "payment_intent",
        "pi",
        amount=5,
        currency="eur",
        status="succeeded",
        metadata={"order_id": "42"},
        latest_charge=None,
    )
    for kind in ("subscription", "invoice", "payment", "checkout"):
        assert await provider.look_up(db, Lookup(kind=kind, ref="none_1")) == []  # type: ignore[arg-type]
    assert await provider.look_up(db, Lookup(kind="payment", ref=theirs["id"])) == []


async def test_every_call_that_changes_something_has_a_key_and_those_of_an_order_are_made_of_its_id(
    provider: StripeProvider, server: StripeServer, db: Database
) -> None:
    since = len(server.gate.seen)
    order_id, ref = await subscribed(provider, server, db, discount=Discount(100, 1))
    paid = server.pay((await provider.open_checkout(db, once())).ref)
    refund_id = new_id()
    await provider.refund(db, refund_id=refund_id, payment_ref=paid["id"], amount_minor=1, currency="EUR")
    await provider.cancel(db, ref, at_period_end=True)
    posts = [call for call in server.gate.seen[since:] if call.method == "POST"]
    assert posts
    assert all(call.key for call in posts)
    keys = {call.key for call in posts}
    assert {f"lyceum-checkout-{order_id}", f"lyceum-coupon-{order_id}", f"lyceum-refund-{refund_id}"} <= keys


@pytest.mark.parametrize("key", ["pk_test_1", "whsec_1", "", "sk_1"])
def test_a_key_that_cannot_sell_is_refused_at_the_start(key: str) -> None:
    with pytest.raises(ValueError, match="secret key"):
        StripeProvider(key)


async def test_test_and_live_mode_are_told_apart_by_the_key() -> None:
    for key, live in (("sk_test_1", False), ("rk_test_1", False), ("sk_live_1", True), ("rk_live_1", True)):
        provider = StripeProvider(key)
        assert provider.live is live
        await provider.aclose()


# ---- amounts


@pytest.mark.parametrize(
    ("currency", "ours", "theirs"),
    [
        ("EUR", 1999, 1999),
        ("JPY", 1999, 1999),
        ("ISK", 5, 500),
        ("UGX", 5, 500),
        ("MGA", 500, 5),
        ("HUF", 1999, 1999),
        ("TWD", 1999, 1999),
        ("KWD", 1230, 1230),
    ],
)
def test_amounts_are_said_as_stripe_counts_them(currency: str, ours: int, theirs: int) -> None:
    assert to_stripe(ours, currency) == theirs
    assert from_stripe(theirs, currency) == ours


@pytest.mark.parametrize(("currency", "amount"), [("KWD", 1234), ("MGA", 550)])
def test_an_amount_with_too_many_decimals_for_stripe_is_refused(currency: str, amount: int) -> None:
    with pytest.raises(ProviderRefused, match="decimals"):
        to_stripe(amount, currency)


def test_an_amount_that_we_cannot_say_is_not_rounded() -> None:
    with pytest.raises(ValueError, match="whole"):
        from_stripe(550, "ISK")


@given(st.sampled_from(["EUR", "JPY", "ISK", "UGX", "MGA", "KWD", "BHD", "HUF"]), st.integers(0, 10**9))
@settings(deadline=None)
def test_what_stripe_takes_comes_back_the_same(currency: str, amount: int) -> None:
    try:
        theirs = to_stripe(amount, currency)
    except ProviderRefused:
        assert currency == "MGA" or exponent(currency) == 3
        return
    assert from_stripe(theirs, currency) == amount


# ---- the library


@pytest.mark.parametrize(
    ("shape", "known"),
    [
        (shapes.PaymentIntent, library.PaymentIntent),
        (shapes.Charge, library.Charge),
        (shapes.Refund, library.Refund),
        (shapes.Dispute, library.Dispute),
        (shapes.Session, library.checkout.Session),
        (shapes.Invoice, library.Invoice),
        (shapes.InvoicePayment, library.InvoicePayment),
        (shapes.Line, library.InvoiceLineItem),
        (shapes.Subscription, library.Subscription),
        (shapes.Item, library.SubscriptionItem),
        (shapes.Customer, library.Customer),
        (shapes.PaymentMethod, library.PaymentMethod),
        (shapes.Event, library.Event),
    ],
)
def test_every_field_that_we_read_is_one_that_the_library_knows(shape: type[msgspec.Struct], known: type) -> None:
    assert set(shape.__struct_fields__) <= set(known.__annotations__)


def test_the_library_reports_nothing_about_this_machine() -> None:
    # Left on, it would keep an id in the home directory and send it with the platform.
    assert library.enable_telemetry is False


async def test_the_stand_in_invents_no_fields(provider: StripeProvider, server: StripeServer, db: Database) -> None:
    paid = server.pay((await provider.open_checkout(db, once())).ref)
    server.refund(paid["id"], 5)
    server.open_dispute(paid["id"], 5)
    await subscribed(provider, server, db)
    known = {
        "checkout.session": library.checkout.Session,
        "payment_intent": library.PaymentIntent,
        "charge": library.Charge,
        "refund": library.Refund,
        "dispute": library.Dispute,
        "subscription": library.Subscription,
        "invoice": library.Invoice,
        "invoice_payment": library.InvoicePayment,
        "customer": library.Customer,
        "event": library.Event,
        "coupon": library.Coupon,
        "discount": library.Discount,
        "price": library.Price,
    }
    for thing in list(server.book.things.values()):
        if kind := known.get(thing["object"]):
            shown = server.book.shown(thing, ["payments"] if thing["object"] == "invoice" else [])
            assert set(shown) <= set(kind.__annotations__), thing["object"]


def another(server: StripeServer, thing: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """One more of its kind, without any event."""
    made = {**thing, "id": server.book.id(thing["id"].partition("_")[0]), **fields}
    server.book.things[made["id"]] = made
    return made


async def status(provider: StripeProvider, db: Database, ref: str) -> str:
    [seen] = await provider.look_up(db, Lookup(kind="subscription", ref=ref))
    assert isinstance(seen, SubscriptionSeen)
    return seen.status
