"""`python -m bench.faults P1`."""

import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
import click
import msgspec
import uvloop

from bench.faults import (
    announcing,
    busy,
    changes,
    farewells,
    fuzz,
    guessing,
    hostile,
    hostile_files,
    kills,
    logins,
    mailing,
    missing,
    ordering,
    outages,
    permutations,
    replays,
    restarts,
    storing,
    strangers,
    syncing,
)
from bench.faults.run import Run
from bench.faults.verdict import Verdict, line_of
from bench.keepalive import HttpFailure
from bench.stand import BenchError, allow_many_files

FAULTS: dict[str, Callable[[Run], Awaitable[Verdict]]] = {
    "P1": kills.payments,
    "P2": kills.without_redis,
    "P3": changes.shuffled,
    "P4": storing.no_commits,
    "P5": fuzz.forged,
    "P6": storing.many_names,
    "P7": changes.hanging,
    "P8": missing.never_arrived,
    "P9": permutations.all_orders,
    "P10": storing.worker_away,
    "N1": mailing.mails_under_kills,
    "H4": hostile_files.bombed,
    "H5": hostile_files.inside,
    "H8": replays.replayed,
    "H9": logins.refreshed,
    "H10": guessing.guessed,
    "L3": guessing.logged_in_at_once,
    "N2": announcing.announcement,
    "R1": busy.busy_hour,
    "R2": outages.redis_killed,
    "R3": outages.redis_frozen,
    "R4": restarts.api_killed,
    "R5": strangers.deaf,
    "R6": strangers.strangers,
    "R7": hostile.hostile,
    "R8": farewells.farewells,
    "R9": ordering.numbered,
    "R10": restarts.asked_to_end,
    "S1": syncing.synced,
}
NAIVE: dict[str, Callable[[Run], Awaitable[Verdict]]] = {
    "P1": kills.naive_payments,
    "P3": changes.naively_shuffled,
    "P4": storing.naive_commits,
    "H4": hostile_files.naively_bombed,
    "H5": hostile_files.naively_inside,
    "H8": replays.naively_replayed,
    "R2": outages.naive_redis_killed,
    "R3": outages.naive_redis_frozen,
    "R7": hostile.naively_hostile,
    "R9": ordering.naively_numbered,
}
LONGEST_S = 420.0


@click.command()
@click.argument("names", nargs=-1, required=True, type=click.Choice([*FAULTS, "all"]))
@click.option("--seed", default=1, show_default=True, help="Of every shuffle and every fault.")
@click.option("--scale", type=click.FloatRange(0.001, 10), default=1.0, show_default=True, help="Smaller for a try.")
@click.option("--naive", is_flag=True, help=f"The naive design instead, which must fail ({', '.join(NAIVE)}).")
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), help="Keep data and logs below this.")
@click.option("json_wanted", "--json", is_flag=True, help="Print one JSON document.")
def main(names: tuple[str, ...], seed: int, scale: float, naive: bool, keep: Path | None, json_wanted: bool) -> None:
    """Break things on purpose while payments come in. Exit status 1 when money or access went wrong.

    Each run starts PostgreSQL, Valkey, the API and workers of its own in a temporary directory.
    """
    allow_many_files()
    table = NAIVE if naive else FAULTS
    chosen = list(table) if "all" in names else list(names)
    missing = [name for name in chosen if name not in table]
    if missing:
        raise click.UsageError(f"there is no naive design for {', '.join(missing)}, only for {', '.join(NAIVE)}")
    verdicts = [_one(name, table[name], seed, scale, naive, keep) for name in chosen]
    if json_wanted:
        click.echo(msgspec.json.format(msgspec.json.encode(verdicts), indent=2).decode())
    if not all(verdict.passed for verdict in verdicts):
        sys.exit(1)


def _one(
    name: str, fault: Callable[[Run], Awaitable[Verdict]], seed: int, scale: float, naive: bool, keep: Path | None
) -> Verdict:
    # Short, because sockets lie below it; open to pass, because root's servers run under another account.
    top = Path(tempfile.mkdtemp(prefix="faults-", dir=keep)) if keep else Path(tempfile.mkdtemp(prefix="faults-"))
    top.chmod(0o711)
    started = time.monotonic()

    def say(line: str) -> None:
        click.echo(f"[{name} {time.monotonic() - started:5.1f} s] {line}", err=True)

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            verdict = runner.run(_bounded(fault(Run(top, seed, say, scale, naive))))
        verdict.seconds = time.monotonic() - started
        click.echo(line_of(verdict), err=True)
        return verdict
    except (BenchError, HttpFailure, OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise click.ClickException(f"{name} was not measured: {type(error).__name__}: {error}") from None
    finally:
        if keep is None:
            shutil.rmtree(top, ignore_errors=True)
        else:
            say(f"logs are in {top / 'data' / 'logs'}")


async def _bounded(work: Awaitable[Verdict]) -> Verdict:
    async with asyncio.timeout(LONGEST_S):
        return await work


if __name__ == "__main__":
    main()
