"""Paying and giving back with Stripe: its real library, real HTTP, and a stand-in that keeps Stripe's rules."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest

from domains.billing.errors import ProviderRefused
from domains.billing.policy.seen import (
    CheckoutClosed,
    DisputeSeen,
    Lookup,
    PaymentSeen,
    RefundSeen,
)
from domains.billing.providers.port import Buyer
from domains.billing.providers.stripe import StripeProvider
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from doubles.stripe_server import StripeServer
from factories.stripe import DAY, once, said


@pytest.fixture(scope="module")
def server() -> Iterator[StripeServer]:
    with StripeServer() as found:
        yield found


@pytest.fixture
async def provider(server: StripeServer) -> AsyncIterator[StripeProvider]:
    found = StripeProvider(server.key, [server.secret], server.url)
    yield found
    await found.aclose()


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
    assert early[-1] == "authorised"
    assert "captured" not in early
    server.settle(checkout.ref, works=works)
    heard = said(provider, server, since)
    late = {one.status for one in heard if isinstance(one, PaymentSeen)}
    assert ("captured" in late, "failed" in late) == (works, not works)
    assert any(isinstance(one, CheckoutClosed) for one in heard) == (not works)


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
