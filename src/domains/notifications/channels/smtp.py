"""Mail over SMTP: one to four connections that live long.

Invariant: one message at a time on a connection, and a connection on which anything went wrong is never used again. A
server that says nothing, is slow or goes away holds messages up; it loses none, and it takes ten seconds at most.
What is slow to one domain takes half of the connections, and one is left for mails that somebody waits for.
"""

import asyncio
import logging
import ssl
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Literal, NamedTuple, cast
from urllib.parse import parse_qs, unquote, urlsplit
from weakref import WeakValueDictionary

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from domains.notifications.channels.message import Envelope, envelope, parsed_sender
from domains.notifications.channels.port import Accepted, Held, Mail, Refused
from domains.notifications.policy.bounces import is_gone

TRY_S = 10.0
CONNECT_S = 8.0
MOST_CONNECTIONS = 4
WAIT_S = 4.0
"""For a connection; longer than that a message waits better elsewhere."""
SLOW_S = 2.0
"""Behind those that have taken so long a message does not wait at all."""
LONGEST_AWAY_S = 900.0
ASK_AFTER_S = 5.0
"""A connection that rested so long is asked whether it is still there before a message is trusted to it."""
OLD_AFTER_S = 60.0
"""Most servers hang up on those who rest for minutes."""
MOST_PER_CONNECTION = 1000
_MISCONFIGURED_S = 300.0
"""Until somebody has mended a password, nothing is won by asking often."""
_TOO_LARGE = 552

Starttls = Literal["required", "optional", "off"]

log = logging.getLogger(__name__)


class Server(NamedTuple):
    host: str
    port: int
    username: str = ""
    password: str = ""
    tls: bool = False
    """From the first byte (smtps)."""
    starttls: Starttls = "required"
    connections: int = MOST_CONNECTIONS


def parsed_server(url: str) -> Server:
    """Of smtp://user:pass@host:port?starttls=required|optional|off&connections=1..4, or smtps://. Raises ValueError
    with what is wrong; the message never holds the password."""
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"}:
        raise ValueError("it starts with smtp:// or smtps://")
    try:
        port = parts.port
    except ValueError:
        raise ValueError("the port is no number up to 65535") from None
    if not parts.hostname:
        raise ValueError("a host is missing")
    if parts.path not in {"", "/"}:
        raise ValueError("nothing but options may follow the host; a / in a password is written %2F")
    options = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    starttls = options.pop("starttls", "required")
    if starttls not in {"required", "optional", "off"}:
        raise ValueError("starttls is required, optional or off")
    connections = options.pop("connections", str(MOST_CONNECTIONS))
    if connections not in {str(number) for number in range(1, MOST_CONNECTIONS + 1)}:
        raise ValueError(f"connections is 1 to {MOST_CONNECTIONS}")
    if options:
        raise ValueError(f"{min(options)} is no option; there are starttls and connections")
    tls = parts.scheme == "smtps"
    if tls and "starttls" in parts.query:
        raise ValueError("starttls belongs to smtp://; smtps:// is encrypted from the first byte")
    return Server(
        parts.hostname,
        port or (465 if tls else 587),
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        tls,
        cast("Starttls", starttls),
        int(connections),
    )


class _Connection:
    def __init__(self, client: SMTP) -> None:
        self.client = client
        self.used_at = time.monotonic()
        self.uses = 0

    @property
    def spent(self) -> bool:
        resting_s = time.monotonic() - self.used_at
        return not self.client.is_connected or self.uses >= MOST_PER_CONNECTION or resting_s > OLD_AFTER_S


class _TurnedAway:
    """Those for whom there is no room come back one after the other: all at once, they would find none again."""

    def __init__(self, apart_s: float) -> None:
        self._apart_s = apart_s
        self._last = 0.0

    def held(self, reason: str) -> Held:
        now = time.monotonic()
        self._last = min(max(now, self._last) + self._apart_s, now + LONGEST_AWAY_S)
        return Held(reason, self._last - now, untried=True)


