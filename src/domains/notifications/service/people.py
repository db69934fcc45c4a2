"""Who is told: how to address them, what they wish, and what they were told lately."""

from datetime import datetime
from typing import NamedTuple, cast
from uuid import UUID

from domains.identity import api as identity
from domains.kernel.uow import UnitOfWork
from domains.notifications.policy.backoff import FORGOTTEN_AFTER, IGNORED_AFTER
from domains.notifications.policy.kinds import Channel, Kind
from domains.notifications.policy.planning import (
    BACKED_OFF,
    CAPPED,
    USUAL_DIGEST_HOUR,
    Frequency,
    Lately,
    Wishes,
    category_scope,
)
from domains.notifications.policy.quiet import Quiet, day_begins
from domains.notifications.repository import wishes as repository


class Person(NamedTuple):
    id: UUID
    name: str
    address: str
    locale: str
    wishes: Wishes
    reached: frozenset[Channel]
    """Where there is something to send to: an address, a device."""


async def person(uow: UnitOfWork, user_id: UUID, kind: Kind | None) -> Person | None:
    """With the wishes that matter for `kind`, or all of them; None for nobody."""
    contact = await identity.contact(uow, user_id)
    if contact is None:
        return None
    zone = await identity.time_zone(uow, user_id)
    said = await repository.said(
        uow.session, user_id, None if kind is None else [kind.id, category_scope(kind.category)]
    )
    wishes = Wishes(
        zone=zone,
        chosen={
            (scope, cast("Channel", channel)): cast("Frequency", frequency) for scope, channel, frequency in said.chosen
        },
        quiet=Quiet(*said.quiet) if said.quiet is not None else None,
        digest_hour=USUAL_DIGEST_HOUR if said.digest_hour is None else said.digest_hour,
        paused_until=said.paused_until,
        marketing=said.marketing_since is not None,
    )
    reached: set[Channel] = {"in_app", "email"}
    if said.browsers:
        reached.add("web_push")
    if said.phones:
        reached.add("mobile_push")
    return Person(user_id, contact.name, contact.email, contact.locale, wishes, frozenset(reached))


async def lately(uow: UnitOfWork, who: Person, cause: str, now: datetime) -> dict[Channel, Lately]:
    """What somebody was told for other causes, by channel; nothing for channels without any."""
    found = await repository.lately(
        uow.session,
        who.id,
        cause=cause,
        capped=CAPPED,
        backed_off=BACKED_OFF,
        day_began=day_begins(now, who.wishes.zone),
        now=now,
        ignored_after=IGNORED_AFTER,
        forgotten_after=FORGOTTEN_AFTER,
    )
    return {cast("Channel", row.channel): Lately(row.today, row.ignored, row.last_was_held_back) for row in found}
