"""Reviews by oneself: cards that are due, and four buttons. A card's memory is that of the exercises about the same."""

from datetime import timedelta
from uuid import UUID, uuid5

from domains.billing import api as billing
from domains.catalog import api as catalog
from domains.kernel.clock import utc_now
from domains.kernel.idempotency import checked_key
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.learning.errors import FlashcardNotFound, KeyOfAnotherReview
from domains.learning.policy.schedule import ItemState, Rating, Review, Rules, advance, folded, preview
from domains.learning.repository import schedule as repository
from domains.learning.schemas import FlashcardOut, FlashcardsOut, IntervalsOut, ReviewOut
from domains.learning.service.schedule import DueCount, current, due_count


async def due(db: Database, user_id: UUID, course_id: UUID, days: int) -> DueCount:
    """Raises CourseNotFound."""
    return await due_count(db, user_id, await catalog.published_course(db, course_id), days)


async def to_review(db: Database, user_id: UUID, course_id: UUID, *, limit: int, new: int) -> FlashcardsOut:
    """Raises CourseNotFound and AccessRequired."""
    cards = catalog.flashcards(await _open(db, user_id, course_id))
    rules, states = await current(db, user_id, course_id)
    now = utc_now()
    known = {state.item_id: state for state in states}
    waiting = sorted((s for s in states if s.due <= now and s.item_id in cards), key=lambda s: (s.due, s.item_id))
    shown: list[tuple[UUID, ItemState | None]] = [(state.item_id, state) for state in waiting[:limit]]
    shown += [(item, None) for item in cards if item not in known][: min(new, limit - len(shown))]
    return FlashcardsOut(
        len(waiting),
        [
            FlashcardOut(
                item_id=item,
                front=cards[item].front,
                front_language=cards[item].front_language,
                back=list(cards[item].back),
                back_language=cards[item].back_language,
                note=cards[item].note,
                image=cards[item].image,
                audio=cards[item].audio,
                back_image=cards[item].back_image,
                back_audio=cards[item].back_audio,
                lesson_id=cards[item].lesson_id,
                due=state.due if state else None,
                intervals_s=_intervals(preview(state, item, now, rules)),
            )
            for item, state in shown
        ],
    )


async def review(
    db: Database, *, user_id: UUID, course_id: UUID, item_id: UUID, button: str, elapsed_ms: int, key: str | None
) -> ReviewOut:
    """Raises CourseNotFound, AccessRequired, FlashcardNotFound, BadKey and KeyOfAnotherReview."""
    # The key is in the id, so that a second call finds the review of the first.
    review_id = uuid5(user_id, f"review:{key}") if checked_key(key) is not None else new_id()
    if item_id not in catalog.flashcards(await _open(db, user_id, course_id)):
        raise FlashcardNotFound
    rules, states = await current(db, user_id, course_id, [item_id])
    given = Review(utc_now(), str(review_id), item_id, Rating[button.upper()])
    state = advance(states[0] if states else None, given, rules)
    if not await repository.add_review(db, review_id, user_id, course_id, given.rating, elapsed_ms, state):
        state = await _as_it_was(db, user_id, course_id, given, rules)
    return ReviewOut(
        item_id=item_id,
        due=state.due,
        interval_s=int((state.due - state.last_review).total_seconds()),
        stability=state.stability,
        difficulty=state.difficulty,
        reps=state.reps,
        lapses=state.lapses,
    )


async def _as_it_was(db: Database, user_id: UUID, course_id: UUID, given: Review, rules: Rules) -> ItemState:
    """After the review that is in the log under the id of `given`, if it was the same. Raises KeyOfAnotherReview."""
    log = sorted(await repository.log(db, user_id, course_id, [given.item_id]))
    places = [place for place, one in enumerate(log) if (one.source, one.rating) == (given.source, given.rating)]
    if not places:
        raise KeyOfAnotherReview
    return folded(log[: places[0] + 1], rules)[given.item_id]


async def _open(db: Database, user_id: UUID, course_id: UUID) -> catalog.RevisionContent:
    revision = await catalog.published_course(db, course_id)
    await billing.require(db, user_id, billing.course_key(course_id))
    return revision


def _intervals(found: dict[Rating, timedelta]) -> IntervalsOut:
    return IntervalsOut(**{rating.name.lower(): int(interval.total_seconds()) for rating, interval in found.items()})
