"""What guards ask: may this person use that?

Invariant: an answer is true to what was committed less than a second ago, on any process. Only a yes is kept, for
less than that and not beyond the end of what gave it; a no is asked again, so whoever has just paid is let in at once.
"""

import time
from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID
from weakref import WeakKeyDictionary

from domains.billing.errors import AccessRequired
from domains.billing.policy.keys import COURSE, course_of, wider
from domains.billing.repository import entitlements as repository
from domains.billing.repository.entitlements import Holding
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database

KEPT_S = 0.8
"""Counted from before the statement was sent, so that with its own time it stays below a second."""
MOST_KEPT = 50_000
_CHANGING_S = 5.0
"""How long what a process changes itself is asked of the database: while its transaction may still be open."""


class _Kept(NamedTuple):
    """That a person is entitled to a key. `held`: by an entitlement; otherwise because it has no gate."""

    held: bool
    until: datetime | None
    """When what gives it ends."""
    fresh_until: float


class _Known:
    """One process's answers, and of whom it changes something just now. Times are of the monotonic clock."""

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[UUID, str], _Kept] = OrderedDict()
        self._changing: OrderedDict[UUID, float] = OrderedDict()
        self._gates_changing = 0.0

    def find(self, user_id: UUID, key: str, now: datetime) -> _Kept | None:
        kept = self._answers.get((user_id, key))
        if kept is None:
            return None
        at = time.monotonic()
        if at >= kept.fresh_until or (kept.until is not None and now >= kept.until) or self._in_motion(user_id, at):
            del self._answers[user_id, key]
            return None
        return kept

    def keep(self, user_id: UUID, key: str, kept: _Kept) -> None:
        if self._in_motion(user_id, time.monotonic()):
            return
        self._answers[user_id, key] = kept
        self._answers.move_to_end((user_id, key))
        while len(self._answers) > MOST_KEPT:
            self._answers.popitem(last=False)

    def person_changes(self, user_id: UUID) -> None:
        at = time.monotonic()
        self._changing[user_id] = at + _CHANGING_S
        self._changing.move_to_end(user_id)
        while self._changing and next(iter(self._changing.values())) <= at:
            self._changing.popitem(last=False)

    def gates_change(self) -> None:
        self._gates_changing = time.monotonic() + _CHANGING_S

    def _in_motion(self, user_id: UUID, at: float) -> bool:
        return at < self._gates_changing or at < self._changing.get(user_id, 0.0)


_known: WeakKeyDictionary[Database, _Known] = WeakKeyDictionary()


def _of(db: Database) -> _Known:
    return _known.get(db) or _known.setdefault(db, _Known())


async def entitled(db: Database, user_id: UUID, key: str) -> bool:
    """Whether `key` needs no entitlement, or the person has one for it, for a course also one for all courses."""
    known, now = _of(db), utc_now()
    kept = known.find(user_id, key, now)
    return kept is not None or (await _asked(db, known, user_id, key, now)).entitled


async def holds(db: Database, user_id: UUID, key: str) -> bool:
    """Whether the person has an entitlement for `key`, gate or not."""
    known, now = _of(db), utc_now()
    kept = known.find(user_id, key, now)
    return (kept is not None and kept.held) or (await _asked(db, known, user_id, key, now)).held


async def require(db: Database, user_id: UUID, key: str, *, also: str = "") -> bool:
    """Raises AccessRequired, naming what is on sale that gives `key`, unless the person is entitled to it. Returns
    whether the person holds `also`, which is no course's key: one round trip for both."""
    known, now = _of(db), utc_now()
    kept = known.find(user_id, key, now)
    kept_also = known.find(user_id, also, now) if also else None
    has_also = kept_also is not None and kept_also.held
    if kept is not None and (has_also or not also):
        return has_also
    found = await _asked(db, known, user_id, key, now, also=also)
    if found.entitled:
        return found.also_held
    products = await repository.products_that_give(db, [key, wider(key)])
    raise AccessRequired(
        key=key, products=[{"id": str(product.id), "name": product.name, "kind": product.kind} for product in products]
    )


async def gated_courses(db: Database) -> set[UUID]:
    """Courses that need an entitlement."""
    found = map(course_of, await repository.gated_keys(db, COURSE))
    return {course_id for course_id in found if course_id is not None}


async def gated(db: Database, key: str) -> bool:
    return await repository.is_gated(db, key)


def changes(db: Database, user_ids: Iterable[UUID]) -> None:
    """To be told before the change is committed."""
    known = _of(db)
    for user_id in user_ids:
        known.person_changes(user_id)


def gates_change(db: Database) -> None:
    _of(db).gates_change()


class _Answer(NamedTuple):
    entitled: bool
    held: bool
    also_held: bool


async def _asked(db: Database, known: _Known, user_id: UUID, key: str, now: datetime, *, also: str = "") -> _Answer:
    fresh_until = time.monotonic() + KEPT_S
    found = await repository.access(db, user_id, key, wider(key), also, now)
    if found.holding is not None or not found.gated:
        known.keep(user_id, key, _Kept(found.holding is not None, _end_of(found.holding), fresh_until))
    if found.also is not None:
        known.keep(user_id, also, _Kept(True, _end_of(found.also), fresh_until))
    held = found.holding is not None
    return _Answer(held or not found.gated, held, found.also is not None)


def _end_of(holding: Holding | None) -> datetime | None:
    return None if holding is None or holding.forever else holding.until
