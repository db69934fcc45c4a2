"""`lyceum demo`."""

import asyncio
from pathlib import Path

import click
from rich.console import Console

from app.commands.options import data_dir_option, json_option, print_json, say
from app.commands.running import run as run_on_data
from app.config import Settings
from app.demo.journal import Entry, entries
from app.demo.run import DemoCourse, NoServer, Options, find_course
from app.demo.run import run as run_demo
from app.demo.screen import Lines, Terminal, report
from app.demo.verify import Verified, verify
from app.infra import Infra
from domains.catalog import api as catalog


@click.command()
@click.option("--url", default="http://127.0.0.1:8000", show_default=True, help="Where the server listens.")
@click.option("--learners", type=click.IntRange(1, 2000), default=30, show_default=True)
@click.option("--minutes", type=click.FloatRange(0.01, 24 * 60), default=2.0, show_default=True)
@click.option(
    "--speed", type=click.FloatRange(0.05, 1000), default=1.0, show_default=True, help="2 thinks half as long."
)
@click.option("--seed", type=int, help="The same learners with the same thoughts; times still vary.")
@click.option(
    "--journal",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Append what the server acknowledged, to be verified later.",
)
@click.option(
    "verified",
    "--verify",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Run nothing; compare this journal with the database, and the XP ledger with all that follows from it.",
)
@data_dir_option
@json_option
def demo(
    url: str,
    learners: int,
    minutes: float,
    speed: float,
    seed: int | None,
    journal: Path | None,
    verified: Path | None,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Let learners take lessons of the demo course against a running server, and measure what they see."""
    if verified is not None:
        _verify(verified, data_dir, as_json=as_json)
        return
    if journal is not None and not journal.absolute().parent.is_dir():
        raise click.ClickException(f"there is no directory {journal.absolute().parent} for the journal")
    options = Options(url.rstrip("/"), learners, minutes, speed, seed, journal)
    console = Console(stderr=True)
    screen = Terminal(console) if console.is_terminal else Lines(console)
    try:
        course = _course(options.url, data_dir)
        summary = asyncio.run(run_demo(options, course, screen))
    except NoServer as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        print_json(summary)
    else:
        click.echo(report(summary))
    if not summary.answers:
        raise click.ClickException("the server accepted no answer")


def _course(url: str, data_dir: Path | None) -> DemoCourse:
    """The demo course on the server, brought there where we know its database. Raises NoServer."""
    found = asyncio.run(find_course(url))
    if found is None and Settings.load(data_dir=data_dir).database_url:
        say("importing the demo course")
        run_on_data(data_dir, _import)
        found = asyncio.run(find_course(url))
    if found is None:
        raise click.ClickException(
            f"the server at {url} has no course `{catalog.DEMO_SLUG}`: run this once with the server's "
            "LYCEUM_DATABASE_URL and LYCEUM_REDIS_URL, which imports it"
        )
    return found


async def _import(infra: Infra) -> None:
    async with infra.db.begin() as uow:
        await catalog.ensure_demo_course(uow)


def _verify(path: Path, data_dir: Path | None, *, as_json: bool) -> None:
    try:
        acknowledged: list[Entry] = entries(path)
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from None

    async def work(infra: Infra) -> Verified:
        return await verify(infra, acknowledged)

    found = run_on_data(data_dir, work)
    if as_json:
        print_json(found)
    else:
        for difference in found.differences:
            click.echo(difference)
        click.echo(f"{found.answers} answers and {found.completions} completions were acknowledged")
        if not found.differences:
            click.echo("each is there once, as it was acknowledged; ledger, balances, members and boards agree")
    if found.differences:
        raise click.ClickException(f"{len(found.differences)} differences")
