"""`lyceum create-user`."""

import secrets
import sys
from pathlib import Path
from typing import Any

import click

from app.commands.options import data_dir_option, json_option, print_json
from app.commands.running import run
from app.infra import Infra
from domains.identity import api as identity

ROLES = tuple(role.value for role in identity.Role)


@click.command("create-user")
@click.option("--email", required=True)
@click.option("--role", "roles", required=True, multiple=True, type=click.Choice(ROLES), help="May be given again.")
@click.option("--name", help="Shown to others; the part of the e-mail before @ where left out.")
@data_dir_option
@json_option
def create_user(email: str, roles: tuple[str, ...], name: str | None, data_dir: Path | None, as_json: bool) -> None:
    """Create a user. The password is read from standard input if piped, otherwise made up and printed once."""
    given = "" if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    password = given or secrets.token_urlsafe(15)

    async def work(infra: Infra) -> Any:
        async with infra.db.begin() as uow:
            return await identity.create_user(
                uow, email=email, name=name or email.partition("@")[0], password=password, roles=roles
            )

    user_id = str(getattr(user := run(data_dir, work), "id", user))
    if as_json:
        print_json({"id": user_id, "email": email, "roles": roles} | ({} if given else {"password": password}))
        return
    click.echo(f"{email} is user {user_id} ({', '.join(roles)})")
    if not given:
        click.echo(f"password (shown only now): {password}")
