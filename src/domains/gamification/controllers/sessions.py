"""Completing a session, and sending what was done without a network."""

from uuid import UUID

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from domains.gamification.schemas import SessionResultOut, SyncOut
from domains.gamification.service import rewards, syncing
from domains.identity.api import Principal
from domains.kernel.uow import Database, UnitOfWork
from domains.learning import api as learning


class CompletionController(Controller):
    path = "/api/v1/sessions"
    tags = ("learning",)

    @post(
        "/{session_id:uuid}/complete",
        operation_id="complete_session",
        summary="Complete a session and see what it brought; again gives the same",
        status_code=HTTP_200_OK,
    )
    async def complete(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], session_id: FromPath[UUID]
    ) -> SessionResultOut:
        return await rewards.complete_session(uow, principal.user_id, session_id)


class SyncController(Controller):
    path = "/api/v1/sync"
    tags = ("learning",)

    @post(
        "/",
        operation_id="sync",
        summary="Send what was learned without a network",
        description="Sessions of a bundle, or such that were begun with a network, each with its answers. Every answer "
        "is graded here, counts once, and is credited to the day on which it was given. The same batch again, after "
        "whatever went wrong, gets the same report. What was not taken is reported in its place and holds up nothing "
        "else. XP of a week that is over counts, but moves nobody in its league.",
        status_code=HTTP_200_OK,
    )
    async def sync(
        self,
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        data: JSONBody[learning.SyncIn],
    ) -> SyncOut:
        return await syncing.sync(db, principal.user_id, data)
