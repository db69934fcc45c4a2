"""Invoices, credit notes and receipts as files: who gets them, what they say, and that no text can break them."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import httpx
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domains.billing.models import InvoiceRow
from domains.billing.policy.documents import Document, Line, Movement, Party, TaxLine
from domains.billing.policy.printed import MOST_LETTERS, clean, percent, printed
from domains.billing.service import documents
from domains.billing.service.pdf import rendered
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.paid import NOON, customer, paid_order, seller
from factories.pdf_text import pages_of, text_of
from factories.people import Learner, register

SAID = Document(
    kind="invoice",
    number="INV-2026-000001",
    issued_on=date(2026, 11, 21),
    order_id="0199aa00-0000-7000-8000-000000000001",
    currency="EUR",
    seller=Party(name="Seller Ltd", address="1 High Street\nBerlin", country="DE", tax_id="DE1"),
    customer=Party(name="Ada Lovelace", email="ada@example.org"),
    lines=[Line(description="A course", quantity=3, list_minor=123456, discount_minor=3456, net_minor=100840)],
    net_minor=100840,
    taxes=[TaxLine("VAT", 1900, 19160)],
    tax_minor=19160,
    total_minor=120000,
    tax_inclusive=True,
    movements=[
        Movement(
            kind="payment", on=date(2026, 11, 21), provider="fake", method="card", ref="pay_1", amount_minor=120000,
            state="captured",
        )
    ],
)  # fmt: skip


def words(document: Document) -> str:
    """What is on the paper, without white space."""
    return text_of(rendered(document))


def plain(text: str) -> str:
    return "".join(text.split())


def is_pdf(content: bytes) -> bool:
    return content.startswith(b"%PDF-1.7") and content.rstrip().endswith(b"%%EOF") and len(content) > 5_000


def called(name: str, **fields: str) -> Document:
    return msgspec.structs.replace(SAID, customer=Party(name=name, **fields))


def test_an_invoice_says_who_what_and_how_much() -> None:
    found = words(SAID)
    for wanted in (
        "Invoice", "INV-2026-000001", "2026-11-21", "Seller Ltd", "1 High Street", "Berlin", "Tax ID DE1",
        "Ada Lovelace", "ada@example.org", "A course", "1,234.56", "-34.56", "1,008.40", "VAT 19 %", "EUR 191.60",
        "EUR 1,200.00", "fake card pay_1",
    ):  # fmt: skip
        assert plain(wanted) in found, (wanted, found)


def test_the_same_document_gives_the_same_bytes_and_can_be_archived() -> None:
    first = rendered(SAID)
    assert is_pdf(first)
    assert rendered(SAID) == first
    # XMP of PDF/A, part 2, conformance A, and of PDF/UA, part 1.
    assert re.search(rb"pdfaid:part>2<", first)
    assert re.search(rb"pdfaid:conformance>A<", first)
    assert re.search(rb"pdfuaid:part>1<", first)


def test_a_credit_note_names_the_invoice_it_is_about() -> None:
    note = msgspec.structs.replace(
        SAID, kind="credit_note", number="CN-2026-000001", refers_to="INV-2026-000001", refers_to_on=date(2026, 11, 21)
    )
    found = words(note)
    assert "Creditnote" in found
    assert plain("INV-2026-000001 of 2026-11-21") in found
    assert "Credited" in found


def test_amounts_have_the_decimals_of_their_currency() -> None:
    assert "JPY120,000" in words(msgspec.structs.replace(SAID, currency="JPY"))
    assert "KWD120.000" in words(msgspec.structs.replace(SAID, currency="KWD"))


def test_the_recipient_learns_that_the_tax_is_theirs() -> None:
    assert "recipientaccountsforthetax" in words(msgspec.structs.replace(SAID, notes=["Reverse charge"]))


@pytest.mark.parametrize(
    "hostile",
    [
        '#panic("x")',
        "$ x^2 $ \\ \\u{41} @label <label>",
        "#import \"/etc/passwd\": *",
        '"}]} ] end #',
        "*bold* _it_ `raw` = heading\n= heading\n- list\n+ 1. /* c */ // c",
        "~--- ... 'quoted' \"quoted\"",
    ],
)  # fmt: skip
def test_markup_in_a_name_is_printed_as_it_was_written(hostile: str) -> None:
    found = words(called(hostile, address=hostile))
    assert plain(clean(hostile)).replace("\u200b", "") in found.replace("\u200b", "")
    assert is_pdf(rendered(called(hostile, address=hostile)))


@pytest.mark.parametrize(
    "name",
    [
        "श्री कृष्ण", "山田太郎", "محمد علي", "שלום", "ไทย", "한국어", "தமிழ்", "Ωμέγα Иван Łukasz",
        "\U0001f469\u200d\U0001f680 \U0001f1ee\U0001f1f3", "\U00012000", "\ufffe\uffff",
    ],
)  # fmt: skip
def test_a_name_in_any_script_makes_a_document_whether_there_is_a_font_or_not(name: str) -> None:
    assert is_pdf(rendered(called(name)))


@pytest.mark.parametrize("name", ["Ωμέγα Иван Łukasz ₹", "שלום", "देवनागरी"])
def test_letters_that_the_compiler_brings_along_can_be_read_back(name: str) -> None:
    found = words(called(name))
    assert all(letter in found for letter in plain(name)), found


def test_an_endless_text_is_cut_and_a_long_word_broken() -> None:
    long = called("w" * 100_000, address="\n".join(["x" * 50_000] * 500), email="e" * 5_000)
    made = rendered(long)
    assert is_pdf(made)
    assert pages_of(made) <= 4
    assert len(clean("w" * 100_000).replace("\u200b", "")) == MOST_LETTERS


def test_marks_that_turn_the_direction_of_text_are_left_out() -> None:
    assert clean("Ada\u202egpj.exe\u0000\u0007") == "Adagpj.exe"
    assert clean("one\r\ntwo\tthree") == "one two three"
    # Words of Hindi and Persian need these two.
    assert clean("क\u200dष می\u200cخواهم") == "क\u200dष می\u200cخواهم"


@settings(max_examples=40)
@given(st.text(), st.text(), st.text(max_size=40))
def test_no_text_at_all_keeps_a_document_from_being_made(name: str, address: str, ref: str) -> None:
    document = msgspec.structs.replace(
        called(name, address=address, tax_id=ref),
        lines=[msgspec.structs.replace(SAID.lines[0], description=name)],
        footer=address,
        notes=[ref],
    )
    assert is_pdf(rendered(document))


@given(st.text())
def test_a_cleaned_text_stays_as_it_is_when_cleaned_again(text: str) -> None:
    once = clean(text).replace("\u200b", "")
    assert clean(once).replace("\u200b", "") == once


def test_a_document_survives_being_stored() -> None:
    assert msgspec.convert(msgspec.to_builtins(SAID), Document) == SAID


def test_rates_are_shown_without_needless_zeros() -> None:
    assert [percent(rate) for rate in (0, 1900, 925, 950, 5)] == ["0 %", "19 %", "9.25 %", "9.5 %", "0.05 %"]


def test_an_indian_sellers_invoice_is_called_as_the_law_wants() -> None:
    indian = msgspec.structs.replace(SAID, seller=Party(name="S", country="IN", region="29", tax_id="29ABCDE1234F1Z5"))
    assert printed(indian)["title"] == "Tax invoice"
    assert "GSTIN29ABCDE1234F1Z5" in words(indian)


def test_the_template_ships_with_the_package() -> None:
    # Hatchling takes every file of the package that git does not ignore.
    assert Path(documents.__file__).parents[1].joinpath("documents", "document.typ").is_file()


async def test_owners_list_their_documents_and_get_each_as_a_file(db: Database, client: httpx.AsyncClient) -> None:
    ada = await register(client)
    paid = await paid_order(db, ada.id)
    invoice_id = await paid.invoice()
    note_id = await paid.credit(await paid.refund(500), 500, datetime(2026, 11, 22, tzinfo=UTC))
    listed = await ada.get(f"/payments/{paid.order_id}/documents")
    assert listed.status_code == 200
    assert [(item["id"], item["kind"], item["number"], item["total_minor"]) for item in listed.json()] == [
        (str(invoice_id), "invoice", "INV-2026-000001", 1999),
        (str(note_id), "credit_note", "CN-2026-000001", 500),
    ]
    for path, name in (
        (f"/payments/{paid.order_id}/invoice.pdf", "invoice-INV-2026-000001.pdf"),
        (f"/payments/{paid.order_id}/receipt.pdf", "receipt-INV-2026-000001.pdf"),
        (f"/documents/{invoice_id}", "invoice-INV-2026-000001.pdf"),
        (f"/documents/{note_id}", "credit-note-CN-2026-000001.pdf"),
    ):
        answer = await ada.get(path)
        assert answer.status_code == 200, answer.text
        assert is_pdf(answer.content)
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
        assert answer.headers["cache-control"] == "no-store"


async def test_somebody_elses_documents_look_like_none(db: Database, client: httpx.AsyncClient) -> None:
    ada, eve = await register(client), await register(client, "Eve")
    paid = await paid_order(db, ada.id)
    invoice_id = await paid.invoice()
    for path, missing in (
        (f"/payments/{paid.order_id}/documents", f"/payments/{new_id()}/documents"),
        (f"/payments/{paid.order_id}/invoice.pdf", f"/payments/{new_id()}/invoice.pdf"),
        (f"/payments/{paid.order_id}/receipt.pdf", f"/payments/{new_id()}/receipt.pdf"),
        (f"/documents/{invoice_id}", f"/documents/{new_id()}"),
    ):
        theirs, none = await eve.get(path), await eve.get(missing)
        assert theirs.status_code == none.status_code == 404
        assert without_ids(theirs) == without_ids(none)


async def test_staff_see_everybodys_documents(db: Database, client: httpx.AsyncClient) -> None:
    ada = await register(client)
    paid = await paid_order(db, ada.id)
    invoice_id = await paid.invoice()
    staff = await grown(db, await register(client, "Sue"), "support")
    teacher = await grown(db, await register(client, "Tom"), "teacher")
    assert (await staff.get(f"/documents/{invoice_id}")).status_code == 200
    assert len((await staff.get(f"/payments/{paid.order_id}/documents")).json()) == 1
    assert (await teacher.get(f"/documents/{invoice_id}")).status_code == 404


def without_ids(answer: httpx.Response) -> dict[str, object]:
    return {name: value for name, value in answer.json().items() if name not in ("instance", "correlation_id")}


async def grown(db: Database, learner: Learner, role: str) -> Learner:
    await db.fetch("INSERT INTO identity_user_role (user_id, role) VALUES ($1, $2)", learner.id, role)
    return learner


async def test_an_unpaid_order_has_no_document_yet(db: Database, client: httpx.AsyncClient) -> None:
    ada = await register(client)
    paid = await paid_order(db, ada.id, captured=False, state="pending", paid_at=None)
    assert (await ada.get(f"/payments/{paid.order_id}/documents")).json() == []
    for path in ("invoice.pdf", "receipt.pdf"):
        answer = await ada.get(f"/payments/{paid.order_id}/{path}")
        assert answer.status_code == 404
        assert answer.json()["code"] == "billing.document_not_found"


async def test_a_receipt_shows_what_came_and_what_went_back_until_now(db: Database) -> None:
    await seller(db, name="Seller Ltd", country="DE")
    paid = await paid_order(db, state="partially_refunded")
    await customer(db, paid.user_id, name="Ada Lovelace")
    await paid.invoice()
    await paid.refund(500)
    await paid.dispute(100)
    await paid.dispute(50, "won")
    async with db.begin() as uow:
        document, filename = await documents.receipt(uow, paid.order_id, NOON, owner_id=paid.user_id)
    assert filename == "receipt-INV-2026-000001.pdf"
    assert sorted(movement.amount_minor for movement in document.movements) == [-500, -100, 1999]
    found = words(document)
    for wanted in ("Receipt", "Partially refunded", "EUR 19.99", "-EUR 5.00", "Refund", "Given back"):
        assert plain(wanted) in found, (wanted, found)
    # A long reference beside it may break the cell wherever it likes.
    assert [movement[1] for movement in printed(document)["movements"]] == ["Payment", "Refund", "Dispute (open)"]
    assert is_pdf(rendered(document))


async def test_what_cost_nothing_has_invoice_and_receipt(db: Database) -> None:
    paid = await paid_order(db, list_minor=1999, discount_minor=1999, tax_minor=0, total_minor=0, provider="none")
    await paid.invoice()
    async with db.begin() as uow:
        document, _ = await documents.receipt(uow, paid.order_id, NOON, owner_id=None)
    assert "EUR0.00" in words(document)


async def test_a_name_with_markup_goes_all_the_way_through(db: Database) -> None:
    paid = await paid_order(db)
    await customer(db, paid.user_id, name='#panic("x") $x$ \\ देव', address="a\nb\n#c")
    invoice_id: UUID = await paid.invoice()
    async with db.begin() as uow:
        row = await uow.session.get_one(InvoiceRow, invoice_id)
    found = words(msgspec.convert(row.content, Document))
    assert plain('#panic("x") $x$ \\ देव') in found
