"""How far I am, and what I have done."""

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.status_codes import HTTP_200_OK

from domains.identity.api import Principal
from domains.kernel.page import Limit, Page, decode_cursor
from domains.kernel.uow import Database, UnitOfWork
from domains.learning.progress_schemas import (
    CalendarOut,
    CourseLessonsProgressOut,
    CourseProgressOut,
    SessionLineOut,
    WeakSkillOut,
    WordOut,
)
from domains.learning.schemas import ViewedOut
from domains.learning.service import completion, progress

Cursor = Annotated[str | None, QueryParameter(max_length=2000, description="Of the page before.")]
InCourse = Annotated[UUID | None, QueryParameter(description="Of this course alone.")]


class ProgressController(Controller):
    path = "/api/v1/progress"
    tags = ("learning",)
    cache_control = CacheControlHeader(no_store=True)

    @get("/", operation_id="list_progress", summary="My courses, and how far I am in each")
    async def list_progress(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> list[CourseProgressOut]:
        return await progress.courses(uow, principal.user_id)

    @get(
        "/courses/{course_id:uuid}",
        operation_id="get_course_progress",
        summary="My progress in a course: skill by skill, lesson by lesson",
        description="`mastery` falls with time, as things are forgotten; levels and crowns count and never fall.",
    )
    async def get_course_progress(
        self, db: NamedDependency[Database], principal: NamedDependency[Principal], course_id: FromPath[UUID]
    ) -> CourseLessonsProgressOut:
        return await progress.course(db, principal.user_id, course_id)

    @get(
        "/courses/{course_id:uuid}/words",
        operation_id="list_learned_words",
        summary="Words and phrases that I have learned, by the alphabet, and how likely I would know each now",
    )
    async def words(
        self,
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        cursor: Cursor = None,
        limit: Limit = 20,
    ) -> Page[WordOut]:
        after = decode_cursor(cursor, tuple[str, UUID])
        return await progress.words(db, principal.user_id, course_id, after=after, limit=limit)

    @get(
        "/courses/{course_id:uuid}/weak-skills",
        operation_id="list_weak_skills",
        summary="Skills of which I have forgotten something, the weakest first",
    )
    async def weak_skills(
        self,
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        limit: Annotated[int, QueryParameter(ge=1, le=50, description="At most so many.")] = 5,
    ) -> list[WeakSkillOut]:
        return await progress.weak_skills(db, principal.user_id, course_id, limit=limit)

    @get("/sessions", operation_id="list_past_sessions", summary="My sessions, the newest first")
    async def sessions(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: InCourse = None,
        cursor: Cursor = None,
        limit: Limit = 20,
    ) -> Page[SessionLineOut]:
        before = decode_cursor(cursor, UUID)
        return await progress.history(uow, principal.user_id, course_id, before=before, limit=limit)

    @get(
        "/activity",
        operation_id="get_activity",
        summary="Days on which I learned, and for how long",
        description=f"Days are those of my own time zone: the last {progress.SHOWN_DAYS} where none are named, at most "
        f"{progress.MOST_DAYS}. Time is counted from answer to answer, and never more than three minutes for one.",
    )
    async def activity(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        first_on: Annotated[date | None, QueryParameter(description="The first day.")] = None,
        last_on: Annotated[date | None, QueryParameter(description="The last day; today where none is named.")] = None,
        course_id: InCourse = None,
    ) -> CalendarOut:
        return await progress.calendar(uow, principal.user_id, first_on=first_on, last_on=last_on, course_id=course_id)

    @post(
        "/lessons/{lesson_id:uuid}",
        operation_id="view_lesson",
        summary="Mark a lesson without exercises as viewed",
        status_code=HTTP_200_OK,
    )
    async def view_lesson(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], lesson_id: FromPath[UUID]
    ) -> ViewedOut:
        return ViewedOut(lesson_id, await completion.view_lesson(uow, principal.user_id, lesson_id))
