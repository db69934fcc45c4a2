"""Argon2id, in two threads of its own: the event loop never waits for a hash, and hashing never takes every core."""

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
_THREADS = ThreadPoolExecutor(2, thread_name_prefix="argon2")
_MOST_WAITING = 200
_waiting = 0


async def hash_password(password: str) -> str:
    return await _run(lambda: _HASHER.hash(password))


async def verify_password(password_hash: str | None, password: str) -> bool:
    """False for an account without a password too, at the same cost as for one with."""
    return await _run(lambda: _verify(password_hash or _nobodys_hash(), password) and password_hash is not None)


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


async def _run(work: Callable[[], T]) -> T:
    global _waiting
    if _waiting >= _MOST_WAITING:
        raise Busy
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_THREADS, work)
    finally:
        _waiting -= 1
