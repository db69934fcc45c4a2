"""`lyceum serve`."""

from pathlib import Path

import click

from app.commands.options import data_dir_option, say
from app.config import Settings
from app.fleet import FleetError
from app.schema import SchemaError
from app.serve import ServeError
from app.serve import serve as serve_everything


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes behind the port.")
@data_dir_option
def serve(host: str, port: int, workers: int, data_dir: Path | None) -> None:
    """Serve REST, Socket.IO and background jobs; starts PostgreSQL and Redis where no URLs are set."""
    settings = Settings.load(data_dir=data_dir)
    try:
        serve_everything(settings, host=host, port=port, workers=workers, report=say)
    except (ServeError, SchemaError, FleetError) as error:
        raise click.ClickException(str(error)) from None
