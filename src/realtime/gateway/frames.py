"""Websocket frames (RFC 6455), without extensions. Invariants: a packet is made ready for the wire once, however many
sockets get it; what a client sends is either a whole message within the limit, or a `Violation`."""

from struct import pack

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
_CONTINUATION = 0x0
_FINAL = 0x80
_MASKED = 0x80
_RESERVED = 0x70
_CONTROL_BYTES = 125
_MOST_PARTS = 1024


def framed(kind: int, data: bytes) -> bytes:
    """One whole message from a server to a client."""
    size = len(data)
    if size <= _CONTROL_BYTES:
        return pack("!BB", _FINAL | kind, size) + data
    if size < 1 << 16:
        return pack("!BBH", _FINAL | kind, 126, size) + data
    return pack("!BBQ", _FINAL | kind, 127, size) + data


def closing(number: int, reason: str = "") -> bytes:
    return framed(CLOSE, pack("!H", number) + reason.encode()[: _CONTROL_BYTES - 2])


class Frame:
    """One packet of the engine on its way out: `payload` for long polls, `wire` for websockets."""

    __slots__ = ("payload", "wire")

    def __init__(self, payload: str | bytes) -> None:
        self.payload = payload
        self.wire = framed(TEXT, payload.encode()) if isinstance(payload, str) else framed(BINARY, payload)


class Violation(Exception):
    """`number` is the close code that RFC 6455 wants."""

    def __init__(self, number: int, why: str) -> None:
        super().__init__(why)
        self.number = number


class Reader:
    """What a client sends, put together to messages: feed it, then ask `message` until it has none."""

    __slots__ = ("_at", "_buffer", "_kind", "_limit", "_parts", "_size")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buffer = b""
        self._at = 0
        self._kind = 0
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> None:
        self._buffer = self._buffer[self._at :] + data
        self._at = 0

    def message(self) -> tuple[int, bytes] | None:
        """Kind and contents of the next whole message or control frame. Raises Violation."""
        while (found := self._frame()) is not None:
            first, data = found
            kind = first & 0x0F
            if kind >= CLOSE:
                return kind, data
            if kind != _CONTINUATION:
                self._kind = kind
            if first & _FINAL and not self._parts:
                kind, self._kind = self._kind, 0
                return kind, data
            self._parts.append(data)
            self._size += len(data)
            if first & _FINAL:
                kind, whole = self._kind, b"".join(self._parts)
                self._kind, self._parts, self._size = 0, [], 0
                return kind, whole
        return None

    def _frame(self) -> tuple[int, bytes] | None:
        """First byte and unmasked contents of the next frame."""
        buffer, at = self._buffer, self._at
        there = len(buffer) - at
        if there < 2:
            if not there:
                self._buffer, self._at = b"", 0
            return None
        first, size = buffer[at], buffer[at + 1] & 0x7F
        self._check(first, buffer[at + 1], size)
        start = at + 2
        if size > _CONTROL_BYTES:
            wide = 2 if size == 126 else 8
            if there < 2 + wide:
                return None
            size = int.from_bytes(buffer[start : start + wide], "big")
            start += wide
        if self._size + size > self._limit or len(self._parts) > _MOST_PARTS:
            raise Violation(1009, "too big")
        end = start + 4 + size
        if len(buffer) < end:
            return None
        self._at = end
        return first, _unmasked(buffer[start + 4 : end], buffer[start : start + 4])

    def _check(self, first: int, second: int, size: int) -> None:
        kind = first & 0x0F
        if first & _RESERVED or not second & _MASKED:
            raise Violation(1002, "reserved bits, or not masked")
        if kind >= CLOSE:
            if kind > PONG or size > _CONTROL_BYTES or not first & _FINAL:
                raise Violation(1002, "no such control frame")
        elif kind > BINARY or (kind == _CONTINUATION) != (self._kind != 0):
            raise Violation(1002, "no such frame here")


def _unmasked(data: bytes, mask: bytes) -> bytes:
    size = len(data)
    key = int.from_bytes((mask * (size // 4 + 1))[:size], "little")
    return (int.from_bytes(data, "little") ^ key).to_bytes(size, "little")
