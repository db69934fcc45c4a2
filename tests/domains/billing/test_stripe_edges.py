"""What goes wrong with Stripe, what it counts in, what it remembers, and how well the stand-in knows it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import msgspec
import pytest
import stripe as library
from hypothesis import given
from hypothesis import strategies as st

from domains.billing.errors import ProviderAway, ProviderRefused
from domains.billing.policy.seen import (
    CheckoutClosed,
    DisputeSeen,
    Lookup,
    PaymentSeen,
    RefundSeen,
)
from domains.billing.providers.port import Discount
from domains.billing.providers.stripe import StripeProvider, shapes
from domains.billing.providers.stripe.amounts import from_stripe, to_stripe
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.money import exponent
from domains.kernel.uow import Database
from doubles.stripe_server import StripeServer
from factories.stripe import DAY, another, once, plan, status, subscribed


@pytest.fixture(scope="module")
def server() -> Iterator[StripeServer]:
    with StripeServer() as found:
        yield found


@pytest.fixture
async def provider(server: StripeServer) -> AsyncIterator[StripeProvider]:
    found = StripeProvider(server.key, [server.secret], server.url)
    yield found
    await found.aclose()


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
