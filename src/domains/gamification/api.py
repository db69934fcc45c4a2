"""The front door of gamification."""

from collections.abc import Collection, Mapping
from datetime import date
from uuid import UUID

from domains.gamification.repository import streaks as days
from domains.gamification.repository.streaks import Practice
from domains.gamification.rulebook import BadRules, Rulebook, rulebook
from domains.gamification.schemas import Board, BoardEntry
from domains.gamification.service import streaks
from domains.gamification.service.achievements import Words as AchievementWords
from domains.gamification.service.achievements import words as achievement_words
from domains.gamification.service.boards import Boards
from domains.gamification.service.finalising import Finalised
from domains.gamification.service.finalising import finalise as finalise_leagues
from domains.gamification.service.finalising import preview as preview_leagues
from domains.gamification.service.ledger import check_ledger, rebuild_boards
from domains.gamification.service.past import PastReward, rewards_since
from domains.gamification.service.rewards import complete_session
from domains.kernel.uow import UnitOfWork


async def streaks_at_risk(uow: UnitOfWork, today: Mapping[UUID, date]) -> dict[UUID, int]:
    """Days of the streaks that are lost unless their owners practise before their own `today` is over: no freeze and
    no weekend keeps them. Whoever wants to hear nothing of streaks is left out."""
    return await streaks.at_risk(uow, today) if today else {}


async def practice(
    uow: UnitOfWork, user_ids: Collection[UUID], *, first_on: date, last_on: date
) -> dict[UUID, Practice]:
    """What these learners did on the days from `first_on` to `last_on` of their own calendars; who did nothing is left
    out."""
    return await days.practice(uow.session, user_ids, first_on=first_on, last_on=last_on) if user_ids else {}


__all__ = [
    "AchievementWords",
    "BadRules",
    "Board",
    "BoardEntry",
    "Boards",
    "Finalised",
    "PastReward",
    "Practice",
    "Rulebook",
    "achievement_words",
    "check_ledger",
    "complete_session",
    "finalise_leagues",
    "practice",
    "preview_leagues",
    "rebuild_boards",
    "rewards_since",
    "rulebook",
    "streaks_at_risk",
]
