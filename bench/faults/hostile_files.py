"""H4: files that are bombs, something else than they say, or two things at once. H5: addresses that lead inside.

Each bomb is sent three times at once to a server that runs, by the way that every file takes. The naive design is what
is written first: open the picture with the library as it comes, unpack the archive, look the name up and then fetch it.
"""

import asyncio
import contextlib
import io
import multiprocessing
import socket
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path
from typing import Any

import httpcore
import httpx
import psutil
from PIL import Image

from bench.faults.bombs import MARK, NESTED, Bomb, archives, bombs, picture
from bench.faults.machine import Machine
from bench.faults.run import Run
from bench.faults.verdict import Verdict
from domains.catalog.formats.archive import ArchiveRefused, opened
from domains.kernel.addresses import PublicHttps
from domains.kernel.egress import Away, Egress, OutOfReach

AT_ONCE = 3
MOST_MORE_MB = 100.0
PASSWORD = "a long enough secret 42"


class Peak:
    """The most memory that a process had, looked at every 10 ms."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self.before = self._rss()
        self.most = self.before

    def _rss(self) -> int:
        return sum(one.memory_info().rss for one in [self._process, *self._process.children(recursive=True)])

    @property
    def more_mb(self) -> float:
        return (self.most - self.before) / 1024**2

    @contextlib.asynccontextmanager
    async def watched(self) -> AsyncGenerator[None]:
        async def watch() -> None:
            while True:
                self.most = max(self.most, self._rss())
                await asyncio.sleep(0.01)

        task = asyncio.create_task(watch())
        try:
            yield
        finally:
            task.cancel()


async def author(machine: Machine, http: httpx.AsyncClient) -> None:
    body = {"email": "author@example.org", "name": "Ada", "password": PASSWORD}
    found = (await http.post("/api/v1/auth/register", json=body)).raise_for_status().json()
    async with machine.sql() as sql:
        await sql.execute(
            "INSERT INTO identity_user_role (user_id, role) VALUES ($1::text::uuid, 'author')", found["user"]["id"]
        )
    http.headers["Authorization"] = f"Bearer {found['access_token']}"


async def brought(http: httpx.AsyncClient, bomb: Bomb) -> httpx.Response:
    about = {"name": bomb.name, "size_bytes": len(bomb.content), "type": bomb.type, "purpose": "course"}
    upload = (await http.post("/api/v1/media/uploads", json=about)).raise_for_status().json()
    async with httpx.AsyncClient(timeout=60) as outside:
        for part in upload["parts"]:
            piece = bomb.content[part["offset"] : part["offset"] + part["size_bytes"]]
            (await outside.put(part["url"], content=piece, headers=upload["headers"])).raise_for_status()
    return await http.post(f"/api/v1/media/uploads/{upload['id']}/complete")


async def shown(http: httpx.AsyncClient, file: dict[str, Any]) -> bool:
    """Whether it is shown as a picture of ours, and as nothing else."""
    for one in [file, *file["pictures"]]:
        answer = await http.get(one["url"])
        right = answer.headers["content-type"] == "image/webp" and answer.headers["x-content-type-options"] == "nosniff"
        if answer.status_code != 200 or not right or MARK in answer.content or b"PK\x03\x04" in answer.content:
            return False
    return True


async def bombed(run: Run) -> Verdict:
    run.say("making bombs")
    sent = bombs()
    wrong: list[str] = []
    statuses: Counter[int] = Counter()
    async with run.serving() as (machine, _), httpx.AsyncClient(base_url=machine.url, timeout=60) as http:
        await author(machine, http)
        for _ in range(3):
            # What the libraries take once for all is no memory of the bombs.
            await brought(http, Bomb("warm", picture("PNG", 200, 200), "image/png", 200))
        api = machine.programs[0]
        pid = api.pid
        peak = Peak(pid)
        async with peak.watched():
            for bomb in sent:
                for answer in await asyncio.gather(*(brought(http, bomb) for _ in range(AT_ONCE))):
                    statuses[answer.status_code] += 1
                    good = answer.status_code == bomb.status
                    if good and answer.status_code == 200:
                        good = await shown(http, answer.json()["file"])
                    if not good:
                        wrong.append(f"{bomb.name}: {answer.status_code}")
                run.say(
                    f"{bomb.name}, {len(bomb.content):,} bytes: {bomb.status}, memory +{peak.more_mb:.0f} MB so far"
                )
        alive = api.runs and api.pid == pid
        unpacking = await _unpacked(run)
    line = (
        f"{len(sent)} files, each {AT_ONCE} times at once: {len(wrong)} not as wanted, answers {dict(statuses)}; "
        f"memory +{peak.more_mb:.0f} MB (from {peak.before / 1024**2:.0f}); {unpacking['refused']} of "
        f"{unpacking['archives']} archives refused where packages are read, memory +{unpacking['more_mb']:.0f} MB"
    )
    right = not wrong and alive and peak.more_mb < MOST_MORE_MB
    refused = unpacking["refused"] == unpacking["archives"] and unpacking["more_mb"] < MOST_MORE_MB
    figures = {"wrong": wrong, "statuses": dict(statuses), "more_mb": peak.more_mb, **unpacking}
    return Verdict(fault="H4", design="product", passed=right and refused, line=line, figures=figures)


async def _unpacked(run: Run) -> dict[str, Any]:
    # An archive in an archive is a file like any other: nothing opens it.
    found = {name: content for name, content in archives().items() if name != NESTED}
    paths = {name: run.top / f"{number}.zip" for number, name in enumerate(found)}
    for name, content in found.items():
        paths[name].write_bytes(content)
    del found
    return await _in_a_process(_open_archives, list(paths.values())) | {"archives": len(paths)}


def _open_archives(paths: list[Path]) -> dict[str, Any]:
    refused = 0
    for path in paths:
        try:
            with opened(path) as archive:
                for name in archive.names:
                    archive.read(name, most=50_000_000)
        except ArchiveRefused:
            refused += 1
    return {"refused": refused}


async def _in_a_process(work: Callable[[Any], dict[str, Any]], given: Any) -> dict[str, Any]:
    """What it gives, and how much memory it took. A process of its own, because the bombs are made in this one."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    child = context.Process(target=_at_work, args=(there, work), daemon=True)
    child.start()
    await asyncio.to_thread(here.recv)
    peak = Peak(child.pid or 0)
    async with peak.watched():
        here.send(given)
        found: dict[str, Any] = await asyncio.to_thread(here.recv)
    child.join()
    return found | {"more_mb": peak.more_mb}


