"""SQL of search: what is found of a course is written with its revision, and found in one statement."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.catalog.policy.search import STEMMERS, Asked
from domains.kernel.uow import Database

# As written and by its stem in both languages of the course, since a title may be in either. Titles weigh A.
_VECTOR = """
    setweight(to_tsvector('simple', g.{0}) || coalesce(to_tsvector(f.own, g.{0}), '')
              || coalesce(to_tsvector(f.other, g.{0}), ''), '{1}')
"""
_VECTORS = " || ".join(
    _VECTOR.format(*each) for each in (("title_words", "A"), ("about", "B"), ("taught", "C"), ("more", "D"))
)
_CONFIG = """
    (SELECT oid::regconfig FROM pg_catalog.pg_ts_config
     WHERE cfgname = :{} AND cfgname <> 'simple' AND cfgnamespace = 'pg_catalog'::regnamespace)
"""

_WRITE = text(f"""
    WITH f AS (
        SELECT {_CONFIG.format("own")} AS own, {_CONFIG.format("other")} AS other
    ), given AS (
        SELECT coalesce(n.id, CAST(:course_id AS uuid)) AS id, g.kind, g.title, g.body, {_VECTORS} AS words
        FROM unnest(
            CAST(:kinds AS text[]), CAST(:keys AS text[]), CAST(:titles AS text[]), CAST(:bodies AS text[]),
            CAST(:title_words AS text[]), CAST(:about AS text[]), CAST(:taught AS text[]), CAST(:more AS text[])
        ) AS g (kind, key, title, body, title_words, about, taught, more)
        CROSS JOIN f
        LEFT JOIN catalog_node n ON n.course_id = :course_id AND n.kind = g.kind AND n.key = g.key
    ), known AS (
        INSERT INTO catalog_search_word (word)
        SELECT word FROM unnest(CAST(:vocabulary AS text[])) AS v (word) ORDER BY word COLLATE "C"
        ON CONFLICT DO NOTHING
    ), gone AS (
        DELETE FROM catalog_search s
        WHERE s.course_id = :course_id AND NOT EXISTS (SELECT FROM given WHERE given.id = s.id) RETURNING 1
    ), written AS (
        INSERT INTO catalog_search AS s (id, course_id, kind, title, body, words)
        SELECT id, :course_id, kind, title, body, words FROM given
        ON CONFLICT (id) DO UPDATE SET title = excluded.title, body = excluded.body, words = excluded.words
        WHERE (s.title, s.body, s.words) IS DISTINCT FROM (excluded.title, excluded.body, excluded.words)
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM written)
""")  # noqa: S608 - constants of ours

# Each word as it is written and by its stem in every language that courses are in: nobody says in which language they
# ask. A word that is too common in one of them to have a stem says nothing, unless all words of the question are so.
QUERY = """
    config AS (
        SELECT 'simple'::regconfig AS config, true AS plain
        UNION
        SELECT DISTINCT t.oid::regconfig, false
        FROM (
            SELECT source_language AS tag FROM catalog_course UNION SELECT target_language FROM catalog_course
        ) AS l
        JOIN unnest({languages}::text[], {stemmers}::text[]) AS k (language, name)
            ON k.language = lower(split_part(l.tag, '-', 1))
        JOIN pg_catalog.pg_ts_config t ON t.cfgname = k.name AND t.cfgnamespace = 'pg_catalog'::regnamespace
    ), look AS (
        SELECT w.place, to_tsquery(config, quote_literal(w.word) || CASE WHEN w.open AND plain THEN ':*' ELSE '' END)
                   AS anywhere,
               to_tsquery(config, quote_literal(w.word) || CASE WHEN w.open AND plain THEN ':*A' ELSE ':A' END) AS title
        FROM unnest({places}::int[], {words}::text[], {open}::bool[]) AS w (place, word, open) CROSS JOIN config
    ), per_place AS (
        SELECT place, string_agg(DISTINCT anywhere::text, ' | ') FILTER (WHERE numnode(anywhere) > 0) AS anywhere,
               string_agg(DISTINCT title::text, ' | ') FILTER (WHERE numnode(title) > 0) AS title,
               bool_or(numnode(anywhere) = 0) AS common
        FROM look GROUP BY place
    ), query AS (
        SELECT string_agg('(' || anywhere || ')', ' & ')::tsquery AS anywhere,
               string_agg('(' || title || ')', ' & ')::tsquery AS title
        FROM per_place WHERE NOT common OR NOT EXISTS (SELECT FROM per_place WHERE NOT common)
    )
"""

# All words in the title come before all others, and a course before its lessons.
SCORE = """
    round((
        CASE WHEN s.words @@ (SELECT title FROM query) THEN 2 ELSE 0 END + CASE s.kind WHEN 'course' THEN 1 ELSE 0 END
        + ts_rank('{0.02, 0.1, 0.3, 1}', s.words, (SELECT anywhere FROM query))
    )::numeric, 6)::float8
