"""Deliveries on their way out.

Invariant: nothing is sent without a lease on its row, and never inside a transaction. Whoever is killed while sending
leaves the lease behind; when it is over the clock brings the row back, and the message goes out under the same name.

What is due at once has a job of its own. All else the clock sends, in this process and beside the jobs: ten thousand
mails that can wait take none of the places in which somebody's new password is sent."""

import asyncio
import logging
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import NamedTuple, cast
from uuid import UUID

from domains.kernel.clock import utc_now
from domains.kernel.uow import Database, UnitOfWork
from domains.notifications import metrics
from domains.notifications.channels.answers import storable
from domains.notifications.channels.port import Accepted, Due, Held, Refused
from domains.notifications.models import DeliveryRow
from domains.notifications.policy import backoff
from domains.notifications.policy.kinds import KINDS, Channel
from domains.notifications.policy.planning import Lately, capped, decide, owed
from domains.notifications.repository import deliveries as repository
from domains.notifications.repository.deliveries import Neighbours, Outcome
from domains.notifications.service import mails, people, push
from domains.notifications.service.people import CLOSED, Person
from domains.notifications.service.still import STILL_WANTED

LEASE = timedelta(seconds=20)
"""Longer than any try may take."""
TRY_S = 12.0
SOON = timedelta(seconds=5)
MOST_AT_ONCE_TO_ONE = 2
"""Of one channel to one person."""
MOST_RETRIES_AT_ONCE = 3
"""In one process: what failed before may not take the places that what is new could have."""
MOST_PATIENT_JOBS = 6
"""Jobs are ten at a time: what can wait leaves some to what cannot, however slowly it is taken."""
AT_ONCE = 16
"""By the clock."""
_UNREADABLE_FOR = timedelta(minutes=10)
_LAST_WORDS_S = 3.0
_SETTLE_AGAIN_S = (0.2, 1.0)

_CRITICAL = tuple(kind.id for kind in KINDS.values() if kind.critical)

log = logging.getLogger(__name__)


