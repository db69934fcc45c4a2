"""Giving the second factor to a login that waits for it, and proving once more who one is.

Both count every try before anything is known about the proof, per account and address like passwords: whoever has the
first factor guesses at the second no faster by beginning anew.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domains.identity.errors import (
    Banned,
    CodeInvalid,
    FactorWrong,
    PasskeyRefused,
    PendingInvalid,
    SessionEnded,
    StepUpNeeded,
)
from domains.identity.policy.actions import Action
from domains.identity.policy.entry import Method
from domains.identity.policy.factors import Ceremony, Factor, factor_subject
from domains.identity.repository import sessions, ways
from domains.identity.service import audit, factors, guesses, notices, passkeys, pending
from domains.identity.service.authenticator import Authenticator, Principal
from domains.identity.service.caller import Caller
from domains.identity.service.entry import Grant, complete
from domains.identity.service.login import prove_password
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database, UnitOfWork


@dataclass(frozen=True, slots=True)
class Proof:
    """One of `policy.factors.Factor`."""

    factor: Factor
    code: str = ""
    answer: dict[str, Any] | None = None
    """Of a passkey."""


async def give(db: Database, authenticator: Authenticator, token: str, proof: Proof, caller: Caller) -> Grant:
    """Raises PendingInvalid, FactorWrong, TooManyFailures, or Banned."""
    user_id = await pending.owner(db, token)
    counted = await guesses.count(db, factor_subject(user_id), user_id, caller)
    waiting = await pending.take_try(db, token)
    is_passkey = proof.answer is not None and await _is_passkey_of(db, user_id, proof.answer, caller)
    async with db.begin() as uow:
        held = await ways.hold(uow.session, user_id)
        if held is None:
            raise PendingInvalid
        if is_passkey or await _is_code_of(uow, user_id, proof, caller):
            await pending.use(uow, token)
            if held.banned:
                raise Banned
            await guesses.forgive(uow, counted)
            method = Method(waiting.method)
            return await complete(uow, authenticator, held.account, caller, method=method, second_factor=proof.factor)
        # Somebody has the first factor and not the second.
        audit.record(
            uow, Action.SECOND_FACTOR_FAILED, user_id=user_id, detail={"second_factor": proof.factor}, caller=caller
        )
        if not waiting.tries_left:
            notices.tell(uow, user_id, Action.SECOND_FACTOR_FAILED)
    await guesses.fail(db, counted)
    raise FactorWrong


async def step_up(
    db: Database,
    authenticator: Authenticator,
    principal: Principal,
    caller: Caller,
    *,
    password: str | None = None,
    code: str | None = None,
    answer: dict[str, Any] | None = None,
) -> None:
    """By one of the three. From now on the login session is fresh. Raises StepUpNeeded for what the account cannot be
    proved by, or PasswordWrong, CodeInvalid, PasskeyRefused, TooManyFailures."""
    method = "password" if password is not None else Factor.TOTP if code is not None else Factor.PASSKEY
    methods = await authenticator.step_up_methods(principal)
    if method not in methods:
        raise StepUpNeeded(methods=methods)
    if password is not None:
        await prove_password(db, principal.user_id, password, caller)
    elif code is not None:
        await _prove_code(db, principal.user_id, code, caller)
    else:
        await passkeys.prove(db, answer or {}, Ceremony.STEP_UP, principal.user_id, caller)
    async with db.begin() as uow:
        if not await sessions.authenticated(uow.session, principal.session_id, utc_now()):
            raise SessionEnded
        audit.record(uow, Action.STEPPED_UP, user_id=principal.user_id, detail={"method": method}, caller=caller)


async def _prove_code(db: Database, user_id: UUID, code: str, caller: Caller) -> None:
    counted = await guesses.count(db, factor_subject(user_id), user_id, caller)
    async with db.begin() as uow:
        if await factors.use_code(uow, user_id, code):
            await guesses.forgive(uow, counted)
            return
    await guesses.fail(db, counted)
    raise CodeInvalid


async def _is_passkey_of(db: Database, user_id: UUID, answer: dict[str, Any], caller: Caller) -> bool:
    try:
        await passkeys.prove(db, answer, Ceremony.SECOND_FACTOR, user_id, caller)
    except PasskeyRefused:
        return False
    return True


async def _is_code_of(uow: UnitOfWork, user_id: UUID, proof: Proof, caller: Caller) -> bool:
    match proof.factor:
        case Factor.TOTP:
            return await factors.use_code(uow, user_id, proof.code)
        case Factor.RECOVERY_CODE:
            return await factors.use_recovery_code(uow, user_id, proof.code, caller)
        case Factor.PASSKEY:
            return False
