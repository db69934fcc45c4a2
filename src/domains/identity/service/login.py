"""Register, log in, refresh, log out.

A failed login looks and lasts the same whether or not the account exists.
"""

from uuid import UUID

from domains.identity.errors import (
    BadCredentials,
    Banned,
    PasswordWrong,
    SessionEnded,
    TooManyRegistrations,
)
from domains.identity.policy.actions import Action
from domains.identity.policy.entry import Method
from domains.identity.policy.limits import QUIET_S, REGISTRATION_DELAYS_S, account_subject, registration_subject
from domains.identity.policy.passwords import MAX_LENGTH
from domains.identity.repository import accounts, tries, ways
from domains.identity.repository.accounts import Candidate
from domains.identity.service import audit, guesses
from domains.identity.service.authenticator import Authenticator, Principal
from domains.identity.service.caller import Caller
from domains.identity.service.entry import Grant, Pending, enter, granted
from domains.identity.service.guesses import Counted
from domains.identity.service.hashing import LOGINS, hash_password, is_outdated, verify_password
from domains.identity.service.sessions import refresh_session, revoke_session
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database


async def count_registration(db: Database, caller: Caller) -> None:
    """Raises TooManyRegistrations. Call it before any work is done for a stranger."""
    subject = registration_subject(caller.address)
    if subject is None:
        return
    now = utc_now()
    blocked_until = await tries.reserve(db, subject, delays_s=REGISTRATION_DELAYS_S, quiet_s=QUIET_S, now=now)
    if blocked_until is not None:
        raise TooManyRegistrations(retry_after_s=guesses.seconds_until(blocked_until, now))


async def log_in(
    db: Database,
    authenticator: Authenticator,
    *,
    email: str | None,
    username: str | None,
    password: str,
    caller: Caller,
) -> Grant | Pending:
    """Raises BadCredentials, TooManyFailures, Busy, or Banned (only to somebody who knows the password)."""
    login = email if email is not None else username or ""
    candidate = await _candidate(db, login, by_email=email is not None)
    user_id = candidate.account.id if candidate else None
    counted = await guesses.count(db, account_subject(user_id, login), user_id, caller)
    correct = await _is_right(db, candidate, password, counted)
    if candidate is None or not correct:
        raise BadCredentials
    outdated = candidate.password_hash is None or is_outdated(candidate.password_hash)
    renewed_hash = await hash_password(password, LOGINS) if outdated else None
    async with db.begin() as uow:
        held = await ways.hold(uow.session, candidate.account.id)
        # It may have been changed since it was read: hashing takes its time, and waiting for it more. Another hash of
        # the same password, which a login at the same time has renewed, is no change.
        if held is None or held.password_changed_at != candidate.password_changed_at or not held.has_password:
            raise BadCredentials
        await guesses.forgive(uow, counted)
        if renewed_hash is not None and held.password_hash == candidate.password_hash:
            await accounts.set_password_hash(uow.session, held.account.id, renewed_hash)
        entered = None if held.banned else await enter(uow, authenticator, held.account, caller, method=Method.PASSWORD)
    if entered is None:
        raise Banned
    return entered


async def prove_password(db: Database, user_id: UUID, password: str, caller: Caller) -> None:
    """For somebody who is logged in; counted like a login. Raises PasswordWrong, TooManyFailures or Busy."""
    candidate = await accounts.candidate_by_id(db, user_id)
    counted = await guesses.count(db, account_subject(user_id, ""), user_id, caller)
    if not await _is_right(db, candidate, password, counted):
        raise PasswordWrong
    async with db.begin() as uow:
        await guesses.forgive(uow, counted)


async def refresh(db: Database, authenticator: Authenticator, token: str, *, in_cookie: bool) -> Grant:
    """Raises RefreshInvalid, RefreshReused, or SessionEnded, also for the banned."""
    opened = await refresh_session(db, token)
    account = await accounts.account(db, opened.user_id)
    if account is None:
        raise SessionEnded
    return await granted(authenticator, account, opened, in_cookie=in_cookie)


async def log_out(db: Database, authenticator: Authenticator, principal: Principal, caller: Caller) -> None:
    async with db.begin() as uow:
        await revoke_session(uow, user_id=principal.user_id, session_id=principal.session_id, reason="logout")
        audit.record(uow, Action.LOGGED_OUT, user_id=principal.user_id, caller=caller)
    authenticator.forget_session(principal.session_id)


async def _candidate(db: Database, login: str, *, by_email: bool) -> Candidate | None:
    find = accounts.candidate_by_email if by_email else accounts.candidate_by_username
    return await find(db, login)


async def _is_right(db: Database, candidate: Candidate | None, password: str, counted: Counted) -> bool:
    # Nobody has a longer password; hashing it all the same would only cost time.
    right = await verify_password(candidate.password_hash if candidate else None, password[: MAX_LENGTH + 1])
    if not right:
        await guesses.fail(db, counted)
    return right
