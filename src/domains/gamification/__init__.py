"""XP, streaks, weekly leagues, boards, goals, achievements, quests, and gems with what they buy.

Owns what practice earns. Does not own what was practised or whether it was right (learning, catalog).

Decision: the XP ledger is written in the transaction that completes a lesson, everything shown is a sum over it.
Context: rewards given by a later job are lost, doubled or late under kills.
Consequence: balances, league sums and boards can be checked against the ledger, and built from it again.
"""

from domains.gamification.controllers.achievements import AchievementsController, BadgesController
from domains.gamification.controllers.goals import GoalsController
from domains.gamification.controllers.leaderboards import LeaderboardsController
from domains.gamification.controllers.quests import QuestsController
from domains.gamification.controllers.rankings import RankingsController
from domains.gamification.controllers.sessions import CompletionController, SyncController
from domains.gamification.controllers.shop import GemsController, ShopController
from domains.gamification.controllers.streaks import StreaksController
from domains.gamification.events import (
    AchievementAwarded,
    FriendQuestBegun,
    FriendQuestInvited,
    GemsChanged,
    GoalReached,
    LeagueEntered,
    LeagueFinished,
    LessonRewarded,
    MonthlyBadgeEarned,
    QuestClaimed,
    StandingsMoved,
    StreakExtended,
    StreakKept,
    StreakMilestoneReached,
)
from domains.gamification.handlers import SUBSCRIPTIONS
from domains.gamification.jobs import JOBS
from domains.gamification.rights import PERSONAL_DATA
from domains.kernel.domain import Domain

DOMAIN = Domain(
    "gamification",
    routes=[
        CompletionController,
        SyncController,
        GoalsController,
        AchievementsController,
        BadgesController,
        LeaderboardsController,
        RankingsController,
        StreaksController,
        GemsController,
        ShopController,
        QuestsController,
    ],
    events=[
        GoalReached,
        LessonRewarded,
        LeagueEntered,
        LeagueFinished,
        StreakExtended,
        StreakKept,
        StreakMilestoneReached,
        StandingsMoved,
        GemsChanged,
        QuestClaimed,
        MonthlyBadgeEarned,
        FriendQuestInvited,
        FriendQuestBegun,
        AchievementAwarded,
    ],
    subscriptions=SUBSCRIPTIONS,
    jobs=JOBS,
    personal_data=PERSONAL_DATA,
)
