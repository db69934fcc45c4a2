"""Coupons: reserved, consumed, released, and never more often than they may be, nor found by trying."""

import asyncio
import random
from collections import Counter
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from domains.billing.errors import CouponRefused, TooManyGuesses
from domains.billing.models import CouponRow, CouponUseRow, OrderRow
from domains.billing.policy.catalogue import CouponTerms
from domains.billing.policy.coupons import MOST_GUESSES, Uses
from domains.billing.repository import coupons as repository
from domains.billing.service import catalogue, coupons
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.people import Learner, register
from factories.shop import OnSale, put_on_sale

HOUR = timedelta(hours=1)


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


@pytest.fixture
async def sale(db: Database) -> OnSale:
    return await put_on_sale(db, "offline", amount_minor=2000)


async def coupon(db: Database, code: str = "SAVE25", **terms: object) -> UUID:
    worth: dict[str, object] = {} if "amount_minor" in terms else {"percent_bp": 2500}
    async with db.begin() as uow:
        return (await catalogue.create_coupon(uow, CouponTerms(code, **worth | terms))).id  # type: ignore[arg-type]


async def an_order(db: Database, user_id: UUID, sale: OnSale, **fields: object) -> UUID:
    row = OrderRow(
        id=new_id(),
        user_id=user_id,
        product_id=sale.product_id,
        price_id=sale.price_id,
        kind="purchase",
        provider="fake",
        currency="EUR",
        list_minor=2000,
        discount_minor=500,
        tax_minor=0,
        total_minor=1500,
        **fields,
    )
    async with db.begin() as uow:
        uow.session.add(row)
    return row.id


async def reserve(db: Database, coupon_id: UUID, user_id: UUID, order_id: UUID, *, ends_in: timedelta = HOUR) -> None:
    async with db.begin() as uow:
        await coupons.reserve(uow, coupon_id, user_id, order_id, utc_now() + ends_in)


async def counted(db: Database, coupon_id: UUID, user_id: UUID) -> Uses:
    async with db.begin() as uow:
        row = await uow.session.get_one(CouponRow, coupon_id)
        return await repository.uses(uow.session, row, user_id, utc_now())


async def try_code(
    db: Database, user_id: UUID, sale: OnSale, code: str, *, later: timedelta = timedelta()
) -> CouponRow:
    async with db.begin() as uow:
        return await coupons.usable(
            uow, code=code, user_id=user_id, product_id=sale.product_id, currency="EUR", now=utc_now() + later
        )


# ---- limits


async def test_of_fifty_orders_at_once_ten_get_the_ten_uses(
    db: Database, client: httpx.AsyncClient, sale: OnSale
) -> None:
    coupon_id = await coupon(db, most_uses=10)
    people = [await register(client) for _ in range(5)]
    async with db.begin() as uow:
        (await uow.session.get_one(CouponRow, coupon_id)).most_uses_per_person = None

    async def order(number: int) -> str:
        user_id = people[number % len(people)].id
        try:
            async with db.begin() as uow:
                row = OrderRow(
                    id=new_id(),
                    user_id=user_id,
                    product_id=sale.product_id,
                    price_id=sale.price_id,
                    coupon_id=coupon_id,
                    kind="purchase",
                    provider="fake",
                    currency="EUR",
                    list_minor=2000,
                    discount_minor=500,
                    tax_minor=0,
                    total_minor=1500,
                )
                uow.session.add(row)
                # The order refers to the coupon before it is locked: two that do so must not wait for each other.
                await uow.session.flush()
                await coupons.reserve(uow, coupon_id, user_id, row.id, utc_now() + HOUR)
        except CouponRefused:
            return "refused"
        return "reserved"

    assert Counter(await asyncio.gather(*map(order, range(50)))) == {"reserved": 10, "refused": 40}
    assert (await counted(db, coupon_id, people[0].id)).everyone == 10


