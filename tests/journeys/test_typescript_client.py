"""The TypeScript client on the official Socket.IO client, against real servers. Skipped where Node or what npm installs
is missing."""

import json
import random
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from subprocess import PIPE
from typing import IO, Any
from uuid import UUID

import anyio
import httpx
import pytest
from realtime_house import OwnRedis

from app.config import Settings
from app.demo.knowledge import Knowledge
from app.infra import open_infra
from declared import DECLARED
from domains.identity.policy.sessions import ACCESS_LIFETIME
from domains.identity.service.keys import KeyRing
from domains.identity.service.tokens import signed
from domains.kernel.clock import utc_now
from journeys.node import NODE
from journeys.served import FRAME_S, Visitor, demo_course, free_port, served, visitor
from realtime.catalogue import FRAMES

WEB = Path(__file__).parents[2] / "src/web"
PROGRAM = Path(__file__).with_name("typescript_client.mjs")


@pytest.fixture(scope="module")
def client_module(node_modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client, checked and compiled by npm's own compiler."""
    out = tmp_path_factory.mktemp("web")
    (out / "node_modules").symlink_to(node_modules)
    (out / "package.json").write_text('{"type": "module"}')
    compiler = node_modules / "typescript/bin/tsc"
    done = subprocess.run(
        [str(NODE), compiler, "--project", WEB / "realtime", "--noEmit", "false", "--outDir", out],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return out / "index.js"


@dataclass
class Browser:
    """Tabs that play the client. `lines` is what happened in them, in order: [tab, what, …]."""

    orders: IO[str]
    lines: list[list[Any]] = field(default_factory=list)

    def order(self, do: str, tab: str = "", **details: Any) -> None:
        self.orders.write(json.dumps({"do": do, "tab": tab, **details}) + "\n")
        self.orders.flush()

    def open(self, tab: str, learner: Visitor, *tokens: str, **details: Any) -> None:
        self.order(
            "open",
            tab,
            user=learner.id,
            tokens=[*tokens] or [learner.token],
            events=list(FRAMES),
            **{"byTicket": False, "options": {}, **details},
        )

    def said(self, tab: str, what: str) -> list[Any]:
        """What follows `tab` and `what` in each line; the one thing where there is but one."""
        return [rest[0] if len(rest) == 1 else rest for name, kind, *rest in self.lines if (name, kind) == (tab, what)]

    def frames(self, tab: str, event: str) -> list[dict[str, Any]]:
        return [frame for name, frame in self.said(tab, "frame") if name == event]

    async def heard(self, tab: str, what: str, count: int = 1, **members: Any) -> Any:
        """The `count`-th line of that kind with these members."""
        return await self._until(f"{tab} {what} {members}", lambda: _with(members, self.said(tab, what))[count - 1 :])

    async def frame(self, tab: str, event: str, **members: Any) -> Any:
        return await self._until(f"{tab} {event} {members}", lambda: _with(members, self.frames(tab, event)))

    async def live(self, tab: str, times: int = 1) -> None:
        await self.heard(tab, "state", times, phase="live")

    async def board_line(self, tab: str, learner: Visitor, xp: int) -> None:
        """A board on which the learner has so much."""

        def find() -> list[Any]:
            boards = self.frames(tab, "league.snapshot") + self.frames(tab, "league.changed")
            return _with({"user_id": learner.id, "xp": xp}, [line for board in boards for line in board["entries"]])

        await self._until(f"{tab} board with {xp}", find)

    async def _until(self, wanted: str, find: Callable[[], list[Any]]) -> Any:
        try:
            with anyio.fail_after(FRAME_S):
                while not (found := find()):
                    await anyio.sleep(0.01)
                return found[0]
        except TimeoutError:
            raise AssertionError(f"{wanted} did not come: {self.lines[-40:]}") from None


def _with(members: dict[str, Any], found: list[Any]) -> list[Any]:
    return [one for one in found if members.items() <= one.items()] if members else found


@contextmanager
def playing(client_module: Path, url: str) -> Iterator[Browser]:
    def listen(output: IO[str]) -> None:
        for line in output:
            tab, what, *rest = json.loads(line)
            if what == "frame" and "event" not in rest[1]:
                DECLARED.frame(*rest)
            browser.lines.append([tab, what, *rest])

    # Not through the event loop: uvloop forks by itself, and its child hangs in a process with many threads.
    with subprocess.Popen([str(NODE), PROGRAM, client_module, url], stdin=PIPE, stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        browser = Browser(process.stdin)
        listening = threading.Thread(target=listen, args=(process.stdout,), daemon=True)
        listening.start()
        try:
            yield browser
            process.stdin.close()
            assert process.wait(FRAME_S) == 0
        finally:
            process.kill()
            listening.join(5)


@pytest.fixture
def browser(client_module: Path, url: str) -> Iterator[Browser]:
    with playing(client_module, url) as found:
        yield found


@pytest.fixture(scope="module")
def token_of(environment: dict[str, str]) -> Any:
    """Makes an access token of a learner that lives for so many seconds from now."""
    settings = Settings(
        database_url=environment["LYCEUM_DATABASE_URL"],
        redis_url=environment["LYCEUM_REDIS_URL"],
        data_dir=Path(environment["LYCEUM_DATA_DIR"]),
    )

    async def make(learner: Visitor, seconds: float) -> str:
        async with open_infra(settings, ()) as infra:
            key = await KeyRing(infra.db).signing_key()
            [row] = await infra.db.fetch("SELECT id FROM identity_session WHERE user_id = $1", UUID(learner.id))
            now: datetime = utc_now() - ACCESS_LIFETIME + timedelta(seconds=seconds)
            token, _ = signed(
                key,
                issuer=learner.url,
                user_id=UUID(learner.id),
                session_id=row["id"],
                roles=frozenset({"learner"}),
                now=now,
            )
            return token

    return make


async def test_the_clients_own_rules_hold(client_module: Path) -> None:
    program = [str(NODE), PROGRAM.with_name("typescript_rules.mjs"), client_module]
    done = await anyio.to_thread.run_sync(
        lambda: subprocess.run(program, capture_output=True, text=True, check=False, timeout=100)
    )
    assert done.returncode == 0, done.stderr


async def test_frames_acknowledgements_and_refusals_come_typed(
    browser: Browser, ada: Visitor, ben: Visitor, lessons: list[str], knowledge: Knowledge, chance: random.Random
) -> None:
    place = (await ada.take(lessons[0], knowledge, chance))["league"]
    browser.open("one", ada)
    await browser.live("one")
    browser.order("watch", "one", room="league", payload={"league_id": place["id"]})
    await browser.frame("one", "league.snapshot", league_id=place["id"])
    session = await ada.begin(lessons[1])
    first = session["exercises"][0]
    answer = knowledge.answer(first["kind"], first["prompt"], right=True, chance=chance)
    payload = {"session_id": session["id"], "exercise_id": first["id"], "answer": answer, "elapsed_ms": 900}
    browser.order("call", "one", command="answer.submit", payload={**payload, "key": "k1"})
    graded = await browser.heard("one", "answer")
    DECLARED.reply("answer.submit", graded)
    assert (graded["ok"], graded["correct"], graded["answered"]) == (True, True, 1)
    await browser.frame("one", "progress.changed", session_id=session["id"], answered=1)
    browser.order("call", "one", command="answer.submit", payload={**payload, "key": "k2"})
    refused = await browser.heard("one", "failed")
    assert refused == {"name": "CallFailed", "code": "learning.already_answered", "passing": False}

    # A room that one may not enter, and one that was left: nothing comes from there.
    browser.open("other", ben)
    await browser.live("other")
    browser.order("watch", "other", room="league", payload={"league_id": place["id"]})
    assert await browser.heard("other", "lost") == {"room": "league", "code": "realtime.not_found"}
    browser.order("unwatch", "one", room="league")
    boards = len(browser.frames("one", "league.changed"))
    await ben.take(lessons[1], knowledge, chance)
    await ada.take(lessons[2], knowledge, chance)
    await browser.frame("one", "lesson.completed", lesson_id=lessons[2])
    assert len(browser.frames("one", "league.changed")) == boards


async def test_a_page_that_is_loaded_again_goes_on_where_it_was(
    browser: Browser, ada: Visitor, lessons: list[str], knowledge: Knowledge, chance: random.Random
) -> None:
    browser.open("first visit", ada)
    await browser.live("first visit")
    await ada.take(lessons[0], knowledge, chance)
    for kind in ("lesson_completed", "league_entered"):
        await browser.frame("first visit", "notification.created", kind=kind)
    browser.order("close", "first visit")
    await browser.heard("first visit", "state", phase="ended")
    completed = await ada.take(lessons[1], knowledge, chance)
    browser.open("second visit", ada)
    missed = await browser.frame("second visit", "lesson.completed", xp_total=completed["xp_total"])
    seen = [frame["seq"] for _, frame in browser.said("first visit", "frame") if "seq" in frame]
    ready, *later = [frame["seq"] for _, frame in browser.said("second visit", "frame") if "seq" in frame]
    assert ready == max(seen)
    assert later == list(range(ready + 1, ready + 1 + len(later)))
    assert missed["seq"] in later


async def test_a_ticket_opens_each_connection_and_a_logout_ends_it_for_good(browser: Browser, ada: Visitor) -> None:
    browser.open("one", ada, byTicket=True)
    await browser.live("one")
    await ada.call("POST", "/auth/logout")
    await browser.heard("one", "state", phase="ended")
    [closed] = browser.frames("one", "stream.closed")
    assert closed["code"] == "realtime.session_ended"


async def test_an_expired_token_is_replaced_and_nothing_is_missed(
    browser: Browser,
    ada: Visitor,
    token_of: Any,
    lessons: list[str],
    knowledge: Knowledge,
    chance: random.Random,
) -> None:
    expired, short = await token_of(ada, -60), await token_of(ada, 4)
    browser.open("one", ada, expired, short, ada.token)
    await browser.live("one")
    assert browser.said("one", "asked") == [{"fresh": False}, {"fresh": True}]
    await browser.frame("one", "stream.closed", code="realtime.token_expired")
    completed = await ada.take(lessons[0], knowledge, chance)
    await browser.live("one", 2)
    assert browser.said("one", "asked") == [{"fresh": False}, {"fresh": True}, {"fresh": True}]
    await browser.frame("one", "lesson.completed", xp_total=completed["xp_total"])
    first, *_ = browser.frames("one", "stream.ready")
    seqs = [frame["seq"] for event, frame in browser.said("one", "frame") if event != "stream.ready" and "seq" in frame]
    assert seqs == list(range(first["seq"] + 1, first["seq"] + 1 + len(seqs)))


async def test_three_tabs_lose_nothing_and_repeat_nothing_over_restarts_of_server_and_redis(
    own_environment: dict[str, str],
    client_module: Path,
    http: httpx.AsyncClient,
    knowledge: Knowledge,
    chance: random.Random,
    tmp_path: Path,
) -> None:
    port, tabs = free_port(), ("one", "two", "three")
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="lyc-") as home, ExitStack() as stack:
        redis = OwnRedis(Path(home))
        redis.start()
        stack.callback(redis.kill)
        own = {**own_environment, "LYCEUM_REDIS_URL": f"unix://{redis.socket}"}
        with served(own, tmp_path / "first", port=port):
            ada = await visitor(url, http)
            course = demo_course((await ada.call("GET", "/courses"))["items"])
            lessons = [item["id"] for item in (await ada.call("GET", f"/courses/{course['id']}/lessons"))["items"]]
            browser = stack.enter_context(playing(client_module, url))
            for tab in tabs:
                browser.open(tab, ada)
                await browser.live(tab)
            league = (await ada.take(lessons[0], knowledge, chance))["league"]["id"]
            for tab in tabs:
                browser.order("watch", tab, room="league", payload={"league_id": league})
                await browser.frame(tab, "league.snapshot")
        with served(own, tmp_path / "second", port=port):
            # What the first process could not send any more is in the stream, and the rooms are joined again.
            done = await ada.take(lessons[1], knowledge, chance)
            for tab in tabs:
                await browser.live(tab, 2)
                await browser.frame(tab, "lesson.completed", xp_total=done["xp_total"])
                await browser.board_line(tab, ada, done["xp_total"])
            redis.kill()
            done = await ada.take(lessons[2], knowledge, chance)
            redis.start()
            later = await ada.take(lessons[3], knowledge, chance)
            for tab in tabs:
                for completed in (done, later):
                    await browser.frame(tab, "lesson.completed", xp_total=completed["xp_total"])
                for row in (await ada.call("GET", "/notifications"))["items"]:
                    await browser.frame(tab, "notification.created", id=row["id"])
        for tab in tabs:
            browser.order("close", tab)
            await browser.heard(tab, "state", phase="ended")
        for tab in tabs:
            totals = [frame["xp_total"] for frame in browser.frames(tab, "lesson.completed")]
            assert totals == sorted(set(totals))
            assert len(totals) == 4
            ids = [frame["id"] for frame in browser.frames(tab, "notification.created")]
            assert len(ids) == len(set(ids))
