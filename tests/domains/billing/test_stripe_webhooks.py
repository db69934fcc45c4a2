"""Who may speak for Stripe, and what is made of what is said: signatures, odd bodies, the wrong mode or account."""

import copy
import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stripe import Webhook

from domains.billing.errors import BadSignature, WebhooksClosed, WebhookUnreadable
from domains.billing.policy.seen import CheckoutClosed, DisputeSeen, Lookup, PaymentSeen, RefundSeen
from domains.billing.providers.port import Incoming, Quarantine
from domains.billing.providers.stripe import StripeProvider
from domains.kernel.ids import new_id
from doubles.stripe_server import StripeServer, money

NOW = datetime.now(UTC).replace(microsecond=0)
OLD, NEW = "whsec_old", "whsec_new"
PROVIDER = StripeProvider("sk_test_1", [OLD, " ", NEW])
SERVER = StripeServer(secret=NEW)
"""Not started: only its book and its signatures are used."""
ORDER = new_id()


def event(
    type_: str = "payment_intent.succeeded", thing: dict[str, Any] | None = None, **fields: Any
) -> dict[str, Any]:
    return SERVER.book.tell(type_, thing or intent()) | fields


def intent(**fields: Any) -> dict[str, Any]:
    paid = money.intent(
        SERVER.book, amount=1999, currency="eur", customer=None, metadata={"order_id": str(ORDER)}, description=""
    )
    money.attempt(SERVER.book, paid, money.card(SERVER.book, None))
    return paid | fields


def verify(body: bytes, header: str, now: datetime = NOW) -> Incoming:
    return PROVIDER.verify(body, {"stripe-signature": header}, now)


def read(found: dict[str, Any], provider: StripeProvider = PROVIDER) -> list[Any]:
    return list(provider.read(json.dumps(found).encode()))


def body_of(what: bytes | object) -> bytes:
    return what if isinstance(what, bytes) else json.dumps(what).encode()


def signed(body: bytes, *secrets: str, at: float | None = None) -> str:
    return SERVER.signature(body, at=NOW.timestamp() if at is None else at, secrets=secrets or (NEW,))


# ---- signatures


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_each_of_two_secrets_may_sign(secret: str) -> None:
    told = event()
    body, header = SERVER.signed(told, at=NOW.timestamp(), secrets=(secret,))
    assert verify(body, header) == Incoming(told["id"], "payment_intent.succeeded")


def test_while_a_secret_is_rolled_stripe_signs_with_both_and_one_of_ours_is_enough() -> None:
    body, header = SERVER.signed(event(), at=NOW.timestamp(), secrets=("whsec_of_somebody", OLD))
    assert verify(body, header)


def test_the_stand_in_signs_as_the_library_expects_it() -> None:
    body, header = SERVER.signed(event(), at=time.time())
    assert Webhook.construct_event(body, header, NEW).type == "payment_intent.succeeded"
    assert PROVIDER.verify(body, {"stripe-signature": header}, datetime.now(UTC))


@pytest.mark.parametrize(("off_s", "fits"), [(-301, False), (-300, True), (0, True), (300, True), (301, False)])
def test_a_signature_is_good_for_five_minutes_both_ways(off_s: int, fits: bool) -> None:
    body, header = SERVER.signed(event(), at=NOW.timestamp() + off_s)
    if fits:
        assert verify(body, header)
        return
    with pytest.raises(BadSignature):
        verify(body, header)


def test_a_body_that_was_changed_by_one_byte_does_not_fit() -> None:
    body, header = SERVER.signed(event(), at=NOW.timestamp())
    with pytest.raises(BadSignature):
        verify(body + b" ", header)
    with pytest.raises(BadSignature):
        verify(body.replace(b"1999", b"1998"), header)
    with pytest.raises(BadSignature):
        verify(json.dumps(json.loads(body)).encode(), header)


@pytest.mark.parametrize("secrets", [(), ("",), (" ", "\n")])
async def test_without_a_secret_the_door_is_closed(secrets: tuple[str, ...]) -> None:
    provider = StripeProvider("sk_test_1", secrets)
    assert not provider.accepts_webhooks
    body = b"{}"
    with pytest.raises(WebhooksClosed):
        provider.verify(body, {"stripe-signature": signed(body, "")}, NOW)
    await provider.aclose()