async def test_one_person_has_as_many_uses_as_are_for_one_person(db: Database, ada: Learner, sale: OnSale) -> None:
    coupon_id = await coupon(db, most_uses_per_person=2)
    for _ in range(2):
        await reserve(db, coupon_id, ada.id, await an_order(db, ada.id, sale))
    with pytest.raises(CouponRefused):
        await reserve(db, coupon_id, ada.id, await an_order(db, ada.id, sale))
    bob = await register(ada.http, "Bob")
    await reserve(db, coupon_id, bob.id, await an_order(db, bob.id, sale))


async def test_a_use_is_set_aside_once_for_an_order_however_often_it_is_asked(
    db: Database, ada: Learner, sale: OnSale
) -> None:
    coupon_id = await coupon(db, most_uses=1)
    order_id = await an_order(db, ada.id, sale)
    for _ in range(3):
        await reserve(db, coupon_id, ada.id, order_id)
    assert (await counted(db, coupon_id, ada.id)).everyone == 1
    for step in (coupons.consume, coupons.consume, coupons.release):
        async with db.begin() as uow:
            await step(uow, order_id)
    await reserve(db, coupon_id, ada.id, order_id)
    assert (await counted(db, coupon_id, ada.id)).everyone == 1
    async with db.begin() as uow:
        use = await repository.use_of_order(uow.session, order_id)
        assert use is not None
        assert use.state == "consumed"


async def test_what_is_released_or_ran_out_is_free_again(db: Database, ada: Learner, sale: OnSale) -> None:
    coupon_id = await coupon(db, most_uses=1)
    first, second, third = [await an_order(db, ada.id, sale) for _ in range(3)]
    await reserve(db, coupon_id, ada.id, first)
    with pytest.raises(CouponRefused):
        await reserve(db, coupon_id, ada.id, second)
    async with db.begin() as uow:
        await coupons.release(uow, first)
    await reserve(db, coupon_id, ada.id, second, ends_in=-timedelta(seconds=1))
    await reserve(db, coupon_id, ada.id, third)
    with pytest.raises(CouponRefused):
        await reserve(db, coupon_id, ada.id, second)


async def test_a_payment_after_the_release_counts_the_use_again(db: Database, ada: Learner, sale: OnSale) -> None:
    coupon_id = await coupon(db, most_uses=1, most_uses_per_person=None)
    late, other = await an_order(db, ada.id, sale), await an_order(db, ada.id, sale)
    await reserve(db, coupon_id, ada.id, late)
    async with db.begin() as uow:
        await coupons.release(uow, late)
    async with db.begin() as uow:
        await coupons.consume(uow, late)
    assert (await counted(db, coupon_id, ada.id)).everyone == 1
    with pytest.raises(CouponRefused):
        await reserve(db, coupon_id, ada.id, other)


async def test_an_order_without_a_coupon_is_paid_and_given_up_quietly(db: Database) -> None:
    async with db.begin() as uow:
        await coupons.consume(uow, new_id())
        await coupons.release(uow, new_id())


async def test_a_coupon_that_was_switched_off_since_it_was_shown_is_refused(
    db: Database, ada: Learner, sale: OnSale
) -> None:
    coupon_id = await coupon(db)
    order_id = await an_order(db, ada.id, sale)
    async with db.begin() as uow:
        await catalogue.change_coupon(uow, coupon_id, {"active": False})
    with pytest.raises(CouponRefused):
        await reserve(db, coupon_id, ada.id, order_id)


