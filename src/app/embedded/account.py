"""Which account the servers run under.

PostgreSQL refuses to run as root, so root hands the servers to the owner of the data, or to a user id that no person
and no package has. Paths beneath a directory that only root may enter (such as /root) stay reachable through one
capability. Invariant: the servers hold no privilege that the layout of the paths does not force.
"""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from app.embedded.errors import EmbeddedError

SERVICE_UID = 60931  # between the ranges that distributions and systemd give out, and below 65536 for containers
CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2


@dataclass(frozen=True, slots=True)
class Account:
    """`switch` is False where the servers simply run as ourselves."""

    uid: int
    gid: int
    switch: bool
    capability: int | None

    def give(self, path: Path) -> None:
        """Hands one file or directory to the account."""
        if self.switch:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def give_tree(self, top: Path) -> None:
        if not self.switch:
            return
        self.give(top)
        for directory, names, files in os.walk(top):
            for name in (*names, *files):
                self.give(Path(directory, name))


def choose_account(data_dir: Path, programs: list[Path]) -> Account:
    """The account for servers whose data lies in `data_dir` and whose programs are `programs`."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), switch=False, capability=None)
    owner = (data_dir / "postgres" if (data_dir / "postgres").exists() else data_dir).stat()
    uid, gid = (owner.st_uid, owner.st_gid) if owner.st_uid != 0 else (SERVICE_UID, SERVICE_UID)
    return Account(uid, gid, switch=True, capability=_needed_capability(uid, [data_dir / "data", *programs]))


def named_account(account: Account) -> Account:
    """An account that the user database knows, for initdb, which insists on a name."""
    if not account.switch or _has_name(account.uid):
        return account
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedError(
            "cannot create a database as root here: the system has no user 'nobody' to do it as; run as another user"
        ) from None
    return Account(nobody.pw_uid, nobody.pw_gid, switch=True, capability=account.capability)


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _needed_capability(uid: int, paths: list[Path]) -> int | None:
    """The least capability with which `uid` reaches `paths`; None where none is needed."""
    if all(_open_to(uid, parent) for path in paths for parent in path.parents) and all(
        not path.exists() or _open_to(uid, path) for path in paths[1:]
    ):
        return None
    held = _held_capabilities()
    runnable = all(not path.exists() or path.stat().st_mode & stat.S_IXOTH for path in paths[1:])
    # Entering and reading is enough unless the programs themselves were installed for root only.
    for capability in [CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE] if runnable else [CAP_DAC_OVERRIDE]:
        if held >> capability & 1:
            return capability
    closed = next(parent for path in paths for parent in [path, *path.parents] if not _open_to(uid, parent))
    raise EmbeddedError(
        f"the database cannot run as root, and no other user may enter {closed}; choose another --data-dir"
    )


def _open_to(uid: int, path: Path) -> bool:
    try:
        status = path.stat()
    except FileNotFoundError:
        return True
    return bool(status.st_mode & (stat.S_IXUSR if status.st_uid == uid else stat.S_IXOTH))


def _held_capabilities() -> int:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1], 16) for line in lines if line.startswith("CapPrm:")), 0)
