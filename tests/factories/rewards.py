"""Signatures of the fixtures that make learners and let them complete lessons (tests/domains/gamification)."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from domains.gamification.events import LessonRewarded

NewLearner = Callable[..., Awaitable[UUID]]
Complete = Callable[..., Awaitable[LessonRewarded | None]]
