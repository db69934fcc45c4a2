"""`lyceum notify trace`."""

from pathlib import Path
from uuid import UUID

import click

from app.commands.options import data_dir_option, json_option, print_json
from app.commands.running import run
from app.infra import Infra
from domains.identity import api as identity
from domains.kernel.clock import utc_now
from domains.kernel.errors import NotFound
from domains.kernel.uow import UnitOfWork
from domains.notifications import api as notifications


@click.group()
def notify() -> None:
    """Look at what people were told, and what became of it."""


@notify.command()
@click.argument("user")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@data_dir_option
@json_option
def trace(user: str, limit: int, data_dir: Path | None, as_json: bool) -> None:
    """List what USER, an e-mail address or an id, was told by which channel, what became of it and why; newest
    first."""

    async def work(infra: Infra) -> list[notifications.TraceOut]:
        async with infra.db.begin() as uow:
            user_id = await _id_of(uow, user)
            page = await notifications.trace(uow, user_id, utc_now(), cursor=None, limit=limit)
            return page.items

    try:
        found = run(data_dir, work)
    except NotFound as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        print_json(found)
        return
    for line in found:
        click.echo(f"{line.created_at:%Y-%m-%d %H:%M:%S}  {line.channel:11}  {line.state:8}  {line.kind}{_rest(line)}")
    if not found:
        click.echo("nothing")


async def _id_of(uow: UnitOfWork, user: str) -> UUID:
    if "@" in user:
        found = await identity.id_of_email(uow, user)
        if found is None:
            raise click.ClickException(f"nobody here has the e-mail address {user}")
        return found
    try:
        return UUID(user)
    except ValueError:
        raise click.UsageError(f"{user} is neither an e-mail address nor an id") from None


def _rest(line: notifications.TraceOut) -> str:
    """What helps to find out why."""
    said = [f"cause {line.cause}"]
    if line.state == "waiting" and line.due_at is not None:
        said.append(f"due {line.due_at:%Y-%m-%d %H:%M:%S} UTC")
    if line.settled_at is not None:
        said.append(f"at {line.settled_at:%Y-%m-%d %H:%M:%S} UTC")
    if line.attempts:
        said.append(f"tries {line.attempts}")
    said += [text for text in (line.reason, line.message_id or "") if text]
    return "  " + "; ".join(said)
