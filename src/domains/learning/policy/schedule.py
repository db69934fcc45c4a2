"""When a learner should see an item again."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct


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
    phase: int = 2
    """As FSRS counts them: 1 learning, 2 review, 3 relearning."""
    step: int | None = None
    """Which of the short steps comes next; None in review."""
