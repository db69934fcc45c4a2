"""From a cause to what becomes of it on each channel.

Invariant: the inbox row, the deliveries and the work to send them commit with whatever caused them, once per cause."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import msgspec

from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import UnitOfWork
from domains.notifications.channels.port import Senders
from domains.notifications.events import DeliveryDue, NotificationCreated
from domains.notifications.policy.kinds import CHANNELS, EMAIL, IN_APP, KINDS, TO_ANY_ADDRESS, Channel, Kind
from domains.notifications.policy.planning import Decision, Lately, decide, frequency
from domains.notifications.rendering import render
from domains.notifications.repository import deliveries
from domains.notifications.repository import inbox as repository
from domains.notifications.service import people
from domains.notifications.service.people import Person

QUEUED_FOR = timedelta(seconds=60)
"""So long a job has to come to a delivery before the clock sends another."""


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
) -> bool:
    """Tells somebody by the inbox and by every channel that the kind, their wishes and what is set up allow, now or
    later. `url`: a path within the client. `cause` names what happened: it is told once. `channels`: no others than
    these. False where it was told before, or there is nobody to tell. Raises KeyError for an unknown kind."""
    what = KINDS[kind]
    moment = now or utc_now()
    who = await people.person(uow, user_id, what)
    if who is None:
        return False
    allowed = [channel for channel in CHANNELS if channels is None or channel in channels]
    # As they will be read back, so that every channel is told the same.
    plain = cast("dict[str, object]", msgspec.to_builtins(params))
    rows: list[dict[str, Any]] = []
    if IN_APP in allowed:
        match frequency(what, IN_APP, who.wishes.chosen):
            case "off" if IN_APP in what.channels:
                refused = Decision("skipped", moment, moment, "switched off")
                rows.append(_row(who, what, IN_APP, plain, url, cause, refused, moment))
            case "instant":
                if not await _into_inbox(uow, who, what, plain, url, cause):
                    return False
    offered = [channel for channel in allowed if channel != IN_APP and _goes(uow, who, what, channel)]
    before = await people.lately(uow, who, cause, moment) if offered else {}
    for channel in offered:
        decision = decide(what, channel, who.wishes, before.get(channel, Lately()), moment)
        due_now = decision.state == "waiting" and decision.due_at <= moment
        queued = {"queued_until": moment + QUEUED_FOR if due_now else None}
        rows.append(_row(who, what, channel, plain, url, cause, decision, moment) | queued)
    added = await deliveries.add(uow.session, rows)
    for row in rows:
        if row["id"] in added and row["queued_until"] is not None:
            uow.record(DeliveryDue(delivery_id=row["id"]))
    return bool(added) or not rows


def _goes(uow: UnitOfWork, who: Person, kind: Kind, channel: Channel) -> bool:
    """Whether there is anything to decide: a way out, somewhere to send to, and a kind that goes there unasked or was
    asked for."""
    if channel == EMAIL and not who.address and kind.id not in TO_ANY_ADDRESS:
        return False
    wished = channel in kind.channels or frequency(kind, channel, who.wishes.chosen) != "off"
    return wished and channel in who.reached and uow.db.port(Senders).offers(channel)


async def _into_inbox(
    uow: UnitOfWork, who: Person, kind: Kind, params: dict[str, object], url: str, cause: str
) -> bool:
    words = render.in_app(kind.id, params, who.locale, zone=who.wishes.zone, person_name=who.name)
    created = NotificationCreated(
        user_id=who.id, notification_id=new_id(), kind=kind.id, title=words.title, body=words.body, url=url
    )
    if not await repository.add(uow.session, created, cause):
        return False
    uow.record(created)
    return True


def _row(
    who: Person,
    kind: Kind,
    channel: Channel,
    params: dict[str, object],
    url: str,
    cause: str,
    decision: Decision,
    now: datetime,
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "user_id": who.id,
        "kind": kind.id,
        "channel": channel,
        "dedupe_key": cause,
        "params": params,
        "url": url,
        "state": decision.state,
        "reason": decision.reason,
        "due_at": decision.due_at,
        "expires_at": decision.expires_at,
        "queued_until": None,
        "created_at": now,
    }
