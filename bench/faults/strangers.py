"""R5: clients that never read. R6: sockets that never say who they are."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence

import httpx
import msgspec

from bench.crowd import Person
from bench.faults.live import House, house, progress
from bench.faults.run import Run
from bench.faults.verdict import Verdict
from bench.figures import percentile
from bench.keepalive import HttpFailure
from bench.socketio import Socket
from bench.stand import Stand

DEAF = 200
DEAF_LIMIT_S = 45.0
LOOK_S = 0.5
"""So exactly is seen when the server lets go."""
MORE_MB = 100
ANSWERS = 60
STRANGERS = 2000
STRANGER_LIMIT_S = 10.0
READERS = 30
TOGETHER = 25
PUSH_MS = 300
POLLING = "/socket.io/?EIO=4&transport=polling"


class Deaf:
    """A learner's socket from which nothing is read any more, not even that it has ended. It is gone
    when the server does not hold it any more."""

    def __init__(self, line: Socket) -> None:
        self._line = line
        self.port = line.port
        line.stop_reading()
        self.since = time.monotonic()
        self.closed_s: float | None = None

    def look(self, held: set[int]) -> None:
        if self.closed_s is None and self.port not in held:
            self.closed_s = time.monotonic() - self.since

    def close(self) -> None:
        self._line.close()


def _held(stand: Stand) -> set[int]:
    """The far ends of all lines that the server's processes hold."""
    return {line.raddr.port for process in stand.servers() for line in process.net_connections("tcp") if line.raddr}


