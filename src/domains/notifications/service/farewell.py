"""The last mail: that an account is gone. It has nobody it belongs to any more, so it is no delivery."""

from uuid import UUID

from domains.identity import api as identity
from domains.kernel.uow import UnitOfWork
from domains.notifications.channels.port import Mail, Refused, Senders
from domains.notifications.rendering import render
from domains.notifications.service import mails, suppression


async def say(uow: UnitOfWork, farewell_id: UUID) -> None:
    """Sends before its transaction begins, which forgets the address. A mail that is held is tried again with the same
    id; one that is refused is not."""
    found = await identity.farewell(uow.db, farewell_id)
    if found is None:
        return
    senders = uow.db.port(Senders)
    words = render.mail(
        "account_deleted",
        {},
        found.locale,
        person_name=" ".join(found.name.split()),
        url=senders.public_url,
        unsubscribe_url=None,
        sender=render.Sender(address=senders.postal_address),
    )
    message_id = mails.message_id_of(farewell_id, senders.public_url)
    mail = Mail(found.name, found.email, words.subject, words.text, words.html, message_id, None)
    try:
        if await suppression.reason(uow.db, found.email) is None:
            await senders.mail.send(mail)
    except Refused as refused:
        if refused.gone:
            await suppression.suppress(uow, found.email, "bounce", str(refused))
    await identity.forget_farewell(uow, farewell_id)
