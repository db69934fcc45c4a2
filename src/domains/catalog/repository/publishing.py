"""SQL of what is published when, and what was done about that. Each function is one round trip."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.kernel.ids import new_id

Action = Literal[
    "published",
    "rolled_back",
    "scheduled",
    "unscheduled",
    "retired",
    "restored",
    "submitted",
    "returned",
    "approved",
]

_LOG = text("""
    INSERT INTO catalog_publish_log (id, course_id, revision_id, action, by_id, note)
    VALUES (:id, :course_id, :revision_id, :action, :by_id, :note)
""")
_LINES = text("""
    SELECT l.id, l.action, r.number, l.by_id, l.note, l.at
    FROM catalog_publish_log l LEFT JOIN catalog_revision r ON r.id = l.revision_id
    WHERE l.course_id = :course_id AND (CAST(:after AS uuid) IS NULL OR l.id < :after)
    ORDER BY l.id DESC LIMIT :most
""")
_REVISIONS = text("""
    SELECT r.id, r.number, r.published_at, r.id = c.published_revision_id AS current, length(r.content) AS size_bytes,
        l.by_id, coalesce(l.note, '') AS note
    FROM catalog_revision r JOIN catalog_course c ON c.id = r.course_id
    LEFT JOIN LATERAL (
        SELECT by_id, note FROM catalog_publish_log
        WHERE course_id = r.course_id AND revision_id = r.id AND action = 'published' ORDER BY id LIMIT 1
    ) l ON true
    WHERE r.course_id = :course_id AND (CAST(:below AS int) IS NULL OR r.number < :below)
    ORDER BY r.number DESC LIMIT :most
""")
_OF_NUMBER = text("SELECT id FROM catalog_revision WHERE course_id = :course_id AND number = :number")
_POINT = text("UPDATE catalog_course SET published_revision_id = :revision_id WHERE id = :course_id")
_RETIRE = text("""
    UPDATE catalog_course SET retired_at = :at WHERE id = :course_id AND (retired_at IS NULL) = (:at IS NOT NULL)
    RETURNING true
""").bindparams(sa.bindparam("at", type_=sa.DateTime(timezone=True)))
_STATE = text("""
    UPDATE catalog_draft SET state = :state, approved_version = :approved_version WHERE course_id = :course_id
""")
_REVIEW = text("UPDATE catalog_draft SET review_required = :required WHERE course_id = :course_id")
_PLAN = text("UPDATE catalog_draft SET publish_at = :at, publish_version = :version WHERE course_id = :course_id")
_DUE = text("""
    SELECT d.course_id, (
        SELECT l.by_id FROM catalog_publish_log l
        WHERE l.course_id = d.course_id AND l.action = 'scheduled' ORDER BY l.id DESC LIMIT 1
    ) AS by_id
    FROM catalog_draft d WHERE d.publish_at <= :now ORDER BY d.publish_at LIMIT :most
""")
_ID_OF_SLUG = text("SELECT id FROM catalog_course WHERE slug = :slug")
_ALL = text("""
    SELECT c.id, c.slug, coalesce(convert_from(d.body, 'UTF8')::json ->> 'title', c.title) AS title, r.number,
        c.retired_at, coalesce(d.version > d.clean_version, false) AS changed, coalesce(d.state, 'draft') AS state,
        d.publish_at, c.lessons, c.exercises
    FROM catalog_course c
    LEFT JOIN catalog_revision r ON r.id = c.published_revision_id
    LEFT JOIN catalog_draft d ON d.course_id = c.id
    WHERE CAST(:course_id AS uuid) IS NULL OR c.id = :course_id
    ORDER BY c.slug
""")


class Line(NamedTuple):
    id: UUID
    action: Action
    number: int | None
    by_id: UUID | None
    note: str
    at: datetime


class RevisionLine(NamedTuple):
    id: UUID
    number: int
    published_at: datetime
    current: bool
    size_bytes: int
    by_id: UUID | None
    note: str


class Standing(NamedTuple):
    """A course at a glance; `number` is that of the published revision."""

    id: UUID
    slug: str
    title: str
    number: int | None
    retired_at: datetime | None
    changed: bool
    state: str
    publish_at: datetime | None
    lessons: int
    exercises: int


async def log(
    session: AsyncSession,
    course_id: UUID,
    action: Action,
    *,
    by_id: UUID | None,
    revision_id: UUID | None = None,
    note: str = "",
) -> None:
    values = {"course_id": course_id, "revision_id": revision_id, "action": action, "by_id": by_id, "note": note}
    await session.execute(_LOG, {"id": new_id(), **values})


async def lines(session: AsyncSession, course_id: UUID, after: UUID | None, most: int) -> list[Line]:
    """The newest first."""
    values = {"course_id": course_id, "after": after, "most": most}
    return [Line(*row) for row in await session.execute(_LINES, values)]


async def revisions(session: AsyncSession, course_id: UUID, below: int | None, most: int) -> list[RevisionLine]:
    """The newest first; `below`: numbers smaller than this."""
    values = {"course_id": course_id, "below": below, "most": most}
    return [RevisionLine(*row) for row in await session.execute(_REVISIONS, values)]


async def of_number(session: AsyncSession, course_id: UUID, number: int) -> UUID | None:
    found: UUID | None = await session.scalar(_OF_NUMBER, {"course_id": course_id, "number": number})
    return found


async def point(session: AsyncSession, course_id: UUID, revision_id: UUID) -> None:
    """Makes this what learners get."""
    await session.execute(_POINT, {"course_id": course_id, "revision_id": revision_id})


async def retire(session: AsyncSession, course_id: UUID, at: datetime | None) -> bool:
    """None: it takes new learners again. False where it was so already."""
    return (await session.execute(_RETIRE, {"course_id": course_id, "at": at})).one_or_none() is not None


async def set_state(session: AsyncSession, course_id: UUID, state: str, approved_version: int | None) -> None:
    await session.execute(_STATE, {"course_id": course_id, "state": state, "approved_version": approved_version})


async def require_review(session: AsyncSession, course_id: UUID, required: bool) -> None:
    await session.execute(_REVIEW, {"course_id": course_id, "required": required})


async def plan(session: AsyncSession, course_id: UUID, at: datetime | None, version: int | None) -> None:
    await session.execute(_PLAN, {"course_id": course_id, "at": at, "version": version})


async def due(session: AsyncSession, now: datetime, most: int) -> Sequence[tuple[UUID, UUID | None]]:
    """Courses whose time has come, and who said so."""
    return [(row[0], row[1]) for row in await session.execute(_DUE, {"now": now, "most": most})]


async def id_of_slug(session: AsyncSession, slug: str) -> UUID | None:
    """Also of a course that was never published."""
    found: UUID | None = await session.scalar(_ID_OF_SLUG, {"slug": slug})
    return found


async def standings(session: AsyncSession, course_id: UUID | None = None) -> list[Standing]:
    """Of all courses, or of one."""
    return [Standing(*row) for row in await session.execute(_ALL, {"course_id": course_id})]
