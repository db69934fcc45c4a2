"""Subscriptions with Stripe, over real HTTP."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domains.billing.errors import ProviderRefused, StateForbids
from domains.billing.policy.seen import Lookup, PaymentSeen, SubscriptionSeen
from domains.billing.providers.port import Buyer, Charge, Discount
from domains.billing.providers.stripe import StripeProvider
from domains.billing.providers.stripe.checkout import _months_later, discount_months
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from doubles.stripe_server import StripeServer
from factories.stripe import MONTHLY, PRICE, PRODUCT, resolved, said, status, subscribed

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
    for _ in range(2):
        await provider.resume(db, ref)
    assert await status(provider, db, ref) == "active"
    # The rest of the period that began during the pause is not given away.
    again = server.book.things[server.book.things[ref]["latest_invoice"]]
    assert (again["status"], again["amount_due"]) == ("paid", invoice["amount_due"])
    await provider.pause(db, ref)
    await provider.resume(db, ref)
    assert server.book.things[ref]["latest_invoice"] == again["id"]
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
@example(start=datetime(2026, 1, 31, tzinfo=UTC), trial_days=28, cycles=1, interval="month")
def test_the_months_of_a_coupon_cover_the_charges_that_were_meant_and_no_other_if_any_number_can(
    start: datetime, trial_days: int, cycles: int, interval: str
) -> None:
    months = discount_months(start, trial_days, interval, Discount(1, cycles))
    if months is None:
        assert (cycles, trial_days) == (1, 0)
        return
    step, first, end = 12 if interval == "year" else 1, start + timedelta(days=trial_days), _months_later(start, months)
    charged = [_months_later(first, step * n) < end for n in range(cycles + 3)]
    assert charged[:cycles] == [True] * cycles
    if any(charged[cycles:]):
        assert charged[cycles:] == [True, False, False]
        assert _months_later(start, months - 1) <= _months_later(first, step * (cycles - 1))
