"""SQL that makes one person's friends, followers and blocks another's, in one transaction.

What both had stays as the account that stays had it. Former blocks are put into force before anything else is moved.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_HANDLE = text("""
    UPDATE profiles_handle h SET user_id = :into_id, kept_until = CASE
        WHEN h.kept_until IS NULL AND EXISTS (
            SELECT FROM profiles_handle WHERE user_id = :into_id AND kept_until IS NULL) THEN :until
        ELSE h.kept_until END
    WHERE h.user_id = :from_id
""")
_BLOCKS = (
    text("""
        INSERT INTO profiles_block (blocker_id, blocked_id, shown_name, at)
        SELECT CAST(:into_id AS uuid), blocked_id, shown_name, at FROM profiles_block
        WHERE blocker_id = :from_id AND blocked_id <> :into_id ON CONFLICT DO NOTHING
    """),
    text("""
        INSERT INTO profiles_block (blocker_id, blocked_id, shown_name, at)
        SELECT blocker_id, CAST(:into_id AS uuid), shown_name, at FROM profiles_block
        WHERE blocked_id = :from_id AND blocker_id <> :into_id ON CONFLICT DO NOTHING
    """),
    text("DELETE FROM profiles_block WHERE :from_id IN (blocker_id, blocked_id)"),
)
_FOLLOWS = (
    text("""
        INSERT INTO profiles_follow (follower_id, followed_id, at)
        SELECT CAST(:into_id AS uuid), followed_id, at FROM profiles_follow
        WHERE follower_id = :from_id AND followed_id <> :into_id ON CONFLICT DO NOTHING
    """),
    text("""
        INSERT INTO profiles_follow (follower_id, followed_id, at)
        SELECT follower_id, CAST(:into_id AS uuid), at FROM profiles_follow
        WHERE followed_id = :from_id AND follower_id <> :into_id ON CONFLICT DO NOTHING
    """),
    text("DELETE FROM profiles_follow WHERE :from_id IN (follower_id, followed_id)"),
)
# Requests are not moved: who was asked, or asks, was somebody else.
_FRIENDSHIPS = (
    text("""
        INSERT INTO profiles_bond AS b (low_id, high_id, state, asker_id, at)
        SELECT least(f.id, :into_id), greatest(f.id, :into_id), 'friends', f.id, f.at FROM (
            SELECT CASE WHEN low_id = :from_id THEN high_id ELSE low_id END AS id, at
            FROM profiles_bond WHERE :from_id IN (low_id, high_id) AND state = 'friends'
        ) f WHERE f.id <> :into_id
        ON CONFLICT (low_id, high_id) DO UPDATE SET
            state = excluded.state, asker_id = excluded.asker_id, at = excluded.at
        WHERE b.state <> 'friends'
    """),
    text("DELETE FROM profiles_bond WHERE :from_id IN (low_id, high_id)"),
)
_UNBOUND = (
    text("""
        DELETE FROM profiles_bond b USING profiles_block k
        WHERE :into_id IN (k.blocker_id, k.blocked_id) AND b.low_id = least(k.blocker_id, k.blocked_id)
          AND b.high_id = greatest(k.blocker_id, k.blocked_id)
    """),
    text("""
        DELETE FROM profiles_follow f USING profiles_block k
        WHERE :into_id IN (k.blocker_id, k.blocked_id)
          AND (f.follower_id, f.followed_id) IN ((k.blocker_id, k.blocked_id), (k.blocked_id, k.blocker_id))
    """),
)
_ACTIVITY = (
    text("""
        UPDATE profiles_activity a SET user_id = :into_id WHERE a.user_id = :from_id AND NOT EXISTS (
            SELECT FROM profiles_activity o WHERE o.user_id = :into_id AND o.cause = a.cause)
    """),
    text("DELETE FROM profiles_activity WHERE user_id = :from_id"),
    text("""
        INSERT INTO profiles_kudos (activity_id, user_id, at)
        SELECT activity_id, CAST(:into_id AS uuid), at FROM profiles_kudos WHERE user_id = :from_id
        ON CONFLICT DO NOTHING
    """),
    text("""
        DELETE FROM profiles_kudos k USING profiles_activity a
        WHERE a.id = k.activity_id AND (k.user_id = :from_id OR k.user_id = :into_id AND a.user_id = :into_id)
    """),
)
_WEARS = (
    text("""
        UPDATE profiles_profile p SET wears = f.wears || p.wears FROM profiles_profile f
        WHERE p.user_id = :into_id AND f.user_id = :from_id
    """),
)
_REPORTS = (
    text("""
        UPDATE profiles_report r SET reporter_id = :into_id
        WHERE r.reporter_id = :from_id AND r.reported_id <> :into_id AND NOT EXISTS (
            SELECT FROM profiles_report o WHERE o.reporter_id = :into_id AND o.reported_id = r.reported_id)
    """),
    text("""
        UPDATE profiles_report r SET reported_id = :into_id
        WHERE r.reported_id = :from_id AND r.reporter_id <> :into_id AND NOT EXISTS (
            SELECT FROM profiles_report o WHERE o.reported_id = :into_id AND o.reporter_id = r.reporter_id)
    """),
)


async def merge(session: AsyncSession, from_id: UUID, into_id: UUID, *, handle_kept_until: datetime) -> None:
    """Both are held. A handle that is one too many is kept until then."""
    both = {"from_id": from_id, "into_id": into_id}
    await session.execute(_HANDLE, both | {"until": handle_kept_until})
    for statement in (*_BLOCKS, *_FOLLOWS, *_FRIENDSHIPS, *_UNBOUND, *_ACTIVITY, *_WEARS, *_REPORTS):
        names = statement.compile().params.keys()
        await session.execute(statement, {name: both[name] for name in names})
