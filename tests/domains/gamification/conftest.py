"""Learners who complete lessons, without the lessons."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from domains.gamification.events import LessonRewarded
from domains.gamification.service import rewards
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.learning.events import LessonCompleted
from factories.rewards import Complete, NewLearner


@pytest.fixture
def new_learner(db: Database) -> NewLearner:
    async def new_learner(name: str = "Ana", time_zone: str = "UTC") -> UUID:
        user_id = new_id()
        await db.fetch(
            "INSERT INTO identity_user (id, email, name, time_zone) VALUES ($1, $2, $3, $4)",
            user_id, f"{user_id}@example.org", name, time_zone,
        )  # fmt: skip
        return user_id

    return new_learner


@pytest.fixture
def complete(db: Database, monkeypatch: pytest.MonkeyPatch) -> Complete:
    async def complete(
        user_id: UUID,
        *,
        session_id: UUID | None = None,
        at: datetime | None = None,
        correct: int = 8,
        again: int = 1,
        late: timedelta = timedelta(0),
        course_id: UUID | None = None,
        out_of_hearts: bool = False,
        view: bool = False,
    ) -> LessonRewarded | None:
        """`late`: how long after it happened the house hears of it. `view`: a lesson without exercises."""
        if at is not None:
            monkeypatch.setattr(rewards, "utc_now", lambda: at + late)
        async with db.begin() as uow:
            uow.record(
                LessonCompleted(
                    user_id=user_id, course_id=course_id or new_id(), lesson_id=new_id(),
                    session_id=None if view else session_id or new_id(), correct=correct, total=0 if view else 8,
                    completions=again, occurred_at=at or utc_now(), out_of_hearts=out_of_hearts,
                )
            )  # fmt: skip
        return next((fact for fact in uow.facts if isinstance(fact, LessonRewarded)), None)

    return complete
