"""What the answer path knows of a learner's memory.

Invariant: an answer waits for nothing but its own write. The next state is computed from what this process last knew;
if that was not the latest, the row says that it is behind, and the next reader mends it.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domains.catalog import api as catalog
from domains.kernel.uow import Database
from domains.learning.policy.kinds import TESTS
from domains.learning.policy.schedule import ItemState, Rating, Review, Rules, advance
from domains.learning.repository import schedule as repository
from domains.learning.repository.schedule import Remembered
from domains.learning.service.sessions import RunningSession

MOST_KEPT = 50_000


@dataclass(slots=True)
class Memory:
    """What this process knows of the items of a running session."""

    user_id: UUID
    rules: Rules
    items: set[UUID]
    """Those that were looked up."""
    states: dict[UUID, ItemState]
    """None for what is behind; it is computed anew by the next reader."""
    met: set[UUID]
    """Items that were ever asked for, behind or not."""


_memories: OrderedDict[UUID, Memory] = OrderedDict()


async def memory_of(db: Database, session: RunningSession, exercise: catalog.ExerciseView) -> Memory:
    """One read per session and process, and one for each exercise that a placement adds; none where the session was
    begun."""
    found = _memories.get(session.id)
    # A guest's session may have become somebody else's since.
    if found is None or found.user_id != session.record.user_id:
        items = {item for each in session.exercises.values() for item in each.items}
        known = await repository.remembered(db, session.record.user_id, session.record.course_id, items)
        found = remember(session.id, session.record.user_id, known.rules, items, ())
        _learn(found, known)
        return found
    added = set(exercise.items) - found.items
    if added:
        known = await repository.remembered(db, session.record.user_id, session.record.course_id, added)
        found.items |= added
        _learn(found, known)
    return found


def _learn(memory: Memory, known: Remembered) -> None:
    memory.met.update(one.state.item_id for one in known.seen)
    keep(memory, [one.state for one in known.seen if not known.is_behind(one)])


def remember(session_id: UUID, user_id: UUID, rules: Rules, items: set[UUID], states: Iterable[ItemState]) -> Memory:
    """For whoever has just read the states of a session's items."""
    mine = {state.item_id: state for state in states if state.item_id in items}
    found = _memories[session_id] = Memory(user_id, rules, items, mine, set(mine))
    while len(_memories) > MOST_KEPT:
        _memories.popitem(last=False)
    return found


def forget_memory(session_id: UUID) -> None:
    _memories.pop(session_id, None)


async def reviews_of(
    db: Database,
    session: RunningSession,
    memory: Memory,
    exercise: catalog.ExerciseView,
    answer: bytes,
    grade: catalog.Grade,
    at: datetime,
) -> list[Review]:
    """What the answer says about each item that was asked for.

    A test asks for what may never have been taught: not knowing that is no forgetting, and says nothing. Where
    learners judge themselves, they say it.
    """
    button = catalog.button(exercise, answer)
    if button is not None:
        return [Review(at, "", item, Rating[button.upper()]) for item in exercise.items]
    missed: Collection[UUID] = ()
    if not grade.correct:
        missed = exercise.items
        if len(missed) > 1:
            revision = await catalog.revision(db, session.record.revision_id)
            missed = catalog.missed_items(revision, exercise, answer)
    slip = grade.correct and grade.verdict is not catalog.Verdict.EXACT
    is_test = session.record.kind in TESTS
    return [
        Review(at, "", item, Rating.AGAIN if item in missed else Rating.GOOD, slip)
        for item in exercise.items
        if not (is_test and item in missed and item not in memory.met)
    ]


def after(memory: Memory, reviews: Sequence[Review]) -> list[ItemState]:
    return [advance(memory.states.get(review.item_id), review, memory.rules) for review in reviews]


def keep(memory: Memory, states: Sequence[ItemState]) -> None:
    """For states that were written with their answer."""
    memory.states.update((state.item_id, state) for state in states)
    memory.met.update(state.item_id for state in states)
