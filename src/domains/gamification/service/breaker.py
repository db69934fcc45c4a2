"""Asking Redis within a deadline. After a failure nobody asks for a while, so that a Redis that is away costs no
request more than one deadline now and then."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from redis.exceptions import RedisError

T = TypeVar("T")

REDIS_DEADLINE_S = 0.05
SHORT_CIRCUIT_S = 1.5

log = logging.getLogger(__name__)


class RedisAway(Exception):
    """Redis did not answer in time, or has not been asked because it just failed."""


class Breaker:
    def __init__(self, on_failure: Callable[[], None]) -> None:
        """`on_failure`: what is thought of Redis is not to be believed any more."""
        self._on_failure = on_failure
        self._closed_until = 0.0

    async def ask(self, call: Callable[[], Awaitable[T]], deadline_s: float = REDIS_DEADLINE_S) -> T:
        """Raises RedisAway."""
        self.check()
        try:
            async with asyncio.timeout(deadline_s):
                return await call()
        except (RedisError, OSError, TimeoutError) as error:
            self._closed_until = time.monotonic() + SHORT_CIRCUIT_S
            self._on_failure()
            log.warning("boards go on without Redis: %s", type(error).__name__)
            raise RedisAway from error

    def check(self) -> None:
        """Raises RedisAway."""
        if time.monotonic() < self._closed_until:
            raise RedisAway

    def try_again(self) -> None:
        """Asks again before the time is over."""
        self._closed_until = 0.0
