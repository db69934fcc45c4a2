"""Joins the realtime layer to the domains: who somebody is, what they may watch, and how an answer is submitted."""

from uuid import UUID

import msgspec

from app.config import Settings
from app.missed import durable_since
from domains.gamification.api import Boards
from domains.identity.api import Authenticator, is_ticket, redeem_ticket
from domains.kernel.uow import Database
from domains.learning import api as learning
from realtime.gateway import GatewaySettings
from realtime.hub import RealtimeSettings
from realtime.ports import Ports, Principal
from realtime.wire import AnswerSubmit


def realtime_settings(settings: Settings, *, mark: str) -> RealtimeSettings:
    return RealtimeSettings(gateway=GatewaySettings(origins=settings.origins, mark=mark))


def realtime_ports(db: Database, authenticator: Authenticator, boards: Boards) -> Ports:
    async def authenticate(token: str) -> Principal:
        known = await (redeem_ticket(db, token) if is_ticket(token) else authenticator.principal(token))
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

    async def may_watch_league(principal: Principal, league_id: UUID) -> bool:
        return await boards.may_watch(principal.user_id, league_id)

    async def may_watch_session(principal: Principal, session_id: UUID) -> bool:
        return await learning.owns_session(db, principal.user_id, session_id)

    return Ports(
        authenticate,
        submit_answer,
        may_watch_league,
        may_watch_session,
        boards,
        live_sessions=authenticator.live_sessions,
        durable_since=durable_since(db),
    )
