"""XP, streaks and weekly leagues.

Owns what practice earns. Does not own what was practised or whether it was right (learning, catalog).

Decision: the XP ledger is written in the transaction that completes a lesson, everything shown is a sum over it.
Context: rewards given by a later job are lost, doubled or late under kills.
Consequence: balances, league sums and boards can be checked against the ledger, and built from it again.
"""

from domains.gamification.controllers.goals import GoalsController
from domains.gamification.controllers.leaderboards import LeaderboardsController
from domains.gamification.controllers.sessions import CompletionController, SyncController
from domains.gamification.controllers.streaks import StreaksController
from domains.gamification.events import (
    GemsChanged,
    GoalReached,
    LeagueEntered,
    LessonRewarded,
    StandingsMoved,
    StreakExtended,
    StreakKept,
    StreakMilestoneReached,
)
from domains.gamification.handlers import SUBSCRIPTIONS
from domains.gamification.rights import PERSONAL_DATA
from domains.kernel.domain import Domain

DOMAIN = Domain(
    "gamification",
    routes=[CompletionController, SyncController, GoalsController, LeaderboardsController, StreaksController],
    events=[
        GoalReached,
        LessonRewarded,
        LeagueEntered,
        StreakExtended,
        StreakKept,
        StreakMilestoneReached,
        StandingsMoved,
        GemsChanged,
    ],
    subscriptions=SUBSCRIPTIONS,
    personal_data=PERSONAL_DATA,
)
