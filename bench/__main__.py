"""`python -m bench [NAME]`: answers, pushes, classroom, and all others that are named below."""

import asyncio
import os
import platform
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import click
import uvloop
from rich.console import Console

from bench import (
    answers,
    boards,
    classroom,
    client,
    courses,
    entitlements,
    fanout,
    generation,
    grading,
    leagues,
    library,
    logins,
    pushes,
    schedule,
    sockets,
    streaks,
)
from bench.figures import Result, as_json, show
from bench.keepalive import HttpFailure
from bench.stand import BenchError, Stand, allow_many_files, running_server

Measure = Callable[[Stand, float, int, int], Awaitable[Result]]

MEASURES: dict[str, Measure] = {
    "answers": lambda stand, s, c, w: answers.measure(stand, seconds=s, connections=c),
    "pushes": lambda stand, s, c, w: pushes.measure(stand, seconds=s, workers=w),
    "capacity": lambda stand, s, c, w: pushes.capacity(stand, seconds=s, workers=w, completing=True),
    "capacity-answers": lambda stand, s, c, w: pushes.capacity(stand, seconds=s, workers=w, completing=False),
    "classroom": lambda stand, s, c, w: classroom.measure(stand, seconds=s),
    "courses": lambda stand, s, c, w: courses.measure(stand, seconds=s, connections=c),
    "library": lambda stand, s, c, w: library.measure(stand, seconds=s, connections=c),
    "sockets": lambda stand, s, c, w: sockets.measure(stand),
    "entitlements": lambda stand, s, c, w: entitlements.measure(stand),
    "schedule": lambda stand, s, c, w: schedule.measure(stand),
    "boards": lambda stand, s, c, w: boards.measure(stand),
    "logins": lambda stand, s, c, w: logins.measure(stand),
    "client": lambda stand, s, c, w: client.measure(stand),
}
ALONE: dict[str, Callable[[], Result]] = {
    "fanout": fanout.measure,
    "generation": generation.measure,
    "grading": grading.measure,
    "streaks": streaks.measure,
    "leagues": leagues.measure,
}
"""Without a whole server."""
LONG = {"boards", "capacity", "capacity-answers", "client", "library", "streaks"}
"""Measured only when it is asked for."""


@click.command()
@click.argument("names", nargs=-1, type=click.Choice([*MEASURES, *ALONE]))
@click.option("--seconds", type=click.FloatRange(2, 300), default=10.0, show_default=True, help="Of each measurement.")
@click.option("--connections", type=click.IntRange(1, 150), default=32, show_default=True)
@click.option("--workers", type=click.IntRange(1, 16), default=1, show_default=True, help="Processes of the server.")
@click.option("--url", help="A server that runs already; needs --data-dir.")
@click.option("--data-dir", type=click.Path(path_type=Path, file_okay=False))
@click.option("json_wanted", "--json", is_flag=True, help="Print one JSON document.")
def main(
    names: tuple[str, ...],
    seconds: float,
    connections: int,
    workers: int,
    url: str | None,
    data_dir: Path | None,
    json_wanted: bool,
) -> None:
    """Measure one thing or all, each on a server of its own."""
    allow_many_files()
    console = Console(stderr=json_wanted)
    results = []
    try:
        for name in names or [name for name in (*MEASURES, *ALONE) if name not in LONG]:
            result = _measured(name, seconds, connections, workers, url, data_dir)
            results.append(result)
            show(result, console)
    except (BenchError, HttpFailure, TimeoutError, OSError, asyncpg.PostgresError) as error:
        raise click.ClickException(f"{type(error).__name__}: {error}") from None
    if json_wanted:
        click.echo(as_json(results, _conditions()))


def _measured(
    name: str, seconds: float, connections: int, workers: int, url: str | None, data_dir: Path | None
) -> Result:
    if name in ALONE:
        return ALONE[name]()
    server = running_server(url, data_dir, workers=workers)
    with server as stand, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_bounded(MEASURES[name](stand, seconds, connections, workers), 180 + 10 * seconds))


async def _bounded(work: Awaitable[Result], within_s: float) -> Result:
    async with asyncio.timeout(within_s):
        return await work


def _conditions() -> dict[str, object]:
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cpus": os.cpu_count(),
        "argv": sys.argv[1:],
    }


if __name__ == "__main__":
    main()
