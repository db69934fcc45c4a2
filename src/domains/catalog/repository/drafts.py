"""SQL of drafts. Each function is one round trip.

Invariant: whoever changes a draft or one of its nodes holds the draft's row.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.catalog.content import Course
from domains.catalog.drafts import Branch, Stored
from domains.kernel.uow import Database, UnitOfWork

_DRAFT_OF = """
    SELECT d.course_id, c.slug, d.body, d.version, d.course_version, d.clean_version, d.state, d.review_required,
        d.approved_version, d.publish_at, d.publish_version, d.edited_by, d.updated_at, d.updated_by
    FROM catalog_draft d JOIN catalog_course c ON c.id = d.course_id WHERE c.id = :id
"""
_DRAFT = text(_DRAFT_OF)
_HOLD = text(_DRAFT_OF + "FOR NO KEY UPDATE OF d")

_INSERT_COURSE = text("""
    INSERT INTO catalog_course (id, slug, title, description, source_language, target_language, lessons, exercises)
    VALUES (:id, :slug, :title, :description, :source_language, :target_language, 0, 0)
    ON CONFLICT (slug) DO NOTHING RETURNING id
""")
_DELETE_UNPUBLISHED = text("""
    DELETE FROM catalog_course c
    WHERE c.id = :id AND NOT EXISTS (SELECT FROM catalog_revision r WHERE r.course_id = c.id) RETURNING c.id
""")

_INSERT_DRAFT = text("""
    INSERT INTO catalog_draft
        (course_id, body, version, course_version, clean_version, updated_at, updated_by, edited_by)
    VALUES (:course_id, :body, :version, :version, :clean_version, :now, :by_id,
            CASE WHEN CAST(:by_id AS uuid) IS NULL THEN '{}' ELSE ARRAY[CAST(:by_id AS uuid)] END)
""").bindparams(sa.bindparam("by_id", type_=sa.Uuid()), sa.bindparam("now", type_=sa.DateTime(timezone=True)))
_CHANGE_DRAFT = text("""
    UPDATE catalog_draft
    SET version = :version, body = coalesce(CAST(:body AS bytea), body),
        course_version = CASE WHEN CAST(:body AS bytea) IS NULL THEN course_version ELSE :version END,
        updated_at = :now, updated_by = :by_id,
        edited_by = CASE WHEN CAST(:by_id AS uuid) IS NULL OR :by_id = ANY(edited_by) THEN edited_by
                         ELSE edited_by || CAST(:by_id AS uuid) END
    WHERE course_id = :course_id
""").bindparams(sa.bindparam("by_id", type_=sa.Uuid()), sa.bindparam("now", type_=sa.DateTime(timezone=True)))
_CLEAN = text("""
    UPDATE catalog_draft
    SET clean_version = :version, state = 'draft', edited_by = '{}', approved_version = NULL, publish_at = NULL,
        publish_version = NULL
    WHERE course_id = :course_id
""")
_DIRTY = text("UPDATE catalog_draft SET clean_version = 0 WHERE course_id = :course_id")
_FOLLOW = text("""
    UPDATE catalog_draft
    SET approved_version = CASE WHEN approved_version = :before THEN :after ELSE approved_version END,
        publish_version = CASE WHEN publish_version = :before THEN :after ELSE publish_version END
    WHERE course_id = :course_id
""").bindparams(sa.bindparam("after", type_=sa.Integer()), sa.bindparam("before", type_=sa.Integer()))
_PURGE = text("DELETE FROM catalog_draft_node WHERE course_id = :course_id AND deleted_with IS NOT NULL")
_EMPTY = text("DELETE FROM catalog_draft_node WHERE course_id = :course_id")

_TREE = """
    SELECT n.id, n.parent_id, n.kind, k.key, n.position, n.version, n.title, n.form, n.deleted_with
    FROM catalog_draft_node n JOIN catalog_node k ON k.id = n.id
    WHERE n.course_id = $1 ORDER BY n.position, n.id
"""
_OUTLINE = """
    SELECT n.id, n.parent_id, n.kind, k.key, n.version, n.title, n.form,
        (SELECT count(*) FROM catalog_draft_node e WHERE e.parent_id = n.id AND e.deleted_with IS NULL) AS children
    FROM catalog_draft_node n JOIN catalog_node k ON k.id = n.id
    WHERE n.course_id = $1 AND n.kind <> 'exercise' AND n.deleted_with IS NULL ORDER BY n.position, n.id
