"""HTTP to addresses that strangers name. Invariant: a connection is only ever opened to an address that was looked at
and allowed, it is the one that was looked at, and a call ends within its limit.

httpcore and not httpx: its network backend is where a name becomes an address, so there is nothing between the look
and the connection; and it follows no redirect, reads no proxy from the environment and unpacks nothing.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import IO, Any, NamedTuple, Protocol
from weakref import WeakValueDictionary

import httpcore

CALL_S = 5.0
CONNECT_S = 3.0
TURN_S = 1.0
"""How long a call waits for its turn at a host that has enough of them."""
MOST_CONNECTIONS = 64
MOST_PER_HOST = 16
"""So that a host that hangs leaves connections for the others."""
MOST_ANSWER_BYTES = 2_048
MOST_TRIED = 2
"""Addresses of one name: one of IPv6 where the machine has none should not be the end."""

# A lookup cannot be broken off: a stranger's slow names wait in threads that nobody else needs.
_LOOKUPS = ThreadPoolExecutor(8, thread_name_prefix="egress-lookup")

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class Reach(Protocol):
    """Where calls may go: `addresses.PublicHttps` in production."""

    def takes(self, url: str) -> bool: ...

    def reaches(self, address: str) -> bool: ...


class OutOfReach(Exception):
    """The address, or what its name stands for, is not public."""


class Away(Exception):
    """No answer: it hangs, refuses connections, has no valid certificate, or has no address."""


class TooLarge(Exception):
    """More came than was wanted."""


class Answer(NamedTuple):
    """`headers` by lower-case name; `text` is the beginning of the body."""

    status: int
    headers: Mapping[str, str]
    text: str


async def resolved(host: str, port: int) -> Sequence[str]:
    """All addresses of a name."""
    look = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    found = await asyncio.get_running_loop().run_in_executor(_LOOKUPS, look)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class _Pinned(httpcore.AsyncNetworkBackend):
    """Opens connections to allowed addresses. The name still is what the certificate is checked against."""

    def __init__(self, reach: Reach, resolve: Resolve) -> None:
        self._reach = reach
        self._resolve = resolve
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} has no address") from error
        # One that is not public among others is no accident.
        if not addresses or not all(self._reach.reaches(address) for address in addresses):
            raise OutOfReach
        for address in addresses[: MOST_TRIED - 1] if len(addresses) > 1 else []:
            with contextlib.suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
        last = addresses[:MOST_TRIED][-1]
        return await self._network.connect_tcp(last, port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        raise OutOfReach

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Egress:
    """A pool of connections to wherever `reach` allows. `call_s` limits a whole call, from the name to the answer."""

    def __init__(
        self,
        reach: Reach,
        *,
        resolve: Resolve = resolved,
        trusted: ssl.SSLContext | None = None,
        call_s: float = CALL_S,
    ) -> None:
        self._reach = reach
        self._call_s = call_s
        self._turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trusted or ssl.create_default_context(),
            max_connections=MOST_CONNECTIONS,
            max_keepalive_connections=MOST_CONNECTIONS // 2,
            keepalive_expiry=30.0,
            network_backend=_Pinned(reach, resolve),
        )

    def takes(self, url: str) -> bool:
        return self._reach.takes(url)

    async def post(self, url: str, host: str, headers: Mapping[str, str], content: bytes) -> Answer:
        """Raises OutOfReach, Away. A redirect is an answer like any other."""
        async with self._call(url, host):
            sent = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
            async with self._pool.stream("POST", url, headers=sent, content=content, extensions=self._limits) as answer:
                body = b""
                async for chunk in answer.aiter_stream():
                    body += chunk
                    if len(body) >= MOST_ANSWER_BYTES:
                        break
            return Answer(answer.status, _named(answer), body[:MOST_ANSWER_BYTES].decode("utf-8", "replace"))

    async def download(self, url: str, host: str, into: IO[bytes], *, most_bytes: int) -> Answer:
        """What lies there goes into the file, without its text into the answer; nothing goes anywhere unless the status
        is 200. Raises OutOfReach, Away, TooLarge."""
        async with self._call(url, host):
            async with self._pool.stream("GET", url, headers=_PLAIN, extensions=self._limits) as answer:
                headers, size = _named(answer), 0
                if answer.status == 200:
                    if int(headers.get("content-length", "0") or "0") > most_bytes:
                        raise TooLarge
                    async for chunk in answer.aiter_stream():
                        size += len(chunk)
                        if size > most_bytes:
                            raise TooLarge
                        into.write(chunk)
            return Answer(answer.status, headers, "")

    async def aclose(self) -> None:
        await self._pool.aclose()

    @asynccontextmanager
    async def _turn(self, host: str) -> AsyncGenerator[None]:
        turns = self._turns.setdefault(host, asyncio.Semaphore(MOST_PER_HOST))
        async with asyncio.timeout(TURN_S):
            await turns.acquire()
        try:
            yield
        finally:
            turns.release()

    @asynccontextmanager
    async def _call(self, url: str, host: str) -> AsyncGenerator[None]:
        if not self._reach.takes(url):
            raise OutOfReach
        try:
            async with self._turn(host), asyncio.timeout(self._call_s):
                yield
        except (TimeoutError, httpcore.TimeoutException) as error:
            raise Away("no answer in time") from error
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, OSError) as error:
            raise Away(type(error).__name__) from error

    @property
    def _limits(self) -> dict[str, Any]:
        return {"timeout": {"connect": CONNECT_S, "read": self._call_s, "write": self._call_s, "pool": self._call_s}}


_PLAIN = [(b"accept", b"*/*"), (b"accept-encoding", b"identity"), (b"user-agent", b"lyceum")]


def _named(answer: httpcore.Response) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
