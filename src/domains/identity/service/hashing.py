"""Argon2id, in a few threads of its own: the event loop never waits for a hash, nor a login for registrations."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from domains.identity.errors import Busy

T = TypeVar("T")

# 19 MiB and two passes: OWASP's first choice where memory is dear. About 20 ms.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


class Lane:
    """A queue of hashes with threads of its own. Raises Busy when too many wait."""

    def __init__(self, name: str, *, threads: int, most_waiting: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=f"argon2-{name}")
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


def is_outdated(password_hash: str) -> bool:
    """True when the cost has been raised since; hash again while the password is at hand."""
    return _HASHER.check_needs_rehash(password_hash)


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash("what is checked when there is no such account")
