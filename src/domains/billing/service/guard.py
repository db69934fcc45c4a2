"""What guards ask: may this person use that?

Invariant: an answer is true to what was committed less than a second ago, on any process. Only a yes is kept, for
less than that and not beyond the end of what gave it; a no is asked again, so whoever has just paid is let in at once.
"""

import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID
from weakref import WeakKeyDictionary

from domains.billing.errors import AccessRequired
from domains.billing.policy.keys import wider
from domains.billing.repository import entitlements as repository
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database

KEPT_S = 0.8
"""Counted from before the statement was sent, so that with its own time it stays below a second."""
MOST_KEPT = 50_000
_CHANGING_S = 5.0
"""How long what a process changes itself is asked of the database: while its transaction may still be open."""


class Access(NamedTuple):
    gated: bool
    held: bool

    @property
    def entitled(self) -> bool:
        return self.held or not self.gated


class _Kept(NamedTuple):
    access: Access
    until: datetime | None
    """When what gives it ends."""
    fresh_until: float


class _Known:
    """One process's answers, and of whom it changes something just now. Times are of the monotonic clock."""

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[UUID, str], _Kept] = OrderedDict()
        self._changing: OrderedDict[UUID, float] = OrderedDict()
        self._gates_changing = 0.0

    def find(self, user_id: UUID, key: str, now: datetime) -> Access | None:
        kept = self._answers.get((user_id, key))
        if kept is None:
            return None
        at = time.monotonic()
        if at >= kept.fresh_until or (kept.until is not None and now >= kept.until) or self._in_motion(user_id, at):
            del self._answers[user_id, key]
            return None
        return kept.access

    def keep(self, user_id: UUID, key: str, kept: _Kept) -> None:
        if not kept.access.entitled or self._in_motion(user_id, time.monotonic()):
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


async def allowed(
    db: Database, user_id: UUID, *, entitled: Sequence[str] = (), held: Sequence[str] = ()
) -> dict[str, bool]:
    """`entitled` and `holds` for several keys at once, each key in one of the two: a single round trip for what is
    not at hand."""
    known, now = _of(db), utc_now()
    found, unknown = {}, []
    for key in (*entitled, *held):
        kept = known.find(user_id, key, now)
        if kept is not None and (kept.held or key in entitled):
            found[key] = True
        else:
            unknown.append(key)
    for key, answer in (await _asked(db, user_id, unknown, now)).items():
        found[key] = answer.entitled if key in entitled else answer.held
    return found


async def entitled(db: Database, user_id: UUID, key: str) -> bool:
    """Whether `key` needs no entitlement, or the person has one for it, for a course also one for all courses."""
    return (await allowed(db, user_id, entitled=[key]))[key]


async def holds(db: Database, user_id: UUID, key: str) -> bool:
    """Whether the person has an entitlement for `key`, gate or not."""
    return (await allowed(db, user_id, held=[key]))[key]


async def require(db: Database, user_id: UUID, key: str, *, also: str | None = None) -> bool:
    """Raises AccessRequired, naming what is on sale that gives `key`, unless the person is entitled to it. Returns
    whether the person holds `also`, asked for on the same way."""
    found = await allowed(db, user_id, entitled=[key], held=[also] if also else ())
    if found[key]:
        return also is not None and found[also]
    products = await repository.products_that_give(db, [key, wider(key)])
    raise AccessRequired(
        key=key, products=[{"id": str(product.id), "name": product.name, "kind": product.kind} for product in products]
    )


async def gated(db: Database, key: str) -> bool:
    return await repository.is_gated(db, key)


def changes(db: Database, user_ids: Iterable[UUID]) -> None:
    """To be told before the change is committed."""
    known = _of(db)
    for user_id in user_ids:
        known.person_changes(user_id)


def gates_change(db: Database) -> None:
    _of(db).gates_change()


async def _asked(db: Database, user_id: UUID, keys: Sequence[str], now: datetime) -> dict[str, Access]:
    if not keys:
        return {}
    known, fresh_until = _of(db), time.monotonic() + KEPT_S
    found = {}
    for record in await repository.access(db, user_id, keys, [wider(key) for key in keys], now):
        held = record.forever is not None
        found[record.key] = Access(record.gated, held)
        until = record.until if held and not record.forever else None
        known.keep(user_id, record.key, _Kept(found[record.key], until, fresh_until))
    return found
