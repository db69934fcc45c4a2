"""Learning over REST. Completing a session is in gamification, because its answer shows XP, streak and league."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT

from domains.catalog import api as catalog
from domains.identity.api import Principal
from domains.kernel.idempotency import once_per_key
from domains.kernel.uow import Database, UnitOfWork
from domains.learning.course_schemas import EnrollmentOut, LessonPageOut, RecommendationsOut
from domains.learning.schemas import (
    AnswerIn,
    AnswerOut,
    CourseSessionIn,
    InvitationMadeOut,
    InvitationOut,
    SessionIn,
    SessionOut,
    SessionProgressOut,
)
from domains.learning.service import access, answers, beginning, choosing, sessions, watching

IdempotencyKey = Annotated[
    str | None, HeaderParameter(name="Idempotency-Key", description="The same key again gives the same answer.")
]


class EnrollmentsController(Controller):
    path = "/api/v1/courses"
    tags = ("learning",)

    @post(
        "/{course_id:uuid}/enrollments",
        operation_id="enrol",
        summary="Enrol in a course; once is enough",
        status_code=HTTP_201_CREATED,
    )
    async def enrol(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], course_id: FromPath[UUID]
    ) -> EnrollmentOut:
        enrollment = await sessions.enrol_with_access(uow, principal.user_id, course_id)
        needed = (await catalog.published_course(uow, course_id)).course.prerequisites
        missing = await choosing.missing_prerequisites(uow.db, principal.user_id, needed)
        return EnrollmentOut(enrollment.course_id, enrollment.enrolled_at, missing)

    @get(
        "/recommended",
        operation_id="list_recommended_courses",
        summary="Courses that may be the next for me, and why",
        description="Out of what I learn and have completed, and of what others take who learn the same; only courses "
        "whose prerequisites I have completed.",
        cache_control=CacheControlHeader(no_store=True),
    )
    async def recommended(
        self,
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        limit: Annotated[int, QueryParameter(ge=1, le=50, description="At most so many.")] = 10,
    ) -> RecommendationsOut:
        return await choosing.recommend(db, principal.user_id, limit)


class SessionsController(Controller):
    path = "/api/v1"
    tags = ("learning",)

    @get(
        "/lessons/{lesson_id:uuid}",
        operation_id="get_lesson",
        summary="What there is to read in a lesson, and its files",
        description="A preview is open to whoever has not bought the course.",
        cache_control=CacheControlHeader(no_store=True),
    )
    async def get_lesson(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], lesson_id: FromPath[UUID]
    ) -> LessonPageOut:
        return await access.open_lesson(uow, principal.user_id, lesson_id)

    @post(
        "/lessons/{lesson_id:uuid}/sessions",
        operation_id="begin_session",
        summary="Begin a session of a lesson, or go on with it",
        description="There is one open session of a lesson: beginning again, on any device, goes on with it. "
        "Between the lesson's own exercises come some that went wrong before or are due.",
        status_code=HTTP_201_CREATED,
    )
    async def begin(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        lesson_id: FromPath[UUID],
        data: JSONBody[SessionIn | None] = None,
        key: IdempotencyKey = None,
    ) -> SessionOut:
        kind = (data or SessionIn()).kind
        # What is kept for the key is the session's id: its prompts are made again from the pinned revision.
        begun = await once_per_key(
            uow,
            owner_id=principal.user_id,
            key=key,
            operation=f"begin_session:{lesson_id}",
            request=kind,
            answer_type=beginning.BegunSession,
            work=lambda: beginning.begin_lesson(uow, principal.user_id, lesson_id),
        )
        return await beginning.as_begun(uow, begun)

    @post(
        "/courses/{course_id:uuid}/sessions",
        operation_id="begin_course_session",
        summary="Begin practice, a review, a test or a placement, or go on with it",
        description="`practice` asks what was met, rather the weak than the strong; `mistakes` what went wrong last; "
        "`review` what is due; `test_out` passes a unit whose lessons are known already; `placement` finds out with "
        "at most 20 exercises where to begin: each answer brings the next. None but a test costs hearts.",
        status_code=HTTP_201_CREATED,
    )
    async def begin_in_course(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        data: JSONBody[CourseSessionIn],
        key: IdempotencyKey = None,
    ) -> SessionOut:
        begun = await once_per_key(
            uow,
            owner_id=principal.user_id,
            key=key,
            operation=f"begin_course_session:{course_id}",
            request=data,
            answer_type=beginning.BegunSession,
            work=lambda: beginning.begin_in_course(uow, principal.user_id, course_id, data.kind, data.unit_id),
        )
        return await beginning.as_begun(uow, begun)

    @delete(
        "/sessions/{session_id:uuid}",
        operation_id="abandon_session",
        summary="Give a session up; also how to decline a placement",
        status_code=HTTP_204_NO_CONTENT,
    )
    async def abandon(
        self, db: NamedDependency[Database], principal: NamedDependency[Principal], session_id: FromPath[UUID]
    ) -> None:
        await beginning.abandon(db, principal.user_id, session_id)

    @get("/sessions/{session_id:uuid}", operation_id="get_session", summary="A session as it stands, to go on with")
    async def get_session(
        self,
        uow: NamedDependency[UnitOfWork],
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        session_id: FromPath[UUID],
    ) -> SessionOut:
        return await sessions.shown_session(uow, db, session_id, principal.user_id)

    @post(
        "/sessions/{session_id:uuid}/answers",
        operation_id="submit_answer",
        summary="Answer an exercise and get it graded",
        status_code=HTTP_200_OK,
    )
    async def submit(
        self,
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        session_id: FromPath[UUID],
        data: JSONBody[AnswerIn],
        key: IdempotencyKey = None,
    ) -> AnswerOut:
        return await answers.submit_answer(
            db,
            user_id=principal.user_id,
            session_id=session_id,
            exercise_id=data.exercise_id,
            answer=data.answer,
            elapsed_ms=data.elapsed_ms,
            key=key,
        )


class WatchingController(Controller):
    path = "/api/v1/sessions/{session_id:uuid}"
    tags = ("learning",)
    cache_control = CacheControlHeader(no_store=True)

    @get(
        "/progress",
        operation_id="get_session_progress",
        summary="How far a session is; for its learner and for those invited to watch",
    )
    async def progress(
        self, db: NamedDependency[Database], principal: NamedDependency[Principal], session_id: FromPath[UUID]
    ) -> SessionProgressOut:
        return SessionProgressOut(*await watching.session_progress(db, principal.user_id, session_id))

    @post(
        "/invitations",
        operation_id="invite_to_session",
        summary="Invite somebody to watch my session while it runs",
        description="The code is shown once. Who watches shows it in `session.watch`; the first who does may watch.",
        status_code=HTTP_201_CREATED,
    )
    async def invite(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], session_id: FromPath[UUID]
    ) -> InvitationMadeOut:
        return await watching.invite(uow, principal.user_id, session_id)

    @get(
        "/invitations",
        operation_id="list_session_invitations",
        summary="Open invitations to my session, and who took them",
    )
    async def invitations(
        self, db: NamedDependency[Database], principal: NamedDependency[Principal], session_id: FromPath[UUID]
    ) -> list[InvitationOut]:
        return await watching.invitations(db, principal.user_id, session_id)

    @delete(
        "/invitations/{invitation_id:uuid}",
        operation_id="revoke_session_invitation",
        summary="Take an invitation back; whoever watches by it no longer does",
        status_code=HTTP_204_NO_CONTENT,
    )
    async def revoke(
        self,
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        session_id: FromPath[UUID],
        invitation_id: FromPath[UUID],
    ) -> None:
        await watching.revoke(db, principal.user_id, session_id, invitation_id)
