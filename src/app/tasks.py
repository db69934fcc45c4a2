"""Ending background tasks for certain."""

import asyncio
from collections.abc import Collection

AGAIN_S = 0.3


async def end(tasks: Collection["asyncio.Task[None]"]) -> None:
    """Cancels until every task is over: below arq's poll loop a single cancellation was seen to get lost."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=AGAIN_S)
    await asyncio.gather(*tasks, return_exceptions=True)
