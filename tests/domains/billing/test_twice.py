"""What nearly happens twice: pages, orders and refunds for one wish, and answers that contradict each other."""

import asyncio
import logging
from datetime import timedelta
from uuid import UUID

import httpx
import msgspec
import pytest

from conftest import Crank
from domains.billing import api as billing
from domains.billing.errors import ProviderAway, StateForbids
from domains.billing.models import OrderRow, PriceRow
from domains.billing.policy.seen import DisputeSeen, PaymentSeen, RefundSeen
from domains.billing.providers.fake import FakeProvider
from domains.billing.providers.port import Checkout, CheckoutWanted, Providers
from domains.billing.service import checkout, dunning, effects, inbox, reconcile, refunds, till
from domains.billing.service.checkout import Wish
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.people import Learner, register
from factories.plans import begin, put_plan
from factories.shop import put_on_sale


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


@pytest.fixture
async def staff(client: httpx.AsyncClient, db: Database) -> Learner:
    found = await register(client, "Grace")
    await db.fetch("INSERT INTO identity_user_role (user_id, role) VALUES ($1, 'support')", found.id)
    return found


async def wish(db: Database, ada: Learner, **more: object) -> Wish:
    on_sale = await put_on_sale(db, billing.course_key(new_id()))
    return Wish(user_id=ada.id, product_id=on_sale.product_id, kind="purchase", **more)  # type: ignore[arg-type]


async def pay(db: Database, ref: str) -> str:
    """What the page says then."""
    async with db.begin() as uow:
        found = await till.pay(uow, ref, "good", utc_now())
    assert found is not None
    return found.page.state


async def paid(db: Database, ada: Learner, crank: Crank) -> UUID:
    begun = await checkout.begin(db, await wish(db, ada), utc_now())
    assert begun.checkout is not None
    await pay(db, begun.checkout.ref)
    await crank.jobs()
    return begun.order.id


async def hear(db: Database, seen: DisputeSeen | PaymentSeen | RefundSeen) -> None:
    async with db.begin() as uow:
        await inbox.apply(uow, [seen], "fake", 0, utc_now())


# ---- pages and orders


