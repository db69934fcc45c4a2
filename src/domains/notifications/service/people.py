"""Who is told: how to address them, what they wish, and what they were told lately."""

from collections.abc import Collection, Sequence
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

CLOSED = "the account is closed"


class Person(NamedTuple):
    id: UUID
    name: str
    address: str
    locale: str
    wishes: Wishes
    reached: frozenset[Channel]
    """Where there is something to send to: an address, a device."""
    closed: bool
    """The account; then only what is owed is told."""


async def person(uow: UnitOfWork, user_id: UUID, kind: Kind | None) -> Person | None:
    """With the wishes that matter for `kind`, or all of them; None for nobody."""
    return (await persons(uow, [user_id], None if kind is None else [kind])).get(user_id)


async def persons(uow: UnitOfWork, user_ids: Collection[UUID], kinds: Collection[Kind] | None) -> dict[UUID, Person]:
    """`person` of many, for some kinds or all; ids of nobody are left out."""
    contacts = await identity.contacts(uow, user_ids)
    if not contacts:
        return {}
    scopes = None if kinds is None else {scope for one in kinds for scope in (one.id, category_scope(one.category))}
    said = await repository.said_by(uow.session, contacts, scopes)
    return {
        user_id: _person(user_id, contact, said[user_id]) for user_id, contact in contacts.items() if not contact.erased
    }


def _person(user_id: UUID, contact: identity.Contact, said: repository.Said) -> Person:
    wishes = Wishes(
        zone=contact.time_zone,
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
    return Person(user_id, contact.name, contact.email, contact.locale, wishes, frozenset(reached), contact.closed)


async def lately(uow: UnitOfWork, asked: Sequence[tuple[Person, str]], now: datetime) -> list[dict[Channel, Lately]]:
    """What each of them was told for other causes than the one beside them, by channel; in their order."""
    if not asked:
        return []
    found = await repository.lately(
        uow.session,
        [repository.Asked(who.id, cause, day_begins(now, who.wishes.zone)) for who, cause in asked],
        capped=CAPPED,
        backed_off=BACKED_OFF,
        now=now,
        ignored_after=IGNORED_AFTER,
        forgotten_after=FORGOTTEN_AFTER,
    )
    return [
        {cast("Channel", one.channel): Lately(one.today, one.ignored, one.last_was_held_back) for one in told}
        for told in found
    ]
