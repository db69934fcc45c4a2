"""What somebody shows to have by reading the mail of an address: a login, the address itself, a move to another one."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from domains.identity.errors import BadField, Banned, CodeInvalid, EmailTaken
from domains.identity.policy.actions import Action
from domains.identity.policy.codes import Purpose
from domains.identity.policy.entry import Method
from domains.identity.policy.fields import checked_email
from domains.identity.repository import codes as code_rows
from domains.identity.repository import ways
from domains.identity.repository.codes import Used
from domains.identity.repository.ways import Held
from domains.identity.service import audit, codes, notices
from domains.identity.service.authenticator import Authenticator, Principal
from domains.identity.service.caller import Caller
from domains.identity.service.claims import claim
from domains.identity.service.codes import Presented, Requested
from domains.identity.service.entry import Grant, Pending, enter
from domains.identity.service.ways import own
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database, UnitOfWork

MOVE = (Purpose.EMAIL_OLD, Purpose.EMAIL_NEW)


async def request(db: Database, purpose: Purpose, email: str, caller: Caller) -> Requested:
    """A code for LOGIN or RESET, to whoever has registered with the address. Raises BadField or TooManyCodes."""
    address = checked_email(email)
    await codes.count_request(db, address, caller)
    async with db.begin() as uow:
        return await codes.request_by_address(uow, purpose, address)


async def log_in(db: Database, authenticator: Authenticator, presented: Presented, caller: Caller) -> Grant | Pending:
    """Raises CodeInvalid, or Banned to whoever has read the mail."""
    async with db.begin() as uow:
        held = await hold_addressee(uow, await codes.use(uow, presented))
        if not held.banned:
            await claim(uow, held, caller)
            if held.has_password and not held.account.verified:
                await _forget_password(uow, held, caller)
            account = held.account
            if not account.verified:
                account = replace(account, verified=True, deletion_at=None)
            entered = await enter(uow, authenticator, account, caller, method=Method.CODE)
    if held.banned:
        raise Banned
    if not held.account.verified:
        authenticator.forget_user(held.account.id)
    return entered


async def request_verification(db: Database, principal: Principal, caller: Caller) -> Requested:
    """Raises BadField for an account without an address, or TooManyCodes."""
    async with db.begin() as uow:
        held = await own(uow, principal)
    address = _address(held)
    await codes.count_request(db, address, caller)
    async with db.begin() as uow:
        return await codes.request(uow, held.account.id, {Purpose.VERIFY: address})


async def verify(db: Database, presented: Presented, caller: Caller) -> None:
    """Raises CodeInvalid."""
    async with db.begin() as uow:
        held = await hold_addressee(uow, await codes.use(uow, presented))
        if not held.account.verified:
            await ways.verify(uow.session, held.account.id, utc_now())
            audit.record(uow, Action.ADDRESS_VERIFIED, user_id=held.account.id, caller=caller)


async def request_move(db: Database, principal: Principal, email: str, caller: Caller) -> Requested:
    """To another address: codes go there, and to the present one if it was ever confirmed. Whether somebody else has
    registered with the address is told only to who reads its mail. Raises BadField or TooManyCodes."""
    address = checked_email(email)
    await codes.count_request(db, address, caller)
    async with db.begin() as uow:
        held = await own(uow, principal)
        present = held.account.email
        if held.guest:
            raise BadField("email", "a guest gets an address by POST /auth/guest/upgrade")
        await code_rows.forget(uow.session, held.account.id, MOVE)
        addresses = {Purpose.EMAIL_NEW: address}
        if present is not None and held.account.verified:
            addresses = {Purpose.EMAIL_OLD: present, **addresses}
        return await codes.request(uow, held.account.id, addresses)


async def confirm_move(db: Database, presented: Presented, caller: Caller) -> list[str]:
    """Which of `old` and `new` are still to be confirmed; with none left, the address is changed. Raises CodeInvalid
    or EmailTaken."""
    async with db.begin() as uow:
        used = await codes.use(uow, presented)
        held = await ways.hold(uow.session, used.user_id) if used.user_id else None
        if held is None or held.banned:
            raise CodeInvalid
        sides = await code_rows.move(uow.session, held.account.id, utc_now())
        old, new = sides.get(Purpose.EMAIL_OLD), sides.get(Purpose.EMAIL_NEW)
        # Both or neither: half a move that has run out, or that began at another address, is none.
        if new is None or (old is None) is held.account.verified or (old and old[0] != _address(held).lower()):
            raise CodeInvalid
        waiting = [name for name, side in (("old", old), ("new", new)) if side is not None and not side[1]]
        if not waiting:
            await _move(uow, held, new[0], caller)
        return waiting


async def hold_addressee(uow: UnitOfWork, used: Used) -> Held:
    """Whose code it was, if the address is still theirs. Raises CodeInvalid."""
    held = await ways.hold(uow.session, used.user_id) if used.user_id is not None else None
    if held is None or (held.account.email or "").lower() != used.address:
        raise CodeInvalid
    return held


async def offer_verification(uow: UnitOfWork, user_id: UUID) -> UUID | None:
    """The id of a code for the address of somebody new, to be asked of `issue_code` by who writes to them; None where
    there is nothing to confirm, or a code is on its way."""
    held = await ways.hold(uow.session, user_id)
    if held is None or held.banned or held.account.email is None or held.account.verified:
        return None
    if await code_rows.is_asked(uow.session, user_id, Purpose.VERIFY):
        return None
    return await codes.request_quietly(uow, user_id, Purpose.VERIFY, held.account.email)


async def _forget_password(uow: UnitOfWork, held: Held, caller: Caller) -> None:
    user_id = held.account.id
    await ways.change(uow.session, user_id, password_hash=None, password_changed_at=utc_now())
    audit.record(uow, Action.PASSWORD_REMOVED, user_id=user_id, caller=caller)
    notices.tell(uow, user_id, Action.PASSWORD_REMOVED)


async def _move(uow: UnitOfWork, held: Held, address: str, caller: Caller) -> None:
    user_id = held.account.id
    try:
        await ways.change(uow.session, user_id, email=address, email_verified_at=utc_now())
    except IntegrityError:
        raise EmailTaken from None
    await code_rows.forget(uow.session, user_id)
    audit.record(uow, Action.EMAIL_CHANGED, user_id=user_id, caller=caller)
    notices.tell(uow, user_id, Action.EMAIL_CHANGED)


def _address(held: Held) -> str:
    if held.account.email is None:
        raise BadField("email", "the account has no e-mail address")
    return held.account.email
