"""`lyceum rebuild boards`."""

from pathlib import Path

import asyncpg
import click
from sqlalchemy.exc import DBAPIError

from app.commands.options import data_dir_option, json_option, print_json
from app.commands.running import run
from app.infra import Infra
from domains.gamification.api import check_ledger, rebuild_boards


@click.group()
def rebuild() -> None:
    """Rebuild what is derived from the ledgers, or check it against them."""


@rebuild.command()
@click.option("--check", is_flag=True, help="Change nothing; exit 1 where something differs from the ledger.")
@data_dir_option
@json_option
def boards(check: bool, data_dir: Path | None, as_json: bool) -> None:
    """Balances, league standings, seats, streaks and the boards in Redis, from the XP ledger."""

    async def work(infra: Infra) -> list[str]:
        if not check:
            try:
                await rebuild_boards(infra.db, infra.redis)
            except (DBAPIError, asyncpg.LockNotAvailableError) as error:
                raise click.ClickException("awards hold the balances all the time; run it again in a moment") from error
        return await check_ledger(infra.db, infra.redis)

    differences = run(data_dir, work)
    if as_json:
        print_json({"differences": differences})
    else:
        for difference in differences:
            click.echo(difference)
        if not differences:
            click.echo("the ledger and all that follows from it agree")
    if differences:
        hint = "`lyceum rebuild boards` mends them" if check else "run it again when the system is less busy"
        raise click.ClickException(f"{len(differences)} differences; {hint}")
