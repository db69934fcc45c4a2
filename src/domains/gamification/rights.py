"""What gamification holds about a person.

Next to nothing of it is erased with an account: ledgers, leagues and streaks are numbers under an id that leads to
nobody then, and the standings of everybody else follow from them. What was shared with friends and invitations go.
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
        "standings",
        """
        SELECT scope_id, entries, last_xp_at, day_on, day_score, week_on, week_score, month_on, month_score, all_score
        FROM gamification_standing WHERE user_id = :user_id ORDER BY scope_id
        """,
    ),
    PersonalData(
        "leagues",
        """
        SELECT m.week_on, l.tier, m.xp, m.entries, m.joined_at, m.last_xp_at, m.left_at,
            m.final_rank, m.tier_after
        FROM gamification_league_member m JOIN gamification_league l ON l.id = m.league_id
        WHERE m.user_id = :user_id ORDER BY m.week_on, m.league_id
        """,
    ),
    PersonalData(
        "gems",
        """
        SELECT e.id, e.cause, e.amount, e.created_at FROM gamification_gem_entry e WHERE e.user_id = :user_id
        ORDER BY e.id
        """,
    ),
    PersonalData(
        "achievements",
        """
        SELECT achievement, level, version, gems, awarded_at, local_on FROM gamification_achievement
        WHERE user_id = :user_id ORDER BY awarded_at, achievement, level
        """,
    ),
    PersonalData(
        "friend_quests",
        """
        SELECT q.id, q.quest, q.metric, q.target, q.gems, q.inviter_id, q.invitee_id, q.created_at, q.began_at,
            q.ends_at, m.running
        FROM gamification_friend_quest q
        LEFT JOIN gamification_friend_quest_member m ON m.quest_id = q.id AND m.user_id = :user_id
        WHERE :user_id IN (q.inviter_id, q.invitee_id) ORDER BY q.id
        """,
    ),
    PersonalData("purse", "SELECT gems FROM gamification_purse WHERE user_id = :user_id"),
)
