"""Drafts over REST, for those who work on a course; to anybody else it is not there."""

from collections.abc import Sequence
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post, put
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT

from domains.catalog.content import Course
from domains.catalog.controllers.versions import ETAG, IdempotencyKey, IfMatch, fields_of, tagged
from domains.catalog.drafts import decoded_course
from domains.catalog.repository import authors as authors_repository
from domains.catalog.repository import drafts as repository
from domains.catalog.repository.drafts import Draft, Outlined
from domains.catalog.schemas.authoring import (
    AuthoredCourseOut,
    CourseFields,
    CoursePatch,
    CourseProblemOut,
    CourseProblemsOut,
    DeletedNodeOut,
    DeletedNodesOut,
    DraftLessonOut,
    DraftSectionOut,
    DraftTreeOut,
    DraftUnitOut,
    EditOut,
    EditsIn,
    EditsOut,
    MyCourseOut,
    NewCourse,
    OrderIn,
    Reorder,
)
from domains.catalog.service import drafts, editing
from domains.catalog.service.authors import Access, access, editor
from domains.catalog.service.editing import etag, seen
from domains.identity import api as identity
from domains.identity.api import Permission, Principal
from domains.identity.guards import require
from domains.kernel.idempotency import once_per_key
from domains.kernel.page import Limit, Page, decode_cursor, page_of
from domains.kernel.uow import UnitOfWork

_COURSE = "/courses/{course_id:uuid}"


class AuthoredCoursesController(Controller):
    path = "/api/v1/authoring"
    tags = ("authoring",)
    cache_control = CacheControlHeader(no_store=True)

    @post(
        "/courses",
        operation_id="create_course",
        summary="Make a course, as a draft that is its maker's",
        status_code=HTTP_201_CREATED,
        guards=[require(Permission.COURSES_WRITE)],
        response_headers=[ETAG],
    )
    async def create(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        data: JSONBody[NewCourse],
        key: IdempotencyKey = None,
    ) -> Response[AuthoredCourseOut]:
        async def work() -> AuthoredCourseOut:
            course_id = await editing.create_course(uow, principal.user_id, data)
            found = await access(uow, principal.user_id, course_id)
            return _course(found, await drafts.opened(uow, course_id))

        made = await once_per_key(
            uow,
            owner_id=principal.user_id,
            key=key,
            operation="create_course",
            request=data,
            answer_type=AuthoredCourseOut,
            work=work,
        )
        return tagged(made, made.etag)

    @get(
        "/courses",
        operation_id="list_my_courses",
        summary="Courses that I work on, the newest first; with `everything`, for staff, all",
    )
    async def mine(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        everything: FromQuery[bool] = False,
        limit: Limit = 20,
        cursor: FromQuery[str | None] = None,
    ) -> Page[MyCourseOut]:
        if everything:
            everything = await identity.may(uow, principal.user_id, Permission.COURSES_ALL)
        after = decode_cursor(cursor, UUID)
        rows = await authors_repository.mine(
            uow.session, principal.user_id, everything=everything, after=after, most=limit + 1
        )
        shown = [
            MyCourseOut(
                id=row.id,
                slug=row.slug,
                title=row.title,
                role=row.role,
                published=row.published,
                retired_at=row.retired_at,
                state=row.state or "draft",
                changed=row.changed,
                updated_at=row.updated_at,
            )
            for row in rows
        ]
        return page_of(shown, limit, lambda course: course.id)

    @get(
        _COURSE,
        operation_id="get_draft",
        summary="A course as its authors have it now, without its nodes",
        response_headers=[ETAG],
    )
    async def get_draft(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], course_id: FromPath[UUID]
    ) -> Response[AuthoredCourseOut]:
        found = await access(uow, principal.user_id, course_id)
        shown = _course(found, await drafts.opened(uow, course_id))
        return tagged(shown, shown.etag)

    @patch(
        _COURSE,
        operation_id="change_draft",
        summary="Change what a course says of itself; what is left out stays",
        response_headers=[ETAG],
    )
    async def change(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        data: JSONBody[CoursePatch],
        if_match: IfMatch = None,
    ) -> Response[AuthoredCourseOut]:
        found = await editor(uow, principal.user_id, course_id)
        given = seen(if_match)
        shown = _course(found, await editing.patch_course(uow, found, given, data))
        return tagged(shown, shown.etag)

    @delete(
        _COURSE,
        operation_id="delete_course",
        summary="Delete a course that was never published; for its owner",
        status_code=HTTP_204_NO_CONTENT,
    )
    async def remove(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], course_id: FromPath[UUID]
    ) -> None:
        await editing.delete_course(uow, await access(uow, principal.user_id, course_id))

    @get(
        f"{_COURSE}/tree",
        operation_id="get_draft_tree",
        summary="Sections, units and lessons of a draft, with how many exercises each lesson has",
        response_headers=[ETAG],
    )
    async def tree(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], course_id: FromPath[UUID]
    ) -> Response[DraftTreeOut]:
        await access(uow, principal.user_id, course_id)
        draft = await drafts.opened(uow, course_id)
        shown = _tree(draft, await repository.outline(uow, course_id))
        return tagged(shown, shown.etag)

    @put(
        f"{_COURSE}/order",
        operation_id="order_nodes",
        summary="Put the children of a node, or the sections, into another order; needs the tree's ETag",
    )
    async def order(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        data: JSONBody[OrderIn],
        if_match: IfMatch = None,
    ) -> EditsOut:
        found = await editor(uow, principal.user_id, course_id)
        given = seen(if_match)
        return _edits(await editing.edit(uow, found, [Reorder(data.parent_id, data.order)], tree=given))

    @post(
        f"{_COURSE}/edits",
        operation_id="edit_draft",
        summary="Do many things to a draft, all of them or none; needs the tree's ETag",
        description="An error names the operation that it is about as `operation`, counted from 0.",
        status_code=HTTP_200_OK,
    )
    async def edits(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        data: JSONBody[EditsIn],
        if_match: IfMatch = None,
        key: IdempotencyKey = None,
    ) -> EditsOut:
        found = await editor(uow, principal.user_id, course_id)
        given = seen(if_match)

        async def work() -> EditsOut:
            return _edits(await editing.edit(uow, found, data.operations, tree=given, numbered=True))

        return await once_per_key(
            uow,
            owner_id=principal.user_id,
            key=key,
            operation=f"edit_draft:{course_id}",
            request=data,
            answer_type=EditsOut,
            work=work,
        )

    @get(
        f"{_COURSE}/problems",
        operation_id="list_draft_problems",
        summary="What keeps a draft from being published, and what may be mistyped",
    )
    async def problems(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], course_id: FromPath[UUID]
    ) -> CourseProblemsOut:
        await access(uow, principal.user_id, course_id)
        found = await drafts.checked(uow, course_id)
        told = [*found.problems, *found.notes]
        return CourseProblemsOut(
            [CourseProblemOut(each.severity, each.message, each.kind, node_id) for each, node_id in told]
        )

    @get(
        f"{_COURSE}/deleted",
        operation_id="list_deleted_nodes",
        summary="Nodes that can be restored; the next publish makes their end final",
    )
    async def deleted(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], course_id: FromPath[UUID]
    ) -> DeletedNodesOut:
        await access(uow, principal.user_id, course_id)
        rows = await repository.deleted(uow, course_id)
        return DeletedNodesOut(
            [DeletedNodeOut(row.id, row.parent_id, row.kind, row.title, row.updated_at, row.updated_by) for row in rows]
        )


