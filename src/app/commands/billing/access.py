"""`lyceum billing grant` and `lyceum billing entitlements`."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import click

from app.commands.options import data_dir_option, json_option, print_json
from app.commands.running import run
from app.infra import Infra
from domains.billing import api as billing
from domains.identity import api as identity
from domains.kernel.clock import utc_now
from domains.kernel.uow import UnitOfWork


@click.command()
@click.option("--email", required=True, help="Of somebody with an account.")
@click.option("--key", required=True, help="course:<id>, courses:*, hearts:unlimited …")
@click.option("--reason", required=True, help="Kept with the entitlement.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day, in UTC; for ever where left out.")
@data_dir_option
@json_option
def grant(email: str, key: str, reason: str, until: datetime | None, data_dir: Path | None, as_json: bool) -> None:
    """Give somebody access, beside whatever else gives it. It is taken back over the admin API."""
    if not reason.strip():
        raise click.UsageError("--reason says why")
    ends_at = until.replace(tzinfo=UTC) + timedelta(days=1) if until is not None else None

    async def work(infra: Infra) -> billing.EntitlementView:
        async with infra.db.begin() as uow:
            user_id = await _user_id(uow, email)
            return await billing.grant_by_hand(
                uow, user_id=user_id, key=key, reason=reason, by=None, ends_at=ends_at, now=utc_now()
            )

    given = run(data_dir, work)
    if as_json:
        print_json(given)
    else:
        click.echo(f"{email} may use {given.key}{_until(given)} (entitlement {given.id})")


@click.command()
@click.option("--email", required=True)
@data_dir_option
@json_option
def entitlements(email: str, data_dir: Path | None, as_json: bool) -> None:
    """List what somebody may use and might use once, what gives it, and why."""

    async def work(infra: Infra) -> list[billing.EntitlementView]:
        async with infra.db.begin() as uow:
            return await billing.entitlements_of(uow, await _user_id(uow, email), utc_now())

    found = run(data_dir, work)
    if as_json:
        print_json(found)
        return
    for row in found:
        why = f"  {row.reason}" if row.reason else ""
        click.echo(f"{'open' if row.open else 'closed':6}  {row.key}  {row.source} {row.source_id}{_until(row)}{why}")
    if not found:
        click.echo("no entitlements")


async def _user_id(uow: UnitOfWork, email: str) -> UUID:
    found = await identity.id_of_email(uow, email)
    if found is None:
        raise click.ClickException(f"nobody here has the e-mail address {email}")
    return found


def _until(row: billing.EntitlementView) -> str:
    return f"  until {row.ends_at:%Y-%m-%d %H:%M} UTC" if row.ends_at is not None else ""
