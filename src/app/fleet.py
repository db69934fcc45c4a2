"""Several server processes behind one port.

Invariant: as long as the fleet runs, every member that dies is replaced; when it stops, every member is gone.
"""

import multiprocessing
import os
import signal
import socket
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import FrameType

from prometheus_client.multiprocess import mark_process_dead

from app.config import Settings, share_figures
from app.neighbours import Place
from app.server import run_member

STOP_S = 9.0
SHORT_LIFE_S = 5.0
MOST_SHORT_LIVES = 5


class FleetError(Exception):
    """One line: why the fleet gave up."""


@dataclass(slots=True)
class Member:
    process: SpawnProcess
    started: Connection
    born: float = field(default_factory=time.monotonic)
    serves: bool = False


class Fleet:
    """`size` processes that accept from the same listening socket."""

    def __init__(self, settings: Settings, listener: socket.socket, size: int, report: Callable[[str], None]) -> None:
        self._settings = settings
        self._listener = listener
        self._size = size
        self._report = report
        self._context = multiprocessing.get_context("spawn")
        self._members: list[Member] = []
        self._short_lives = 0
        self._stopping = False
        # Not in the data directory, whose path may be too long for a socket. Only we can enter it.
        self._home = tempfile.TemporaryDirectory(prefix="lyceum-")
        # Members write their figures there, so that each of them can show those of all.
        self._figures = Path(self._home.name) / "figures"
        self._figures.mkdir()
        share_figures(self._figures)

    def run(self, on_started: Callable[[], None]) -> None:
        """Returns after SIGINT or SIGTERM; `on_started` is called once when all members serve."""
        before = {number: signal.signal(number, self._stop_soon) for number in (signal.SIGINT, signal.SIGTERM)}
        announced = False
        try:
            self._members = [self._start(number) for number in range(self._size)]
            while not self._stopping:
                self._look()
                if not announced and all(member.serves for member in self._members):
                    announced = True
                    on_started()
        finally:
            self._stop()
            self._home.cleanup()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _start(self, number: int) -> Member:
        ours, theirs = self._context.Pipe(duplex=False)
        process = self._context.Process(
            target=run_member,
            args=(self._settings, self._listener, theirs, Place(Path(self._home.name), number)),
            name="lyceum-server",
        )
        process.start()
        theirs.close()
        return Member(process, ours)

    def _look(self) -> None:
        """Waits a moment for news of the members, and replaces those that ended."""
        news = [member.process.sentinel for member in self._members]
        news += [member.started.fileno() for member in self._members if not member.serves]
        wait(news, timeout=0.2)
        for place, member in enumerate(self._members):
            if not member.serves and member.started.poll():
                try:
                    member.serves = member.started.recv()
                except EOFError:
                    continue
            if member.process.exitcode is not None and not self._stopping:
                self._members[place] = self._replace(member, place)

    def _replace(self, member: Member, place: int) -> Member:
        self._report(f"server process {member.process.pid} ended with {member.process.exitcode}; starting another")
        member.started.close()
        if member.process.pid is not None:
            mark_process_dead(member.process.pid, str(self._figures))  # type: ignore[no-untyped-call]
        short = time.monotonic() - member.born < SHORT_LIFE_S
        self._short_lives = self._short_lives + 1 if short else 0
        if self._short_lives >= MOST_SHORT_LIVES:
            raise FleetError("the server processes end right after their start; see the lines above")
        if short:
            time.sleep(0.2 * self._short_lives)
        return self._start(place)

    def _stop_soon(self, number: int, frame: FrameType | None) -> None:
        if self._stopping and number == signal.SIGINT:
            # The terminal sent the same to the members; whoever does not hurry now is killed below.
            for member in self._members:
                _signal(member, signal.SIGKILL)
        self._stopping = True

    def _stop(self) -> None:
        deadline = time.monotonic() + STOP_S
        for member in self._members:
            _signal(member, signal.SIGTERM)
        for member in self._members:
            member.process.join(max(0.0, deadline - time.monotonic()))
            _signal(member, signal.SIGKILL)
            member.process.join(1.0)


def _signal(member: Member, number: signal.Signals) -> None:
    if member.process.pid is not None and member.process.exitcode is None:
        os.kill(member.process.pid, number)
