"""The fake provider keeps its word as a real one would: the same call again changes nothing more, and money adds up."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.billing.errors import ProviderRefused, ProviderUnknown, WebhooksClosed
from domains.billing.policy import fake as policy
from domains.billing.policy.fake import CARDS, FakeCheckout, FakeSubscription, Terms
from domains.billing.policy.seen import CheckoutClosed, Lookup, PaymentSeen, RefundSeen, SubscriptionSeen
from domains.billing.providers import fake
from domains.billing.providers.fake import FakeProvider
from domains.billing.providers.port import Buyer, Charge, CheckoutWanted, Discount, Provider
from domains.billing.providers.setup import providers_for
from domains.billing.repository import fake as repository
from domains.kernel.ids import new_id
from domains.kernel.uow import Database

AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
PRICES = st.integers(0, 10**9)
MOMENTS = st.integers(0, 10**10).map(lambda second: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second))


@pytest.fixture
def provider() -> FakeProvider:
    return FakeProvider(public_url="http://lyceum.test/")


def wanted(**fields: object) -> CheckoutWanted:
    order_id = new_id()
    found = CheckoutWanted(
        order_id=order_id,
        buyer=Buyer(new_id(), "Ada", "ada@example.org"),
        title="A course",
        amount_minor=1999,
        currency="EUR",
        quantity=1,
        success_url=f"http://lyceum.test/pay/return/{order_id}",
        cancel_url=f"http://lyceum.test/pay/cancelled/{order_id}",
        expires_at=datetime.now(UTC) + timedelta(hours=1),
    )
    return found._replace(**fields)


def monthly(amount_minor: int = 1000, **fields: object) -> CheckoutWanted:
    charge = Charge(new_id(), new_id(), "All courses", amount_minor, "EUR", "month")
    return wanted(charge=charge, amount_minor=amount_minor, **fields)


def checkout(unit_minor: int = 1000, quantity: int = 1, **fields: object) -> FakeCheckout:
    order_id = new_id()
    return FakeCheckout(
        ref=f"co_{order_id.hex}",
        order_id=order_id,
        title="All courses",
        amount_minor=unit_minor * quantity,
        currency="EUR",
        quantity=quantity,
        success_url="",
        cancel_url="",
        expires_at=AT + timedelta(hours=1),
        price_id=new_id(),
        unit_minor=unit_minor,
        **fields,  # type: ignore[arg-type]
    )


def terms(unit_minor: int, *, interval: str = "month", quantity: int = 1) -> Terms:
    return Terms(UUID(int=7), unit_minor, interval, quantity)


async def paid_payment(db: Database, amount_minor: int = 1999) -> str:
    order_id = new_id()
    payment = policy.FakePayment(
        ref=f"pay_{order_id.hex}_1",
        status="captured",
        amount_minor=amount_minor,
        currency="EUR",
        card="good",
        order_id=order_id,
    )
    async with db.begin() as uow:
        await fake.charged(uow.session, payment, datetime.now(UTC))
    return payment.ref


async def begun(db: Database, moved: policy.Moved) -> str:
    async with db.begin() as uow:
        await fake.begin(uow.session, moved, datetime.now(UTC))
    return moved.subscription.ref


async def state_of(db: Database, provider: Provider, ref: str) -> SubscriptionSeen:
    [seen] = await provider.look_up(db, Lookup(kind="subscription", ref=ref))
    assert isinstance(seen, SubscriptionSeen)
    return seen


async def told(db: Database, provider: Provider) -> list[object]:
    async with db.begin() as uow:
        events = await repository.take_events(uow.session, 100)
    return [one for event in events for one in provider.read(msgspec.json.encode(event.data))]


# ---- which providers there are


def test_without_keys_the_fake_provider_is_there_but_never_in_production() -> None:
    found = providers_for(stripe=None, razorpay=None, production=False, public_url="http://lyceum.test")
    assert found.names == ["fake"]
    assert not found.chosen(None).live
    found = providers_for(stripe=None, razorpay=None, production=True, public_url="http://lyceum.test")
    assert found.names == []
    with pytest.raises(ProviderUnknown):
        found.chosen(None)
    with pytest.raises(ProviderUnknown):
        found.chosen("fake")


def test_nobody_outside_can_speak_for_it(provider: FakeProvider) -> None:
    assert not provider.accepts_webhooks
    with pytest.raises(WebhooksClosed):
        provider.verify(b"{}", {"x-signature": "anything"}, AT)


# ---- checkouts and refunds


async def test_the_same_order_again_opens_the_same_checkout(db: Database, provider: FakeProvider) -> None:
    asked = wanted()
    first = await provider.open_checkout(db, asked)
    again = await provider.open_checkout(db, asked._replace(amount_minor=1))
    assert first == again
    assert first.url == f"http://lyceum.test/pay/{first.ref}"
    async with db.begin() as uow:
        kept = await fake.load(uow.session, first.ref, "checkout", FakeCheckout)
    assert kept is not None
    assert kept.due_minor == 1999


async def test_a_closed_checkout_is_told_once(db: Database, provider: FakeProvider) -> None:
    asked = wanted()
    opened = await provider.open_checkout(db, asked)
    for _ in range(2):
        await provider.close_checkout(db, opened.ref)
    assert await told(db, provider) == [CheckoutClosed(order_id=asked.order_id)]
    assert await provider.look_up(db, Lookup(kind="checkout", ref=opened.ref)) == [
        CheckoutClosed(order_id=asked.order_id)
    ]
    await provider.close_checkout(db, "co_nobody_knows")


async def test_a_refund_happens_once_and_never_exceeds_the_payment(db: Database, provider: FakeProvider) -> None:
    payment_ref = await paid_payment(db)
    refund_id = new_id()
    for _ in range(3):
        seen = await provider.refund(
            db, refund_id=refund_id, payment_ref=payment_ref, amount_minor=1500, currency="EUR"
        )
        assert (seen.own_id, seen.amount_minor, seen.status) == (refund_id, 1500, "succeeded")
    with pytest.raises(ProviderRefused):
        await provider.refund(db, refund_id=new_id(), payment_ref=payment_ref, amount_minor=500, currency="EUR")
    await provider.refund(db, refund_id=new_id(), payment_ref=payment_ref, amount_minor=499, currency="EUR")
    refunds = [one for one in await told(db, provider) if isinstance(one, RefundSeen)]
    assert [refund.amount_minor for refund in refunds] == [1500, 499]
    with pytest.raises(ProviderRefused):
        await provider.refund(db, refund_id=new_id(), payment_ref="pay_none", amount_minor=1, currency="EUR")


async def test_history_tells_what_was_paid_refunded_and_changed_in_a_window(
    db: Database, provider: FakeProvider
) -> None:
    since = datetime.now(UTC)
    payment_ref = await paid_payment(db)
    await provider.refund(db, refund_id=new_id(), payment_ref=payment_ref, amount_minor=1, currency="EUR")
    ref = await begun(db, policy.subscribed(checkout(), "good", datetime.now(UTC)))
    until = datetime.now(UTC)
    found = [one async for one in provider.history(db, since, until)]
    assert sorted(type(one).__name__ for one in found) == ["Lookup", "PaymentSeen", "PaymentSeen", "RefundSeen"]
    assert Lookup(kind="subscription", ref=ref) in found
    assert [one async for one in provider.history(db, until, datetime.now(UTC))] == []


# ---- subscriptions


async def test_a_subscription_is_cancelled_paused_and_resumed(db: Database, provider: FakeProvider) -> None:
    ref = await begun(db, policy.subscribed(checkout(), "good", datetime.now(UTC)))
    await provider.cancel(db, ref, at_period_end=True)
    seen = await state_of(db, provider, ref)
    assert (seen.status, seen.cancel_at_period_end, seen.cancelled_at is not None) == ("active", True, True)
    await provider.withdraw_cancel(db, ref)
    seen = await state_of(db, provider, ref)
    assert (seen.cancel_at_period_end, seen.cancelled_at) == (False, None)
    await provider.pause(db, ref)
    assert (await state_of(db, provider, ref)).status == "paused"
    await provider.resume(db, ref)
    assert (await state_of(db, provider, ref)).status == "active"
    for _ in range(2):
        await provider.cancel(db, ref, at_period_end=False)
    seen = await state_of(db, provider, ref)
    assert (seen.status, seen.ended_at is not None) == ("cancelled", True)
    for refused in (provider.pause(db, ref), provider.resume(db, ref), provider.withdraw_cancel(db, ref)):
        with pytest.raises(ProviderRefused):
            await refused


async def test_a_plan_change_costs_what_its_preview_said_and_happens_once(db: Database, provider: FakeProvider) -> None:
    ref = await begun(db, policy.subscribed(checkout(1000), "good", datetime.now(UTC)))
    await told(db, provider)
    dearer = Charge(new_id(), new_id(), "All courses and more", 3000, "EUR", "month")
    at = datetime.now(UTC) + timedelta(days=9)
    preview = await provider.preview_change(db, ref, dearer, 2, at)
    assert 0 < preview.due_minor < 5000
    for _ in range(2):
        await provider.change(db, ref, dearer, 2, key="change-1", at=at)
    seen = await state_of(db, provider, ref)
    assert (seen.price_id, seen.quantity) == (dearer.price_id, 2)
    [payment] = [one for one in await told(db, provider) if isinstance(one, PaymentSeen)]
    assert (payment.amount_minor, payment.subscription_ref, payment.order_id) == (preview.due_minor, ref, None)
    with pytest.raises(ProviderRefused):
        await provider.change(db, ref, dearer._replace(currency="USD"), 1, key="change-2", at=at)


async def test_a_plan_change_that_the_card_refuses_changes_nothing(db: Database, provider: FakeProvider) -> None:
    ref = await begun(db, policy.subscribed(checkout(1000), "fails_later", datetime.now(UTC)))
    before = await state_of(db, provider, ref)
    dearer = Charge(new_id(), new_id(), "All courses and more", 3000, "EUR", "month")
    for _ in range(2):
        with pytest.raises(ProviderRefused):
            await provider.change(db, ref, dearer, 1, key="change-1", at=datetime.now(UTC))
    assert await state_of(db, provider, ref) == before


async def test_a_failed_renewal_is_past_due_until_the_card_works(db: Database, provider: FakeProvider) -> None:
    moved = policy.subscribed(checkout(1000), "fails_later", datetime.now(UTC) - timedelta(days=40))
    failed = policy.renewed(moved.subscription)
    ref = await begun(db, failed)
    assert (await state_of(db, provider, ref)).status == "past_due"
    await told(db, provider)
    for _ in range(2):
        assert await provider.retry_payment(db, ref, key="try-1")
    [again] = [one for one in await told(db, provider) if isinstance(one, PaymentSeen)]
    assert (again.status, again.invoice_ref) == ("failed", failed.payments[0].invoice_ref)
    async with db.begin() as uow:
        found = await fake.load(uow.session, ref, "subscription", FakeSubscription)
        assert found is not None
        await fake.move(uow.session, policy.with_card(found, "good"), datetime.now(UTC))
    assert (await state_of(db, provider, ref)).status == "active"
    [paid] = [one for one in await told(db, provider) if isinstance(one, PaymentSeen)]
    assert (paid.status, paid.amount_minor, paid.invoice_ref) == ("captured", 1000, again.invoice_ref)


async def test_a_checkout_is_looked_up_with_all_that_came_of_it(db: Database, provider: FakeProvider) -> None:
    asked = monthly(discount=Discount(250, 3))
    opened = await provider.open_checkout(db, asked)
    async with db.begin() as uow:
        kept = await fake.load(uow.session, opened.ref, "checkout", FakeCheckout)
        assert kept is not None
        await fake.keep(uow.session, msgspec.structs.replace(kept, state="paid"))
        await fake.begin(uow.session, policy.subscribed(kept, "good", datetime.now(UTC)), datetime.now(UTC))
    found = await provider.look_up(db, Lookup(kind="checkout", ref=opened.ref))
    assert {type(one) for one in found} == {PaymentSeen, SubscriptionSeen}
    [payment] = [one for one in found if isinstance(one, PaymentSeen)]
    assert (payment.amount_minor, payment.order_id) == (750, asked.order_id)
    assert await provider.look_up(db, Lookup(kind="payment", ref="pay_none")) == []


# ---- the rules, over years


def test_months_do_not_wander() -> None:
    assert [policy.months_after(AT, months).date().isoformat() for months in (1, 2, 12, 25)] == [
        "2026-02-28",
        "2026-03-31",
        "2027-01-31",
        "2028-02-29",
    ]


@given(MOMENTS, st.integers(0, 600))
def test_periods_follow_each_other_without_a_gap(anchor: datetime, months: int) -> None:
    assert policy.months_after(anchor, months) < policy.months_after(anchor, months + 1)
    assert policy.months_after(anchor, months + 12).month == policy.months_after(anchor, months).month


@given(st.integers(1, 10**6), st.integers(1, 9), st.integers(0, 10**6), st.none() | st.integers(1, 6), st.booleans())
def test_a_year_of_renewals_charges_each_period_once_less_its_discount(
    unit: int, quantity: int, discount: int, cycles: int | None, trial: bool
) -> None:
    asked = checkout(unit, quantity, discount_minor=discount, discount_cycles=cycles, trial_days=14 if trial else 0)
    moved = policy.subscribed(asked, "good", AT)
    paid = list(moved.payments)
    assert moved.subscription.status == ("trialing" if trial else "active")
    assert sum(payment.amount_minor for payment in paid) == asked.due_minor
    for _ in range(12 if trial else 11):
        end = moved.subscription.current_period_end
        assert policy.is_due(moved.subscription, end)
        assert not policy.is_due(moved.subscription, end - timedelta(microseconds=1))
        moved = policy.renewed(moved.subscription)
        assert moved.subscription.current_period_start == end
        paid.extend(moved.payments)
    cut = 12 if cycles is None else min(cycles, 12)
    full = unit * quantity
    assert sum(payment.amount_minor for payment in paid) == 12 * full - cut * min(discount, full)
    assert len({payment.ref for payment in paid}) == len(paid)
    assert len({payment.invoice_ref for payment in paid}) == len(paid)


@given(PRICES, PRICES, st.integers(0, 31 * 86_400))
def test_there_and_back_at_one_moment_costs_nothing(old: int, new: int, second: int) -> None:
    before = policy.subscribed(checkout(old), "good", AT).subscription
    at = AT + timedelta(seconds=second)
    there = policy.change_due(before, terms(new), at)
    assert (there >= 0) == (new >= old) or there == 0
    assert abs(there) <= abs(new - old)
    moved = policy.changed(before, terms(new), at)
    back = policy.changed(moved.subscription, terms(old), at)
    taken = sum(payment.amount_minor for payment in (*moved.payments, *back.payments))
    assert taken == back.subscription.credit_minor
    assert back.subscription.value_minor == before.value_minor


@given(PRICES, st.lists(st.tuples(PRICES, st.integers(0, 2_600_000)), max_size=6))
def test_whatever_is_changed_what_was_paid_is_what_is_used_and_what_is_credit(
    first: int, steps: list[tuple[int, int]]
) -> None:
    moved = policy.subscribed(checkout(first), "good", AT)
    paid = sum(payment.amount_minor for payment in moved.payments)
    used = first
    for price, second in sorted(steps, key=lambda step: step[1]):
        at = AT + timedelta(seconds=second)
        used += policy.change_due(moved.subscription, terms(price), at)
        asked = policy.change_asks(moved.subscription, terms(price), at)
        moved = policy.changed(moved.subscription, terms(price), at)
        assert sum(payment.amount_minor for payment in moved.payments) == max(0, asked)
        paid += max(0, asked)
        assert paid == used + moved.subscription.credit_minor
    renewed = policy.renewed(moved.subscription)
    paid += sum(payment.amount_minor for payment in renewed.payments)
    assert paid == used + renewed.subscription.value_minor + renewed.subscription.credit_minor


def test_a_change_to_yearly_begins_a_year_and_credits_the_rest_of_the_month() -> None:
    before = policy.subscribed(checkout(3100), "good", AT.replace(day=1)).subscription
    moved = policy.changed(before, terms(30_000, interval="year"), AT.replace(day=11))
    [payment] = moved.payments
    assert payment.amount_minor == 30_000 - 2100
    assert moved.subscription.current_period_end == AT.replace(year=2027, day=11)


def test_a_change_during_the_trial_costs_nothing_and_is_charged_at_its_end() -> None:
    before = policy.subscribed(checkout(1000, trial_days=7), "good", AT).subscription
    moved = policy.changed(before, terms(2500), AT + timedelta(days=2))
    assert moved.payments == ()
    [payment] = policy.renewed(moved.subscription).payments
    assert payment.amount_minor == 2500


def test_unpaid_for_a_whole_period_or_cancelled_at_its_end_it_is_over() -> None:
    active = policy.subscribed(checkout(), "fails_later", AT).subscription
    past_due = policy.renewed(active).subscription
    assert past_due.status == "past_due"
    over = policy.renewed(past_due).subscription
    assert (over.status, over.ended_at) == ("cancelled", past_due.current_period_end)
    leaving = msgspec.structs.replace(active, cancel_at_period_end=True, cancelled_at=AT)
    over = policy.renewed(leaving).subscription
    assert (over.status, over.cancelled_at, over.ended_at) == ("cancelled", AT, leaving.current_period_end)


def test_a_pause_longer_than_its_period_ends_with_a_new_period() -> None:
    active = policy.subscribed(checkout(), "good", AT).subscription
    paused = msgspec.structs.replace(active, status="paused")
    assert not policy.is_due(paused, AT + timedelta(days=400))
    assert policy.resumed(paused, AT + timedelta(days=3)).payments == ()
    late = AT + timedelta(days=100)
    moved = policy.resumed(paused, late)
    assert moved.subscription.current_period_start == late
    assert [payment.amount_minor for payment in moved.payments] == [1000]


@pytest.mark.parametrize("card", CARDS)
def test_a_checkout_is_paid_by_a_card_that_works(card: policy.Card) -> None:
    once = msgspec.structs.replace(checkout(), price_id=None)
    after, payment = policy.once_paid(once, card)
    works = card != "declined"
    assert (after.state, payment.status) == (("paid", "captured") if works else ("open", "failed"))
    assert payment.seen().failure == ("" if works else policy.DECLINED)
    assert policy.once_paid(after, card)[1].ref != payment.ref, "each attempt is a payment of its own"
