"""Reactions of gamification."""

from domains.gamification.service.rewards import reward_lesson
from domains.kernel.uow import Subscription
from domains.learning.events import LessonCompleted

SUBSCRIPTIONS = [Subscription("gamification.reward_lesson", LessonCompleted, reward_lesson, "inside")]