@pytest.mark.parametrize(
    "change",
    [
        lambda header: "",
        lambda header: header.replace("v1=", "v0="),
        lambda header: header.replace("v1=", "v1="[:2]),
        lambda header: header.replace("t=", "t= "),
        lambda header: header.replace("t=", "t=-"),
        lambda header: header.replace("t=", "t=１"),
        lambda header: header.replace("t=", "t=" + "9" * 5000),
        lambda header: header + ",t=1",
        lambda header: header.upper(),
        lambda header: header[:-1] + "é",
        lambda header: header.split(",")[1],
        lambda header: header.split(",")[0],
        lambda header: "t=,v1=" + "0" * 64,
        lambda header: header[:-1],
    ],
)
def test_a_header_of_another_form_does_not_fit(change: Any) -> None:
    body, header = SERVER.signed(event(), at=NOW.timestamp())
    with pytest.raises(BadSignature):
        verify(body, change(header))


def test_without_a_header_it_does_not_fit() -> None:
    with pytest.raises(BadSignature):
        PROVIDER.verify(b"{}", {}, NOW)


HEADERS = st.one_of(
    st.text(max_size=300),
    st.builds(
        "t={},v1={}".format, st.integers(-(10**14), 10**14), st.text("0123456789abcdef", min_size=64, max_size=64)
    ),
    st.builds(lambda parts: ",".join(parts), st.lists(st.sampled_from(["t=1", "v1=", "v1=00", "t", "=", "v0=x", ","]))),
)


@given(body=st.binary(max_size=200), header=HEADERS)
@settings(max_examples=400)
def test_nothing_that_is_made_up_gets_in(body: bytes, header: str) -> None:
    with pytest.raises(BadSignature):
        verify(body, header)


@given(data=st.data())
@settings(max_examples=400)
def test_nothing_that_was_signed_once_gets_in_after_a_change(data: st.DataObject) -> None:
    body, header = SERVER.signed(event(), at=NOW.timestamp())
    if data.draw(st.booleans()):
        body = _one_byte_changed(data, body)
    else:
        header = _one_byte_changed(data, header.encode()).decode("latin-1")
    with pytest.raises(BadSignature):
        verify(body, header)


def _one_byte_changed(data: st.DataObject, whole: bytes) -> bytes:
    changed = bytearray(whole)
    changed[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    return bytes(changed)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)


@given(st.one_of(st.binary(max_size=200), JSON))
@settings(max_examples=400)
def test_what_is_signed_and_cannot_be_read_is_unreadable_and_nothing_worse(what: bytes | object) -> None:
    body = body_of(what)
    with pytest.raises(WebhookUnreadable):
        verify(body, signed(body))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"id":"evt_1","type":"x.y","created":1,"livemode":false,"data":{"object":{"\xff":1}}}',
        b'{"id":"evt_\\u0000","type":"x.y","created":1,"livemode":false,"data":{"object":{}}}',
        b'{"id":"evt_1\\n","type":"x.y","created":1,"livemode":false,"data":{"object":{}}}',
        b'{"id":"evt_1","type":"x y","created":1,"livemode":false,"data":{"object":{}}}',
        b'{"id":"evt_1","type":"x.y","created":1e400,"livemode":false,"data":{"object":{}}}',
        b'{"id":"evt_1","type":"x.y","created":1,"livemode":false,"data":{"object":{"a":"\\ud800"}}}',
        b'{"id":"' + b"e" * 5000 + b'","type":"x.y","created":1,"livemode":false,"data":{"object":{}}}',
    ],
)
def test_odd_bodies_are_unreadable_even_when_signed(body: bytes) -> None:
    with pytest.raises(WebhookUnreadable):
        verify(body, signed(body))


LEAVES = st.one_of(JSON, st.sampled_from(["\0", "-1", 10**30, -1, True, "", "evt", [], {}, "succeeded"]))


