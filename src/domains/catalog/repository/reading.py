"""SQL of what is shown of published courses: lists, what they can be narrowed to, categories, how many learn them.

Invariant: lists and their counts speak of courses that are published and not retired. A page continues behind the key
of its last row, so courses that are published meanwhile move nothing.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from domains.catalog.content import Course
from domains.catalog.kinds.assets import Image
from domains.catalog.policy.search import Asked
from domains.catalog.policy.text import fold, norm
from domains.catalog.repository.search import QUERY, SCORE, query_values
from domains.kernel.uow import Database, UnitOfWork

Sort = Literal["title", "newest", "popular", "relevance"]
Facet = Literal["source_language", "target_language", "level", "category", "topic", "tag"]

_SHOW = text("""
    UPDATE catalog_course
    SET level = :level, categories = :categories, topics = :topics, tags = :tags, licence = :licence, image = :image,
        prerequisites = :prerequisites, title_order = :title_order, published_at = coalesce(published_at, now())
    WHERE id = :id
""").bindparams(bindparam("image", type_=JSONB(none_as_null=True)))

_COLUMNS = """
    c.id, c.slug, c.title, c.description, c.source_language, c.target_language, c.lessons, c.exercises, c.level,
    c.categories, c.topics, c.tags, c.image, c.prerequisites, c.published_at, c.retired_at, c.new_learners,
    c.new_completions, c.counted_days, c.counted_at
"""

# A language is asked for with its regions, a category with those below it.
_NARROWED = """
    c.published_revision_id IS NOT NULL AND c.retired_at IS NULL
    AND ($1::text IS NULL OR lower(c.source_language) = $1 OR lower(c.source_language) LIKE $1 || '-%')
    AND ($2::text IS NULL OR lower(c.target_language) = $2 OR lower(c.target_language) LIKE $2 || '-%')
    AND ($3::text[] IS NULL OR c.level = ANY($3))
    AND ($4::text IS NULL OR $4 = ANY(c.categories)
         OR c.categories && ARRAY(SELECT slug FROM catalog_category WHERE parent = $4))
    AND ($5::text IS NULL OR $5 = ANY(c.topics)) AND ($6::text IS NULL OR $6 = ANY(c.tags))
    AND ($7::boolean IS NULL OR (c.id = ANY($8::uuid[])) = $7)
"""
_QUERY = QUERY.format(languages="$9", stemmers="$10", places="$11", words="$12", open="$13")
_PLAIN = f"""
    narrowed AS (SELECT {_COLUMNS}, c.title_order, 0::float8 AS score FROM catalog_course c WHERE {_NARROWED})
"""  # noqa: S608 - constants of ours
_SEARCHED = f"""
    {_QUERY}, narrowed AS (
        SELECT {_COLUMNS}, c.title_order, {SCORE} AS score
        FROM catalog_course c JOIN catalog_search s ON s.id = c.id
        WHERE s.words @@ (SELECT anywhere FROM query) AND {_NARROWED}
    )
"""  # noqa: S608 - constants of ours

# Keys that grow along the list, with the type in which a cursor gives them back.
_ORDERS: dict[Sort, tuple[str, str]] = {
    "title": ("title_order", "text"),
    "newest": ("-(extract(epoch FROM published_at) * 1000000)::bigint", "bigint"),
    "popular": ("-(new_learners::bigint * 4294967296 + new_completions)", "bigint"),
    "relevance": ("-score", "float8"),
}

_FACETS = """
    SELECT facet, value, count(*) AS courses
    FROM narrowed, LATERAL (
        SELECT 'source_language', source_language UNION ALL SELECT 'target_language', target_language
        UNION ALL SELECT 'level', level WHERE level <> ''
        UNION ALL SELECT DISTINCT 'category', unnest(categories)
        UNION ALL SELECT DISTINCT 'topic', unnest(topics) UNION ALL SELECT DISTINCT 'tag', unnest(tags)
    ) AS each (facet, value)
    GROUP BY facet, value
    UNION ALL SELECT 'total', '', count(*) FROM narrowed
"""

_CATEGORIES = """
    SELECT k.slug, k.title, k.parent, k.position, (
        SELECT count(*) FROM catalog_course c
        WHERE c.published_revision_id IS NOT NULL AND c.retired_at IS NULL AND (
            k.slug = ANY(c.categories)
            OR c.categories && ARRAY(SELECT below.slug FROM catalog_category below WHERE below.parent = k.slug)
        )
    ) AS courses
    FROM catalog_category k ORDER BY k.position, k.slug COLLATE "C"
"""
_SAVE_CATEGORY = """
    INSERT INTO catalog_category AS k (slug, title, parent, position) VALUES ($1, $2::jsonb, $3, $4)
    ON CONFLICT (slug) DO UPDATE
    SET title = excluded.title, parent = excluded.parent, position = excluded.position
