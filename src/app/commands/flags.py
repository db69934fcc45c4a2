"""`lyceum flags list`, `flags set` and `flags remove`."""

from pathlib import Path
from uuid import UUID

import click

from app.commands.options import data_dir_option, json_option, print_json
from app.commands.running import run
from app.infra import Infra
from domains.identity.api import Action, id_of_email, record_action
from domains.kernel import flags as kernel
from domains.kernel.flags import Environment, Flag


@click.group()
def flags() -> None:
    """Look at feature flags, and switch them on for some or for all."""


@flags.command("list")
@data_dir_option
@json_option
def list_flags(data_dir: Path | None, as_json: bool) -> None:
    """List feature flags and whom they are on for."""

    async def work(infra: Infra) -> list[Flag]:
        async with infra.db.begin() as uow:
            return await kernel.flags(uow.session)

    found = run(data_dir, work)
    if as_json:
        print_json([flag._asdict() for flag in found])
        return
    for flag in found:
        click.echo(_line(flag))
    if not found:
        click.echo("no flags")


@flags.command("set")
@click.argument("name")
@click.option("--percentage", type=click.IntRange(0, 100), default=0, show_default=True, help="Of people.")
@click.option(
    "--environment",
    "environments",
    type=click.Choice([*Environment]),
    multiple=True,
    help="In which the percentage counts; by default in all.",
)
@click.option("--person", "emails", multiple=True, help="Address of somebody who has it everywhere.")
@click.option("--note", default="", help="What it is for.")
@data_dir_option
@json_option
def set_flag(
    name: str,
    percentage: int,
    environments: tuple[str, ...],
    emails: tuple[str, ...],
    note: str,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Make the flag NAME, or say anew whom it is on for: `flags set new_board --percentage 10`."""

    async def work(infra: Infra) -> Flag:
        async with infra.db.begin() as uow:
            people: list[UUID] = []
            for email in emails:
                user_id = await id_of_email(uow, email)
                if user_id is None:
                    raise click.ClickException(f"nobody has the address {email}")
                people.append(user_id)
            made = await kernel.put(
                uow.session,
                name,
                note=note,
                environments=environments or list(Environment),
                percentage=percentage,
                people=people,
                by=None,
            )
            detail = {"name": name, "environments": list(made.environments), "percentage": percentage}
            record_action(uow, Action.FLAG_SET, user_id=None, detail=detail | {"people": len(people)})
            return made

    made = run(data_dir, work)
    if as_json:
        print_json(made._asdict())
    else:
        click.echo(_line(made))


@flags.command("remove")
@click.argument("name")
@data_dir_option
def remove_flag(name: str, data_dir: Path | None) -> None:
    """Remove the flag NAME: it is off for everybody."""

    async def work(infra: Infra) -> None:
        async with infra.db.begin() as uow:
            await kernel.remove(uow.session, name)
            record_action(uow, Action.FLAG_REMOVED, user_id=None, detail={"name": name})

    run(data_dir, work)
    click.echo(f"{name} is off for everybody")


def _line(flag: Flag) -> str:
    where = ", ".join(flag.environments) or "nowhere"
    note = f"  {flag.note}" if flag.note else ""
    return f"{flag.name}  {flag.percentage} % in {where}, and {len(flag.people)} people{note}"
