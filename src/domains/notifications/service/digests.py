"""What may wait, in one mail at the hour that its reader has chosen. Invariant: the mail is planned in the transaction
that takes its parts, so each part is in one mail."""

import logging
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from domains.kernel.uow import Database, UnitOfWork
from domains.notifications.rendering import render
from domains.notifications.repository import reminders as repository
from domains.notifications.repository.reminders import Saved
from domains.notifications.service import people, plan
from domains.notifications.service.people import CLOSED, Person

log = logging.getLogger(__name__)

MOST_ITEMS = 20
"""The newest; what was before is in the inbox."""
_AT_ONCE = 200


async def send_due(db: Database, now: datetime) -> None:
    """Each person in a transaction of their own: one who cannot be told keeps nobody else waiting."""
    after: tuple[UUID, str] | None = None
    while True:
        people = await repository.digest_people(db, now, after=after, most=_AT_ONCE)
        for user_id, frequency in people:
            try:
                async with db.begin() as uow:
                    await _send(uow, user_id, frequency, now)
            except Exception:
                log.exception("the %s digest of %s could not be planned", frequency, user_id)
        if len(people) < _AT_ONCE:
            return
        after = people[-1]


async def _send(uow: UnitOfWork, user_id: UUID, frequency: str, now: datetime) -> None:
    saved = [row for row in await repository.take_digest(uow.session, user_id, frequency, now) if not row.expired]
    reader = await people.person(uow, user_id, None)
    if not saved or reader is None:
        return
    if reader.closed:
        await repository.skip(uow.session, [row.id for row in saved], CLOSED)
        return
    if reader.wishes.paused_until is not None and reader.wishes.paused_until > now:
        # Old news after a pause is what one paused for; it is in the inbox.
        await repository.skip(uow.session, [row.id for row in saved], "paused")
        return
    items = _items(saved[-MOST_ITEMS:], reader)
    if items:
        params: dict[str, object] = {"case": frequency, "count": len(saved), "items": items}
        cause = f"digest:{saved[0].id}"
        await plan.notify(
            # Many have chosen the same hour: theirs is sent by the clock, behind nobody who waits for a mail.
            uow,
            user_id,
            "digest",
            params=params,
            url="/notifications",
            cause=cause,
            now=now,
            at_once=False,
        )


def _items(saved: Sequence[Saved], reader: Person) -> list[dict[str, str]]:
    found = []
    for row in saved:
        try:
            words = render.in_app(row.kind, row.params, reader.locale, zone=reader.wishes.zone, person_name=reader.name)
        except Exception:
            # A row of an older version, say, whose text has changed since.
            log.exception("delivery %s has no words for a digest", row.id)
            continue
        found.append({"title": words.title, "body": words.body, "url": row.url})
    return found
