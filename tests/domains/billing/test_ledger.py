"""The books as an accountant gets them, and the check that finds what does not agree."""

import asyncio
import csv
import json
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.commands.billing.ledger import COLUMNS, cells
from app.config import Settings
from domains.billing.api import LedgerEntry
from domains.billing.service import ledger
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.paid import paid_order


async def lyceum(settings: Settings, *arguments: str) -> Result:
    """In a thread, since a command has a loop of its own."""
    environment = {
        "LYCEUM_DATABASE_URL": settings.database_url,
        "LYCEUM_REDIS_URL": settings.redis_url,
        "LYCEUM_DATA_DIR": str(settings.data_dir),
        "LYCEUM_LOG_LEVEL": "warning",
    }
    return await asyncio.to_thread(CliRunner().invoke, main, ["billing", "ledger", *arguments], env=environment)


async def test_books_that_agree_with_the_facts_pass(db: Database, settings: Settings) -> None:
    paid, yen = await paid_order(db), await paid_order(db, currency="JPY")
    free = await paid_order(db, list_minor=0, tax_minor=0, total_minor=0, provider="none")
    await paid.refund(500)
    await paid.dispute(2000)
    for order in (paid, yen, free):
        await order.invoice()
        await order.book()
    report = await ledger.check(db)
    assert report.differences == []
    assert [tuple(found) for found in report.facts] == [("EUR", 1999, 500, 2000), ("JPY", 1999, 0, 0)]
    euros = {
        found.account: found.debit_minor - found.credit_minor for found in report.balances if found.currency == "EUR"
    }
    assert {name: balance for name, balance in euros.items() if balance} == {"clearing:fake": -501, "loss:fake": 501}
    shown = await lyceum(settings, "check")
    assert shown.exit_code == 0, shown.output
    assert "captured JPY 1,999, refunded JPY 0, disputed JPY 0" in shown.stdout
    assert "agree" in shown.stdout
    assert json.loads((await lyceum(settings, "check", "--json")).stdout)["differences"] == []


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        ("DELETE FROM billing_transfer WHERE cause LIKE 'refund:%'", "on the clearing account"),
        ("DELETE FROM billing_transfer WHERE credit LIKE 'tax:%'", "on the clearing account"),
        ("UPDATE billing_transfer SET credit = 'gift:somebody' WHERE credit LIKE 'tax:%'", "of revenue and tax"),
        ("UPDATE billing_transfer SET debit = 'revenue:course' WHERE debit LIKE 'tax:%'", "of tax in"),
        ("UPDATE billing_refund SET status = 'failed'", "on the clearing account"),
        ("UPDATE billing_payment SET amount_minor = amount_minor + 1", "on the clearing account"),
        ("UPDATE billing_number_range SET last = last + 1", "series INV-2026-"),
        ("DELETE FROM billing_invoice", "has no invoice"),
    ],
)
async def test_what_does_not_agree_is_found(db: Database, settings: Settings, harm: str, said: str) -> None:
    paid = await paid_order(db)
    await paid.refund(1999)
    await paid.invoice()
    await paid.book()
    assert (await ledger.check(db)).differences == []
    await db.fetch(harm)
    failed = await lyceum(settings, "check")
    assert failed.exit_code == 1
    assert said in failed.stdout, failed.stdout


async def test_every_movement_is_exported_with_its_document(db: Database, settings: Settings, tmp_path: Path) -> None:
    paid = await paid_order(db)
    await paid.invoice()
    await paid.book()
    refund = await paid.refund(1000)
    await paid.book()
    await paid.credit(refund, 1000)
    target = tmp_path / "books.csv"
    done = await lyceum(settings, "export", "--out", str(target))
    assert done.exit_code == 0, done.output
    assert "4 movements" in done.stderr
    rows = list(csv.DictReader(StringIO(target.read_text())))
    assert tuple(rows[0]) == COLUMNS
    assert [(row["document"], row["debit"], row["credit"], row["amount"], row["amount_minor"]) for row in rows] == [
        ("INV-2026-000001", "clearing:fake", "revenue:course", "16.80", "1680"),
        ("INV-2026-000001", "clearing:fake", "tax:VAT", "3.19", "319"),
        ("CN-2026-000001", "revenue:course", "clearing:fake", "8.40", "840"),
        ("CN-2026-000001", "tax:VAT", "clearing:fake", "1.60", "160"),
    ]
    assert {row["order"] for row in rows} == {str(paid.order_id)}
    assert rows[2]["cause"] == f"refund:{refund}"
    assert list(tmp_path.iterdir()) == [target]


async def test_an_export_has_the_days_that_were_asked_for(db: Database, settings: Settings) -> None:
    for at in ("2026-10-31 23:59:59+00", "2026-11-01 00:00:00+00", "2026-11-30 23:59:59+00", "2026-12-01 00:00:00+00"):
        await (paid := await paid_order(db, tax_minor=0)).book()
        await db.fetch(
            "UPDATE billing_transfer SET at = $2 WHERE order_id = $1", paid.order_id, datetime.fromisoformat(at)
        )
    found = [entry.at async for entry in ledger.entries(db, date(2026, 11, 1), date(2026, 11, 30))]
    assert [at.astimezone(UTC).day for at in found] == [1, 30]
    printed = (await lyceum(settings, "export", "--from", "2026-11-01", "--to", "2026-11-30")).stdout.splitlines()
    assert [line[:25] for line in printed[1:]] == ["2026-11-01T00:00:00+00:00", "2026-11-30T23:59:59+00:00"]
    assert (await lyceum(settings, "export", "--from", "2026-11-02", "--to", "2026-11-01")).exit_code == 2


async def test_an_export_that_cannot_be_written_leaves_no_half_of_a_file(settings: Settings, app: object) -> None:
    failed = await lyceum(settings, "export", "--out", "/nowhere/books.csv")
    assert failed.exit_code == 1
    assert "cannot be written" in failed.stderr


def test_a_spreadsheet_runs_nothing_of_an_export() -> None:
    moment = datetime(2026, 11, 21, 12, tzinfo=UTC)
    entry = LedgerEntry(moment, "=cmd()", new_id(), "@INV-1", "+1", "-1", "KWD", 1500)
    _, cause, _, document, debit, credit, amount, currency, minor = cells(entry)
    assert (cause, document, debit, credit) == ("'=cmd()", "'@INV-1", "'+1", "'-1")
    assert (amount, currency, minor) == ("1.500", "KWD", "1500")