@pytest.mark.parametrize("seed", range(4))
async def test_uses_agree_with_a_model_after_any_steps(db: Database, ada: Learner, sale: OnSale, seed: int) -> None:
    most, chance = 2, random.Random(seed)
    coupon_id = await coupon(db, most_uses=most, most_uses_per_person=None)
    orders = [await an_order(db, ada.id, sale) for _ in range(4)]
    model: dict[UUID, str] = {}
    for _ in range(40):
        order_id, step = chance.choice(orders), chance.choice(["reserve", "reserve", "consume", "release"])
        before, full = model.get(order_id), sum(state != "released" for state in model.values()) >= most
        if step == "reserve":
            if before in {None, "released"} and full:
                with pytest.raises(CouponRefused):
                    await reserve(db, coupon_id, ada.id, order_id)
                continue
            await reserve(db, coupon_id, ada.id, order_id)
            model[order_id] = "consumed" if before == "consumed" else "reserved"
        elif before is not None:
            async with db.begin() as uow:
                await (coupons.consume if step == "consume" else coupons.release)(uow, order_id)
            if step == "consume":
                model[order_id] = "consumed"
            elif before == "reserved":
                model[order_id] = "released"
        expected = sum(state != "released" for state in model.values())
        assert (await counted(db, coupon_id, ada.id)).everyone == expected


# ---- who hears what


async def test_a_code_is_read_as_people_type_it(db: Database, ada: Learner, sale: OnSale) -> None:
    coupon_id = await coupon(db)
    assert (await try_code(db, ada.id, sale, "  save25 ")).id == coupon_id
    answer = await ada.post("/payments/quote", {"product_id": str(sale.product_id), "coupon": "save25"})
    found = answer.json()
    assert (found["list_minor"], found["discount_minor"], found["total_minor"]) == (2000, 500, 1500)
    assert found["coupon"] == {
        "code": "SAVE25",
        "percent_bp": 2500,
        "amount_minor": None,
        "duration": "once",
        "cycles": None,
    }


async def test_who_comes_back_from_the_pay_page_may_use_the_code_again(db: Database, ada: Learner) -> None:
    course_id = new_id()
    await put_on_sale(db, f"course:{course_id}", amount_minor=2000)
    coupon_id = await coupon(db, most_uses=1)
    wish, body = {"coupon": "SAVE25"}, {"course_id": str(course_id), "coupon": "SAVE25"}
    first = await ada.post(f"/payments/courses/{course_id}", wish)
    assert (await ada.post("/payments/quote", body)).json()["total_minor"] == 1500
    without = await ada.post(f"/payments/courses/{course_id}", {})
    again = await ada.post(f"/payments/courses/{course_id}", wish)
    assert [answer.json()["total_minor"] for answer in (first, without, again)] == [1500, 2000, 1500]
    assert await counted(db, coupon_id, ada.id) == (1, 1)
    bob = await register(ada.http, "Bob")
    assert (await bob.post("/payments/quote", body)).status_code == 400


async def test_every_refusal_sounds_the_same(db: Database, ada: Learner, sale: OnSale) -> None:
    other = await put_on_sale(db, "hearts:unlimited")
    now = utc_now()
    bob = await register(ada.http, "Bob")
    used_up = await coupon(db, "USED-UP", most_uses=1)
    await reserve(db, used_up, bob.id, await an_order(db, bob.id, sale))
    mine = await coupon(db, "MINE-USED")
    await reserve(db, mine, ada.id, paid := await an_order(db, ada.id, sale))
    async with db.begin() as uow:
        await coupons.consume(uow, paid)
    elsewhere = await coupon(db, "MINE-OPEN")
    await reserve(db, elsewhere, ada.id, await an_order(db, ada.id, other))
    await coupon(db, "ELSEWHERE", product_ids=[other.product_id])
    await coupon(db, "DOLLARS", amount_minor=100, currency="USD")
    await coupon(db, "TOMORROW", starts_at=now + HOUR)
    await coupon(db, "YESTERDAY", ends_at=now - HOUR)
    await coupon(db, "OFF", active=False)
    heard = set()
    for code in (
        "USED-UP",
        "MINE-USED",
        "MINE-OPEN",
        "ELSEWHERE",
        "DOLLARS",
        "TOMORROW",
        "YESTERDAY",
        "OFF",
        "NEVER-WAS",
        "ö\0",
    ):
        answer = await ada.post("/payments/quote", {"product_id": str(sale.product_id), "coupon": code})
        document = answer.json()
        document.pop("correlation_id")
        heard.add((answer.status_code, str(document)))
    assert len(heard) == 1
    assert "400" in str(heard)
    assert "billing.coupon_refused" in str(heard)


