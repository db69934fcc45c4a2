"""`lyceum import` and `lyceum export`."""

from pathlib import Path

import click

from app.commands.options import data_dir_option, json_option, print_json
from app.commands.running import run
from app.infra import Infra
from domains.catalog import api as catalog
from domains.catalog.api import PublishedCourse, Report, Written


@click.command("import")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("format_name", "--format", help="librelingo or lyceum; told from the files where left out.")
@data_dir_option
@json_option
def import_command(path: Path, format_name: str | None, data_dir: Path | None, as_json: bool) -> None:
    """Publish the course at PATH, and report by file and line what was not understood."""

    async def work(infra: Infra) -> tuple[PublishedCourse | None, Report]:
        async with infra.db.begin() as uow:
            return await catalog.import_course(uow, path, format_name)

    published, report = run(data_dir, work)
    if as_json:
        print_json({"published": published, "remarks": report.remarks})
    else:
        for remark in report.remarks:
            click.echo(str(remark))
        if published is not None:
            state = "published as" if published.changed else "unchanged, still"
            click.echo(f"course {published.course_id}: {state} revision {published.number}")
    if published is None:
        raise click.ClickException("the course was not imported: see the errors above")


@click.command("export")
@click.argument("course")
@click.option("format_name", "--format", default="lyceum", show_default=True)
@data_dir_option
def export_command(course: str, format_name: str, data_dir: Path | None) -> None:
    """Write COURSE (its slug or id) to standard output."""

    async def work(infra: Infra) -> Written:
        async with infra.db.begin() as uow:
            return await catalog.export_course(uow, course, format_name)

    click.echo(run(data_dir, work).body, nl=False)