def _at_work(pipe: Any, work: Callable[[Any], dict[str, Any]]) -> None:
    pipe.send(True)
    pipe.send(work(pipe.recv()))


async def naively_bombed(run: Run) -> Verdict:
    found = await _in_a_process(_naively, bombs())
    found["slipped"] = bool(found["slipped"])
    return Verdict(
        fault="H4",
        design="naive",
        passed=found["more_mb"] < MOST_MORE_MB and not found["taken"] and not found["slipped"],
        line=f"the library as it comes, and archives unpacked as they are: memory +{found['more_mb']:.0f} MB, "
        f"{found['taken']} files taken that should not be, a file {'was' if found['slipped'] else 'was not'} written "
        "outside of its directory",
        figures=found,
    )


def _naively(sent: list[Bomb]) -> dict[str, Any]:
    taken, slipped = 0, False
    with tempfile.TemporaryDirectory() as top:
        for bomb in sent:
            try:
                if zipfile.is_zipfile(io.BytesIO(bomb.content)) and bomb.type == "application/pdf":
                    place = Path(top) / "a" / "b" / "c" / "d"
                    place.mkdir(parents=True, exist_ok=True)
                    with zipfile.ZipFile(io.BytesIO(bomb.content)) as file:
                        for name in file.namelist():
                            path = place / name if not name.startswith("/") else Path(top) / "absolute"
                            path.parent.mkdir(parents=True, exist_ok=True)
                            path.write_bytes(file.read(name))
                            slipped = slipped or place not in path.resolve().parents
                    taken += bomb.status != 200
                elif bomb.type.startswith("image/"):
                    Image.open(io.BytesIO(bomb.content)).convert("RGB").thumbnail((640, 640))
                    taken += bomb.status != 200
            except Exception:
                continue
    return {"taken": taken, "slipped": slipped}


