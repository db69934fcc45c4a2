"""`lyceum billing reconcile`."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import msgspec

from app.commands.options import data_dir_option, json_option, print_json, say
from app.commands.running import run
from app.infra import Infra
from domains.billing.api import Providers, ReconciliationReport
from domains.billing.api import reconcile as compare
from domains.kernel.clock import utc_now

_DATES = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])


@click.command()
@click.option("--provider", help="One of those that are set up; by default all.")
@click.option("--since", type=_DATES, help="From when, UTC; by default two days ago.")
@click.option("--until", type=_DATES, help="To when, UTC; by default now.")
@click.option("--dry-run", is_flag=True, help="Change nothing; show what would be repaired.")
@data_dir_option
@json_option
def reconcile(
    provider: str | None,
    since: datetime | None,
    until: datetime | None,
    dry_run: bool,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Compare orders, subscriptions and refunds with the provider, and repair what never arrived.

    Exit status 1 when something is left that a person has to look at.
    """
    end = until.replace(tzinfo=UTC) if until else utc_now()
    start = since.replace(tzinfo=UTC) if since else end - timedelta(days=2)
    if start >= end:
        raise click.UsageError("--since is before --until")

    async def work(infra: Infra) -> list[ReconciliationReport]:
        names = [provider] if provider else infra.db.port(Providers).names
        return [await compare(infra.db, name, start, end, dry_run=dry_run, progress=say) for name in names]

    reports = run(data_dir, work)
    if as_json:
        print_json([_plain(report) for report in reports])
    else:
        for report in reports:
            _show(report)
    unresolved = sum(report.unresolved for report in reports)
    if unresolved:
        raise click.ClickException(f"{unresolved} differences need a person")


def _plain(report: ReconciliationReport) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(report)
    del fields["looked_at"]
    return fields


def _show(report: ReconciliationReport) -> None:
    for difference in report.differences:
        what = "would repair" if report.dry_run and difference.what == "repaired" else difference.what
        click.echo(f"{what:20} {difference.kind:12} {difference.ref}  {difference.before} -> {difference.after}")
    agreed = "" if report.differences else "; all agree"
    click.echo(f"{report.provider}: {report.compared} compared, {len(report.differences)} differences{agreed}")
