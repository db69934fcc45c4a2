"""Subscriptions at Razorpay, over real HTTP: mandates, trials, discounts, failures, changes, ends."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.billing.errors import BadSignature, ProviderAway, ProviderRefused
from domains.billing.policy.seen import CheckoutClosed, Lookup, PaymentSeen, RefundSeen, Seen, SubscriptionSeen
from domains.billing.providers.port import Buyer, Charge, CheckoutWanted, Discount
from domains.billing.providers.razorpay import Razorpay
from domains.billing.providers.razorpay.subscribing import one_later
from domains.kernel.uow import Database
from doubles.razorpay_server import Fault, RazorpayServer

NOW = datetime.now(UTC)
MONTHLY = Charge(uuid4(), uuid4(), "Everything", 49_900, "INR", "month")
DEARER = Charge(uuid4(), uuid4(), "Everything and more", 99_900, "INR", "month")
CHEAPER = Charge(uuid4(), uuid4(), "A little", 9_900, "INR", "month")
YEARLY = Charge(uuid4(), uuid4(), "Everything", 499_000, "INR", "year")


@pytest.fixture(scope="module")
def listening() -> Iterator[RazorpayServer]:
    with RazorpayServer() as found:
        yield found


@pytest.fixture
def server(listening: RazorpayServer) -> RazorpayServer:
    listening.reset()
    return listening


@pytest.fixture
async def razorpay(server: RazorpayServer) -> AsyncIterator[Razorpay]:
    found = Razorpay(server.key_id, server.key_secret, server.secrets, api_base=server.url)
    yield found
    await found.aclose()


def wanted(charge: Charge = MONTHLY, **more: Any) -> CheckoutWanted:
    given = {
        "order_id": uuid4(),
        "buyer": Buyer(uuid4(), "Ada", "ada@example.test"),
        "title": charge.product_name,
        "amount_minor": charge.amount_minor,
        "currency": charge.currency,
        "quantity": 1,
        "success_url": "https://lyceum.test/return",
        "cancel_url": "https://lyceum.test/cancel",
        "expires_at": datetime.now(UTC) + timedelta(hours=1),
        "charge": charge,
    }
    return CheckoutWanted(**{**given, **more})


async def look(razorpay: Razorpay, db: Database, kind: Any, ref: str) -> list[Seen]:
    return list(await razorpay.look_up(db, Lookup(kind=kind, ref=ref)))


async def standing(razorpay: Razorpay, db: Database, ref: str) -> SubscriptionSeen:
    [seen] = await look(razorpay, db, "subscription", ref)
    assert isinstance(seen, SubscriptionSeen)
    return seen


async def payment(razorpay: Razorpay, db: Database, ref: str) -> PaymentSeen:
    _, seen = await look(razorpay, db, "payment", ref)
    assert isinstance(seen, PaymentSeen)
    return seen


async def begun(
    razorpay: Razorpay, server: RazorpayServer, db: Database, *, method: str = "card", **more: Any
) -> tuple[str, CheckoutWanted]:
    wish = wanted(**more)
    ref = (await razorpay.open_checkout(db, wish)).ref
    server.account.begin(ref, method=method)
    return ref, wish


# ---- beginning


async def test_a_subscription_is_paid_on_its_own_page(razorpay: Razorpay, server: RazorpayServer, db: Database) -> None:
    wish = wanted()
    checkout = await razorpay.open_checkout(db, wish)
    made = server.account.one(checkout.ref)
    assert checkout.url == made["short_url"]
    assert checkout.data == {"key_id": server.key_id, "subscription_id": checkout.ref, "name": "Everything"}
    assert made["notes"] == {"order_id": str(wish.order_id), "price_id": str(MONTHLY.price_id)}
    assert (made["total_count"], made["quantity"], made["customer_notify"]) == (120, 1, False)
    plan = server.account.one(made["plan_id"])
    assert (plan["period"], plan["interval"], plan["item"]["amount"]) == ("monthly", 1, 49_900)
    assert (await standing(razorpay, db, checkout.ref)).status == "incomplete"


async def test_the_same_order_again_is_the_same_subscription(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    wish = wanted()
    assert await razorpay.open_checkout(db, wish) == await razorpay.open_checkout(db, wish)
    assert len(server.account.all("subscription")) == 1


async def test_of_two_made_at_once_one_is_given_out_and_the_other_can_never_be_paid(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    wish = wanted()
    found = await asyncio.gather(*(razorpay.open_checkout(db, wish) for _ in range(6)))
    [ref] = {checkout.ref for checkout in found}
    open_ones = [one["id"] for one in server.account.all("subscription") if one["status"] == "created"]
    assert open_ones == [ref]


async def test_a_plan_is_made_once_for_each_amount(razorpay: Razorpay, server: RazorpayServer, db: Database) -> None:
    for charge in (MONTHLY, MONTHLY, MONTHLY._replace(amount_minor=52_395), YEARLY, YEARLY):
        await razorpay.open_checkout(db, wanted(charge))
    amounts = sorted(plan["item"]["amount"] for plan in server.account.all("plan"))
    assert amounts == [49_900, 52_395, 499_000]


async def test_the_first_payment_belongs_to_the_order_and_later_ones_to_their_invoices(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    ref, wish = await begun(razorpay, server, db, method="upi")
    later = server.account.charge(ref)
    first = await payment(razorpay, db, server.account.all("payment")[-1]["id"])
    second = await payment(razorpay, db, later["id"])
    assert (first.order_id, first.subscription_ref, first.amount_minor) == (wish.order_id, ref, 49_900)
    assert (second.order_id, second.subscription_ref, second.invoice_ref) == (None, ref, later["invoice_id"])
    assert first.period_end == second.period_start
    seen = await standing(razorpay, db, ref)
    assert (seen.status, seen.order_id, seen.price_id) == ("active", wish.order_id, MONTHLY.price_id)
    assert (seen.current_period_start, seen.current_period_end) == (second.period_start, second.period_end)
    assert not seen.cancel_at_period_end


async def test_its_invoice_leads_to_the_same_payment(razorpay: Razorpay, server: RazorpayServer, db: Database) -> None:
    await begun(razorpay, server, db)
    paid, bill = server.account.all("payment")[0], server.account.all("invoice")[0]
    assert await look(razorpay, db, "invoice", bill["id"]) == await look(razorpay, db, "payment", paid["id"])


async def test_several_pieces_are_charged_together(razorpay: Razorpay, server: RazorpayServer, db: Database) -> None:
    ref, _ = await begun(razorpay, server, db, quantity=3)
    assert (await standing(razorpay, db, ref)).quantity == 3
    assert server.account.all("payment")[0]["amount"] == 3 * 49_900


async def test_what_others_subscribe_to_in_the_same_account_is_not_about_us(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    item = {"name": "Theirs", "amount": 100, "currency": "INR"}
    plan = server.account.create_plan({"period": "monthly", "interval": 1, "item": item})
    ref = server.account.create_subscription({"plan_id": plan["id"], "total_count": 2})["id"]
    paid = server.account.begin(ref)
    for kind, one in (("subscription", ref), ("payment", paid["id"]), ("checkout", ref)):
        assert await look(razorpay, db, kind, one) == []
    with pytest.raises(ProviderRefused, match="not ours"):
        await razorpay.cancel(db, ref, at_period_end=False)


# ---- trials and discounts


async def test_a_trial_begins_with_the_mandate_and_its_first_charge_has_an_order_of_its_own(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    ref, wish = await begun(razorpay, server, db, trial_days=7, amount_minor=0)
    seen = await standing(razorpay, db, ref)
    assert (seen.status, seen.order_id) == ("trialing", wish.order_id)
    assert seen.trial_end == seen.current_period_end
    assert seen.trial_end is not None
    assert abs(seen.trial_end - datetime.now(UTC) - timedelta(days=7)) < timedelta(minutes=1)
    proof = server.account.all("payment")[0]
    assert await look(razorpay, db, "payment", proof["id"]) == []
    paid = server.account.charge(ref)
    assert (await payment(razorpay, db, paid["id"])).order_id is None
    after = await standing(razorpay, db, ref)
    assert (after.status, after.current_period_start) == ("active", seen.trial_end)


async def test_a_discount_for_ever_is_a_cheaper_plan(razorpay: Razorpay, server: RazorpayServer, db: Database) -> None:
    ref, _ = await begun(razorpay, server, db, quantity=3, discount=Discount(9_700, None), amount_minor=140_000)
    server.account.charge(ref)
    assert [one["amount"] for one in server.account.all("payment")] == [140_000, 140_000]
    seen = await standing(razorpay, db, ref)
    assert (seen.quantity, seen.price_id) == (3, MONTHLY.price_id)


@pytest.mark.parametrize("charge", [MONTHLY, YEARLY])
async def test_a_discount_on_the_first_charge_is_paid_with_the_mandate(
    razorpay: Razorpay, server: RazorpayServer, db: Database, charge: Charge
) -> None:
    left = charge.amount_minor - 9_900
    ref, wish = await begun(razorpay, server, db, charge=charge, discount=Discount(9_900, 1), amount_minor=left)
    first = await payment(razorpay, db, server.account.all("payment")[0]["id"])
    assert (first.amount_minor, first.order_id, first.status) == (left, wish.order_id, "captured")
    seen = await standing(razorpay, db, ref)
    assert (seen.status, seen.trial_end) == ("active", None)
    assert (first.period_start, first.period_end) == (seen.current_period_start, seen.current_period_end)
    later = await payment(razorpay, db, server.account.charge(ref)["id"])
    assert (later.amount_minor, later.order_id, later.period_start) == (charge.amount_minor, None, first.period_end)
    assert (await standing(razorpay, db, ref)).current_period_start == first.period_end


async def test_a_first_charge_of_nothing_is_a_mandate_alone(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    ref, _ = await begun(razorpay, server, db, discount=Discount(49_900, 1), amount_minor=0)
    assert (await standing(razorpay, db, ref)).status == "active"
    assert server.account.all("invoice") == []


@pytest.mark.parametrize(
    ("discount", "trial_days"), [(Discount(100, 3), 0), (Discount(100, 1), 7), (Discount(49_900, None), 0)]
)
async def test_discounts_that_razorpay_cannot_give_are_refused_before_anything_is_made(
    razorpay: Razorpay, server: RazorpayServer, db: Database, discount: Discount, trial_days: int
) -> None:
    with pytest.raises(ProviderRefused, match="Razorpay"):
        await razorpay.open_checkout(db, wanted(discount=discount, trial_days=trial_days))
    assert server.calls == []


# ---- failing and recovering


async def test_a_charge_that_fails_is_past_due_until_it_is_paid(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    ref, _ = await begun(razorpay, server, db)
    failed = await payment(razorpay, db, server.account.fail_charge(ref)["id"])
    assert (failed.status, failed.failure, failed.subscription_ref) == ("failed", "Insufficient balance", ref)
    assert (await standing(razorpay, db, ref)).status == "past_due"
    server.account.halt(ref)
    assert (await standing(razorpay, db, ref)).status == "past_due"
    assert await razorpay.retry_payment(db, ref, key="k") is False
    paid = await payment(razorpay, db, server.account.recover(ref)["id"])
    assert (paid.status, paid.invoice_ref, paid.order_id) == ("captured", failed.invoice_ref, None)
    assert (await standing(razorpay, db, ref)).status == "active"


async def test_the_card_is_changed_on_the_subscriptions_page(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    ref, _ = await begun(razorpay, server, db)
    url = await razorpay.payment_method_url(db, ref, "https://lyceum.test/back")
    assert url == server.account.one(ref)["short_url"]
    await razorpay.cancel(db, ref, at_period_end=False)
    with pytest.raises(ProviderRefused):
        await razorpay.payment_method_url(db, ref, "https://lyceum.test/back")


# ---- pausing and ending


async def test_it_is_paused_and_resumed_any_number_of_times(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    ref, _ = await begun(razorpay, server, db)
    for _ in range(2):
        await razorpay.pause(db, ref)
        await razorpay.pause(db, ref)
        assert (await standing(razorpay, db, ref)).status == "paused"
        await razorpay.resume(db, ref)
        await razorpay.resume(db, ref)
        assert (await standing(razorpay, db, ref)).status == "active"


async def test_a_trial_is_not_paused_for_razorpay_would_end_it(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    ref, _ = await begun(razorpay, server, db, trial_days=7)
    with pytest.raises(ProviderRefused, match="paid for"):
        await razorpay.pause(db, ref)
    with pytest.raises(ProviderRefused):
        await razorpay.resume(db, ref)
    assert server.account.one(ref)["status"] == "authenticated"


async def test_an_end_that_was_asked_for_shows_before_it_comes(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    ref, _ = await begun(razorpay, server, db)
    await razorpay.cancel(db, ref, at_period_end=True)
    await razorpay.cancel(db, ref, at_period_end=True)
    seen = await standing(razorpay, db, ref)
    assert (seen.status, seen.cancel_at_period_end, seen.ended_at) == ("active", True, None)
    with pytest.raises(ProviderRefused, match="cannot take"):
        await razorpay.withdraw_cancel(db, ref)
    server.account.end_period(ref)
    over = await standing(razorpay, db, ref)
    assert (over.status, over.cancel_at_period_end) == ("cancelled", False)
    assert over.ended_at is not None
    await razorpay.cancel(db, ref, at_period_end=True)


async def test_at_once_means_at_once(razorpay: Razorpay, server: RazorpayServer, db: Database) -> None:
    ref, _ = await begun(razorpay, server, db)
    await razorpay.cancel(db, ref, at_period_end=False)
    await razorpay.cancel(db, ref, at_period_end=False)
    assert (await standing(razorpay, db, ref)).status == "cancelled"


@pytest.mark.parametrize(
    ("more", "status"), [({"trial_days": 7}, "trialing"), ({"discount": Discount(900, 1)}, "active")]
)
async def test_what_was_promised_before_the_first_charge_lasts_after_the_end_was_asked_for(
    razorpay: Razorpay, server: RazorpayServer, db: Database, more: dict[str, Any], status: str
) -> None:
    ref, _ = await begun(razorpay, server, db, **more)
    before = await standing(razorpay, db, ref)
    await razorpay.cancel(db, ref, at_period_end=True)
    assert server.account.one(ref)["status"] == "cancelled"
    seen = await standing(razorpay, db, ref)
    assert (seen.status, seen.cancel_at_period_end) == (status, True)
    assert seen.current_period_end == before.current_period_end
    server.account.one(ref)["start_at"] = int(datetime.now(UTC).timestamp()) - 1
    assert (await standing(razorpay, db, ref)).status == "cancelled"


async def test_an_end_at_once_overrides_one_at_the_end_of_a_trial(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    ref, _ = await begun(razorpay, server, db, trial_days=7)
    await razorpay.cancel(db, ref, at_period_end=True)
    await razorpay.cancel(db, ref, at_period_end=False)
    assert (await standing(razorpay, db, ref)).status == "cancelled"


async def test_an_end_whose_answer_was_lost_is_asked_for_again(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    ref, _ = await begun(razorpay, server, db)
    server.faults.append(Fault("lost", path="/cancel"))
    with pytest.raises(ProviderAway):
        await razorpay.cancel(db, ref, at_period_end=True)
    await razorpay.cancel(db, ref, at_period_end=True)
    assert (await standing(razorpay, db, ref)).cancel_at_period_end


async def test_after_the_last_charge_the_period_that_was_paid_still_runs(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    ref, _ = await begun(razorpay, server, db)
    server.account.one(ref)["remaining_count"] = 1
    server.account.charge(ref)
    assert server.account.one(ref)["status"] == "completed"
    seen = await standing(razorpay, db, ref)
    assert (seen.status, seen.cancel_at_period_end) == ("active", True)
    server.account.one(ref)["current_end"] = int(datetime.now(UTC).timestamp()) - 1
    assert (await standing(razorpay, db, ref)).status == "cancelled"


async def test_a_page_that_is_closed_or_ran_out_can_no_longer_be_paid(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    closed, left_alone = wanted(), wanted()
    for wish in (closed, left_alone):
        ref = (await razorpay.open_checkout(db, wish)).ref
        if wish is closed:
            await razorpay.close_checkout(db, ref)
            await razorpay.close_checkout(db, ref)
        else:
            server.account.expire(ref)
        assert CheckoutClosed(order_id=wish.order_id) in await look(razorpay, db, "checkout", ref)


async def test_closing_the_page_of_one_that_was_paid_changes_nothing(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    ref, wish = await begun(razorpay, server, db)
    await razorpay.close_checkout(db, ref)
    assert (await standing(razorpay, db, ref)).status == "active"
    assert CheckoutClosed(order_id=wish.order_id) not in await look(razorpay, db, "checkout", ref)


# ---- changing


async def test_a_dearer_plan_is_charged_about_as_it_was_shown(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    ref, _ = await begun(razorpay, server, db)
    server.account.one(ref).update(current_start=int(NOW.timestamp()) - 10 * 86_400)
    server.account.one(ref).update(current_end=int(NOW.timestamp()) + 20 * 86_400)
    shown = await razorpay.preview_change(db, ref, DEARER, 1, NOW)
    assert shown.due_minor == round(50_000 * 20 / 30)
    await razorpay.change(db, ref, DEARER, 1, key="change", at=NOW)
    await razorpay.change(db, ref, DEARER, 1, key="change", at=NOW)
    [last, _first] = server.account.all("payment")
    assert abs(last["amount"] - shown.due_minor) <= 10
    seen = await standing(razorpay, db, ref)
    assert seen.price_id == DEARER.price_id
    assert (await payment(razorpay, db, last["id"])).order_id is None


async def test_a_cheaper_plan_gives_back_what_is_left(razorpay: Razorpay, server: RazorpayServer, db: Database) -> None:
    ref, _ = await begun(razorpay, server, db)
    shown = await razorpay.preview_change(db, ref, CHEAPER, 1, datetime.now(UTC))
    assert -40_000 <= shown.due_minor <= -39_900
    await razorpay.change(db, ref, CHEAPER, 1, key="change", at=NOW)
    seen = await look(razorpay, db, "payment", server.account.all("payment")[0]["id"])
    [back] = [one for one in seen if isinstance(one, RefundSeen)]
    assert (abs(back.amount_minor + shown.due_minor) <= 10, back.own_id) == (True, None)


async def test_another_interval_begins_a_new_period(razorpay: Razorpay, server: RazorpayServer, db: Database) -> None:
    ref, _ = await begun(razorpay, server, db)
    shown = await razorpay.preview_change(db, ref, YEARLY, 1, datetime.now(UTC))
    await razorpay.change(db, ref, YEARLY, 1, key="change", at=NOW)
    assert abs(server.account.all("payment")[0]["amount"] - shown.due_minor) <= 10
    seen = await standing(razorpay, db, ref)
    assert seen.price_id == YEARLY.price_id
    assert seen.current_period_end is not None
    assert seen.current_period_end > NOW + timedelta(days=360)
    assert server.account.one(ref)["remaining_count"] == 10 - 1


async def test_what_cannot_be_changed_says_why(razorpay: Razorpay, server: RazorpayServer, db: Database) -> None:
    upi, _ = await begun(razorpay, server, db, method="upi")
    with pytest.raises(ProviderRefused, match="upi"):
        await razorpay.change(db, upi, DEARER, 1, key="k", at=NOW)
    with pytest.raises(ProviderRefused, match="currency"):
        await razorpay.preview_change(db, upi, DEARER._replace(currency="USD"), 1, NOW)
    halted, _ = await begun(razorpay, server, db)
    server.account.fail_charge(halted)
    for attempt in (razorpay.preview_change(db, halted, DEARER, 1, NOW),):
        with pytest.raises(ProviderRefused, match="paid for"):
            await attempt


moments = st.integers(0, 400 * 86_400).map(lambda s: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=s))


@given(moment=moments, interval=st.sampled_from(["month", "year"]))
def test_one_period_later_is_the_same_day_or_the_last_of_the_month(moment: datetime, interval: str) -> None:
    after = one_later(moment, interval)
    months = (after.year - moment.year) * 12 + after.month - moment.month
    assert months == (12 if interval == "year" else 1)
    assert after.day == moment.day or (after + timedelta(days=1)).day == 1
    assert after.time() == moment.time()


# ---- what the browser brings, and history


async def test_what_checkout_js_hands_over_for_a_subscription_is_signed_the_other_way_round(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    ref, wish = await begun(razorpay, server, db)
    trial, other = await begun(razorpay, server, db, trial_days=7)
    for one, order_id, status in ((ref, wish.order_id, "active"), (trial, other.order_id, "trialing")):
        paid = next(p["id"] for p in server.account.all("payment") if bool(p["invoice_id"]) == (one == ref))
        key = server.key_secret.encode()
        right = hmac.new(key, f"{paid}|{one}".encode(), hashlib.sha256).hexdigest()
        wrong = hmac.new(key, f"{one}|{paid}".encode(), hashlib.sha256).hexdigest()
        seen = await razorpay.confirm(db, order_ref=one, payment_ref=paid, signature=right)
        assert isinstance(seen[0], SubscriptionSeen)
        assert (seen[0].order_id, seen[0].status) == (order_id, status)
        with pytest.raises(BadSignature):
            await razorpay.confirm(db, order_ref=one, payment_ref=paid, signature=wrong)


async def test_history_tells_payments_and_leaves_subscriptions_to_be_looked_up(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    ref, wish = await begun(razorpay, server, db)
    server.account.charge(ref)
    trial, _ = await begun(razorpay, server, db, trial_days=7)
    seen = [one async for one in razorpay.history(db, NOW - timedelta(hours=1), NOW + timedelta(hours=1))]
    orders: list[UUID | None] = [one.order_id for one in seen if isinstance(one, PaymentSeen)]
    assert sorted(orders, key=str) == sorted([wish.order_id, None], key=str)
    assert {one.ref for one in seen if isinstance(one, Lookup)} == {ref, trial}


async def test_a_subscription_of_long_ago_comes_before_its_payment_of_today(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    ref, _ = await begun(razorpay, server, db)
    server.account.one(ref)["created_at"] -= 100 * 86_400
    seen = [one async for one in razorpay.history(db, NOW - timedelta(hours=1), NOW + timedelta(hours=1))]
    assert [type(one) for one in seen] == [Lookup, PaymentSeen]
