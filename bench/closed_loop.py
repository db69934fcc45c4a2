"""Closed-loop load: as many requests under way as there are connections, each followed by the next."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from bench.keepalive import Connection
from bench.stand import Cpu, Stand

WARM_UP_S = 1.5


@dataclass(slots=True)
class Load:
    """`failures` counts answers by status, those not expected only."""

    seconds: float = 0.0
    latencies_s: list[float] = field(default_factory=list)
    failures: Counter[int] = field(default_factory=Counter)
    cpu: Cpu = field(default_factory=lambda: Cpu(0, 0, 0, 0))

    @property
    def per_second(self) -> float:
        return len(self.latencies_s) / self.seconds


async def closed_loop(
    address: tuple[str, int],
    streams: list[Iterator[bytes]],
    *,
    seconds: float,
    expected: int = 200,
    cpu: Callable[[], Cpu] = lambda: Cpu(0, 0, 0, time.process_time()),
) -> Load:
    """One connection per stream of requests, for `seconds` after a warm-up."""
    connections = [await Connection.open(*address) for _ in streams]
    load = Load()
    clock = time.perf_counter
    measuring = stopped = False
    lost = asyncio.Event()

    def drive(connection: Connection, stream: Iterator[bytes]) -> None:
        sent = 0.0

        def send() -> None:
            nonlocal sent
            following = next(stream, None)
            if following is None:
                # Fewer requests were prepared than the server can take.
                load.failures[0] += 1
                return
            sent = clock()
            connection.send(following)

        def answered(status: int, _: bytes) -> None:
            if measuring:
                if status == expected:
                    load.latencies_s.append(clock() - sent)
                else:
                    load.failures[status] += 1
            if not stopped:
                send()

        connection.on_answer = answered
        connection.on_lost = lost.set
        send()

    try:
        for connection, stream in zip(connections, streams, strict=True):
            drive(connection, stream)
        await asyncio.sleep(WARM_UP_S)
        before, began = cpu(), clock()
        measuring = True
        try:
            await asyncio.wait_for(lost.wait(), seconds)
            load.failures[-1] += 1
        except TimeoutError:
            pass
        measuring = False
        load.seconds = clock() - began
        load.cpu = cpu() - before
        stopped = True
        await asyncio.sleep(0.2)
    finally:
        stopped = True
        for connection in connections:
            connection.close()
    return load


def address_of(stand: Stand) -> tuple[str, int]:
    return stand.host, stand.port
