"""One delivery on its way out.

Invariant: nothing is sent without a lease on its row, and never inside a transaction. Whoever is killed while sending
leaves the lease behind; when it is over the clock brings the row back, and the message goes out under the same name."""

import asyncio
import logging
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast
from uuid import UUID

from domains.kernel.clock import utc_now
from domains.kernel.uow import Database, UnitOfWork
from domains.notifications import metrics
from domains.notifications.channels.port import Accepted, Due, Held, Refused
from domains.notifications.events import DeliveryDue
from domains.notifications.models import DeliveryRow
from domains.notifications.policy import backoff
from domains.notifications.policy.kinds import KINDS, Channel, Kind
from domains.notifications.policy.planning import Lately, capped, decide
from domains.notifications.repository import deliveries as repository
from domains.notifications.service import mails, people, push
from domains.notifications.service.people import Person
from domains.notifications.service.plan import QUEUED_FOR
from domains.notifications.service.still import STILL_WANTED

LEASE = timedelta(seconds=20)
"""Longer than any try may take."""
TRY_S = 12.0
SOON = timedelta(seconds=5)
MOST_AT_ONCE_TO_ONE = 2
"""Of one channel to one person."""
MOST_RETRIES_AT_ONCE = 3
"""In one process. Jobs are few: what failed before may not take those that what is new could have."""
_MOST_DUE = 500

log = logging.getLogger(__name__)


class Claimed(NamedTuple):
    due: Due
    who: Person


