"""REST of identity: second factors, and proving once more who one is."""

from litestar import Controller, Response, delete, get, post
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import JSONBody

from domains.identity.api import Authenticator, Principal
from domains.identity.controllers.answers import AnyRequest, caller_of, logged_in
from domains.identity.guards import PUBLIC, require_fresh
from domains.identity.policy.entry import FRESH_FOR
from domains.identity.policy.factors import Ceremony, Factor
from domains.identity.policy.fields import checked_text
from domains.identity.schemas.auth import TokensOut
from domains.identity.schemas.factors import (
    FactorsOut,
    PasskeyOptionsOut,
    PendingTokenIn,
    RecoveryCodesOut,
    SecondFactorIn,
    StepUpIn,
    StepUpOut,
    TotpCodeIn,
    TotpOut,
)
from domains.identity.service import factors, passkeys, pending, second_factor
from domains.identity.service.second_factor import Proof
from domains.kernel.uow import Database, UnitOfWork


class FactorsController(Controller):
    path = "/api/v1/auth"
    tags = ("identity",)
    cache_control = CacheControlHeader(no_store=True)

    @post(
        "/second-factor",
        operation_id="give_second_factor",
        summary="Complete a login that waits for a second factor",
        description="A login bears five tries within ten minutes.",
        status_code=200,
        opt=PUBLIC,
    )
    async def give(
        self,
        request: AnyRequest,
        data: JSONBody[SecondFactorIn],
        db: NamedDependency[Database],
        authenticator: NamedDependency[Authenticator],
    ) -> Response[TokensOut]:
        data.check()
        if data.passkey is not None:
            proof = Proof(Factor.PASSKEY, answer=data.passkey)
        elif data.code is not None:
            proof = Proof(Factor.TOTP, data.code)
        else:
            proof = Proof(Factor.RECOVERY_CODE, data.recovery_code or "")
        return logged_in(await second_factor.give(db, authenticator, data.token, proof, caller_of(request)))

    @post(
        "/second-factor/passkey",
        operation_id="begin_second_factor_passkey",
        summary="What a passkey is asked, as a second factor",
        status_code=200,
        opt=PUBLIC,
    )
    async def begin_passkey(self, data: JSONBody[PendingTokenIn], db: NamedDependency[Database]) -> PasskeyOptionsOut:
        user_id = await pending.owner(db, data.token)
        return PasskeyOptionsOut(await passkeys.options_to_prove(db, Ceremony.SECOND_FACTOR, user_id))

    @get("/factors", operation_id="show_factors", summary="One's second factors")
    async def show(self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]) -> FactorsOut:
        found = await factors.owned(uow, principal.user_id)
        return FactorsOut(found.totp, found.passkeys, found.recovery_codes, found.wanted)

    @post(
        "/totp",
        operation_id="begin_totp",
        summary="Set up an authenticator app",
        description="It is asked for once its first code has been confirmed, within ten minutes. Have the address "
        "confirmed before: who reads the mail of one that never was takes the app away.",
        status_code=201,
        guards=[require_fresh],
    )
    async def begin_totp(self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]) -> TotpOut:
        setup = await factors.begin_totp(uow, principal)
        return TotpOut(setup.secret, setup.uri, setup.qr_svg)

    @post("/totp/confirm", operation_id="confirm_totp", summary="Turn the authenticator app on", status_code=200)
    async def confirm_totp(
        self,
        request: AnyRequest,
        data: JSONBody[TotpCodeIn],
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
    ) -> RecoveryCodesOut:
        return RecoveryCodesOut(await factors.confirm_totp(db, principal, data.code, caller_of(request)))

    @delete("/totp", operation_id="remove_totp", summary="Remove the authenticator app", guards=[require_fresh])
    async def remove_totp(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> None:
        await factors.remove_totp(uow, principal, caller_of(request))

    @post(
        "/recovery-codes",
        operation_id="renew_recovery_codes",
        summary="Ten new recovery codes instead of the old ones",
        status_code=201,
        guards=[require_fresh],
    )
    async def renew_recovery_codes(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> RecoveryCodesOut:
        return RecoveryCodesOut(await factors.renew_recovery_codes(uow, principal, caller_of(request)))

    @post(
        "/step-up",
        operation_id="step_up",
        summary="Prove once more who one is",
        description="Sensitive changes want a proof of the last five minutes. Whoever has a second factor proves it by "
        "that one. Somebody who has nothing to prove it by logs in again.",
        status_code=200,
    )
    async def step_up(
        self,
        request: AnyRequest,
        data: JSONBody[StepUpIn],
        db: NamedDependency[Database],
        authenticator: NamedDependency[Authenticator],
        principal: NamedDependency[Principal],
    ) -> StepUpOut:
        data.check()
        await second_factor.step_up(
            db,
            authenticator,
            principal,
            caller_of(request),
            password=checked_text("password", data.password) if data.password is not None else None,
            code=data.code,
            answer=data.passkey,
        )
        return StepUpOut(int(FRESH_FOR.total_seconds()))

    @post(
        "/step-up/passkey",
        operation_id="begin_step_up_passkey",
        summary="What a passkey is asked, to prove once more who one is",
        status_code=200,
    )
    async def begin_step_up(
        self, db: NamedDependency[Database], principal: NamedDependency[Principal]
    ) -> PasskeyOptionsOut:
        return PasskeyOptionsOut(await passkeys.options_to_prove(db, Ceremony.STEP_UP, principal.user_id))
