"""What follows from an order that is paid once: access, gifts, seats, and the way back."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domains.billing import api as billing
from domains.billing.models import OrderRow
from domains.billing.policy.keys import course_key
from domains.billing.repository import orders
from domains.billing.service import seats
from domains.kernel import codes
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.people import Learner, register
from factories.shop import OnSale, put_on_sale

KEY = course_key(new_id())


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    """Who buys."""
    return await register(client)


@pytest.fixture
async def bob(client: httpx.AsyncClient) -> Learner:
    return await register(client, "Bob")


@pytest.fixture
async def eve(client: httpx.AsyncClient) -> Learner:
    return await register(client, "Eve")


async def ordered(
    db: Database, buyer: Learner, sold: OnSale, kind: str, *, quantity: int = 1, paid_at: datetime | None = None
) -> UUID:
    """A paid order, nothing of which has been settled."""
    order_id = new_id()
    async with db.begin() as uow:
        uow.session.add(
            OrderRow(
                id=order_id,
                user_id=buyer.id,
                product_id=sold.product_id,
                price_id=sold.price_id,
                kind=kind,
                provider="fake",
                state="paid",
                quantity=quantity,
                currency="EUR",
                list_minor=1999 * quantity,
                discount_minor=0,
                tax_minor=0,
                total_minor=1999 * quantity,
                paid_at=paid_at or datetime.now(UTC),
            )
        )
    return order_id


async def settle(db: Database, order_id: UUID, *, access: bool) -> None:
    async with db.begin() as uow:
        order = await orders.order(uow.session, order_id, lock=True)
        assert order is not None
        product = await orders.product(uow.session, order.product_id)
        await seats.settle_order(uow, order, product, access=access, now=datetime.now(UTC))


async def bought(db: Database, buyer: Learner, kind: str, *, days: int | None = None, **fields: Any) -> UUID:
    """An order whose access has been settled."""
    order_id = await ordered(db, buyer, await put_on_sale(db, KEY, kind=kind, duration_days=days), kind, **fields)
    await settle(db, order_id, access=True)
    return order_id


async def may(db: Database, *people: Learner) -> list[bool]:
    return [await billing.entitled(db, person.id, KEY) for person in people]


async def code(buyer: Learner, order_id: UUID) -> str:
    answer = await buyer.get(f"/payments/{order_id}/code")
    assert answer.status_code == 200, answer.text
    found: str = answer.json()["code"]
    return found


async def redeem(person: Learner, text: str) -> httpx.Response:
    return await person.post("/codes/redeem", {"code": text})


async def entitlements(person: Learner) -> list[tuple[str, str, str | None]]:
    return [(row["key"], row["source"], row["ends_at"]) for row in (await person.get("/entitlements")).json()]


# ---- purchases


async def test_a_purchase_opens_what_was_sold_and_a_refund_closes_it(db: Database, ada: Learner) -> None:
    order_id = await bought(db, ada, "purchase")
    assert await entitlements(ada) == [(KEY, "purchase", None)]
    assert await may(db, ada) == [True]
    await settle(db, order_id, access=False)
    assert (await entitlements(ada), await may(db, ada)) == ([], [False])
    await settle(db, order_id, access=True)
    assert (await entitlements(ada), await may(db, ada)) == ([(KEY, "purchase", None)], [True])


async def test_a_purchase_for_some_days_ends_that_long_after_its_payment(db: Database, ada: Learner) -> None:
    paid_at = datetime.now(UTC) - timedelta(days=10)
    await bought(db, ada, "purchase", days=30, paid_at=paid_at)
    [(_, _, ends_at)] = await entitlements(ada)
    assert ends_at is not None
    assert datetime.fromisoformat(ends_at) == paid_at + timedelta(days=30)
    await bought(db, ada, "purchase", days=5, paid_at=paid_at)
    assert len(await entitlements(ada)) == 1


async def test_a_change_of_the_product_changes_nothing_that_was_sold(db: Database, ada: Learner) -> None:
    order_id = await bought(db, ada, "purchase")
    await db.fetch("UPDATE billing_product SET keys = ARRAY['offline'], duration_days = 1")
    for access in (True, False, True):
        await settle(db, order_id, access=access)
    assert {key for key, _, _ in await entitlements(ada)} == {KEY}


async def test_what_has_run_out_stays_over_when_the_product_is_sold_for_longer(db: Database, ada: Learner) -> None:
    order_id = await bought(db, ada, "purchase", days=30, paid_at=datetime.now(UTC) - timedelta(days=40))
    await db.fetch("UPDATE billing_product SET duration_days = 365")
    for access in (True, False, True):
        await settle(db, order_id, access=access)
        assert await may(db, ada) == [False]


async def test_of_two_purchases_of_one_course_a_refund_leaves_the_other(db: Database, ada: Learner) -> None:
    first, second = await bought(db, ada, "purchase"), await bought(db, ada, "purchase")
    await settle(db, first, access=False)
    assert await may(db, ada) == [True]
    await settle(db, second, access=False)
    assert await may(db, ada) == [False]


# ---- gifts


async def test_a_gift_is_for_whoever_redeems_its_code_and_once(
    db: Database, client: httpx.AsyncClient, ada: Learner, bob: Learner
) -> None:
    eve = await register(client, "Eve")
    order_id = await bought(db, ada, "gift")
    assert await may(db, ada, bob) == [False, False]
    gift = await code(ada, order_id)
    first = await redeem(bob, f"  {gift.lower().replace('-', ' ')} ")
    assert first.status_code == 200, first.text
    assert (first.json()["kind"], first.json()["keys"], first.json()["ends_at"]) == ("gift", [KEY], None)
    assert (await redeem(bob, gift)).json() == first.json()
    late = await redeem(eve, gift)
    assert (late.status_code, late.json()["code"]) == (400, "billing.code_refused")
    assert await may(db, ada, bob, eve) == [False, True, False]
    assert (await ada.get(f"/payments/{order_id}/code")).json()["usable"] is False


async def test_the_days_of_a_gift_count_from_its_redemption(db: Database, ada: Learner, bob: Learner) -> None:
    order_id = await bought(db, ada, "gift", days=7, paid_at=datetime.now(UTC) - timedelta(days=30))
    ends_at = datetime.fromisoformat((await redeem(bob, await code(ada, order_id))).json()["ends_at"])
    assert timedelta(days=6) < ends_at - datetime.now(UTC) <= timedelta(days=7)


async def test_a_gift_whose_money_went_back_opens_nothing_until_it_comes_again(
    db: Database, ada: Learner, bob: Learner
) -> None:
    order_id = await bought(db, ada, "gift", days=7)
    gift = await code(ada, order_id)
    await settle(db, order_id, access=False)
    assert (await redeem(bob, gift)).json()["code"] == "billing.code_refused"
    await settle(db, order_id, access=True)
    given = (await redeem(bob, gift)).json()
    await settle(db, order_id, access=False)
    assert await may(db, bob) == [False]
    await settle(db, order_id, access=True)
    assert await may(db, bob) == [True]
    assert (await entitlements(bob))[0][2] == given["ends_at"]
    assert await code(ada, order_id) == gift


async def test_a_gift_is_not_wasted_on_somebody_who_has_it_for_ever(db: Database, ada: Learner, bob: Learner) -> None:
    await bought(db, bob, "purchase")
    gift = await code(ada, await bought(db, ada, "gift"))
    answer = await redeem(bob, gift)
    assert (answer.status_code, answer.json()["code"]) == (409, "billing.already_owned")
    assert (await redeem(ada, gift)).status_code == 200


async def test_of_many_who_redeem_a_gift_at_once_one_gets_it(
    db: Database, client: httpx.AsyncClient, ada: Learner
) -> None:
    people = [await register(client, f"P{n}") for n in range(6)]
    gift = await code(ada, await bought(db, ada, "gift"))
    answers = await asyncio.gather(*(redeem(person, gift) for person in people))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400, 400, 400]
    assert sum(await may(db, *people)) == 1


# ---- seats


async def test_seats_are_assigned_by_address_and_taken_with_the_code(
    db: Database, client: httpx.AsyncClient, ada: Learner
) -> None:
    bob = await register(client, "Bob", email="bob@example.org")
    eve, mia = await register(client, "Eve"), await register(client, "Mia")
    order_id = await bought(db, ada, "seats", quantity=2)
    for _ in range(2):
        answer = await ada.post(f"/payments/{order_id}/seats", {"email": " BOB@example.org"})
        assert answer.status_code == 200, answer.text
    joined = await redeem(eve, await code(ada, order_id))
    assert (joined.status_code, joined.json()["kind"]) == (200, "seats")
    full = await redeem(mia, await code(ada, order_id))
    assert (full.status_code, full.json()["code"]) == (409, "billing.no_seat_left")
    shown = (await ada.get(f"/payments/{order_id}/seats")).json()
    assert [seat["name"] for seat in shown["seats"]] == ["Bob", "Eve"]
    assert (shown["quantity"], shown["taken"], shown["closed"]) == (2, 2, False)
    assert await may(db, ada, bob, eve, mia) == [False, True, True, False]


async def test_a_freed_seat_is_for_somebody_else_and_takes_only_what_it_gave(
    db: Database, client: httpx.AsyncClient, ada: Learner, bob: Learner
) -> None:
    eve = await register(client, "Eve")
    order_id = await bought(db, ada, "seats", quantity=1)
    await bought(db, bob, "purchase")
    text = await code(ada, order_id)
    await redeem(bob, text)
    for _ in range(2):
        freed = await ada.http.delete(f"/api/v1/payments/{order_id}/seats/{bob.id}", headers=ada.headers)
        assert freed.status_code == 204
    assert [source for _, source, _ in await entitlements(bob)] == ["purchase"]
    assert (await redeem(eve, text)).status_code == 200
    assert (await redeem(bob, text)).json()["code"] == "billing.code_refused"


async def test_who_was_taken_off_comes_back_through_the_buyer(
    db: Database, client: httpx.AsyncClient, ada: Learner
) -> None:
    bob = await register(client, "Bob", email="bob@example.org")
    order_id = await bought(db, ada, "seats", quantity=1)
    await redeem(bob, await code(ada, order_id))
    await ada.http.delete(f"/api/v1/payments/{order_id}/seats/{bob.id}", headers=ada.headers)
    assert await may(db, bob) == [False]
    await ada.post(f"/payments/{order_id}/seats", {"email": "bob@example.org"})
    assert await may(db, bob) == [True]


async def test_a_dispute_closes_all_seats_and_its_end_opens_those_that_are_still_taken(
    db: Database, client: httpx.AsyncClient, ada: Learner, bob: Learner
) -> None:
    eve, mia = await register(client, "Eve"), await register(client, "Mia", email="mia@example.org")
    order_id = await bought(db, ada, "seats", quantity=3)
    text = await code(ada, order_id)
    for person in (bob, eve):
        await redeem(person, text)
    await settle(db, order_id, access=False)
    assert await may(db, bob, eve) == [False, False]
    refused = await ada.post(f"/payments/{order_id}/seats", {"email": "mia@example.org"})
    assert (refused.status_code, refused.json()["code"]) == (409, "billing.state_forbids")
    assert (await redeem(mia, text)).json()["code"] == "billing.code_refused"
    await ada.http.delete(f"/api/v1/payments/{order_id}/seats/{eve.id}", headers=ada.headers)
    await settle(db, order_id, access=True)
    assert await may(db, bob, eve, mia) == [True, False, False]


async def test_the_days_of_seats_count_from_the_payment(db: Database, ada: Learner, bob: Learner) -> None:
    paid_at = datetime.now(UTC) - timedelta(days=3)
    order_id = await bought(db, ada, "seats", days=10, paid_at=paid_at)
    given = (await redeem(bob, await code(ada, order_id))).json()
    assert datetime.fromisoformat(given["ends_at"]) == paid_at + timedelta(days=10)


async def test_seats_are_not_overbooked_however_many_come_at_once(
    db: Database, client: httpx.AsyncClient, ada: Learner
) -> None:
    people = [await register(client, f"P{n}", email=f"p{n}@example.org") for n in range(8)]
    order_id = await bought(db, ada, "seats", quantity=3)
    text = await code(ada, order_id)
    by_code = [redeem(person, text) for person in people]
    by_address = [ada.post(f"/payments/{order_id}/seats", {"email": f"p{n}@example.org"}) for n in range(8)]
    answers = await asyncio.gather(*by_code, *by_address)
    assert {answer.status_code for answer in answers} == {200, 409}
    assert sum(await may(db, *people)) == 3
    assert (await ada.get(f"/payments/{order_id}/seats")).json()["taken"] == 3


async def test_the_code_and_the_seats_of_somebody_else_are_not_there(db: Database, ada: Learner, bob: Learner) -> None:
    order_id = await bought(db, ada, "seats")
    answers = [
        await bob.get(f"/payments/{order_id}/code"),
        await bob.get(f"/payments/{order_id}/seats"),
        await bob.post(f"/payments/{order_id}/seats", {"email": "bob@example.org"}),
        await bob.http.delete(f"/api/v1/payments/{order_id}/seats/{ada.id}", headers=bob.headers),
        await ada.get(f"/payments/{new_id()}/code"),
        await ada.get(f"/payments/{await bought(db, ada, 'purchase')}/code"),
        await ada.get(f"/payments/{await bought(db, ada, 'gift')}/seats"),
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(404, "billing.order_not_found")}


async def test_before_the_payment_there_is_no_code(db: Database, ada: Learner) -> None:
    order_id = await ordered(db, ada, await put_on_sale(db, KEY, kind="gift"), "gift")
    await settle(db, order_id, access=False)
    answer = await ada.get(f"/payments/{order_id}/code")
    assert (answer.status_code, answer.json()["code"]) == (409, "billing.state_forbids")


# ---- codes


async def test_ten_wrong_codes_an_hour_and_then_also_the_right_one_has_to_wait(
    db: Database, ada: Learner, bob: Learner
) -> None:
    gift = await code(ada, await bought(db, ada, "gift"))
    wrong = [await redeem(bob, f"{gift[:-1]}{n}") for n in (0, 1, 2, 5, 8)] + [
        await redeem(bob, text) for text in ("x", "\u0000", "-", "é" * 50, "'; --")
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in wrong} == {(400, "billing.code_refused")}
    blocked = await redeem(bob, gift)
    assert (blocked.status_code, blocked.json()["code"]) == (429, "billing.too_many_guesses")
    assert 3500 < int(blocked.headers["retry-after"]) <= 3600
    assert (await redeem(ada, gift)).status_code == 200


async def test_what_was_right_or_full_is_no_guess(db: Database, client: httpx.AsyncClient, ada: Learner) -> None:
    people = [await register(client, f"P{n}") for n in range(2)]
    text = await code(ada, await bought(db, ada, "seats", quantity=1))
    for _ in range(12):
        assert {(await redeem(person, text)).status_code for person in people} == {200, 409}


async def test_addresses_cannot_be_tried_out_through_seats(db: Database, ada: Learner, bob: Learner) -> None:
    order_id = await bought(db, ada, "seats", quantity=5)
    path = f"/payments/{order_id}/seats"
    tried = [await ada.post(path, {"email": f"nobody{n}@example.org"}) for n in range(10)]
    assert {answer.json()["code"] for answer in tried} == {"billing.person_not_found"}
    assert (await ada.post(path, {"email": "nobody@example.org"})).status_code == 429


async def test_codes_are_long_and_differ(db: Database, ada: Learner) -> None:
    found = {await code(ada, await bought(db, ada, "gift")) for _ in range(5)}
    assert len(found) == 5
    assert len(codes.ALPHABET) ** seats.CODE_LETTERS >= 2**80
    for text in found:
        assert len(codes.normal(text)) == seats.CODE_LETTERS
        assert set(text) <= {*codes.ALPHABET, "-"}


# ---- any order of what happens


@given(
    st.lists(
        st.sampled_from(["lost", "back", "join bob", "join eve", "free bob", "free eve", "assign bob", "assign eve"]),
        max_size=12,
    )
)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_who_has_a_seat_of_paid_seats_has_access_and_nobody_else(
    db: Database, ada: Learner, bob: Learner, eve: Learner, happened: list[str]
) -> None:
    people = {"bob": bob, "eve": eve}
    key = course_key(new_id())
    order_id = await ordered(db, ada, await put_on_sale(db, key, kind="seats"), "seats")
    await settle(db, order_id, access=True)
    text = await code(ada, order_id)
    paid, seated, removed = True, set[str](), set[str]()
    for step in happened:
        what, _, name = step.partition(" ")
        if what in {"lost", "back"}:
            paid = what == "back"
            await settle(db, order_id, access=paid)
        elif what == "free":
            await ada.http.delete(f"/api/v1/payments/{order_id}/seats/{people[name].id}", headers=ada.headers)
            if name in seated:
                seated.remove(name)
                removed.add(name)
        elif what == "join":
            answer = await redeem(people[name], text)
            fits = paid and name not in removed and (name in seated or not seated)
            assert (answer.status_code == 200) == fits
            seated |= {name} if fits else set()
            await db.fetch("DELETE FROM billing_coupon_guess")
        else:
            [row] = await db.fetch("SELECT email FROM identity_user WHERE id = $1", people[name].id)
            answer = await ada.post(f"/payments/{order_id}/seats", {"email": row["email"]})
            fits = paid and (name in seated or not seated)
            assert (answer.status_code == 200) == fits
            if fits:
                seated.add(name)
                removed.discard(name)
        entitled = {name for name, person in people.items() if await billing.entitled(db, person.id, key)}
        assert entitled == (seated if paid else set())
