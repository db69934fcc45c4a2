"""Files from elsewhere: from public addresses alone, without redirects, and looked at like any other."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import httpx
import pytest

from domains.kernel.addresses import PublicHttps, PublicWeb
from domains.kernel.egress import Egress
from domains.kernel.uow import Database
from domains.media.providers.port import Depot
from doubles.push_server import Loopback
from factories.files import PDF, picture
from factories.people import Learner, register


@contextlib.contextmanager
def fetching_by(db: Database, egress: Egress) -> object:
    depot = db.port(Depot)
    before = depot.egress
    object.__setattr__(depot, "egress", egress)
    try:
        yield
    finally:
        object.__setattr__(depot, "egress", before)


@contextlib.asynccontextmanager
async def site(pages: dict[str, bytes]) -> AsyncIterator[str]:
    """A server that answers so; what has no page hangs."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            path = (await reader.readuntil(b"\r\n")).split(b" ")[1].decode()
            if path in pages:
                writer.write(pages[path])
                await writer.drain()
            else:
                await reader.read()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1")
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    await server.wait_closed()


def page(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def bring(who: Learner, url: str) -> tuple[int, dict[str, object]]:
    answer = await who.post("/media/imports", {"url": url})
    return answer.status_code, answer.json()


async def test_an_author_fetches_a_picture(author: Learner, db: Database) -> None:
    content = picture(80, 60)
    async with site({"/a/my%20flag.png?x=1": page(content)}) as base:
        with fetching_by(db, Egress(Loopback())):
            status, file = await bring(author, f"{base}/a/my%20flag.png?x=1")
            assert (status, file["name"], file["width"]) == (201, "my flag.png", 80)
            assert (await bring(author, f"{base}/a/my%20flag.png?x=1"))[1]["id"] == file["id"]


async def test_what_cannot_be_had_is_said_and_nothing_is_followed(author: Learner, db: Database) -> None:
    pages = {
        "/moved": page(b"", "302 Found", "Location: /pdf"),
        "/gone": page(b"", "404 Not Found"),
        "/pdf": page(PDF),
        "/svg": page(b"<svg/>", "200 OK", "Content-Type: image/png"),
        "/large": b"HTTP/1.1 200 OK\r\nContent-Length: 90000000\r\n\r\n",
        "/lies": b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nshort",
        "/noise": b"\x00\x01\x02\r\n\r\n",
    }
    async with site(pages) as base:
        with fetching_by(db, Egress(Loopback(), call_s=0.5)):
            found = {path: await bring(author, base + path) for path in [*pages, "/hangs"]}
    assert {path: (status, told.get("code")) for path, (status, told) in found.items()} == {
        "/moved": (422, "media.import_failed"),
        "/gone": (422, "media.import_failed"),
        "/pdf": (201, None),
        "/svg": (415, "media.type_refused"),
        "/large": (413, "media.too_large"),
        "/lies": (422, "media.import_failed"),
        "/noise": (422, "media.import_failed"),
        "/hangs": (422, "media.import_failed"),
    }


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://example.org/a.png",
            "https://127.0.0.1/a.png",
            "https://10.0.0.1/",
            "https://[::1]/",
            "file:///etc/passwd",
        ),
        *("https://user:pass@example.org/", "https://example.org:8443/", "https://0x7f000001/", "https://localhost/"),
        *("https://169.254.169.254/latest/meta-data/", "gopher://example.org/", "https://example.org/#\u00e4", "x"),
    ],
    ids=str,
)
async def test_an_address_that_is_not_public_is_refused_by_its_form(author: Learner, url: str) -> None:
    status, told = await bring(author, url)
    assert (status, told["code"], told["field"]) == (400, "media.bad_field", "url")


async def test_a_name_that_leads_inside_is_refused_and_never_connected_to(author: Learner, db: Database) -> None:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return ["93.184.216.34", "127.0.0.1"]

    with fetching_by(db, Egress(PublicHttps(), resolve=resolve)):
        assert (await bring(author, "https://inside.example.org/a.png"))[1]["code"] == "media.bad_field"


def test_plain_http_is_taken_only_where_it_is_allowed() -> None:
    assert PublicWeb().takes("http://example.org/a.png")
    assert PublicWeb().takes("https://example.org/a.png")
    assert not PublicWeb().takes("http://example.org:8080/a.png")
    assert not PublicWeb().takes("http://127.0.0.1/a.png")
    assert not PublicHttps().takes("http://example.org/a.png")


async def test_learners_fetch_nothing(client: httpx.AsyncClient) -> None:
    bob = await register(client)
    assert (await bring(bob, "https://example.org/a.png"))[1]["code"] == "media.purpose_not_allowed"
