"""What every way in answers with."""

from litestar import Response
from litestar.datastructures import Cookie
from litestar.openapi.datastructures import ResponseSpec

from domains.identity.controllers.cookies import AnyRequest, in_cookie_mode, refresh_cookie
from domains.identity.policy.sessions import ACCESS_LIFETIME
from domains.identity.repository.accounts import Account
from domains.identity.schemas.auth import PendingOut, SecondFactorOut, TokensOut, UserOut
from domains.identity.service.caller import Caller
from domains.identity.service.entry import Grant, Pending

__all__ = [
    "ENTERED",
    "WAITING",
    "AnyRequest",
    "caller_of",
    "cookies_of",
    "logged_in",
    "signed_in",
    "tokens_out",
    "user_out",
]


WAITING = {
    202: ResponseSpec(
        PendingOut, description="The first factor was right, and a second one is wanted", generate_examples=False
    )
}
ENTERED = {200: ResponseSpec(TokensOut, description="Logged in", generate_examples=False)} | WAITING
"""What `signed_in` answers with, for the OpenAPI document: each status with the one thing that comes with it."""


def caller_of(request: AnyRequest) -> Caller:
    # The server resolves trusted proxies; headers that anybody may send are not looked at here.
    address = request.client.host if request.client else None
    return Caller(address, request.headers.get("user-agent"), in_cookie_mode(request))


def user_out(account: Account) -> UserOut:
    return UserOut(
        id=account.id,
        email=account.email,
        email_verified=account.verified,
        name=account.name,
        roles=sorted(account.roles),
        username=account.username,
        time_zone=account.time_zone,
        locale=account.locale,
        deletion_at=account.deletion_at,
    )


def tokens_out(grant: Grant) -> TokensOut:
    return TokensOut(
        access_token=grant.access_token,
        refresh_token=None if grant.in_cookie else grant.refresh_token,
        expires_in=int(ACCESS_LIFETIME.total_seconds()),
        user=user_out(grant.account),
    )


def cookies_of(grant: Grant) -> list[Cookie]:
    return [refresh_cookie(grant.refresh_token)] if grant.in_cookie else []


def logged_in(grant: Grant, *, status_code: int = 200) -> Response[TokensOut]:
    return Response(tokens_out(grant), status_code=status_code, cookies=cookies_of(grant))


def signed_in(entered: Grant | Pending, *, status_code: int = 200) -> Response[TokensOut | PendingOut]:
    """Tokens, or 202 where a second factor is still wanted."""
    if isinstance(entered, Grant):
        return Response(tokens_out(entered), status_code=status_code, cookies=cookies_of(entered))
    wanted = SecondFactorOut(entered.token, entered.methods, int(entered.expires_in.total_seconds()))
    return Response(PendingOut(wanted), status_code=202)