"""

MOST_RANKED = 5_000
"""Ranking reads all words of an entry. What more entries have than this is too common to be told apart by it: courses
are ranked before lessons, old ones before new."""

_FIND = f"""
    WITH {QUERY.format(languages="$1", stemmers="$2", places="$3", words="$4", open="$5")}, hit AS MATERIALIZED (
        SELECT s.id FROM catalog_search s JOIN catalog_course c ON c.id = s.course_id
        WHERE s.words @@ (SELECT anywhere FROM query)
            AND c.published_revision_id IS NOT NULL AND c.retired_at IS NULL
            AND ($6::text IS NULL OR s.kind = $6)
            AND ($7::text IS NULL OR lower(c.source_language) = $7 OR lower(c.source_language) LIKE $7 || '-%')
            AND ($8::text IS NULL OR lower(c.target_language) = $8 OR lower(c.target_language) LIKE $8 || '-%')
            AND ($9::uuid IS NULL OR s.course_id = $9)
        ORDER BY s.kind, s.id LIMIT {MOST_RANKED}
    ), ranked AS (
        SELECT s.id, {SCORE} AS score FROM hit JOIN catalog_search s USING (id)
    ), best AS (
        SELECT id, score FROM ranked WHERE $10::float8 IS NULL OR (-score, id) > (-$10::float8, $11::uuid)
        ORDER BY score DESC, id LIMIT $12
    )
    SELECT s.id, s.kind, s.title, s.body, s.course_id, c.slug, c.title AS course_title, c.source_language,
           c.target_language, c.level, b.score
    FROM best b JOIN catalog_search s USING (id) JOIN catalog_course c ON c.id = s.course_id
    ORDER BY b.score DESC, s.id
"""  # noqa: S608 - constants of ours

_NEAR = """
    SELECT word FROM catalog_search_word
    WHERE word >= $1 AND word < $1 || chr(1114111) AND length(word) BETWEEN $2 AND $3
"""
_KNOWN = "SELECT word FROM catalog_search_word WHERE word = ANY($1)"

_PUBLISHED = text("""
    SELECT id FROM catalog_course
    WHERE published_revision_id IS NOT NULL AND (CAST(:after AS uuid) IS NULL OR id > :after) ORDER BY id LIMIT :most
""")
_UNWRITTEN = text("""
    SELECT c.id FROM catalog_course c
    WHERE c.published_revision_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM catalog_search s WHERE s.id = c.id) ORDER BY c.id LIMIT :most
""")
_HOLD = text("SELECT published_revision_id FROM catalog_course WHERE id = :id FOR NO KEY UPDATE")
_FORGET_WORDS = text("DELETE FROM catalog_search_word")


class Entry(NamedTuple):
    """A course, or the lesson with this key, as it is found. All but `title` and `body` are folded words."""

    kind: str
    key: str
    title: str
    body: str
    title_words: str
    about: str
    taught: str
    more: str


class Found(NamedTuple):
    id: UUID
    kind: str
    title: str
    body: str
    course_id: UUID
    slug: str
    course_title: str
    source_language: str
    target_language: str
    level: str
    score: float


async def write(
    session: AsyncSession, course_id: UUID, entries: Sequence[Entry], stemmers: tuple[str, str], vocabulary: list[str]
) -> int:
    """Makes these what is found of the course. Nodes are there already. Returns how many rows were not so before."""
    columns = {
        f"{name}s" if name in {"kind", "key", "title"} else "bodies" if name == "body" else name: list(values)
        for name, values in zip(Entry._fields, zip(*entries, strict=True), strict=True)
    }
    own, other = stemmers
    values = {
        "course_id": course_id,
        "own": own,
        # The same text by the same stems would only count twice.
        "other": "simple" if other == own else other,
        "vocabulary": vocabulary,
        **columns,
    }
    changed: int = (await session.execute(_WRITE, values)).scalar_one()
    return changed


def query_values(words: Sequence[Asked]) -> list[object]:
    """For the five holes of `QUERY`, in their order."""
    return [
        list(STEMMERS),
        list(STEMMERS.values()),
        [each.place for each in words],
        [each.word for each in words],
        [each.open for each in words],
    ]


async def find(
    db: Database,
    words: Sequence[Asked],
    *,
    kind: str | None,
    source: str | None,
    target: str | None,
    course_id: UUID | None,
    after: tuple[float, UUID] | None,
    most: int,
) -> list[Found]:
    """The best first, of published courses that are not retired; `source` and `target` in lower case."""
    score, id_ = after or (None, None)
    rows = await db.fetch(_FIND, *query_values(words), kind, source, target, course_id, score, id_, most)
    return [Found(*row) for row in rows]


async def known_words(db: Database, words: Sequence[str]) -> list[str]:
    return [row["word"] for row in await db.fetch(_KNOWN, list(words))]


async def words_near(db: Database, beginning: str, shortest: int, longest: int) -> list[str]:
    return [row["word"] for row in await db.fetch(_NEAR, beginning, shortest, longest)]


async def published_after(session: AsyncSession, after: UUID | None, most: int) -> list[UUID]:
    """Courses behind `after`, by id."""
    return list((await session.scalars(_PUBLISHED, {"after": after, "most": most})).all())


async def unwritten(session: AsyncSession, most: int) -> list[UUID]:
    """Published courses of which nothing can be found."""
    return list((await session.scalars(_UNWRITTEN, {"most": most})).all())


async def hold_published(session: AsyncSession, course_id: UUID) -> UUID | None:
    """The published revision; whoever publishes another waits until the end of the transaction."""
    found: UUID | None = await session.scalar(_HOLD, {"id": course_id})
    return found


async def forget_words(session: AsyncSession) -> None:
    await session.execute(_FORGET_WORDS)
