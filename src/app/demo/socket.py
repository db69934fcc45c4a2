"""A small Socket.IO client: protocol 5 on Engine.IO 4, over a websocket, default namespace, JSON only.

Invariant: events are handed over one by one in the order in which they came. A socket never connects again by itself:
whoever opened it knows the position from which to go on.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

OnEvent = Callable[[str, Any], None]
OPEN_S = 10.0
MOST_FRAME_BYTES = 4 * 1024 * 1024

# Engine.IO packets, and Socket.IO packets within an Engine.IO message.
_OPEN, _CLOSE, _PING, _PONG = "0", "1", "2", "3"
_CONNECT, _DISCONNECT, _EVENT, _ACK, _REFUSED = "40", "41", "42", "43", "44"


class SocketRefused(Exception):
    """The server answered and did not let us in."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class SocketLost(Exception):
    """The connection cannot be made, or is gone."""


class Handshake(msgspec.Struct, rename="camel"):
    ping_interval: int
    """Milliseconds, like `ping_timeout`."""
    ping_timeout: int


class Refusal(msgspec.Struct):
    class Data(msgspec.Struct):
        code: str = ""
        message: str = ""

    message: str = ""
    data: Data | None = None


class Socket:
    """A connected socket. Get one from `open_socket`."""

    def __init__(self, connection: ClientConnection, silence_s: float, on_event: OnEvent) -> None:
        self._connection = connection
        self._silence_s = silence_s
        self._on_event = on_event
        self._acknowledged: dict[int, asyncio.Future[Any]] = {}
        self._last_id = 0
        self._reading = asyncio.create_task(self._read())

    async def call(self, event: str, payload: Any, timeout_s: float = 10.0) -> Any:
        """The acknowledgement. Raises SocketLost, also when none comes in time."""
        if self._reading.done():
            raise SocketLost("the socket is gone")
        self._last_id += 1
        number = self._last_id
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._acknowledged[number] = answer
        try:
            async with asyncio.timeout(timeout_s):
                await self._send(f"{_EVENT}{number}{_json([event, payload])}")
                return await answer
        except TimeoutError:
            raise SocketLost(f"{event} was not acknowledged") from None
        finally:
            del self._acknowledged[number]

    async def _send(self, packet: str) -> None:
        try:
            await self._connection.send(packet)
        except (WebSocketException, OSError) as error:
            raise SocketLost(str(error)) from error

    async def gone(self) -> str:
        """Waits until the socket is gone, and says why."""
        return await asyncio.shield(self._reading)

    async def _read(self) -> str:
        try:
            while True:
                async with asyncio.timeout(self._silence_s):
                    packet = await self._connection.recv()
                if isinstance(packet, str):
                    await self._take(packet)
        except TimeoutError:
            return "the server fell silent"
        except (SocketLost, WebSocketException, OSError, msgspec.MsgspecError) as error:
            return str(error)
        finally:
            for answer in self._acknowledged.values():
                if not answer.done():
                    answer.set_exception(SocketLost("the socket is gone"))

    async def close(self) -> None:
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        await self._connection.close()

    async def _take(self, packet: str) -> None:
        if packet.startswith(_EVENT):
            name, *arguments = msgspec.json.decode(packet[packet.index("[") :], type=list[Any])
            self._on_event(name, arguments[0] if arguments else None)
        elif packet.startswith(_ACK):
            body = packet.index("[")
            answer = self._acknowledged.get(int(packet[len(_ACK) : body]))
            if answer is not None and not answer.done():
                arguments = msgspec.json.decode(packet[body:], type=list[Any])
                answer.set_result(arguments[0] if arguments else None)
        elif packet.startswith(_PING):
            await self._send(_PONG + packet[1:])
        elif packet.startswith(_DISCONNECT) or packet == _CLOSE:
            raise SocketLost("the server closed the socket")


@asynccontextmanager
async def open_socket(url: str, auth: dict[str, Any], on_event: OnEvent) -> AsyncIterator[Socket]:
    """A socket to the server at `url` (http or https), closed at the end of the block.

    Raises SocketRefused and SocketLost while it is opened; later `gone` and `call` tell of a loss.
    """
    parts = urlsplit(url)
    address = f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}/socket.io/?EIO=4&transport=websocket"
    try:
        connection = await connect(
            address, compression=None, proxy=None, ping_interval=None, max_size=MOST_FRAME_BYTES, close_timeout=1
        )
    except (WebSocketException, OSError, TimeoutError) as error:
        raise SocketLost(str(error) or type(error).__name__) from error
    try:
        async with asyncio.timeout(OPEN_S):
            silence_s = await _enter(connection, auth)
    except BaseException as error:
        await connection.close()
        if isinstance(error, TimeoutError):
            raise SocketLost("the server did not finish the handshake") from None
        raise
    socket = Socket(connection, silence_s, on_event)
    try:
        yield socket
    finally:
        await socket.close()


async def _enter(connection: ClientConnection, auth: dict[str, Any]) -> float:
    """Both handshakes; returns how many seconds of silence mean that the server is gone."""
    try:
        opened = str(await connection.recv())
        if not opened.startswith(_OPEN):
            raise SocketLost("what answers is no Socket.IO server")
        handshake = msgspec.json.decode(opened[1:], type=Handshake)
        await connection.send(_CONNECT + _json(auth))
        while not (packet := str(await connection.recv())).startswith(_CONNECT):
            if packet.startswith(_REFUSED):
                refusal = msgspec.json.decode(packet[len(_REFUSED) :], type=Refusal)
                code = refusal.data.code if refusal.data else ""
                raise SocketRefused(code or "refused", refusal.message)
            if packet.startswith(_PING):
                await connection.send(_PONG + packet[1:])
            elif packet == _CLOSE:
                raise SocketLost("the server closed the socket")
    except (WebSocketException, OSError, msgspec.MsgspecError) as error:
        raise SocketLost(str(error)) from error
    return (handshake.ping_interval + handshake.ping_timeout) / 1000


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
