"""Courses over REST. Public: what a course teaches is no secret; what it accepts as right never leaves the house."""

from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from domains.catalog.content import Level
from domains.catalog.controllers.paging import (
    ETAG,
    UNCHANGED,
    AcceptEncoding,
    IfNoneMatch,
    Learning,
    Question,
    Slug,
    Speaking,
    answer,
    lower,
)
from domains.catalog.pages import pages_of
from domains.catalog.policy.search import asked
from domains.catalog.repository.reading import Narrowing, Sort
from domains.catalog.schemas.courses import CourseLessonsOut, CourseOut, CourseTreeOut, FacetsOut, SearchOut
from domains.catalog.service import listing
from domains.identity.guards import LIGHT, PUBLIC
from domains.kernel.page import Limit, Page
from domains.kernel.uow import Database

Levels = Annotated[list[Level] | None, QueryParameter(max_items=7, description="Any of these; say it several times.")]
Access = Annotated[Literal["free", "paid"] | None, QueryParameter(description="Whether they have to be bought.")]


class CoursesController(Controller):
    path = "/api/v1/courses"
    tags = ("courses",)
    opt = {**PUBLIC, **LIGHT}  # noqa: RUF012

    @get(
        "/",
        operation_id="list_courses",
        summary="Published courses: all, or those that fit",
        description="`popular`: by how many enrolled lately, which is counted every hour. `relevance` goes with `q`. A "
        "language stands for all its regions: `es` lists `es-419` too. A category stands for those below it.",
    )
    async def list_courses(
        self,
        db: NamedDependency[Database],
        source_language: Speaking = None,
        target_language: Learning = None,
        level: Levels = None,
        category: Slug = None,
        topic: Slug = None,
        tag: Slug = None,
        access: Access = None,
        q: Question = None,
        sort: FromQuery[Sort | None] = None,
        limit: Limit = 20,
        cursor: FromQuery[str | None] = None,
    ) -> Page[CourseOut]:
        by = _narrowing(source_language, target_language, level, category, topic, tag, access, q)
        return await listing.courses(db, by, sort, cursor, limit)

    @get("/facets", operation_id="list_course_facets", summary="What the list of courses can be narrowed to")
    async def facets(
        self,
        db: NamedDependency[Database],
        source_language: Speaking = None,
        target_language: Learning = None,
        level: Levels = None,
        category: Slug = None,
        topic: Slug = None,
        tag: Slug = None,
        access: Access = None,
        q: Question = None,
    ) -> FacetsOut:
        return await listing.facets(
            db, _narrowing(source_language, target_language, level, category, topic, tag, access, q)
        )

    @get(
        "/{course_id:uuid}",
        operation_id="get_course",
        summary="A course with its sections, units and lessons",
        response_headers=[ETAG],
        responses=UNCHANGED,
    )
    async def get_course(
        self,
        db: NamedDependency[Database],
        course_id: FromPath[UUID],
        if_none_match: IfNoneMatch = None,
        accept_encoding: AcceptEncoding = None,
    ) -> Response[CourseTreeOut]:
        return answer(await pages_of(db).page(course_id, "tree"), if_none_match, accept_encoding)

    @get(
        "/{course_id:uuid}/lessons",
        operation_id="list_course_lessons",
        summary="All lessons of a course, in order",
        response_headers=[ETAG],
        responses=UNCHANGED,
    )
    async def list_course_lessons(
        self,
        db: NamedDependency[Database],
        course_id: FromPath[UUID],
        if_none_match: IfNoneMatch = None,
        accept_encoding: AcceptEncoding = None,
    ) -> Response[CourseLessonsOut]:
        return answer(await pages_of(db).page(course_id, "lessons"), if_none_match, accept_encoding)


class SearchController(Controller):
    path = "/api/v1/search"
    tags = ("courses",)
    opt = {**PUBLIC}  # noqa: RUF012

    @get(
        "/",
        operation_id="search",
        summary="Courses and lessons by what they are called and what they teach, the best first",
        description="Every word must be found, in whatever form: `ducks` finds `duck`. Case and accents do not matter, "
        "and the last word may be unfinished. What has the words in its title comes first. Where nothing is found, "
        "mistyped words are replaced by what is nearest to them: `mended` says so.",
    )
    async def search(
        self,
        db: NamedDependency[Database],
        q: Annotated[str, QueryParameter(min_length=1, max_length=200, description="What to search for.")],
        kind: FromQuery[Literal["course", "lesson"] | None] = None,
        source_language: Speaking = None,
        target_language: Learning = None,
        course_id: FromQuery[UUID | None] = None,
        limit: Limit = 20,
        cursor: FromQuery[str | None] = None,
    ) -> SearchOut:
        return await listing.search(
            db,
            q,
            kind=kind,
            source=lower(source_language),
            target=lower(target_language),
            course_id=course_id,
            cursor=cursor,
            limit=limit,
        )


def _narrowing(
    source: str | None,
    target: str | None,
    levels: list[Any] | None,
    category: str | None,
    topic: str | None,
    tag: str | None,
    access: str | None,
    question: str | None,
) -> Narrowing:
    words = None if question is None or not question.strip() else asked(question)
    paid = None if access is None else access == "paid"
    return Narrowing(lower(source), lower(target), levels or None, category, topic, tag, words, paid)