"""
_PARENT = """
    SELECT (SELECT parent IS NULL FROM catalog_category WHERE slug = $2),
           EXISTS (SELECT FROM catalog_category WHERE parent = $1)
"""
_UNKNOWN = """
    SELECT 'category', named.slug FROM unnest($1::text[]) named(slug)
    WHERE NOT EXISTS (SELECT FROM catalog_category k WHERE k.slug = named.slug)
    UNION ALL
    SELECT 'course', named.slug FROM unnest($2::text[]) named(slug)
    WHERE NOT EXISTS (SELECT FROM catalog_course c WHERE c.slug = named.slug)
"""
_DROP_CATEGORY = "DELETE FROM catalog_category WHERE slug = $1 RETURNING slug"

_BY_IDS = f"SELECT {_COLUMNS} FROM catalog_course c WHERE c.id = ANY($1) AND c.published_revision_id IS NOT NULL"  # noqa: S608
_BY_SLUGS = f"SELECT {_COLUMNS} FROM catalog_course c WHERE c.slug = ANY($1) AND c.published_revision_id IS NOT NULL"  # noqa: S608
_LINES = {"id": _BY_IDS, "slug": _BY_SLUGS}

# What was asked for by name or follows on something comes first, so that what is popular does not push it out.
_OFFERED = f"""
    SELECT {_COLUMNS} FROM catalog_course c
    WHERE c.published_revision_id IS NOT NULL AND c.retired_at IS NULL AND NOT c.id = ANY($1)
        AND ($2::text[] IS NULL OR lower(split_part(c.source_language, '-', 1)) = ANY($2) OR c.id = ANY($3))
    ORDER BY c.id = ANY($3) OR c.prerequisites && $4::text[] DESC, c.new_learners DESC, c.id LIMIT $5
"""  # noqa: S608 - constants of ours

_COUNTED = text("""
    UPDATE catalog_course c
    SET new_learners = n.learners, new_completions = n.completions, counted_days = :days, counted_at = :at
    FROM (
        SELECT k.id, coalesce(g.learners, 0) AS learners, coalesce(g.completions, 0) AS completions
        FROM catalog_course k LEFT JOIN unnest(
            CAST(:course_ids AS uuid[]), CAST(:learners AS int[]), CAST(:completions AS int[])
        ) AS g (id, learners, completions) ON g.id = k.id
    ) AS n
    WHERE c.id = n.id AND c.published_revision_id IS NOT NULL
