"""Where a learner stands with a card, from the numbers of Anki and to them.

Anki counts days from the first day of the collection, in which a new day begins at four; a card that is being learned
is due at a second. What it says of the memory itself, where FSRS is used, stands in `data`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from domains.catalog.formats.anki.collection import SECONDS_OF_A_DAY, Card, Collection
from domains.catalog.formats.format import ScheduledCard

CREATED = int(datetime(2020, 1, 1, 4, tzinfo=UTC).timestamp())
"""First day of the collections that we write: days of a card do not depend on when it was written."""
NEW, LEARNING, REVIEW, RELEARNING = range(4)
SUSPENDED = -1
USUAL_EASE = 2.5

_IN_SECONDS = 1_000_000_000
"""From here on a due number is a moment and no day."""
_LATEST = 253_402_300_799
_SHORTEST = timedelta(days=1)
_LEFT_TODAY = 1_001
"""One step is left, today."""


def scheduled(exercise: str, which: int, card: Card, collection: Collection) -> ScheduledCard | None:
    """None for a card that was never seen, and for one whose numbers make no sense."""
    if card.type not in (LEARNING, REVIEW, RELEARNING):
        return None
    due = card.due if card.due >= _IN_SECONDS else collection.created + card.due * SECONDS_OF_A_DAY
    memory = _data(card.data)
    interval = card.interval if card.interval >= 0 else -card.interval / SECONDS_OF_A_DAY
    last = _number(memory, "lrt") or collection.last_reviews.get(card.id, 0) / 1000
    if not last and card.type == REVIEW and interval > 0:
        last = due - interval * SECONDS_OF_A_DAY
    if not (0 < due <= _LATEST and 0 <= last <= _LATEST and 0 <= interval <= 100_000):
        return None
    stability, difficulty = _number(memory, "s"), _number(memory, "d")
    return ScheduledCard(
        exercise=exercise,
        due=datetime.fromtimestamp(due, UTC),
        card=which,
        last_review=datetime.fromtimestamp(last, UTC) if last else None,
        interval_days=float(interval),
        ease=card.factor / 1000 if card.factor > 0 else None,
        stability=stability if 0 < stability <= 100_000 else None,
        difficulty=difficulty if 1 <= difficulty <= 10 else None,
        reviews=max(0, min(card.reps, 1_000_000)),
        lapses=max(0, min(card.lapses, 1_000_000)),
    )


class Numbers(Struct, frozen=True):
    """Columns of a card."""

    type: int = NEW
    queue: int = NEW
    due: int = 0
    interval: int = 0
    factor: int = 0
    reps: int = 0
    lapses: int = 0
    left: int = 0
    data: str = "{}"


def numbers(card: ScheduledCard | None, position: int) -> Numbers:
    """`position` is the place among what was never seen."""
    if card is None:
        return Numbers(due=position)
    memory: dict[str, float | int] = {}
    if card.stability is not None and card.difficulty is not None:
        memory = {"s": round(card.stability, 4), "d": round(card.difficulty, 3)}
    if card.last_review is not None:
        memory["lrt"] = int(card.last_review.timestamp())
    away = card.due - card.last_review if card.last_review else timedelta(days=card.interval_days)
    made = Numbers(
        factor=round((card.ease or USUAL_EASE) * 1000),
        reps=max(1, card.reviews),
        lapses=card.lapses,
        data=msgspec.json.encode(memory).decode(),
    )
    if away < _SHORTEST and card.interval_days < 1:
        state = RELEARNING if card.lapses else LEARNING
        moment = int(card.due.timestamp())
        # What is learned anew keeps an interval of at least a day.
        return replace(
            made, type=state, queue=LEARNING, due=moment, interval=int(state == RELEARNING), left=_LEFT_TODAY
        )
    day = (int(card.due.timestamp()) - CREATED) // SECONDS_OF_A_DAY
    interval = max(1, round(card.interval_days) or round(away / _SHORTEST))
    return replace(made, type=REVIEW, queue=REVIEW, due=day, interval=interval)


def _data(text: str) -> Mapping[str, Any]:
    try:
        return msgspec.json.decode(text or "{}", type=dict[str, Any])
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return {}


def _number(memory: Mapping[str, Any], name: str) -> float:
    value = memory.get(name)
    return float(value) if isinstance(value, int | float) and abs(value) < _LATEST else 0.0
