"""Webhooks: stored once, applied in any order, and what is not for us to act on is set aside."""

import asyncio
import itertools
import logging
import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import msgspec
import pytest
from sqlalchemy import text

from conftest import Crank
from domains.billing import api as billing
from domains.billing.errors import StateForbids
from domains.billing.policy.seen import CheckoutClosed, DisputeSeen, PaymentSeen, RefundSeen, Seen
from domains.billing.providers.port import Incoming
from domains.billing.service import checkout, inbox
from domains.billing.service.checkout import Wish
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.people import register
from factories.shop import put_on_sale

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
LEDGER = """
    SELECT account, sum(amount)::bigint FROM (
        SELECT debit AS account, amount_minor AS amount FROM billing_transfer WHERE order_id = $1
        UNION ALL SELECT credit, -amount_minor FROM billing_transfer WHERE order_id = $1
    ) legs GROUP BY account HAVING sum(amount) <> 0 ORDER BY account
"""
OPEN = "SELECT count(*) FROM billing_entitlement WHERE user_id = $1 AND (ends_at IS NULL OR ends_at > now())"
KINDS = """
    SELECT kind, count(*) FROM billing_invoice WHERE order_id = $1 GROUP BY kind ORDER BY kind
"""


@pytest.fixture
async def user_id(client: httpx.AsyncClient) -> UUID:
    return (await register(client)).id


async def ordered(db: Database, user_id: UUID, amount_minor: int = 1999) -> UUID:
    on_sale = await put_on_sale(db, billing.course_key(new_id()), amount_minor=amount_minor)
    begun = await checkout.begin(db, Wish(user_id=user_id, product_id=on_sale.product_id, kind="purchase"), utc_now())
    return begun.order.id


def payment(order_id: UUID, **fields: object) -> PaymentSeen:
    whole = PaymentSeen(
        payment_ref=f"pay_{order_id}", status="captured", amount_minor=1999, currency="EUR", order_id=order_id
    )
    return msgspec.structs.replace(whole, **fields)


def refund(order_id: UUID, amount_minor: int = 1999, number: int = 1) -> RefundSeen:
    return RefundSeen(
        refund_ref=f"re_{order_id}_{number}",
        payment_ref=f"pay_{order_id}",
        status="succeeded",
        amount_minor=amount_minor,
        currency="EUR",
    )


def dispute(order_id: UUID, status: str = "open") -> DisputeSeen:
    return DisputeSeen(
        dispute_ref=f"dp_{order_id}",
        payment_ref=f"pay_{order_id}",
        status=status,  # type: ignore[arg-type]
        amount_minor=1999,
        currency="EUR",
    )


async def hear(db: Database, *seen: Seen) -> None:
    """Each in a transaction of its own, as webhooks are applied."""
    for one in seen:
        async with db.begin() as uow:
            await inbox.apply(uow, [one], "fake", 0, NOW)


async def outcome(db: Database, order_id: UUID, user_id: UUID) -> object:
    [order] = await db.fetch("SELECT state FROM billing_order WHERE id = $1", order_id)
    [access] = await db.fetch(OPEN, user_id)
    return (
        order["state"],
        access["count"],
        [tuple(row) for row in await db.fetch(LEDGER, order_id)],
        [tuple(row) for row in await db.fetch(KINDS, order_id)],
    )


async def test_payment_refund_dispute_and_cancel_end_alike_in_all_24_orders(db: Database, user_id: UUID) -> None:
    ends = []
    for order in itertools.permutations(range(4)):
        order_id = await ordered(db, user_id)
        facts: list[Seen] = [
            payment(order_id),
            refund(order_id),
            dispute(order_id, "won"),
            CheckoutClosed(order_id=order_id),
        ]
        await hear(db, *(facts[place] for place in order))
        ends.append(await outcome(db, order_id, user_id))
    assert len(ends) == 24
    assert all(end == ends[0] for end in ends)
    state, access, ledger, documents = ends[0]  # type: ignore[misc]
    assert (state, access, ledger) == ("refunded", 0, [])
    assert documents == [("credit_note", 1), ("invoice", 1)]


async def test_everything_three_times_in_any_order_counts_once(db: Database, user_id: UUID) -> None:
    chance = random.Random(3)
    ends = set()
    for _ in range(6):
        order_id = await ordered(db, user_id)
        facts: list[Seen] = [
            payment(order_id, status="created"),
            payment(order_id, status="failed", failure="declined"),
            payment(order_id),
            refund(order_id, 500, 1),
            refund(order_id, 700, 2),
            dispute(order_id),
            dispute(order_id, "won"),
        ] * 3
        chance.shuffle(facts)
        await hear(db, *facts)
        [order] = await db.fetch("SELECT state FROM billing_order WHERE id = $1", order_id)
        [sums] = await db.fetch(
            "SELECT sum(amount_minor) FILTER (WHERE cause LIKE 'capture%') AS paid,"
            " sum(amount_minor) FILTER (WHERE cause LIKE 'refund%') AS back FROM billing_transfer WHERE order_id = $1",
            order_id,
        )
        ends.add((order["state"], sums["paid"], sums["back"]))
    assert ends == {("partially_refunded", 1999, 1200)}


