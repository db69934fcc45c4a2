"""Second factors: which of them somebody has, the authenticator app, recovery codes.

Invariant: a code is good once, and there are recovery codes only while a second factor is asked for.
"""

import asyncio
import io
import secrets
from typing import NamedTuple
from uuid import UUID

import pyotp
import segno

from domains.identity.errors import CodeInvalid, FactorMissing, TotpOn, TotpUnknown
from domains.identity.policy.actions import Action
from domains.identity.policy.factors import (
    RECOVERY_CODES,
    SETUP_LIFETIME,
    Factor,
    factor_subject,
    recovery_code,
    typed_recovery_code,
)
from domains.identity.policy.totp import otpauth_uri, step_of
from domains.identity.repository import factors as repository
from domains.identity.repository.factors import Owned
from domains.identity.service import audit, guesses, notices
from domains.identity.service.authenticator import Principal
from domains.identity.service.caller import Caller
from domains.identity.service.hashing import digest
from domains.identity.service.ways import own
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database, UnitOfWork

ISSUER = "Lyceum"


class Setup(NamedTuple):
    """What an authenticator app is told, by hand or by its camera."""

    secret: str
    uri: str
    qr_svg: str


async def owned(uow: UnitOfWork, user_id: UUID) -> Owned:
    return await repository.owned(uow.session, user_id)


async def second_factors(uow: UnitOfWork, user_id: UUID) -> list[str]:
    """`totp`, `passkey`, `recovery_code`; empty for somebody of whom none is asked for."""
    found = await repository.owned(uow.session, user_id)
    if not found.wanted:
        return []
    have = ((Factor.TOTP, found.totp), (Factor.PASSKEY, found.passkeys), (Factor.RECOVERY_CODE, found.recovery_codes))
    return [factor.value for factor, there in have if there]


async def begin_totp(uow: UnitOfWork, principal: Principal) -> Setup:
    """Nothing is asked for by it until `confirm_totp`. Raises TotpOn."""
    account = (await own(uow, principal)).account
    secret = pyotp.random_base32()
    if not await repository.begin_app(uow.session, principal.user_id, secret, utc_now()):
        raise TotpOn
    uri = otpauth_uri(secret, account=account.email or account.name, issuer=ISSUER)
    return Setup(secret, uri, await asyncio.to_thread(_svg, uri))


async def confirm_totp(db: Database, principal: Principal, code: str, caller: Caller) -> list[str]:
    """Turns it on; the recovery codes, of which none is told again. Raises TotpUnknown, TotpOn, CodeInvalid or
    TooManyFailures."""
    user_id = principal.user_id
    counted = await guesses.count(db, factor_subject(user_id), user_id, caller)
    async with db.begin() as uow:
        await own(uow, principal)
        now = utc_now()
        app = await repository.app(uow.session, user_id)
        if app is None or (not app.confirmed and now >= app.began_at + SETUP_LIFETIME):
            raise TotpUnknown
        step = step_of(app.secret, code, now)
        if step is not None:
            if not await repository.confirm_app(uow.session, user_id, app.secret, step=step, now=now):
                raise TotpOn
            await guesses.forgive(uow, counted)
            changed(uow, user_id, Action.TOTP_ON, caller)
            return await _new_recovery_codes(uow, user_id)
    await guesses.fail(db, counted)
    raise CodeInvalid


async def remove_totp(uow: UnitOfWork, principal: Principal, caller: Caller) -> None:
    """Nothing where there was none."""
    await own(uow, principal)
    if await repository.forget_app(uow.session, principal.user_id):
        changed(uow, principal.user_id, Action.TOTP_OFF, caller)
        await forget_spare_codes(uow, principal.user_id)


async def renew_recovery_codes(uow: UnitOfWork, principal: Principal, caller: Caller) -> list[str]:
    """The old ones are good no more. Raises FactorMissing."""
    await own(uow, principal)
    if not (await repository.owned(uow.session, principal.user_id)).wanted:
        raise FactorMissing
    changed(uow, principal.user_id, Action.RECOVERY_CODES_RENEWED, caller)
    return await _new_recovery_codes(uow, principal.user_id)


async def first_recovery_codes(uow: UnitOfWork, user_id: UUID) -> list[str] | None:
    """For somebody who has none yet."""
    if (await repository.owned(uow.session, user_id)).recovery_codes:
        return None
    return await _new_recovery_codes(uow, user_id)


async def forget_spare_codes(uow: UnitOfWork, user_id: UUID) -> None:
    """Recovery codes go with the last second factor."""
    if not (await repository.owned(uow.session, user_id)).wanted:
        await repository.replace_recovery_codes(uow.session, user_id, [], b"")


async def use_code(uow: UnitOfWork, user_id: UUID, code: str) -> bool:
    """Whether it is the app's code of now and was not used before; it is used then, if this commits."""
    app = await repository.app(uow.session, user_id)
    if app is None or not app.confirmed:
        return False
    step = step_of(app.secret, code, utc_now())
    return step is not None and await repository.use_step(uow.session, user_id, app.secret, step)


async def use_recovery_code(uow: UnitOfWork, user_id: UUID, code: str, caller: Caller) -> bool:
    """Whether it is one of theirs; it is used then, if this commits."""
    typed, salt = typed_recovery_code(code), await repository.recovery_salt(uow.session, user_id)
    if typed is None or salt is None:
        return False
    if not await repository.use_recovery_code(uow.session, user_id, await digest(typed, salt)):
        return False
    changed(uow, user_id, Action.RECOVERY_CODE_USED, caller)
    return True


def changed(uow: UnitOfWork, user_id: UUID, action: Action, caller: Caller) -> None:
    audit.record(uow, action, user_id=user_id, caller=caller)
    notices.tell(uow, user_id, action)


async def _new_recovery_codes(uow: UnitOfWork, user_id: UUID) -> list[str]:
    codes = [recovery_code(secrets.choice) for _ in range(RECOVERY_CODES)]
    salt = secrets.token_bytes(16)
    hashes = await asyncio.gather(*(digest(code.replace("-", ""), salt) for code in codes))
    await repository.replace_recovery_codes(uow.session, user_id, hashes, salt)
    return codes


def _svg(uri: str) -> str:
    drawn = io.BytesIO()
    segno.make(uri, error="m", micro=False).save(drawn, kind="svg", scale=4, light="#fff", xmldecl=False)
    return drawn.getvalue().decode()
