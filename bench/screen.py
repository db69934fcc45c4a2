"""A learner's app as it should be: it keeps its position, comes back by itself, and reads the state anew where the
server says that frames were lost.

Invariant: what it notes is what a person would see. A frame counts as lost only if nothing told the app to read anew.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from bench.keepalive import Connection, HttpFailure, request
from bench.socketio import Socket

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 2.0

Tell = Callable[["Screen", str, dict[str, Any], float], None]
"""Of each frame: its screen, event, body, and when it came by `time.perf_counter`."""


class Screen:
    """`league` is the board that it looks at. `tell` hears every frame that is taken in."""

    def __init__(
        self, host: str, port: int, token: str, *, league: str = "", chance: random.Random, tell: Tell | None = None
    ) -> None:
        self.token = token
        self.league = league
        self.chance = chance
        self.tell = tell
        self.socket: Socket | None = None
        self.position: dict[str, object] = {}
        """epoch, seq and at of the last frame, as a client keeps them."""
        self.sessions: Callable[[], Iterable[object]] = lambda: ()
        """Those that the app has begun, and reads anew."""
        self.answered: dict[str, int] = {}
        """By session: what the screen shows."""
        self.seen: Counter[tuple[str, int]] = Counter()
        """Frames of progress by session and number."""
        self.order_broken = 0
        self.boards_back = 0
        """Boards that came after a later version."""
        self.gaps = 0
        """Numbers that were passed over without a word."""
        self.doubles = 0
        self.durable: Counter[str] = Counter()
        """Lessons and notifications by what tells them apart, repeats taken out."""
        self.repeats = 0
        """Of durable frames, which the overlap of `missed` makes on purpose."""
        self.board: dict[str, dict[str, Any]] = {}
        self.board_version = -1
        self.readies: Counter[str] = Counter()
        """Connections by how the stream went on: new, resumed, truncated, unnumbered."""
        self.truncated_at: list[float] = []
        self.reloads = 0
        self.goodbyes: list[dict[str, Any]] = []
        """`stream.closed`, as it came."""
        self.lost_at: list[float] = []
        self.back_at: list[float] = []
        self.refused: Counter[str] = Counter()
        self.numbered = True
        """False for a server that knows no `stream.ready`."""
        self.wait_advice = False
        """Whether it waits as long as the server asks before it comes back."""
        self._house = (host, port)
        self._ready = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._shown: set[str] = set()
        self._highest: dict[str, int] = {}

    @property
    def connected(self) -> bool:
        return self.socket is not None and not self.socket.closed and self._ready.is_set()

    async def ready(self) -> None:
        """Returns once the stream runs."""
        await self._ready.wait()

    async def live(self) -> None:
        """Until cancelled."""
        pause_s = FIRST_PAUSE_S
        try:
            while True:
                lost = asyncio.Event()
                try:
                    await self._open(lost)
                    pause_s = FIRST_PAUSE_S
                    await lost.wait()
                    self.lost_at.append(time.monotonic())
                except (OSError, TimeoutError, HttpFailure) as error:
                    self.refused[_short(error)] += 1
                    if self.socket is not None:
                        self.socket.close()
                self._ready.clear()
                await asyncio.sleep(self._advised_s() or pause_s * self.chance.uniform(0.5, 1.5))
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
        finally:
            if self.socket is not None:
                self.socket.close()
            for task in self._tasks:
                task.cancel()

    async def _open(self, lost: asyncio.Event) -> None:
        auth = {"token": self.token, **self.position}
        socket = self.socket = await Socket.opened(*self._house, within_s=5)
        socket.on_lost = lost.set
        socket.on_event = self._hear
        async with asyncio.timeout(5):
            await socket.login(auth)
        if not self.numbered:
            self._ready.set()
        async with asyncio.timeout(10):
            await self._ready.wait()
        if self.league:
            self._spawn(self._watch(socket))
        self.back_at.append(time.monotonic())

    async def _watch(self, socket: Socket) -> None:
        while not socket.closed:
            try:
                reply = await socket.emit("league.watch", {"league_id": self.league})
            except (HttpFailure, TimeoutError):
                continue
            if reply.get("ok"):
                return
            self.refused[f"league.watch {reply.get('code')}"] += 1
            await asyncio.sleep(0.25)

    def _advised_s(self) -> float:
        if not (self.wait_advice and self.goodbyes):
            return 0.0
        return float(self.goodbyes[-1].get("after_ms") or 0) / 1000

    def _hear(self, text: str) -> None:
        now = time.perf_counter()
        event, body = msgspec.json.decode(text)
        if event == "stream.ready":
            self._begin(body)
        elif event == "stream.closed":
            self.goodbyes.append(body)
        elif event.startswith("league."):
            self._board(event, body)
        elif "seq" in body and not self._next(body):
            return
        elif event == "progress.changed":
            self._progress(body)
        else:
            self._durable(event, body)
        if self.tell is not None:
            self.tell(self, event, body, now)

    def _begin(self, body: dict[str, Any]) -> None:
        known = bool(self.position)
        moved = (body["epoch"], body["seq"]) != (self.position.get("epoch"), self.position.get("seq"))
        if body["truncated"]:
            self.truncated_at.append(time.monotonic())
            for frame in body.get("missed", ()):
                self._durable(frame["event"], frame)
            self._spawn(self._reload())
        elif known and moved and self.position.get("epoch"):
            # It goes on somewhere else, and nobody told us to read anew.
            self.gaps += 1
        kind = "resumed" if body["resumed"] else "truncated" if body["truncated"] else "new"
        self.readies[kind if body["epoch"] else "unnumbered"] += 1
        if body["epoch"]:
            self.position = {"epoch": body["epoch"], "seq": body["seq"]}
            if "at" in body:
                self.position["at"] = body["at"]
        self._ready.set()

    def _next(self, body: dict[str, Any]) -> bool:
        """Whether the frame is the next one, or a later one, rather than one that was here before."""
        seq, before = body["seq"], self.position.get("seq", 0)
        assert isinstance(before, int)
        if seq <= before:
            self.doubles += 1
            return False
        self.gaps += seq - before - 1
        self.position["seq"] = seq
        if "at" in body:
            self.position["at"] = body["at"]
        return True

    def _progress(self, body: dict[str, Any]) -> None:
        session, answered = body["session_id"], body["answered"]
        self.seen[session, answered] += 1
        if answered < self._highest.get(session, 0):
            self.order_broken += 1
        self._highest[session] = max(answered, self._highest.get(session, 0))
        self.answered[session] = max(answered, self.answered.get(session, 0))

    def _durable(self, event: str, body: dict[str, Any]) -> None:
        name = body.get("id") or body.get("session_id") or f"{body.get('lesson_id')} {body.get('xp_total')}"
        key = f"{event} {name}"
        if key in self._shown:
            self.repeats += 1
            return
        self._shown.add(key)
        self.durable[event] += 1

    def shows(self, event: str, name: object) -> bool:
        return f"{event} {name}" in self._shown

    def _board(self, event: str, body: dict[str, Any]) -> None:
        if body["league_id"] != self.league or body["version"] < self.board_version:
            self.boards_back += body["league_id"] == self.league
            return
        self.board_version = body["version"]
        if event == "league.snapshot":
            self.board = {}
        self.board |= {entry["user_id"]: entry for entry in body["entries"]}

    async def _reload(self) -> None:
        """What a truncated stream asks for: the state over REST, until somebody answers."""
        self.reloads += 1
        for session in map(str, list(self.sessions())):
            while True:
                try:
                    body = await self.get(f"/api/v1/sessions/{session}")
                    break
                except (OSError, TimeoutError, HttpFailure):
                    await asyncio.sleep(0.5)
            self.answered[session] = max(body["answered"], self.answered.get(session, 0))

    async def get(self, path: str) -> Any:
        """Raises HttpFailure, OSError, TimeoutError."""
        connection = await Connection.open(*self._house)
        try:
            return msgspec.json.decode(await connection.call(request("GET", path, token=self.token), within_s=5))
        finally:
            connection.close()

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _short(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:120]
