"""`lyceum import` and `lyceum export`."""

from pathlib import Path
from uuid import UUID

import click

from app.commands.options import data_dir_option, json_option, print_json
from app.commands.running import run
from app.infra import Infra
from domains.catalog import api as catalog
from domains.catalog.api import PublishedCourse, Report, Written
from domains.identity import api as identity
from domains.learning import api as learning
from domains.learning.api import TakenDeck


@click.command("import")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("format_name", "--format", help="librelingo or lyceum; told from the files where left out.")
@click.option("email", "--for", help="Whose memory of the cards a deck of Anki brings along: their e-mail address.")
@data_dir_option
@json_option
def import_command(
    path: Path, format_name: str | None, email: str | None, data_dir: Path | None, as_json: bool
) -> None:
    """Publish the course at PATH, and report by file and line what was not understood."""

    async def work(infra: Infra) -> tuple[PublishedCourse | None, Report, TakenDeck | None]:
        learner = await learner_of(infra, email) if email else None
        async with infra.db.begin() as uow:
            published, report = await catalog.import_course(uow, path, format_name)
        if published is None or learner is None:
            return published, report, None
        taken = await learning.take_deck(infra.db, learner, published.course_id, path, paid_only=False)
        return published, report, taken

    published, report, taken = run(data_dir, work)
    if as_json:
        schedule = taken and {"items": taken.items, "new": taken.new, "unknown": taken.unknown}
        print_json({"published": published, "remarks": report.remarks, "schedule": schedule})
    else:
        for remark in report.remarks:
            click.echo(str(remark))
        if published is not None:
            state = "published as" if published.changed else "unchanged, still"
            click.echo(f"course {published.course_id}: {state} revision {published.number}")
        if taken is not None:
            click.echo(f"{taken.items} words and phrases are due when they were due in the deck ({taken.new} new)")
    if published is None:
        raise click.ClickException("the course was not imported: see the errors above")


async def learner_of(infra: Infra, email: str) -> UUID:
    async with infra.db.begin() as uow:
        found = await identity.id_of_email(uow, email)
    if found is None:
        raise click.ClickException(f"nobody has the address {email}")
    return found


@click.command("export")
@click.argument("course")
@click.option("format_name", "--format", default="lyceum", show_default=True)
@click.option("email", "--for", help="With --format anki: whose memory of the cards goes along.")
@data_dir_option
def export_command(course: str, format_name: str, email: str | None, data_dir: Path | None) -> None:
    """Write COURSE (its slug or id) to standard output."""
    if email and format_name != "anki":
        raise click.UsageError("--for goes with --format anki only")

    async def work(infra: Infra) -> Written:
        learner = await learner_of(infra, email) if email else None
        async with infra.db.begin() as uow:
            if learner is None:
                return await catalog.export_course(uow, course, format_name)
            found = await catalog.ids_of_slugs(uow, [course])
        if course not in found:
            raise click.ClickException(f"there is no course `{course}`")
        return await learning.deck_of(infra.db, learner, found[course], paid_only=False)

    click.echo(run(data_dir, work).body, nl=False)
