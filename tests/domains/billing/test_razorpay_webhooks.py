"""Signatures over real bytes, and what a body is allowed to say."""

import contextlib
import hashlib
import hmac
import json
import random
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.billing.errors import BadSignature, WebhooksClosed
from domains.billing.policy.seen import DisputeSeen, Lookup, PaymentSeen, RefundSeen
from domains.billing.providers.port import Incoming, Quarantine
from domains.billing.providers.razorpay import Razorpay, webhooks
from doubles import razorpay_shapes as shapes
from doubles.razorpay_account import Account

NOW = datetime(2026, 11, 21, tzinfo=UTC)
OLD, NEW = "whsec-of-yesterday", "whsec-of-today"


def provider(*secrets: str, account_id: str = "") -> Razorpay:
    return Razorpay("rzp_test_key", "key-secret", secrets, account_id=account_id)


RAZORPAY = provider(NEW, OLD)


def signature(body: bytes, secret: str = NEW) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def verify(body: bytes, *, event_id: str | None = "EvEnTiD0000001", secret: str = NEW, by: Razorpay = RAZORPAY) -> Any:
    headers = {"x-razorpay-signature": signature(body, secret)}
    if event_id is not None:
        headers["x-razorpay-event-id"] = event_id
    return by.verify(body, headers, NOW)


def account_with_order(**more: Any) -> tuple[Account, str]:
    account = Account()
    body = {"amount": 49_900, "currency": "INR", "receipt": str(uuid4()), "notes": {"order_id": str(uuid4())}, **more}
    return account, account.create_order(body)["id"]


def body_of(account: Account, event: str) -> bytes:
    return next(one.body for one in account.webhooks if one.event == event)


def changed(body: bytes, event: str, kind: str, **fields: Any) -> bytes:
    told = json.loads(body)
    told["event"] = event
    told["payload"][kind]["entity"].update(fields)
    return json.dumps(told).encode()


# ---- signatures


def test_the_bytes_as_they_came_are_what_is_signed() -> None:
    body = b'{ "event" : "order.paid",\n "payload":{} , "n": 1.0}'
    assert verify(body) == Incoming("EvEnTiD0000001", "order.paid")
    with pytest.raises(BadSignature):
        headers = {"x-razorpay-signature": signature(body)}
        RAZORPAY.verify(json.dumps(json.loads(body)).encode(), headers, NOW)


def test_two_secrets_are_live_while_one_replaces_the_other() -> None:
    assert verify(b'{"event":"a.b"}', secret=OLD) == verify(b'{"event":"a.b"}', secret=NEW)
    with pytest.raises(BadSignature):
        verify(b'{"event":"a.b"}', secret="whsec-of-last-year")


@pytest.mark.parametrize("secrets", [(), ("",), ("", "  ")])
def test_without_a_secret_nothing_is_heard_not_even_what_the_empty_one_signs(secrets: tuple[str, ...]) -> None:
    closed = provider(*secrets)
    assert not closed.accepts_webhooks
    with pytest.raises(WebhooksClosed):
        verify(b'{"event":"a.b"}', secret="", by=closed)


def test_an_empty_secret_beside_a_good_one_opens_nothing() -> None:
    with pytest.raises(BadSignature):
        verify(b'{"event":"a.b"}', secret="", by=provider("", NEW))


def test_nothing_fits_an_empty_key() -> None:
    assert webhooks.fits(b"x", signature(b"x", "a"), ("", "a"))
    assert not webhooks.fits(b"x", signature(b"x", ""), ("", "a"))


@pytest.mark.parametrize(
    "given",
    ["", "0" * 64, "ä" * 64, "0x" + "0" * 62, "0" * 63, "0" * 65, "\x00" * 64, "٠" * 64, signature(b"other")],
)
def test_what_is_no_fitting_digest_is_refused(given: str) -> None:
    with pytest.raises(BadSignature):
        RAZORPAY.verify(b"{}", {"x-razorpay-signature": given}, NOW)
    with pytest.raises(BadSignature):
        RAZORPAY.verify(b"{}", {}, NOW)