class _Domain:
    """Places for those that go to one domain."""

    def __init__(self, places: int) -> None:
        self._free = asyncio.Semaphore(places)
        self._since: list[float] = []
        self._away = _TurnedAway(1.0)

    @asynccontextmanager
    async def place(self) -> AsyncGenerator[None]:
        """Raises Held where it is slow there."""
        if self._free.locked() and self._since and time.monotonic() - self._since[-1] > SLOW_S:
            raise self._away.held("the mail server is slow there, and others are at it")
        async with self._free:
            began = time.monotonic()
            self._since.append(began)
            try:
                yield
            finally:
                self._since.remove(began)


class SmtpSender:
    """`tls_context`: for servers whose certificate only we trust. `try_s`: for everything that one try takes, waiting
    for a connection included."""

    def __init__(
        self, server: Server, mail_from: str, *, tls_context: ssl.SSLContext | None = None, try_s: float = TRY_S
    ) -> None:
        self._server = server
        self._sender = parsed_sender(mail_from)
        self._tls_context = tls_context or (None if server.starttls == "off" else ssl.create_default_context())
        self._try_s = try_s
        self._free = asyncio.Semaphore(server.connections)
        self._patient = asyncio.Semaphore(max(1, server.connections - 1))
        self._domains: WeakValueDictionary[tuple[str, bool], _Domain] = WeakValueDictionary()
        """By name, and whether somebody waits; gone with the last one that goes there."""
        self._away = _TurnedAway(0.2)
        self._resting: list[_Connection] = []
        self._open: set[_Connection] = set()
        self._closed = False

    async def send(self, mail: Mail) -> Accepted:
        written = envelope(mail, self._sender)
        try:
            async with asyncio.timeout(self._try_s), self._place(written.recipient, pressing=mail.pressing):
                return await self._sent(written)
        except (SMTPException, OSError, EOFError, ValueError) as error:
            raise _meaning(error) from error

    async def aclose(self) -> None:
        """Says goodbye where somebody listens; whoever is sending is cut off, and tries again."""
        self._closed = True
        for connection in list(self._open):
            if connection in self._resting:
                try:
                    async with asyncio.timeout(1):
                        await connection.client.quit()
                except (SMTPException, OSError):
                    pass
            self._drop(connection)
        self._resting.clear()

    @asynccontextmanager
    async def _place(self, recipient: str, *, pressing: bool) -> AsyncGenerator[None]:
        """Where a connection may be used. Raises Held when it takes too long to get there."""
        name = (recipient.rpartition("@")[2].lower(), pressing)
        domain = self._domains.setdefault(name, _Domain(max(1, self._server.connections // 2)))
        async with AsyncExitStack() as places:
            try:
                async with asyncio.timeout(WAIT_S):
                    await places.enter_async_context(domain.place())
                    if not pressing:
                        await places.enter_async_context(self._patient)
                    await places.enter_async_context(self._free)
            except TimeoutError:
                raise self._away.held("no connection to the mail server was free") from None
            yield

    async def _sent(self, written: Envelope) -> Accepted:
        for attempt in (1, 2):
            async with self._connection(fresh=attempt == 2) as connection:
                reused = connection.uses > 0
                connection.uses += 1
                if written.utf8 and not connection.client.supports_extension("smtputf8"):
                    raise Refused("the mail server takes no addresses outside ASCII")
                try:
                    _, said = await connection.client.sendmail(
                        written.sender,
                        [written.recipient],
                        written.message,
                        mail_options=["SMTPUTF8"] if written.utf8 else [],
                    )
                except SMTPSenderRefused as refused:
                    # The server wants to be rid of an old connection; nothing of the message was taken yet.
                    if refused.code == 421 and reused and attempt == 1:
                        self._drop(connection)
                        continue
                    raise
                return Accepted(said[:200])
        raise Held("the mail server closes every connection")

    @asynccontextmanager
    async def _connection(self, *, fresh: bool = False) -> AsyncGenerator[_Connection]:
        """Ready for a message; it rests afterwards, unless anything but a plain refusal has happened."""
        connection = (None if fresh else await self._rested()) or await self._opened()
        try:
            yield connection
        except Refused:
            self._rest(connection)
            raise
        except (SMTPRecipientsRefused, SMTPSenderRefused, SMTPDataError) as error:
            if _code(error) == 421:
                self._drop(connection)
            else:
                self._rest(connection)
            raise
        except BaseException:
            # Where the conversation stands is not known, also when it was cancelled.
            self._drop(connection)
            raise
        else:
            if connection in self._open:
                self._rest(connection)

    async def _rested(self) -> _Connection | None:
        """The one that rested least, if it is still there."""
        while self._resting:
            connection = self._resting.pop()
            if connection.spent:
                self._drop(connection)
                continue
            if time.monotonic() - connection.used_at < ASK_AFTER_S:
                return connection
            try:
                await connection.client.rset()
            except (SMTPException, OSError):
                self._drop(connection)
                continue
            except BaseException:
                self._drop(connection)
                raise
            return connection
        return None

    async def _opened(self) -> _Connection:
        server = self._server
        client = SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username or None,
            password=server.password or None,
            timeout=min(CONNECT_S, self._try_s),
            use_tls=server.tls,
            start_tls=None if server.tls else {"required": True, "optional": None, "off": False}[server.starttls],
            tls_context=self._tls_context,
            # What the machine calls itself is nobody's business.
            local_hostname=self._sender.domain,
        )
        connection = _Connection(client)
        self._open.add(connection)
        try:
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await client.ehlo()
        except BaseException:
            self._drop(connection)
            raise
        if self._closed:
            self._drop(connection)
            raise Held("closing")
        return connection

    def _rest(self, connection: _Connection) -> None:
        connection.used_at = time.monotonic()
        if self._closed or not connection.client.is_connected:
            self._drop(connection)
        else:
            self._resting.append(connection)

    def _drop(self, connection: _Connection) -> None:
        self._open.discard(connection)
        connection.client.close()


def _meaning(error: Exception) -> Held | Refused:
    """What follows for the message."""
    match error:
        case TimeoutError():
            return Held("the mail server did not answer in time")
        case SMTPAuthenticationError():
            return Held(f"the mail server does not know us: {_said(error)}", _MISCONFIGURED_S)
        case SMTPNotSupported():
            return Held(f"the mail server cannot do it: {error.message}", _MISCONFIGURED_S)
        case SMTPRecipientsRefused():
            found = error.recipients[0]
            return _refusal(found.code, found.message)
        case SMTPSenderRefused() if error.code != _TOO_LARGE and error.code >= 500:
            # It is us whom they refuse, not this message.
            return Held(f"the mail server does not take our address: {_said(error)}", _MISCONFIGURED_S)
        case SMTPSenderRefused() | SMTPDataError():
            return _refusal(error.code, error.message)
        case SMTPResponseException():
            return Held(_said(error))
        case ssl.SSLError():
            return Held(f"no TLS with the mail server: {error}", _MISCONFIGURED_S)
        case ValueError():
            return Refused(f"no mail can be made of it: {error}")
        case _:
            return Held(f"the mail server cannot be reached: {error}")


def _refusal(code: int, said: str) -> Held | Refused:
    said = " ".join(said.split())[:300]
    if code >= 500:
        return Refused(f"{code} {said}", gone=is_gone(code, said))
    return Held(f"{code} {said}")


def _said(error: SMTPResponseException) -> str:
    return f"{error.code} {' '.join(error.message.split())[:300]}"


def _code(error: SMTPException) -> int:
    if isinstance(error, SMTPRecipientsRefused):
        return error.recipients[0].code
    return error.code if isinstance(error, SMTPResponseException) else 0
