"""REST of identity: passkeys."""

from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from domains.identity.api import Authenticator, Principal
from domains.identity.controllers.answers import ENTERED, AnyRequest, caller_of, signed_in
from domains.identity.guards import PUBLIC, require_fresh
from domains.identity.models.factors import PasskeyRow
from domains.identity.policy.factors import Ceremony
from domains.identity.repository import passkeys as repository
from domains.identity.schemas.auth import PendingOut, TokensOut
from domains.identity.schemas.factors import (
    PasskeyChangedOut,
    PasskeyChangeIn,
    PasskeyIn,
    PasskeyLoginIn,
    PasskeyOptionsOut,
    PasskeyOut,
    PasskeysOut,
)
from domains.identity.service import passkeys
from domains.kernel.uow import Database, UnitOfWork


class PasskeysController(Controller):
    path = "/api/v1/auth/passkeys"
    tags = ("identity",)
    cache_control = CacheControlHeader(no_store=True)

    @post(
        "/login/options",
        operation_id="begin_passkey_login",
        summary="What a passkey is asked, to log in without a name",
        status_code=200,
        opt=PUBLIC,
    )
    async def begin_login(self, db: NamedDependency[Database]) -> PasskeyOptionsOut:
        return PasskeyOptionsOut(await passkeys.options_to_prove(db, Ceremony.LOGIN, None))

    @post(
        "/login",
        operation_id="log_in_by_passkey",
        summary="Log in by a passkey",
        description="It counts as two factors: the device, and the PIN, finger or face that it has checked.",
        status_code=200,
        opt=PUBLIC,
        responses={200: ENTERED[200]},
    )
    async def log_in(
        self,
        request: AnyRequest,
        data: JSONBody[PasskeyLoginIn],
        db: NamedDependency[Database],
        authenticator: NamedDependency[Authenticator],
    ) -> Response[TokensOut | PendingOut]:
        return signed_in(await passkeys.log_in(db, authenticator, data.passkey, caller_of(request)))

    @get("", operation_id="list_passkeys", summary="One's passkeys")
    async def listed(self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]) -> PasskeysOut:
        return PasskeysOut([_out(row) for row in await repository.listed(uow.session, principal.user_id)])

    @post(
        "/options",
        operation_id="begin_passkey",
        summary="What a browser needs to make a passkey",
        status_code=200,
        guards=[require_fresh],
    )
    async def begin(self, db: NamedDependency[Database], principal: NamedDependency[Principal]) -> PasskeyOptionsOut:
        return PasskeyOptionsOut(await passkeys.options_to_register(db, principal))

    @post("", operation_id="register_passkey", summary="Keep a passkey that was made", status_code=201)
    async def register(
        self,
        request: AnyRequest,
        data: JSONBody[PasskeyIn],
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
    ) -> PasskeyOut:
        return _out(await passkeys.register(db, principal, data.passkey, data.name, caller_of(request)))

    @patch(
        "/{passkey_id:uuid}",
        operation_id="change_passkey",
        summary="Rename a passkey, or have it asked for as a second factor",
        guards=[require_fresh],
    )
    async def change(
        self,
        request: AnyRequest,
        passkey_id: FromPath[UUID],
        data: JSONBody[PasskeyChangeIn],
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
    ) -> PasskeyChangedOut:
        row, codes = await passkeys.change(
            uow,
            principal,
            passkey_id,
            name=data.name,
            second_factor=data.second_factor,
            caller=caller_of(request),
        )
        return PasskeyChangedOut(_out(row), codes)

    @delete(
        "/{passkey_id:uuid}",
        operation_id="remove_passkey",
        summary="Remove a passkey",
        description="Never the only way into the account.",
        guards=[require_fresh],
    )
    async def remove(
        self,
        request: AnyRequest,
        passkey_id: FromPath[UUID],
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
    ) -> None:
        await passkeys.remove(uow, principal, passkey_id, caller_of(request))


def _out(row: PasskeyRow) -> PasskeyOut:
    return PasskeyOut(
        id=row.id,
        name=row.name,
        second_factor=row.second_factor,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
    )
