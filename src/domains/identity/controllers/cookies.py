"""Cookie mode, for browsers: the refresh token lies in a cookie that no script can read.

A client chooses it with `X-Session-Mode: cookie` at whatever completes a login, and sends the same header to refresh
and log out. Access tokens stay in the body and are sent as bearer tokens, so no other call looks at cookies.

Invariant: a cookie counts only beside that header, which no foreign page can send without asking first, and beside an
Origin that is exactly one of ours.
"""

from typing import Any

from litestar import Request
from litestar.datastructures import Cookie

from domains.identity.errors import BadField, OriginRefused, RefreshInvalid
from domains.identity.guards import WEB_ORIGINS
from domains.identity.policy.sessions import SESSION_IDLE

REFRESH_COOKIE = "__Host-lyceum-refresh"
MODE_HEADER = "X-Session-Mode"
MODE_HELP = (
    "Browsers send `X-Session-Mode: cookie` with this and every call that logs in, refreshes or logs out: the refresh "
    "token is then not in the body but in a `__Host-` cookie that scripts cannot read."
)

AnyRequest = Request[Any, Any, Any]


def in_cookie_mode(request: AnyRequest) -> bool:
    """Raises OriginRefused for a page that is not ours, BadField for a mode that there is not."""
    mode = request.headers.get(MODE_HEADER, "body")
    if mode not in {"body", "cookie"}:
        raise BadField(MODE_HEADER, f"{MODE_HEADER} is body or cookie")
    if mode == "cookie" and request.headers.get("origin") not in request.app.state[WEB_ORIGINS]:
        raise OriginRefused
    return mode == "cookie"


def refresh_token_of(request: AnyRequest, given: str | None) -> str:
    """`given` in the body, or out of the cookie. Raises RefreshInvalid where there is none, or as `in_cookie_mode`."""
    token = request.cookies.get(REFRESH_COOKIE) if in_cookie_mode(request) and given is None else given
    if not token:
        raise RefreshInvalid
    return token


def refresh_cookie(token: str) -> Cookie:
    return Cookie(
        key=REFRESH_COOKIE,
        value=token,
        path="/",
        max_age=int(SESSION_IDLE.total_seconds()),
        secure=True,
        httponly=True,
        samesite="strict",
    )


def no_cookie() -> Cookie:
    """Makes the browser forget it."""
    return Cookie(key=REFRESH_COOKIE, value="", path="/", max_age=0, secure=True, httponly=True, samesite="strict")
