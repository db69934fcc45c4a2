"""REST of identity: logins at other providers, by OpenID Connect."""

from typing import Annotated
from urllib.parse import parse_qs

from litestar import Controller, Response, delete, get, post
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.response import Redirect

from domains.identity.api import Authenticator, Principal
from domains.identity.controllers.answers import ENTERED, AnyRequest, caller_of, signed_in
from domains.identity.controllers.cookies import in_cookie_mode, no_cookie
from domains.identity.errors import OidcRefused
from domains.identity.guards import PUBLIC, WEBHOOK, require_fresh
from domains.identity.models.oidc import OidcIdentity
from domains.identity.policy.oidc import FLOW_LIFETIME
from domains.identity.providers.openid.setup import OpenIdProviders
from domains.identity.repository import oidc as repository
from domains.identity.schemas.auth import PendingOut, TokensOut
from domains.identity.schemas.oidc import (
    LinkedListOut,
    LinkedOut,
    OidcExchangeIn,
    OidcLogoutIn,
    OidcLogoutOut,
    OidcProviderOut,
    OidcProvidersOut,
    OidcStartIn,
    OidcStartOut,
)
from domains.identity.service import oidc, oidc_logout
from domains.kernel.errors import Unauthenticated
from domains.kernel.uow import Database, UnitOfWork

_MOST_CODE = 4000
_LINKED = ResponseSpec(LinkedOut, description="The provider opens the account from now on", generate_examples=False)


class OidcController(Controller):
    path = "/api/v1/auth/oidc"
    tags = ("identity",)
    cache_control = CacheControlHeader(no_store=True)

    @get("", operation_id="list_login_providers", summary="Providers that people can log in by", opt=PUBLIC)
    async def providers(self, db: NamedDependency[Database]) -> OidcProvidersOut:
        return OidcProvidersOut([OidcProviderOut(one.name, one.title) for one in db.port(OpenIdProviders).all])

    @post(
        "/{provider:str}/start",
        operation_id="begin_provider_login",
        summary="Begin a login at a provider",
        description="The client keeps `verifier` and sends the browser to `url`. It comes back to `redirect_uri` with "
        "a `code` for the exchange, or with an `error`. A guest who begins it keeps the account. With `link`, from a "
        "login of at most five minutes ago, the provider is linked to the account instead.",
        status_code=200,
        opt=PUBLIC,
    )
    async def start(
        self,
        request: AnyRequest,
        provider: FromPath[str],
        data: JSONBody[OidcStartIn],
        db: NamedDependency[Database],
        authenticator: NamedDependency[Authenticator],
    ) -> OidcStartOut:
        principal: Principal | None = request.scope["user"]
        if principal is None and "authorization" in request.headers:
            # A guest whose token has expired would end up in another account.
            raise Unauthenticated
        started = await oidc.begin(db, authenticator, provider, principal, return_to=data.redirect_uri, link=data.link)
        return OidcStartOut(started.url, started.verifier, int(FLOW_LIFETIME.total_seconds()))

    @get(
        "/{provider:str}/callback",
        operation_id="come_back_from_provider",
        summary="Where the provider sends the browser back to",
        description="For browsers only. It leads on to the `redirect_uri` of the start, or to `public_url` with the "
        "`error` `identity.oidc_flow_invalid` where no login waits for this, because it took too long or was used.",
        status_code=303,
        opt=PUBLIC,
    )
    async def callback(
        self,
        provider: FromPath[str],
        db: NamedDependency[Database],
        given_state: Annotated[str, QueryParameter(name="state")] = "",
        code: FromQuery[str | None] = None,
        iss: FromQuery[str | None] = None,
        error: FromQuery[str | None] = None,
    ) -> Redirect:
        if code is not None and (error is not None or not 0 < len(code) <= _MOST_CODE):
            code = None
        target = await oidc.come_back(db, provider, state=given_state, code=code, iss=iss)
        return Redirect(target, status_code=303)

    @post(
        "/exchange",
        operation_id="exchange_provider_code",
        summary="Complete a login at a provider, or a link",
        description="409 `identity.oidc_link_needed` where there is an "
        "account with the address, which the provider does not open: log in to it and link the provider.",
        status_code=200,
        opt=PUBLIC,
        responses={**ENTERED, 201: _LINKED},
    )
    async def exchange(
        self,
        request: AnyRequest,
        data: JSONBody[OidcExchangeIn],
        db: NamedDependency[Database],
        authenticator: NamedDependency[Authenticator],
    ) -> Response[TokensOut | PendingOut | LinkedOut]:
        done = await oidc.exchange(db, authenticator, data.code, data.verifier, caller_of(request))
        if isinstance(done, OidcIdentity):
            return Response(_linked(db, done), status_code=201)
        entered = signed_in(done)
        return Response(entered.content, status_code=entered.status_code, cookies=entered.cookies)

    @get("/linked", operation_id="list_linked_providers", summary="Providers that open one's account")
    async def linked(self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]) -> LinkedListOut:
        rows = await repository.linked(uow.session, principal.user_id)
        return LinkedListOut([_linked(uow.db, row) for row in rows])

    @delete(
        "/{provider:str}",
        operation_id="unlink_provider",
        summary="Unlink a provider",
        description="Never the only way into the account. Other login sessions that the provider opened end.",
        guards=[require_fresh],
    )
    async def unlink(
        self,
        request: AnyRequest,
        provider: FromPath[str],
        db: NamedDependency[Database],
        authenticator: NamedDependency[Authenticator],
        principal: NamedDependency[Principal],
    ) -> None:
        await oidc_logout.unlink(db, authenticator, principal, provider, caller_of(request))

    @post(
        "/logout",
        operation_id="log_out_at_provider",
        summary="End this login session, and the login at the provider that opened it",
        status_code=200,
    )
    async def log_out(
        self,
        request: AnyRequest,
        data: JSONBody[OidcLogoutIn],
        db: NamedDependency[Database],
        authenticator: NamedDependency[Authenticator],
        principal: NamedDependency[Principal],
    ) -> Response[OidcLogoutOut]:
        cookies = [no_cookie()] if in_cookie_mode(request) else []
        url = await oidc_logout.log_out_there_too(db, authenticator, principal, data.redirect_uri, caller_of(request))
        return Response(OidcLogoutOut(url), cookies=cookies)

    @post(
        "/{provider:str}/backchannel-logout",
        operation_id="end_sessions_by_provider",
        summary="A provider tells that somebody has logged out there",
        description="OpenID Connect Back-Channel Logout: a form with a `logout_token`.",
        status_code=200,
        opt=WEBHOOK,
    )
    async def backchannel_logout(
        self,
        request: AnyRequest,
        provider: FromPath[str],
        db: NamedDependency[Database],
        authenticator: NamedDependency[Authenticator],
    ) -> None:
        try:
            form = parse_qs((await request.body()).decode("latin-1"), max_num_fields=20)
        except ValueError:
            form = {}
        given = form.get("logout_token", [])
        if len(given) != 1:
            raise OidcRefused("a form with one logout_token is wanted")
        await oidc_logout.end_by_provider(db, authenticator, provider, given[0], caller_of(request))


def _linked(db: Database, row: OidcIdentity) -> LinkedOut:
    known = db.port(OpenIdProviders).of_issuer(row.issuer)
    return LinkedOut(known.name if known else row.issuer, row.email, row.created_at, row.last_used_at)
