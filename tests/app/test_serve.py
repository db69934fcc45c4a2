"""`lyceum serve` as a process: address, second starts, signals, workers. The application behind it is a small one."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.embedded.process import is_alive

pytestmark = pytest.mark.timeout(180)

# Stands in for the application, which takes seconds to import: these tests are about processes only.
PROGRAM = """
import asyncio, os, sys, types

def create_app(settings, mount=None):
    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            print("lifespan over", flush=True)
            await send({"type": "lifespan.shutdown.complete"})
            return
        if scope["path"] == "/die":
            os._exit(7)
        if scope["path"] == "/hang":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"here", "more_body": True})
            await asyncio.sleep(600)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(os.getpid()).encode()})
    return app

class Mount:
    def __init__(self, place): pass
    def take(self, *upgrade): return False
    async def farewell(self): pass

async def prepare(settings, *, owned, report): pass

def stand_in(name, **members):
    sys.modules[name] = types.ModuleType(name)
    vars(sys.modules[name]).update(members)

stand_in("app.asgi", create_app=create_app)
stand_in("app.mount", Mount=Mount)
stand_in("app.preparation", prepare=prepare)

import app.fleet, app.server
# A slow machine is no server that hangs.
app.fleet.STOP_S = app.server.STOP_S = 60
app.server.FINISH_REQUESTS_S = int(os.environ.get("FINISH_REQUESTS_S", 3))

if __name__ == "__main__":
    from app.cli import main
    main()
"""

PATIENCE_S = 40.0
"""How long a test waits for what must come. Only one that fails waits so long."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Served:
    """A running `lyceum serve`; `lines` are what it said until it listened."""

    def __init__(
        self, place: Path, *arguments: str, port: int | None = None, real: bool = False, **environment: str
    ) -> None:
        program = place / "lyceum_stub.py"
        program.write_text(PROGRAM)
        self.port = port or free_port()
        self.data_dir = place / "data"
        lyceum = ["-m", "app.cli"] if real else [str(program)]
        argv = [sys.executable, *lyceum, "serve", "--port", str(self.port), "--data-dir", str(self.data_dir)]
        self.process = subprocess.Popen(
            [*argv, *arguments],
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )
        self.lines: list[str] = []

    def wait_until_it_listens(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line.rstrip())
            if "listens on" in line:
                return
        raise AssertionError(self.lines)

    def get(self, path: str = "/", timeout: float = PATIENCE_S) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=timeout) as answer:
            body: bytes = answer.read()
            return body.decode()

    def hang(self) -> socket.socket:
        """A request that is being answered for longer than any test."""
        hanging = socket.create_connection(("127.0.0.1", self.port), PATIENCE_S)
        hanging.sendall(b"GET /hang HTTP/1.1\r\nHost: x\r\n\r\n")
        said = b""
        while b"here" not in said:
            said += hanging.recv(1000)
        return hanging

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Exit status and standard output."""
        os.killpg(self.process.pid, number)
        output, _ = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, output


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data directory for all tests of this module: only its first start creates a database."""
    return tmp_path_factory.mktemp("serve")


@pytest.fixture
def served(place: Path) -> Iterator[Served]:
    served = Served(place)
    served.wait_until_it_listens()
    yield served
    if served.process.poll() is None:
        served.stop()


def server_pids(data_dir: Path) -> list[int]:
    postgres = (data_dir / "postgres/cluster/postmaster.pid").read_text().splitlines()[0]
    return [int(postgres), int((data_dir / "valkey.pid").read_text())]


def test_it_says_where_it_listens_and_stops_everything_on_sigterm(served: Served) -> None:
    assert served.lines[-1] == f"Lyceum listens on http://127.0.0.1:{served.port} (Ctrl-C stops it)"
    assert served.get("/health/ready") == str(served.process.pid)
    pids = server_pids(served.data_dir)
    code, output = served.stop()
    assert code == 0
    assert output == "lifespan over\n"
    assert not any(is_alive(pid) for pid in pids)


def test_ctrl_c_does_the_same(served: Served) -> None:
    pids = server_pids(served.data_dir)
    code, output = served.stop(signal.SIGINT)
    assert (code, output) == (0, "lifespan over\n")
    assert not any(is_alive(pid) for pid in pids)


def test_a_request_that_hangs_delays_the_stop_by_seconds_only(served: Served) -> None:
    hanging = served.hang()
    code, output = served.stop()
    hanging.close()
    assert (code, output) == (0, "lifespan over\n")


