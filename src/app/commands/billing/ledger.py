"""`lyceum billing ledger export` and `check`."""

import csv
import sys
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Protocol, TextIO

import click

from app.commands.options import data_dir_option, json_option, print_json, say
from app.commands.running import run
from app.infra import Infra
from domains.billing.api import LedgerEntry, LedgerReport, ledger_check, ledger_entries
from domains.kernel.money import major, shown

COLUMNS = ("date", "cause", "order", "document", "debit", "credit", "amount", "currency", "amount_minor")
_DAY = click.DateTime(["%Y-%m-%d"])
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet runs what begins with one of these."""


class Writer(Protocol):
    def writerow(self, row: Sequence[str], /) -> Any: ...


@click.group()
def ledger() -> None:
    """Hand the books to an accountant, or check them."""


@ledger.command()
@click.option("--from", "first", type=_DAY, help="First day, UTC; by default from the beginning.")
@click.option("--to", "last", type=_DAY, help="Last day, UTC, included; by default until now.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file, which is there only when it is whole; by default standard output.",
)
@data_dir_option
def export(first: datetime | None, last: datetime | None, out: Path | None, data_dir: Path | None) -> None:
    """Write every movement of money as CSV: one line from one account to another."""
    if first and last and last < first:
        raise click.UsageError("--to is before --from")
    if out is None:
        written = _write(sys.stdout, first, last, data_dir)
    else:
        unfinished = out.with_name(f"{out.name}.part")
        try:
            with unfinished.open("w", encoding="utf-8") as stream:
                written = _write(stream, first, last, data_dir)
            unfinished.replace(out)
        except OSError as error:
            raise click.ClickException(f"{out} cannot be written: {error.strerror}") from None
        finally:
            unfinished.unlink(missing_ok=True)
    say(f"{written} movements")


def _write(stream: TextIO, first: datetime | None, last: datetime | None, data_dir: Path | None) -> int:
    """Line by line, as the database gives them."""

    async def work(infra: Infra) -> int:
        lines = csv.writer(stream, lineterminator="\n")
        _line(lines, COLUMNS)
        written = 0
        async with aclosing(ledger_entries(infra.db, _day(first), _day(last))) as found:
            async for entry in found:
                _line(lines, cells(entry))
                written += 1
        return written

    return run(data_dir, work)


def _line(lines: Writer, values: Sequence[str]) -> None:
    """Trouble with the file is not to be taken for trouble with the database."""
    try:
        lines.writerow(values)
    except OSError as error:
        raise click.ClickException(f"the export cannot be written: {error.strerror}") from None


def cells(entry: LedgerEntry) -> list[str]:
    """One line of the export, in the order of COLUMNS."""
    amount = str(major(entry.amount_minor, entry.currency))
    at = entry.at.astimezone(UTC).isoformat(timespec="seconds")
    texts = (entry.cause, str(entry.order_id), entry.document, entry.debit, entry.credit)
    return [at, *_harmless(texts), amount, entry.currency, str(entry.amount_minor)]


@ledger.command()
@data_dir_option
@json_option
def check(data_dir: Path | None, as_json: bool) -> None:
    """Show the trial balance, and compare it with payments, refunds, disputes and documents. Exit status 1 when
    something differs."""

    async def work(infra: Infra) -> LedgerReport:
        return await ledger_check(infra.db)

    report = run(data_dir, work)
    if as_json:
        print_json(
            {
                "balances": [found._asdict() for found in report.balances],
                "facts": [found._asdict() for found in report.facts],
                "differences": report.differences,
            }
        )
    else:
        _show(report)
    if report.differences:
        raise click.ClickException(f"{len(report.differences)} differences")


def _show(report: LedgerReport) -> None:
    for found in report.balances:
        balance = shown(found.debit_minor - found.credit_minor, found.currency)
        click.echo(f"{found.account:32}  {balance:>24}")
    for facts in report.facts:
        captured, refunded, disputed = (shown(amount, facts.currency) for amount in facts[1:])
        click.echo(f"captured {captured}, refunded {refunded}, disputed {disputed}")
    for difference in report.differences:
        click.echo(difference)
    if not report.differences:
        click.echo("the ledger, the documents and the facts agree")


def _harmless(texts: Iterable[str]) -> list[str]:
    return [f"'{text}" if text.startswith(_FORMULA) else text for text in texts]


def _day(given: datetime | None) -> date | None:
    return given.date() if given else None
