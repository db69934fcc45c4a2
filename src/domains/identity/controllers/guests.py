"""REST of identity: guests, and the password of who is logged in."""

from litestar import Controller, Response, delete, post
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody

from domains.identity.api import Authenticator, Principal
from domains.identity.controllers.answers import (
    WAITING,
    AnyRequest,
    caller_of,
    cookies_of,
    signed_in,
    tokens_out,
    user_out,
)
from domains.identity.guards import PUBLIC, require_fresh
from domains.identity.schemas.auth import PendingOut, TokensOut, UserOut
from domains.identity.schemas.ways import GuestIn, GuestOut, MergeIn, PasswordIn, UpgradeIn
from domains.identity.service import guests, passwords
from domains.identity.service.entry import Grant, Pending
from domains.kernel.uow import Database

_ENTERED = WAITING | {
    201: ResponseSpec(GuestOut, description="A new guest", generate_examples=False),
    200: ResponseSpec(GuestOut, description="The guest of this device", generate_examples=False),
}


class GuestsController(Controller):
    path = "/api/v1/auth"
    tags = ("identity",)
    cache_control = CacheControlHeader(no_store=True)

    @post(
        "/guest",
        operation_id="enter_as_guest",
        summary="Begin without an account, or come back",
        description="The first call answers with a `device_secret` that opens the same account again, until it gets "
        "another way in (an address and a password, a passkey, a login elsewhere) or becomes part of another account.",
        opt=PUBLIC,
        responses=_ENTERED,
    )
    async def enter(
        self,
        request: AnyRequest,
        data: JSONBody[GuestIn],
        db: NamedDependency[Database],
        authenticator: NamedDependency[Authenticator],
    ) -> Response[GuestOut | TokensOut | PendingOut]:
        caller = caller_of(request)
        if data.device_secret is not None:
            back = await guests.come_back(db, authenticator, caller, data.device_secret)
            return _answer(back, None)
        entered, device_secret = await guests.welcome(
            db, authenticator, caller, name=data.name, time_zone=data.time_zone, locale=data.locale
        )
        return _answer(entered, device_secret)

    @post(
        "/guest/upgrade",
        operation_id="upgrade_guest",
        summary="Give a guest's account an address and a password",
        description="The account stays the same, with all that was earned and bought.",
        status_code=200,
    )
    async def upgrade(
        self,
        request: AnyRequest,
        data: JSONBody[UpgradeIn],
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
    ) -> UserOut:
        return user_out(await guests.upgrade(db, principal, data.email, data.password, caller_of(request)))

    @post(
        "/merge",
        operation_id="merge_guest",
        summary="Make a guest part of an account that there is",
        description="The guest calls, and shows an access token of the account, from a login of at most five minutes "
        "ago. What the guest learnt, earned and bought is the account's then; the guest's own account is closed.",
        status_code=200,
    )
    async def merge(
        self,
        request: AnyRequest,
        data: JSONBody[MergeIn],
        db: NamedDependency[Database],
        authenticator: NamedDependency[Authenticator],
        principal: NamedDependency[Principal],
    ) -> UserOut:
        return user_out(await guests.merge(db, authenticator, principal, data.access_token, caller_of(request)))

    @post(
        "/password",
        operation_id="change_password",
        summary="Set one's password",
        description="With the current one, or within five minutes of a login; where a second factor is asked for, only "
        "the latter. Every other login session ends.",
        status_code=204,
    )
    async def change_password(
        self,
        request: AnyRequest,
        data: JSONBody[PasswordIn],
        db: NamedDependency[Database],
        authenticator: NamedDependency[Authenticator],
        principal: NamedDependency[Principal],
    ) -> None:
        caller = caller_of(request)
        await passwords.change(db, authenticator, principal, data.new_password, data.current_password, caller)

    @delete(
        "/password",
        operation_id="remove_password",
        summary="Do without a password",
        description="Only with another way in. Every other login session ends.",
        guards=[require_fresh],
    )
    async def remove_password(
        self,
        request: AnyRequest,
        db: NamedDependency[Database],
        authenticator: NamedDependency[Authenticator],
        principal: NamedDependency[Principal],
    ) -> None:
        await passwords.remove(db, authenticator, principal, caller_of(request))


def _answer(entered: Grant | Pending, device_secret: str | None) -> Response[GuestOut | TokensOut | PendingOut]:
    if not isinstance(entered, Grant):
        pending = signed_in(entered)
        return Response(pending.content, status_code=pending.status_code)
    tokens = tokens_out(entered)
    shown = GuestOut(
        tokens.access_token, tokens.refresh_token, tokens.expires_in, tokens.user, device_secret=device_secret
    )
    return Response(shown, status_code=201 if device_secret else 200, cookies=cookies_of(entered))
