"""Tables of profiles. Every account has a profile, made with it; its row is the lock for what happens between people.

A pair of people has one row of `profiles_bond`, whoever asked, so a friendship cannot be there for one of them only.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, LargeBinary, SmallInteger, Text, false, true
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from domains.kernel.models import Base, Dated, Identified, Moment


def _person(*, key: bool = False, index: bool | None = None) -> Mapped[UUID]:
    reference = ForeignKey("profiles_profile.user_id", ondelete="CASCADE")
    return mapped_column(reference, primary_key=key, index=index)


class ProfileRow(Base):
    __tablename__ = "profiles_profile"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), primary_key=True)
    bio: Mapped[str] = mapped_column(Text, server_default="")
    visibility: Mapped[str] = mapped_column(Text, server_default="friends")
    """Of `policy.privacy.Visibility`."""
    handle_changed_at: Mapped[datetime | None] = mapped_column(Moment)
    sound: Mapped[bool] = mapped_column(server_default=true())
    daily_goal_xp: Mapped[int] = mapped_column(Integer, server_default="20")
    hearts: Mapped[bool] = mapped_column(server_default=true())
    leagues: Mapped[bool] = mapped_column(server_default=true())
    streaks: Mapped[bool] = mapped_column(server_default=true())
    leagues_hidden: Mapped[bool] = mapped_column(server_default=false())
    wears: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=sql("'{}'::jsonb"))
    """An item of the shop by where it is worn. Whoever sells them says what may be."""
    avatar_sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Of a picture that media keep."""


class HandleRow(Base):
    """A handle that somebody has, or had and could take back until `kept_until`. One table for both, so that its key
    alone decides who gets a handle that two want at once."""

    __tablename__ = "profiles_handle"

    handle: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    """In lower case; sorted by bytes, so that an index finds prefixes."""
    user_id: Mapped[UUID] = _person()
    kept_until: Mapped[datetime | None] = mapped_column(Moment)
    """None for the handle that its owner goes by."""

    __table_args__ = (
        Index("uq_profiles_handle_current", "user_id", unique=True, postgresql_where=sql("kept_until IS NULL")),
        Index("ix_profiles_handle_former", "kept_until", postgresql_where=sql("kept_until IS NOT NULL")),
    )


class BondRow(Base):
    """What is between two people: a friendship, or a request for one."""

    __tablename__ = "profiles_bond"

    low_id: Mapped[UUID] = _person(key=True)
    high_id: Mapped[UUID] = _person(key=True, index=True)
    state: Mapped[str] = mapped_column(Text)
    """Of `policy.bonds.BondState`."""
    asker_id: Mapped[UUID] = mapped_column()
    at: Mapped[datetime] = mapped_column(Moment)
    """When it was asked, or since when they are friends."""

    __table_args__ = (
        CheckConstraint("low_id < high_id AND asker_id IN (low_id, high_id)", name="pair"),
        Index("ix_profiles_bond_open", "at", postgresql_where=sql("state <> 'friends'")),
    )


class FollowRow(Base):
    __tablename__ = "profiles_follow"

    follower_id: Mapped[UUID] = _person(key=True)
    followed_id: Mapped[UUID] = _person(key=True, index=True)
    at: Mapped[datetime] = mapped_column(Moment)


class BlockRow(Base):
    __tablename__ = "profiles_block"

    blocker_id: Mapped[UUID] = _person(key=True)
    blocked_id: Mapped[UUID] = _person(key=True, index=True)
    shown_name: Mapped[str | None] = mapped_column(Text)
    """What the blocker could see then: a list of one's blocks must not tell more, nor less once both block."""
    at: Mapped[datetime] = mapped_column(Moment)


class ReportRow(Identified, Dated, Base):
    """What somebody finds wrong with somebody. `shown_*` is what was to be seen then, whatever is changed later."""

    __tablename__ = "profiles_report"

    reporter_id: Mapped[UUID] = _person()
    reported_id: Mapped[UUID] = _person(index=True)
    reason: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    shown_name: Mapped[str] = mapped_column(Text)
    shown_handle: Mapped[str | None] = mapped_column(Text)
    shown_bio: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default="open")
    handled_by: Mapped[UUID | None] = mapped_column()
    handled_at: Mapped[datetime | None] = mapped_column(Moment)
    note: Mapped[str] = mapped_column(Text, server_default="")

    __table_args__ = (
        Index(
            "uq_profiles_report_open",
            "reporter_id",
            "reported_id",
            unique=True,
            postgresql_where=sql("state IN ('open', 'reviewing')"),
        ),
        Index("ix_profiles_report_reporter_id", "reporter_id", "created_at"),
        Index("ix_profiles_report_state", "state", "id"),
    )


class ActivityRow(Identified, Base):
    """Something that friends may cheer for; its id says when it was."""

    __tablename__ = "profiles_activity"

    user_id: Mapped[UUID] = _person()
    kind: Mapped[str] = mapped_column(Text)
    cause: Mapped[str] = mapped_column(Text)
    course_id: Mapped[UUID | None] = mapped_column()
    lesson_id: Mapped[UUID | None] = mapped_column()
    days: Mapped[int | None] = mapped_column(Integer)
    achievement: Mapped[str | None] = mapped_column(Text)
    level: Mapped[int | None] = mapped_column(SmallInteger)

    __table_args__ = (
        Index("ix_profiles_activity_user_id", "user_id", "id"),
        Index("uq_profiles_activity_cause", "user_id", "cause", unique=True),
    )


class KudosRow(Base):
    __tablename__ = "profiles_kudos"

    activity_id: Mapped[UUID] = mapped_column(ForeignKey("profiles_activity.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = _person(key=True, index=True)
    at: Mapped[datetime] = mapped_column(Moment)
