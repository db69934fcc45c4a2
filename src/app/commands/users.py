"""`lyceum create-user` and `lyceum users`."""

import secrets
import sys
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from app.commands.options import data_dir_option, json_option, print_json, say
from app.commands.running import run
from app.infra import Infra
from domains.identity import api as identity
from domains.kernel.clock import utc_now
from domains.kernel.errors import AppError

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


@click.group("users")
def users() -> None:
    """Bring people along from elsewhere, change what they may do, and forget them."""


@users.command("import")
@click.argument("path", metavar="FILE.csv", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check everything and store nothing.")
@data_dir_option
@json_option
def import_users(path: Path, dry_run: bool, data_dir: Path | None, as_json: bool) -> None:
    """Create an account for each line of a CSV file (UTF-8, the first line names the columns).

    \b
    email          required; who has an account with it stays as they are
    name           shown to others; the part of the e-mail before @ where left out
    username       to log in with: 3 to 30 of a-z, 0-9 and _
    password_hash  bcrypt ($2b$...) or argon2id; without one, people log in by a code or reset the password
    roles          separated by spaces or semicolons; learner where left out
    locale         such as pt-BR; en where left out
    time_zone      such as Europe/Madrid; UTC where left out
    verified       yes where the address is known to be theirs; no where left out

    If one line is wrong nothing is stored, and every wrong line is told with its number. The same file again, also
    after an interruption, adds only who is missing. Nobody is sent a mail.
    """

    async def work(infra: Infra) -> identity.ImportOutcome:
        return await identity.import_people(infra.db, path, dry_run=dry_run, progress=_progress)

    outcome = run(data_dir, work)
    if as_json:
        print_json({"dry_run": dry_run, "added": outcome.added, "known": outcome.known, "remarks": outcome.remarks})
    else:
        for remark in outcome.remarks:
            click.echo(str(remark))
    if outcome.remarks:
        raise click.ClickException(f"nothing was imported: {len(outcome.remarks)} errors")
    if not as_json:
        would = "would be " if dry_run else ""
        click.echo(f"{outcome.added} {would}added, {outcome.known} known before")


@users.command("roles", context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})
@click.argument("email")
@click.argument("changes", nargs=-1, type=click.UNPROCESSED, metavar="[+ROLE|-ROLE]...")
@data_dir_option
@json_option
def change_roles(email: str, changes: tuple[str, ...], data_dir: Path | None, as_json: bool) -> None:
    """Show the roles of EMAIL, or change them: `lyceum users roles ada@example.org +teacher -author`.

    Roles are learner, teacher, author, moderator, support and admin. There is always an admin.
    """
    more, less = _signed("+", changes), _signed("-", changes)
    wrong = [change for change in changes if change[:1] not in "+-" or change[1:] not in ROLES]
    if wrong or more & less:
        raise click.UsageError(f"{' '.join(wrong) or 'one role twice'}: give +ROLE or -ROLE of {', '.join(ROLES)}")

    async def work(infra: Infra) -> frozenset[str] | None:
        async with infra.db.begin() as uow:
            user_id = await identity.id_of_email(uow, email)
            if user_id is None:
                return None
            before = await identity.roles(uow, user_id)
            if not changes:
                return before
            wanted = (before | more) - less
            return (await identity.change_roles(uow, user_id, wanted, by=None, reason="command line")).after

    roles = run(data_dir, work)
    if roles is None:
        raise click.ClickException(f"nobody with an open account has registered with {email}")
    if as_json:
        print_json({"email": email, "roles": sorted(roles)})
    else:
        click.echo(f"{email}: {', '.join(sorted(roles)) or 'no role'}")


@users.command("delete")
@click.argument("who", metavar="EMAIL|ID")
@click.option("--now", "at_once", is_flag=True, help="Without the 14 days in which it can be taken back.")
@click.option("--reason", default="command line", show_default=True, help="For the audit log.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
@data_dir_option
@json_option
def delete_user(who: str, at_once: bool, reason: str, yes: bool, data_dir: Path | None, as_json: bool) -> None:
    """Have an account erased, in 14 days or now: what leads to the person goes, ledgers and invoices stay.

    Its login sessions end at once. Until it is done, a login and `POST /api/v1/auth/me/restore` take it back. The last
    admin stays. Closed accounts are named by their id.
    """
    if not yes:
        click.confirm(f"Erase {who} {'now, for good' if at_once else 'in 14 days'}?", abort=True)

    async def work(infra: Infra) -> tuple[UUID, datetime] | None:
        now = utc_now()
        async with infra.db.begin() as uow:
            user_id = _as_id(who) or await identity.id_of_email(uow, who)
            if user_id is None:
                return None
            at = await identity.schedule(
                uow, user_id, at=now if at_once else now + identity.DELETION_GRACE, reason=reason, caller=None
            )
            if at_once:
                await identity.erase(uow, user_id, now)
            return user_id, at

    try:
        done = run(data_dir, work)
    except AppError as error:
        raise click.ClickException(error.detail or error.title) from None
    if done is None:
        raise click.ClickException(f"nobody with an open account has registered with {who}")
    user_id, at = done
    if as_json:
        print_json({"id": str(user_id), "erased": at_once, "deletion_at": at.isoformat()})
    else:
        click.echo(f"user {user_id} {'is erased' if at_once else f'will be erased on {at:%Y-%m-%d %H:%M} UTC'}")


def _as_id(who: str) -> UUID | None:
    try:
        return UUID(who)
    except ValueError:
        return None


def _signed(sign: str, changes: tuple[str, ...]) -> frozenset[str]:
    return frozenset(change[1:] for change in changes if change.startswith(sign))


def _progress(what: str, lines: int) -> None:
    # A short file needs none.
    if lines % 10_000 == 0:
        say(f"{lines:,} {what}")
