"""What gamification holds about a person.

Nothing of it is erased with an account: ledger, leagues and streaks are numbers under an id that leads to nobody then,
and the standings of everybody else follow from them.
"""

from domains.kernel.domain import PersonalData

PERSONAL_DATA = (
    PersonalData(
        "xp",
        """
        SELECT e.id, e.cause, e.amount, e.xp_total_after, e.local_on, e.time_zone, e.occurred_at, e.league_id,
            e.points, e.factor, e.easy
        FROM gamification_xp_entry e WHERE e.user_id = :user_id ORDER BY e.id
        """,
    ),
    PersonalData(
        "balance", "SELECT xp, day_on, day_xp, day_easy_xp FROM gamification_balance WHERE user_id = :user_id"
    ),
    PersonalData(
        "boosts",
        """
        SELECT id, cause, factor, starts_at, ends_at, created_at FROM gamification_boost
        WHERE user_id = :user_id ORDER BY id
        """,
    ),
    PersonalData(
        "goals",
        "SELECT local_on, goal_xp, reached_at FROM gamification_goal_day WHERE user_id = :user_id ORDER BY local_on",
    ),
    PersonalData(
        "streak", "SELECT current_days, longest_days, last_on FROM gamification_streak WHERE user_id = :user_id"
    ),
    PersonalData(
        "streak_days",
        """
        SELECT k.local_on, k.kind, k.freeze_id, k.time_zone, k.created_at
        FROM gamification_streak_kept k WHERE k.user_id = :user_id ORDER BY k.local_on
        """,
    ),
    PersonalData(
        "freezes",
        """
        SELECT id, cause, gained_on, time_zone, created_at FROM gamification_freeze
        WHERE user_id = :user_id ORDER BY id
        """,
    ),
    PersonalData(
        "friend_streaks",
        """
        SELECT asker_id, asked_id, began_on, created_at FROM gamification_friend_streak
        WHERE asker_id = :user_id OR asked_id = :user_id ORDER BY created_at, asker_id, asked_id
        """,
    ),
    PersonalData(
        "leagues",
        """
        SELECT m.week_on, l.tier, m.xp, m.entries, m.joined_at, m.last_xp_at
        FROM gamification_league_member m JOIN gamification_league l ON l.id = m.league_id
        WHERE m.user_id = :user_id ORDER BY m.week_on, m.league_id
        """,
    ),
)