INSIDE = (
    *("127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
    *("169.254.169.254", "100.64.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "203.0.113.7", "224.0.0.1"),
    *("240.0.0.1", "255.255.255.255", "::1", "::", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "fc00::1", "fd12::1"),
    *("fe80::1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1", "ff02::1", "::127.0.0.1", "100::1"),
)
OUTSIDE = "93.184.216.34"


def forms(port: int) -> list[str]:
    """Of addresses that lead here, as people have written them to get inside."""
    hosts = [
        *("127.0.0.1", "localhost", "LOCALHOST", "localhost.", "127.1", "0", "0x7f.1", "0x7f000001", "2130706433"),
        *("017700000001", "127.0.0.1.", "[::1]", "[::ffff:127.0.0.1]", "[0:0:0:0:0:ffff:7f00:1]", "[::]", "0.0.0.0"),
        *("169.254.169.254", "metadata", "user@127.0.0.1", "example.org@127.0.0.1", "127.0.0.1#@example.org"),
        *("127.0.0.1%23@example.org", "①②⑦.⓪.⓪.①", "127。0。0。1", "example.org\\@127.0.0.1", "[fe80::1%25lo]"),
    ]
    ends = [f"https://{host}{port_}/a.png" for host in hosts for port_ in ("", f":{port}")]
    plain = [f"http://{host}:{port}/a.png" for host in hosts]
    return [
        *ends,
        *plain,
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        f"//127.0.0.1:{port}/",
        "https:///a",
        "https://",
    ]


@contextlib.asynccontextmanager
async def trap() -> AsyncGenerator[tuple[int, list[str]]]:
    """A port of this machine that nobody should come to, and who came."""
    came: list[str] = []

    async def take(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append("connection")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nsecret")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], came
    finally:
        server.close()


class Noted(httpcore.AsyncNetworkBackend):
    """Connects to nothing, and knows where to it was asked to."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def connect_tcp(self, host: str, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        self.asked.append(host)
        raise httpcore.ConnectError("noted")


def names(answers: Sequence[Sequence[str]]) -> Callable[[str, int], Any]:
    """A server of names that answers so, one after the other, and the last for ever."""
    left = list(answers)

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve


async def inside(run: Run) -> Verdict:
    """Forms over HTTP; names and their changes at the connection, where nothing has to be reached to be seen."""
    statuses: Counter[int] = Counter()
    private, refused, calls = 0, 0, 0
    slowest = 0.0
    async with run.serving() as (machine, _), trap() as (port, came):
        async with httpx.AsyncClient(base_url=machine.url, timeout=60) as http:
            await author(machine, http)
            for url in forms(port):
                began = time.perf_counter()
                answer = await http.post("/api/v1/media/imports", json={"url": url})
                slowest = max(slowest, time.perf_counter() - began)
                statuses[answer.status_code] += 1
        mixed = [[[OUTSIDE, address]] for address in INSIDE] + [[[address, OUTSIDE]] for address in INSIDE]
        rebound = [[[OUTSIDE], [address]] for address in INSIDE]
        for answers in [*([[address]] for address in INSIDE), *mixed, *rebound]:
            noted, egress = Noted(), Egress(PublicHttps(), resolve=names(answers))
            egress._pool._network_backend._network = noted  # type: ignore[attr-defined]
            for _ in range(2):
                calls += 1
                try:
                    await egress.download("https://a.example.org/", "a.example.org", io.BytesIO(), most_bytes=1000)
                except OutOfReach:
                    refused += 1
                except Away:
                    pass
            private += sum(address != OUTSIDE for address in noted.asked)
            await egress.aclose()
        moved = await _redirected(port)
    passed = private == 0 and not came and not statuses.keys() & {200, 201, 500} and moved == 302
    return Verdict(
        fault="H5",
        design="product",
        passed=passed,
        line=f"{sum(statuses.values())} forms of addresses inside: answers {dict(statuses)}, slowest {slowest:.1f} s; "
        f"{calls} calls to names that lead or change to {len(INSIDE)} addresses inside: {refused} refused, {private} "
        f"private connections; a redirect inside was answered with and not followed ({moved}); {len(came)} came to the "
        "trap",
        figures={"statuses": dict(statuses), "refused": refused, "private": private, "came": len(came), "calls": calls},
    )


class _Loopback(PublicHttps):
    """So that a redirecting server can be one of ours."""

    def takes(self, url: str) -> bool:
        return True

    def reaches(self, address: str) -> bool:
        return True


@contextlib.asynccontextmanager
async def _redirecting(port: int) -> AsyncGenerator[int]:
    async def send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{port}/secret\r\nContent-Length: 0\r\n\r\n"
        writer.write(head.encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(send, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def _redirected(port: int) -> int:
    egress = Egress(_Loopback())
    async with _redirecting(port) as there:
        answer = await egress.download(f"http://127.0.0.1:{there}/", "127.0.0.1", io.BytesIO(), most_bytes=1000)
    await egress.aclose()
    return answer.status


async def naively_inside(run: Run) -> Verdict:
    """Look the name up, see that it is public, then let the library fetch it, redirects and all."""
    public = PublicHttps()
    real = socket.getaddrinfo

    async with trap() as (port, came), _redirecting(port) as there:
        answers = iter([OUTSIDE, "127.0.0.1"])

        def changed(host: Any, wanted: Any, *rest: Any, **more: Any) -> Any:
            if host == "rebound.example.org":
                return real(next(answers), wanted, *rest, **more)
            # A stranger's own server, which is public and sends elsewhere.
            return real("127.0.0.1" if host == "moved.example.org" else host, wanted, *rest, **more)

        socket.getaddrinfo = changed
        try:
            looked = str(socket.getaddrinfo("rebound.example.org", port)[0][4][0])
            with httpx.Client(follow_redirects=True, timeout=5) as http:
                if public.reaches(looked):
                    await asyncio.to_thread(http.get, f"http://rebound.example.org:{port}/")
                await asyncio.to_thread(http.get, f"http://moved.example.org:{there}/")
        finally:
            socket.getaddrinfo = real
    return Verdict(
        fault="H5",
        design="naive",
        passed=not came,
        line=f"look, then fetch: {len(came)} of 2 came to the trap, one by a name that changed, one by a redirect",
        figures={"came": len(came)},
    )
