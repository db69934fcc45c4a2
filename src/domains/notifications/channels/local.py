"""Mail where no server is set. Invariant: in development it is kept as it would have left, once per Message-ID; in
production nothing is said to be sent that was not."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from domains.notifications.channels.message import envelope, parsed_sender
from domains.notifications.channels.port import Accepted, Held, Mail

_LATER_S = 600.0
SENDER = "Lyceum <lyceum@localhost>"


class Kept(NamedTuple):
    """`message`: RFC 5322."""

    to_address: str
    subject: str
    message: bytes
    message_id: str


Keep = Callable[[Kept], Awaitable[None]]


class LocalOutbox:
    """`keep` takes a mail with the same Message-ID once."""

    def __init__(self, keep: Keep, mail_from: str = SENDER) -> None:
        self._keep = keep
        self._sender = parsed_sender(mail_from)

    async def send(self, mail: Mail) -> Accepted:
        written = envelope(mail, self._sender)
        await self._keep(Kept(mail.to_address, mail.subject, written.message, mail.message_id))
        return Accepted("kept here")

    async def aclose(self) -> None:
        return None


class NoMail:
    """Production without a mail server: everything waits until one is set, or is not worth telling any more."""

    async def send(self, mail: Mail) -> Accepted:
        raise Held("no mail server is set", _LATER_S)

    async def aclose(self) -> None:
        return None
