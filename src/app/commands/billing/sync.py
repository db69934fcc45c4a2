"""`lyceum billing sync`: the catalogue as data. Billing sells keys and knows no course, so slugs become keys here."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from app.commands.options import data_dir_option, json_option, print_json
from app.commands.running import run
from app.infra import Infra
from domains.billing import api as billing
from domains.catalog import api as catalog
from domains.kernel.documents import BadDocument, read_document
from domains.kernel.uow import UnitOfWork

_SIGNS = {"created": "+", "changed": "~", "switched_off": "-", "removed": "-"}
_ALL = "all"


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--prune", is_flag=True, help="Switch off products and coupons that the file does not have.")
@data_dir_option
@json_option
def sync(file: Path, dry_run: bool, prune: bool, data_dir: Path | None, as_json: bool) -> None:
    """Make seller, taxes, products, prices and coupons what FILE says.

    All of it or nothing; a second time changes nothing. What the file does not have is left alone, save for prices of
    products that it has.
    """
    try:
        document = read_document(file)
    except BadDocument as error:
        raise click.ClickException(str(error)) from None

    async def work(infra: Infra) -> billing.SyncReport:
        async with infra.db.begin() as uow:
            wrong = await _name_courses(uow, document)
        if wrong:
            raise billing.CatalogueInvalid("\n".join(wrong))
        return await billing.sync_catalogue(infra.db, billing.read_catalogue(document), prune=prune, dry_run=dry_run)

    try:
        report = run(data_dir, work)
    except billing.CatalogueInvalid as error:
        raise click.ClickException("\n".join(f"{file}: {line}" for line in error.detail.splitlines())) from None
    if as_json:
        print_json(report)
        return
    for change in report.changes:
        details = f"  {'; '.join(change.details)}" if change.details else ""
        click.echo(f"{_SIGNS[change.action]} {change.what} {change.name}{details}")
    click.echo(_summary(report))


def _summary(report: billing.SyncReport) -> str:
    count = len(report.changes)
    if not count:
        return "nothing to change"
    what = f"{count} change{'s' if count != 1 else ''}"
    return f"{what} would be made; none was (--dry-run)" if report.dry_run else f"{what} made"


async def _name_courses(uow: UnitOfWork, document: Any) -> list[str]:
    """Puts keys in the place of `course: SLUG`, `courses: [SLUG, …]` and `courses: all`; says what no course is."""
    places = list(_courses(document))
    slugs = sorted({slug for _, _, named in places for slug in named if isinstance(slug, str)})
    ids = await catalog.ids_of_slugs(uow, slugs)
    wrong = []
    for path, product, named in places:
        course, courses = product.pop("course", None), product.pop("courses", None)
        wrong += [
            f"{path}: no published course has the slug `{slug}`; `lyceum import` brings one"
            for slug in named
            if not isinstance(slug, str) or slug not in ids
        ]
        keys = [billing.course_key(ids[slug]) for slug in named if isinstance(slug, str) and slug in ids]
        if courses == _ALL:
            keys.append(billing.ALL_COURSES)
        elif course is None and not isinstance(courses, list):
            wrong.append(f"{path}.courses: is a list of slugs, or {_ALL}")
        own = product.get("keys", [])
        product["keys"] = keys + own if isinstance(own, list) else own
    return wrong


def _courses(document: Any) -> Iterator[tuple[str, dict[str, Any], list[Any]]]:
    """Products that name courses, and the slugs. What has another form is told of when the whole is read."""
    products = document.get("products") if isinstance(document, dict) else None
    for place, product in enumerate(products if isinstance(products, list) else []):
        if isinstance(product, dict) and ("course" in product or "courses" in product):
            courses = product.get("courses")
            named = [product["course"]] if product.get("course") is not None else []
            yield f"$.products[{place}]", product, named + (courses if isinstance(courses, list) else [])
