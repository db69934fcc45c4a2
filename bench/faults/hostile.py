"""R7: frames that no client sends. A hundred thousand of them, and the names that the library keeps for itself.

Invariant: the seed decides every frame.
"""

import asyncio
import contextlib
import random
import struct
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from bench.crowd import Person
from bench.faults import naive_live
from bench.faults.live import House, house, metric
from bench.faults.run import Run
from bench.faults.verdict import Verdict
from bench.figures import percentile
from bench.keepalive import HttpFailure
from bench.socketio import Socket, frame

FRAMES = 100_000
AT_ONCE = 24
EACH = 50
"""Frames of one connection: most are closed long before they have said so much."""
WAIT_S = 0.3
ANSWERS = 20
NEIGHBOURS = 30
PUSH_MS = 300
RESERVED = (
    *("connect", "disconnect", "connect_error", "disconnecting", "error", "message", "*", "newListener"),
    *("removeListener", "reconnect", "ping", "pong", "__proto__", "constructor", "_on_connect", "close"),
)
OURS = ("league.watch", "league.unwatch", "classroom.watch", "session.watch", "course.watch", "answer.submit")

Make = Callable[[random.Random], bytes]


def text(value: str) -> bytes:
    return frame(value.encode("utf-8", "surrogatepass"))


def _junk(chance: random.Random) -> bytes:
    return chance.randbytes(chance.randrange(1, 200))


def _bad_websocket(chance: random.Random) -> bytes:
    """Broken below Engine.IO."""
    body = _junk(chance)[:100]
    return chance.choice(
        [
            frame(body, head=0x80 | chance.choice((3, 4, 5, 6, 7, 11, 12, 13, 14, 15))),
            frame(body, head=0x81 | chance.choice((0x10, 0x20, 0x40, 0x70))),
            struct.pack("!BB", 0x81, len(body)) + body,
            struct.pack("!BBQ", 0x81, 0xFF, 1 << 62) + b"\0\0\0\0" + body,
            struct.pack("!BBQ", 0x82, 0xFF, 1 << 63) + b"\0\0\0\0",
            frame(b"\xff\xfe\xc0\x80" + body),
            frame(body, head=0x80),
            frame(body, head=0x09),
            frame(b"x" * 126, head=0x89),
            frame(struct.pack("!H", chance.choice((0, 999, 1005, 1006, 5000))), head=0x88),
            frame(b"x" * 70_000),
            frame(body, head=0x01),
            body,
        ]
    )


def _bad_engine(chance: random.Random) -> bytes:
    return chance.choice(
        [
            text(chance.choice("0156789b") + _letters(chance)),
            text(chance.choice(("", "2probe", "3probe", "5", "6", "\0", "4", "44", "bAAAA", "10", "é"))),
            frame(_junk(chance), head=0x82),
            text("2" * chance.randrange(1, 50)),
            text("\x1e".join(["2"] * chance.randrange(2, 60))),
        ]
    )


def _bad_packet(chance: random.Random) -> bytes:
    """Socket.IO packets of every kind, with namespaces, numbers and attachments that cannot be."""
    kind = chance.choice("0123456789")
    place = chance.choice(("", "/,", "/admin,", "/" + "x" * 300 + ",", "/?token=1,", "/\0,"))
    number = chance.choice(("", "0", "1", "-1", "9" * 18, "9" * 400, "1e9", "٣"))
    attached = chance.choice(("", "1-", "0-", "99999999-", "-", "9" * 30 + "-"))
    return text("4" + kind + attached + place + number + _bad_json(chance))


def _bad_json(chance: random.Random) -> str:
    depth = chance.randrange(1, 6000)
    return chance.choice(
        [
            "",
            "[" * depth,
            "[" * depth + "]" * depth,
            '{"a":' * depth + "1" + "}" * depth,
            '["league.watch"',
            '["league.watch",',
            '{"event":1}',
            "[1,2,3]",
            "[null]",
            "[[]]",
            "[{}]",
            '["",{}]',
            '["\\ud800",{}]',
            '["a\\u0000b",{}]',
            '["x",' + "1" * 5000 + "]",
            '["x",1e999]',
            '["x",{"_placeholder":true,"num":0}]',
            '["league.watch",{"_placeholder":true,"num":99}]',
            "NaN",
            '"text"',
            '["x"]["y"]',
            "\ufeff[]",
        ]
    )


