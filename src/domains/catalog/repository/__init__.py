"""SQL of the catalog: here that of published courses. Each function is one round trip."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.catalog.content import Course
from domains.kernel.ids import new_id
from domains.kernel.uow import Database

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('catalog.course:' || :slug, 0))")

_LATEST = text("""
    SELECT c.id, c.published_revision_id, r.number, r.digest,
           (SELECT max(number) FROM catalog_revision WHERE course_id = c.id) AS last_number,
           EXISTS (SELECT FROM catalog_draft WHERE course_id = c.id) AS has_draft
    FROM catalog_course c LEFT JOIN catalog_revision r ON r.id = c.published_revision_id
    WHERE c.slug = :slug
""")

_SAVE_COURSE = text("""
    INSERT INTO catalog_course
        (id, slug, title, description, source_language, target_language, lessons, exercises)
    VALUES (:id, :slug, :title, :description, :source_language, :target_language, :lessons, :exercises)
    ON CONFLICT (id) DO UPDATE SET
        title = excluded.title, description = excluded.description, source_language = excluded.source_language,
        target_language = excluded.target_language, lessons = excluded.lessons, exercises = excluded.exercises
""")

_INSERT_NODES = text("""
    INSERT INTO catalog_node (id, course_id, kind, key)
    SELECT n.id, :course_id, n.kind, n.key
    FROM unnest(CAST(:ids AS uuid[]), CAST(:kinds AS text[]), CAST(:keys AS text[])) AS n (id, kind, key)
    ON CONFLICT (course_id, kind, key) DO NOTHING
""")

_PUBLISH = text("""
    WITH revision AS (
        INSERT INTO catalog_revision (id, course_id, number, digest, content)
        VALUES (:id, :course_id, :number, :digest, :content)
        RETURNING id, course_id
    )
    UPDATE catalog_course SET published_revision_id = revision.id, published_at = coalesce(published_at, now())
    FROM revision WHERE catalog_course.id = revision.course_id
""")

_REVISION = text("SELECT id, course_id, number, content FROM catalog_revision WHERE id = :id")

_NODES = text("SELECT id, kind, key FROM catalog_node WHERE course_id = :course_id")

_SLUG = text("SELECT slug FROM catalog_course WHERE id = :course_id")

_PUBLISHED_OF_COURSE = text("SELECT published_revision_id FROM catalog_course WHERE id = :course_id")

_PUBLISHED_NUMBER = """
    SELECT r.id, r.number FROM catalog_course c JOIN catalog_revision r ON r.id = c.published_revision_id
    WHERE c.id = $1
"""

_PUBLISHED_OF_COURSES = text("""
    SELECT published_revision_id FROM catalog_course
    WHERE id = ANY(CAST(:course_ids AS uuid[])) AND published_revision_id IS NOT NULL
""")

_PUBLISHED_OF_LESSON = text("""
    SELECT c.published_revision_id FROM catalog_node n JOIN catalog_course c ON c.id = n.course_id
    WHERE n.id = :lesson_id AND n.kind = 'lesson'
""")

_IDS_OF_SLUGS = text(
    "SELECT slug, id FROM catalog_course WHERE slug = ANY(:slugs) AND published_revision_id IS NOT NULL"
)


class Latest(NamedTuple):
    course_id: UUID
    revision_id: UUID | None
    number: int | None
    digest: bytes | None
    last_number: int | None
    has_draft: bool


class Revision(NamedTuple):
    id: UUID
    course_id: UUID
    number: int
    content: bytes


class Node(NamedTuple):
    id: UUID
    kind: str
    key: str


async def lock_course(session: AsyncSession, slug: str) -> None:
    """Waits until no other transaction publishes this course."""
    await session.execute(_LOCK, {"slug": slug})


async def latest(session: AsyncSession, slug: str) -> Latest | None:
    row = (await session.execute(_LATEST, {"slug": slug})).one_or_none()
    return None if row is None else Latest(*row)


async def save_course(session: AsyncSession, course_id: UUID, course: Course) -> None:
    await session.execute(
        _SAVE_COURSE,
        {
            "id": course_id,
            "slug": course.slug,
            "title": course.title,
            "description": course.description,
            "source_language": course.source_language,
            "target_language": course.target_language,
            "lessons": sum(1 for _ in course.lessons()),
            "exercises": sum(1 for _ in course.exercises()),
        },
    )


async def insert_nodes(session: AsyncSession, course_id: UUID, nodes: Sequence[tuple[str, str]]) -> None:
    """Adds those of `nodes`, as (kind, key), that the course has never had."""
    await session.execute(
        _INSERT_NODES,
        {
            "course_id": course_id,
            "ids": [new_id() for _ in nodes],
            "kinds": [kind for kind, _ in nodes],
            "keys": [key for _, key in nodes],
        },
    )


async def publish_revision(session: AsyncSession, revision: Revision, digest: bytes) -> None:
    await session.execute(_PUBLISH, {**revision._asdict(), "digest": digest})


async def revision(session: AsyncSession, revision_id: UUID) -> Revision | None:
    row = (await session.execute(_REVISION, {"id": revision_id})).one_or_none()
    return None if row is None else Revision(*row)


async def nodes(session: AsyncSession, course_id: UUID) -> list[Node]:
    return [Node(*row) for row in await session.execute(_NODES, {"course_id": course_id})]


async def slug_of(session: AsyncSession, course_id: UUID) -> str | None:
    found: str | None = await session.scalar(_SLUG, {"course_id": course_id})
    return found


async def published_of_course(session: AsyncSession, course_id: UUID) -> UUID | None:
    found: UUID | None = await session.scalar(_PUBLISHED_OF_COURSE, {"course_id": course_id})
    return found


async def published_of_courses(session: AsyncSession, course_ids: Sequence[UUID]) -> list[UUID]:
    """In no order; courses that do not exist or are not published are left out."""
    return list((await session.scalars(_PUBLISHED_OF_COURSES, {"course_ids": list(course_ids)})).all())


async def published_now(database: Database, course_id: UUID) -> UUID | None:
    """As `published_of_course`, committed by itself."""
    rows = await database.fetch("SELECT published_revision_id FROM catalog_course WHERE id = $1", course_id)
    found: UUID | None = rows[0][0] if rows else None
    return found


async def published_number(database: Database, course_id: UUID) -> tuple[UUID, int] | None:
    rows = await database.fetch(_PUBLISHED_NUMBER, course_id)
    return (rows[0][0], rows[0][1]) if rows else None


async def published_of_lesson(session: AsyncSession, lesson_id: UUID) -> UUID | None:
    found: UUID | None = await session.scalar(_PUBLISHED_OF_LESSON, {"lesson_id": lesson_id})
    return found


async def ids_of_slugs(session: AsyncSession, slugs: Sequence[str]) -> dict[str, UUID]:
    found = await session.execute(_IDS_OF_SLUGS, {"slugs": list(slugs)})
    return {row.slug: row.id for row in found}
