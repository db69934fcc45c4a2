"""Argon2id, in a few threads of its own: the event loop never waits for a hash, nor a login for registrations.

Hashes that were brought along from elsewhere may be bcrypt; they are verified, and replaced at the first login.
"""

import asyncio
import hashlib
import os
import re
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

import bcrypt
from argon2 import PasswordHasher, Type, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import hash_secret_raw

from domains.identity.errors import Busy

T = TypeVar("T")

# 19 MiB and two passes: OWASP's first choice where memory is dear. About 20 ms.
_TIME_COST, _MEMORY_KIB = 2, 19_456
_HASHER = PasswordHasher(time_cost=_TIME_COST, memory_cost=_MEMORY_KIB, parallelism=1)

_BCRYPT = re.compile(r"\$2[abxy]\$(\d\d)\$[./A-Za-z0-9]{53}")
_BCRYPT_BYTES = 72
"""What lies behind them has never counted where such hashes come from."""
_MOST_BCRYPT_COST = 14
_MOST_ARGON_COST = 4 * _TIME_COST * _MEMORY_KIB


_NICE = 10


def _step_back() -> None:
    """A hash is all CPU: where cores are few, everybody else's request goes first."""
    if sys.platform == "linux":  # Where a thread has a priority of its own, and is named by its id.
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)


class Lane:
    """A queue of hashes with threads of its own. Raises Busy when too many wait."""

    def __init__(self, name: str, *, threads: int, most_waiting: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=f"argon2-{name}", initializer=_step_back)
        self._most_waiting = most_waiting
        self._waiting = 0

    async def run(self, work: Callable[[], T]) -> T:
        if self._waiting >= self._most_waiting:
            raise Busy
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1


LOGINS = Lane("login", threads=2, most_waiting=200)
REGISTRATIONS = Lane("register", threads=1, most_waiting=400)
"""Anybody may register, so a flood of that fills this queue and leaves the logins alone."""


async def hash_password(password: str, lane: Lane) -> str:
    return await lane.run(lambda: _HASHER.hash(password))


async def verify_password(password_hash: str | None, password: str) -> bool:
    """False for an account without a password too, at the same cost as for one with."""
    return await LOGINS.run(lambda: _verify(password_hash or _nobodys_hash(), password) and password_hash is not None)


async def digest(secret: str, salt: bytes) -> bytes:
    """For short secrets: as slow to guess as a password. `salt` of at least 8 bytes, another one for each secret."""
    return await LOGINS.run(
        lambda: hash_secret_raw(secret.encode(), salt, _TIME_COST, _MEMORY_KIB, 1, hash_len=32, type=Type.ID)
    )


def fingerprint(secret: str) -> bytes:
    """For long random secrets, which nobody guesses: to find them by, and to present nothing."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def is_outdated(password_hash: str) -> bool:
    """True for bcrypt, and when the cost has been raised since; hash again while the password is at hand."""
    return _BCRYPT.fullmatch(password_hash) is not None or _HASHER.check_needs_rehash(password_hash)


def is_importable(password_hash: str) -> bool:
    """Whether `verify_password` can do it within a second: argon2id, or bcrypt up to cost 14."""
    found = _BCRYPT.fullmatch(password_hash)
    if found is not None:
        return 4 <= int(found[1]) <= _MOST_BCRYPT_COST
    try:
        costs = extract_parameters(password_hash)
    except InvalidHashError:
        return False
    return costs.type is Type.ID and 0 < costs.time_cost * costs.memory_cost <= _MOST_ARGON_COST


def _verify(password_hash: str, password: str) -> bool:
    if _BCRYPT.fullmatch(password_hash):
        return bcrypt.checkpw(password.encode()[:_BCRYPT_BYTES], password_hash.encode())
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash("what is checked when there is no such account")
