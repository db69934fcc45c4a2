"""Setting a password, removing it, and choosing another one by mail.

Invariant: a new password ends every other login session, and a reset logs nobody in: what else an account asks for at
a login is asked for at the next one.
"""

from domains.identity.errors import BadField, CodeInvalid, StepUpNeeded, WeakPassword
from domains.identity.policy.actions import Action
from domains.identity.policy.fields import checked_text
from domains.identity.policy.passwords import checked_password
from domains.identity.repository import codes as code_rows
from domains.identity.repository import ways
from domains.identity.repository.ways import Held
from domains.identity.service import audit, codes, notices
from domains.identity.service.authenticator import Authenticator, Principal
from domains.identity.service.caller import Caller
from domains.identity.service.claims import claim
from domains.identity.service.codes import Presented
from domains.identity.service.hashing import LOGINS, hash_password
from domains.identity.service.login import prove_password
from domains.identity.service.mailbox import hold_addressee
from domains.identity.service.sessions import revoke_session
from domains.identity.service.ways import check_other_way, own
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database, UnitOfWork


async def reset(
    db: Database, authenticator: Authenticator, presented: Presented, password: str, caller: Caller
) -> None:
    """Raises CodeInvalid, or WeakPassword, which leaves the code as it was."""
    async with db.begin() as uow:
        held = await hold_addressee(uow, await codes.use(uow, presented))
        if held.banned:
            raise CodeInvalid
        await _set(uow, held, password)
        await claim(uow, held, caller)
        await code_rows.forget(uow.session, held.account.id)
        await revoke_session(uow, user_id=held.account.id, reason="password reset")
        audit.record(uow, Action.PASSWORD_RESET, user_id=held.account.id, caller=caller)
        notices.tell(uow, held.account.id, Action.PASSWORD_CHANGED)
    authenticator.forget_user(held.account.id)


async def change(
    db: Database, authenticator: Authenticator, principal: Principal, password: str, current: str | None, caller: Caller
) -> None:
    """By a fresh login or, where it is enough to step up, the current password. Raises StepUpNeeded, PasswordWrong,
    WeakPassword, BadField."""
    if not await authenticator.is_fresh(principal):
        methods = await authenticator.step_up_methods(principal)
        if current is None or "password" not in methods:
            raise StepUpNeeded(methods=methods)
    if current is not None:
        await prove_password(db, principal.user_id, checked_text("current_password", current), caller)
    async with db.begin() as uow:
        held = await own(uow, principal)
        if not (held.account.email or held.account.username):
            way = "POST /auth/guest/upgrade gives both" if held.guest else "POST /auth/email gives one"
            raise BadField("new_password", f"a password goes with an e-mail address: {way}")
        try:
            await _set(uow, held, password)
        except WeakPassword as error:
            raise WeakPassword(error.detail, field="new_password") from None
        await _ended(uow, principal, Action.PASSWORD_CHANGED, caller)
    authenticator.forget_user(principal.user_id)


async def remove(db: Database, authenticator: Authenticator, principal: Principal, caller: Caller) -> None:
    """For who comes in by other ways. Raises LastWayIn."""
    async with db.begin() as uow:
        held = await own(uow, principal)
        if not held.has_password:
            return
        await check_other_way(uow, held, "password")
        await ways.change(uow.session, held.account.id, password_hash=None, password_changed_at=utc_now())
        await _ended(uow, principal, Action.PASSWORD_REMOVED, caller)
    authenticator.forget_user(principal.user_id)


async def _ended(uow: UnitOfWork, principal: Principal, action: Action, caller: Caller) -> None:
    user_id = principal.user_id
    await revoke_session(uow, user_id=user_id, keep=principal.session_id, reason=action.replace("_", " "))
    audit.record(uow, action, user_id=user_id, caller=caller)
    notices.tell(uow, user_id, action)


async def _set(uow: UnitOfWork, held: Held, password: str) -> None:
    checked_password(checked_text("password", password), email=held.account.email, name=held.account.name)
    hashed = await hash_password(password, LOGINS)
    await ways.change(uow.session, held.account.id, password_hash=hashed, password_changed_at=utc_now())