def _bad_payload(chance: random.Random) -> bytes:
    """Known events with what they do not take."""
    value = chance.choice(
        [
            None,
            0,
            "x",
            [],
            {},
            {"league_id": None},
            {"league_id": "x" * 5000},
            {"league_id": "00000000-0000-4000-8000-000000000000"},
            {"session_id": [1], "exercise_id": {}, "answer": None, "elapsed_ms": -1, "key": ""},
            {"session_id": "00000000-0000-4000-8000-000000000000", "exercise_id": "x", "answer": {"a": [1] * 50}},
            {"classroom_id": True},
            {"course_id": "'; DROP TABLE learning_answer; --"},
            {"__proto__": {"ok": True}},
        ]
    )
    many = [value] * chance.choice((1, 1, 1, 2, 40))
    return text(f"42{chance.choice(('', '1', '77'))}{msgspec.json.encode([chance.choice(OURS), *many]).decode()}")


def _reserved(chance: random.Random) -> bytes:
    value = chance.choice(({}, {"asgi.scope": {}}, {"token": "x"}, "client namespace disconnect", None))
    return text(f"42{chance.choice(('', '5'))}{msgspec.json.encode([chance.choice(RESERVED), value, value]).decode()}")


def _mutated(chance: random.Random) -> bytes:
    """A good frame with a few bytes changed, its length left alone."""
    good = bytearray(b'421["league.watch",{"league_id":"0b0e6a5e-6f4e-4b5e-8f61-3d3b0c0f9a11"}]')
    for _ in range(chance.randrange(1, 5)):
        good[chance.randrange(2, len(good))] = chance.randrange(128 if chance.random() < 0.95 else 256)
    return frame(bytes(good))


def _letters(chance: random.Random) -> str:
    return "".join(chance.choices('abc{}[]",:0123456789\\/ \u2028é', k=chance.randrange(60)))


GENTLE: Sequence[Make] = (*[_bad_packet] * 6, *[_bad_payload] * 10, *[_reserved] * 6, *[_mutated] * 4)
ROUGH: Sequence[Make] = (*GENTLE, *[_bad_engine] * 2, *[_bad_websocket] * 2)
"""What ends a connection at once comes in one of four only, so that more of all that follows is looked at."""


class Fuzzer:
    def __init__(self, port: int, tokens: Sequence[str], chance: random.Random) -> None:
        self.sent = 0
        self.connections = 0
        self.cut = 0
        """Connections that the server ended before we did."""
        self.refused: Counter[str] = Counter()
        self._port = port
        self._tokens = tokens
        self._chance = chance

    async def run(self, frames: int) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._lane(frames))

    async def _lane(self, frames: int) -> None:
        while self.sent < frames:
            try:
                await self._visit()
            except (HttpFailure, TimeoutError, OSError) as error:
                self.refused[str(error)[:60] or type(error).__name__] += 1
                await asyncio.sleep(0.05)

    async def _visit(self) -> None:
        chance = self._chance
        line = await Socket.opened("127.0.0.1", self._port, within_s=10)
        gone = asyncio.Event()
        line.on_lost = gone.set
        self.connections += 1
        try:
            if chance.random() < 0.8:
                async with asyncio.timeout(10):
                    await line.login(chance.choice(self._tokens))
            kinds = ROUGH if chance.random() < 0.25 else GENTLE
            for _ in range(EACH):
                line.write(chance.choice(kinds)(chance))
                self.sent += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(gone.wait(), WAIT_S)
                self.cut += 1
        finally:
            line.close()


