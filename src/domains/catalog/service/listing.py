"""Lists of published courses, what they can be narrowed to, and what is found in them, as clients get it."""

import asyncio
from itertools import groupby
from typing import Any
from uuid import UUID

from domains.billing import api as billing
from domains.catalog.errors import CategoryNotFound, CategoryTooDeep
from domains.catalog.kinds.assets import shown_image
from domains.catalog.policy.search import bare, snippet
from domains.catalog.repository import reading as repository
from domains.catalog.repository.reading import CategoryLine, CourseLine, Narrowing, Sort
from domains.catalog.repository.search import Found
from domains.catalog.schemas.courses import (
    CategoriesOut,
    CategoryIn,
    CategoryOut,
    CourseOut,
    FacetOut,
    FacetsOut,
    FoundCourseOut,
    FoundOut,
    PartOut,
    PopularityOut,
    SearchOut,
)
from domains.catalog.service import reading
from domains.kernel.page import BadCursor, Page, decode_cursor, page_of
from domains.kernel.uow import Database

_MOST_VALUES = 100
_ELSE = "en"
"""The language of titles for whoever asks for none that is there."""

_KEYS: dict[Sort, type] = {"title": str, "newest": int, "popular": int, "relevance": float}


async def courses(db: Database, by: Narrowing, sort: Sort | None, cursor: str | None, limit: int) -> Page[CourseOut]:
    """By relevance where words are asked for and nothing else is said, else by title. Raises BadCursor."""
    sort = sort or ("relevance" if by.words else "title")
    after = decode_cursor(cursor, tuple[str, str | int | float, UUID])
    if after is not None and (after[0] != sort or not isinstance(after[1], _KEYS[sort])):
        # One of another order would begin anywhere.
        raise BadCursor
    if by.words == []:
        return Page([], None)
    paid = await billing.gated_courses(db)
    by = by._replace(gated=paid)
    rows = await repository.courses(db, by, sort, None if after is None else after[1:], limit + 1)
    page = page_of(rows, limit, lambda row: (sort, row[1], row[0].id))
    return Page([shown(line, paid=line.id in paid) for line, _ in page.items], page.next_cursor)


async def facets(db: Database, by: Narrowing) -> FacetsOut:
    if by.paid is not None:
        by = by._replace(gated=await billing.gated_courses(db))
    rows = [] if by.words == [] else await repository.facets(db, by)
    ordered = sorted(rows, key=lambda row: (row[0], -row[2], row[1]))
    found = {
        facet: [FacetOut(row[1], row[2]) for row in of_it] for facet, of_it in groupby(ordered, lambda row: row[0])
    }

    def of(facet: repository.Facet) -> list[FacetOut]:
        return found.get(facet, [])[:_MOST_VALUES]

    return FacetsOut(
        total=found["total"][0].courses if "total" in found else 0,
        source_languages=of("source_language"),
        target_languages=of("target_language"),
        levels=of("level"),
        categories=of("category"),
        topics=of("topic"),
        tags=of("tag"),
    )


async def search(
    db: Database,
    question: str,
    *,
    kind: str | None,
    source: str | None,
    target: str | None,
    course_id: UUID | None,
    cursor: str | None,
    limit: int,
) -> SearchOut:
    """Raises BadCursor."""
    after = decode_cursor(cursor, tuple[bool, float, UUID])
    found = await reading.find(
        db,
        question,
        kind=kind,
        source=source,
        target=target,
        course_id=course_id,
        after=None if after is None else after[1:],
        mend=None if after is None else after[0],
        most=limit + 1,
    )
    page = page_of(found.found, limit, lambda one: (found.mended, one.score, one.id))

    def out(one: Found) -> FoundOut:
        return FoundOut(
            kind="course" if one.kind == "course" else "lesson",
            id=one.id,
            title=one.title,
            snippet=[PartOut(part.text, part.hit) for part in snippet(one.body, found.words)],
            course=FoundCourseOut(
                one.course_id, one.slug, one.course_title, one.source_language, one.target_language, _level(one.level)
            ),
        )

    # Milliseconds for each of a hundred.
    items = await asyncio.to_thread(lambda: [out(one) for one in page.items])
    return SearchOut(items, page.next_cursor, bare(found.words), found.mended)


def shown(line: CourseLine, *, paid: bool) -> CourseOut:
    counted = None
    if line.counted_at is not None:
        counted = PopularityOut(line.new_learners, line.new_completions, line.counted_days, line.counted_at)
    return CourseOut(
        id=line.id,
        slug=line.slug,
        title=line.title,
        description=line.description,
        source_language=line.source_language,
        target_language=line.target_language,
        lessons=line.lessons,
        exercises=line.exercises,
        paid=paid,
        level=_level(line.level),
        categories=line.categories,
        topics=line.topics,
        tags=line.tags,
        image=shown_image(line.image),
        published_at=line.published_at,
        popularity=counted,
    )


def _level(stored: str) -> Any:
    """Only levels are stored."""
    return stored


# ---- categories


async def categories(db: Database, language: str | None) -> CategoriesOut:
    return CategoriesOut([_category(line, language) for line in await repository.categories(db)])


async def save_category(db: Database, slug: str, given: CategoryIn) -> None:
    """Makes it, or makes it say this. Raises CategoryNotFound for a parent that is not there, and CategoryTooDeep."""
    if given.parent is not None:
        at_the_top, has_others = await repository.parent_of_category(db, slug, given.parent)
        if at_the_top is None and given.parent != slug:
            raise CategoryNotFound
        if not at_the_top or has_others or given.parent == slug:
            raise CategoryTooDeep
    await repository.save_category(db, slug, given.titles, given.parent, given.position)


async def drop_category(db: Database, slug: str) -> None:
    """Those below it come to the top. Raises CategoryNotFound."""
    if not await repository.drop_category(db, slug):
        raise CategoryNotFound


def _category(line: CategoryLine, language: str | None) -> CategoryOut:
    titles = {tag.lower(): title for tag, title in line.titles.items()}
    wanted = (language or _ELSE).lower()
    for tag in (wanted, wanted.partition("-")[0], _ELSE):
        if tag in titles:
            return CategoryOut(line.slug, titles[tag], line.titles, line.parent, line.position, line.courses)
    return CategoryOut(line.slug, next(iter(titles.values())), line.titles, line.parent, line.position, line.courses)
