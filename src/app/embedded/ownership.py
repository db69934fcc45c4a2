"""Who may start, use and stop the servers of a data directory.

Two flock files decide, so that a killed process leaves nothing to clean up: `services.lock` is held by the one who
started the servers, `users.lock` is shared by those who merely use them. Invariant: whoever holds a share of
`users.lock` and has read `services.json` uses servers that their owner does not stop at leisure.
"""

import fcntl
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from app.embedded.errors import EmbeddedError
from app.embedded.process import is_alive

Owner = Literal["serve", "command", "test"]
Report = Callable[[str], None]

SERVE_WAIT_SECONDS = 30.0
ATTACH_WAIT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Services:
    """Where the servers listen; both URLs lead to sockets that only this account may open."""

    database_url: str
    redis_url: str


class Holder(msgspec.Struct, frozen=True):
    """Written into the lock file by the process that holds it."""

    pid: int
    owner: Owner


class State(msgspec.Struct, frozen=True):
    """Written once the servers are ready, removed before they stop."""

    pid: int
    database_url: str
    redis_url: str


class Lock:
    """An flock that dies with its process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        keep_owner(path)

    def take(self, kind: int) -> bool:
        try:
            fcntl.flock(self.file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def write(self, content: bytes) -> None:
        os.ftruncate(self.file, 0)
        os.pwrite(self.file, content, 0)

    def release(self) -> None:
        if self.file >= 0:
            os.close(self.file)
            self.file = -1


def keep_owner(path: Path) -> None:
    """What root writes into somebody's data directory stays somebody's."""
    if os.geteuid() == 0:
        parent = path.parent.stat()
        os.chown(path, parent.st_uid, parent.st_gid)


def serving_pid(data_dir: Path) -> int | None:
    """The `lyceum serve` that holds the servers of `data_dir`, if one does."""
    holder = _read_holder(data_dir / "services.lock")
    return holder.pid if holder is not None and holder.owner == "serve" else None


def _read_holder(lock_file: Path) -> Holder | None:
    try:
        holder = msgspec.json.decode(lock_file.read_bytes(), type=Holder)
    except (OSError, msgspec.DecodeError):
        return None
    return holder if is_alive(holder.pid) else None


def _second_serve(data_dir: Path, pid: int) -> EmbeddedError:
    return EmbeddedError(
        f"lyceum serve already runs on {data_dir} (pid {pid}); stop it first, or choose another --data-dir"
    )


class Claim:
    """The right to use the servers of one data directory; `owns` tells whether it is also the duty to run them."""

    def __init__(self, data_dir: Path, owner: Owner, report: Report) -> None:
        self.data_dir = data_dir
        self.owner = owner
        self.report = report
        self.owns = False
        self.found: Services | None = None
        self._state_file = data_dir / "services.json"
        self._owning = Lock(data_dir / "services.lock")
        self._using = Lock(data_dir / "users.lock")

    def take(self) -> None:
        """Blocks until the servers are ours to start (`owns`) or run and are ours to use (`found`)."""
        started = time.monotonic()
        said = False
        while True:
            if self._owning.take(fcntl.LOCK_EX):
                self._owning.write(msgspec.json.encode(Holder(os.getpid(), self.owner)))
                self._state_file.unlink(missing_ok=True)
                self.owns = True
                return
            holder = _read_holder(self._owning.path)
            waited = time.monotonic() - started
            if self.owner == "serve":
                self._refuse_second_serve(holder, waited)
            elif self._attach(waited):
                return
            if waited > 1.0 and not said and holder is not None:
                said = True
                self.report(f"waiting for another lyceum process (pid {holder.pid}) to finish with {self.data_dir}")
            time.sleep(0.05)

    def publish(self, services: Services) -> None:
        state = State(os.getpid(), services.database_url, services.redis_url)
        draft = self._state_file.with_suffix(".new")
        draft.unlink(missing_ok=True)
        with open(draft, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(msgspec.json.encode(state))
        keep_owner(draft)
        draft.replace(self._state_file)

    def withdraw(self) -> None:
        """Called before the servers stop. A short command lets those who share its servers finish; serve does not."""
        started = time.monotonic()
        said = False
        while not self._using.take(fcntl.LOCK_EX) and self.owner != "serve":
            if time.monotonic() - started > 1.0 and not said:
                said = True
                self.report("waiting for another lyceum command that uses the same database")
            time.sleep(0.05)
        self._state_file.unlink(missing_ok=True)

    def release(self) -> None:
        if self.owns:
            self._owning.write(b"")
        self._using.release()
        self._owning.release()

    def _refuse_second_serve(self, holder: Holder | None, waited: float) -> None:
        if holder is not None and holder.owner == "serve":
            raise _second_serve(self.data_dir, holder.pid)
        if waited > SERVE_WAIT_SECONDS:
            who = f"pid {holder.pid}" if holder else "another process"
            raise EmbeddedError(f"{self.data_dir} is still in use by a lyceum command ({who}); try again later")

    def _attach(self, waited: float) -> bool:
        if self._using.take(fcntl.LOCK_SH):
            state = self._state()
            if state is not None and is_alive(state.pid):
                self.found = Services(state.database_url, state.redis_url)
                return True
            fcntl.flock(self._using.file, fcntl.LOCK_UN)
        if waited > ATTACH_WAIT_SECONDS:
            raise EmbeddedError(f"the lyceum process that runs the database in {self.data_dir} does not get it ready")
        return False

    def _state(self) -> State | None:
        try:
            return msgspec.json.decode(self._state_file.read_bytes(), type=State)
        except (OSError, msgspec.DecodeError):
            return None
