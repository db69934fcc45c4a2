"""Decks that learners take along and bring back: a course with what they remember of it, as a package of Anki."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from domains.billing import api as billing
from domains.catalog import api as catalog
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database
from domains.learning.policy import brought
from domains.learning.policy.schedule import ItemState, Rating, Review, Rules, advance
from domains.learning.repository import schedule as repository
from domains.learning.service.schedule import current

_DAY = timedelta(days=1)


class Taken(NamedTuple):
    """`items` were scheduled by the deck, `new` of them other than before; `unknown` cards are not of the course."""

    items: int
    new: int
    unknown: int
    report: catalog.Report


async def take(db: Database, user_id: UUID, course_id: UUID, path: Path, *, paid_only: bool = True) -> Taken:
    """Makes what a package of Anki says of the course's cards what the learner remembers. With errors in its report
    nothing is changed. Raises CourseNotFound, and AccessRequired unless the operator brings it."""
    revision = await catalog.published_course(db, course_id)
    if paid_only:
        await billing.require(db, user_id, billing.course_key(course_id))
    deck = await catalog.read_deck(revision, path)
    rules = await repository.rules(db, user_id)
    states = _states(deck.cards, rules, utc_now())
    new = await repository.bring(db, user_id, course_id, states)
    return Taken(len(states), new, deck.unknown, deck.report)


async def deck(db: Database, user_id: UUID, course_id: UUID, *, paid_only: bool = True) -> catalog.Written:
    """Raises CourseNotFound, and AccessRequired unless it is for the operator."""
    revision = await catalog.published_course(db, course_id)
    if paid_only:
        await billing.require(db, user_id, billing.course_key(course_id))
    states = (await current(db, user_id, course_id)).states
    return await catalog.write_deck(db, revision, {state.item_id: _card(state) for state in states})


def _states(cards: Iterable[tuple[UUID, catalog.ScheduledCard]], rules: Rules, now: datetime) -> list[ItemState]:
    """One for each item: of several cards about the same, what comes first is asked first."""
    earliest: dict[UUID, catalog.ScheduledCard] = {}
    for item, card in cards:
        if item not in earliest or card.due < earliest[item].due:
            earliest[item] = card
    return [_state(item, card, rules, now) for item, card in earliest.items()]


def _state(item: UUID, card: catalog.ScheduledCard, rules: Rules, now: datetime) -> ItemState:
    memory = brought.memory(
        interval_days=card.interval_days, ease=card.ease, stability=card.stability, difficulty=card.difficulty
    )
    last = brought.last_look(card.due, card.interval_days, card.last_review)
    at, known = brought.brought(card.due, memory, card.reviews, card.lapses, last, now)
    return advance(None, Review(at, "brought", item, Rating.GOOD, False, (known,)), rules)


def _card(state: ItemState) -> catalog.ScheduledCard:
    return catalog.ScheduledCard(
        exercise="",
        due=state.due,
        last_review=state.last_review,
        interval_days=max(0.0, (state.due - state.last_review) / _DAY),
        stability=state.stability,
        difficulty=state.difficulty,
        reviews=state.reps,
        lapses=state.lapses,
    )