def _course(found: Access, draft: Draft) -> AuthoredCourseOut:
    course: Course = decoded_course(draft.body)
    return AuthoredCourseOut(
        id=draft.course_id,
        slug=draft.slug,
        role=found.role,
        may_edit=found.may_edit,
        may_publish=found.may_publish,
        state=draft.state,
        changed=draft.in_progress,
        review_required=draft.review_required,
        publish_at=draft.publish_at,
        version=draft.version,
        etag=etag(draft.course_version),
        updated_at=draft.updated_at,
        updated_by=draft.updated_by,
        course=fields_of(CourseFields, course),
    )


def _tree(draft: Draft, rows: Sequence[Outlined]) -> DraftTreeOut:
    below: dict[UUID | None, list[Outlined]] = {}
    for row in rows:
        below.setdefault(row.parent_id, []).append(row)

    def unit(row: Outlined) -> DraftUnitOut:
        lessons = [
            DraftLessonOut(each.id, each.key, each.title, each.form, each.children, etag(each.version))
            for each in below.get(row.id, ())
        ]
        return DraftUnitOut(row.id, row.key, row.title, etag(row.version), lessons)

    sections = [
        DraftSectionOut(row.id, row.key, row.title, etag(row.version), [unit(each) for each in below.get(row.id, ())])
        for row in below.get(None, ())
    ]
    return DraftTreeOut(draft.course_id, draft.version, etag(draft.version), sections)


def _edits(done: editing.Edited) -> EditsOut:
    results = [EditOut(node_id, etag(version)) for node_id, version in done.results]
    return EditsOut(done.version, etag(done.version), results)
