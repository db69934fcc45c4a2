"""From a cause to what becomes of it on each channel, for one or for many: the same few statements.

Invariant: the inbox rows, the deliveries and the work to send them commit with whatever caused them, once per cause and
person; of many, somebody who cannot be told, whatever the reason, keeps nobody else waiting."""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast
from uuid import UUID

import msgspec
from sqlalchemy.exc import DBAPIError

from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import UnitOfWork
from domains.notifications.channels.port import Senders
from domains.notifications.events import DeliveryDue, NotificationCreated
from domains.notifications.policy.kinds import CHANNELS, EMAIL, IN_APP, KINDS, TO_ANY_ADDRESS, Channel, Kind
from domains.notifications.policy.planning import Decision, Lately, decide, frequency, owed
from domains.notifications.rendering import render
from domains.notifications.repository import deliveries
from domains.notifications.repository import inbox as repository
from domains.notifications.repository.deliveries import Planned
from domains.notifications.service import people
from domains.notifications.service.people import Person

QUEUED_FOR = timedelta(seconds=60)
"""So long a job has to come to a delivery before the clock does."""

log = logging.getLogger(__name__)


class Telling(NamedTuple):
    """`url`: a path within the client. `cause` names what happened: it is told once."""

    user_id: UUID
    params: Mapping[str, object]
    url: str
    cause: str
    correlation_id: str | None = None
    """Of the fact that it follows from, where that is another one's for each; else of the work at hand."""


class _Told(NamedTuple):
    who: Person
    params: dict[str, Any]
    """As they will be read back, so that every channel is told the same."""
    url: str
    cause: str
    following: dict[str, Any]
    """What facts about it say of where they come from."""


async def notify(
    uow: UnitOfWork,
    user_id: UUID,
    kind: str,
    *,
    params: Mapping[str, object],
    url: str,
    cause: str,
    now: datetime | None = None,
    channels: Collection[Channel] | None = None,
    at_once: bool = True,
) -> bool:
    """Tells somebody by the inbox and by every channel that the kind, their wishes and what is set up allow, now or
    later. `channels`: no others than these. `at_once`: what is due now has a job of its own; otherwise the clock sends
    it. False where it was told before, or there is nobody to tell. Raises KeyError for an unknown kind."""
    told = [Telling(user_id, params, url, cause)]
    return await _plan(uow, KINDS[kind], told, now or utc_now(), channels, at_once=at_once) > 0


async def notify_all(uow: UnitOfWork, kind: str, tellings: Sequence[Telling]) -> None:
    """`notify` for several at once: all of them, or an error and none."""
    await _plan(uow, KINDS[kind], tellings, utc_now(), None, at_once=True)


async def notify_many(
    uow: UnitOfWork,
    kind: str,
    tellings: Sequence[Telling],
    *,
    now: datetime,
    channels: Collection[Channel] | None = None,
) -> int:
    """`notify` for a page of people; the clock sends. What it raises for one of them is logged, and undone for that one
    alone. How many were told."""
    what, facts = KINDS[kind], len(uow.facts)
    try:
        async with uow.session.begin_nested():
            return await _plan(uow, what, tellings, now, channels, at_once=False)
    except Exception as error:
        del uow.facts[facts:]
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise
        if len(tellings) == 1:
            log.exception("%s could not be planned for %s", kind, tellings[0].user_id)
            return 0
    half = len(tellings) // 2
    first = await notify_many(uow, kind, tellings[:half], now=now, channels=channels)
    return first + await notify_many(uow, kind, tellings[half:], now=now, channels=channels)


async def _plan(
    uow: UnitOfWork,
    kind: Kind,
    tellings: Sequence[Telling],
    now: datetime,
    channels: Collection[Channel] | None,
    *,
    at_once: bool,
) -> int:
    """How many were told. Raises whatever one of them brings about."""
    if not tellings:
        return 0
    found = await people.persons(uow, {one.user_id for one in tellings}, [kind])
    told = [
        _Told(
            found[one.user_id],
            cast("dict[str, Any]", msgspec.to_builtins(one.params)),
            one.url,
            one.cause,
            {} if one.correlation_id is None else {"correlation_id": one.correlation_id},
        )
        for one in tellings
        if one.user_id in found and (owed(kind) or not found[one.user_id].closed)
    ]
    allowed = [channel for channel in CHANNELS if channels is None or channel in channels]
    rows: list[Planned] = []
    following: dict[UUID, dict[str, Any]] = {}
    if IN_APP in allowed:
        told = await _into_inboxes(uow, kind, told)
        if IN_APP in kind.channels:
            refused = Decision("skipped", now, now, "switched off")
            rows += [
                _row(one, IN_APP, refused) for one in told if frequency(kind, IN_APP, one.who.wishes.chosen) == "off"
            ]
    offered = [(one, [channel for channel in allowed if _goes(uow, one.who, kind, channel)]) for one in told]
    before = await people.lately(uow, [(one.who, one.cause) for one, some in offered if some], now)
    for (one, some), lately in zip([pair for pair in offered if pair[1]], before, strict=True):
        for channel in some:
            decision = decide(kind, channel, one.who.wishes, lately.get(channel, Lately()), now)
            queued = at_once and decision.state == "waiting" and decision.due_at <= now
            rows.append(_row(one, channel, decision, now + QUEUED_FOR if queued else None))
            following[rows[-1].id] = one.following
    added = await deliveries.add(uow.session, kind.id, rows, now)
    for row in rows:
        if row.id in added and row.queued_until is not None:
            uow.record(DeliveryDue(delivery_id=row.id, **following[row.id]))
    repeated = {(row.user_id, row.dedupe_key) for row in rows} - {
        (row.user_id, row.dedupe_key) for row in rows if row.id in added
    }
    return len(told) - len(repeated)


def _goes(uow: UnitOfWork, who: Person, kind: Kind, channel: Channel) -> bool:
    """Whether there is anything to decide: a way out, somewhere to send to, and a kind that goes there unasked or was
    asked for."""
    if channel == EMAIL and not who.address and kind.id not in TO_ANY_ADDRESS:
        return False
    wished = channel in kind.channels or frequency(kind, channel, who.wishes.chosen) != "off"
    return channel != IN_APP and wished and channel in who.reached and uow.db.port(Senders).offers(channel)


async def _into_inboxes(uow: UnitOfWork, kind: Kind, told: Sequence[_Told]) -> list[_Told]:
    """Where it is wanted. Those who have not been told before."""
    created: dict[int, NotificationCreated] = {}
    for place, one in enumerate(told):
        wishes = one.who.wishes
        if frequency(kind, IN_APP, wishes.chosen) == "instant":
            words = render.in_app(kind.id, one.params, one.who.locale, zone=wishes.zone, person_name=one.who.name)
            created[place] = NotificationCreated(
                user_id=one.who.id,
                notification_id=new_id(),
                kind=kind.id,
                title=words.title,
                body=words.body,
                url=one.url,
                **one.following,
            )
    added = await repository.add(uow.session, [(fact, told[place].cause) for place, fact in created.items()])
    for fact in created.values():
        if fact.notification_id in added:
            uow.record(fact)
    return [one for place, one in enumerate(told) if place not in created or created[place].notification_id in added]


def _row(one: _Told, channel: Channel, decision: Decision, queued_until: datetime | None = None) -> Planned:
    return Planned(
        new_id(),
        one.who.id,
        channel,
        one.cause,
        msgspec.json.encode(one.params).decode(),
        one.url,
        decision.state,
        decision.reason,
        decision.due_at,
        decision.expires_at,
        queued_until,
    )
