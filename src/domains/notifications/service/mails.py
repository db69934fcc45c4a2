"""One delivery by mail. Invariant: nothing goes to an address that is given up, every try carries the same Message-ID,
and whatever may be switched off can be, with one click.

Runs outside any transaction.
"""

from urllib.parse import urlsplit
from uuid import UUID

from domains.kernel.uow import Database
from domains.notifications.channels.port import Accepted, Due, Mail, Refused, Senders
from domains.notifications.policy.kinds import KINDS
from domains.notifications.rendering import render
from domains.notifications.service import secret_mails, suppression, unsubscribe
from domains.notifications.service.push import Reader


async def to_address(db: Database, due: Due, reader: Reader, address: str) -> Accepted:
    """Raises Held, and Refused, also for an address that is given up."""
    due, address = await secret_mails.written(db, due, address)
    given_up = await suppression.reason(db, address)
    if given_up is not None:
        raise Refused(f"the address is suppressed: {given_up}")
    mail = await written(db, due, reader, address)
    try:
        return await db.port(Senders).mail.send(mail)
    except Refused as refused:
        if refused.gone:
            async with db.begin() as uow:
                await suppression.suppress(uow, address, "bounce", str(refused))
        raise


async def written(db: Database, due: Due, reader: Reader, address: str) -> Mail:
    """The mail as it is sent."""
    senders = db.port(Senders)
    scope = unsubscribe.scope_of(KINDS[due.kind])
    link = await unsubscribe.link(db, due.user_id, scope) if scope is not None else None
    name = " ".join(reader.person_name.split())
    words = render.mail(
        due.kind,
        due.params,
        reader.locale,
        person_name=name,
        url=address_of(senders.public_url, due.url),
        unsubscribe_url=link,
        preferences_url=await unsubscribe.link(db, due.user_id, unsubscribe.ALL),
        zone=reader.zone,
        sender=render.Sender(address=senders.postal_address),
    )
    message_id = message_id_of(due.id, senders.public_url)
    return Mail(name, address, words.subject, words.text, words.html, message_id, link, KINDS[due.kind].critical)


def address_of(public_url: str, path: str) -> str:
    """Paths are within the client; announcements may name a whole address."""
    return path if path.startswith(("https://", "http://")) else f"{public_url}/{path.lstrip('/')}"


def message_id_of(delivery_id: UUID, public_url: str) -> str:
    """The same for every try, and ours to recognise when it comes back."""
    return f"<{delivery_id.hex}@{urlsplit(public_url).hostname or 'localhost'}>"