async def test_facts_about_one_payment_that_come_at_the_same_moment_are_all_seen(db: Database, user_id: UUID) -> None:
    for _ in range(5):
        order_id = await ordered(db, user_id)
        await asyncio.gather(*(hear(db, fact) for fact in (refund(order_id), payment(order_id), payment(order_id))))
        [order] = await db.fetch("SELECT state FROM billing_order WHERE id = $1", order_id)
        assert order["state"] == "refunded"


async def test_a_dispute_takes_the_access_until_it_is_won(db: Database, user_id: UUID) -> None:
    order_id = await ordered(db, user_id)
    await hear(db, payment(order_id))
    assert (await db.fetch(OPEN, user_id))[0]["count"] == 1
    await hear(db, dispute(order_id))
    assert (await db.fetch(OPEN, user_id))[0]["count"] == 0
    await hear(db, dispute(order_id, "won"))
    assert (await db.fetch(OPEN, user_id))[0]["count"] == 1


async def test_a_refund_that_comes_back_gives_the_access_back(db: Database, user_id: UUID) -> None:
    order_id = await ordered(db, user_id)
    failed = msgspec.structs.replace(refund(order_id), status="failed")
    await hear(db, payment(order_id), refund(order_id))
    assert (await db.fetch(OPEN, user_id))[0]["count"] == 0
    await hear(db, failed, refund(order_id), failed)
    assert (await db.fetch(OPEN, user_id))[0]["count"] == 1
    paid = await ordered(db, user_id)
    await hear(db, payment(paid))
    amounts = [[row["sum"] for row in await db.fetch(LEDGER, each)] for each in (order_id, paid)]
    assert amounts[0] == amounts[1] != []


class Deliveries:
    """Puts bodies of the fake provider into the inbox and lets the job apply them."""

    def __init__(self, db: Database, crank: Crank) -> None:
        self._db = db
        self._crank = crank

    async def bring(self, body: bytes, event_ref: str) -> bool:
        async with self._db.begin() as uow:
            return await inbox.store(uow, "fake", Incoming(event_ref, "test"), body)

    async def applied(self) -> list[tuple[str, str]]:
        await self._crank.jobs()
        rows = await self._db.fetch("SELECT state, note FROM billing_webhook ORDER BY id")
        return [(row["state"], row["note"]) for row in rows]


@pytest.fixture
def post(db: Database, crank: Crank) -> Deliveries:
    return Deliveries(db, crank)


async def test_a_body_under_a_hundred_names_is_one_webhook(post: Deliveries) -> None:
    taken = [await post.bring(b"{}", f"evt_{number}") for number in range(100)]
    assert taken == [True] + [False] * 99


async def test_an_event_that_comes_again_with_another_body_is_one_webhook(post: Deliveries) -> None:
    assert [await post.bring(body, "evt_1") for body in (b"{}", b"{} ")] == [True, False]


async def test_what_cannot_be_read_is_set_aside_with_an_alarm(
    post: Deliveries, caplog: pytest.LogCaptureFixture
) -> None:
    await post.bring(b"\xff not JSON", "evt_1")
    with caplog.at_level(logging.ERROR):
        [(state, note)] = await post.applied()
    assert state == "quarantined"
    assert note
    assert "set aside" in caplog.text


@pytest.mark.parametrize("fields", [{"amount_minor": 1}, {"currency": "USD"}, {"amount_minor": 2999}])
async def test_a_wrong_amount_or_currency_grants_nothing(
    db: Database, user_id: UUID, fields: dict[str, object]
) -> None:
    order_id = await ordered(db, user_id)
    with pytest.raises(inbox.Quarantine):
        await hear(db, payment(order_id, **fields))
    [order] = await db.fetch("SELECT state FROM billing_order WHERE id = $1", order_id)
    assert order["state"] == "pending"
    assert (await db.fetch(OPEN, user_id))[0]["count"] == 0


async def test_an_order_of_another_provider_is_not_paid_by_this_one(db: Database, user_id: UUID) -> None:
    order_id = await ordered(db, user_id)
    async with db.begin() as uow:
        with pytest.raises(inbox.Quarantine):
            await inbox.apply(uow, [payment(order_id)], "stripe", 0, NOW)


async def test_what_is_not_ours_is_ignored(db: Database) -> None:
    async with db.begin() as uow:
        assert not await inbox.apply(uow, [payment(new_id())], "fake", 0, NOW)
    assert await db.fetch("SELECT 1 FROM billing_payment") == []


