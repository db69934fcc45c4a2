"""The front door of gamification."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from domains.gamification.rulebook import BadRules, Rulebook, rulebook
from domains.gamification.schemas import Board, BoardEntry
from domains.gamification.service import streaks
from domains.gamification.service.achievements import Words as AchievementWords
from domains.gamification.service.achievements import words as achievement_words
from domains.gamification.service.boards import Boards
from domains.gamification.service.corrections import Corrected, correct_by_hand
from domains.gamification.service.finalising import Finalised
from domains.gamification.service.finalising import finalise_due as finalise_leagues
from domains.gamification.service.finalising import preview_due as preview_leagues
from domains.gamification.service.friend_quests import name_of as quest_name
from domains.gamification.service.ledger import check_ledger, rebuild_boards
from domains.gamification.service.past import PastReward, rewards_since
from domains.gamification.service.recaps import Recap, recaps
from domains.gamification.service.rewards import complete_session
from domains.kernel.uow import UnitOfWork


async def streaks_at_risk(uow: UnitOfWork, today: Mapping[UUID, date]) -> dict[UUID, int]:
    """Days of the streaks that are lost unless their owners practise before their own `today` is over: no freeze and
    no weekend keeps them. Whoever wants to hear nothing of streaks is left out."""
    return await streaks.at_risk(uow, today) if today else {}


__all__ = [
    "AchievementWords",
    "BadRules",
    "Board",
    "BoardEntry",
    "Boards",
    "Corrected",
    "Finalised",
    "PastReward",
    "Recap",
    "Rulebook",
    "achievement_words",
    "check_ledger",
    "complete_session",
    "correct_by_hand",
    "finalise_leagues",
    "preview_leagues",
    "quest_name",
    "rebuild_boards",
    "recaps",
    "rewards_since",
    "rulebook",
    "streaks_at_risk",
]
