"""Course reads: the whole tree out of memory, with and without an ETag from before."""

import itertools
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

import msgspec

from bench.closed_loop import Load, address_of, closed_loop
from bench.figures import Figure, Result, at_least, latencies
from bench.keepalive import Connection, request
from bench.seed import seeding
from bench.stand import BenchError, Stand, free_port

GOAL = 5_000


async def measure(stand: Stand, *, seconds: float, connections: int) -> Result:
    async with seeding(stand) as seed:
        path = f"/api/v1/courses/{seed.work.course_id}"
    body, etag = await _page(stand, path)
    plain, conditional = request("GET", path), request("GET", path, headers=f"If-None-Match: {etag}\r\n")

    def streams(data: bytes) -> list[Iterator[bytes]]:
        return [itertools.repeat(data) for _ in range(connections)]

    whole = await closed_loop(address_of(stand), streams(plain), seconds=seconds, cpu=stand.cpu)
    unchanged = await closed_loop(address_of(stand), streams(conditional), seconds=seconds, expected=304, cpu=stand.cpu)
    limit = await _limit(body, streams(plain), seconds)
    for load in (whole, unchanged, limit):
        if load.failures:
            raise BenchError(f"unexpected answers by status: {dict(load.failures)}")
    figures = [
        at_least("whole course", whole.per_second, "/s", GOAL),
        *latencies("whole course", whole.latencies_s),
        Figure("CPU of the API per 1,000", whole.cpu.api * 1000 / len(whole.latencies_s), "s"),
        at_least("304 for a known ETag", unchanged.per_second, "/s", GOAL),
        *latencies("304", unchanged.latencies_s),
        Figure("CPU of the API per 1,000 (304)", unchanged.cpu.api * 1000 / len(unchanged.latencies_s), "s"),
        Figure("bare ASGI application, same bytes", limit.per_second, "/s"),
        Figure("whole course of the bare application", whole.per_second / limit.per_second, ""),
        Figure("size", len(body) / 1024, "KB"),
    ]
    return Result("courses", figures, [f"{connections} keep-alive connections, closed loop, {seconds:g} s each"])


async def _page(stand: Stand, path: str) -> tuple[bytes, str]:
    connection = await Connection.open(stand.host, stand.port)
    try:
        body = await connection.call(request("GET", path))
        return body, connection.etag
    finally:
        connection.close()


async def _limit(body: bytes, streams: list[Iterator[bytes]], seconds: float) -> Load:
    # Decodable, so that nobody compares with the bytes of an error.
    msgspec.json.decode(body)
    port = free_port()
    with tempfile.TemporaryFile() as page:
        page.write(body)
        page.seek(0)
        server = subprocess.Popen([sys.executable, "-m", "bench.raw_server", "page", str(port)], stdin=page)
    try:
        await until_open(port)
        return await closed_loop(("127.0.0.1", port), streams, seconds=seconds)
    finally:
        server.terminate()
        server.wait(10)


async def until_open(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            (await Connection.open("127.0.0.1", port)).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise BenchError("the bare server did not start") from None
            time.sleep(0.05)
