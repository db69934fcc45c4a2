"""Tables of gamification. The ledger `gamification_xp_entry` is the truth: rows are added, never changed.

Balance, member rollups and boards repeat its sums; `service.ledger` checks and mends them.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    func,
    text,
)
from sqlalchemy import false as no
from sqlalchemy.orm import Mapped, mapped_column

from domains.kernel.models import Base, Dated, Identified, Moment


class League(Identified, Dated, Base):
    """One cohort of one tier in one week."""

    __tablename__ = "gamification_league"

    week_on: Mapped[date] = mapped_column(Date)
    tier: Mapped[int] = mapped_column(SmallInteger)
    number: Mapped[int] = mapped_column(Integer)
    """Counts the cohorts of a tier and week from 1; two that are opened at once collide here, so one fills first."""
    finalised_at: Mapped[datetime | None] = mapped_column(Moment)
    """When its end was written down and paid for."""
    salt: Mapped[UUID] = mapped_column(server_default=func.gen_random_uuid())
    """Never shown: what members who take part unseen are called follows from it."""
    moves: Mapped[int] = mapped_column(Integer, server_default="0")
    """How often its board became another one than more XP makes of it: who is on it, or what they are called."""

    __table_args__ = (
        Index("uq_gamification_league_number", "week_on", "tier", "number", unique=True),
        Index("ix_gamification_league_unfinished", "week_on", "id", postgresql_where=text("finalised_at IS NULL")),
    )


class LeagueSeat(Base):
    """A free seat. Who takes it deletes it; those of a league that is over are deleted when it is finalised."""

    __tablename__ = "gamification_league_seat"

    league_id: Mapped[UUID] = mapped_column(ForeignKey("gamification_league.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    week_on: Mapped[date] = mapped_column(Date)
    tier: Mapped[int] = mapped_column(SmallInteger)
    pace: Mapped[int] = mapped_column(SmallInteger)
    """Of who opened the league, as `policy.leagues` counts it."""
    utc_hours: Mapped[int] = mapped_column(SmallInteger)
    """How far their clock is ahead of UTC."""

    __table_args__ = (Index("ix_gamification_league_seat_week_on", "week_on", "tier"),)


class LeagueMember(Base):
    """A learner's week: the sum of their ledger entries in the league."""

    __tablename__ = "gamification_league_member"

    league_id: Mapped[UUID] = mapped_column(ForeignKey("gamification_league.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), primary_key=True)
    week_on: Mapped[date] = mapped_column(Date)
    xp: Mapped[int] = mapped_column(Integer)
    entries: Mapped[int] = mapped_column(Integer)
    joined_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    last_xp_at: Mapped[datetime] = mapped_column(Moment)
    """Whole milliseconds; breaks ties: who got there first stands higher."""
    left_at: Mapped[datetime | None] = mapped_column(Moment)
    """Since when they are not shown in it and nothing more counts; None where they take part."""
    final_rank: Mapped[int | None] = mapped_column(SmallInteger)
    """With `tier_after` None until the league was finalised, and for who has left it."""
    tier_after: Mapped[int | None] = mapped_column(SmallInteger)

    __table_args__ = (Index("uq_gamification_league_member_week", "user_id", "week_on", unique=True),)


class XpEntry(Identified, Base):
    """One cause of XP. The database refuses to update it."""

    __tablename__ = "gamification_xp_entry"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"))
    cause: Mapped[str] = mapped_column(Text)
    """`lesson:{session_id}`, `view:{lesson_id}` or `practice:{session_id}`; of corrections `regrade:{session_id}:…` and
    `correct:{id}`."""
    amount: Mapped[int] = mapped_column(Integer)
    """Negative for a correction."""
    league_id: Mapped[UUID | None] = mapped_column(ForeignKey("gamification_league.id"))
    """None where it counts and is on no board: it came after the week was over, or looks like no person's."""
    local_on: Mapped[date] = mapped_column(Date)
    time_zone: Mapped[str] = mapped_column(Text)
    occurred_at: Mapped[datetime] = mapped_column(Moment)
    xp_total_after: Mapped[int] = mapped_column(Integer)
    points: Mapped[int | None] = mapped_column(Integer)
    """What the work was worth before boosts, bonuses and caps; None where it is as old as when they were one."""
    factor: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    """Of the boost under which it was earned."""
    easy: Mapped[bool] = mapped_column(server_default=no())
    """Counts towards the cap on what there is no end of."""
    course_id: Mapped[UUID | None] = mapped_column()
    """What was learned. Not a foreign key: an entry outlives its course."""

    __table_args__ = (
        Index("uq_gamification_xp_entry_cause", "user_id", "cause", unique=True),
        Index("ix_gamification_xp_entry_league", "league_id", "user_id"),
        Index("ix_gamification_xp_entry_day", "user_id", "local_on", postgresql_include=["amount"]),
        Index("ix_gamification_xp_entry_unranked", "user_id", "id", postgresql_where=text("league_id IS NULL")),
        Index(
            "ix_gamification_xp_entry_ranked",
            "user_id",
            postgresql_include=["course_id", "occurred_at", "amount"],
            postgresql_where=text("league_id IS NOT NULL"),
        ),
    )


class StandingRow(Base):
    """What a learner's ranked entries sum up to, everywhere or in one course, in the periods of the latest of them.
    Scores are those of `policy.standings`; one without entries is on no board."""

    __tablename__ = "gamification_standing"

    scope_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("identity_user.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    entries: Mapped[int] = mapped_column(Integer)
    last_xp_at: Mapped[datetime] = mapped_column(Moment)
    day_on: Mapped[date | None] = mapped_column(Date)
    day_score: Mapped[int | None] = mapped_column(BigInteger)
    week_on: Mapped[date | None] = mapped_column(Date)
    week_score: Mapped[int | None] = mapped_column(BigInteger)
    month_on: Mapped[date | None] = mapped_column(Date)
    month_score: Mapped[int | None] = mapped_column(BigInteger)
    all_score: Mapped[int | None] = mapped_column(BigInteger)
    changed_at: Mapped[datetime] = mapped_column(Moment, index=True)
    """By the clock at the statement; views read what is newer than they are."""

    __table_args__ = (
        Index("ix_gamification_standing_day", "scope_id", "day_on", "day_score", "user_id"),
        Index("ix_gamification_standing_week", "scope_id", "week_on", "week_score", "user_id"),
        Index("ix_gamification_standing_month", "scope_id", "month_on", "month_score", "user_id"),
        Index("ix_gamification_standing_all", "scope_id", "all_score", "user_id"),
    )


class Balance(Base):
    """All XP of a learner. Its row is also the lock under which a learner's rewards are counted one by one."""

    __tablename__ = "gamification_balance"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), primary_key=True)
    xp: Mapped[int] = mapped_column(Integer, server_default="0")
    day_on: Mapped[date | None] = mapped_column(Date)
    """The latest local date with an entry."""
    day_xp: Mapped[int] = mapped_column(Integer, server_default="0")
    """What was earned on it."""
    day_easy_xp: Mapped[int] = mapped_column(Integer, server_default="0")
    """Of which by easy work."""


class Boost(Identified, Dated, Base):
    """A time in which practice pays `factor` times as much."""

    __tablename__ = "gamification_boost"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"))
    cause: Mapped[str] = mapped_column(Text)
    factor: Mapped[int] = mapped_column(SmallInteger)
    starts_at: Mapped[datetime] = mapped_column(Moment)
    ends_at: Mapped[datetime] = mapped_column(Moment)

    __table_args__ = (
        CheckConstraint("factor BETWEEN 2 AND 5 AND starts_at < ends_at", name="boost"),
        Index("uq_gamification_boost_cause", "user_id", "cause", unique=True),
        Index("ix_gamification_boost_ends_at", "user_id", "ends_at"),
    )


class GoalDay(Base):
    """A local day on which somebody reached their goal of that day. Rows are added, never changed."""

    __tablename__ = "gamification_goal_day"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), primary_key=True)
    local_on: Mapped[date] = mapped_column(Date, primary_key=True)
    goal_xp: Mapped[int] = mapped_column(Integer)
    reached_at: Mapped[datetime] = mapped_column(Moment)


