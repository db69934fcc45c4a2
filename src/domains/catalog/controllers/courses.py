"""Courses over REST. Public: what a course teaches is no secret; what it accepts as right never leaves the house."""

from typing import Annotated, Any
from uuid import UUID
from weakref import WeakKeyDictionary

from litestar import Controller, Response, get
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, FromQuery, HeaderParameter

from domains.catalog import repository
from domains.catalog.pages import CoursePages, PageBytes
from domains.catalog.schemas.courses import CourseLessonsOut, CourseOut, CourseTreeOut
from domains.identity.guards import LIGHT, PUBLIC
from domains.kernel.page import Limit, Page, decode_cursor, page_of
from domains.kernel.uow import Database, UnitOfWork

_JSON = "application/json"
_ETAG = ResponseHeader(name="etag", description="Changes whenever the answer does.", documentation_only=True)
_UNCHANGED = {304: ResponseSpec(None, description="The answer is still the one with the given ETag.")}

IfNoneMatch = Annotated[str | None, HeaderParameter(name="If-None-Match", description="An ETag from before.")]

_pages: WeakKeyDictionary[Database, CoursePages] = WeakKeyDictionary()


class CoursesController(Controller):
    path = "/api/v1/courses"
    tags = ("courses",)
    opt = {**PUBLIC, **LIGHT}  # noqa: RUF012

    @get("/", operation_id="list_courses", summary="All courses, by slug")
    async def list_courses(
        self, uow: NamedDependency[UnitOfWork], limit: Limit = 20, cursor: FromQuery[str | None] = None
    ) -> Page[CourseOut]:
        after = decode_cursor(cursor, str)
        rows = await repository.courses(uow.session, after, limit + 1)
        return page_of([CourseOut(**row._asdict()) for row in rows], limit, lambda course: course.slug)

    @get(
        "/{course_id:uuid}",
        operation_id="get_course",
        summary="A course with its sections, units and lessons",
        response_headers=[_ETAG],
        responses=_UNCHANGED,
    )
    async def get_course(
        self, db: NamedDependency[Database], course_id: FromPath[UUID], if_none_match: IfNoneMatch = None
    ) -> Response[CourseTreeOut]:
        return _answer(await _pages_of(db).page(course_id, "tree"), if_none_match)

    @get(
        "/{course_id:uuid}/lessons",
        operation_id="list_course_lessons",
        summary="All lessons of a course, in order",
        response_headers=[_ETAG],
        responses=_UNCHANGED,
    )
    async def list_course_lessons(
        self, db: NamedDependency[Database], course_id: FromPath[UUID], if_none_match: IfNoneMatch = None
    ) -> Response[CourseLessonsOut]:
        return _answer(await _pages_of(db).page(course_id, "lessons"), if_none_match)


def _pages_of(db: Database) -> CoursePages:
    pages = _pages.get(db)
    if pages is None:
        pages = _pages[db] = CoursePages(db)
    return pages


def _answer(page: PageBytes, if_none_match: str | None) -> Response[Any]:
    """The bytes at hand, or 304 for a client that has them."""
    # Clients revalidate: a new revision shows at once, and an unchanged one costs a few bytes.
    headers = {"etag": page.etag, "cache-control": "public, no-cache"}
    if if_none_match is not None and _matches(if_none_match, page.etag):
        return Response(None, status_code=304, headers=headers)
    return Response(page.body, media_type=_JSON, headers=headers)


def _matches(header: str, etag: str) -> bool:
    """Weak comparison, as RFC 9110 has it for If-None-Match: proxies that compress make tags weak."""
    given = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    return etag in given or "*" in given
