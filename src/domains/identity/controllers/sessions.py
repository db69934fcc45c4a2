"""REST of login sessions: where somebody is logged in, and ending that."""

from uuid import UUID

from litestar import Controller, delete, get
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import FromPath

from domains.identity.api import Authenticator, Principal
from domains.identity.controllers.answers import AnyRequest, caller_of
from domains.identity.guards import SCOPE, require
from domains.identity.policy.permissions import Permission
from domains.identity.schemas.sessions import EndedOut, SessionsOut
from domains.identity.service.logins import end_login, end_logins, logins_of
from domains.kernel.uow import Database

_ENDS = "Its access tokens are refused within a minute, and its sockets close within seconds."
_STAFF = "Only an admin does this to moderators, support and admins."


class SessionsController(Controller):
    path = "/api/v1/auth/sessions"
    tags = ("identity",)
    cache_control = CacheControlHeader(no_store=True)

    @get("/", operation_id="list_sessions", summary="Where I am logged in")
    async def own(self, db: NamedDependency[Database], principal: NamedDependency[Principal]) -> SessionsOut:
        return SessionsOut(await logins_of(db, principal.user_id, current=principal.session_id))

    @delete("/{session_id:uuid}", operation_id="end_session", summary="Log out on one device", description=_ENDS)
    async def end(
        self,
        request: AnyRequest,
        db: NamedDependency[Database],
        authenticator: NamedDependency[Authenticator],
        principal: NamedDependency[Principal],
        session_id: FromPath[UUID],
    ) -> None:
        caller = caller_of(request)
        await end_login(db, authenticator, user_id=principal.user_id, session_id=session_id, caller=caller)

    @delete(
        "/",
        operation_id="end_other_sessions",
        summary="Log out everywhere but here",
        description=_ENDS,
        status_code=200,
    )
    async def end_others(
        self,
        request: AnyRequest,
        db: NamedDependency[Database],
        authenticator: NamedDependency[Authenticator],
        principal: NamedDependency[Principal],
    ) -> EndedOut:
        caller, keep = caller_of(request), principal.session_id
        return EndedOut(await end_logins(db, authenticator, user_id=principal.user_id, keep=keep, caller=caller))


class SessionsOfUserController(Controller):
    """For staff who help somebody whose device was lost."""

    path = "/api/v1/admin/users/{user_id:uuid}/sessions"
    tags = ("identity",)
    guards = (require(Permission.PEOPLE_SESSIONS),)
    cache_control = CacheControlHeader(no_store=True)

    @get(
        "/",
        operation_id="list_sessions_of_user",
        summary="Where somebody is logged in; empty for nobody",
        opt={SCOPE: "sessions.read"},
    )
    async def of_user(self, db: NamedDependency[Database], user_id: FromPath[UUID]) -> SessionsOut:
        return SessionsOut(await logins_of(db, user_id))

    @delete(
        "/{session_id:uuid}",
        operation_id="end_session_of_user",
        summary="Log somebody out on one device",
        description=_STAFF,
    )
    async def end(
        self,
        request: AnyRequest,
        db: NamedDependency[Database],
        authenticator: NamedDependency[Authenticator],
        principal: NamedDependency[Principal],
        user_id: FromPath[UUID],
        session_id: FromPath[UUID],
    ) -> None:
        caller, by = caller_of(request), principal.user_id
        await end_login(db, authenticator, user_id=user_id, session_id=session_id, caller=caller, by=by)

    @delete(
        "/",
        operation_id="end_sessions_of_user",
        summary="Log somebody out everywhere",
        description=_STAFF,
        status_code=200,
    )
    async def end_all(
        self,
        request: AnyRequest,
        db: NamedDependency[Database],
        authenticator: NamedDependency[Authenticator],
        principal: NamedDependency[Principal],
        user_id: FromPath[UUID],
    ) -> EndedOut:
        caller, by = caller_of(request), principal.user_id
        return EndedOut(await end_logins(db, authenticator, user_id=user_id, caller=caller, by=by))
