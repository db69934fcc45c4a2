"""Websocket frames against another implementation, and timers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.frames import Frame as TheirFrame
from websockets.frames import Opcode
from websockets.protocol import CLIENT, Protocol

from realtime.gateway import frames
from realtime.gateway.agenda import Agenda
from realtime.gateway.direct import handshake
from realtime.gateway.frames import Frame, Reader, Violation

LIMIT = 70_000
Message = tuple[int, bytes]


def client() -> Protocol:
    return Protocol(CLIENT, max_size=None)


def as_a_client_sends(messages: list[tuple[Message, int]]) -> bytes:
    """Each cut into so many frames, with a ping between the parts."""
    other = client()
    for (kind, data), parts in messages:
        size = max(1, -(-len(data) // parts))
        cuts = [data[start : start + size] for start in range(0, max(len(data), 1), size)]
        for number, cut in enumerate(cuts):
            opcode = Opcode(kind) if number == 0 else Opcode.CONT
            other.send_frame(TheirFrame(opcode, cut, fin=number == len(cuts) - 1))
            if number < len(cuts) - 1:
                other.send_ping(b"between")
    return b"".join(other.data_to_send())


sizes = st.one_of(st.integers(0, 300), st.sampled_from([125, 126, 127, 65_535, 65_536]))
shapes = st.lists(st.tuples(st.sampled_from([frames.TEXT, frames.BINARY]), sizes, st.integers(1, 4)), max_size=4)


@settings(max_examples=25)
@given(shapes, st.data())
def test_whatever_a_client_sends_is_read_however_it_is_cut(
    shapes: list[tuple[int, int, int]], data: st.DataObject
) -> None:
    sent = [((kind, (b"0123456789" * 7_000)[:size]), parts) for kind, size, parts in shapes]
    wire = as_a_client_sends(sent)
    reader, got = Reader(LIMIT), []
    while wire:
        step = data.draw(st.integers(max(1, len(wire) // 8), len(wire)))
        reader.feed(wire[:step])
        wire = wire[step:]
        while (message := reader.message()) is not None:
            if message[0] != frames.PING:
                got.append(message)
    assert got == [message for message, _ in sent]


@settings(max_examples=25)
@given(sizes)
def test_another_implementation_reads_what_is_framed(size: int) -> None:
    other = client()
    text = "ü" * size
    other.receive_data(Frame(text).wire + Frame(b"\x00" * size).wire + frames.closing(3001, "why"))
    first, second, last = other.events_received()
    assert (first.opcode, bytes(first.data).decode()) == (Opcode.TEXT, text)  # type: ignore[union-attr]
    assert (second.opcode, len(second.data)) == (Opcode.BINARY, size)  # type: ignore[union-attr]
    assert other.close_rcvd is not None
    assert (other.close_rcvd.code, other.close_rcvd.reason) == (3001, "why")
    assert last.opcode is Opcode.CLOSE  # type: ignore[union-attr]


MASK = b"\x01\x02\x03\x04"


@pytest.mark.parametrize(
    ("wire", "number"),
    [
        (b"\x81\x01a", 1002),
        (b"\xc1\x80" + MASK, 1002),
        (b"\x83\x80" + MASK, 1002),
        (b"\x8b\x80" + MASK, 1002),
        (b"\x80\x80" + MASK, 1002),
        (b"\x01\x80" + MASK + b"\x81\x80" + MASK, 1002),
        (b"\x09\x80" + MASK, 1002),
        (b"\x89\xfe\x00\x80" + MASK + b"a" * 128, 1002),
        (b"\x81\xff\x00\x00\x00\x01\x00\x00\x00\x00" + MASK, 1009),
        (b"\x01\x80" + MASK + (b"\x00\x80" + MASK) * 2_000, 1009),
        (b"\x01\xfe\xff\xff" + MASK + b"a" * 65_535 + b"\x80\xfe\xff\xff" + MASK, 1009),
    ],
    ids=[
        "not masked", "reserved bit", "unknown kind", "unknown control", "continues nothing", "begins inside",
        "control in parts", "long control", "too long", "too many parts", "too long in sum",
    ],
)  # fmt: skip
def test_a_frame_that_must_not_be_is_refused_with_the_code_of_the_standard(wire: bytes, number: int) -> None:
    reader = Reader(LIMIT)
    reader.feed(wire)
    with pytest.raises(Violation) as refused:
        while reader.message() is not None:
            pass
    assert refused.value.number == number


def test_a_reader_keeps_nothing_of_what_was_read() -> None:
    reader = Reader(LIMIT)
    reader.feed(as_a_client_sends([((frames.TEXT, b"x" * 5_000), 2)]))
    while reader.message() is not None:
        pass
    assert (reader._buffer, reader._parts) == (b"", [])


def test_a_handshake_is_answered_as_the_standard_says() -> None:
    asked = [(b"sec-websocket-key", b"dGhlIHNhbXBsZSBub25jZQ=="), (b"sec-websocket-version", b"13")]
    answer = handshake(asked)
    assert answer is not None
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in answer
    assert handshake([(b"sec-websocket-key", b"short"), asked[1]]) is None
    assert handshake([asked[0], (b"sec-websocket-version", b"8")]) is None


class Clock:
    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[tuple[float, Clock.Timer]] = []

    class Timer:
        def __init__(self, do: object) -> None:
            self.do = do

        def cancel(self) -> None:
            self.do = None

    def time(self) -> float:
        return self.now

    def call_later(self, delay_s: float, callback: object) -> "Clock.Timer":
        timer = Clock.Timer(callback)
        self.timers.append((self.now + delay_s, timer))
        return timer

    async def sleep(self, delay_s: float) -> None:
        raise NotImplementedError

    def run(self, until: float) -> None:
        while due := [found for found in self.timers if found[0] <= until and found[1].do is not None]:
            at, timer = min(due, key=lambda found: found[0])
            self.now, do, timer.do = at, timer.do, None
            assert callable(do)
            do()
        self.now = until


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(1, 50), st.booleans()), max_size=60))
def test_what_is_due_happens_in_time_unless_it_was_cancelled(plans: list[tuple[int, bool]]) -> None:
    clock = Clock()
    agenda = Agenda(clock)
    happened: list[tuple[int, float]] = []
    for delay, cancelled in plans:
        entry = agenda.call_later(delay, lambda delay=delay: happened.append((delay, clock.now)))  # type: ignore[misc]
        if cancelled:
            entry.cancel()
            entry.cancel()
    assert len(agenda) == sum(not cancelled for _, cancelled in plans)
    clock.run(100)
    assert happened == sorted((delay, float(delay)) for delay, cancelled in plans if not cancelled)
    assert len(agenda) == 0


def test_entries_that_were_cancelled_do_not_pile_up() -> None:
    agenda = Agenda(Clock())
    kept = agenda.call_later(1_000, lambda: None)
    for _ in range(5_000):
        agenda.call_later(900, lambda: None).cancel()
    assert len(agenda._entries) < 300
    assert kept in agenda._entries


def test_one_entry_that_fails_stops_no_other() -> None:
    clock = Clock()
    agenda = Agenda(clock)
    seen: list[int] = []
    agenda.call_later(1, lambda: 1 / 0)  # type: ignore[arg-type,return-value]
    agenda.call_later(1, lambda: seen.append(1))
    clock.run(2)
    assert seen == [1]
