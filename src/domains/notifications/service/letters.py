"""What developers and operators look at: the local outbox, and every kind with sample data."""

from collections.abc import Mapping
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from domains.kernel.uow import Database
from domains.notifications.channels.local import LocalOutbox
from domains.notifications.channels.port import Accepted, Mail, Senders
from domains.notifications.errors import LetterUnknown
from domains.notifications.policy.kinds import EMAIL, KINDS
from domains.notifications.rendering import render, texts
from domains.notifications.repository import local_mail as repository
from domains.notifications.repository.local_mail import Listed
from domains.notifications.service import unsubscribe
from domains.notifications.service.mails import address_of

MOST_LISTED = 200
SAMPLE_NAME = "Ada"


class Opened(NamedTuple):
    headers: list[tuple[str, str]]
    subject: str
    to_address: str
    text: str
    html: str
    raw: bytes


class Preview(NamedTuple):
    subject: str
    text: str
    html: str


def kept_here(db: Database) -> bool:
    return isinstance(db.port(Senders).mail, LocalOutbox)


def kinds() -> list[str]:
    """Those that can go by mail, the others last."""
    return sorted(KINDS, key=lambda kind: EMAIL not in KINDS[kind].channels)


async def newest(db: Database, *, to: str) -> list[Listed]:
    return await repository.newest(db, to=to.strip(), most=MOST_LISTED)


async def opened(db: Database, mail_id: UUID) -> Opened:
    """Raises LetterUnknown."""
    raw = await repository.message(db, mail_id)
    if raw is None:
        raise LetterUnknown
    message = message_from_bytes(raw, policy=policy.default)
    headers = [(name, str(value)) for name, value in message.items() if name not in {"MIME-Version", "Content-Type"}]
    return Opened(
        headers, str(message["Subject"]), str(message["To"]), _part(message, "plain"), _part(message, "html"), raw
    )


def preview(public_url: str, kind: str, *, locale: str = "en", case: str = "", postal_address: str = "") -> Preview:
    """A kind with sample data; its links lead nowhere. Raises LetterUnknown for a kind or case that there is not."""
    if kind not in KINDS or case not in texts.sample_cases(kind):
        raise LetterUnknown(f"there is no {kind}{f' with the case {case}' if case else ''}")
    stops = unsubscribe.scope_of(KINDS[kind]) is not None
    sample: Mapping[str, object] = texts.samples()[kind]
    words = render.mail(
        kind,
        texts.sample_params(kind, case),
        locale,
        person_name=SAMPLE_NAME,
        url=address_of(public_url, str(sample["url"])),
        unsubscribe_url=f"{public_url}/unsubscribe/preview" if stops else None,
        preferences_url=f"{public_url}/unsubscribe/preview",
        sender=render.Sender(address=postal_address),
    )
    return Preview(*words)


async def send_test(db: Database, to_address: str, name: str, *, kind: str, locale: str) -> Accepted:
    """A kind with sample data to an address; `name` makes its Message-ID. Raises Held, Refused, LetterUnknown."""
    senders = db.port(Senders)
    written = preview(senders.public_url, kind, locale=locale, postal_address=senders.postal_address)
    message_id = f"<{name}@{urlsplit(senders.public_url).hostname or 'localhost'}>"
    mail = Mail("", to_address, f"[Test] {written.subject}", written.text, written.html, message_id, None)
    return await senders.mail.send(mail)


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    content = part.get_content() if part is not None else ""
    return content if isinstance(content, str) else ""