def every_event() -> list[dict[str, Any]]:
    """One of each type that the stand-in makes, without the network."""
    paid = intent(livemode=False)
    refunded = money.refund(SERVER.book, SERVER.book.things[paid["id"]], 5)
    money.end_refund(SERVER.book, refunded, "failed")
    disputed = money.dispute(SERVER.book, paid, 5, "needs_response")
    money.move_dispute(SERVER.book, disputed, "won")
    found = {one["type"]: one for one in SERVER.events}
    details = {"subscription": "sub_1", "metadata": {"order_id": str(ORDER)}}
    for type_, thing in (
        ("invoice.paid", {"id": "in_1", "parent": {"subscription_details": details}}),
        ("customer.subscription.updated", {"id": "sub_1", "metadata": {"order_id": str(ORDER)}}),
        ("invoice_payment.paid", {"id": "inpay_1", "invoice": "in_1", "status": "paid", "payment": {"type": "charge"}}),
        ("checkout.session.completed", session()),
    ):
        found[type_] = event(type_, thing)
    return list(found.values())


def session(**fields: Any) -> dict[str, Any]:
    made = {
        "id": "cs_test_1",
        "object": "checkout.session",
        "created": 1,
        "mode": "payment",
        "status": "complete",
        "payment_status": "paid",
        "amount_total": 1999,
        "currency": "eur",
        "payment_intent": "pi_1",
        "metadata": {"order_id": str(ORDER)},
    }
    return made | fields


@given(data=st.data())
@settings(max_examples=400)
def test_an_event_that_is_not_as_expected_is_told_or_set_aside_and_nothing_worse(data: st.DataObject) -> None:
    found = copy.deepcopy(data.draw(st.sampled_from(EVENTS)))
    place: Any = found["data"]["object"]
    for _ in range(4):
        key = data.draw(st.sampled_from(sorted(place)))
        if not (isinstance(place[key], dict) and place[key] and data.draw(st.booleans())):
            break
        place = place[key]
    place[key] = data.draw(LEAVES)
    body = json.dumps(found).encode()
    try:
        verify(body, signed(body))
        told = PROVIDER.read(body)
    except (WebhookUnreadable, Quarantine):
        return
    assert "\\x00" not in repr(told)


# ---- reading


def test_an_event_of_the_other_mode_or_of_another_account_is_for_a_person() -> None:
    with pytest.raises(Quarantine, match="live mode"):
        read(event(livemode=True))
    with pytest.raises(Quarantine, match="acct_1"):
        read(event(account="acct_1"))


async def test_a_live_key_hears_of_live_things_only() -> None:
    live = StripeProvider("sk_live_1", [NEW])
    with pytest.raises(Quarantine, match="test mode"):
        read(event(), live)
    assert read(event(livemode=True), live)
    await live.aclose()


def test_a_thing_of_ours_in_a_shape_that_cannot_be_read_is_for_a_person_who_hears_which_version_it_was() -> None:
    with pytest.raises(Quarantine, match=r"2019-01-01.*amount"):
        read(event(thing=intent(amount="19.99"), api_version="2019-01-01"))


@pytest.mark.parametrize(
    "metadata", [None, {}, {"order_id": "42"}, {"order_id": str(ORDER).upper()}, {"other": "1"}, 7]
)
@pytest.mark.parametrize(
    "type_", ["payment_intent.succeeded", "checkout.session.completed", "customer.subscription.updated"]
)
def test_what_does_not_carry_our_order_is_nothing(type_: str, metadata: Any) -> None:
    assert read(event(type_, {"id": "x_1", "object": "x", "metadata": metadata})) == []


@pytest.mark.parametrize("type_", ["customer.created", "invoice.upcoming", "price.created", "made.up", "setup_intent"])
def test_other_types_are_nothing(type_: str) -> None:
    assert read(event(type_, {"id": None, "object": "x", "metadata": {"order_id": str(ORDER)}})) == []


