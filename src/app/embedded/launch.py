"""Becomes a server process: gives up privileges, ties its life to its parent's, then executes the program.

Runs as a script in an interpreter of its own (`python -I -S launch.py SPEC`), because this work must happen between
fork and exec, where a threaded parent must not run Python code. Imports the standard library only.

Invariant: the program never runs as root, and on Linux never outlives the thread that started it.
"""

import ctypes
import json
import os
import signal
import sys
from typing import Any

PR_SET_PDEATHSIG = 1
PR_SET_SECUREBITS = 28
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
SECBIT_NO_SETUID_FIXUP = 1 << 2
CAPABILITY_VERSION_3 = 0x20080522


class CapHeader(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class CapData(ctypes.Structure):
    _fields_ = [("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32)]


def checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def keep_one_capability(libc: Any, capability: int) -> None:
    """Drops every capability but one, which the executed program keeps too."""
    data = (CapData * 2)()
    word, bit = divmod(capability, 32)
    data[word] = CapData(1 << bit, 1 << bit, 1 << bit)
    header = CapHeader(CAPABILITY_VERSION_3, 0)
    checked(libc.capset(ctypes.byref(header), ctypes.byref(data)), "capset")
    checked(libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0), "ambient capability")


def become(uid: int, gid: int, capability: int | None) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if capability is not None:
        # Without this bit access(2) ignores capabilities of ordinary users, and initdb asks access(2) about its files.
        # It also keeps setuid from clearing capabilities, so that one can be kept below.
        checked(libc.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0), "securebits")
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if capability is not None:
        keep_one_capability(libc, capability)


def die_with_parent(parent: int, death_signal: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    checked(libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0), "parent death signal")
    if os.getppid() != parent:
        # The parent died before the line above took effect: nobody would ever stop the server.
        sys.exit(1)


def main() -> None:
    spec = json.loads(sys.argv[1])
    os.umask(0o077)
    for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ):
        # Python ignores some of these, and an ignored signal stays ignored across exec.
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    try:
        if spec["uid"] is not None:
            become(spec["uid"], spec["gid"], spec["capability"])
        if sys.platform == "linux":
            # Last, because a change of user or capabilities clears it.
            die_with_parent(spec["parent"], spec["death_signal"])
        os.execv(spec["argv"][0], spec["argv"])
    except OSError as error:
        sys.exit(f"FATAL:  cannot start {spec['argv'][0]}: {error}")


if __name__ == "__main__":
    main()
