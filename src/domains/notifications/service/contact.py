"""The contact form. Invariant: a message that was taken has a number and stays, whatever it scores; an answer goes to
the address that asked, once, whether or not there is an account.

What is answered to the sender does not tell how the message was judged."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from domains.identity import api as identity
from domains.kernel.ids import new_id
from domains.kernel.uow import Database, UnitOfWork
from domains.notifications.channels.port import Mail, Refused, Senders
from domains.notifications.errors import TicketDone, TicketNotFound, TooManyMessages
from domains.notifications.events import TicketAnswered
from domains.notifications.models import Ticket
from domains.notifications.policy import spam
from domains.notifications.rendering import render
from domains.notifications.repository import tickets as repository
from domains.notifications.service import keys, mails, suppression

PER_ADDRESS = 10
PER_EMAIL = 5
LIMIT_FOR = timedelta(hours=24)
SAME_FOR = timedelta(minutes=10)
"""So long the same words are the same message: a button pressed twice, an answer that was lost on its way."""

_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without letters and figures that are mistaken for one another."""
_OPEN = {"open", "spam", "undelivered"}


class Message(NamedTuple):
    name: str
    email: str
    locale: str
    subject: str
    body: str
    trap: str


async def take(db: Database, message: Message, *, user_id: UUID | None, host: str | None, now: datetime) -> str:
    """Keeps the message and returns its number; once for the same words in a row. Raises BadField, TooManyMessages."""
    email = identity.checked_email(message.email)
    secret = await keys.kept(db, "contact", lambda: secrets.token_bytes(32))
    digest = hmac.digest(secret, identity.address_subject(host).encode(), hashlib.sha256)
    body = identity.checked_text("message", message.body).strip()
    subject = " ".join(identity.checked_text("subject", message.subject).split())
    scored = spam.score(subject=subject, body=body, trap=message.trap)
    ticket = Ticket(
        id=new_id(),
        number=f"LY-{''.join(secrets.choice(_ALPHABET) for _ in range(8))}",
        user_id=user_id,
        name=identity.checked_name(message.name),
        email=email,
        locale=identity.checked_locale(message.locale),
        subject=subject,
        body=body,
        spam_score=scored,
        state="spam" if scored >= spam.SPAM_FROM else "open",
        address_digest=digest,
        created_at=now,
    )
    async with db.begin() as uow:
        await repository.lock_senders(uow.session, {digest.hex(), email.lower()})
        before = await repository.same(uow.session, now - SAME_FOR, ticket)
        if before is not None:
            return before
        since = now - LIMIT_FOR
        _limit(await repository.lately(uow.session, since, address_digest=digest), PER_ADDRESS, now)
        _limit(await repository.lately(uow.session, since, email=email), PER_EMAIL, now)
        uow.session.add(ticket)
    return ticket.number


def _limit(lately: list[datetime], most: int, now: datetime) -> None:
    if len(lately) >= most:
        free = lately[len(lately) - most] + LIMIT_FOR
        raise TooManyMessages(retry_after_s=max(1, int((free - now).total_seconds()) + 1))


async def answer(uow: UnitOfWork, ticket_id: UUID, said: str, *, staff_id: UUID, now: datetime) -> Ticket:
    """Answers by mail. Raises TicketNotFound, TicketDone."""
    ticket = await _open_ticket(uow, ticket_id)
    ticket.answer = identity.checked_text("answer", said).strip()
    ticket.state, ticket.answered_by, ticket.answered_at = "answered", staff_id, now
    uow.record(TicketAnswered(ticket_id=ticket.id, answered_by=staff_id))
    return ticket


async def set_aside(uow: UnitOfWork, ticket_id: UUID, state: str) -> Ticket:
    """As closed or spam, without an answer; again changes nothing. Raises TicketNotFound, TicketDone."""
    ticket = await repository.ticket(uow.session, ticket_id, lock=True)
    if ticket is None:
        raise TicketNotFound
    if ticket.state == "answered" and state == "spam":
        raise TicketDone
    ticket.state = state
    return ticket


async def _open_ticket(uow: UnitOfWork, ticket_id: UUID) -> Ticket:
    ticket = await repository.ticket(uow.session, ticket_id, lock=True)
    if ticket is None:
        raise TicketNotFound
    if ticket.state not in _OPEN:
        raise TicketDone
    return ticket


async def send_answer(uow: UnitOfWork, fact: TicketAnswered) -> None:
    """Sends before its transaction begins. A mail that is held is tried again with the same id; one that is refused
    brings the ticket back into the queue."""
    senders = uow.db.port(Senders)
    found = await repository.answered(uow.db, fact.ticket_id)
    if found is None or found.state != "answered":
        return
    words = render.mail(
        "contact_answered",
        {"number": found.number, "subject": found.subject, "answer": found.answer},
        found.locale,
        person_name=found.name,
        url=f"{senders.public_url}/contact",
        unsubscribe_url=None,
        sender=render.Sender(address=senders.postal_address),
    )
    # Of the answer, not of the ticket: another answer after a refusal is another mail.
    message_id = mails.message_id_of(fact.event_id, senders.public_url)
    mail = Mail(found.name, found.email, words.subject, words.text, words.html, message_id, None)
    try:
        if await suppression.reason(uow.db, found.email) is not None:
            raise Refused("the address is suppressed")
        await senders.mail.send(mail)
    except Refused as refused:
        if refused.gone:
            await suppression.suppress(uow, found.email, "bounce", str(refused))
        await repository.mark_undelivered(uow.session, fact.ticket_id)