async def hostile(run: Run) -> Verdict:
    frames = run.count(FRAMES)
    async with house(run, people=NEIGHBOURS + AT_ONCE, lessons=40) as made:
        crowd = made.crowd
        neighbours, attackers = crowd.people[:NEIGHBOURS], crowd.people[NEIGHBOURS:]
        crowd.retire(attackers)
        await made.light_up(neighbours)
        pid = made.api.pid
        forged = await _forged(made, attackers[0], attackers[1])
        run.say(f"names the library keeps: {forged.line}")
        stand = made.machine.stand(made.api)
        before = stand.rss_bytes()
        fuzzer = Fuzzer(made.machine.port, [person.learner.token for person in attackers[2:]], run.chance)
        began = time.monotonic()
        driving = asyncio.create_task(_steadily(crowd.drive))
        try:
            fuzzing = asyncio.create_task(fuzzer.run(frames))
            while not fuzzing.done():
                await asyncio.wait([fuzzing], timeout=5)
                run.say(f"{fuzzer.sent} frames over {fuzzer.connections} connections")
            await fuzzing
        finally:
            driving.cancel()
            await asyncio.gather(driving, return_exceptions=True)
        took_s = time.monotonic() - began
        await asyncio.sleep(1)
        more = (stand.rss_bytes() - before) / 1024**2
        tally = await made.settled(within_s=10)
        judged = await metric(made.machine, "lyceum_realtime_inbound_total")
        alive = made.api.runs and made.api.pid == pid
        tracebacks = made.api.log().count(b"Traceback")
        lost = sum(bool(screen.lost_at) for screen in made.screens.values())
        pushes = sorted(crowd.seen.progress_s)
    push_ms = percentile(pushes, 0.99) * 1000
    return Verdict(
        fault="R7",
        design="product",
        passed=alive and tracebacks == 0 and lost == 0 and tally.right and forged.right and push_ms < PUSH_MS,
        line=(
            f"{fuzzer.sent} hostile frames over {fuzzer.connections} connections in {took_s:.0f} s, {fuzzer.cut} "
            f"ended by the server, {judged:.0f} events judged; {'no crash' if alive else 'CRASHED'}, {tracebacks} "
            f"tracebacks, memory +{more:.0f} MB; {forged.line}; of {len(neighbours)} neighbours {lost} lost their "
            f"connection, own progress p99 {push_ms:.0f} ms; {tally.line}"
        ),
        figures={
            "frames": fuzzer.sent,
            "connections": fuzzer.connections,
            "cut": fuzzer.cut,
            "refused": dict(fuzzer.refused),
            "judged": judged,
            "alive": alive,
            "tracebacks": tracebacks,
            "more_mb": more,
            "neighbours_lost": lost,
            "push_p99_ms": push_ms,
            "forged": forged.figures,
            **tally.figures,
        },
    )


async def _steadily(drive: Callable[[float, float], Any]) -> None:
    while True:
        await drive(ANSWERS, 5.0)


async def naively_hostile(run: Run) -> Verdict:
    async with naive_live.house(run, people=2, lessons=2, processes=1, redis=False) as made:
        forged = await _forged(made, *made.crowd.people)
    return Verdict(
        fault="R7",
        design="naive",
        passed=forged.right,
        line=f"the library as it comes: {forged.line}",
        figures=forged.figures,
    )


class Forged(msgspec.Struct):
    """What an attacker got by sending the library's own event names."""

    sent: int = 0
    stolen: int = 0
    """Frames of somebody else that came."""
    acknowledged: int = 0
    """Names that were answered by anything but a refusal."""
    deaf: int = 0
    """1 when frames of one's own do not come any more."""

    @property
    def right(self) -> bool:
        return not (self.stolen or self.acknowledged or self.deaf)

    @property
    def line(self) -> str:
        return (
            f"{self.sent} events with reserved names and forged data: {self.stolen} frames of somebody else came, "
            f"{self.acknowledged} handlers answered, own frames {'stopped' if self.deaf else 'still come'}"
        )

    @property
    def figures(self) -> dict[str, int]:
        return {"sent": self.sent, "stolen": self.stolen, "acknowledged": self.acknowledged, "deaf": self.deaf}


async def _forged(made: House, attacker: Person, victim: Person) -> Forged:
    """The attacker says `connect` once more, with somebody else's token as its data, and so on."""
    found = Forged()
    line = await Socket.connect("127.0.0.1", made.machine.port, attacker.learner.token, heard=True)
    await asyncio.sleep(0.2)
    forged_auth = {"token": victim.learner.token}
    for name in RESERVED:
        for data in ([{}, forged_auth], [{"asgi.scope": {}}, forged_auth], [forged_auth], ["client disconnect"]):
            if line.closed:
                line = await Socket.connect("127.0.0.1", made.machine.port, attacker.learner.token, heard=True)
            found.sent += 1
            # Numbers far from those that the client gives itself.
            line.send(f"42{1000 + found.sent}{msgspec.json.encode([name, *data]).decode()}")
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.5)
    if line.closed:
        line = await Socket.connect("127.0.0.1", made.machine.port, attacker.learner.token, heard=True)
    for person in (victim, attacker):
        await made.crowd.answer(person)
    await asyncio.sleep(1.0)
    heard = line.heard or []
    for packet in heard:
        if packet.startswith("43"):
            reply = msgspec.json.decode(packet[packet.index("[") :])
            found.acknowledged += not (reply and isinstance(reply[0], dict) and reply[0].get("ok") is False)
    found.stolen = sum(str(victim.sessions[-1]) in packet for packet in heard if packet.startswith("42"))
    found.deaf = int(not any(str(attacker.sessions[-1]) in packet for packet in heard if packet.startswith("42")))
    line.close()
    return found
