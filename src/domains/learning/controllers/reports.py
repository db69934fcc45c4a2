"""Reports about exercises over REST: learners make them, those who write the course decide."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED

from domains.identity.api import Permission, Principal, ScopeKind
from domains.identity.guards import require
from domains.kernel.page import Limit, Page, decode_cursor
from domains.kernel.uow import UnitOfWork
from domains.learning.policy.reports import Reason, State
from domains.learning.reporting import AcceptIn, CloseIn, ExerciseReportIn, MyReportOut, QueuedReportOut
from domains.learning.service import reports

Cursor = Annotated[str | None, QueryParameter(max_length=500, description="Of the page before.")]
Wanted = Annotated[State, QueryParameter(name="state")]
Why = Annotated[Reason | None, QueryParameter(name="reason")]

_COURSE = (ScopeKind.COURSE, "course_id")


class ExerciseReportsController(Controller):
    path = "/api/v1"
    tags = ("learning",)
    cache_control = CacheControlHeader(no_store=True)

    @post(
        "/sessions/{session_id:uuid}/reports",
        operation_id="report_exercise",
        summary="My answer should be accepted, the prompt is wrong, or the audio is bad",
        description="`accept` is about the answer that I gave in this session. The same report again is the same one. "
        "An answer that the course accepts by now counts at once.",
        status_code=HTTP_201_CREATED,
    )
    async def report(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        session_id: FromPath[UUID],
        data: JSONBody[ExerciseReportIn],
    ) -> MyReportOut:
        return await reports.report(uow, principal.user_id, session_id, data)

    @get(
        "/exercise-reports",
        operation_id="list_my_exercise_reports",
        summary="What I have reported about exercises, and what became of it",
    )
    async def mine(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        cursor: Cursor = None,
        limit: Limit = 20,
    ) -> Page[MyReportOut]:
        after = decode_cursor(cursor, tuple[datetime, UUID])
        return await reports.mine(uow, principal.user_id, after=after, limit=limit)


class CourseReportsController(Controller):
    path = "/api/v1/courses/{course_id:uuid}/reports"
    tags = ("authors",)
    guards = (require(Permission.COURSES_WRITE, within=_COURSE),)
    cache_control = CacheControlHeader(no_store=True)

    @get(
        "/",
        operation_id="list_course_reports",
        summary="Reports about a course, what is most worth a look first",
        description="By how likely a report is right, times how many made it.",
    )
    async def queue(
        self,
        uow: NamedDependency[UnitOfWork],
        course_id: FromPath[UUID],
        wanted: Wanted = State.OPEN,
        reason: Why = None,
        cursor: Cursor = None,
        limit: Limit = 20,
    ) -> Page[QueuedReportOut]:
        after = decode_cursor(cursor, tuple[float, UUID])
        return await reports.queue(uow, course_id, wanted, reason, after=after, limit=limit)

    @post(
        "/{report_id:uuid}/accept",
        operation_id="accept_reported_answer",
        summary="Accept an answer: it is right from a new revision on, and for everybody who has given it",
        description="`text` says it in other words, with groups and alternatives as in any accepted answer; without it "
        "the answer is taken as it was given.",
        status_code=HTTP_200_OK,
        guards=[require(Permission.COURSES_PUBLISH, within=_COURSE)],
    )
    async def accept(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        report_id: FromPath[UUID],
        data: JSONBody[AcceptIn],
    ) -> QueuedReportOut:
        return await reports.accept(uow, principal.user_id, course_id, report_id, data)

    @post(
        "/{report_id:uuid}/close",
        operation_id="close_course_report",
        summary="Close a report that was resolved otherwise, or refuse it",
        description="Whoever made it sees the note.",
        status_code=HTTP_200_OK,
    )
    async def close(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        report_id: FromPath[UUID],
        data: JSONBody[CloseIn],
    ) -> QueuedReportOut:
        return await reports.close(uow, principal.user_id, course_id, report_id, data)
