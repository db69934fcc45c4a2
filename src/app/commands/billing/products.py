"""`lyceum billing products`."""

from collections.abc import Sequence
from pathlib import Path

import click

from app.commands.options import data_dir_option, json_option, print_json
from app.commands.running import run
from app.infra import Infra
from domains.billing import api as billing
from domains.kernel.money import shown


@click.command()
@data_dir_option
@json_option
def products(data_dir: Path | None, as_json: bool) -> None:
    """List what is sold, with the prices that hold."""

    async def work(infra: Infra) -> Sequence[billing.ProductView]:
        async with infra.db.begin() as uow:
            return await billing.products(uow)

    found = run(data_dir, work)
    if as_json:
        print_json(found)
        return
    for product in found:
        click.echo(f"{product.slug}  {product.kind}{'' if product.active else ' (off)'}  {product.name}")
        click.echo(f"    {', '.join(product.keys)}")
        for price in product.prices:
            details = [
                f"per {price.interval}" if price.interval else "",
                f"in {price.country}" if price.country else "",
                "" if price.tax_inclusive else "plus tax",
            ]
            click.echo(" ".join(["   ", shown(price.amount_minor, price.currency), *filter(None, details)]))
    if not found:
        click.echo("nothing is sold; `lyceum billing sync` puts things on sale")