class StreakRow(Base):
    __tablename__ = "gamification_streak"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), primary_key=True)
    current_days: Mapped[int] = mapped_column(Integer, server_default="0")
    longest_days: Mapped[int] = mapped_column(Integer, server_default="0")
    last_on: Mapped[date | None] = mapped_column(Date)


class SessionResult(Dated, Base):
    """What completing a session was answered with, so that asking again gives the same."""

    __tablename__ = "gamification_session_result"

    session_id: Mapped[UUID] = mapped_column(ForeignKey("learning_session.id", ondelete="CASCADE"), primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class KeptDayRow(Base):
    """A day without practice that ended no streak. It stays when the day turns out to have been practised; a freeze
    that was spent on it is free again then."""

    __tablename__ = "gamification_streak_kept"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), primary_key=True)
    local_on: Mapped[date] = mapped_column(Date, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    """Of `policy.streaks.Kept`."""
    freeze_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("gamification_freeze.id", ondelete="SET NULL"), index=True
    )
    time_zone: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())


class FreezeRow(Identified, Dated, Base):
    """A streak freeze, and by what it came. Spent on the day that names it."""

    __tablename__ = "gamification_freeze"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"))
    cause: Mapped[str] = mapped_column(Text)
    gained_on: Mapped[date] = mapped_column(Date)
    time_zone: Mapped[str] = mapped_column(Text)

    __table_args__ = (Index("uq_gamification_freeze_cause", "user_id", "cause", unique=True),)