"""
_BODIES = "SELECT id, body FROM catalog_draft_node WHERE id = ANY($1)"
_STORED = """
    SELECT id, parent_id, kind, body FROM catalog_draft_node
    WHERE course_id = $1 AND deleted_with IS NULL ORDER BY position, id
"""
_NODES = """
    SELECT n.id, n.parent_id, n.kind, k.key, n.position, n.version, n.updated_at, n.updated_by, n.deleted_with,
        n.title, n.body
    FROM catalog_draft_node n JOIN catalog_node k ON k.id = n.id
    WHERE n.course_id = $1
"""
_NODE = _NODES + "AND n.id = $2"
_CHILDREN = (
    _NODES
    + """
        AND n.parent_id IS NOT DISTINCT FROM $2 AND n.deleted_with IS NULL AND (n.position, n.id) > ($3, $4)
    ORDER BY n.position, n.id LIMIT $5
"""
)
_DELETED = _NODES + "AND n.deleted_with = n.id ORDER BY n.updated_at DESC, n.id LIMIT 200"
_NOW = """
    SELECT d.version, CASE WHEN count(n.id) = 1 THEN min(n.id::text)::uuid END AS node_id, d.updated_by
    FROM catalog_draft d LEFT JOIN catalog_draft_node n ON n.course_id = d.course_id AND n.version = d.version
        AND (n.deleted_with IS NULL OR n.deleted_with = n.id)
    WHERE d.course_id = $1 GROUP BY d.course_id
"""
_MEDIA = r"""
    SELECT DISTINCT m[1] FROM (
        SELECT body FROM catalog_draft WHERE course_id = $1
        UNION ALL SELECT body FROM catalog_draft_node WHERE course_id = $1
    ) AS b, regexp_matches(convert_from(b.body, 'UTF8'), '"(sha256:[0-9a-f]{64})"', 'g') AS m
"""
_KNOWN = text("""
    SELECT n.kind, n.key, n.id FROM catalog_node n
    JOIN unnest(CAST(:kinds AS text[]), CAST(:keys AS text[])) AS g (kind, key) ON (n.kind, n.key) = (g.kind, g.key)
    WHERE n.course_id = :course_id
""")
_INSERT_NODES = text("""
    INSERT INTO catalog_node (id, course_id, kind, key)
    SELECT g.id, :course_id, g.kind, g.key
    FROM unnest(CAST(:ids AS uuid[]), CAST(:kinds AS text[]), CAST(:keys AS text[])) AS g (id, kind, key)
    ON CONFLICT (id) DO NOTHING
""")
_INSERT_DRAFT_NODES = text("""
    INSERT INTO catalog_draft_node
        (id, course_id, parent_id, kind, position, title, form, body, version, deleted_with, updated_at, updated_by)
    SELECT g.id, :course_id, g.parent_id, g.kind, g.position, g.title, g.form, g.body, g.version, g.deleted_with,
        :now, :by_id
    FROM unnest(
        CAST(:ids AS uuid[]), CAST(:parents AS uuid[]), CAST(:kinds AS text[]), CAST(:positions AS int[]),
        CAST(:titles AS text[]), CAST(:forms AS text[]), CAST(:bodies AS bytea[]), CAST(:versions AS int[]),
        CAST(:deleted AS uuid[])
    ) AS g (id, parent_id, kind, position, title, form, body, version, deleted_with)
""")
_UPDATE_DRAFT_NODES = text("""
    UPDATE catalog_draft_node n
    SET parent_id = g.parent_id, position = g.position, title = g.title, form = g.form,
        body = coalesce(g.body, n.body), version = g.version, deleted_with = g.deleted_with,
        updated_at = CASE WHEN g.version = n.version THEN n.updated_at ELSE :now END,
        updated_by = CASE WHEN g.version = n.version THEN n.updated_by ELSE :by_id END
    FROM unnest(
        CAST(:ids AS uuid[]), CAST(:parents AS uuid[]), CAST(:kinds AS text[]), CAST(:positions AS int[]),
        CAST(:titles AS text[]), CAST(:forms AS text[]), CAST(:bodies AS bytea[]), CAST(:versions AS int[]),
        CAST(:deleted AS uuid[])
    ) AS g (id, parent_id, kind, position, title, form, body, version, deleted_with)
    WHERE n.id = g.id AND n.course_id = :course_id
