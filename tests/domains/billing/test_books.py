"""The ledger: what comes in is split exactly, what goes out takes its share, and nothing is booked twice."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from domains.billing.models import DisputeRow, OrderRow, RefundRow
from domains.billing.policy import books as policy
from domains.billing.service import books
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.paid import NOON, buyer, customer, paid_order, payment_of

NAMES = policy.accounts("fake", "course", "DE")


@st.composite
def captures(draw: st.DrawFn) -> tuple[int, int]:
    amount = draw(st.integers(1, 10**9))
    return amount, draw(st.integers(0, amount))


@st.composite
def partitions(draw: st.DrawFn) -> tuple[int, int, list[int]]:
    """A capture, its tax, and refunds that add up to all of it, in any order."""
    amount, tax = draw(captures())
    cuts = sorted(draw(st.sets(st.integers(1, amount), max_size=12)) | {amount})
    parts = [cut - before for before, cut in zip([0, *cuts], cuts, strict=False)]
    return amount, tax, draw(st.permutations(parts))


def apply(amount: int, tax: int, steps: list[int]) -> list[policy.Leg]:
    legs, out = policy.capture_legs(NAMES, amount, tax), 0
    for step in steps:
        legs += policy.outward_legs(NAMES, amount, tax, out, out + step)
        out += step
    return legs


@given(partitions())
def test_refunds_that_add_up_to_the_payment_leave_nothing_on_any_account(case: tuple[int, int, list[int]]) -> None:
    amount, tax, parts = case
    balances = policy.balances(apply(amount, tax, parts))
    assert not any(balances.values()), balances


@given(captures(), st.lists(st.integers(1, 10**9), max_size=12), st.randoms())
def test_balances_depend_on_the_sum_that_went_out_and_on_nothing_else(
    case: tuple[int, int], steps: list[int], random: object
) -> None:
    amount, tax = case
    shuffled = sorted(steps, key=lambda _: random.random())  # type: ignore[attr-defined]
    one = policy.balances(apply(amount, tax, steps))
    assert {key: value for key, value in one.items() if value} == {
        key: value for key, value in policy.balances(apply(amount, tax, shuffled)).items() if value
    }
    out = sum(steps)
    assert one[NAMES.clearing] == amount - out
    assert one.get(NAMES.revenue, 0) + one.get(NAMES.tax, 0) == -max(0, amount - out)
    assert one.get(NAMES.loss, 0) == max(0, out - amount)
    assert sum(one.values()) == 0


@given(captures(), st.lists(st.integers(1, 10**9), min_size=1, max_size=8), st.data())
def test_what_comes_back_puts_everything_where_it_was(
    case: tuple[int, int], steps: list[int], data: st.DataObject
) -> None:
    amount, tax = case
    back = data.draw(st.permutations(steps))
    balances = policy.balances(apply(amount, tax, [*steps, *(-step for step in back)]))
    assert {key: value for key, value in balances.items() if value} == {
        key: value for key, value in policy.balances(policy.capture_legs(NAMES, amount, tax)).items() if value
    }


@given(captures(), st.lists(st.integers(-(10**9), 10**9), max_size=10))
def test_a_leg_is_never_nothing_and_never_negative(case: tuple[int, int], steps: list[int]) -> None:
    out, kept = 0, []
    for step in steps:
        if out + step >= 0:
            out += step
            kept.append(step)
    for leg in apply(*case, kept):
        assert leg.amount_minor > 0
        assert leg.debit != leg.credit


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_the_tax_of_a_payment_is_the_orders_where_it_pays_all_and_never_more_than_the_payment(
    total: int, tax: int
) -> None:
    tax = min(tax, total)
    assert policy.tax_within(total, tax, total) == (tax if total else 0)
    for part in (0, 1, total // 3, total):
        assert 0 <= policy.tax_within(part, tax, total) <= part


async def test_a_capture_is_split_into_revenue_and_tax_and_booked_once(db: Database) -> None:
    user = await buyer(db)
    await customer(db, user, country="DE")
    paid = await paid_order(db, user)
    await paid.book(again=3)
    assert await paid.balances() == {"clearing:fake": 1999, "revenue:course": -1680, "tax:DE": -319}


async def test_partial_refunds_take_their_share_and_a_full_one_leaves_nothing(db: Database) -> None:
    paid = await paid_order(db)
    await paid.refund(1)
    await paid.refund(998)
    await paid.book(again=2)
    assert await paid.balances() == {"clearing:fake": 1000, "revenue:course": -840, "tax:VAT": -160}
    await paid.refund(1000)
    await paid.book(again=2)
    assert await paid.balances() == {}


async def test_a_refund_is_not_booked_before_its_payment_is(db: Database) -> None:
    paid = await paid_order(db)
    refund_id = await paid.refund(500)
    async with db.begin() as uow:
        order = await uow.session.get_one(OrderRow, paid.order_id)
        refund = await uow.session.get_one(RefundRow, refund_id)
        await books.record_refund(uow, order, refund, 500)
    assert await paid.balances() == {}
    await paid.book()
    assert (await paid.balances())["clearing:fake"] == 1499


async def test_a_dispute_takes_the_money_and_gives_it_back_when_it_is_won(db: Database) -> None:
    paid = await paid_order(db)
    before_refund = await paid.refund(333)
    dispute_id = await paid.dispute(1666)
    await paid.book(again=2)
    assert await paid.balances() == {}
    await db.fetch("UPDATE billing_dispute SET status = 'won' WHERE id = $1", dispute_id)
    await paid.book(again=2)
    assert before_refund is not None
    assert (await paid.balances())["clearing:fake"] == 1666
    # One that was won and is lost after all is booked anew, once.
    await db.fetch("UPDATE billing_dispute SET status = 'lost' WHERE id = $1", dispute_id)
    await paid.book(again=2)
    assert await paid.balances() == {}


async def test_a_dispute_that_was_won_before_it_was_heard_of_moves_nothing(db: Database) -> None:
    paid = await paid_order(db)
    dispute_id = await paid.dispute(1999, "won")
    async with db.begin() as uow:
        order = await uow.session.get_one(OrderRow, paid.order_id)
        dispute = await uow.session.get_one(DisputeRow, dispute_id)
        for payment in await books.repository.payments_of(uow.session, paid.order_id):
            await books.record_capture(uow, order, payment)
        await books.record_dispute_won(uow, order, dispute, 1999)
    assert (await paid.balances())["clearing:fake"] == 1999


async def test_money_that_went_out_twice_is_a_loss_until_it_comes_back(db: Database) -> None:
    paid = await paid_order(db)
    dispute_id = await paid.dispute(1999)
    await paid.refund(1999)
    await paid.book(again=2)
    assert await paid.balances() == {"clearing:fake": -1999, "loss:fake": 1999}
    await db.fetch("UPDATE billing_dispute SET status = 'won' WHERE id = $1", dispute_id)
    await paid.book(again=2)
    assert await paid.balances() == {}


async def test_a_second_payment_for_one_order_has_accounts_of_its_own_share(db: Database) -> None:
    paid = await paid_order(db)
    async with db.begin() as uow:
        order = await uow.session.get_one(OrderRow, paid.order_id)
        uow.session.add(payment_of(order, new_id().hex))
    await paid.refund(1999)
    await paid.book(again=2)
    assert await paid.balances() == {"clearing:fake": 1999, "revenue:course": -1680, "tax:VAT": -319}


async def test_refunds_booked_at_the_same_time_add_up(db: Database) -> None:
    paid = await paid_order(db)
    await paid.book()
    ids = [await paid.refund(100 + place) for place in range(8)]

    async def book(refund_id: object) -> None:
        async with db.begin() as uow:
            order = await uow.session.get_one(OrderRow, paid.order_id)
            refund = await uow.session.get_one(RefundRow, refund_id)
            await books.record_refund(uow, order, refund, refund.amount_minor)

    await asyncio.gather(*(book(refund_id) for refund_id in [*ids, *ids]))
    assert (await paid.balances())["clearing:fake"] == 1999 - sum(100 + place for place in range(8))
    await paid.refund(1999 - sum(100 + place for place in range(8)))
    await paid.book()
    assert await paid.balances() == {}


async def test_accounts_of_a_refund_are_those_of_the_capture_wherever_the_customer_has_moved(db: Database) -> None:
    user = await buyer(db)
    await customer(db, user, country="DE")
    paid = await paid_order(db, user, created_at=NOON)
    await paid.book()
    await customer(db, user, country="FR")
    await paid.refund(1999)
    await paid.book()
    assert await paid.balances() == {}
