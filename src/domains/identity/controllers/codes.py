"""REST of identity: what is proved by reading a mail."""

from litestar import Controller, Response, post
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import JSONBody

from domains.identity.api import Authenticator, Principal
from domains.identity.controllers.answers import ENTERED, AnyRequest, caller_of, signed_in
from domains.identity.guards import PUBLIC, require_fresh
from domains.identity.policy.codes import Purpose
from domains.identity.schemas.auth import PendingOut, TokensOut
from domains.identity.schemas.ways import AddressIn, CodeIn, CodeOrTokenIn, MoveOut, RequestedOut, ResetIn
from domains.identity.service import mailbox, passwords
from domains.identity.service.codes import Presented, Requested, presented, presented_token
from domains.kernel.uow import Database

_FIRST_READER = (
    "Whoever is the first to read the mail of an address that was never confirmed takes the account over: password, "
    "passkeys, authenticator app and linked providers that were set up before are gone, and other logins end."
)


class CodesController(Controller):
    path = "/api/v1/auth"
    tags = ("identity",)
    cache_control = CacheControlHeader(no_store=True)

    @post(
        "/login/code",
        operation_id="request_login_code",
        summary="Have a code for a login sent by mail",
        status_code=202,
        opt=PUBLIC,
    )
    async def request_login(
        self, request: AnyRequest, data: JSONBody[AddressIn], db: NamedDependency[Database]
    ) -> RequestedOut:
        return _requested(await mailbox.request(db, Purpose.LOGIN, data.email, caller_of(request)))

    @post(
        "/login/code/confirm",
        operation_id="log_in_by_code",
        summary="Log in by a code",
        description=f"This also confirms the address. {_FIRST_READER}",
        status_code=200,
        opt=PUBLIC,
        responses=ENTERED,
    )
    async def log_in(
        self,
        request: AnyRequest,
        data: JSONBody[CodeIn],
        db: NamedDependency[Database],
        authenticator: NamedDependency[Authenticator],
    ) -> Response[TokensOut | PendingOut]:
        shown = await presented(db, [Purpose.LOGIN], request_id=data.request_id, code=data.code)
        return signed_in(await mailbox.log_in(db, authenticator, shown, caller_of(request)))

    @post(
        "/email/verify",
        operation_id="request_verification",
        summary="Have a code for one's address sent by mail",
        status_code=202,
    )
    async def request_verification(
        self, request: AnyRequest, db: NamedDependency[Database], principal: NamedDependency[Principal]
    ) -> RequestedOut:
        return _requested(await mailbox.request_verification(db, principal, caller_of(request)))

    @post(
        "/email/verify/confirm",
        operation_id="verify_address",
        summary="Confirm one's address",
        description="By the link's `token`, or by the `code` with the `request_id`, which whoever is logged in as that "
        "person may leave out.",
        status_code=204,
        opt=PUBLIC,
    )
    async def verify(self, request: AnyRequest, data: JSONBody[CodeOrTokenIn], db: NamedDependency[Database]) -> None:
        principal: Principal | None = request.scope["user"]
        shown = await _shown(db, [Purpose.VERIFY], data, principal)
        await mailbox.verify(db, shown, caller_of(request))

    @post(
        "/email",
        operation_id="request_email_change",
        summary="Change one's address",
        description="Codes go to both addresses, to the present one if it was ever confirmed. Each is confirmed with "
        "the `request_id` or by its link, within ten minutes.",
        status_code=202,
        guards=[require_fresh],
    )
    async def request_move(
        self,
        request: AnyRequest,
        data: JSONBody[AddressIn],
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
    ) -> RequestedOut:
        return _requested(await mailbox.request_move(db, principal, data.email, caller_of(request)))

    @post(
        "/email/confirm",
        operation_id="confirm_email_change",
        summary="Confirm one of the two addresses of a change",
        status_code=200,
        opt=PUBLIC,
    )
    async def confirm_move(
        self, request: AnyRequest, data: JSONBody[CodeOrTokenIn], db: NamedDependency[Database]
    ) -> MoveOut:
        shown = await _shown(db, mailbox.MOVE, data)
        return MoveOut(await mailbox.confirm_move(db, shown, caller_of(request)))

    @post(
        "/password/reset",
        operation_id="request_password_reset",
        summary="Have a link for another password sent by mail",
        status_code=202,
        opt=PUBLIC,
    )
    async def request_reset(
        self, request: AnyRequest, data: JSONBody[AddressIn], db: NamedDependency[Database]
    ) -> RequestedOut:
        return _requested(await mailbox.request(db, Purpose.RESET, data.email, caller_of(request)))

    @post(
        "/password/reset/confirm",
        operation_id="reset_password",
        summary="Set another password",
        description="Ends every login session and logs nobody in. The next login asks for a second factor as before, "
        f"unless the address was never confirmed. {_FIRST_READER}",
        status_code=204,
        opt=PUBLIC,
    )
    async def reset(
        self,
        request: AnyRequest,
        data: JSONBody[ResetIn],
        db: NamedDependency[Database],
        authenticator: NamedDependency[Authenticator],
    ) -> None:
        shown = await _shown(db, [Purpose.RESET], data)
        await passwords.reset(db, authenticator, shown, data.password, caller_of(request))


async def _shown(
    db: Database, purposes: list[Purpose] | tuple[Purpose, ...], data: CodeOrTokenIn, principal: Principal | None = None
) -> Presented:
    data.check(request_id_needed=principal is None)
    if data.token is not None:
        return presented_token(purposes, data.token)
    user_id = principal.user_id if principal is not None else None
    return await presented(db, purposes, request_id=data.request_id, code=data.code or "", user_id=user_id)


def _requested(requested: Requested) -> RequestedOut:
    return RequestedOut(requested.request_id, int(requested.expires_in.total_seconds()))
