"""Memory of a socket on which nothing happens: connected, logged in, its learner's stream open."""

import asyncio

from bench.figures import Figure, Result, below
from bench.seed import seeding
from bench.socketio import connect_many
from bench.stand import BenchError, Stand

WARM = 50
COUNT = 1_000
GOAL_KB = 16


async def measure(stand: Stand) -> Result:
    async with seeding(stand) as seed:
        learners = await seed.learners(WARM + COUNT)
    tokens = [learner.token for learner in learners]
    # The first sockets pay for what the process keeps anyway.
    sockets = await connect_many(stand.host, stand.port, tokens[:WARM])
    try:
        await asyncio.sleep(2)
        before, cpu = stand.rss_bytes(), stand.cpu()
        sockets += await connect_many(stand.host, stand.port, tokens[WARM:])
        connecting = stand.cpu() - cpu
        await asyncio.sleep(3)
        after = stand.rss_bytes()
        cpu = stand.cpu()
        await asyncio.sleep(5)
        idle = stand.cpu() - cpu
        lost = sum(socket.closed for socket in sockets)
    finally:
        for socket in sockets:
            socket.close()
    if lost:
        raise BenchError(f"{lost} of {len(sockets)} sockets were closed by the server")
    figures = [
        below("memory per idle socket", (after - before) / COUNT / 1024, "KB", GOAL_KB),
        Figure("RSS with the first 50", before / 1024**2, "MB"),
        Figure(f"RSS with {COUNT:,} more", after / 1024**2, "MB"),
        Figure("CPU of the API per 1,000 connects", connecting.api * 1000 / COUNT, "s"),
        Figure("CPU of the API while all are idle", idle.api / 5, "cores"),
    ]
    return Result("sockets", figures, [f"{COUNT:,} learners with one websocket each; RSS of the API process"])
