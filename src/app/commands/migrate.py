"""`lyceum migrate`."""

import asyncio
from pathlib import Path

import click

from app import schema
from app.commands.options import data_dir_option, print_json, say
from app.config import Settings
from app.services import addressed


@click.command()
@data_dir_option
@click.option("--check", is_flag=True, help="Change nothing; exit 1 where the database is behind.")
@click.option("as_json", "--json", is_flag=True, help="Print one JSON document.")
def migrate(data_dir: Path | None, check: bool, as_json: bool) -> None:
    """Bring the database to the revision that this version needs."""
    settings = Settings.load(data_dir=data_dir)
    with addressed(settings, owner="command", report=say) as found:
        try:
            before, after = asyncio.run(_migrate(found.database_url, check=check))
        except (schema.SchemaError, OSError) as error:
            raise click.ClickException(str(error)) from None
    if as_json:
        print_json({"before": before, "now": after, "head": schema.head()})
    elif after == schema.head():
        click.echo(f"the database is at {after}" + ("" if before == after else f" (was: {before or 'empty'})"))
    if after != schema.head():
        raise click.ClickException(f"the database is at {after or 'empty'}, this version needs {schema.head()}")


async def _migrate(url: str, *, check: bool) -> tuple[str | None, str | None]:
    before = await schema.current(url)
    if not check:
        await schema.migrate(url, say)
    return before, await schema.current(url)
