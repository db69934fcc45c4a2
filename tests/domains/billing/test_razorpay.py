"""Paying once with Razorpay, over real HTTP."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from domains.billing.errors import BadSignature, ProviderAway, ProviderRefused
from domains.billing.policy.seen import DisputeSeen, Lookup, PaymentSeen, RefundSeen, Seen, SubscriptionSeen
from domains.billing.providers.port import Buyer, CheckoutWanted, Provider, Quarantine
from domains.billing.providers.razorpay import Razorpay, api
from domains.billing.providers.razorpay import provider as module
from domains.kernel.uow import Database
from doubles.razorpay_server import Fault, RazorpayServer

NOW = datetime.now(UTC)


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


def wanted(amount_minor: int = 49_900, currency: str = "INR", **more: Any) -> CheckoutWanted:
    given = {
        "order_id": uuid4(),
        "buyer": Buyer(uuid4(), "Ada", "ada@example.test"),
        "title": "Spanish from nothing",
        "amount_minor": amount_minor,
        "currency": currency,
        "quantity": 1,
        "success_url": "https://lyceum.test/return",
        "cancel_url": "https://lyceum.test/cancel",
        "expires_at": NOW + timedelta(hours=1),
    }
    return CheckoutWanted(**{**given, **more})


async def look(razorpay: Razorpay, db: Database, kind: Any, ref: str) -> list[Seen]:
    return list(await razorpay.look_up(db, Lookup(kind=kind, ref=ref)))


def test_it_is_a_provider_in_the_mode_of_its_key() -> None:
    test, live = Razorpay("rzp_test_x", "s", ["w"]), Razorpay("rzp_live_x", "s")
    provider: Provider = test
    assert (provider.name, test.live, test.accepts_webhooks) == ("razorpay", False, True)
    assert (live.live, live.accepts_webhooks) == (True, False)


@pytest.mark.parametrize("base", ["", "/", "/v1", "/v1/"])
async def test_another_address_may_be_given_with_or_without_the_version(
    server: RazorpayServer, db: Database, base: str
) -> None:
    found = Razorpay(server.key_id, server.key_secret, api_base=server.url + base)
    await found.open_checkout(db, wanted())
    await found.aclose()
    assert {call.path for call in server.calls} == {"/v1/orders"}


# ---- paying


async def test_a_checkout_is_an_order_that_checkout_js_pays(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    wish = wanted()
    checkout = await razorpay.open_checkout(db, wish)
    order = server.account.one(checkout.ref)
    assert (order["amount"], order["currency"], order["receipt"]) == (49_900, "INR", str(wish.order_id))
    assert order["notes"] == {"order_id": str(wish.order_id)}
    assert checkout.url is None
    assert checkout.data == {
        "key_id": server.key_id,
        "order_id": checkout.ref,
        "amount": 49_900,
        "currency": "INR",
        "name": "Spanish from nothing",
    }
    assert server.key_secret not in str(checkout)


async def test_the_same_order_again_is_the_same_checkout_and_costs_no_call(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    wish = wanted()
    first = await razorpay.open_checkout(db, wish)
    calls = len(server.calls)
    assert await razorpay.open_checkout(db, wish) == first
    assert len(server.calls) == calls


async def test_an_order_whose_answer_was_lost_is_found_by_its_receipt(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    wish = wanted()
    server.faults.append(Fault("lost", path="POST /v1/orders"))
    with pytest.raises(ProviderAway):
        await razorpay.open_checkout(db, wish)
    checkout = await razorpay.open_checkout(db, wish)
    assert [order["id"] for order in server.account.all("order")] == [checkout.ref]


async def test_two_at_once_are_given_one_checkout(razorpay: Razorpay, server: RazorpayServer, db: Database) -> None:
    wish = wanted()
    found = await asyncio.gather(*(razorpay.open_checkout(db, wish) for _ in range(8)))
    assert len({checkout.ref for checkout in found}) == 1


async def test_an_order_of_another_amount_under_our_receipt_is_not_taken(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    wish = wanted()
    notes = {"order_id": str(wish.order_id)}
    server.account.create_order({"amount": 100, "currency": "INR", "receipt": str(wish.order_id), "notes": notes})
    checkout = await razorpay.open_checkout(db, wish)
    assert server.account.one(checkout.ref)["amount"] == 49_900


async def test_things_of_the_test_mode_and_of_the_live_mode_stand_apart(server: RazorpayServer, db: Database) -> None:
    wish = wanted()
    with RazorpayServer(live=True) as other:
        test = Razorpay(server.key_id, server.key_secret, api_base=server.url)
        live = Razorpay(other.key_id, other.key_secret, api_base=other.url)
        in_test, in_live = await test.open_checkout(db, wish), await live.open_checkout(db, wish)
        await test.aclose()
        await live.aclose()
    assert in_test.ref != in_live.ref


async def test_closing_an_order_is_quiet_for_razorpay_has_no_such_thing(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    checkout = await razorpay.open_checkout(db, wanted())
    await razorpay.close_checkout(db, checkout.ref)
    server.account.pay(checkout.ref)
    [seen] = await look(razorpay, db, "checkout", checkout.ref)
    assert isinstance(seen, PaymentSeen)


# ---- currencies


@pytest.mark.parametrize(("amount", "currency"), [(500, "JPY"), (29_990, "KWD"), (1_000, "BHD"), (1_999, "EUR")])
async def test_amounts_are_in_the_smallest_unit_of_every_currency(
    razorpay: Razorpay, server: RazorpayServer, db: Database, amount: int, currency: str
) -> None:
    checkout = await razorpay.open_checkout(db, wanted(amount, currency))
    paid = server.account.pay(checkout.ref)
    [seen] = await look(razorpay, db, "payment", paid["id"])
    assert isinstance(seen, PaymentSeen)
    assert (seen.amount_minor, seen.currency) == (amount, currency)


@pytest.mark.parametrize("currency", ["KWD", "BHD", "OMR", "JOD"])
async def test_a_third_decimal_is_refused_before_anybody_is_asked(
    razorpay: Razorpay, server: RazorpayServer, db: Database, currency: str
) -> None:
    with pytest.raises(ProviderRefused, match=f"third decimal in {currency}"):
        await razorpay.open_checkout(db, wanted(99_991, currency))
    with pytest.raises(ProviderRefused):
        await razorpay.refund(db, refund_id=uuid4(), payment_ref="pay_x", amount_minor=1, currency=currency)
    assert server.calls == []


async def test_what_razorpay_says_no_to_is_passed_on(razorpay: Razorpay, server: RazorpayServer, db: Database) -> None:
    with pytest.raises(ProviderRefused, match="The amount must be"):
        await razorpay.open_checkout(db, wanted(99))


# ---- looking


async def test_a_payment_is_followed_from_nothing_to_captured(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    wish = wanted()
    ref = (await razorpay.open_checkout(db, wish)).ref
    assert await look(razorpay, db, "checkout", ref) == []
    failed = server.account.fail(ref)
    paid = server.account.authorize(ref)
    [first] = await look(razorpay, db, "payment", failed["id"])
    [second] = await look(razorpay, db, "payment", paid["id"])
    server.account.capture(paid["id"])
    [third] = await look(razorpay, db, "payment", paid["id"])
    assert [one.status for one in (first, second, third) if isinstance(one, PaymentSeen)] == [
        "failed",
        "authorised",
        "captured",
    ]
    assert isinstance(first, PaymentSeen)
    assert (first.failure, first.order_id) == ("Payment was declined by the bank", wish.order_id)
    assert {one.payment_ref for one in await look(razorpay, db, "checkout", ref) if isinstance(one, PaymentSeen)} == {
        failed["id"],
        paid["id"],
    }


async def test_a_payment_that_was_given_back_without_having_been_taken_never_counts_as_money(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    ref = (await razorpay.open_checkout(db, wanted())).ref
    paid = server.account.authorize(ref)
    server.account.one(paid["id"]).update(status="refunded", amount_refunded=49_900)
    [seen] = await look(razorpay, db, "payment", paid["id"])
    assert isinstance(seen, PaymentSeen)
    assert seen.status == "authorised"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECOND_LOOK_S", 0)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("kind", ["payment", "invoice", "subscription", "checkout"])
async def test_what_our_key_cannot_see_was_told_by_another_mode_or_account(
    razorpay: Razorpay, db: Database, kind: str
) -> None:
    with pytest.raises(Quarantine, match="account and mode"):
        await look(razorpay, db, kind, "sub_00000000000000")


async def test_a_webhook_that_is_faster_than_the_api_is_looked_up_twice(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    payment_ref = await paid_order(razorpay, server, db)
    server.faults.append(Fault(status=404))
    assert await look(razorpay, db, "payment", payment_ref)


async def test_what_others_sell_in_the_same_account_is_not_about_us(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    theirs = server.account.create_order({"amount": 100, "currency": "INR", "notes": {"order_id": "7"}})
    paid = server.account.pay(theirs["id"], notes={"order_id": str(uuid4())})
    server.account.refund_outside(paid["id"])
    assert await look(razorpay, db, "payment", paid["id"]) == []
    history = [one async for one in razorpay.history(db, NOW - timedelta(days=1), NOW + timedelta(days=1))]
    assert history == []


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("ref", ["../orders", "pay_1?x=1", "pay_1/refunds", "pay_\x00", "a b", "%2e%2e"])
async def test_a_reference_cannot_lead_to_another_address(
    razorpay: Razorpay, server: RazorpayServer, db: Database, ref: str
) -> None:
    with pytest.raises(Quarantine):
        await look(razorpay, db, "payment", ref)
    assert server.calls == []


# ---- refunds


async def paid_order(razorpay: Razorpay, server: RazorpayServer, db: Database) -> str:
    ref: str = server.account.pay((await razorpay.open_checkout(db, wanted())).ref)["id"]
    return ref


async def refund(razorpay: Razorpay, db: Database, payment_ref: str, amount: int, own_id: UUID) -> RefundSeen:
    return await razorpay.refund(db, refund_id=own_id, payment_ref=payment_ref, amount_minor=amount, currency="INR")


async def test_a_refund_is_made_once_however_often_it_is_asked_for(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    payment_ref, own_id = await paid_order(razorpay, server, db), uuid4()
    first = await refund(razorpay, db, payment_ref, 900, own_id)
    assert (first.status, first.amount_minor, first.own_id) == ("succeeded", 900, own_id)
    assert await refund(razorpay, db, payment_ref, 900, own_id) == first
    together = await asyncio.gather(*(refund(razorpay, db, payment_ref, 900, own_id) for _ in range(6)))
    assert {one.refund_ref for one in together} == {first.refund_ref}
    assert server.account.one(payment_ref)["amount_refunded"] == 900


async def test_a_refund_is_found_by_our_id_when_its_key_is_long_forgotten(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    payment_ref, own_id = await paid_order(razorpay, server, db), uuid4()
    first = await refund(razorpay, db, payment_ref, 900, own_id)
    server.account.forget_keys()
    assert await refund(razorpay, db, payment_ref, 900, own_id) == first
    assert server.account.one(payment_ref)["amount_refunded"] == 900


async def test_six_at_once_for_a_new_refund_give_back_once(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    payment_ref, own_id = await paid_order(razorpay, server, db), uuid4()
    await asyncio.gather(*(refund(razorpay, db, payment_ref, 900, own_id) for _ in range(6)))
    assert server.account.one(payment_ref)["amount_refunded"] == 900


async def test_a_refund_whose_answer_was_lost_is_found_again(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    payment_ref, own_id = await paid_order(razorpay, server, db), uuid4()
    server.faults.append(Fault("lost", status=502, path="/refund"))
    server.faults.append(Fault("lost", status=502, path="POST"))
    with pytest.raises(ProviderAway):
        await refund(razorpay, db, payment_ref, 900, own_id)
    with pytest.raises(ProviderAway):
        await refund(razorpay, db, payment_ref, 900, own_id)
    found = await refund(razorpay, db, payment_ref, 900, own_id)
    assert [one["id"] for one in server.account.all("refund")] == [found.refund_ref]


async def test_parts_are_given_back_until_nothing_is_left(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    payment_ref = await paid_order(razorpay, server, db)
    for part in (20_000, 29_900):
        await refund(razorpay, db, payment_ref, part, uuid4())
    with pytest.raises(ProviderRefused, match="fully refunded"):
        await refund(razorpay, db, payment_ref, 1, uuid4())
    seen = await look(razorpay, db, "payment", payment_ref)
    assert isinstance(seen[0], PaymentSeen)
    assert (seen[0].status, seen[0].amount_minor) == ("captured", 49_900)
    assert sum(one.amount_minor for one in seen if isinstance(one, RefundSeen)) == 49_900


async def test_the_call_carries_our_id_as_its_key(razorpay: Razorpay, server: RazorpayServer, db: Database) -> None:
    payment_ref, own_id = await paid_order(razorpay, server, db), uuid4()
    await refund(razorpay, db, payment_ref, 900, own_id)
    [call] = [call for call in server.calls if call.path.endswith("/refund")]
    assert call.headers["x-refund-idempotency"] == str(own_id)
    assert (call.body["receipt"], call.body["notes"]) == (str(own_id), {"refund_id": str(own_id)})


# ---- what the browser brings


def browser_signature(server: RazorpayServer, *parts: str) -> str:
    return hmac.new(server.key_secret.encode(), "|".join(parts).encode(), hashlib.sha256).hexdigest()


async def test_what_checkout_js_hands_over_is_checked_and_then_looked_up(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    ref = (await razorpay.open_checkout(db, wanted())).ref
    paid: str = server.account.pay(ref)["id"]
    signature = browser_signature(server, ref, paid)
    [seen] = await razorpay.confirm(db, order_ref=ref, payment_ref=paid, signature=signature)
    assert isinstance(seen, PaymentSeen)
    assert (seen.payment_ref, seen.status) == (paid, "captured")


async def test_a_signature_for_another_order_or_under_the_webhook_secret_is_refused(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    ref = (await razorpay.open_checkout(db, wanted())).ref
    paid: str = server.account.pay(ref)["id"]
    webhook = hmac.new(server.secrets[0].encode(), f"{ref}|{paid}".encode(), hashlib.sha256).hexdigest()
    calls = len(server.calls)
    for signature in (browser_signature(server, "order_cheap", paid), webhook, "", "\ud800", "é" * 64):
        with pytest.raises(BadSignature):
            await razorpay.confirm(db, order_ref=ref, payment_ref=paid, signature=signature)
    assert len(server.calls) == calls


# ---- history


async def test_history_tells_everything_of_ours_of_a_time_and_nothing_else(
    razorpay: Razorpay, server: RazorpayServer, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "PAGE", 4)
    payments = [await paid_order(razorpay, server, db) for _ in range(11)]
    made = [server.account.refund_outside(ref, 100)["id"] for ref in payments[:5]]
    dispute = server.account.dispute(payments[9])["id"]
    seen = [one async for one in razorpay.history(db, NOW - timedelta(hours=1), NOW + timedelta(hours=1))]
    assert {one.payment_ref for one in seen if isinstance(one, PaymentSeen)} == set(payments)
    assert {one.refund_ref for one in seen if isinstance(one, RefundSeen)} == set(made)
    assert [one.dispute_ref for one in seen if isinstance(one, DisputeSeen)] == [dispute]
    assert not any(isinstance(one, SubscriptionSeen) for one in seen)
    assert not [one async for one in razorpay.history(db, NOW - timedelta(days=90), NOW - timedelta(days=60))]


async def test_a_refund_of_today_of_a_payment_of_long_ago_is_in_todays_history(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    payment_ref = await paid_order(razorpay, server, db)
    server.account.one(payment_ref)["created_at"] -= 30 * 86_400
    made = server.account.refund_outside(payment_ref, 100)["id"]
    seen = [one async for one in razorpay.history(db, NOW - timedelta(hours=1), NOW + timedelta(hours=1))]
    assert [one.refund_ref for one in seen if isinstance(one, RefundSeen)] == [made]


# ---- when Razorpay is in trouble


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 409, 401])
async def test_trouble_over_there_is_told_as_such(
    razorpay: Razorpay, server: RazorpayServer, db: Database, status: int
) -> None:
    server.faults.append(Fault(status=status))
    with pytest.raises(ProviderAway):
        await razorpay.open_checkout(db, wanted())


async def test_a_key_that_is_not_accepted_is_trouble_and_not_the_customers(
    server: RazorpayServer, db: Database
) -> None:
    found = Razorpay(server.key_id, "wrong", api_base=server.url)
    with pytest.raises(ProviderAway):
        await found.open_checkout(db, wanted())
    await found.aclose()


async def test_a_call_ends_though_nobody_answers(
    razorpay: Razorpay, server: RazorpayServer, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "CALL_S", 0.2)
    server.faults.append(Fault(seconds=2, status=200))
    with pytest.raises(ProviderAway):
        await razorpay.open_checkout(db, wanted())


async def test_many_calls_together_keep_to_the_limit_of_one(
    razorpay: Razorpay, server: RazorpayServer, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    within = api.within
    monkeypatch.setattr(module, "within", lambda: within(0.4))
    payment_ref = await paid_order(razorpay, server, db)
    server.faults += [Fault(seconds=0.25, status=200) for _ in range(9)]
    with pytest.raises(ProviderAway):
        await look(razorpay, db, "payment", payment_ref)


def test_the_limits_are_within_those_of_the_port() -> None:
    assert api.CONNECT_S < api.CALL_S < api.TIMEOUT_S <= 10


async def test_nobody_listening_is_trouble(server: RazorpayServer, db: Database) -> None:
    found = Razorpay(server.key_id, server.key_secret, api_base="http://127.0.0.1:9")
    with pytest.raises(ProviderAway):
        await found.open_checkout(db, wanted())
    await found.aclose()