def test_a_page_that_ran_out_is_closed_and_one_that_is_paid_is_a_payment() -> None:
    assert read(event("checkout.session.expired", session(status="expired", payment_intent=None))) == [
        CheckoutClosed(order_id=ORDER)
    ]
    [paid] = read(event("checkout.session.completed", session()))
    assert isinstance(paid, PaymentSeen)
    assert (paid.status, paid.payment_ref, paid.amount_minor, paid.order_id) == ("captured", "pi_1", 1999, ORDER)
    assert read(
        event("checkout.session.completed", session(mode="subscription", subscription="sub_1", invoice="in_1"))
    ) == [
        Lookup(kind="subscription", ref="sub_1"),
        Lookup(kind="invoice", ref="in_1"),
    ]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("requires_payment_method", "created"),
        ("requires_confirmation", "created"),
        ("requires_action", "created"),
        ("processing", "authorised"),
        ("requires_capture", "authorised"),
        ("succeeded", "captured"),
        ("canceled", "failed"),
    ],
)
def test_each_status_of_a_payment_has_a_word(status: str, expected: str) -> None:
    [seen] = read(event(thing=intent(status=status)))
    assert seen.status == expected
    assert seen.order_id == ORDER


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("succeeded", "succeeded"),
        ("pending", "pending"),
        ("requires_action", "pending"),
        (None, "pending"),
        ("failed", "failed"),
        ("canceled", "failed"),
    ],
)
@pytest.mark.parametrize("type_", ["refund.created", "refund.updated", "refund.failed", "charge.refund.updated"])
def test_each_status_of_a_refund_has_a_word(type_: str, status: str | None, expected: str) -> None:
    own_id = new_id()
    refunded = {
        "id": "re_1",
        "amount": 500,
        "currency": "isk",
        "created": 1,
        "status": status,
        "payment_intent": "pi_1",
    }
    [seen] = read(event(type_, refunded | {"metadata": {"own_id": str(own_id)}}))
    assert seen == RefundSeen(
        refund_ref="re_1",
        payment_ref="pi_1",
        status=expected,
        amount_minor=5,
        currency="ISK",
        own_id=own_id,  # type: ignore[arg-type]
    )
    assert read(event(type_, refunded | {"payment_intent": None})) == []


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("needs_response", "open"),
        ("under_review", "open"),
        ("appeal_under_review", "open"),
        ("won", "won"),
        ("lost", "lost"),
        ("warning_needs_response", None),
        ("warning_closed", None),
        ("prevented", None),
    ],
)
def test_each_status_of_a_dispute_has_a_word_or_none_where_no_money_is_held(status: str, expected: str | None) -> None:
    disputed = {
        "id": "dp_1",
        "amount": 700,
        "currency": "eur",
        "created": 1,
        "status": status,
        "payment_intent": "pi_1",
    }
    told = read(event("charge.dispute.updated", disputed))
    assert [one.status for one in told if isinstance(one, DisputeSeen)] == ([expected] if expected else [])


def test_a_dispute_with_a_status_that_nobody_knows_is_for_a_person() -> None:
    disputed = {"id": "dp_1", "amount": 700, "currency": "eur", "created": 1, "status": "new", "payment_intent": "pi_1"}
    with pytest.raises(Quarantine, match="status 'new'"):
        read(event("charge.dispute.updated", disputed))


def test_an_invoice_asks_for_its_subscription_first_also_in_the_shape_of_older_versions() -> None:
    details = {"subscription": "sub_1", "metadata": {"order_id": str(ORDER)}}
    expected = [Lookup(kind="subscription", ref="sub_1"), Lookup(kind="invoice", ref="in_1")]
    now = {"id": "in_1", "parent": {"type": "subscription_details", "subscription_details": details}}
    old = {"id": "in_1", "subscription": "sub_1", "subscription_details": {"metadata": details["metadata"]}}
    for shape in (now, old):
        for type_ in ("invoice.paid", "invoice.payment_failed"):
            assert read(event(type_, shape)) == expected
    assert read(event("invoice.paid", {"id": "in_1", "parent": None})) == []
    assert read(event("invoice.paid", {"id": "in_1", "parent": {"subscription_details": {"metadata": {}}}})) == []


def test_what_a_bank_says_is_shown_without_what_a_database_cannot_hold() -> None:
    error = {"message": "No\0 money\x1b[31m" + "!" * 999}
    [seen] = read(event(thing=intent(status="requires_payment_method", last_payment_error=error)))
    assert seen.failure.startswith("No money[31m!!!")
    assert len(seen.failure) == 300


EVENTS = every_event()
