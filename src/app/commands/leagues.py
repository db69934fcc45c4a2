"""`lyceum leagues finalize`."""

from pathlib import Path

import click

from app.commands.options import data_dir_option, json_option, print_json
from app.commands.running import run
from app.infra import Infra
from domains.gamification.api import Finalised, finalise_leagues, preview_leagues


@click.group()
def leagues() -> None:
    """Look after weekly leagues."""


@leagues.command()
@click.option("--dry-run", is_flag=True, help="Change nothing; say what would be done.")
@data_dir_option
@json_option
def finalize(dry_run: bool, data_dir: Path | None, as_json: bool) -> None:
    """Write down how all weeks ended that are over, and pay for it. A server does so by itself."""

    async def work(infra: Infra) -> list[Finalised]:
        return await (preview_leagues if dry_run else finalise_leagues)(infra.db)

    found = run(data_dir, work)
    if as_json:
        print_json({"dry_run": dry_run, "weeks": [week._asdict() for week in found]})
        return
    would = "would be " if dry_run else ""
    for week in found:
        moved = f"{week.promoted} {would}promoted, {week.demoted} demoted, {week.gems} gems"
        click.echo(f"week of {week.week_on}: {week.leagues} leagues, {week.learners} learners, {moved}")
    if not found:
        click.echo("every week that is over has been finalised")
