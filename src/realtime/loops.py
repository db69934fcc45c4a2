"""Loops of the hub. Invariant: none ends in silence; a fault costs it `again_s`, not its life."""

import logging
from collections.abc import Awaitable, Callable

from realtime import metrics
from realtime.ports import Clock

logger = logging.getLogger(__name__)


async def kept_up(name: str, work: Callable[[], Awaitable[None]], clock: Clock, again_s: float) -> None:
    """Runs `work`, anew after every exception, until it returns or is cancelled."""
    while True:
        try:
            await work()
            return
        except Exception:
            metrics.LOOPS_RESTARTED.labels(name).inc()
            logger.exception("the %s failed and starts again", name)
        await clock.sleep(again_s)