class FriendStreakRow(Base):
    """Two friends who practise on the same days, or an invitation to. Its days are counted from both their ledgers."""

    __tablename__ = "gamification_friend_streak"

    asker_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), primary_key=True)
    asked_id: Mapped[UUID] = mapped_column(
        ForeignKey("identity_user.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    began_on: Mapped[date | None] = mapped_column(Date)
    """By the calendar of who accepted; None while it is an invitation."""
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())


class GemEntry(Identified, Dated, Base):
    """One cause of gems, earned or spent. The database refuses to update it."""

    __tablename__ = "gamification_gem_entry"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"))
    cause: Mapped[str] = mapped_column(Text)
    """`quest:…`, `badge:{month}`, `own:{item}`, `buy:{item}:{id}` and what others pay for."""
    amount: Mapped[int] = mapped_column(Integer)
    """Negative where they were spent."""

    __table_args__ = (
        CheckConstraint("amount <> 0", name="amount"),
        Index("uq_gamification_gem_entry_cause", "user_id", "cause", unique=True),
        Index("ix_gamification_gem_entry_user_id", "user_id", "id"),
    )


class Purse(Base):
    """All gems of a learner. Its row is the lock under which they are spent."""

    __tablename__ = "gamification_purse"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), primary_key=True)
    gems: Mapped[int] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(Integer, server_default="0")
    """Grows with every change, so that of two balances the later is known."""

    __table_args__ = (CheckConstraint("gems >= 0", name="gems"),)


class FriendQuest(Identified, Dated, Base):
    """An invitation to a quest, and the quest once it was accepted; what it asks is as it was when it was offered."""

    __tablename__ = "gamification_friend_quest"

    quest: Mapped[str] = mapped_column(Text)
    metric: Mapped[str] = mapped_column(Text)
    target: Mapped[int] = mapped_column(Integer)
    gems: Mapped[int] = mapped_column(Integer)
    """For each of the two."""
    inviter_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), index=True)
    invitee_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), index=True)
    began_at: Mapped[datetime | None] = mapped_column(Moment)
    """None for an invitation."""
    ends_at: Mapped[datetime] = mapped_column(Moment)
    """Of the invitation, as long as it is one."""

    __table_args__ = (
        CheckConstraint("inviter_id <> invitee_id", name="two"),
        Index(
            "uq_gamification_friend_quest_invited",
            "inviter_id",
            "invitee_id",
            unique=True,
            postgresql_where=text("began_at IS NULL"),
        ),
    )


class FriendQuestMember(Base):
    """Who does a friend quest; at most one at a time."""

    __tablename__ = "gamification_friend_quest_member"

    quest_id: Mapped[UUID] = mapped_column(
        ForeignKey("gamification_friend_quest.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), primary_key=True)
    running: Mapped[bool] = mapped_column()
    """False once it is over, or its gems were taken."""

    __table_args__ = (
        Index("uq_gamification_friend_quest_member_running", "user_id", unique=True, postgresql_where=text("running")),
    )


class AchievementRow(Base):
    """A level of an achievement that somebody has reached. Never taken back, whatever becomes of its rules."""

    __tablename__ = "gamification_achievement"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), primary_key=True)
    achievement: Mapped[str] = mapped_column(Text, primary_key=True)
    level: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
    """Of the rules that it was given under."""
    gems: Mapped[int] = mapped_column(Integer)
    """What it paid."""
    awarded_at: Mapped[datetime] = mapped_column(Moment)
    """When what was earned last before it was earned."""
    local_on: Mapped[date | None] = mapped_column(Date)
    """The learner's own date then."""
