"""The virus scanner: what it does not let through is not taken, and neither is anything while it is away."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domains.kernel.uow import Database
from domains.media.providers.clamd import Clamd
from domains.media.providers.port import Depot, Scanner
from factories.files import PDF, begin, complete, send
from factories.people import Learner

EICAR = PDF + b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR"


@contextlib.asynccontextmanager
async def daemon(path: Path, answer: bytes | None = None) -> AsyncIterator[str]:
    """Speaks clamd's protocol: reads pieces by their lengths, and knows one virus. `answer` is said to everything."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
        content = b""
        while size := int.from_bytes(await reader.readexactly(4), "big"):
            content += await reader.readexactly(size)
        verdict = b"Eicar-Test-Signature FOUND" if b"EICAR" in content else b"OK"
        writer.write(answer if answer is not None else b"stream: " + verdict + b"\0")
        writer.close()

    server = await asyncio.start_unix_server(serve, path)
    try:
        yield f"unix:{path}"
    finally:
        server.close()
        await server.wait_closed()


@contextlib.contextmanager
def scanned_by(db: Database, scanner: Scanner) -> object:
    depot = db.port(Depot)
    object.__setattr__(depot, "scanner", scanner)
    try:
        yield
    finally:
        object.__setattr__(depot, "scanner", None)


async def brought(who: Learner, content: bytes) -> tuple[int, str | None]:
    upload = await begin(who, content, "application/pdf")
    await send(who, upload, content)
    answer = await complete(who, upload)
    return answer.status_code, answer.json().get("code")


async def test_a_virus_is_refused_and_what_is_clean_is_taken(author: Learner, db: Database, tmp_path: Path) -> None:
    async with daemon(tmp_path / "d") as url:
        with scanned_by(db, Clamd(url)):
            assert await brought(author, EICAR) == (422, "media.infected")
            assert await brought(author, PDF) == (200, None)


@pytest.mark.parametrize(
    "answer", [b"", b"OK", b"stream: Size limit reached. ERROR\0", b"UNKNOWN COMMAND\0", b"stream: \0", b"NOT OK\0"]
)
async def test_without_a_clear_word_nothing_is_taken_and_the_upload_waits(
    author: Learner, db: Database, tmp_path: Path, answer: bytes
) -> None:
    upload = await begin(author, PDF, "application/pdf")
    await send(author, upload, PDF)
    async with daemon(tmp_path / "d", answer) as url:
        with scanned_by(db, Clamd(url)):
            refused = await complete(author, upload)
            assert (refused.status_code, refused.json()["code"]) == (503, "media.scanner_away")
    with scanned_by(db, Clamd(f"unix:{tmp_path / 'nobody'}")):
        assert (await complete(author, upload)).status_code == 503
    assert (await complete(author, upload)).json()["state"] == "done"


def test_the_address_of_a_scanner_is_one_of_two_kinds() -> None:
    Clamd("tcp://scanner:3310")
    for wrong in ("scanner:3310", "http://x", "unix:", "tcp://"):
        with pytest.raises(ValueError, match="tcp://"):
            Clamd(wrong)