async def test_an_amount_in_the_right_currency_comes_off_and_never_more_than_all(
    db: Database, ada: Learner, sale: OnSale
) -> None:
    await coupon(db, "FIVE", amount_minor=500, currency="EUR")
    await coupon(db, "FIFTY", amount_minor=5000, currency="EUR")
    for code, total in (("FIVE", 1500), ("FIFTY", 0)):
        answer = await ada.post("/payments/quote", {"product_id": str(sale.product_id), "coupon": code})
        assert answer.json()["total_minor"] == total


async def test_after_ten_wrong_codes_also_the_right_one_has_to_wait(db: Database, ada: Learner, sale: OnSale) -> None:
    await coupon(db)
    body = {"product_id": str(sale.product_id), "coupon": "WRONG"}
    for _ in range(MOST_GUESSES):
        assert (await ada.post("/payments/quote", body)).status_code == 400
    blocked = await ada.post("/payments/quote", body | {"coupon": "SAVE25"})
    assert (blocked.status_code, blocked.json()["code"]) == (429, "billing.too_many_guesses")
    assert 3500 < int(blocked.headers["retry-after"]) <= 3601
    # Without a code there is nothing to guess, and others are not held up.
    assert (await ada.post("/payments/quote", {"product_id": body["product_id"]})).status_code == 200
    bob = await register(ada.http, "Bob")
    assert (await bob.post("/payments/quote", body | {"coupon": "SAVE25"})).status_code == 200
    # Waiting as long as was asked is enough, and trying meanwhile did not prolong it.
    waited = timedelta(seconds=int(blocked.headers["retry-after"]))
    assert (await try_code(db, ada.id, sale, "SAVE25", later=waited)).code == "SAVE25"


async def test_of_many_guesses_at_once_no_more_than_ten_are_looked_at(db: Database, ada: Learner, sale: OnSale) -> None:
    async def guess(number: int) -> str:
        try:
            await try_code(db, ada.id, sale, f"WRONG{number}")
        except (CouponRefused, TooManyGuesses) as error:
            return error.code
        return "found"

    heard = Counter(await asyncio.gather(*map(guess, range(40))))
    # None at all, if every one was counted before the first was looked at.
    assert heard["billing.coupon_refused"] <= MOST_GUESSES
    assert heard["billing.coupon_refused"] + heard["billing.too_many_guesses"] == 40


async def test_right_codes_are_no_guesses(db: Database, ada: Learner, sale: OnSale) -> None:
    await coupon(db)
    for _ in range(MOST_GUESSES + 5):
        await try_code(db, ada.id, sale, "SAVE25")
    assert await db.fetch("SELECT 1 FROM billing_coupon_guess") == []


async def test_a_coupon_goes_with_the_order_and_is_used_when_nothing_is_left_to_pay(db: Database, ada: Learner) -> None:
    course_id = new_id()
    await put_on_sale(db, f"course:{course_id}")
    coupon_id = await coupon(db, "FREE", percent_bp=10_000)
    answer = await ada.post(f"/payments/courses/{course_id}", {"coupon": "free"})
    assert answer.status_code == 201, answer.text
    assert (answer.json()["state"], answer.json()["total_minor"]) == ("paid", 0)
    async with db.begin() as uow:
        use = await repository.use_of_order(uow.session, UUID(answer.json()["id"]))
        assert use is not None
        assert (use.coupon_id, use.state) == (coupon_id, "consumed")


async def test_uses_of_one_order_are_one_row(db: Database, ada: Learner, sale: OnSale) -> None:
    coupon_id = await coupon(db)
    order_id = await an_order(db, ada.id, sale)
    await asyncio.gather(*(reserve(db, coupon_id, ada.id, order_id) for _ in range(8)))
    async with db.begin() as uow:
        found = await uow.session.get(CouponUseRow, (await repository.use_of_order(uow.session, order_id)).id)  # type: ignore[union-attr]
        assert found is not None
        assert found.state == "reserved"