async def test_what_was_set_aside_can_be_applied_again(
    db: Database, user_id: UUID, post: Deliveries, crank: Crank
) -> None:
    await post.bring(b"[", "evt_1")
    await post.applied()
    async with db.begin() as uow:
        [view] = await inbox.listed(uow, "quarantined", most=10)
        assert (await inbox.shown(uow, view.id)).body == b"["
        assert await inbox.replay(uow, view.id) == 1
    assert [state for state, _ in await post.applied()] == ["quarantined"]
    async with db.begin() as uow:
        assert await inbox.replay(uow, None) == 1
        with pytest.raises(billing.WebhookNotFound):
            await inbox.replay(uow, new_id())


async def test_operators_see_the_inbox_and_have_what_was_set_aside_applied_again(
    client: httpx.AsyncClient, db: Database, post: Deliveries
) -> None:
    admin = await register(client, "Olga")
    await db.fetch("INSERT INTO identity_user_role (user_id, role) VALUES ($1, 'admin')", admin.id)
    for number in range(2):
        await post.bring(f"[{number}".encode(), f"evt_{number}")
    await post.applied()
    first = (await admin.get("/admin/webhooks?state=quarantined&limit=1")).json()
    rest = (await admin.get(f"/admin/webhooks?limit=1&cursor={first['next_cursor']}")).json()
    [webhook] = first["items"]
    assert [each["event_ref"] for each in (webhook, *rest["items"])] == ["evt_1", "evt_0"]
    assert (webhook["state"], webhook["body_kept"], bool(webhook["note"])) == ("quarantined", True, True)
    assert (await admin.get(f"/admin/webhooks/{webhook['id']}")).json() == {"webhook": webhook, "body": "[1"}
    one = await admin.post(f"/admin/webhooks/{webhook['id']}/replay")
    assert (one.status_code, one.json()) == (202, {"replayed": 1})
    assert (await admin.post("/admin/webhooks/replay")).json() == {"replayed": 1}
    assert (await admin.get("/admin/webhooks?state=quarantined")).json()["items"] == []
    rows = await db.fetch("SELECT action, actor_id FROM identity_audit WHERE action LIKE 'webhook%' ORDER BY id")
    actions = ["webhook_viewed", "webhooks_replayed", "webhooks_replayed"]
    assert [tuple(row) for row in rows] == [(action, admin.id) for action in actions]


async def test_a_webhook_whose_commit_fails_is_not_taken(db: Database, post: Deliveries) -> None:
    async with db.begin() as uow:
        await uow.session.execute(
            text("""
                CREATE FUNCTION no_commit() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION 'disk full'; END $$
            """)
        )
        await uow.session.execute(
            text("""
                CREATE CONSTRAINT TRIGGER no_commit AFTER INSERT ON billing_webhook
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION no_commit()
            """)
        )
    try:
        with pytest.raises(Exception, match="disk full"):
            await post.bring(b"{}", "evt_1")
        assert await db.fetch("SELECT 1 FROM billing_webhook") == []
    finally:
        async with db.begin() as uow:
            await uow.session.execute(text("DROP FUNCTION no_commit() CASCADE"))


async def test_bodies_are_forgotten_after_three_months_and_still_known_again(
    db: Database, user_id: UUID, post: Deliveries
) -> None:
    body = msgspec.json.encode({"id": "evt_1", "type": "nothing", "created_at": NOW, "data": {}})
    await post.bring(body, "evt_1")
    await post.bring(b"[", "evt_2")
    assert sorted(state for state, _ in await post.applied()) == ["ignored", "quarantined"]
    await inbox.forget(db, utc_now() + timedelta(days=89))
    assert [row["body"] for row in await db.fetch("SELECT body FROM billing_webhook ORDER BY id")] == [body, b"["]
    await inbox.forget(db, utc_now() + timedelta(days=91))
    assert [row["body"] for row in await db.fetch("SELECT body FROM billing_webhook ORDER BY id")] == [b"", b"["]
    assert not await post.bring(body, "evt_3")
    async with db.begin() as uow:
        forgotten = next(view for view in await inbox.listed(uow, "ignored", most=10) if not view.body)
        with pytest.raises(StateForbids):
            await inbox.replay(uow, forgotten.id)


async def test_every_process_tells_how_many_webhooks_a_person_has_to_look_at(
    client: httpx.AsyncClient, user_id: UUID, post: Deliveries
) -> None:
    figure = 'lyceum_webhooks_open{provider="fake",state="%s"}'
    assert f"{figure % 'quarantined'} 0.0" in (await client.get("/metrics")).text
    await post.bring(b"[", "evt_1")
    assert f"{figure % 'received'} 1.0" in (await client.get("/metrics")).text
    await post.applied()
    found = (await client.get("/metrics")).text
    assert f"{figure % 'received'} 0.0" in found
    assert f"{figure % 'quarantined'} 1.0" in found