@pytest.mark.parametrize("event_id", [None, "", "short", "a b c d e f", "\x00" * 10, "x" * 65, "é" * 10, "'; DROP--1"])
def test_an_event_id_that_is_none_is_replaced_by_the_hash_of_the_body(event_id: str | None) -> None:
    body = b'{"event":"a.b"}'
    assert verify(body, event_id=event_id).event_ref == f"sha256:{hashlib.sha256(body).hexdigest()}"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00",
        b"null",
        b"[]",
        b"[" * 200_000,
        b'{"event":' * 100_000,
        b'{"event":"\\u0000"}',
        b'{"event":"\xff\xfe"}',
        '{"event":"order.paid"}'.encode("utf-16"),
        b'{"event":"' + b"x" * 500 + b'"}',
        b'{"event":7}',
        b'{"event":"a.b","payload":[]}',
    ],
)
def test_what_is_signed_and_unreadable_is_kept_and_then_set_aside(body: bytes) -> None:
    assert verify(body).type == "unreadable"
    if b"x" * 500 not in body and b"u0000" not in body:
        with pytest.raises(ValueError, match="not a webhook"):
            RAZORPAY.read(body)


@given(body=st.binary(max_size=300), given_signature=st.text(max_size=80), event_id=st.text(max_size=80))
def test_whatever_comes_unsigned_is_refused_in_one_way(body: bytes, given_signature: str, event_id: str) -> None:
    headers = {"x-razorpay-signature": given_signature, "x-razorpay-event-id": event_id}
    with pytest.raises(BadSignature):
        RAZORPAY.verify(body, headers, NOW)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
EVENTS = ["payment.captured", "order.paid", "refund.processed", "payment.dispute.won", "subscription.charged"]
EVENTS += ["invoice.paid", "payment.failed", "fund_account.validation.completed", "", "payment"]


@given(
    event=st.sampled_from(EVENTS),
    entities=st.dictionaries(
        st.sampled_from(["payment", "order", "refund", "dispute", "subscription", "invoice"]),
        st.fixed_dictionaries({"entity": json_values}) | json_values,
    ),
)
def test_any_signed_json_is_read_or_set_aside(event: str, entities: dict[str, Any]) -> None:
    body = json.dumps({"entity": "event", "event": event, "payload": entities}).encode()
    verify(body)
    with contextlib.suppress(ValueError):
        RAZORPAY.read(body)


@given(seed=st.integers(0, 2**32), where=st.integers(0, 10**6), byte=st.integers(0, 255))
def test_a_real_body_with_one_byte_changed_is_refused_and_if_signed_never_breaks(
    seed: int, where: int, byte: int
) -> None:
    account, ref = account_with_order()
    account.pay(ref)
    body = bytearray(random.Random(seed).choice(account.webhooks).body)
    right = signature(bytes(body))
    where %= len(body)
    if body[where] == byte:
        return
    body[where] = byte
    with pytest.raises(BadSignature):
        RAZORPAY.verify(bytes(body), {"x-razorpay-signature": right}, NOW)
    verify(bytes(body))
    try:
        told = RAZORPAY.read(bytes(body))
    except ValueError:
        return
    for one in told:
        assert isinstance(one, Lookup | RefundSeen | PaymentSeen)


@pytest.mark.parametrize(
    "fields",
    [
        {"id": "pay_../../orders"},
        {"id": "pay_\x00"},
        {"id": "pay_abc\n"},
        {"id": ""},
        {"amount": -1},
        {"amount": 1.5},
        {"amount": "100"},
        {"amount": 10**30},
        {"currency": "inr"},
        {"currency": "IN\x00"},
    ],
)
def test_a_signed_payment_whose_fields_make_no_sense_is_set_aside(fields: dict[str, Any]) -> None:
    account, ref = account_with_order()
    account.pay(ref)
    body = changed(body_of(account, "payment.captured"), "payment.captured", "payment", **fields)
    with pytest.raises(ValueError, match="payment is not readable"):
        RAZORPAY.read(body)


# ---- what is told


def test_what_was_paid_is_told_by_the_order_whatever_a_browser_wrote_into_it() -> None:
    account, ref = account_with_order()
    paid = account.pay(ref, notes={"order_id": str(uuid4())})
    for event, status in (("payment.authorized", "authorised"), ("payment.captured", "captured")):
        [told] = RAZORPAY.read(body_of(account, event))
        assert isinstance(told, PaymentSeen)
        assert (told.payment_ref, told.checkout_ref, told.order_id, told.status) == (paid["id"], ref, None, status)


def test_a_paid_order_says_which_order_of_ours_it_was_made_for() -> None:
    account, ref = account_with_order()
    account.pay(ref, notes={"order_id": str(uuid4())})
    [told] = RAZORPAY.read(body_of(account, "order.paid"))
    assert isinstance(told, PaymentSeen)
    assert (told.checkout_ref, str(told.order_id)) == (ref, account.one(ref)["notes"]["order_id"])


