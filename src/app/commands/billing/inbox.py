"""`lyceum billing inbox list`, `show` and `replay`."""

from pathlib import Path
from typing import Any
from uuid import UUID

import click

from app.commands.options import data_dir_option, json_option, print_json
from app.commands.running import run
from app.infra import Infra
from domains.billing.api import WebhookView, inbox_list, inbox_replay, inbox_show

STATES = ("received", "applied", "ignored", "quarantined")


@click.group()
def inbox() -> None:
    """Look at what payment providers told us, and apply again what was set aside."""


@inbox.command("list")
@click.option("--state", type=click.Choice(STATES), help="Only these; by default all.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@data_dir_option
@json_option
def list_webhooks(state: str | None, limit: int, data_dir: Path | None, as_json: bool) -> None:
    """List webhooks, newest first. `quarantined` are those that a person has to look at."""

    async def work(infra: Infra) -> list[WebhookView]:
        async with infra.db.begin() as uow:
            return await inbox_list(uow, state, most=limit)

    found = run(data_dir, work)
    if as_json:
        print_json([_plain(view, body=False) for view in found])
        return
    for view in found:
        note = f"  {view.note}" if view.note else ""
        click.echo(
            f"{view.id}  {view.received_at:%Y-%m-%d %H:%M:%S}  {view.provider:8}  {view.state:11}  {view.type}{note}"
        )
    if not found:
        click.echo("no webhooks" if state is None else f"no {state} webhooks")


@inbox.command()
@click.argument("webhook_id", type=click.UUID)
@data_dir_option
@json_option
def show(webhook_id: UUID, data_dir: Path | None, as_json: bool) -> None:
    """Show one webhook with its body, as it came."""

    async def work(infra: Infra) -> WebhookView:
        async with infra.db.begin() as uow:
            return await inbox_show(uow, webhook_id)

    view = run(data_dir, work)
    if as_json:
        print_json(_plain(view, body=True))
        return
    for name, value in _plain(view, body=False).items():
        click.echo(f"{name:12} {value if value is not None else '-'}")
    click.echo(view.body.decode("utf-8", "replace"))


@inbox.command()
@click.argument("webhook_id", type=click.UUID, required=False)
@click.option("--quarantined", is_flag=True, help="All that were set aside.")
@data_dir_option
@json_option
def replay(webhook_id: UUID | None, quarantined: bool, data_dir: Path | None, as_json: bool) -> None:
    """Apply one webhook again, or all that were set aside. Applying twice changes nothing more."""
    if (webhook_id is None) != quarantined:
        raise click.UsageError("give a WEBHOOK_ID, or --quarantined")

    async def work(infra: Infra) -> int:
        async with infra.db.begin() as uow:
            return await inbox_replay(uow, webhook_id)

    replayed = run(data_dir, work)
    if as_json:
        print_json({"replayed": replayed})
    else:
        click.echo(f"{replayed} will be applied again by the worker")


def _plain(view: WebhookView, *, body: bool) -> dict[str, Any]:
    fields = view._asdict()
    text = fields.pop("body").decode("utf-8", "replace")
    return {**fields, "body": text} if body else fields
