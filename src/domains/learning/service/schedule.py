"""What a learner remembers, for readers: whoever reads gets what the log says, and what was behind is mended."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from domains.catalog import api as catalog
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database
from domains.learning.errors import BadParameters
from domains.learning.policy.schedule import ItemState, Review, Rules, folded, wrong_parameters
from domains.learning.repository import schedule as repository
from domains.learning.repository.schedule import Remembered, Seen

_OFF_THE_LOOP = 300
"""Reviews from which folding is done in a thread: a review takes about 15 microseconds."""
_FEW_ITEMS = 500
_PAGE = 500


async def states(db: Database, user_id: UUID, course_id: UUID) -> list[ItemState]:
    """All that the learner remembers of the course, as the log says. One round trip, unless something is behind."""
    return (await current(db, user_id, course_id)).states


class Current(NamedTuple):
    rules: Rules
    states: list[ItemState]


async def current(db: Database, user_id: UUID, course_id: UUID, items: Collection[UUID] | None = None) -> Current:
    known = await repository.remembered(db, user_id, course_id, items)
    behind = [one for one in known.seen if known.is_behind(one)]
    found = [one.state for one in known.seen if not known.is_behind(one)]
    if behind:
        found += await _fold(db, user_id, course_id, known.rules, behind)
    return Current(known.rules, found)


async def _fold(db: Database, user_id: UUID, course_id: UUID, rules: Rules, behind: Sequence[Seen]) -> list[ItemState]:
    wanted = {one.state.item_id: one for one in behind}
    few = len(wanted) <= _FEW_ITEMS
    log = await repository.log(db, user_id, course_id, wanted if few else None)
    new = await _folded([review for review in log if review.item_id in wanted], rules)
    await repository.store(db, user_id, course_id, [(state, wanted[item]) for item, state in new.items()])
    await repository.forget(db, user_id, course_id, [one for item, one in wanted.items() if item not in new])
    return list(new.values())


async def _folded(reviews: Sequence[Review], rules: Rules) -> dict[UUID, ItemState]:
    if len(reviews) < _OFF_THE_LOOP:
        return folded(reviews, rules)
    return await asyncio.to_thread(folded, reviews, rules)


async def rules(db: Database, user_id: UUID) -> Rules:
    return await repository.rules(db, user_id)


async def set_rules(db: Database, user_id: UUID, wanted: Rules) -> Rules:
    """Raises BadParameters. What is scheduled already is folded anew when it is next read."""
    wrong = wrong_parameters(wanted.parameters) if wanted.parameters is not None else None
    if wrong:
        raise BadParameters(wrong)
    return await repository.set_rules(db, user_id, wanted)


class DueCount(NamedTuple):
    due: int
    known: int
    """Items that the learner was ever asked for in the course, also those that it no longer has."""
    next_due_at: datetime | None
    days: list[int]
    """What comes due in each of the coming 24 hours from now on, without what is due already."""


async def due_count(db: Database, user_id: UUID, revision: catalog.RevisionContent, days: int) -> DueCount:
    """Only of items that the course has now; others keep their states and wait. One round trip, unless something is
    behind."""
    now, items = utc_now(), catalog.items_of(revision)
    until = now + timedelta(days=days)
    found = await repository.due(db, user_id, revision.course_id, until)
    if found.behind:
        await current(db, user_id, revision.course_id)
        found = await repository.due(db, user_id, revision.course_id, until)
    dues = [due for item, due in found.items if item in items]
    coming = [due for due in dues if due > now]
    by_day = [0] * days
    for due in coming:
        by_day[min(int((due - now) / timedelta(days=1)), days - 1)] += 1
    return DueCount(len(dues) - len(coming), found.known, min(coming, default=None), by_day)


class Rebuilt(NamedTuple):
    user_id: UUID
    course_id: UUID
    reviews: int
    items: int
    wrong: list[UUID]
    """Items whose state was not what the log says, although it claimed to be."""
    behind: int
    gone: int
    """States of which the log knows nothing."""


async def rebuild(db: Database, user_id: UUID, course_id: UUID, *, dry_run: bool) -> Rebuilt:
    """Computes every state anew from the log, and writes those that differ unless `dry_run`."""
    known: Remembered = await repository.remembered(db, user_id, course_id)
    log = await repository.log(db, user_id, course_id)
    new = await _folded(log, known.rules)
    seen = {one.state.item_id: one for one in known.seen}
    differ = [item for item, state in new.items() if item not in seen or seen[item] != Seen(state, 0)]
    behind = [item for item in differ if item in seen and known.is_behind(seen[item])]
    gone = [one for item, one in seen.items() if item not in new]
    if not dry_run:
        await repository.store(db, user_id, course_id, [(new[item], seen.get(item)) for item in differ])
        await repository.forget(db, user_id, course_id, gone)
    wrong = sorted(set(differ) - set(behind))
    return Rebuilt(user_id, course_id, len(log), len(new), wrong, len(behind), len(gone))


async def rebuild_all(
    db: Database, user_id: UUID | None, course_id: UUID | None, *, dry_run: bool
) -> AsyncIterator[Rebuilt]:
    """As `rebuild`, for these or for everybody, one learner and course after the other."""
    after = repository.FIRST
    while page := await repository.learners(db, user_id, course_id, after, _PAGE):
        for each in page:
            yield await rebuild(db, each.user_id, each.course_id, dry_run=dry_run)
        after = page[-1]