async def deaf(run: Run) -> Verdict:
    many = max(10, run.count(DEAF))
    async with house(run, people=many + READERS, lessons=8) as made:
        crowd = made.crowd
        # Each reader shares a league with many that do not read.
        readers = crowd.people[:: max(1, len(crowd.people) // READERS)][:READERS]
        others = [person for person in crowd.people if person not in readers]
        await made.light_up(readers)
        stand = made.machine.stand(made.api)
        before = stand.rss_bytes()
        lines = await _deaf(made, others)
        run.say(f"{len(lines)} clients read no more")
        most = before
        told = progress(run, DEAF_LIMIT_S, lambda: f"{sum(line.closed_s is not None for line in lines)} closed")
        driving = asyncio.create_task(crowd.drive(ANSWERS, DEAF_LIMIT_S))
        until = time.monotonic() + DEAF_LIMIT_S + 15
        try:
            while time.monotonic() < until and any(line.closed_s is None for line in lines):
                held = await asyncio.to_thread(_held, stand)
                for line in lines:
                    line.look(held)
                most = max(most, stand.rss_bytes())
                await asyncio.sleep(0.2)
            await driving
        finally:
            told.cancel()
            driving.cancel()
            for line in lines:
                line.close()
        tally = await made.settled(within_s=5)
        pushes = sorted(crowd.seen.progress_s)
    took = sorted(line.closed_s for line in lines if line.closed_s is not None)
    longest = took[-1] if len(took) == len(lines) else float("inf")
    more = (most - before) / 1024**2
    push_ms = percentile(pushes, 0.99) * 1000
    return Verdict(
        fault="R5",
        design="product",
        passed=longest <= DEAF_LIMIT_S + LOOK_S and more < MORE_MB and tally.right and push_ms < PUSH_MS,
        line=(
            f"{len(took)} of {len(lines)} clients that read nothing were closed, p50 {percentile(took, 0.5):.1f} s, at "
            f"most {longest:.1f} s after their last read; memory +{more:.0f} MB at most (from {before / 1024**2:.0f}); "
            f"{len(readers)} neighbours: own progress p99 {push_ms:.0f} ms; {tally.line}"
        ),
        figures={
            "clients": len(lines),
            "closed": len(took),
            "longest_s": longest,
            "more_mb": more,
            "neighbours_push_p99_ms": push_ms,
            **tally.figures,
        },
    )


async def _deaf(made: House, people: Sequence[Person]) -> list[Deaf]:
    lines: list[Deaf] = []
    for start in range(0, len(people), TOGETHER):
        lines += await asyncio.gather(*(_one_deaf(made, person) for person in people[start : start + TOGETHER]))
    return lines


async def _one_deaf(made: House, person: Person) -> Deaf:
    line = await Socket.connect("127.0.0.1", made.machine.port, person.learner.token)
    await line.emit("league.watch", {"league_id": str(person.league)})
    return Deaf(line)


class Stranger:
    """One that connects and never logs in, in one of several manners."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.since = time.monotonic()
        self.closed_s: float | None = None
        self.line: Socket | None = None
        self.polled = ""
        self.refused = False
        """Not even let in, which is as good."""

    async def open(self, http: httpx.AsyncClient, port: int) -> None:
        try:
            if self.kind == "polling":
                opened = await http.get(f"http://127.0.0.1:{port}{POLLING}")
                self.polled = msgspec.json.decode(opened.content[1:])["sid"]
                self.since = time.monotonic()
                return
            self.line = await Socket.opened("127.0.0.1", port)
        except (HttpFailure, httpx.HTTPError, OSError, TimeoutError):
            self.refused = True
            self.closed_s = 0.0
            return
        self.since = time.monotonic()
        self.line.on_lost = self._lost
        if self.kind == "forging":
            self._forge()
        elif self.kind == "asking":
            self.line.send('421["league.watch",{"league_id":"00000000-0000-4000-8000-000000000000"}]')
        elif self.kind == "elsewhere":
            self.line.send("40/admin,{}")

    def _lost(self) -> None:
        self.closed_s = time.monotonic() - self.since

    def _forge(self) -> None:
        """A forged token every second."""
        if self.line is not None and not self.line.closed:
            self.line.send('40{"token":"eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."}')
            asyncio.get_running_loop().call_later(1.0, self._forge)

    async def poll(self, http: httpx.AsyncClient, port: int) -> None:
        """Until its session is gone, or has said that it goes."""
        while self.closed_s is None:
            try:
                answer = await http.get(f"http://127.0.0.1:{port}{POLLING}&sid={self.polled}")
            except httpx.HTTPError:
                await asyncio.sleep(0.5)
                continue
            if answer.status_code == 400 or "stream.closed" in answer.text or answer.text.startswith("1"):
                self._lost()


KINDS = ("silent", "silent", "silent", "asking", "forging", "elsewhere", "silent", "silent", "silent", "polling")


async def strangers(run: Run) -> Verdict:
    async with house(run, people=READERS, lessons=8) as made:
        crowd = made.crowd
        await made.light_up()
        stand = made.machine.stand(made.api)
        before = stand.rss_bytes()
        driving = asyncio.create_task(crowd.drive(20, 22.0))
        run.say("strangers come")
        port = made.machine.port
        some = [Stranger(KINDS[number % len(KINDS)]) for number in range(run.count(STRANGERS))]
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(timeout=STRANGER_LIMIT_S * 2, limits=limits) as http:
            for start in range(0, len(some), TOGETHER * 4):
                await asyncio.gather(*(one.open(http, port) for one in some[start : start + TOGETHER * 4]))
            most = stand.rss_bytes()
            came_s = time.monotonic() - some[0].since
            run.say(f"all came within {came_s:.1f} s; {sum(one.refused for one in some)} were not let in")
            await _gone(some, http, port)
        for one in some:
            if one.line is not None:
                one.line.close()
        await driving
        tally = await made.settled(within_s=5)
        pushes = sorted(crowd.seen.progress_s)
    took = sorted(one.closed_s for one in some if one.closed_s is not None)
    left = Counter(one.kind for one in some if one.closed_s is None)
    longest = took[-1] if took and not left else float("inf")
    push_ms = percentile(pushes, 0.99) * 1000
    return Verdict(
        fault="R6",
        design="product",
        passed=longest <= STRANGER_LIMIT_S and tally.right,
        line=(
            f"{len(took)} of {len(some)} sockets that never logged in were closed, p50 {percentile(took, 0.5):.1f} s, "
            f"at most {longest:.1f} s after they were opened, {sum(one.refused for one in some)} not let in, still "
            f"open: {dict(left) or 'none'}; memory +{(most - before) / 1024**2:.0f} MB; {len(crowd.people)} learners: "
            f"own progress p99 {push_ms:.0f} ms; {tally.line}"
        ),
        figures={
            "sockets": len(some),
            "closed": len(took),
            "longest_s": longest,
            "left": dict(left),
            "more_mb": (most - before) / 1024**2,
            "push_p99_ms": push_ms,
            **tally.figures,
        },
    )


async def _gone(some: Sequence[Stranger], http: httpx.AsyncClient, port: int) -> None:
    """Until all are, or nobody waits any longer."""
    until = max(one.since for one in some) + STRANGER_LIMIT_S + 3
    polls = [asyncio.create_task(one.poll(http, port)) for one in some if one.polled]
    while time.monotonic() < until and any(one.closed_s is None for one in some):
        await asyncio.sleep(0.1)
    for poll in polls:
        poll.cancel()
    await asyncio.gather(*polls, return_exceptions=True)
