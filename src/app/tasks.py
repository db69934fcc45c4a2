"""Background tasks: none dies in silence, and all end for certain."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection

AGAIN_S = 0.3
RESTART_S = 1.0

log = logging.getLogger(__name__)


async def forever(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Does `work` again whenever it fails: a fault in one round must not end what everything else waits for."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("%s failed and starts again", name)
            await asyncio.sleep(RESTART_S)
        else:
            return


async def end(tasks: Collection["asyncio.Task[None]"]) -> None:
    """Cancels until every task is over: below arq's poll loop a single cancellation was seen to get lost."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=AGAIN_S)
    await asyncio.gather(*tasks, return_exceptions=True)
