"""`lyceum jobs list` and `lyceum jobs replay`."""

from pathlib import Path
from typing import get_args
from uuid import UUID

import click

from app.commands.options import data_dir_option, json_option, print_json
from app.commands.running import run
from app.infra import Infra
from domains.kernel import repository
from domains.kernel.repository import DeliveryKey, DeliveryRecord, DeliveryState


@click.group()
def jobs() -> None:
    """Look at background jobs, and run again those that failed for good."""


@jobs.command("list")
@click.option("--state", type=click.Choice(get_args(DeliveryState)), default="dead", show_default=True)
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@data_dir_option
@json_option
def list_jobs(state: DeliveryState, limit: int, data_dir: Path | None, as_json: bool) -> None:
    """List jobs, newest first; by default those that failed for good."""

    async def work(infra: Infra) -> list[DeliveryRecord]:
        async with infra.db.begin() as uow:
            return await repository.list_deliveries(uow.session, state, most=limit)

    found = run(data_dir, work)
    if as_json:
        print_json([record._asdict() for record in found])
        return
    for record in found:
        error = f"  {record.last_error}" if record.last_error else ""
        click.echo(f"{record.event_id}  {record.subscription}  {record.state}  tries {record.attempts}{error}")
    if not found:
        click.echo(f"no {state} jobs")


@jobs.command("replay")
@click.argument("event_id", type=click.UUID, required=False)
@click.option("--subscription", help="Only jobs of this name.")
@click.option("everything", "--all", is_flag=True, help="Every job that failed for good.")
@data_dir_option
@json_option
def replay(
    event_id: UUID | None, subscription: str | None, everything: bool, data_dir: Path | None, as_json: bool
) -> None:
    """Run jobs again that failed for good: those of EVENT_ID, of a --subscription, or --all."""
    if not (event_id or subscription or everything):
        raise click.UsageError("name an EVENT_ID, a --subscription, or --all")

    async def work(infra: Infra) -> list[DeliveryKey]:
        async with infra.db.begin() as uow:
            return await repository.replay_dead(uow.session, event_id=event_id, subscription=subscription)

    replayed = run(data_dir, work)
    if as_json:
        print_json([key._asdict() for key in replayed])
    else:
        click.echo(f"{len(replayed)} jobs will run again")
    if event_id and not replayed:
        raise click.ClickException(f"no job of {event_id} has failed for good")