def test_a_second_ctrl_c_does_not_wait_for_requests(place: Path) -> None:
    served = Served(place, FINISH_REQUESTS_S="600")
    served.wait_until_it_listens()
    idle = http.client.HTTPConnection("127.0.0.1", served.port, timeout=PATIENCE_S)
    idle.request("GET", "/")
    idle.getresponse().read()
    hanging = served.hang()
    os.killpg(served.process.pid, signal.SIGINT)
    # With the first, connections that nobody uses are closed.
    assert idle.sock.recv(1) == b""
    pids = server_pids(served.data_dir)
    served.stop(signal.SIGINT)
    hanging.close()
    idle.close()
    assert not any(is_alive(pid) for pid in pids)


def test_a_second_serve_says_what_is_in_its_way(served: Served, place: Path, tmp_path: Path) -> None:
    for other, expected in (
        (Served(place, port=served.port), "lyceum serve already runs on"),
        (Served(place), f"pid {served.process.pid}"),
        (Served(tmp_path, port=served.port), f"port {served.port} on 127.0.0.1 is in use"),
    ):
        _, errors = other.process.communicate(timeout=PATIENCE_S)
        assert other.process.returncode == 1
        assert expected in errors
        assert len(errors.strip().splitlines()) == 1
    assert served.get() == str(served.process.pid)


def test_wrong_usage_is_2_and_a_wrong_setting_is_1(place: Path) -> None:
    served = Served(place, "--workers", "0")
    served.process.communicate()
    assert served.process.returncode == 2
    environment = os.environ | {"LYCEUM_DATABASE_POOL_SIZE": "many"}
    result = subprocess.run(
        [sys.executable, str(place / "lyceum_stub.py"), "serve"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "LYCEUM_DATABASE_POOL_SIZE" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def answering(served: Served, seconds: float = PATIENCE_S, wanted: int = 2) -> set[str]:
    """The pids that answer, once as many as wanted have."""
    found: set[str] = set()
    deadline = time.monotonic() + seconds
    while len(found) < wanted and time.monotonic() < deadline:
        try:
            found.add(served.get(timeout=1))
        except OSError:
            time.sleep(0.05)
    return found


def test_workers_share_the_port_and_a_dead_one_is_replaced(place: Path) -> None:
    served = Served(place, "--workers", "2")
    served.wait_until_it_listens()
    first = answering(served)
    assert len(first) == 2
    assert str(served.process.pid) not in first
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        served.get("/die")
    second = answering(served)
    assert len(second) == 2
    pids = [int(pid) for pid in first | second] + server_pids(served.data_dir)
    code, output = served.stop()
    assert code == 0
    assert output == "lifespan over\n" * 2
    assert not any(is_alive(pid) for pid in pids)


def test_workers_do_not_outlive_a_killed_parent(place: Path) -> None:
    served = Served(place, "--workers", "2")
    served.wait_until_it_listens()
    pids = [int(pid) for pid in answering(served)] + server_pids(served.data_dir)
    served.process.kill()
    served.process.communicate()
    deadline = time.monotonic() + PATIENCE_S
    while any(is_alive(pid) for pid in pids):
        assert time.monotonic() < deadline, json.dumps([pid for pid in pids if is_alive(pid)])
        time.sleep(0.05)


def courses_answered(figures: str) -> float:
    lines = [line for line in figures.splitlines() if line.startswith("lyceum_http_request_seconds_count")]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if '/api/v1/courses"' in line)


def test_the_whole_house_starts_with_a_course_and_stops_in_order(tmp_path: Path) -> None:
    served = Served(tmp_path, "--workers", "2", real=True)
    served.wait_until_it_listens()
    assert [course["slug"] for course in json.loads(served.get("/api/v1/courses"))["items"]] == ["spanish-first-steps"]
    for _ in range(5):
        served.get("/api/v1/courses")
    # Whichever process is asked knows what all of them have answered.
    assert {courses_answered(served.get("/metrics")) for _ in range(5)} == {6.0}
    pids = server_pids(served.data_dir)
    code, _ = served.stop()
    assert code == 0
    assert not any(is_alive(pid) for pid in pids)
    again = Served(tmp_path, real=True)
    again.wait_until_it_listens()
    assert not any("creating" in line for line in again.lines)
    assert again.stop()[0] == 0
