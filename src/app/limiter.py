"""How often one caller may come: GCRA, counted in Redis for all processes together and in memory for each.

A caller has `requests` at once, and gets them back evenly over `seconds`. All that is kept of a caller is one moment,
the time at which everything would be given back.

Invariant: nobody waits for Redis longer than DEADLINE_S. When it is away or frozen, the verdict of this process stands,
and for AWAY_US nobody asks again.
"""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

DEADLINE_S = 0.05
AWAY_US = 1_000_000
MOST_ASKING = 4
"""Connections that this may take from those of the process."""
MOST_KNOWN = 50_000
_PREFIX = "limit:"

# One moment per caller, in microseconds of Redis's own clock, which is the only one that all processes share.
# Answers with 1 or 0 for yes or no, and how many microseconds everything would take to be given back.
_SCRIPT = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local after = full + tonumber(ARGV[1])
if after - now > tonumber(ARGV[2]) then return {0, full - now} end
redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', math.ceil((after - now) / 1000))
return {1, after - now}
"""

log = logging.getLogger(__name__)


class Quota(NamedTuple):
    requests: int
    seconds: int

    @property
    def interval_us(self) -> int:
        """After so long one request comes back. Whole, like all times here: none is lost to a rounding."""
        return max(1, self.window_us // self.requests)

    @property
    def window_us(self) -> int:
        return self.seconds * 1_000_000


class Standing(NamedTuple):
    allowed: bool
    owed_us: int
    """How long until all requests are there again."""

    def remaining(self, quota: Quota) -> int:
        return max(0, (quota.window_us - self.owed_us) // quota.interval_us)

    def retry_after_s(self, quota: Quota) -> int:
        """0 where it was allowed."""
        return 0 if self.allowed else _seconds(self.owed_us + quota.interval_us - quota.window_us)

    @property
    def reset_s(self) -> int:
        return _seconds(self.owed_us)


def judged(full_at_us: int, now_us: int, quota: Quota) -> Standing:
    """`full_at_us` is when all requests would be there again, on the clock of `now_us`."""
    owed = max(full_at_us - now_us, 0)
    after = owed + quota.interval_us
    return Standing(True, after) if after <= quota.window_us else Standing(False, owed)


def _seconds(us: int) -> int:
    return -(-us // 1_000_000)


def _monotonic_us() -> int:
    return time.monotonic_ns() // 1000


class Limiter:
    """One per process. Callers are named by the group whose quota holds for them and a name in it."""

    def __init__(self, redis: Redis, clock_us: Callable[[], int] = _monotonic_us) -> None:
        self._script = redis.register_script(_SCRIPT)
        self._clock_us = clock_us
        self._full_at_us: OrderedDict[str, int] = OrderedDict()
        self._asking = asyncio.Semaphore(MOST_ASKING)
        self._ask_from_us = 0

    def here(self, name: str, quota: Quota) -> Standing:
        """Counts one request in this process alone: a few microseconds."""
        now = self._clock_us()
        standing = judged(self._full_at_us.get(name, 0), now, quota)
        if standing.allowed:
            self._full_at_us[name] = now + standing.owed_us
            self._full_at_us.move_to_end(name)
            if len(self._full_at_us) > MOST_KNOWN:
                self._full_at_us.popitem(last=False)
        return standing

    async def everywhere(self, name: str, quota: Quota) -> Standing:
        """Counts one request here and, unless that is refused already, over all processes."""
        standing = self.here(name, quota)
        if not standing.allowed or self._clock_us() < self._ask_from_us:
            return standing
        try:
            return await self._asked(name, quota)
        except (RedisError, OSError, TimeoutError) as error:
            now = self._clock_us()
            if now >= self._ask_from_us:
                log.warning("requests are counted by each process alone: %s", str(error) or type(error).__name__)
            self._ask_from_us = now + AWAY_US
            return standing

    def forget(self) -> None:
        """What this process has counted; Redis keeps its own."""
        self._full_at_us.clear()

    async def _asked(self, name: str, quota: Quota) -> Standing:
        async with asyncio.timeout(DEADLINE_S), self._asking:
            found = await self._script(keys=[_PREFIX + name], args=[quota.interval_us, quota.window_us])
        allowed, owed_us = cast("list[int]", found)
        return Standing(bool(allowed), owed_us)
