"""One learner: an account, a socket that comes back, and lessons one after the other until the demo ends."""

import asyncio
import random
import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec

from app.demo.board import Board, Frame
from app.demo.client import (
    CallRefused,
    Client,
    Completed,
    Exercise,
    Graded,
    Lesson,
    Pace,
    Session,
    TimeIsUp,
    decoded,
)
from app.demo.journal import AnswerAcknowledged, CompletionAcknowledged, Journal
from app.demo.knowledge import Knowledge
from app.demo.measures import Measures
from app.demo.socket import Socket, SocketLost, SocketRefused, open_socket

THINKING_S = {"multiple_choice": 1.6, "word_bank": 3.0, "translate": 3.5, "match_pairs": 4.0}
BETWEEN_LESSONS_S = 3.0
AFTER_REFUSAL_S = 1.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 3.0
SCREEN_S = 5.0


class Ready(msgspec.Struct):
    epoch: str
    seq: int
    resumed: bool
    truncated: bool


class Numbered(msgspec.Struct):
    """What is looked at of a frame on the own stream."""

    seq: int
    session_id: str = ""
    answered: int = 0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all learners of a demo share."""

    url: str
    course_id: str
    lessons: Sequence[Lesson]
    knowledge: Knowledge
    measures: Measures
    journal: Journal
    pace: Pace
    speed: float
    on_board: Callable[["Learner"], None]


class Learner:
    def __init__(self, name: str, client: Client, around: Surroundings, chance: random.Random) -> None:
        self.name = name
        self.user_id = ""
        self.board = Board()
        self._client = client
        self._around = around
        self._measures = around.measures
        self._chance = chance
        self._tempo = chance.uniform(0.7, 1.4)
        self._knows = chance.uniform(0.74, 0.96)
        self._league_id = ""
        self._xp_total = 0
        self._socket: Socket | None = None
        self._epoch: str | None = None
        self._seq = 0
        self._stream_begun = asyncio.Event()
        self._pushes_due: dict[tuple[str, int], float] = {}

    async def register(self, email: str) -> None:
        user = await self._client.register(email=email, name=self.name, password=secrets.token_urlsafe(12))
        self.user_id = user.id
        self._measures.arrived()

    async def live(self) -> None:
        """Learns until the demo ends."""
        connection = asyncio.create_task(self._stay_connected())
        try:
            await self._client.post(f"/courses/{self._around.course_id}/enrollments")
            await self._screen_ready()
            while True:
                for lesson in self._around.lessons:
                    try:
                        await self._take(lesson)
                    except CallRefused:
                        # Counted where it happened; a learner would try another lesson.
                        await self._around.pace.wait(AFTER_REFUSAL_S)
        except (TimeIsUp, CallRefused):
            # The last push may still be on its way.
            await asyncio.sleep(0.5)
        finally:
            self._measures.pushes_missing += len(self._pushes_due)
            connection.cancel()
            await asyncio.gather(connection, return_exceptions=True)

    async def _screen_ready(self) -> None:
        """Gives the socket a moment, so that the first answers move a screen; without one, learning goes on."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SCREEN_S):
                await self._stream_begun.wait()

    # ---- lessons

    async def _take(self, lesson: Lesson) -> None:
        begun = await self._client.post(f"/lessons/{lesson.id}/sessions", {}, key=secrets.token_hex(12))
        session = decoded(begun.body, Session)
        for number, exercise in enumerate(session.exercises, start=1):
            # A lesson that was cut short goes on where it stopped.
            if exercise.answered:
                continue
            await self._answer(session, exercise, number)
        await self._complete(session)
        await self._pause(BETWEEN_LESSONS_S)

    async def _pause(self, seconds: float) -> float:
        seconds *= self._tempo * self._chance.lognormvariate(0.0, 0.35)
        await self._around.pace.wait(seconds / self._around.speed)
        return seconds

    async def _answer(self, session: Session, exercise: Exercise, number: int) -> None:
        thought_s = await self._pause(THINKING_S.get(exercise.kind, BETWEEN_LESSONS_S))
        right = self._chance.random() < self._knows
        body = {
            "exercise_id": exercise.id,
            "answer": self._around.knowledge.answer(exercise.kind, exercise.prompt, right=right, chance=self._chance),
            "elapsed_ms": int(thought_s * 1000),
        }
        key = secrets.token_hex(12)
        due = (session.id, number)
        self._pushes_due[due] = time.perf_counter()
        try:
            answered = await self._client.post(f"/sessions/{session.id}/answers", body, key=key)
        except (TimeIsUp, CallRefused):
            self._pushes_due.pop(due, None)
            raise
        if not answered.first_try or self._socket is None:
            self._pushes_due.pop(due, None)
        graded = decoded(answered.body, Graded)
        self._around.journal.note(AnswerAcknowledged(session.id, exercise.id, key, graded.verdict))
        self._measures.answered(correct=graded.correct, took_s=answered.took_s, first_try=answered.first_try)

    async def _complete(self, session: Session) -> None:
        self._measures.completing(self.user_id, self._xp_total)
        answered = await self._client.post(f"/sessions/{session.id}/complete")
        if not answered.first_try:
            self._measures.repeated += 1
            self._measures.not_timed(self.user_id)
        completed = decoded(answered.body, Completed)
        self._around.journal.note(
            CompletionAcknowledged(session.id, self.user_id, completed.xp_earned, completed.xp_total)
        )
        self._measures.completed += 1
        self._xp_total = completed.xp_total
        if completed.league and completed.league.id != self._league_id:
            self._league_id = completed.league.id
            await self._watch()

    # ---- the socket

    async def _stay_connected(self) -> None:
        pause_s = FIRST_PAUSE_S
        pace = self._around.pace
        while not pace.over:
            token = self._client.token
            auth: dict[str, Any] = {"token": token}
            if self._epoch is not None:
                auth |= {"epoch": self._epoch, "seq": self._seq}
            try:
                async with open_socket(self._around.url, auth, self._hear) as self._socket:
                    self._measures.connected += 1
                    self._measures.reconnects += self._epoch is not None
                    try:
                        pause_s = FIRST_PAUSE_S
                        await self._watch()
                        await self._socket.gone()
                    finally:
                        self._measures.connected -= 1
                        self._socket = None
                        self._pushes_due.clear()
                self._measures.error("socket.lost")
            except SocketLost:
                self._measures.error("socket.unreachable")
            except SocketRefused as refused:
                self._measures.error(refused.code)
                await self._renew(token)
            await asyncio.sleep(pause_s * self._chance.uniform(0.5, 1.0))
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    async def _renew(self, token: str) -> None:
        """Whatever kept us out, a fresh token does no harm."""
        try:
            await self._client.refresh(token)
        except (CallRefused, TimeIsUp):
            return

    async def _watch(self) -> None:
        if self._socket is None or not self._league_id:
            return
        try:
            acknowledged = await self._socket.call("league.watch", {"league_id": self._league_id})
        except SocketLost:
            return
        if not acknowledged.get("ok"):
            self._measures.error(acknowledged.get("code", "league.watch"))

    def _hear(self, event: str, payload: Any) -> None:
        match event:
            case "stream.ready":
                self._begin_stream(msgspec.convert(payload, Ready))
            case "league.snapshot" | "league.changed":
                self._see_board(msgspec.convert(payload, Frame), whole=event == "league.snapshot")
            case "stream.closed":
                self._measures.error(payload.get("code", event))
            case _ if isinstance(payload, dict) and "seq" in payload:
                self._take_frame(event, msgspec.convert(payload, Numbered))

    def _begin_stream(self, ready: Ready) -> None:
        if self._epoch is not None:
            self._measures.resumed += ready.resumed
            self._measures.truncated += ready.truncated
            self._measures.gaps += ready.resumed and (ready.epoch, ready.seq) != (self._epoch, self._seq)
        if not ready.resumed:
            # The stream goes on from its head: no frame from before is still to come, and none is missing unsaid.
            self._pushes_due.clear()
        self._stream_begun.set()
        self._epoch, self._seq = ready.epoch, ready.seq

    def _take_frame(self, event: str, frame: Numbered) -> None:
        self._measures.gaps += frame.seq != self._seq + 1
        self._seq = frame.seq
        if event == "progress.changed":
            sent_at = self._pushes_due.pop((frame.session_id, frame.answered), None)
            if sent_at is not None:
                self._measures.push_s.append(time.perf_counter() - sent_at)

    def _see_board(self, frame: Frame, *, whole: bool) -> None:
        for line, xp_known in self.board.show(frame, whole=whole):
            # A snapshot is the answer to looking, not the push that is timed.
            if line.user_id != self.user_id and not whole:
                self._measures.board_showed(line.user_id, xp_known, line.xp)
        self._around.on_board(self)
