"""SQL of who works on which course. Each function is one round trip unless it says otherwise."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_ROLE = text("SELECT role FROM catalog_collaborator WHERE course_id = :course_id AND user_id = :user_id")
_ADD = text("""
    INSERT INTO catalog_collaborator (course_id, user_id, role) VALUES (:course_id, :user_id, :role)
    ON CONFLICT (course_id, user_id) DO UPDATE SET role = excluded.role
""")
_EXISTS = text("SELECT EXISTS (SELECT FROM catalog_course WHERE id = :course_id)")
_COUNT_OWNED = text("SELECT count(*) FROM catalog_collaborator WHERE user_id = :user_id AND role = 'owner'")

_AMONG = text("""
    SELECT m.user_id, m.course_id FROM catalog_collaborator m
    JOIN unnest(CAST(:users AS uuid[]), CAST(:courses AS uuid[])) AS g (user_id, course_id)
        ON (m.user_id, m.course_id) = (g.user_id, g.course_id)
""")

_MINE = text("""
    SELECT c.id, c.slug, coalesce(convert_from(d.body, 'UTF8')::json ->> 'title', c.title) AS title, m.role,
        c.published_revision_id IS NOT NULL AS published, c.retired_at, d.version, d.state,
        coalesce(d.version > d.clean_version, false) AS changed, coalesce(d.updated_at, c.created_at) AS updated_at
    FROM catalog_course c
    LEFT JOIN catalog_collaborator m ON m.course_id = c.id AND m.user_id = :user_id
    LEFT JOIN catalog_draft d ON d.course_id = c.id
    WHERE (m.user_id IS NOT NULL OR :all) AND (CAST(:after AS uuid) IS NULL OR c.id < :after)
    ORDER BY c.id DESC LIMIT :most
""")

# Of two places in one course the one with more rights stays.
_MERGE = text("""
    WITH left_places AS (DELETE FROM catalog_collaborator WHERE user_id = :from_id RETURNING course_id, role)
    INSERT INTO catalog_collaborator (course_id, user_id, role)
    SELECT course_id, :into_id, role FROM left_places
    ON CONFLICT (course_id, user_id) DO UPDATE SET role = CASE
        WHEN 'owner' IN (catalog_collaborator.role, excluded.role) THEN 'owner'
        WHEN 'editor' IN (catalog_collaborator.role, excluded.role) THEN 'editor' ELSE 'reviewer' END
""")
_MERGE_COMMENTS = text("UPDATE catalog_comment SET author_id = :into_id WHERE author_id = :from_id")
_MERGE_LOG = text("UPDATE catalog_publish_log SET by_id = :into_id WHERE by_id = :from_id")
_MERGE_IMPORTS = text("UPDATE catalog_import SET owner_id = :into_id WHERE owner_id = :from_id")

_MERGE_INVITED = text("UPDATE catalog_invitation SET user_id = :into_id WHERE user_id = :from_id")
_MERGE_INVITING = text("UPDATE catalog_invitation SET by_id = :into_id WHERE by_id = :from_id")
_MERGE_EDITED = text("""
    UPDATE catalog_draft
    SET edited_by = array_append(array_remove(array_remove(edited_by, :from_id), :into_id), :into_id)
    WHERE :from_id = ANY(edited_by)
""").bindparams(sa.bindparam("from_id", type_=sa.Uuid()), sa.bindparam("into_id", type_=sa.Uuid()))

_MERGING = (
    *(_MERGE, _MERGE_COMMENTS, _MERGE_LOG, _MERGE_IMPORTS),
    *(_MERGE_INVITED, _MERGE_INVITING, _MERGE_EDITED),
)

_FORGET = (
    text("DELETE FROM catalog_collaborator WHERE user_id = :user_id"),
    text("DELETE FROM catalog_comment WHERE author_id = :user_id"),
    text("DELETE FROM catalog_invitation WHERE user_id = :user_id OR by_id = :user_id"),
    text("UPDATE catalog_draft SET edited_by = array_remove(edited_by, :user_id) WHERE :user_id = ANY(edited_by)"),
    text("DELETE FROM catalog_import WHERE owner_id = :user_id"),
    text("UPDATE catalog_publish_log SET by_id = NULL WHERE by_id = :user_id"),
)


class Mine(NamedTuple):
    """A course that somebody works on; `role` is null for staff that has none of its own."""

    id: UUID
    slug: str
    title: str
    role: str | None
    published: bool
    retired_at: datetime | None
    version: int | None
    state: str | None
    changed: bool
    updated_at: datetime


async def role(session: AsyncSession, course_id: UUID, user_id: UUID) -> str | None:
    found: str | None = await session.scalar(_ROLE, {"course_id": course_id, "user_id": user_id})
    return found


async def course_exists(session: AsyncSession, course_id: UUID) -> bool:
    return bool(await session.scalar(_EXISTS, {"course_id": course_id}))


async def add(session: AsyncSession, course_id: UUID, user_id: UUID, role: str) -> None:
    await session.execute(_ADD, {"course_id": course_id, "user_id": user_id, "role": role})


async def count_owned(session: AsyncSession, user_id: UUID) -> int:
    return (await session.scalar(_COUNT_OWNED, {"user_id": user_id})) or 0


async def mine(session: AsyncSession, user_id: UUID, *, everything: bool, after: UUID | None, most: int) -> list[Mine]:
    """Courses that somebody works on, the newest first; with `everything` all there are."""
    values = {"user_id": user_id, "all": everything, "after": after, "most": most}
    return [Mine(*row) for row in await session.execute(_MINE, values)]


async def merge(session: AsyncSession, from_id: UUID, into_id: UUID) -> None:
    """Makes one person's part in courses another's. A few round trips."""
    for statement in _MERGING:
        await session.execute(statement, {"from_id": from_id, "into_id": into_id})


async def forget(session: AsyncSession, user_id: UUID) -> None:
    """A course whose owner is gone has none. A few round trips."""
    for statement in _FORGET:
        await session.execute(statement, {"user_id": user_id})


async def among(session: AsyncSession, pairs: Collection[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    """Those of `pairs`, as person and course, in which the one works on the other."""
    values = {"users": [user_id for user_id, _ in pairs], "courses": [course_id for _, course_id in pairs]}
    return {(row[0], row[1]) for row in await session.execute(_AMONG, values)}
