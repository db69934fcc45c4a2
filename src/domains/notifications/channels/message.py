"""A mail as it goes over the wire.

Invariant: nothing that somebody wrote starts a header or a command: what holds a control character is refused before a
connection is asked for.
"""

import re
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address, BaseHeader, HeaderRegistry
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr
from hashlib import sha256
from typing import Any, NamedTuple
from unicodedata import category

import idna

from domains.notifications.channels.port import Mail, Refused

_MOST_SUBJECT = 500
_WHOLE = frozenset({"list-unsubscribe", "message-id"})
_MOST_LINE = 998
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*|\[(?:IPv6:)?[0-9A-Fa-f:.]+\]")
"""A name of a host, or its address in brackets (RFC 5321)."""


class _Policy(EmailPolicy):
    """Headers that programs read stay on one line, however long: folded, an address would become an encoded word, which
    no mail program takes for an address."""

    def fold(self, name: str, value: Any) -> str:
        if name.lower() in _WHOLE:
            return f"{name}: {value}{self.linesep}"
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower() in _WHOLE:
            return self.fold(name, value).encode()
        return super().fold_binary(name, value)


class _Headers(HeaderRegistry):
    """Makes a class for each name once; the usual one makes it for each header of each mail."""

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[str, type[BaseHeader]] = {}

    def __getitem__(self, name: str) -> type[BaseHeader]:
        found = self._made.get(name)
        if found is None:
            found = self._made[name] = super().__getitem__(name)
        return found


_HEADERS = _Headers()
_POLICIES = {
    utf8: _Policy(linesep="\r\n", utf8=utf8, raise_on_defect=False, header_factory=_HEADERS) for utf8 in (False, True)
}
_MOST_NAME = 200


class Envelope(NamedTuple):
    """`utf8`: the server has to know SMTPUTF8, because a name before the @ is not ASCII."""

    sender: str
    recipient: str
    message: bytes
    utf8: bool


def parsed_sender(mail_from: str) -> Address:
    """Of `Lyceum <hello@example.org>` or the address alone. Raises ValueError."""
    name, address = parseaddr(mail_from)
    if not address or "@" not in address or not _clean(mail_from):
        raise ValueError(f"{mail_from!r} is no address to send from")
    return _address(name, address)


def envelope(mail: Mail, sender: Address, now: datetime | None = None) -> Envelope:
    """Raises Refused for what cannot be put into a mail."""
    for part in (mail.to_name, mail.to_address, mail.subject, mail.message_id, mail.unsubscribe_url or ""):
        if not _clean(part):
            raise Refused("a control character in a header")
    for part in (mail.message_id, mail.unsubscribe_url or ""):
        if not part.isascii() or " " in part or len(part) > _MOST_LINE - 100:
            raise Refused("no address of ours in a header")
    try:
        recipient = _address(mail.to_name[:_MOST_NAME], mail.to_address)
    except ValueError as error:
        raise Refused(f"no address: {error}", gone=True) from None
    utf8 = not recipient.addr_spec.isascii() or not sender.addr_spec.isascii()
    message = EmailMessage(policy=_POLICIES[utf8])
    try:
        message["From"] = sender
        message["To"] = recipient
        message["Subject"] = mail.subject[:_MOST_SUBJECT]
        message["Date"] = format_datetime(now or datetime.now(UTC))
        message["Message-ID"] = mail.message_id
        # Out-of-office replies go to people, not to machines.
        message["Auto-Submitted"] = "auto-generated"
        if mail.unsubscribe_url is not None:
            message["List-Unsubscribe"] = f"<{mail.unsubscribe_url}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        # Quoted-printable keeps lines below the 998 bytes of RFC 5322, however long a paragraph is.
        message.set_content(mail.text, cte="quoted-printable")
        message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
        # The same in every try; no text has it, because an equals sign is quoted there.
        message.set_boundary(f"=_{sha256(mail.message_id.encode()).hexdigest()[:32]}")
        raw = message.as_bytes()
    except (MessageError, ValueError, UnicodeError) as error:
        raise Refused(f"no mail can be made of it: {error}") from None
    return Envelope(sender.addr_spec, recipient.addr_spec, raw, utf8)


def _address(name: str, address: str) -> Address:
    """Plus signs, quotes and letters of every script before the @ stay; the name of the host becomes ASCII. Raises
    ValueError."""
    local, at, domain = address.rpartition("@")
    if not at or not local or not _clean(address):
        raise ValueError(f"{address!r}")
    if len(local) >= 2 and local[0] == local[-1] == '"':
        local = local[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    if local.startswith(".") or any(category(sign) == "Zs" and sign != " " for sign in local):
        raise ValueError(f"{address!r}")
    if not domain.isascii():
        try:
            # As browsers do: capital letters fold, and ß stays what it is.
            domain = idna.encode(domain, uts46=True, transitional=False).decode()
        except idna.IDNAError as error:
            raise ValueError(str(error)) from None
    if _DOMAIN.fullmatch(domain) is None:
        raise ValueError(f"{address!r}")
    return Address(name, local, domain)


def _clean(text: str) -> bool:
    """Neither control characters nor the line ends of Unicode, nor halves of characters."""
    return not any(category(sign) in {"Cc", "Cs", "Zl", "Zp"} for sign in text)
