"""REST of identity: register, log in, refresh, log out, me, and the keys that vouch for tokens."""

import msgspec
from litestar import Controller, Response, delete, get, post
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import JSONBody

from domains.identity.api import Authenticator, Principal
from domains.identity.controllers.answers import ENTERED, AnyRequest, caller_of, logged_in, signed_in, user_out
from domains.identity.controllers.cookies import MODE_HELP, in_cookie_mode, no_cookie, refresh_token_of
from domains.identity.errors import SessionEnded
from domains.identity.guards import PUBLIC, require_fresh
from domains.identity.policy.entry import Method
from domains.identity.policy.sessions import TICKET_LIFETIME
from domains.identity.repository import accounts as repository
from domains.identity.repository import staff
from domains.identity.schemas.auth import (
    ImpersonatedOut,
    KeySetOut,
    LoginIn,
    MeOut,
    PendingOut,
    RefreshIn,
    RegisterIn,
    TicketOut,
    TokensOut,
)
from domains.identity.schemas.rights import DeletionIn, DeletionOut
from domains.identity.service import deletion
from domains.identity.service.accounts import create_user
from domains.identity.service.entry import complete
from domains.identity.service.login import count_registration, log_in, log_out, refresh
from domains.identity.service.tickets import issue_ticket
from domains.kernel.flags import on_for
from domains.kernel.uow import Database, UnitOfWork


class AuthController(Controller):
    path = "/api/v1/auth"
    tags = ("identity",)
    cache_control = CacheControlHeader(no_store=True)

    @post("/register", operation_id="register", summary="Create an account and log in", opt=PUBLIC)
    async def register(
        self,
        request: AnyRequest,
        data: JSONBody[RegisterIn],
        uow: NamedDependency[UnitOfWork],
        db: NamedDependency[Database],
        authenticator: NamedDependency[Authenticator],
    ) -> Response[TokensOut]:
        caller = caller_of(request)
        await count_registration(db, caller)
        account = await create_user(
            uow,
            email=data.email,
            name=data.name,
            password=data.password,
            username=data.username,
            time_zone=data.time_zone,
            locale=data.locale,
        )
        grant = await complete(uow, authenticator, account, caller, method=Method.REGISTRATION)
        return logged_in(grant, status_code=201)

    @post(
        "/login",
        operation_id="log_in",
        summary="Log in",
        description=MODE_HELP,
        status_code=200,
        opt=PUBLIC,
        responses=ENTERED,
    )
    async def log_in(
        self,
        request: AnyRequest,
        data: JSONBody[LoginIn],
        db: NamedDependency[Database],
        authenticator: NamedDependency[Authenticator],
    ) -> Response[TokensOut | PendingOut]:
        data.check()
        entered = await log_in(
            db,
            authenticator,
            email=data.email,
            username=data.username,
            password=data.password,
            caller=caller_of(request),
        )
        return signed_in(entered)

    @post(
        "/refresh",
        operation_id="refresh_tokens",
        summary="Exchange a refresh token for new tokens",
        description="Each refresh token is good once. Used again after ten seconds, it ends its login session. "
        "With `X-Session-Mode: cookie` it comes out of the cookie, and no body is needed.",
        status_code=200,
        opt=PUBLIC,
    )
    async def refresh(
        self,
        request: AnyRequest,
        db: NamedDependency[Database],
        authenticator: NamedDependency[Authenticator],
        data: JSONBody[RefreshIn | None] = None,
    ) -> Response[TokensOut]:
        token = refresh_token_of(request, data.refresh_token if data else None)
        return logged_in(await refresh(db, authenticator, token, in_cookie=in_cookie_mode(request)))

    @post("/logout", operation_id="log_out", summary="End this login session", status_code=204)
    async def log_out(
        self,
        request: AnyRequest,
        db: NamedDependency[Database],
        authenticator: NamedDependency[Authenticator],
        principal: NamedDependency[Principal],
    ) -> Response[None]:
        cookies = [no_cookie()] if in_cookie_mode(request) else []
        await log_out(db, authenticator, principal, caller_of(request))
        return Response(None, status_code=204, cookies=cookies)

    @get("/me", operation_id="show_me", summary="Who is logged in")
    async def me(self, db: NamedDependency[Database], principal: NamedDependency[Principal]) -> MeOut:
        account = await repository.account(db, principal.user_id)
        if account is None:
            raise SessionEnded
        look = await staff.look(db, principal.session_id) if principal.actor_id is not None else None
        return MeOut(
            **msgspec.structs.asdict(user_out(account)),
            impersonation=ImpersonatedOut(look.by, look.name, look.ends_at) if look else None,
            flags=sorted(await on_for(db, principal.user_id)),
        )

    @delete(
        "/me",
        operation_id="delete_me",
        summary="Have my account erased in 14 days",
        description="All login sessions end at once; a login and `POST /auth/me/restore` take it back until then. "
        "Subscriptions end with their period. The last admin stays. Needs a login of at most five minutes ago.",
        status_code=202,
        guards=[require_fresh],
    )
    async def delete_me(
        self,
        request: AnyRequest,
        data: JSONBody[DeletionIn],
        db: NamedDependency[Database],
        authenticator: NamedDependency[Authenticator],
        principal: NamedDependency[Principal],
    ) -> DeletionOut:
        at = await deletion.request(db, authenticator, principal, data.confirmation, caller_of(request))
        return DeletionOut(at)


@post(
    "/api/v1/realtime/tickets",
    operation_id="create_ticket",
    summary="A ticket that opens one socket",
    description="For clients that do not want to hold the access token where the socket is opened. It is sent as "
    "`token` in the `auth` object of the connection, never in an address. It is good once, and the socket it opens "
    "closes with the login session and at the latest after the lifetime of an access token.",
    tags=["identity"],
    cache_control=CacheControlHeader(no_store=True),
)
async def create_ticket(db: NamedDependency[Database], principal: NamedDependency[Principal]) -> TicketOut:
    ticket = await issue_ticket(db, principal)
    return TicketOut(ticket=ticket, expires_in=int(TICKET_LIFETIME.total_seconds()))


@get(
    "/.well-known/jwks.json",
    operation_id="show_signing_keys",
    summary="Public keys that verify access tokens",
    tags=["identity"],
    opt=PUBLIC,
    cache_control=CacheControlHeader(max_age=60, public=True),
)
async def show_signing_keys(authenticator: NamedDependency[Authenticator]) -> KeySetOut:
    return KeySetOut(keys=await authenticator.keys.jwks())
