"""When a learner should see an item again: FSRS-6, by the library that its authors publish.

Invariant: a state is a function of the item's reviews in their order and of the learner's rules, and of nothing else:
no clock, no chance. So what grew answer by answer equals what is folded from the log.

Decision: right is Good, wrong is Again, a slip (accent, sign, typo) is Good and counted; an answer is a review of what
the exercise asked for, never of the words inside a sentence. Consequence: as with Anki's cards, a word is known when it
was asked for, not when it stood in a sentence that was given or came right by the words around it; and an answer writes
one state, where touching every word of every sentence would write eight.

Decision: one short step of ten minutes for what was wrong, none for what was right. Consequence: a lesson leaves behind
only its mistakes as due on the same day.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import IntEnum
from functools import lru_cache
from uuid import UUID

from fsrs import Card, Scheduler, State
from fsrs import Rating as FsrsRating
from fsrs.scheduler import DEFAULT_PARAMETERS, FUZZ_RANGES, LOWER_BOUNDS_PARAMETERS, UPPER_BOUNDS_PARAMETERS
from msgspec import Struct

RETENTIONS = (0.80, 0.95)
"""What a learner may aim at: the share of items remembered when they come up."""
PARAMETERS = len(DEFAULT_PARAMETERS)
STEP = timedelta(minutes=10)
LONGEST = timedelta(days=36_500)


class Rating(IntEnum):
    AGAIN = 1
    HARD = 2
    GOOD = 3
    EASY = 4


class Rules(Struct, frozen=True):
    """A learner's own. `version` names them: a state computed under another version is computed anew when read."""

    retention: float = 0.9
    parameters: tuple[float, ...] | None = None
    """Weights of FSRS-6, fitted elsewhere to the learner's own reviews; None for those that fit most people."""
    balanced: bool = True
    """Spreads what would come due together over the days around."""
    version: int = 0
    steps: tuple[timedelta, ...] = (STEP,)


class ItemState(Struct, frozen=True):
    """What is remembered of one item: a word or a phrase of a course, whatever exercise asked for it."""

    item_id: UUID
    stability: float
    """Days until the probability of recall has fallen to 0.9."""
    difficulty: float
    """1 to 10."""
    due: datetime
    last_review: datetime
    reps: int
    lapses: int
    """How often it was forgotten after it had been learned."""
    slips: int
    """How often it was right but for an accent, a sign or a typo."""
    last_correct: bool
    phase: int = State.Review.value
    """As FSRS counts them: 1 learning, 2 review, 3 relearning."""
    step: int | None = None
    """Which of the short steps comes next; None in review."""
    prior_stability: float | None = None
    """Before the last review; None before the first."""
    rules: int = 0
    """Version of the rules that it was computed under."""


class Brought(Struct, frozen=True, order=True):
    """What another program knows of a learner's memory of an item: it takes the place of all that was before."""

    due: datetime
    stability: float
    difficulty: float
    reps: int
    lapses: int


class Review(Struct, frozen=True, order=True):
    """One look at one item. Ordered as they count: by time, then by where they stand in the log."""

    at: datetime
    source: str
    item_id: UUID
    rating: int
    slip: bool = False
    brought: tuple[Brought, ...] = ()
    """One for the last look elsewhere, which no rating of ours led to."""


def wrong_parameters(parameters: tuple[float, ...]) -> str | None:
    """What is wrong with a learner's own weights, as a sentence."""
    if len(parameters) != PARAMETERS:
        return f"FSRS-6 has {PARAMETERS} parameters."
    bounds = zip(parameters, LOWER_BOUNDS_PARAMETERS, UPPER_BOUNDS_PARAMETERS, strict=True)
    for place, (value, lowest, highest) in enumerate(bounds):
        if not lowest <= value <= highest:
            return f"Parameter {place} must be from {lowest:g} to {highest:g}."
    return None


