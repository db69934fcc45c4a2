"""The limits: the least a Python server can do for the same bytes. `python -m bench.raw_server sockets|page PORT`.

sockets  a websocket server that sends what it is sent to everybody in the sender's group, or to the sender alone
page     a bare ASGI application that answers every request with the bytes on standard input
"""

import asyncio
import sys
from collections import defaultdict
from typing import Any

import uvicorn
from websockets.asyncio.server import ServerConnection, broadcast, serve


async def fan_out(port: int) -> None:
    groups: dict[str, set[ServerConnection]] = defaultdict(set)

    async def handle(socket: ServerConnection) -> None:
        group = groups[str(socket.request.path if socket.request else "")]
        group.add(socket)
        try:
            async for message in socket:
                if str(message).startswith("all:"):
                    broadcast(group, message)
                else:
                    await socket.send(message)
        finally:
            group.discard(socket)

    async with serve(handle, "127.0.0.1", port, compression=None) as server:
        await server.serve_forever()


def page(port: int) -> None:
    body = sys.stdin.buffer.read()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"etag", b'"0123456789abcdef"'),
    ]

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    uvicorn.run(
        app,
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        lifespan="off",
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    if sys.argv[1] == "page":
        page(int(sys.argv[2]))
    else:
        with asyncio.Runner() as runner:
            runner.run(fan_out(int(sys.argv[2])))
