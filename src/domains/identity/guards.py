"""Default deny: a request without a principal reaches only routes that say `opt={"public": True}`.

The middleware does both, finding out who calls and refusing strangers, so that no route can have the one without the
other. Litestar's guards would cost a copy of the handler per request.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler
from litestar.types import ASGIApp, Receive, Scope, Send

from domains.identity.api import ApiKeyHeld, Authenticator, Principal, is_api_key
from domains.identity.errors import ReadOnly, RoleMissing, ScopeMissing, StepUpNeeded, TokenInvalid
from domains.identity.policy.permissions import Permission, ScopeKind
from domains.identity.policy.permissions import Scope as Within
from domains.kernel.errors import Unauthenticated

AUTHENTICATOR = "authenticator"
"""Under this name the composition root keeps the process's Authenticator in the application's state."""

LIMITER = "limiter"
"""Under this name it keeps the process's Limiter."""

WEB_ORIGINS = "web_origins"
"""Under this name it keeps the exact origins of web clients."""

SCOPE = "scope"
"""A route with `opt={SCOPE: "payments.read"}` is open to API keys that have this scope."""

PUBLIC = {"public": True}
UNLIMITED = {"public": True, "rate": "none"}
"""For what load balancers, scrapers and sockets ask."""
WEBHOOK = {"public": True, "rate": "webhooks"}
LIGHT = {"rate_here": True}
"""For answers that cost less than asking Redis how many there were: each process counts for itself."""

_READING = {"GET", "HEAD", "OPTIONS"}
"""What a look through somebody's eyes may ask."""

Connection = ASGIConnection[Any, Any, Any, Any]


class Limiter(Protocol):
    async def admit(self, scope: Scope, send: Send) -> Send:
        """Counts a request once `scope` says who calls; the `send` to answer with. Raises where it is too many."""
        ...


class AuthenticationMiddleware:
    """Puts the Principal into `scope["user"]`, None on public routes that are called without a good token, and an API
    key into `scope["auth"]`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["user"] = None
        scope["auth"] = None
        token = _bearer(scope)
        refusal: Exception = Unauthenticated()
        if token is not None:
            try:
                if is_api_key(token):
                    scope["auth"] = await _authenticator(scope).api_key(token)
                else:
                    scope["user"] = await _principal(scope, token)
            except Exception as error:  # noqa: BLE001 - why we do not know the caller matters only if we must know
                refusal = error
        limiter: Limiter | None = scope["litestar_app"].state.get(LIMITER)
        if limiter is not None:
            send = await limiter.admit(scope, send)
        if scope["user"] is None and not _is_public(scope):
            if scope["auth"] is None:
                raise refusal
            if not _opens(scope["auth"], scope["route_handler"]):
                raise ScopeMissing
        if scope["user"] is not None and scope["user"].actor_id is not None and scope.get("method") not in _READING:
            raise ReadOnly
        await self._app(scope, receive, send)


async def _principal(scope: Scope, token: str) -> Principal:
    if not token:
        raise TokenInvalid
    authenticator = _authenticator(scope)
    return authenticator.cached(token) or await authenticator.principal(token)


def _authenticator(scope: Scope) -> Authenticator:
    found: Authenticator = scope["litestar_app"].state[AUTHENTICATOR]
    return found


def _opens(key: ApiKeyHeld | None, handler: BaseRouteHandler) -> bool:
    """Whether the caller's API key has the scope that the route asks for; what asks for none is closed to keys."""
    return key is not None and handler.opt.get(SCOPE) in key.scopes


def _bearer(scope: Scope) -> str | None:
    """None without an Authorization header, empty for one that is no bearer token."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, token = value.partition(b" ")
            return token.strip().decode("latin-1") if scheme.lower() == b"bearer" else ""
    return None


def _is_public(scope: Scope) -> bool:
    # OPTIONS tells what CORS asks for and nothing about anybody.
    return bool(scope["route_handler"].opt.get("public")) or scope.get("method") == "OPTIONS"


def require(
    permission: Permission, *, within: tuple[ScopeKind, str] | None = None
) -> Callable[[Connection, BaseRouteHandler], Awaitable[None]]:
    """A guard for what not everybody may: the roles are read from the database for this very request, or an API key has
    the scope of the route. `within`: a role in the course or class that this parameter of the path names will do too,
    as in `(ScopeKind.COURSE, "course_id")`."""

    async def guard(connection: Connection, handler: BaseRouteHandler) -> None:
        if _opens(connection.scope["auth"], handler):
            return
        principal: Principal | None = connection.scope["user"]
        if principal is None:
            raise Unauthenticated
        authenticator: Authenticator = connection.app.state[AUTHENTICATOR]
        scope = Within(within[0], connection.path_params[within[1]]) if within else None
        if not await authenticator.may(principal, permission, scope):
            raise RoleMissing

    return guard


async def require_fresh(connection: Connection, _: BaseRouteHandler) -> None:
    """A guard for what a stolen access token must not be enough for: a login of at most five minutes ago."""
    principal: Principal | None = connection.scope["user"]
    if principal is None:
        raise Unauthenticated
    authenticator: Authenticator = connection.app.state[AUTHENTICATOR]
    if not await authenticator.is_fresh(principal):
        raise StepUpNeeded(methods=await authenticator.step_up_methods(principal))


def provide_principal(request: Request[Any, Any, Any]) -> Principal:
    principal: Principal | None = request.scope["user"]
    if principal is None:
        raise Unauthenticated
    return principal


def provide_authenticator(request: Request[Any, Any, Any]) -> Authenticator:
    authenticator: Authenticator = request.app.state[AUTHENTICATOR]
    return authenticator


DEPENDENCIES = {
    "principal": Provide(provide_principal, sync_to_thread=False),
    "authenticator": Provide(provide_authenticator, sync_to_thread=False),
}
"""For the application: `principal: NamedDependency[Principal]` in any handler that is not public."""