class Lane:
    """So many at once in this process."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._inside = 0

    @property
    def full(self) -> bool:
        return self._inside >= self._most

    def enter(self) -> bool:
        found = not self.full
        self._inside += found
        return found

    def leave(self) -> None:
        self._inside -= 1


_retries = Lane(MOST_RETRIES_AT_ONCE)
_patient_jobs = Lane(MOST_PATIENT_JOBS)


class Claimed(NamedTuple):
    due: Due
    who: Person
    lane: Lane | None

    def leave(self) -> None:
        if self.lane is not None:
            self.lane.leave()


async def deliver(uow: UnitOfWork, delivery_id: UUID, now: datetime | None = None) -> None:
    """Sends what is due and nobody else is sending; anything else changes nothing. `uow` stays untouched: claim and
    result have transactions of their own."""
    moment = now or utc_now()
    for claimed in await _claimed(uow.db, delivery_id, moment):
        await _send(uow.db, claimed, moment)


async def _nothing_more(_now: datetime) -> bool:
    return False


async def send_due(db: Database, now: datetime, *, more: Callable[[datetime], Awaitable[bool]] = _nothing_more) -> int:
    """Sends everything whose time has come, a few at once, and asks for `more` (False: there is none) before it runs
    out. How many were tried."""
    began, total, going = time.monotonic(), 0, set[asyncio.Task[None]]()

    def moment() -> datetime:
        return now + timedelta(seconds=time.monotonic() - began)

    try:
        while True:
            claimed = await _claimed_by_clock(db, moment(), most=AT_ONCE - len(going))
            for one in claimed or ():
                going.add(asyncio.create_task(_send(db, one, moment())))
            total += len(claimed or ())
            if claimed is None and not await more(moment()):
                if not going:
                    return total
                _, going = await asyncio.wait(going, return_when=asyncio.FIRST_COMPLETED)
            while len(going) > AT_ONCE // 2:
                _, going = await asyncio.wait(going, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await _ended(going)


async def _ended(going: "set[asyncio.Task[None]]") -> None:
    """What is on its way when the house closes is let out: cut off, it might be taken and sent once more."""
    deadline = time.monotonic() + _LAST_WORDS_S
    while going and time.monotonic() < deadline:
        with suppress(asyncio.CancelledError):
            _, going = await asyncio.wait(going, timeout=deadline - time.monotonic())
    for task in going:
        task.cancel()


async def _claimed(db: Database, delivery_id: UUID, now: datetime, *, by_clock: bool = False) -> list[Claimed]:
    """One, if it is to be sent now; otherwise its row says why not."""
    async with _claiming(db) as (uow, claimed):
        row = await repository.to_claim(uow.session, delivery_id, now)
        if row is not None:
            await _claim(uow, [row], now, claimed, by_clock=by_clock)
    return claimed


async def _claimed_by_clock(db: Database, now: datetime, *, most: int) -> list[Claimed] | None:
    """None where nothing is due."""
    ids: list[UUID] = []
    try:
        async with _claiming(db) as (uow, claimed):
            rows = await repository.due(uow.session, now, fresh_only=_retries.full, critical=_CRITICAL, most=most)
            ids = [row.id for row in rows]
            await _claim(uow, rows, now, claimed, by_clock=True)
    except Exception:
        if not ids:
            raise
        # One of them cannot be read, and keeps nobody else waiting.
        return [one for delivery_id in ids for one in await _claimed_or_put_off(db, delivery_id, now)]
    return claimed if ids else None


async def _claimed_or_put_off(db: Database, delivery_id: UUID, now: datetime) -> list[Claimed]:
    try:
        return await _claimed(db, delivery_id, now, by_clock=True)
    except Exception as error:
        log.exception("delivery %s could not be looked at", delivery_id)
        await repository.put_off(db, delivery_id, now + _UNREADABLE_FOR, storable(f"{type(error).__name__}: {error}"))
        return []


@asynccontextmanager
async def _claiming(db: Database) -> AsyncGenerator[tuple[UnitOfWork, list[Claimed]]]:
    """Places in lanes are given back where the transaction fails."""
    claimed: list[Claimed] = []
    try:
        async with db.begin() as uow:
            yield uow, claimed
    except BaseException:
        for one in claimed:
            one.leave()
        raise


async def _claim(
    uow: UnitOfWork, rows: Sequence[DeliveryRow], now: datetime, claimed: list[Claimed], *, by_clock: bool
) -> None:
    """Takes leases, or writes why something is not sent now. Of one person and channel at most one: the cap counts what
    is on its way."""
    first = {(row.user_id, row.channel): row for row in reversed(rows) if not _is_over(row, now)}
    if not first:
        return
    await repository.take_turns(uow.session, first)
    near = await repository.neighbours(uow.session, [row.id for row in first.values()], now)
    free = [row for row in first.values() if not _lines_up(row, near[row.id], now)]
    persons = await people.persons(uow, {row.user_id for row in free}, {KINDS[row.kind] for row in free})
    found = [(row, persons[row.user_id]) for row in free]
    counted = [(row, who) for row, who in found if capped(KINDS[row.kind])]
    lately = await people.lately(uow, [(who, row.dedupe_key) for row, who in counted], now)
    before = {row.id: by_channel for (row, _), by_channel in zip(counted, lately, strict=True)}
    wanted = [(row, who) for row, who in found if _is_wanted(row, who, before.get(row.id, {}), now)]
    over = await _no_longer_so(uow, [row for row, _ in wanted], now)
    for row, who in wanted:
        if row.id in over:
            row.state, row.reason = "skipped", "no longer so"
            continue
        lane = _lane(row, by_clock=by_clock)
        if lane is not None and not lane.enter():
            # By the clock a row stays as it is: once the lane has room, it is the first.
            row.due_at = row.due_at if by_clock else now + SOON
            continue
        row.attempts += 1
        row.lease_until = now + LEASE
        claimed.append(Claimed(_due(row), who, lane))


def _is_over(row: DeliveryRow, now: datetime) -> bool:
    row.queued_until = None
    if row.expires_at <= now:
        row.state, row.reason = "expired", row.reason or "nobody came to it in time"
    elif row.attempts >= backoff.MOST_TRIES:
        row.state, row.reason = "failed", f"given up after {row.attempts} tries: {row.reason}"[:500]
    elif row.kind not in KINDS:
        row.state, row.reason = "failed", "this version does not know the kind"
    return row.state != "waiting"


def _lines_up(row: DeliveryRow, near: Neighbours, now: datetime) -> bool:
    """True where others come first: an address that does not answer costs one try at a time, whatever waits for it.
    What somebody is owed or waits for at their screen, as a code, lines up behind nothing."""
    if KINDS[row.kind].critical:
        return False
    if near.held_until is not None:
        row.due_at, row.reason = max(near.held_until, now) + SOON, "behind an earlier one that could not be sent"
    elif near.sending >= MOST_AT_ONCE_TO_ONE:
        row.due_at = now + SOON
    return row.due_at > now


def _is_wanted(row: DeliveryRow, who: Person, before: Mapping[Channel, Lately], now: datetime) -> bool:
    """False where wishes, the cap or the hour say so by now; the row says which."""
    kind, channel = KINDS[row.kind], cast("Channel", row.channel)
    if who.closed and not owed(kind):
        row.state, row.reason = "skipped", CLOSED
        return False
    # Whether it is held back for being ignored was said when it was planned.
    today = Lately(today=before.get(channel, Lately()).today)
    decision = decide(kind, channel, who.wishes, today, now, expires_at=row.expires_at)
    if decision.state == "waiting" and decision.due_at <= now:
        return True
    row.state, row.due_at, row.expires_at = decision.state, decision.due_at, decision.expires_at
    row.reason = decision.reason
    # It waits for a wish now and not for its next try: what comes after it does not wait behind it.
    row.attempts = 0
    return False


async def _no_longer_so(uow: UnitOfWork, rows: Sequence[DeliveryRow], now: datetime) -> set[UUID]:
    over: set[UUID] = set()
    for kind, still_wanted in STILL_WANTED.items():
        asked = [_due(row) for row in rows if row.kind == kind]
        if asked:
            over |= {due.id for due in asked} - set(await still_wanted(uow, asked, now))
    return over


def _lane(row: DeliveryRow, *, by_clock: bool) -> Lane | None:
    if KINDS[row.kind].critical:
        return None
    if row.attempts > 0:
        return _retries
    return None if by_clock else _patient_jobs


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


async def _send(db: Database, claimed: Claimed, now: datetime) -> None:
    due = claimed.due
    try:
        outcome = await _tried(db, claimed, now)
    finally:
        claimed.leave()
    await _settle(db, due, outcome)
    metrics.DELIVERIES.labels(due.channel, outcome.state).inc()


async def _settle(db: Database, due: Due, outcome: Outcome) -> None:
    """Tried again if need be: what is not written down is sent once more when its lease is over."""
    for wait_s in (*_SETTLE_AGAIN_S, None):
        try:
            if not await repository.settle(db, due.id, due.attempts, outcome):
                log.warning("delivery %s was taken over while it was sent", due.id)
            return
        except Exception:
            log.exception("what became of delivery %s (%s) could not be written down", due.id, outcome.state)
            if wait_s is not None:
                await asyncio.sleep(wait_s)


async def _tried(db: Database, claimed: Claimed, now: datetime) -> Outcome:
    """What the row says afterwards."""
    due, started = claimed.due, time.monotonic()
    try:
        async with asyncio.timeout(TRY_S):
            taken = await _sent(db, claimed, now)
    except Refused as error:
        return Outcome("failed", storable(str(error)))
    except Held as error:
        if error.untried:
            due_at = now + max(_spread(SOON), timedelta(seconds=error.retry_after_s))
            return Outcome("waiting", storable(str(error)), due_at, untried=True)
        return _later(due, str(error), now, error.retry_after_s)._replace(
            reference=storable(error.reference, 100_000) or None
        )
    except TimeoutError:
        return _later(due, f"no answer within {TRY_S:.0f} s", now)
    except Exception as error:
        log.exception("delivery %s could not be sent", due.id)
        return _later(due, f"{type(error).__name__}: {error}", now)
    sent_at = now + timedelta(seconds=time.monotonic() - started)
    metrics.DELAY.labels(due.channel).observe((sent_at - due.created_at).total_seconds())
    return Outcome("sent", reference=storable(taken.reference, 100_000), sent_at=sent_at)


async def _sent(db: Database, claimed: Claimed, now: datetime) -> Accepted:
    due, who, _ = claimed
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


def _later(due: Due, reason: str, now: datetime, retry_after_s: float = 0.0) -> Outcome:
    """For the next try, if there is one that would come in time."""
    reason = storable(reason, 400)
    if due.attempts >= backoff.MOST_TRIES:
        return Outcome("failed", f"given up after {due.attempts} tries: {reason}")
    delay_s = max(retry_after_s, backoff.delay_s(due.attempts, spread=random.random()))  # noqa: S311 - spreads load
    due_at = now + timedelta(seconds=delay_s)
    if due_at >= due.expires_at:
        return Outcome("expired", f"not sent in time: {reason}")
    return Outcome("waiting", reason, due_at)


def _spread(delay: timedelta) -> timedelta:
    """Up to twice as long, so that what found no room together does not come back together."""
    return delay * (1 + random.random())  # noqa: S311
