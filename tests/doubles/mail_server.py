"""A real SMTP server in the loop of the test, which answers as it is told to."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "lyceum", "p@ss/word"

Answer = Callable[[str], Awaitable[str] | str | None]
"""Given `MAIL`, `RCPT` or `DATA`; None lets it happen."""


@dataclass
class MailServer:
    """`answer` decides, by the step, what is said; `mails` are those that were taken."""

    port: int = 0
    answer: Answer = lambda _step: None
    mails: list[EmailMessage] = field(default_factory=list)
    envelopes: list[Envelope] = field(default_factory=list)
    peers: set[Any] = field(default_factory=set)
    connections: int = 0
    encrypted: list[bool] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    servers: list[SMTP] = field(default_factory=list)

    async def _said(self, step: str) -> str | None:
        found = self.answer(step)
        return await found if isinstance(found, Awaitable) else found

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        said = await self._said("MAIL")
        if said is None:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return said or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        said = await self._said("RCPT")
        if said is None:
            envelope.rcpt_tos.append(address)
        return said or "250 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        said = await self._said("DATA")
        if said is not None:
            return said
        content = envelope.original_content or b""
        message = message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.mails.append(message)
        self.envelopes.append(envelope)
        self.encrypted.append(session.ssl is not None)
        self.peers.add(session.peer)
        return f"250 2.0.0 taken as {len(self.mails)}"

    def hang_up(self) -> None:
        """On everybody, without a word."""
        for server in self.servers:
            if server.transport is not None:
                server.transport.abort()


@asynccontextmanager
async def mail_server(
    *, certificate: "Certificate | None" = None, login: bool = False, utf8: bool = True, smtps: bool = False
) -> AsyncIterator[MailServer]:
    """With `certificate` it offers STARTTLS, or speaks TLS from the first byte."""
    found = MailServer()

    def authenticate(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
        good = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        if good:
            found.logins.append(USER)
        return AuthResult(success=good, handled=False)

    context = certificate.server_context() if certificate else None

    def protocol() -> SMTP:
        found.connections += 1
        server = SMTP(
            found,
            hostname="mail.test",
            enable_SMTPUTF8=utf8,
            tls_context=None if smtps else context,
            authenticator=authenticate if login else None,
            auth_required=login,
            auth_require_tls=not smtps,
            loop=asyncio.get_running_loop(),
        )
        found.servers.append(server)
        return server

    listening = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0, ssl=context if smtps else None)
    found.port = listening.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        listening.close()
        found.hang_up()
        await asyncio.sleep(0)


class Certificate:
    """For 127.0.0.1, made for this test and trusted by nobody else."""

    def __init__(self, home: Path) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        self._path = home / "certificate.pem"
        self._path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )

    def server_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self._path)
        return context

    def client_context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._path)