def test_a_payment_beside_an_order_that_is_not_its_own_is_set_aside() -> None:
    account, ref = account_with_order()
    account.pay(ref)
    body = changed(body_of(account, "order.paid"), "order.paid", "order", id="order_another")
    with pytest.raises(ValueError, match="not the order's"):
        RAZORPAY.read(body)


def test_a_payment_without_an_order_is_nothing_of_ours() -> None:
    account, ref = account_with_order()
    account.pay(ref)
    told = changed(body_of(account, "payment.captured"), "payment.captured", "payment", order_id=None)
    assert RAZORPAY.read(told) == []


@pytest.mark.parametrize(("failed", "status"), [(False, "succeeded"), (True, "failed")])
def test_a_refund_is_told_with_our_id_where_we_asked_for_it(failed: bool, status: str) -> None:
    account, ref = account_with_order()
    account.slow_refunds = True
    paid = account.pay(ref)
    ours = uuid4()
    made = account.create_refund(paid["id"], {"amount": 900, "notes": {"refund_id": str(ours)}})
    account.settle(made["id"], failed=failed)
    first = RefundSeen(
        refund_ref=made["id"],
        payment_ref=paid["id"],
        status="pending",
        amount_minor=900,
        currency="INR",
        own_id=ours,
    )
    assert RAZORPAY.read(body_of(account, "refund.created")) == [first]
    [last] = RAZORPAY.read(account.webhooks[-1].body)
    assert isinstance(last, RefundSeen)
    assert (last.status, last.own_id) == (status, ours)


@pytest.mark.parametrize(
    ("decision", "status"),
    [("won", "won"), ("lost", "lost"), ("under_review", "open"), ("action_required", "open"), ("closed", "won")],
)
def test_a_dispute_is_open_until_it_is_decided(decision: str, status: str) -> None:
    account, ref = account_with_order()
    made = account.dispute(account.pay(ref)["id"])
    account.decide(made["id"], decision)
    [opened] = RAZORPAY.read(body_of(account, "payment.dispute.created"))
    [decided] = RAZORPAY.read(account.webhooks[-1].body)
    assert isinstance(opened, DisputeSeen)
    assert isinstance(decided, DisputeSeen)
    assert (opened.status, decided.status, decided.amount_minor) == ("open", status, 49_900)


@pytest.mark.parametrize("phase", ["retrieval", "fraud"])
def test_a_question_of_the_bank_takes_nobodys_access(phase: str) -> None:
    account, ref = account_with_order()
    account.dispute(account.pay(ref)["id"], phase=phase)
    assert RAZORPAY.read(body_of(account, "payment.dispute.created")) == []


def test_subscriptions_are_never_taken_from_bodies() -> None:
    account = Account()
    item = {"name": "Plan", "amount": 49_900, "currency": "INR"}
    plan = account.create_plan({"period": "monthly", "interval": 1, "item": item})
    ref = account.create_subscription({"plan_id": plan["id"], "total_count": 12})["id"]
    paid = account.begin(ref)
    invoice = account.all("invoice")[0]["id"]
    told = {one.event: RAZORPAY.read(one.body) for one in account.webhooks}
    both = [Lookup(kind="subscription", ref=ref), Lookup(kind="payment", ref=paid["id"])]
    assert told["subscription.charged"] == told["subscription.activated"] == both
    assert told["invoice.paid"] == [Lookup(kind="invoice", ref=invoice)]
    assert told["order.paid"] == told["payment.captured"] == [Lookup(kind="payment", ref=paid["id"])]


def test_what_is_not_about_us_says_nothing() -> None:
    for event in ("settlement.processed", "payout.processed", "fund_account.validation.completed", "x"):
        assert RAZORPAY.read(json.dumps(shapes.event("acc_1", event, {}, 1)).encode()) == []


def test_another_account_is_set_aside_where_ours_is_known() -> None:
    account, ref = account_with_order()
    account.pay(ref)
    body = body_of(account, "order.paid")
    assert provider(NEW, account_id=account.account_id).read(body)
    with pytest.raises(Quarantine):
        provider(NEW, account_id="acc_ours").read(body)
    with pytest.raises(Quarantine):
        provider(NEW, account_id="acc_ours").read(b'{"event":"order.paid"}')
