"""REST of identity: register, log in, refresh, log out, me, and the keys that vouch for tokens."""

from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import JSONBody

from domains.identity import repository
from domains.identity.api import Account, Authenticator, Principal
from domains.identity.errors import SessionEnded
from domains.identity.guards import PUBLIC
from domains.identity.policy.sessions import ACCESS_LIFETIME, TICKET_LIFETIME
from domains.identity.schemas import KeySetOut, LoginIn, RefreshIn, RegisterIn, TicketOut, TokensOut, UserOut
from domains.identity.service.accounts import create_user
from domains.identity.service.login import Caller, Grant, admit, count_registration, log_in, log_out, refresh
from domains.identity.service.tickets import issue_ticket
from domains.kernel.uow import Database, UnitOfWork

AnyRequest = Request[Any, Any, Any]


def _caller(request: AnyRequest) -> Caller:
    # The server resolves trusted proxies; headers that anybody may send are not looked at here.
    address = request.client.host if request.client else None
    return Caller(address, request.headers.get("user-agent"))


def _user_out(account: Account) -> UserOut:
    return UserOut(
        id=account.id,
        email=account.email,
        name=account.name,
        roles=sorted(account.roles),
        username=account.username,
        time_zone=account.time_zone,
        locale=account.locale,
    )


def _tokens_out(grant: Grant) -> TokensOut:
    return TokensOut(
        access_token=grant.access_token,
        refresh_token=grant.refresh_token,
        expires_in=int(ACCESS_LIFETIME.total_seconds()),
        user=_user_out(grant.account),
    )


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
    ) -> TokensOut:
        caller = _caller(request)
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
        return _tokens_out(await admit(uow, authenticator, account, caller))

    @post("/login", operation_id="log_in", summary="Log in", status_code=200, opt=PUBLIC)
    async def log_in(
        self,
        request: AnyRequest,
        data: JSONBody[LoginIn],
        db: NamedDependency[Database],
        authenticator: NamedDependency[Authenticator],
    ) -> TokensOut:
        data.check()
        grant = await log_in(
            db,
            authenticator,
            email=data.email,
            username=data.username,
            password=data.password,
            caller=_caller(request),
        )
        return _tokens_out(grant)

    @post(
        "/refresh",
        operation_id="refresh_tokens",
        summary="Exchange a refresh token for new tokens",
        description="Each refresh token is good once. Used again after ten seconds, it ends its login session.",
        status_code=200,
        opt=PUBLIC,
    )
    async def refresh(
        self,
        data: JSONBody[RefreshIn],
        db: NamedDependency[Database],
        authenticator: NamedDependency[Authenticator],
    ) -> TokensOut:
        return _tokens_out(await refresh(db, authenticator, data.refresh_token))

    @post("/logout", operation_id="log_out", summary="End this login session", status_code=204)
    async def log_out(
        self,
        db: NamedDependency[Database],
        authenticator: NamedDependency[Authenticator],
        principal: NamedDependency[Principal],
    ) -> None:
        await log_out(db, authenticator, principal)

    @get("/me", operation_id="show_me", summary="Who is logged in")
    async def me(self, db: NamedDependency[Database], principal: NamedDependency[Principal]) -> UserOut:
        account = await repository.account(db, principal.user_id)
        if account is None:
            raise SessionEnded
        return _user_out(account)


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
