"""`lyceum mail`: what mails look like, whether they leave, and what came back."""

import sys
from pathlib import Path

import click

from app.commands.options import data_dir_option, say
from app.commands.running import run
from app.config import Settings
from app.infra import Infra
from domains.kernel.errors import NotFound
from domains.kernel.ids import new_id
from domains.notifications import api as notifications

_KINDS = click.Choice(notifications.MAIL_KINDS)


@click.group()
def mail() -> None:
    """Look at mails, send one as a test, and take in what came back."""


@mail.command()
@click.argument("kind", type=_KINDS, metavar="KIND")
@click.option("--locale", default="en", show_default=True, help="A language tag such as de or es-MX.")
@click.option("--case", default="", help="A special case of the kind, e.g. trial_ends.")
@click.option("--html", "html_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the HTML there.")
def preview(kind: str, locale: str, case: str, html_file: Path | None) -> None:
    """Print a mail of this KIND with sample data."""
    settings = Settings.load()
    try:
        found = notifications.preview_mail(
            settings.public_url, kind, locale=locale, case=case, postal_address=settings.mail_postal_address
        )
    except NotFound:
        known = ", ".join(filter(None, notifications.mail_cases(kind))) or "none"
        raise click.UsageError(f"{kind} has no case {case}; there is: {known}") from None
    click.echo(f"Subject: {found.subject}\n\n{found.text}")
    if html_file is not None:
        try:
            html_file.write_text(found.html, encoding="utf-8")
        except OSError as error:
            raise click.ClickException(f"{html_file} cannot be written: {error.strerror}") from None
        say(f"HTML written to {html_file}")


@mail.command("send-test")
@click.option("--to", "to_address", required=True, help="The address.")
@click.option(
    "--kind", type=click.Choice(notifications.MAIL_KINDS), default="welcome", show_default=True, metavar="KIND"
)
@click.option("--locale", default="en", show_default=True)
@data_dir_option
def send_test(to_address: str, kind: str, locale: str, data_dir: Path | None) -> None:
    """Send one mail with sample data, as everything else is sent."""

    async def work(infra: Infra) -> str:
        taken = await notifications.send_test_mail(
            infra.db, to_address, f"test-{new_id().hex}", kind=kind, locale=locale
        )
        return taken.reference

    try:
        said = run(data_dir, work)
    except (notifications.Held, notifications.Refused) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"taken: {said}")


@mail.command()
@data_dir_option
def bounce(data_dir: Path | None) -> None:
    """Take in a mail of the bounce mailbox from standard input: `lyceum mail bounce < message`.

    An address is given up when the report is permanent and about a mail of ours; any other mail changes nothing.
    """
    raw = sys.stdin.buffer.read(notifications.MOST_REPORT_BYTES)

    async def work(infra: Infra) -> list[str]:
        async with infra.db.begin() as uow:
            return await notifications.take_report(uow, raw)

    given_up = run(data_dir, work)
    for address in given_up:
        click.echo(f"{address} gets no more mails")
    if not given_up:
        click.echo("nothing follows from it")
