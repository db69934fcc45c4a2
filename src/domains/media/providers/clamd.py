"""ClamAV, by the protocol of its daemon: INSTREAM, in pieces that say their lengths, ended by an empty one.

Invariant: only the word OK of a daemon that got all of the file lets it through.
"""

import asyncio
import contextlib
from collections.abc import Awaitable
from typing import IO
from urllib.parse import urlsplit

import anyio

from domains.media.providers.port import Away

_CONNECT_S = 3.0
_SCAN_S = 60.0
_PIECE = 256 * 1024
_MOST_ANSWER = 4096

_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Clamd:
    """`tcp://host:port` or `unix:/run/clamav/clamd.ctl`."""

    def __init__(self, url: str) -> None:
        """Raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme == "unix" and parts.path:
            self._path, self._host, self._port = parts.path, "", 0
        elif parts.scheme == "tcp" and parts.hostname:
            self._path, self._host, self._port = "", parts.hostname, parts.port or 3310
        else:
            raise ValueError("is tcp://host:port or unix:/path")

    async def scan(self, file: IO[bytes]) -> str | None:
        try:
            async with asyncio.timeout(_SCAN_S):
                return _understood(await self._asked(file))
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise Away(type(error).__name__) from error

    async def _asked(self, file: IO[bytes]) -> str:
        async with asyncio.timeout(_CONNECT_S):
            reader, writer = await self._connected()
        try:
            file.seek(0)
            writer.write(b"zINSTREAM\0")
            # A daemon that refuses what is too large for it hangs up, and has said why.
            with contextlib.suppress(ConnectionError):
                while piece := await anyio.to_thread.run_sync(file.read, _PIECE):
                    writer.write(len(piece).to_bytes(4, "big") + piece)
                    await writer.drain()
                writer.write(bytes(4))
                await writer.drain()
            answer = await reader.readuntil(b"\0")
            return answer[:_MOST_ANSWER].rstrip(b"\0").decode("utf-8", "replace")
        finally:
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                await asyncio.wait_for(writer.wait_closed(), 1.0)

    def _connected(self) -> Awaitable[_Streams]:
        if self._path:
            return asyncio.open_unix_connection(self._path)
        return asyncio.open_connection(self._host, self._port)


def _understood(answer: str) -> str | None:
    told = answer.removeprefix("stream: ").strip()
    if told == "OK":
        return None
    if told.endswith(" FOUND"):
        return told.removesuffix(" FOUND")
    raise Away(told[:200] or "no answer")
