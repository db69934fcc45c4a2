"""Being forgotten: after fourteen days, in which the wish can be taken back.

What is kept is kept without a name: the row of the account as a tombstone, and under its id orders, payments, the
ledger of XP, sessions and answers, because sums and standings of others follow from them. Invoices keep whom they were
made out to, because tax law wants them as issued; the audit log keeps a year. Everything else goes: each domain says
at the top of its `rights` what, and does it in the transaction that buries the account, so that all of it is done or
nothing is, however often it is begun.
"""

import logging
from datetime import datetime
from uuid import UUID

from domains.identity.errors import AccountClosed, BadField, SessionEnded
from domains.identity.events import AccountErased, DeletionRequested
from domains.identity.policy.actions import Action
from domains.identity.policy.fields import Role
from domains.identity.policy.rights import CONFIRMATION, GRACE
from domains.identity.repository import rights as repository
from domains.identity.repository.accounts import Account
from domains.identity.service import audit, notices
from domains.identity.service.authenticator import Authenticator, Principal
from domains.identity.service.caller import Caller
from domains.identity.service.roles import end_of_staff, hold, keep_an_admin
from domains.identity.service.sessions import revoke_session
from domains.identity.service.ways import own
from domains.kernel import idempotency
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database, UnitOfWork

log = logging.getLogger(__name__)

_AT_ONCE = 100


async def request(
    db: Database, authenticator: Authenticator, principal: Principal, confirmation: str, caller: Caller
) -> datetime:
    """When it will be done. All login sessions of the caller end. Raises BadField and LastAdmin."""
    if confirmation != CONFIRMATION:
        raise BadField("confirmation", f'confirmation is "{CONFIRMATION}"')
    async with db.begin() as uow:
        at = await schedule(uow, principal.user_id, at=utc_now() + GRACE, caller=caller)
    authenticator.forget_user(principal.user_id)
    return at


async def schedule(
    uow: UnitOfWork, user_id: UUID, *, at: datetime, reason: str = "", caller: Caller | None
) -> datetime:
    """For good at `at`, or earlier where that was wished before. `caller`: None for whoever has the machine. Raises
    PersonUnknown, AccountClosed for one that is joined to another or gone, and LastAdmin."""
    standing = await hold(uow, user_id, by=None)
    if standing.merged:
        raise AccountClosed
    if Role.ADMIN in standing.roles and standing.banned_at is None:
        await keep_an_admin(uow, user_id)
    before = await repository.deletion_at(uow.session, user_id)
    await revoke_session(uow, user_id=user_id, reason="the account is to be deleted")
    if before is not None and before <= at:
        return before
    await repository.set_deletion(uow.session, user_id, at)
    detail = {"at": at.isoformat()} | ({"reason": reason} if reason else {})
    audit.record(uow, Action.DELETION_REQUESTED, user_id=user_id, detail=detail, caller=caller)
    if before is None:
        uow.record(DeletionRequested(user_id=user_id, deletion_at=at))
        if at > utc_now():
            notices.tell(uow, user_id, Action.DELETION_REQUESTED)
    return at


async def take_back(db: Database, principal: Principal, caller: Caller) -> None:
    """Quiet where nothing was wished. Subscriptions that were cancelled stay so until their owner resumes them."""
    async with db.begin() as uow:
        held = await own(uow, principal)
        if held.banned:
            raise SessionEnded
        await withdraw(uow, held.account, caller)


async def withdraw(uow: UnitOfWork, account: Account, caller: Caller) -> None:
    """For an account that is held until the commit. Quiet where nothing was wished."""
    if account.deletion_at is not None:
        await repository.set_deletion(uow.session, account.id, None)
        audit.record(uow, Action.DELETION_WITHDRAWN, user_id=account.id, caller=caller)
        notices.tell(uow, account.id, Action.DELETION_WITHDRAWN)


async def erase_due(db: Database, now: datetime) -> None:
    """Everybody whose time has come, each in a transaction of their own; one that fails keeps nobody else waiting."""
    after: UUID | None = None
    while due := await repository.due(db, now, after=after, most=_AT_ONCE):
        for user_id in due:
            try:
                async with db.begin() as uow:
                    await erase(uow, user_id, now)
            except Exception:
                log.exception("account %s could not be erased", user_id)
        after = due[-1]


async def erase(uow: UnitOfWork, user_id: UUID, now: datetime) -> bool:
    """Who became part of the account goes with it. False where the wish was taken back, or it is done."""
    await hold(uow, user_id, by=None)
    at = await repository.deletion_at(uow.session, user_id)
    if at is None or at > now:
        return False
    await end_of_staff(uow, user_id, by=None, caller=None)
    gone = [user_id, *await repository.guests_of(uow.session, user_id)]
    farewell_id = new_id()
    told = await repository.bid_farewell(uow.session, farewell_id, user_id)
    for each in gone:
        await revoke_session(uow, user_id=each, reason="the account is deleted")
        uow.record(AccountErased(user_id=each, farewell_id=farewell_id if told and each == user_id else None))
    # Those above go first: some of them find what is somebody's by their address.
    await uow.settle()
    for each in gone:
        await repository.erase(uow.session, each, now)
        await idempotency.forget(uow.session, each)
    audit.record(uow, Action.ERASED, user_id=user_id, detail={"guests": [str(each) for each in gone[1:]]})
    return True