async def test_a_page_that_opens_after_its_order_was_given_up_is_closed(
    db: Database, ada: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    open_checkout = FakeProvider.open_checkout

    async def slowly(provider: FakeProvider, db: Database, wanted: CheckoutWanted) -> Checkout:
        found = await open_checkout(provider, db, wanted)
        opened.append(found.ref)
        await checkout.give_up(db, wanted.order_id, ada.id, utc_now())
        return found

    monkeypatch.setattr(FakeProvider, "open_checkout", slowly)
    wanted = await wish(db, ada)
    with pytest.raises(StateForbids):
        await checkout.begin(db, wanted, utc_now())
    assert await pay(db, opened[0]) == "expired"


async def test_the_same_thing_in_another_country_is_another_wish(db: Database, ada: Learner) -> None:
    on_sale = await put_on_sale(db, "offline")
    there = PriceRow(id=new_id(), product_id=on_sale.product_id, currency="EUR", amount_minor=500, country="IN")
    async with db.begin() as uow:
        uow.session.add(there)
    totals = [
        (
            await checkout.begin(
                db, Wish(user_id=ada.id, product_id=on_sale.product_id, kind="purchase", country=where), utc_now()
            )
        ).order.total_minor
        for where in ("IN", "DE", None)
    ]
    assert totals == [500, 1999, 1999]


async def test_where_everything_is_paid_on_a_page_asking_for_one_is_no_other_wish(db: Database, ada: Learner) -> None:
    wanted = await wish(db, ada)
    found = [
        await checkout.begin(db, msgspec.structs.replace(wanted, hosted=hosted), utc_now())
        for hosted in (True, False, True)
    ]
    assert len({one.order.id for one in found}) == 1
    assert all(one.checkout is not None and one.checkout.url for one in found)


async def test_what_was_paid_on_two_pages_is_an_alarm(
    db: Database, ada: Learner, crank: Crank, caplog: pytest.LogCaptureFixture
) -> None:
    wanted = await wish(db, ada)
    first = await checkout.begin(db, wanted, utc_now())
    async with db.begin() as uow:
        # As at a provider that cannot close a page.
        await effects.give_up(uow, first.order.id, utc_now())
    second = await checkout.begin(db, wanted, utc_now())
    assert first.checkout is not None
    assert second.checkout is not None
    with caplog.at_level(logging.ERROR):
        assert await pay(db, second.checkout.ref) == "paid"
        await crank.jobs()
        assert "had bought before" not in caplog.text
        assert await pay(db, first.checkout.ref) == "paid"
        await crank.jobs()
    assert f"order {first.order.id} pays for product" in caplog.text


async def test_of_different_wishes_at_once_one_page_stays_open(db: Database, ada: Learner) -> None:
    on_sale = await put_on_sale(db, "offline", kind="seats")
    wishes = [
        Wish(user_id=ada.id, product_id=on_sale.product_id, kind="seats", quantity=1 + number % 3)
        for number in range(9)
    ]
    found = await asyncio.gather(*(checkout.begin(db, wanted, utc_now()) for wanted in wishes), return_exceptions=True)
    assert {type(one) for one in found} <= {checkout.Begun, StateForbids}
    [pages] = await db.fetch(
        "SELECT count(*) FROM billing_fake_object WHERE kind = 'checkout' AND data->>'state' = 'open'"
    )
    assert pages["count"] == 1


async def test_two_subscriptions_to_one_plan_are_an_alarm(
    db: Database, ada: Learner, crank: Crank, caplog: pytest.LogCaptureFixture
) -> None:
    plan = await put_plan(db, "courses:*")
    first = await begin(ada, plan)
    async with db.begin() as uow:
        await effects.give_up(uow, UUID(first["id"]), utc_now())
    second = await begin(ada, plan)
    for begun in (first, second):
        assert "goes on" not in caplog.text
        assert await pay(db, begun["checkout"]["ref"]) == "paid"
        await crank.jobs()
    assert "to the same product goes on" in caplog.text


async def test_what_the_browser_confirms_before_we_know_of_it_is_left_to_the_webhook(
    db: Database, ada: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = await checkout.begin(db, await wish(db, ada), utc_now())
    assert begun.checkout is not None

    async def confirm(*_: object, **__: object) -> list[PaymentSeen]:
        return [
            PaymentSeen(
                payment_ref="pay_1", status="captured", amount_minor=1, currency="EUR", subscription_ref="sub_unknown"
            )
        ]

    monkeypatch.setattr(FakeProvider, "confirm", confirm, raising=False)
    body = {"payment_ref": "pay_1", "order_ref": begun.checkout.ref, "signature": "s"}
    answer = await ada.post(f"/payments/{begun.order.id}/confirm", body)
    assert (answer.status_code, answer.json()["order"]["state"]) == (200, "pending")


async def test_nobody_subscribes_again_while_the_paid_subscription_is_not_known_yet(db: Database, ada: Learner) -> None:
    plan = await put_plan(db, "courses:*")
    begun = await begin(ada, plan)
    first = PaymentSeen(
        payment_ref="pay_1", status="captured", amount_minor=900, currency="EUR", order_id=UUID(begun["id"])
    )
    await hear(db, first)
    again = await ada.post("/subscriptions", {"product_id": str(plan.product_id)})
    assert (again.status_code, again.json()["code"]) == (409, "billing.already_owned")


# ---- refunds


async def test_a_key_that_comes_again_with_another_amount_is_refused(
    db: Database, ada: Learner, staff: Learner, crank: Crank
) -> None:
    path = f"/payments/{await paid(db, ada, crank)}/refund"
    first = await staff.post(path, {"amount_minor": 100, "reason": "late"}, key="k")
    again = await staff.post(path, {"amount_minor": 100, "reason": "late"}, key="k")
    assert again.json() == first.json()
    other = await staff.post(path, {"amount_minor": 700, "reason": "late"}, key="k")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency.key_reused")


async def test_two_refunds_at_the_provider_under_one_id_of_ours_are_both_counted(
    db: Database, ada: Learner, crank: Crank
) -> None:
    order_id = await paid(db, ada, crank)
    [made] = await refunds.refund(db, order_id, amount_minor=500, reason="", by=ada.id, key=None, now=utc_now())
    twin = RefundSeen(
        refund_ref="re_twin",
        payment_ref=made.payment_ref,
        status="succeeded",
        amount_minor=500,
        currency="EUR",
        own_id=made.id,
    )
    for _ in range(2):
        await hear(db, twin)
    assert (await ada.get(f"/payments/{order_id}")).json()["order"]["refunded_minor"] == 1000


async def test_a_refund_of_another_amount_than_we_asked_for_is_set_aside(
    db: Database, ada: Learner, crank: Crank, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    order_id = await paid(db, ada, crank)

    async def generously(_: FakeProvider, db: Database, **asked: object) -> RefundSeen:
        return RefundSeen(
            refund_ref="re_1",
            payment_ref=str(asked["payment_ref"]),
            status="succeeded",
            amount_minor=700,
            currency="EUR",
            own_id=UUID(str(asked["refund_id"])),
        )

    monkeypatch.setattr(FakeProvider, "refund", generously)
    [made] = await refunds.refund(db, order_id, amount_minor=500, reason="", by=ada.id, key=None, now=utc_now())
    assert (made.status, made.amount_minor) == ("requested", 500)
    assert f"refund {made.id} needs a person" in caplog.text


async def test_what_a_dispute_holds_or_has_taken_is_not_given_back_as_well(
    db: Database, ada: Learner, staff: Learner, crank: Crank
) -> None:
    path = f"/payments/{await paid(db, ada, crank)}/refund"
    [row] = await db.fetch("SELECT payment_ref FROM billing_payment")
    for status, dispute_ref, amount_minor, code in (
        ("open", "dp_1", 1500, 400),
        ("lost", "dp_1", 1500, 400),
        ("won", "dp_2", 499, 200),
    ):
        seen = DisputeSeen(
            dispute_ref=dispute_ref,
            payment_ref=row["payment_ref"],
            status=status,  # type: ignore[arg-type]
            amount_minor=amount_minor,
            currency="EUR",
        )
        await hear(db, seen)
        answer = await staff.post(path, {"amount_minor": 499 if code == 200 else 500, "reason": "late"})
        assert answer.status_code == code, answer.text
    assert (await staff.post(path, {"reason": "all"})).status_code == 400


async def test_refunds_of_a_provider_that_is_gone_keep_no_others_waiting(
    db: Database, ada: Learner, crank: Crank
) -> None:
    order_id = await paid(db, ada, crank)
    [row] = await db.fetch("SELECT payment_ref FROM billing_payment")
    for provider, ref in (("gone", "pay_x"), ("fake", row["payment_ref"])):
        await db.fetch(
            "INSERT INTO billing_refund (id, provider, payment_ref, status, amount_minor, currency, created_at)"
            " VALUES ($1, $2, $3, 'requested', 700, 'EUR', now() - interval '1 minute')",
            new_id(),
            provider,
            ref,
        )
    await refunds.send_waiting(db, utc_now())
    assert (await ada.get(f"/payments/{order_id}")).json()["order"]["refunded_minor"] == 700


# ---- comparing


async def test_one_provider_that_cannot_be_compared_keeps_no_others_from_it(
    db: Database, ada: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        name = "broken"

        def history(self, *_: object) -> object:
            raise RuntimeError("a bug")

    providers = db.port(Providers)
    monkeypatch.setattr(providers, "_found", {"broken": Broken(), **{one.name: one for one in providers}})
    begun = await checkout.begin(db, await wish(db, ada, provider="fake"), utc_now())
    assert begun.checkout is not None
    await pay(db, begun.checkout.ref)
    await reconcile.run_if_due(db, utc_now() + timedelta(minutes=1))
    assert (await ada.get(f"/payments/{begun.order.id}")).json()["order"]["state"] == "paid"


@pytest.mark.parametrize("odd", [ValueError("odd"), ProviderAway("away")])
async def test_one_odd_thing_at_the_provider_does_not_end_a_comparison(
    db: Database, ada: Learner, monkeypatch: pytest.MonkeyPatch, odd: Exception
) -> None:
    begun = await checkout.begin(db, await wish(db, ada), utc_now())
    assert begun.checkout is not None

    async def look_up(*_: object) -> object:
        raise odd

    monkeypatch.setattr(FakeProvider, "look_up", look_up)
    found = await reconcile.run(db, "fake", utc_now() - timedelta(days=1), utc_now() + timedelta(minutes=1))
    assert [difference.ref for difference in found.differences] == [begun.checkout.ref]


async def test_a_page_whose_closing_was_cut_off_is_closed_by_the_clock(
    db: Database, ada: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_sale = await put_on_sale(db, "offline", kind="seats")
    first = await checkout.begin(
        db, Wish(user_id=ada.id, product_id=on_sale.product_id, kind="seats", quantity=1), utc_now()
    )
    other = Wish(user_id=ada.id, product_id=on_sale.product_id, kind="seats", quantity=2)

    async def cut(*_: object) -> None:
        raise ProviderAway

    with monkeypatch.context() as patched:
        patched.setattr(FakeProvider, "close_checkout", cut)
        with pytest.raises(ProviderAway):
            await checkout.begin(db, other, utc_now())
    await dunning.give_up_orders(db, utc_now())
    async with db.begin() as uow:
        given_up = await uow.session.get_one(OrderRow, first.order.id)
    assert given_up.state == "void"
    second = await checkout.begin(db, other, utc_now())
    assert second.checkout is not None
    rows = await db.fetch("SELECT data->>'state' AS state, ref FROM billing_fake_object WHERE kind = 'checkout'")
    assert {row["ref"] for row in rows if row["state"] == "open"} == {second.checkout.ref}


async def test_while_a_debit_is_on_its_way_nothing_else_is_begun_or_given_up(db: Database, ada: Learner) -> None:
    wanted = await wish(db, ada)
    begun = await checkout.begin(db, wanted, utc_now())
    under_way = PaymentSeen(
        payment_ref="pay_slow", status="authorised", amount_minor=1999, currency="EUR", order_id=begun.order.id
    )
    async with db.begin() as uow:
        await inbox.apply(uow, [under_way], "fake", 0, utc_now())
    with pytest.raises(StateForbids, match="on its way"):
        await checkout.begin(db, wanted, utc_now())
    with pytest.raises(StateForbids, match="on its way"):
        await checkout.give_up(db, begun.order.id, ada.id, utc_now())
