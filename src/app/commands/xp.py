"""`lyceum xp correct`."""

from pathlib import Path
from uuid import UUID

import click

from app.commands.options import data_dir_option, json_option, print_json
from app.commands.running import run
from app.infra import Infra
from domains.gamification.api import Corrected, correct_by_hand
from domains.identity import api as identity
from domains.kernel.uow import UnitOfWork

MOST_XP = 1_000_000


@click.group()
def xp() -> None:
    """Look after what people have earned."""


@xp.command()
@click.option("--user", required=True, help="E-mail address or id.")
@click.option("--amount", required=True, type=click.IntRange(-MOST_XP, MOST_XP), help="XP; below 0 takes away.")
@click.option("--reason", required=True, help="For the audit log; at most 500 characters.")
@click.option("--dry-run", is_flag=True, help="Change nothing; say what would be done.")
@data_dir_option
@json_option
def correct(user: str, amount: int, reason: str, dry_run: bool, data_dir: Path | None, as_json: bool) -> None:
    """Correct somebody's XP by an entry in the ledger.

    It belongs to what they earned last: to that day, and to that week's league unless the week is over. So no streak
    moves, and what a league ended with stays.
    """
    if not 0 < len(reason.strip()) <= 500:
        raise click.UsageError("--reason says why, in at most 500 characters")
    if amount == 0:
        raise click.UsageError("--amount is not 0")

    async def work(infra: Infra) -> tuple[UUID, Corrected]:
        async with infra.db.begin() as uow:
            user_id = await _id_of(uow, user)
            return user_id, await correct_by_hand(uow, user_id, amount, reason.strip(), dry_run=dry_run)

    user_id, done = run(data_dir, work)
    if as_json:
        print_json({"dry_run": dry_run, "user_id": user_id, "amount": amount} | done._asdict())
        return
    would = "would have" if dry_run else "has"
    where = f"league {done.league_id}" if done.league_id else "no league"
    click.echo(f"user {user_id} {would} {done.xp} XP after {done.xp_before}; of {done.local_on}, in {where}")


async def _id_of(uow: UnitOfWork, user: str) -> UUID:
    if "@" in user:
        found = await identity.id_of_email(uow, user)
        if found is None:
            raise click.ClickException(f"nobody with an open account has registered with {user}")
        return found
    try:
        return UUID(user)
    except ValueError:
        raise click.UsageError(f"{user} is neither an e-mail address nor an id") from None
