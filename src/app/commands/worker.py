"""`lyceum worker`: the application without a port.

Invariant: it does the background work of a server process and nothing else; both can run beside each other, because
rows in PostgreSQL say who does what.
"""

import asyncio
import signal
from pathlib import Path

import click
import msgspec
import uvloop

from app import schema
from app.asgi import create_app
from app.commands.options import data_dir_option, say
from app.config import Settings
from app.server import STOP_S, end_after
from app.services import addressed


@click.command()
@data_dir_option
def worker(data_dir: Path | None) -> None:
    """Run background jobs until Ctrl-C or SIGTERM; for servers with LYCEUM_EMBEDDED_WORKER=false."""
    settings = msgspec.structs.replace(Settings.load(data_dir=data_dir), embedded_worker=True)
    with addressed(settings, owner="command", report=say) as found:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(_work(found, owned=not settings.database_url))
        except schema.SchemaError as error:
            raise click.ClickException(str(error)) from None


async def _work(settings: Settings, *, owned: bool) -> None:
    await schema.ensure(settings.database_url, may_migrate=owned, report=say)
    asked = asyncio.Event()

    def stop() -> None:
        if not asked.is_set():
            asked.set()
            end_after(STOP_S)

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    async with create_app(settings).lifespan():
        say("Lyceum works on background jobs (Ctrl-C stops it)")
        await asked.wait()
        say("stopping")
