"""Does the command of the README work? Run by hand or by CI: `.venv/bin/python tests/smoke.py`.

Starts `lyceum serve` on an empty directory as a newcomer would, takes a lesson over REST while two sockets watch,
stops it, starts it again on the same data, and looks for what was left behind. One line per step, with its time.
"""

import asyncio
import random
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from app.demo.knowledge import Knowledge
from app.demo.socket import Socket, SocketRefused, open_socket
from app.embedded.process import is_alive
from domains.catalog import api as catalog

READY_S = 60.0
STOP_S = 10.0
FRAME_S = 5.0
LYCEUM = Path(sys.executable).with_name("lyceum")


class Failed(Exception):
    """One line: what did not happen."""


def expect(condition: object, otherwise: str) -> None:
    if not condition:
        raise Failed(otherwise)


class Steps:
    """Prints each step with the time that it took."""

    def __init__(self) -> None:
        self._began = self._last = time.monotonic()

    def done(self, what: str) -> None:
        now = time.monotonic()
        print(f"{now - self._last:7.2f} s  {what}", flush=True)
        self._last = now

    def all(self) -> None:
        print(f"{time.monotonic() - self._began:7.2f} s  in all", flush=True)


class Server:
    """`lyceum serve` in a process group of its own."""

    def __init__(self, data_dir: Path, log: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.data_dir = data_dir
        self.log = log
        with log.open("w") as output:
            self.process = subprocess.Popen(
                [LYCEUM, "serve", "--port", str(port), "--data-dir", data_dir],
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,
            )

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_S
        while f"listens on {self.url}" not in self.log.read_text():
            expect(self.process.poll() is None, f"lyceum serve ended with status {self.process.returncode}")
            expect(time.monotonic() < deadline, f"lyceum serve was not ready within {READY_S:.0f} s")
            time.sleep(0.02)
        expect(httpx.get(f"{self.url}/health/ready").status_code == 200, "/health/ready is not 200 once it listens")

    def service_pids(self) -> list[int]:
        postgres = (self.data_dir / "postgres/cluster/postmaster.pid").read_text().splitlines()[0]
        return [int(postgres), int((self.data_dir / "valkey.pid").read_text())]

    def stop(self) -> None:
        pids = self.service_pids()
        expect(all(is_alive(pid) for pid in pids), "PostgreSQL or Valkey does not run under the pid that is noted")
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            raise Failed(f"SIGTERM did not end lyceum serve within {STOP_S:.0f} s") from None
        expect(status == 0, f"lyceum serve ended with status {status} after SIGTERM")
        left = [pid for pid in pids if is_alive(pid)]
        expect(not left, f"processes {left} were left behind")

    def end(self) -> None:
        """For when a step failed."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self.process.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Learner:
    """An account, and the frames that its socket has got."""

    def __init__(self, http: httpx.AsyncClient, user: dict[str, Any], token: str) -> None:
        self.id: str = user["id"]
        self.token = token
        self.frames: list[tuple[str, dict[str, Any]]] = []
        self._http = http
        self._came = asyncio.Event()

    def hear(self, event: str, payload: Any) -> None:
        self.frames.append((event, payload))
        self._came.set()

    async def heard(self, event: str, **fields: Any) -> dict[str, Any]:
        """The first frame with these fields, waited for if need be."""
        try:
            async with asyncio.timeout(FRAME_S):
                while True:
                    self._came.clear()
                    for name, payload in self.frames:
                        if name == event and fields.items() <= payload.items():
                            return payload
                    await self._came.wait()
        except TimeoutError:
            raise Failed(f"no {event} with {fields} came within {FRAME_S:.0f} s") from None

    async def call(self, method: str, path: str, body: Any = None, key: str = "") -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"} | ({"Idempotency-Key": key} if key else {})
        return await self._http.request(method, f"/api/v1{path}", json=body, headers=headers)

    async def good(self, status: int, method: str, path: str, body: Any = None, key: str = "") -> Any:
        answer = await self.call(method, path, body, key)
        expect(answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json()


async def registered(http: httpx.AsyncClient, name: str) -> Learner:
    body = {"email": f"{name}.{secrets.token_hex(4)}@demo.example", "name": name, "password": secrets.token_urlsafe(12)}
    answer = await http.post("/api/v1/auth/register", json=body)
    expect(answer.status_code == 201, f"register: {answer.status_code} {answer.text[:300]}")
    found = answer.json()
    return Learner(http, found["user"], found["access_token"])


class Lessons:
    """The demo course as the server shows it, with what ships with Lyceum to answer it."""

    def __init__(self, ids: list[str]) -> None:
        self.ids = ids
        self._knowledge = Knowledge(catalog.demo_course())
        self._chance = random.Random(1)

    @classmethod
    async def of(cls, http: httpx.AsyncClient) -> "Lessons":
        courses = (await http.get("/api/v1/courses")).json()["items"]
        course = next((course for course in courses if course["slug"] == catalog.DEMO_SLUG), None)
        if course is None:
            raise Failed("the first start did not import the demo course")
        lessons = (await http.get(f"/api/v1/courses/{course['id']}/lessons")).json()["items"]
        return cls([lesson["id"] for lesson in lessons])

    async def take(self, learner: Learner, lesson_id: str) -> dict[str, Any]:
        """Answers everything, the first exercise wrong, and completes; each answer must reach the learner's socket."""
        session = await learner.good(201, "POST", f"/lessons/{lesson_id}/sessions", {})
        for number, exercise in enumerate(session["exercises"], start=1):
            right = number > 1
            given = self._knowledge.answer(exercise["kind"], exercise["prompt"], right=right, chance=self._chance)
            body = {"exercise_id": exercise["id"], "answer": given, "elapsed_ms": 1500}
            key = secrets.token_hex(8)
            graded = await learner.good(200, "POST", f"/sessions/{session['id']}/answers", body, key)
            expect(
                graded["correct"] is right, f"{given!r} is graded {graded['verdict']}, expected {graded['expected']}"
            )
            again = await learner.good(200, "POST", f"/sessions/{session['id']}/answers", body, key)
            expect(again == graded, "the same key again gives another answer")
            if learner.frames:
                await learner.heard("progress.changed", session_id=session["id"], answered=number, correct=right)
        completed: dict[str, Any] = await learner.good(200, "POST", f"/sessions/{session['id']}/complete")
        again = await learner.good(200, "POST", f"/sessions/{session['id']}/complete")
        expect(again == completed, "completing again gives another answer")
        return completed


async def lesson_moves_screens(url: str, steps: Steps) -> Learner:
    async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
        ada, ben = await registered(http, "Ada"), await registered(http, "Ben")
        lessons = await Lessons.of(http)
        league_id = (await lessons.take(ada, lessons.ids[0]))["league"]["id"]
        steps.done("two accounts, one lesson over REST")
        async with (
            open_socket(url, {"token": ada.token}, ada.hear) as ada_socket,
            open_socket(url, {"token": ben.token}, ben.hear) as ben_socket,
        ):
            await ada.heard("stream.ready")
            await ben.heard("stream.ready")
            await watch(ada_socket, league_id)
            await ada.heard("league.snapshot", league_id=league_id)
            completed = await lessons.take(ben, lessons.ids[0])
            await ben.heard("lesson.completed", xp_total=completed["xp_total"])
            await ben.heard("notification.created")
            expect(completed["league"]["id"] == league_id, "two newcomers are in different leagues")
            await board_shows(ada, ben.id, completed["xp_total"])
            steps.done("a lesson moves the learner's screen and another learner's league")
            await watch(ben_socket, league_id)
            await ben.heard("league.snapshot", league_id=league_id)
        await refusals(url, http, ada)
        steps.done("what is wrong is refused with a code")
        return ben


async def watch(open_one: Socket, league_id: str) -> None:
    said = await open_one.call("league.watch", {"league_id": league_id})
    expect(said == {"ok": True}, f"league.watch: {said}")


async def board_shows(learner: Learner, user_id: str, xp: int) -> None:
    deadline = time.monotonic() + FRAME_S
    while not any(
        line["user_id"] == user_id and line["xp"] == xp
        for name, frame in learner.frames
        if name == "league.changed"
        for line in frame["entries"]
    ):
        expect(time.monotonic() < deadline, "no league.changed shows the other learner's XP")
        await asyncio.sleep(0.01)


async def refusals(url: str, http: httpx.AsyncClient, learner: Learner) -> None:
    nowhere = "00000000-0000-7000-8000-000000000000"
    for status, code, answer in (
        (401, None, await http.get("/api/v1/auth/me")),
        (400, None, await http.post("/api/v1/auth/register", json={"email": 1})),
        (404, None, await learner.call("GET", f"/courses/{nowhere}")),
        (404, "learning.session_not_found", await learner.call("POST", f"/sessions/{nowhere}/complete")),
    ):
        kind, problem = answer.headers.get("content-type"), answer.json()
        expect(answer.status_code == status, f"{answer.request.url.path}: {answer.status_code} instead of {status}")
        expect(kind == "application/problem+json", f"{answer.request.url.path}: a problem comes as {kind}")
        expect(problem.get("code") and code in (None, problem["code"]), f"{answer.request.url.path}: {problem}")
    try:
        async with open_socket(url, {"token": "no token"}, lambda event, payload: None):
            raise Failed("a socket without a token was let in")
    except SocketRefused as refused:
        expect(refused.code.startswith("identity."), f"a socket is refused with the code {refused.code}")


async def still_there(url: str, learner: Learner) -> None:
    async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
        learner = Learner(http, {"id": learner.id}, learner.token)
        board = await learner.good(200, "GET", "/leaderboards/current")
        expect(any(line["user_id"] == learner.id for line in board["entries"]), "the learner has left the board")
        progress = await learner.good(200, "GET", "/progress")
        expect(progress[0]["lessons_completed"] == 1, f"progress after the restart: {progress}")


def smoke(place: Path) -> None:
    steps = Steps()
    log = place / "serve.log"
    port = free_port()
    server = Server(place / "data", log, port)
    try:
        server.wait_until_ready()
        steps.done("first start, from an empty directory to ready")
        ben = asyncio.run(lesson_moves_screens(server.url, steps))
        server.stop()
        steps.done("clean stop, nothing left behind")
        server = Server(place / "data", log, port)
        server.wait_until_ready()
        steps.done("second start on the same data")
        asyncio.run(still_there(server.url, ben))
        server.stop()
        steps.done("the lesson is still there; clean stop, nothing left behind")
        steps.all()
    finally:
        server.end()


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="lyceum-smoke-") as place:
        log = Path(place) / "serve.log"
        try:
            smoke(Path(place))
        except Exception as error:
            print(f"FAILED: {error if isinstance(error, Failed) else repr(error)}", flush=True)
            if log.exists():
                print(log.read_text()[-4000:], flush=True)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
