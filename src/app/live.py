"""Joins the realtime layer to the domains: who somebody is, what they may watch, and how an answer is submitted."""

from functools import partial
from uuid import UUID

import msgspec

from app.config import Settings
from app.missed import durable_since
from domains.catalog import api as catalog
from domains.classrooms import api as classrooms
from domains.gamification.api import Boards
from domains.identity.api import Authenticator, is_ticket, redeem_ticket
from domains.kernel.errors import Forbidden
from domains.kernel.uow import Database
from domains.learning import api as learning
from realtime import rooms
from realtime.commands import AnswerSubmit
from realtime.gateway import GatewaySettings
from realtime.hub import RealtimeSettings
from realtime.ports import Ports, Principal
from realtime.wire import CourseChanged, DraftChanged, SessionProgress


def realtime_settings(settings: Settings, *, mark: str) -> RealtimeSettings:
    transports = ("polling", "websocket") if settings.long_polling else ("websocket",)
    return RealtimeSettings(gateway=GatewaySettings(origins=settings.origins, transports=transports, mark=mark))


def realtime_ports(db: Database, authenticator: Authenticator, boards: Boards) -> Ports:
    async def authenticate(token: str) -> Principal:
        if is_ticket(token):
            known = await redeem_ticket(db, token)
        elif cached := authenticator.cached(token):
            # A socket lives long: whoever opens one is looked for in the database, where other processes end logins.
            await authenticator.roles_now(known := cached)
        else:
            known = await authenticator.principal(token)
        if known.actor_id is not None:
            # Sockets answer exercises; who looks through somebody's eyes reads by REST.
            raise Forbidden
        return Principal(known.user_id, known.session_id, known.expires_at, known.roles)

    async def submit_answer(principal: Principal, submitted: AnswerSubmit) -> msgspec.Struct:
        return await learning.submit_answer(
            db,
            user_id=principal.user_id,
            session_id=submitted.session_id,
            exercise_id=submitted.exercise_id,
            answer=submitted.answer,
            elapsed_ms=submitted.elapsed_ms,
            key=submitted.key,
        )

    async def accept_invitation(user_id: UUID, session_id: UUID, code: str) -> bool:
        return await learning.may_watch_session(db, user_id, session_id, code)

    async def classroom(classroom_id: UUID) -> classrooms.ClassroomProgressOut:
        return await classrooms.progress(db, classroom_id)

    async def session(session_id: UUID) -> SessionProgress | None:
        found = await learning.standing_session(db, session_id)
        return found and SessionProgress(user_id=found[0], **found[1]._asdict())

    async def course(course_id: UUID) -> CourseChanged | None:
        found = await catalog.published_number(db, course_id)
        return found and CourseChanged(course_id, *found)

    async def draft(course_id: UUID) -> DraftChanged | None:
        found = await catalog.draft_now(db, course_id)
        return found and DraftChanged(course_id, *found)

    return Ports(
        authenticate,
        submit_answer,
        {
            rooms.LEAGUE: boards.still_may_watch,
            rooms.CLASSROOM: partial(classrooms.still_may_watch, db),
            rooms.SESSION: partial(learning.still_may_watch_sessions, db),
            rooms.COURSE: partial(learning.still_enrolled, db),
            rooms.DRAFT: partial(catalog.still_authors, db),
        },
        accept_invitation,
        boards,
        classroom,
        session,
        course,
        draft,
        live_sessions=authenticator.live_sessions,
        durable_since=durable_since(db),
        course_moved=partial(catalog.course_changed, db),
    )