""").bindparams(sa.bindparam("by_id", type_=sa.Uuid()), sa.bindparam("now", type_=sa.DateTime(timezone=True)))


class Draft(NamedTuple):
    course_id: UUID
    slug: str
    body: bytes
    version: int
    course_version: int
    clean_version: int
    state: str
    review_required: bool
    approved_version: int | None
    publish_at: datetime | None
    publish_version: int | None
    edited_by: list[UUID]
    updated_at: datetime
    updated_by: UUID | None

    @property
    def in_progress(self) -> bool:
        """Whether it says other than what is published."""
        return self.version > self.clean_version

    @property
    def approved(self) -> bool:
        return self.approved_version == self.version


class Outlined(NamedTuple):
    """A node above the exercises, for a tree."""

    id: UUID
    parent_id: UUID | None
    kind: str
    key: str
    version: int
    title: str
    form: str
    children: int


class DraftNode(NamedTuple):
    id: UUID
    parent_id: UUID | None
    kind: str
    key: str
    position: int
    version: int
    updated_at: datetime
    updated_by: UUID | None
    deleted_with: UUID | None
    title: str
    body: bytes


async def draft(session: AsyncSession, course_id: UUID) -> Draft | None:
    row = (await session.execute(_DRAFT, {"id": course_id})).one_or_none()
    return None if row is None else Draft(*row)


async def hold(session: AsyncSession, course_id: UUID) -> Draft | None:
    """The draft, which nobody else changes until the commit."""
    row = (await session.execute(_HOLD, {"id": course_id})).one_or_none()
    return None if row is None else Draft(*row)


async def now(database: Database, course_id: UUID) -> tuple[int, UUID | None, UUID | None] | None:
    """Version, the node that the last change was about, if it was one, and who made it."""
    rows = await database.fetch(_NOW, course_id)
    return (rows[0][0], rows[0][1], rows[0][2]) if rows else None


async def insert_course(session: AsyncSession, course_id: UUID, course: Course) -> bool:
    """A course that is not published. Whether its slug was free."""
    values = {
        "id": course_id,
        "slug": course.slug,
        "title": course.title,
        "description": course.description,
        "source_language": course.source_language,
        "target_language": course.target_language,
    }
    return (await session.execute(_INSERT_COURSE, values)).one_or_none() is not None


async def delete_unpublished(session: AsyncSession, course_id: UUID) -> bool:
    """Whether it was one that had never been published."""
    return (await session.execute(_DELETE_UNPUBLISHED, {"id": course_id})).one_or_none() is not None


async def insert_draft(
    session: AsyncSession,
    course_id: UUID,
    body: bytes,
    *,
    version: int,
    clean_version: int,
    now: datetime,
    by_id: UUID | None,
) -> None:
    values = {"course_id": course_id, "body": body, "version": version, "clean_version": clean_version}
    await session.execute(_INSERT_DRAFT, {**values, "now": now, "by_id": by_id})


async def change_draft(
    session: AsyncSession, course_id: UUID, version: int, *, body: bytes | None, now: datetime, by_id: UUID | None
) -> None:
    """`body`: None where only nodes have changed."""
    values = {"course_id": course_id, "version": version, "body": body, "now": now, "by_id": by_id}
    await session.execute(_CHANGE_DRAFT, values)


async def clean(session: AsyncSession, course_id: UUID, version: int) -> None:
    """Says that this version is what is published, so that nothing is left to review or to plan."""
    await session.execute(_CLEAN, {"course_id": course_id, "version": version})


async def dirty(session: AsyncSession, course_id: UUID) -> None:
    """Says that what is published is something else."""
    await session.execute(_DIRTY, {"course_id": course_id})


async def follow(session: AsyncSession, course_id: UUID, before: int, after: int) -> None:
    """What was approved or planned of one version holds for another that the house itself has made of it."""
    await session.execute(_FOLLOW, {"course_id": course_id, "before": before, "after": after})


async def purge(session: AsyncSession, course_id: UUID) -> None:
    """Deleted nodes are gone for good."""
    await session.execute(_PURGE, {"course_id": course_id})


async def empty(session: AsyncSession, course_id: UUID) -> None:
    await session.execute(_EMPTY, {"course_id": course_id})


async def tree(uow: UnitOfWork, course_id: UUID) -> dict[UUID, Branch]:
    """All nodes without their bodies, deleted ones too, siblings in their order."""
    found = await uow.fetch(_TREE, course_id)
    return {row[0]: Branch(*row) for row in found}


async def outline(uow: UnitOfWork, course_id: UUID) -> list[Outlined]:
    """Sections, units and lessons, siblings in their order."""
    return [Outlined(*row) for row in await uow.fetch(_OUTLINE, course_id)]


async def bodies(uow: UnitOfWork, ids: Collection[UUID]) -> dict[UUID, bytes]:
    return {row[0]: row[1] for row in await uow.fetch(_BODIES, list(ids))}


async def stored(uow: UnitOfWork, course_id: UUID) -> list[Stored]:
    """All that is there, siblings in their order."""
    return [Stored(*row) for row in await uow.fetch(_STORED, course_id)]


async def node(uow: UnitOfWork, course_id: UUID, node_id: UUID) -> DraftNode | None:
    """Also a deleted one."""
    rows = await uow.fetch(_NODE, course_id, node_id)
    return DraftNode(*rows[0]) if rows else None


async def children(
    uow: UnitOfWork, course_id: UUID, parent_id: UUID | None, after: tuple[int, UUID] | None, most: int
) -> list[DraftNode]:
    """`parent_id`: None for the sections. `after`: position and id of the last one seen."""
    place, last = after or (-1, UUID(int=0))
    return [DraftNode(*row) for row in await uow.fetch(_CHILDREN, course_id, parent_id, place, last, most)]


async def deleted(uow: UnitOfWork, course_id: UUID) -> list[DraftNode]:
    """What could be restored, the last deleted first; not what went with it."""
    return [DraftNode(*row) for row in await uow.fetch(_DELETED, course_id)]


async def media(uow: UnitOfWork, course_id: UUID) -> list[str]:
    """All files that the draft names, deleted nodes too."""
    return [row[0] for row in await uow.fetch(_MEDIA, course_id)]


async def known(
    session: AsyncSession, course_id: UUID, wanted: Collection[tuple[str, str]]
) -> dict[tuple[str, str], UUID]:
    """Ids of those of `wanted`, as (kind, key), that the course has ever had."""
    values = {"course_id": course_id, "kinds": [kind for kind, _ in wanted], "keys": [key for _, key in wanted]}
    return {(row.kind, row.key): row.id for row in await session.execute(_KNOWN, values)}


async def insert_nodes(
    session: AsyncSession, course_id: UUID, made: Sequence[Branch], now: datetime, by_id: UUID | None
) -> None:
    """New nodes of a draft, parents before children. Two round trips."""
    keys = {
        "ids": [each.id for each in made],
        "kinds": [each.kind for each in made],
        "keys": [each.key for each in made],
    }
    await session.execute(_INSERT_NODES, {"course_id": course_id, **keys})
    await session.execute(_INSERT_DRAFT_NODES, _rows(course_id, made, now, by_id))


async def update_nodes(
    session: AsyncSession, course_id: UUID, changed: Sequence[Branch], now: datetime, by_id: UUID | None
) -> None:
    """A node without a body keeps its own."""
    await session.execute(_UPDATE_DRAFT_NODES, _rows(course_id, changed, now, by_id))


def _rows(course_id: UUID, nodes: Sequence[Branch], now: datetime, by_id: UUID | None) -> dict[str, object]:
    return {
        "course_id": course_id,
        "now": now,
        "by_id": by_id,
        "ids": [each.id for each in nodes],
        "parents": [each.parent_id for each in nodes],
        "kinds": [each.kind for each in nodes],
        "positions": [each.position for each in nodes],
        "titles": [each.title for each in nodes],
        "forms": [each.form for each in nodes],
        "bodies": [each.body for each in nodes],
        "versions": [each.version for each in nodes],
        "deleted": [each.deleted_with for each in nodes],
    }
