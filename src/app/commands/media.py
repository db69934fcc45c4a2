"""`lyceum media check`."""

from pathlib import Path

import click

from app.commands.options import data_dir_option, json_option, print_json
from app.commands.running import run
from app.infra import Infra
from domains.kernel.clock import utc_now
from domains.media import api

WORDS: dict[str, str] = {
    "missing": "is not in the storage",
    "wrong_size": "has another size than was stored",
    "wrong_content": "is not what was stored",
    "unknown": "belongs to nothing",
    "back": "was lost, and is in the storage again",
}


@click.group()
def media() -> None:
    """Look after the files that people have brought."""


@media.command("check")
@click.option("--repair", is_flag=True, help="Mend what can be mended.")
@click.option("--deep", is_flag=True, help="Read all that was uploaded, and compare its hash.")
@data_dir_option
@json_option
def check(repair: bool, deep: bool, data_dir: Path | None, as_json: bool) -> None:
    """Find what storage and database disagree on. Exit status 1 where something is wrong and was not mended.

    With --repair, pictures are made anew out of what was uploaded; content that is lost is shown to nobody until it is
    brought again or is back in the storage; and objects that belong to nothing are deleted once they are a day old."""

    async def work(infra: Infra) -> api.Checked:
        return await api.check(infra.db, utc_now(), repair=repair, deep=deep)

    found = run(data_dir, work)
    if as_json:
        print_json(found)
    else:
        for one in found.disagreements:
            mended = f"  ({one.mended})" if one.mended else ""
            click.echo(f"{one.key} {WORDS[one.trouble]}{mended}")
        told = f"{found.contents} files in {found.objects} objects, {found.bytes / 1_000_000:.1f} MB"
        count = len(found.disagreements)
        click.echo(f"{told}: {f'{count} disagreements' if count else 'storage and database agree'}")
    if any(not one.mended for one in found.disagreements):
        raise click.exceptions.Exit(1)
