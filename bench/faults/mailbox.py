"""A real SMTP server in a process of its own: `python -m bench.faults.mailbox PORT LOG`.

It takes everything and writes a line per mail: when, its Message-ID, to whom, and how many connections were open."""

import asyncio
import re
import sys
import time
from pathlib import Path
from typing import TextIO

from aiosmtpd.smtp import SMTP, Envelope, Session

_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>]+>)", re.IGNORECASE | re.MULTILINE)


class Taker:
    def __init__(self, log: TextIO) -> None:
        self._log = log
        self.open = 0

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        found = _MESSAGE_ID.search(envelope.original_content or b"")
        name = found.group(1).decode() if found else "none"
        self._log.write(f"{time.time():.6f} {name} {envelope.rcpt_tos[0]} {self.open}\n")
        self._log.flush()
        return "250 2.0.0 taken"


class Counted(SMTP):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.event_handler.open += 1
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.event_handler.open -= 1
        super().connection_lost(error)


async def serve(port: int, path: str) -> None:
    with Path(path).open("w", encoding="utf-8") as log:
        taker, loop = Taker(log), asyncio.get_running_loop()
        await loop.create_server(lambda: Counted(taker, hostname="mail.test", loop=loop), "127.0.0.1", port)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2]))