""")

_RETIRED = text("SELECT retired_at IS NOT NULL FROM catalog_course WHERE id = :id")

_STANDING = "SELECT published_revision_id, retired_at FROM catalog_course WHERE id = $1"


class CourseLine(NamedTuple):
    """A published course as lists show it."""

    id: UUID
    slug: str
    title: str
    description: str
    source_language: str
    target_language: str
    lessons: int
    exercises: int
    level: str
    categories: list[str]
    topics: list[str]
    tags: list[str]
    image: Image | None
    prerequisites: list[str]
    published_at: datetime | None
    retired_at: datetime | None
    new_learners: int
    new_completions: int
    counted_days: int
    counted_at: datetime | None


class Narrowing(NamedTuple):
    """What a list is narrowed to; languages in lower case, None for no wish. `words` need all to be found."""

    source: str | None = None
    target: str | None = None
    levels: Sequence[str] | None = None
    category: str | None = None
    topic: str | None = None
    tag: str | None = None
    words: Sequence[Asked] | None = None
    paid: bool | None = None
    """Whether they need to be among `gated`."""
    gated: Collection[UUID] = ()


class CategoryLine(NamedTuple):
    slug: str
    titles: dict[str, str]
    parent: str | None
    position: int
    courses: int


class Counted(NamedTuple):
    """How many enrolled in a course, and how many completed it, within the days that were counted."""

    course_id: UUID
    learners: int
    completions: int


async def show(session: AsyncSession, course_id: UUID, course: Course) -> None:
    """Makes lists show what the course says of itself; its row is there."""
    await session.execute(
        _SHOW,
        {
            "id": course_id,
            "level": course.level,
            "categories": list(dict.fromkeys(course.categories)),
            "topics": list(dict.fromkeys(course.topics)),
            "tags": list(dict.fromkeys(course.tags)),
            "licence": course.licence.name if course.licence else "",
            "image": msgspec.to_builtins(course.image),
            "prerequisites": list(dict.fromkeys(course.prerequisites)),
            "title_order": fold(norm(course.title)),
        },
    )


async def courses(
    db: Database, by: Narrowing, sort: Sort, after: tuple[str | int | float, UUID] | None, most: int
) -> list[tuple[CourseLine, str | int | float]]:
    """Each with its key in the list."""
    key, kind = _ORDERS[sort]
    source, values = _narrowed(by)
    count = len(values)
    statement = f"""
        WITH {source}, keyed AS (SELECT *, {key} AS key FROM narrowed)
        SELECT {_COLUMNS.replace("c.", "")}, key FROM keyed
        WHERE ${count + 1}::{kind} IS NULL OR (key, id) > (${count + 1}, ${count + 2}::uuid)
        ORDER BY key, id LIMIT ${count + 3}
    """  # noqa: S608 - constants of ours
    last, id_ = after or (None, None)
    return [(_line(row[:-1]), row[-1]) for row in map(tuple, await db.fetch(statement, *values, last, id_, most))]


async def facets(db: Database, by: Narrowing) -> list[tuple[str, str, int]]:
    """Facet, value and how many of the courses have it; `total` counts them all."""
    source, values = _narrowed(by)
    return [(row[0], row[1], row[2]) for row in await db.fetch(f"WITH {source} {_FACETS}", *values)]


async def lines(db: Database, by: Literal["id", "slug"], given: Sequence[UUID] | Sequence[str]) -> list[CourseLine]:
    """Published courses, also retired ones, in no order; what is none is left out."""
    return [_line(tuple(row)) for row in await db.fetch(_LINES[by], list(given))] if given else []


async def offered(
    db: Database,
    *,
    without: Sequence[UUID],
    speaking: Sequence[str] | None,
    also: Sequence[UUID],
    after: Sequence[str],
    most: int,
) -> list[CourseLine]:
    """Courses to choose from, for whoever speaks these languages (primary subtags): first those of `also` and those
    that build on one of `after` (slugs), then the most popular."""
    speakers = None if speaking is None else list(speaking)
    rows = await db.fetch(_OFFERED, list(without), speakers, list(also), list(after), most)
    return [_line(tuple(row)) for row in rows]


async def retired(session: AsyncSession, course_id: UUID) -> bool:
    return bool(await session.scalar(_RETIRED, {"id": course_id}))


async def save_counts(session: AsyncSession, counts: Sequence[Counted], *, days: int, at: datetime) -> None:
    """Of all published courses: those that are not among `counts` have none."""
    values = {
        "course_ids": [each.course_id for each in counts],
        "learners": [each.learners for each in counts],
        "completions": [each.completions for each in counts],
    }
    await session.execute(_COUNTED, {**values, "days": days, "at": at})


async def standing(db: Database, course_id: UUID) -> tuple[UUID, datetime | None] | None:
    """The published revision, and since when the course is retired; None where nothing is published."""
    rows = await db.fetch(_STANDING, course_id)
    return (rows[0][0], rows[0][1]) if rows and rows[0][0] is not None else None


async def categories(db: Database) -> list[CategoryLine]:
    """In their order."""
    rows = await db.fetch(_CATEGORIES)
    return [CategoryLine(row[0], msgspec.json.decode(row[1]), *row[2:]) for row in map(tuple, rows)]


async def parent_of_category(db: Database, slug: str, parent: str) -> tuple[bool | None, bool]:
    """Whether `parent` is at the top, None where it is not there; and whether `slug` has others below it."""
    [row] = await db.fetch(_PARENT, slug, parent)
    return row[0], row[1]


async def unknown(
    source: UnitOfWork | Database, categories: Sequence[str], courses: Sequence[str]
) -> list[tuple[str, str]]:
    """`category` or `course`, and the slug of which there is none."""
    return [(row[0], row[1]) for row in await source.fetch(_UNKNOWN, list(categories), list(courses))]


async def save_category(db: Database, slug: str, titles: dict[str, str], parent: str | None, position: int) -> None:
    await db.fetch(_SAVE_CATEGORY, slug, msgspec.json.encode(titles).decode(), parent, position)


async def drop_category(db: Database, slug: str) -> bool:
    """False where there was none. Courses keep naming it, so that it can come back."""
    return bool(await db.fetch(_DROP_CATEGORY, slug))


def _narrowed(by: Narrowing) -> tuple[str, list[Any]]:
    levels = None if by.levels is None else list(by.levels)
    values: list[Any] = [by.source, by.target, levels, by.category, by.topic, by.tag, by.paid, list(by.gated)]
    if by.words is None:
        return _PLAIN, values
    return _SEARCHED, [*values, *query_values(by.words)]


def _line(row: tuple[Any, ...]) -> CourseLine:
    line = CourseLine(*row)
    stored: Any = line.image
    if isinstance(stored, str):
        stored = msgspec.json.decode(stored)
    return line._replace(image=msgspec.convert(stored, Image | None))