def advance(state: ItemState | None, review: Review, rules: Rules) -> ItemState:
    """The state after one more review."""
    if review.brought:
        return _as_brought(state, review, review.brought[0], rules)
    scheduler = _scheduler(rules.retention, rules.parameters, rules.steps)
    before = _card(state, review.at)
    after, _ = scheduler.review_card(before, FsrsRating(review.rating), review.at)
    if after.stability is None or after.difficulty is None:
        raise ValueError("FSRS left a reviewed card without a memory")
    reps = 1 if state is None else state.reps + 1
    forgotten = state is not None and state.phase == State.Review and review.rating == Rating.AGAIN
    interval = after.due - review.at
    if rules.balanced and after.state == State.Review:
        interval = _spread(interval, review.item_id, reps)
    return ItemState(
        item_id=review.item_id,
        stability=after.stability,
        difficulty=after.difficulty,
        due=review.at + interval,
        last_review=review.at,
        reps=reps,
        lapses=(state.lapses if state else 0) + forgotten,
        slips=(state.slips if state else 0) + review.slip,
        last_correct=review.rating != Rating.AGAIN,
        phase=after.state.value,
        step=after.step,
        prior_stability=state.stability if state else None,
        rules=rules.version,
    )


def _as_brought(state: ItemState | None, review: Review, brought: Brought, rules: Rules) -> ItemState:
    """Due when it was due there, whatever the rules say of intervals: they hold from the next review on."""
    is_learned = brought.due - review.at >= timedelta(days=1)
    unlearned = State.Relearning if brought.lapses else State.Learning
    return ItemState(
        item_id=review.item_id,
        stability=brought.stability,
        difficulty=brought.difficulty,
        due=brought.due,
        last_review=review.at,
        reps=max(1, brought.reps),
        lapses=brought.lapses,
        slips=state.slips if state else 0,
        last_correct=review.rating != Rating.AGAIN,
        phase=(State.Review if is_learned else unlearned).value,
        step=None if is_learned else 0,
        prior_stability=state.stability if state else None,
        rules=rules.version,
    )


def folded(reviews: Iterable[Review], rules: Rules) -> dict[UUID, ItemState]:
    """The states that all these reviews lead to, by item; in whatever order they are given."""
    states: dict[UUID, ItemState] = {}
    for review in sorted(reviews):
        states[review.item_id] = advance(states.get(review.item_id), review, rules)
    return states


def preview(state: ItemState | None, item_id: UUID, at: datetime, rules: Rules) -> dict[Rating, timedelta]:
    """How long until the item comes again, for each of the four buttons."""
    return {rating: advance(state, Review(at, "", item_id, rating), rules).due - at for rating in Rating}


def is_learned(state: ItemState) -> bool:
    """It was remembered at least once after the short steps; not that it still is."""
    return state.phase != State.Learning


def recall(state: ItemState, at: datetime, rules: Rules) -> float:
    """The probability that it is remembered at that time, 0 to 1."""
    scheduler = _scheduler(rules.retention, rules.parameters, rules.steps)
    return scheduler.get_card_retrievability(_card(state, at), at)


def _card(state: ItemState | None, at: datetime) -> Card:
    # Without an id of its own, a card waits a millisecond to get one.
    if state is None:
        return Card(card_id=0, due=at)
    return Card(
        card_id=0,
        state=State(state.phase),
        step=state.step,
        stability=state.stability,
        difficulty=state.difficulty,
        due=state.due,
        last_review=state.last_review,
    )


@lru_cache(maxsize=4096)
def _scheduler(retention: float, parameters: tuple[float, ...] | None, steps: tuple[timedelta, ...]) -> Scheduler:
    return Scheduler(
        parameters=parameters or DEFAULT_PARAMETERS,
        desired_retention=retention,
        learning_steps=steps,
        relearning_steps=steps[-1:],
        maximum_interval=LONGEST.days,
        enable_fuzzing=False,  # the library's is by chance
    )


def _spread(interval: timedelta, item_id: UUID, reps: int) -> timedelta:
    """A whole number of days near `interval`, in the range that the library would choose from by chance."""
    days = interval.days
    if days < FUZZ_RANGES[0]["start"]:
        return interval
    delta = 1.0
    for part in FUZZ_RANGES:
        delta += part["factor"] * max(min(float(days), part["end"]) - part["start"], 0.0)
    first, last = max(2, round(days - delta)), min(round(days + delta), LONGEST.days)
    drawn = int.from_bytes(hashlib.blake2b(item_id.bytes + reps.to_bytes(8), digest_size=8).digest())
    # A share of the range and no remainder: so a longer interval is never drawn shorter, and Hard comes before Easy.
    return timedelta(days=first + (drawn * (last - first + 1) >> 64))
