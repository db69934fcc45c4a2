"""Numbers without gaps, documents that never change, and credit notes that add up to their invoice."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.billing.models import InvoiceRow, OrderRow
from domains.billing.policy import documents as policy
from domains.billing.policy.documents import Party, Seller
from domains.billing.policy.gst import halves, place_of_supply
from domains.billing.service import invoices
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.paid import NOON, buyer, customer, paid_order, payment_of, seller


async def content(db: Database, document_id: Any) -> dict[str, Any]:
    async with db.begin() as uow:
        return (await uow.session.get_one(InvoiceRow, document_id)).content


async def test_an_invoice_is_issued_once_and_keeps_what_it_said(db: Database) -> None:
    user = await buyer(db)
    await seller(db, name="Seller Ltd", country="DE", tax_id="DE123456789", footer="Thank you")
    await customer(db, user, country="DE", address="1 Main Street", tax_id="DE999")
    paid = await paid_order(db, user)
    first = await paid.invoice()
    await seller(db, name="Another name")
    await customer(db, user, name="Somebody else")
    assert await paid.invoice() == first
    said = await content(db, first)
    assert said["number"] == "INV-2026-000001"
    assert said["seller"] == {"name": "Seller Ltd", "country": "DE", "tax_id": "DE123456789"}
    assert said["customer"]["name"] == "Ada Lovelace"
    assert said["lines"][0]["list_minor"] == 1999
    assert (said["net_minor"], said["tax_minor"], said["total_minor"]) == (1680, 319, 1999)
    assert said["taxes"] == [{"name": "VAT", "rate_bp": 1900, "amount_minor": 319}]
    assert said["tax_inclusive"] is True
    assert said["movements"][0]["method"] == "card"
    assert said["footer"] == "Thank you"


async def test_an_invoice_is_a_fact_that_others_hear_of(db: Database) -> None:
    paid = await paid_order(db)
    async with db.begin() as uow:
        order = await uow.session.get_one(OrderRow, paid.order_id)
        row = await invoices.issue(uow, order, NOON)
        await invoices.issue(uow, order, NOON)
        facts = list(uow.facts)
    assert [(fact.invoice_id, fact.kind, fact.number) for fact in facts] == [  # type: ignore[attr-defined]
        (row.id, "invoice", "INV-2026-000001")
    ]


async def test_what_cost_nothing_has_an_invoice_too(db: Database) -> None:
    paid = await paid_order(db, list_minor=1999, discount_minor=1999, tax_minor=0, total_minor=0, provider="none")
    said = await content(db, await paid.invoice())
    assert said["total_minor"] == 0
    assert said["lines"][0]["discount_minor"] == 1999
    assert "movements" not in said


async def test_forty_at_once_of_which_some_fail_leave_no_gap_and_nothing_twice(db: Database) -> None:
    user = await buyer(db)
    orders = [await paid_order(db, user) for _ in range(40)]

    async def issue(place: int) -> None:
        async with db.begin() as uow:
            order = await uow.session.get_one(OrderRow, orders[place].order_id)
            await invoices.issue(uow, order, NOON)
            if place % 4 == 0:
                raise RuntimeError("after the number was taken")

    outcomes = await asyncio.gather(*(issue(place) for place in range(40)), return_exceptions=True)
    assert sum(isinstance(outcome, RuntimeError) for outcome in outcomes) == 10
    assert all(outcome is None or isinstance(outcome, RuntimeError) for outcome in outcomes), outcomes
    numbers = [row["number"] for row in await db.fetch("SELECT number FROM billing_invoice ORDER BY number")]
    assert numbers == [f"INV-2026-{number:06d}" for number in range(1, 31)]


async def test_one_order_issued_by_many_at_once_has_one_invoice(db: Database) -> None:
    paid = await paid_order(db)
    assert len({*await asyncio.gather(*(paid.invoice() for _ in range(10)))}) == 1
    assert [row["last"] for row in await db.fetch("SELECT last FROM billing_number_range")] == [1]


async def test_credit_notes_add_up_to_the_invoice_and_stop_there(db: Database) -> None:
    paid = await paid_order(db)
    await paid.invoice()
    tax = total = 0
    for amount in (1, 333, 1000, 665):
        refund = await paid.refund(amount)
        note = await paid.credit(refund, amount)
        assert note is not None
        assert await paid.credit(refund, amount) == note
        said = await content(db, note)
        assert said["refers_to"] == "INV-2026-000001"
        assert said["net_minor"] + said["tax_minor"] == said["total_minor"] == amount
        tax, total = tax + said["tax_minor"], total + said["total_minor"]
    assert (tax, total) == (319, 1999)
    assert await paid.credit(await paid.refund(5), 5) is None
    numbers = [row["number"] for row in await db.fetch("SELECT number FROM billing_invoice ORDER BY issued_at, id")]
    assert numbers[1:] == [f"CN-2026-{number:06d}" for number in range(1, 5)]


async def test_giving_back_a_second_payment_credits_nothing(db: Database) -> None:
    paid = await paid_order(db)
    await paid.invoice()
    async with db.begin() as uow:
        order = await uow.session.get_one(OrderRow, paid.order_id)
        uow.session.add(payment_of(order, new_id().hex))
    assert await paid.credit(await paid.refund(1999), 1999) is None


async def test_what_goes_back_without_an_invoice_has_no_credit_note(db: Database) -> None:
    paid = await paid_order(db)
    assert await paid.credit(await paid.refund(5), 5) is None


@pytest.mark.parametrize(
    ("region", "names"),
    [("29", ["CGST", "SGST"]), ("27", ["IGST"]), ("", ["CGST", "SGST"])],
)
async def test_gst_is_split_within_a_state_and_not_between_two(db: Database, region: str, names: list[str]) -> None:
    user = await buyer(db)
    await seller(db, name="Seller", country="IN", region="29", tax_id="29ABCDE1234F1Z5")
    await customer(db, user, country="IN", region=region)
    paid = await paid_order(
        db, user, currency="INR", list_minor=99901, total_minor=99901, tax_minor=15239, tax_name="GST", tax_bp=1800
    )
    said = await content(db, await paid.invoice())
    assert [tax["name"] for tax in said["taxes"]] == names
    assert sum(tax["amount_minor"] for tax in said["taxes"]) == 15239
    assert sum(tax["rate_bp"] for tax in said["taxes"]) == 1800
    assert said["lines"][0]["service_code"] == "999293"
    assert said["place_of_supply"] == {"29": "29 Karnataka", "27": "27 Maharashtra", "": "29 Karnataka"}[region]
    assert said["number"] == "INV-26-27-000001"


async def test_documents_of_indias_new_year_are_dated_by_its_own_clock(db: Database) -> None:
    await seller(db, name="Seller", country="IN", region="29")
    late, early = await paid_order(db), await paid_order(db)
    await early.invoice(datetime(2026, 3, 31, 18, 29, tzinfo=UTC))
    await late.invoice(datetime(2026, 3, 31, 18, 30, tzinfo=UTC))
    found = await db.fetch("SELECT number, content ->> 'issued_on' AS day FROM billing_invoice ORDER BY number")
    assert [tuple(row) for row in found] == [("INV-25-26-000001", "2026-03-31"), ("INV-26-27-000001", "2026-04-01")]


async def test_prefix_and_fiscal_year_are_the_sellers(db: Database) -> None:
    await seller(db, name="Seller", country="GB", prefix="LY", credit_prefix="LYC", fiscal_start=7)
    paid = await paid_order(db)
    await paid.invoice()
    await paid.credit(await paid.refund(100), 100)
    found = await db.fetch("SELECT number FROM billing_invoice ORDER BY number")
    assert [row["number"] for row in found] == ["LY-26-27-000001", "LYC-26-27-000001"]


async def test_somebody_who_gave_no_address_is_named_as_in_the_account(db: Database) -> None:
    paid = await paid_order(db, await buyer(db, "Grace"))
    said = await content(db, await paid.invoice())
    assert said["customer"]["name"] == "Grace"
    assert said["customer"]["email"].endswith("@example.org")


def test_numbers_of_an_indian_seller_fit_into_what_the_law_allows() -> None:
    seller = Seller(country="IN")
    assert len(policy.numbered(policy.series(seller, "invoice", NOON.date()), 999_999)) == 16
    assert policy.series(seller, "credit_note", NOON.date()) == "CN-26-27-"


@given(st.lists(st.integers(0, 10**9), max_size=10), st.integers(0, 5000))
def test_halves_of_pieces_add_up_to_the_halves_of_the_whole(pieces: list[int], rate_bp: int) -> None:
    central = local = before = 0
    for piece in pieces:
        first, second = halves("29", "29", rate_bp, piece, before)
        assert first[2] >= 0
        assert second[2] >= 0
        assert first[1] + second[1] == rate_bp
        central, local, before = central + first[2], local + second[2], before + piece
    assert central + local == sum(pieces)
    assert central - local in (0, 1)


def test_supply_to_abroad_is_to_no_state() -> None:
    assert place_of_supply("29", "US", "CA") == "96"
    indian, american = Party(name="s", country="IN", region="29"), Party(name="c", country="US")
    assert policy.supplied_in(indian, american) == "96 Outside India"
    assert [tax.name for tax in policy.taxes(
        Party(name="s", country="IN", region="29"), Party(name="c", country="US"),
        name="GST", rate_bp=1800, amount_minor=9,
    )] == ["IGST"]  # fmt: skip


@given(st.integers(1, 10**9), st.data())
def test_the_tax_of_credit_notes_adds_up_however_it_is_cut(total: int, data: st.DataObject) -> None:
    tax = data.draw(st.integers(0, total))
    credited = taken = 0
    while credited < total:
        amount = data.draw(st.integers(max(1, (total - credited) // 3), total - credited))
        found = policy.creditable(amount, credited, total, 0)
        assert found == amount
        part = policy.tax_credited(credited + amount, total, tax) - policy.tax_credited(credited, total, tax)
        assert 0 <= part <= amount
        taken, credited = taken + part, credited + amount
    assert taken == tax


@pytest.mark.parametrize(
    "wrong",
    [
        {"time_zone": "Mars/Olympus"},
        {"time_zone": "../../etc/passwd"},
        {"prefix": ""},
        {"prefix": "a b"},
        {"prefix": "X" * 13},
        {"prefix": "CN"},
    ],
)
def test_a_seller_whose_documents_could_not_be_numbered_or_dated_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"name": "Seller", **wrong}, Seller)