class _Lane:
    """So many at once in this process. A ticket is one's place in it, if one is taken and there is one."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._inside = 0

    @contextmanager
    def ticket(self) -> Iterator["_Ticket"]:
        ticket = _Ticket(self)
        try:
            yield ticket
        finally:
            self._inside -= ticket.taken

    def enter(self) -> bool:
        found = self._inside < self._most
        self._inside += found
        return found


class _Ticket:
    def __init__(self, lane: _Lane) -> None:
        self._lane = lane
        self.taken = False

    def take(self) -> bool:
        self.taken = self.taken or self._lane.enter()
        return self.taken


_retries = _Lane(MOST_RETRIES_AT_ONCE)


async def deliver(uow: UnitOfWork, delivery_id: UUID, now: datetime | None = None) -> None:
    """Sends what is due and nobody else is sending; anything else changes nothing. `uow` stays untouched: claim and
    result have transactions of their own."""
    moment = now or utc_now()
    with _retries.ticket() as ticket:
        claimed = await _claim(uow.db, delivery_id, moment, ticket)
        if claimed is None:
            return
        values = await _tried(uow.db, claimed, moment)
        async with uow.db.begin() as after:
            kept = await repository.settle(after.session, delivery_id, claimed.due.attempts, values)
    if not kept:
        log.warning("delivery %s was taken over while it was sent", delivery_id)
    metrics.DELIVERIES.labels(claimed.due.channel, values["state"]).inc()


async def send_due(db: Database, now: datetime) -> int:
    """Sends a job to everything whose time has come. How many."""
    total = 0
    while True:
        async with db.begin() as uow:
            found = await repository.due(uow.session, now, queued_until=now + QUEUED_FOR, most=_MOST_DUE)
            for delivery_id in found:
                uow.record(DeliveryDue(delivery_id=delivery_id))
        total += len(found)
        if len(found) < _MOST_DUE:
            return total


async def _claim(db: Database, delivery_id: UUID, now: datetime, ticket: _Ticket) -> Claimed | None:
    """Takes the lease, or writes why it is not sent now."""
    async with db.begin() as uow:
        row = await repository.to_claim(uow.session, delivery_id, now)
        if row is None:
            return None
        row.queued_until = None
        if row.expires_at <= now:
            row.state, row.reason = "expired", row.reason or "nobody came to it in time"
            return None
        if row.attempts >= backoff.MOST_TRIES:
            row.state, row.reason = "failed", f"given up after {row.attempts} tries: {row.reason}"[:500]
            return None
        kind = KINDS.get(row.kind)
        if kind is None:
            row.state, row.reason = "failed", "this version does not know the kind"
            return None
        await repository.take_turn(uow.session, row.user_id, row.channel)
        if await _lines_up(uow, row, kind, now):
            return None
        who = await people.person(uow, row.user_id, kind)
        if who is None or not await _is_wanted(uow, row, kind, who, now):
            return None
        if row.attempts > 0 and not ticket.take():
            row.due_at = now + SOON
            return None
        row.attempts += 1
        row.lease_until = now + LEASE
        return Claimed(_due(row), who)


async def _lines_up(uow: UnitOfWork, row: DeliveryRow, kind: Kind, now: datetime) -> bool:
    """True where others come first: an address that does not answer costs one try at a time, whatever waits for it."""
    near = await repository.neighbours(uow.session, row, now)
    if near.held_until is not None and not kind.critical:
        row.due_at, row.reason = max(near.held_until, now) + SOON, "behind an earlier one that could not be sent"
    elif near.sending >= MOST_AT_ONCE_TO_ONE:
        row.due_at = now + SOON
    return row.due_at > now


async def _is_wanted(uow: UnitOfWork, row: DeliveryRow, kind: Kind, who: Person, now: datetime) -> bool:
    """False where wishes, the cap or the hour say so by now; the row says which."""
    before = await people.lately(uow, who, row.dedupe_key, now) if capped(kind) else {}
    # Whether it is held back for being ignored was said when it was planned.
    today = Lately(today=before.get(cast("Channel", row.channel), Lately()).today)
    decision = decide(kind, cast("Channel", row.channel), who.wishes, today, now, expires_at=row.expires_at)
    if decision.state == "waiting" and decision.due_at <= now:
        still_wanted = STILL_WANTED.get(row.kind)
        if still_wanted is None or await still_wanted(uow, _due(row), now):
            return True
        row.state, row.reason = "skipped", "no longer so"
        return False
    row.state, row.due_at, row.expires_at = decision.state, decision.due_at, decision.expires_at
    row.reason = decision.reason
    return False


def tagged_url(url: str, delivery_id: UUID) -> str:
    """A path within the client, with `via` that names the delivery; addresses elsewhere stay as they are."""
    if not url.startswith("/") or url.startswith("//"):
        return url
    path, hash_sign, fragment = url.partition("#")
    return f"{path}{'&' if '?' in path else '?'}via={delivery_id}{hash_sign}{fragment}"


def _due(row: DeliveryRow) -> Due:
    return Due(
        row.id,
        row.user_id,
        row.kind,
        cast("Channel", row.channel),
        row.params,
        # Whoever comes by it says so, which marks what it spoke of as read.
        tagged_url(row.url, row.id),
        row.attempts,
        row.created_at,
        row.expires_at,
        row.reference,
    )


async def _tried(db: Database, claimed: Claimed, now: datetime) -> dict[str, Any]:
    """What the row says afterwards."""
    due, started = claimed.due, time.monotonic()
    try:
        async with asyncio.timeout(TRY_S):
            taken = await _sent(db, claimed, now)
    except Refused as error:
        return {"state": "failed", "reason": str(error)[:500]}
    except Held as error:
        return _later(due, str(error), now, error.retry_after_s) | {"reference": error.reference or due.reference}
    except TimeoutError:
        return _later(due, f"no answer within {TRY_S:.0f} s", now)
    except Exception as error:
        log.exception("delivery %s could not be sent", due.id)
        return _later(due, f"{type(error).__name__}: {error}", now)
    sent_at = now + timedelta(seconds=time.monotonic() - started)
    metrics.DELAY.labels(due.channel).observe((sent_at - due.created_at).total_seconds())
    return {"state": "sent", "reason": "", "reference": taken.reference, "sent_at": sent_at}


async def _sent(db: Database, claimed: Claimed, now: datetime) -> Accepted:
    due, who = claimed
    reader = push.Reader(who.locale, who.wishes.zone, who.name)
    match due.channel:
        case "email":
            return await mails.to_address(db, due, reader, who.address)
        case "web_push":
            return await push.to_browsers(db, due, reader, now)
        case "mobile_push":
            return await push.to_phones(db, due, reader, now)
        case "in_app":
            raise Refused("the inbox is not sent to")


def _later(due: Due, reason: str, now: datetime, retry_after_s: float = 0.0) -> dict[str, Any]:
    """For the next try, if there is one that would come in time."""
    reason = reason.replace("\0", "")[:400]
    if due.attempts >= backoff.MOST_TRIES:
        return {"state": "failed", "reason": f"given up after {due.attempts} tries: {reason}"}
    delay_s = max(retry_after_s, backoff.delay_s(due.attempts, spread=random.random()))  # noqa: S311 - spreads load
    due_at = now + timedelta(seconds=delay_s)
    if due_at >= due.expires_at:
        return {"state": "expired", "reason": f"not sent in time: {reason}"}
    return {"state": "waiting", "reason": reason, "due_at": due_at}
