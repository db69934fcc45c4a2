"""`lyceum keys rotate` and `lyceum keys list`."""

from pathlib import Path

import click

from app.commands.options import data_dir_option, json_option, print_json
from app.commands.running import run
from app.infra import Infra
from domains.identity import api as identity


@click.group()
def keys() -> None:
    """Look at the keys that sign access tokens, and replace them; nobody is logged out by it."""


@keys.command("rotate")
@data_dir_option
@json_option
def rotate(data_dir: Path | None, as_json: bool) -> None:
    """Make a new signing key. It takes over in two minutes, when every process knows it; what the old one signed stays
    valid until it expires. By itself this happens every 90 days."""

    async def work(infra: Infra) -> str:
        async with infra.db.begin() as uow:
            return await identity.rotate_keys(uow)

    kid = run(data_dir, work)
    if as_json:
        print_json({"kid": kid})
    else:
        click.echo(f"key {kid} signs from two minutes on; access tokens signed before stay valid until they expire")


@keys.command("list")
@data_dir_option
@json_option
def list_keys(data_dir: Path | None, as_json: bool) -> None:
    """List the keys that sign or still verify, the oldest first."""

    async def work(infra: Infra) -> list[identity.KeyShown]:
        return await identity.signing_keys(infra.db)

    found = run(data_dir, work)
    if as_json:
        print_json([key._asdict() for key in found])
        return
    for key in found:
        retired = f"  retired {key.retired_at:%Y-%m-%d %H:%M}" if key.retired_at else ""
        click.echo(f"{key.kid}  signs from {key.signs_from:%Y-%m-%d %H:%M}{retired}")
    if not found:
        click.echo("no key was made yet; the first start of a server makes it")
