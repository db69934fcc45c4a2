"""A private directory for the sockets of one data directory.

Invariant: its path is short enough for a socket address, plain enough to stand in a URL and in PostgreSQL's settings,
the same at every start, and open to nobody but the servers' account.
"""

import hashlib
import os
import re
import socket
import stat
import tempfile
from pathlib import Path

from app.embedded.account import Account
from app.embedded.errors import EmbeddedError

PLAIN = re.compile(r"[A-Za-z0-9/._-]+")
# The address of a socket holds 104 bytes on macOS, 108 on Linux; PostgreSQL adds "/.s.PGSQL.5432.lock".
LONGEST = 80


def private_directory(data_dir: Path, account: Account) -> Path:
    """`run` in the data directory where that works, otherwise a directory in the system's temporary one."""
    inside = data_dir / "run"
    if _fits(inside):
        _make_private(inside, account)
        if _takes_sockets(inside):
            return inside
    key = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    for parent in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108 - checked for its owner below
        outside = parent / f"lyceum-{account.uid}-{key}"
        if _fits(outside):
            _make_private(outside, account)
            return outside
    raise EmbeddedError(f"no temporary directory with a short path for the database's sockets (tried {parent})")


def _fits(path: Path) -> bool:
    return len(os.fsencode(path)) <= LONGEST and PLAIN.fullmatch(str(path)) is not None


def _make_private(path: Path, account: Account) -> None:
    try:
        path.mkdir(mode=0o700)
        account.give(path)
    except FileExistsError:
        pass
    status = path.lstat()
    ours = {account.uid, os.geteuid()}
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in ours:
        raise EmbeddedError(
            f"{path} belongs to another user (uid {status.st_uid}); remove it or choose another --data-dir"
        )
    if status.st_uid != account.uid:
        account.give(path)
    if status.st_mode & 0o077:
        path.chmod(0o700)


def _takes_sockets(directory: Path) -> bool:
    """Some shared folders of virtual machines cannot hold sockets."""
    probe = directory / "probe"
    probe.unlink(missing_ok=True)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(probe))
    except OSError:
        return False
    finally:
        probe.unlink(missing_ok=True)
    return True
