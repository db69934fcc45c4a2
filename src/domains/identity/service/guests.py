"""Guests: accounts that a device stands for, until they get a way in of their own or become part of another account.

Invariant: what a guest earned or bought is kept: by the same account after an upgrade, by the other one after a merge.
"""

import secrets
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from domains.identity.errors import (
    DeviceUnknown,
    EmailTaken,
    MergeImpossible,
    NotAGuest,
    StepUpNeeded,
)
from domains.identity.events import AccountMerged
from domains.identity.policy.actions import Action
from domains.identity.policy.codes import Purpose
from domains.identity.policy.entry import Method
from domains.identity.policy.fields import checked_email, checked_text
from domains.identity.policy.passwords import checked_password
from domains.identity.policy.permissions import is_staff
from domains.identity.repository import codes as code_rows
from domains.identity.repository import ways
from domains.identity.repository.accounts import Account
from domains.identity.repository.ways import Held
from domains.identity.service import audit, codes, notices
from domains.identity.service.accounts import create_user
from domains.identity.service.authenticator import Authenticator, Principal
from domains.identity.service.caller import Caller
from domains.identity.service.entry import Grant, Pending, enter
from domains.identity.service.hashing import REGISTRATIONS, fingerprint, hash_password
from domains.identity.service.login import count_registration
from domains.identity.service.sessions import revoke_session
from domains.identity.service.ways import own
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database, UnitOfWork

DEFAULT_NAME = "Guest"
_LONGEST_SECRET = 100


async def welcome(
    db: Database, authenticator: Authenticator, caller: Caller, *, name: str | None, time_zone: str, locale: str
) -> tuple[Grant | Pending, str]:
    """A new guest, and the secret that the device keeps. Raises BadField or TooManyRegistrations."""
    await count_registration(db, caller)
    device_secret = secrets.token_urlsafe(32)
    async with db.begin() as uow:
        account = await create_user(
            uow, email=None, password=None, name=name or DEFAULT_NAME, time_zone=time_zone, locale=locale
        )
        ways.add_device(uow.session, fingerprint(device_secret), account.id)
        return await enter(uow, authenticator, account, caller, method=Method.GUEST), device_secret


async def come_back(db: Database, authenticator: Authenticator, caller: Caller, device_secret: str) -> Grant | Pending:
    """Raises DeviceUnknown, also once the guest has another way in."""
    async with db.begin() as uow:
        user_id = await ways.guest_of_device(uow.session, fingerprint(device_secret[:_LONGEST_SECRET]))
        held = await ways.hold(uow.session, user_id) if user_id else None
        if held is None or held.banned:
            raise DeviceUnknown
        return await enter(uow, authenticator, held.account, caller, method=Method.GUEST)


async def upgrade(db: Database, principal: Principal, email: str, password: str, caller: Caller) -> Account:
    """The same account, now with an address and a password. Raises NotAGuest, BadField, WeakPassword or EmailTaken."""
    address = checked_email(email)
    async with db.begin() as uow:
        held = await own(uow, principal)
        if not held.guest:
            raise NotAGuest
        checked_password(checked_text("password", password), email=address, name=held.account.name)
        hashed = await hash_password(password, REGISTRATIONS)
        columns = {"email": address, "password_hash": hashed, "password_changed_at": utc_now()}
        # Of two upgrades at once the second one finds no device any more.
        if not await leave_guesthood(uow, held.account.id, caller):
            raise NotAGuest
        try:
            await ways.change(uow.session, held.account.id, **columns)
        except IntegrityError:
            raise EmailTaken from None
        await codes.request(uow, held.account.id, {Purpose.VERIFY: address})
        held = await ways.hold(uow.session, held.account.id) or held
    return held.account


async def leave_guesthood(uow: UnitOfWork, user_id: UUID, caller: Caller) -> bool:
    """For somebody who has another way in now: the device opens the account no more. False for who was no guest."""
    if not await ways.forget_devices(uow.session, user_id):
        return False
    audit.record(uow, Action.GUEST_UPGRADED, user_id=user_id, caller=caller)
    notices.tell(uow, user_id, Action.GUEST_UPGRADED)
    return True


async def merge(
    db: Database, authenticator: Authenticator, principal: Principal, access_token: str, caller: Caller
) -> Account:
    """The guest who calls becomes part of the account whose fresh access token is shown, so both have agreed. Raises
    NotAGuest, MergeImpossible, StepUpNeeded, or what is wrong with the token."""
    other = await authenticator.principal(access_token)
    if not await authenticator.is_fresh(other):
        raise StepUpNeeded
    if other.user_id == principal.user_id:
        raise MergeImpossible
    async with db.begin() as uow:
        # In one order, so that two merges at once cannot wait for each other.
        for user_id in sorted((principal.user_id, other.user_id)):
            await ways.hold(uow.session, user_id)
        guest, into = await own(uow, principal), await own(uow, other)
        if not guest.guest:
            raise NotAGuest
        # Who belongs to the staff is taken out of it by staff, and never as the last admin.
        if into.guest or is_staff(guest.account.roles):
            raise MergeImpossible
        await _close(uow, guest, into.account.id)
        uow.record(AccountMerged(from_id=guest.account.id, into_id=into.account.id))
        detail = {"from_id": str(guest.account.id), "into_id": str(into.account.id)}
        for user_id in (guest.account.id, into.account.id):
            audit.record(uow, Action.ACCOUNT_MERGED, user_id=user_id, detail=detail, caller=caller)
        notices.tell(uow, into.account.id, Action.ACCOUNT_MERGED)
    authenticator.forget_user(guest.account.id)
    return into.account


async def _close(uow: UnitOfWork, guest: Held, into_id: UUID) -> None:
    user_id = guest.account.id
    await revoke_session(uow, user_id=user_id, reason="account merged")
    await ways.forget_devices(uow.session, user_id)
    await code_rows.forget(uow.session, user_id)
    await ways.change(uow.session, user_id, banned_at=utc_now(), merged_into=into_id)
