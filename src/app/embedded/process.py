"""Starting, finding and stopping one server process.

Invariant: a signal goes only to our own child or to a process whose command line names our data.
"""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from app.embedded import launch
from app.embedded.account import Account

LAUNCHER = Path(launch.__file__)
DYING_S = 1.0  # a server whose owner was killed is usually on its way out already
LOG_LIMIT_BYTES = 8 * 1024 * 1024
# Nothing is inherited: a PG* variable or a locale of the shell would change what the servers do.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", "HOME": "/"}

StopSignals = tuple[tuple[signal.Signals, float], ...]
Child = subprocess.Popen[bytes]


@dataclass(frozen=True, slots=True)
class Log:
    """A server's log file; `mark` is where the present run begins."""

    path: Path
    mark: int

    def this_run(self) -> str:
        try:
            with self.path.open("rb") as file:
                file.seek(self.mark)
                return file.read(256 * 1024).decode(errors="replace")
        except OSError:
            return ""


def open_log(path: Path) -> Log:
    if path.exists() and path.stat().st_size > LOG_LIMIT_BYTES:
        path.replace(path.with_suffix(".log.1"))
    path.touch(mode=0o600)
    return Log(path, path.stat().st_size)


def reason_in(line: str) -> str:
    """The sentence of a server's log line, without time and process id."""
    for word in ("FATAL:", "PANIC:", "ERROR:", "error:"):
        if word in line:
            return line.partition(word)[2].strip()
    return line.strip()


def launch_line(argv: list[str], account: Account, death_signal: signal.Signals) -> list[str]:
    """The command that turns into `argv` under `account`, and dies by `death_signal` when the calling thread ends."""
    spec = {
        "argv": argv,
        "uid": account.uid if account.switch else None,
        "gid": account.gid,
        "capability": account.capability,
        "parent": os.getpid(),
        "death_signal": int(death_signal),
    }
    return [sys.executable, "-I", "-S", str(LAUNCHER), json.dumps(spec)]


def spawn(argv: list[str], *, cwd: Path, log: Log, account: Account, death_signal: signal.Signals) -> Child:
    """Starts a server in a session of its own, so that Ctrl-C in a terminal reaches only us, who stop it in order."""
    with log.path.open("ab") as output:
        return subprocess.Popen(
            launch_line(argv, account, death_signal),
            cwd=cwd,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def stop_child(child: Child, signals: StopSignals) -> None:
    """Sends each signal in turn and waits its seconds; returns once the child is gone."""
    for number, seconds in signals:
        if child.poll() is not None:
            return
        child.send_signal(number)
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
        return


def stop_stranger(pid: int, mark: str, signals: StopSignals) -> None:
    """Like stop_child, for a process of an earlier run that is not our child."""
    if _gone_within(pid, mark, DYING_S):
        return
    for number, seconds in signals:
        if not runs(pid, mark):
            return
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        if _gone_within(pid, mark, seconds):
            return


def _gone_within(pid: int, mark: str, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while runs(pid, mark):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def runs(pid: int, mark: str) -> bool:
    """Whether process `pid` lives and its command line holds the argument `mark`: a recycled pid is not ours.

    A process that is dead but not reaped has no command line, so it does not count either.
    """
    if pid <= 0 or not is_alive(pid):
        return False
    if sys.platform == "linux":
        try:
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return os.fsencode(mark) in arguments
    listing = subprocess.run(["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, check=False)
    return os.fsencode(mark) in listing.stdout
