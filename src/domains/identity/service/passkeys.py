"""Passkeys: made, used, named, removed.

Invariant: a challenge is random, stored as a hash, good for five minutes, once, and for what it was made for only; it
is used up by whatever answer comes.
"""

import hashlib
import secrets
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from domains.identity.errors import Banned, PasskeyKnown, PasskeyRefused, TooManyPasskeys
from domains.identity.models.factors import PasskeyRow
from domains.identity.policy.actions import Action
from domains.identity.policy.entry import Method
from domains.identity.policy.factors import CHALLENGE_LIFETIME, MOST_PASSKEYS, Ceremony
from domains.identity.policy.fields import checked_name
from domains.identity.providers import passkeys as provider
from domains.identity.providers.passkeys import RelyingParty
from domains.identity.repository import passkeys as repository
from domains.identity.repository import ways as accounts
from domains.identity.repository.passkeys import Stored
from domains.identity.service import factors
from domains.identity.service.authenticator import Authenticator, Principal
from domains.identity.service.caller import Caller
from domains.identity.service.entry import Grant, Pending, enter
from domains.identity.service.factors import changed
from domains.identity.service.guests import leave_guesthood
from domains.identity.service.ways import check_other_way, own
from domains.kernel.clock import utc_now
from domains.kernel.errors import NotFound
from domains.kernel.ids import new_id
from domains.kernel.uow import Database, UnitOfWork

DEFAULT_NAME = "Passkey"


async def options_to_register(db: Database, principal: Principal) -> dict[str, Any]:
    """Raises TooManyPasskeys."""
    async with db.begin() as uow:
        account = (await own(uow, principal)).account
    known = await repository.descriptors(db, principal.user_id)
    if len(known) >= MOST_PASSKEYS:
        raise TooManyPasskeys
    return provider.registration_options(
        db.port(RelyingParty),
        challenge=await _challenge(db, Ceremony.REGISTER, principal.user_id),
        user_id=principal.user_id,
        user_name=account.email or account.username or account.name,
        name=account.name,
        known=known,
    )


async def register(
    db: Database, principal: Principal, answer: dict[str, Any], name: str | None, caller: Caller
) -> PasskeyRow:
    """Raises PasskeyRefused, PasskeyKnown, TooManyPasskeys or BadField."""
    user_id = principal.user_id
    named = checked_name(name or DEFAULT_NAME)
    challenge = provider.challenge_of(answer)
    await _take_challenge(db, challenge, Ceremony.REGISTER, user_id)
    made = provider.registered(db.port(RelyingParty), answer, challenge)
    row = PasskeyRow(
        id=new_id(),
        user_id=user_id,
        credential_id=made.credential_id,
        public_key=made.public_key,
        sign_count=made.sign_count,
        transports=made.transports,
        name=named,
        second_factor=False,
        created_at=utc_now(),
    )
    async with db.begin() as uow:
        await own(uow, principal)
        if await repository.count(uow.session, user_id) >= MOST_PASSKEYS:
            raise TooManyPasskeys
        try:
            await repository.add(uow.session, row)
        except IntegrityError:
            raise PasskeyKnown from None
        changed(uow, user_id, Action.PASSKEY_ADDED, caller)
        await leave_guesthood(uow, user_id, caller)
    return row


async def options_to_prove(db: Database, ceremony: Ceremony, user_id: UUID | None) -> dict[str, Any]:
    """`user_id` None: the passkey says who it is."""
    known = await repository.descriptors(db, user_id) if user_id is not None else []
    challenge = await _challenge(db, ceremony, user_id)
    return provider.authentication_options(db.port(RelyingParty), challenge=challenge, known=known)


async def prove(
    db: Database, answer: dict[str, Any], ceremony: Ceremony, user_id: UUID | None, caller: Caller
) -> Stored:
    """Which passkey has answered. Raises PasskeyRefused, also for one that has counted less than before: its owner is
    told."""
    given = provider.asserted(answer)
    await _take_challenge(db, given.challenge, ceremony, user_id)
    stored = await repository.of_credential(db, given.credential_id)
    if stored is None or (user_id is not None and user_id != stored.user_id):
        raise PasskeyRefused
    if given.user_handle is not None and given.user_handle != stored.user_id.bytes:
        raise PasskeyRefused
    sign_count = provider.proved(db.port(RelyingParty), given, stored.public_key)
    async with db.begin() as uow:
        plausible = await repository.use(uow.session, stored.id, sign_count=sign_count, now=utc_now())
        if not plausible:
            changed(uow, stored.user_id, Action.PASSKEY_COPIED, caller)
    if not plausible:
        raise PasskeyRefused
    return stored


async def log_in(db: Database, authenticator: Authenticator, answer: dict[str, Any], caller: Caller) -> Grant | Pending:
    """Raises PasskeyRefused, or Banned to somebody who has the passkey."""
    shown = await prove(db, answer, Ceremony.LOGIN, None, caller)
    async with db.begin() as uow:
        held = await accounts.hold(uow.session, shown.user_id)
        # It may have been taken away since.
        if held is None or await repository.own(uow.session, shown.user_id, shown.id) is None:
            raise PasskeyRefused
        if held.banned:
            raise Banned
        return await enter(uow, authenticator, held.account, caller, method=Method.PASSKEY, multi_factor=True)


async def change(
    uow: UnitOfWork,
    principal: Principal,
    passkey_id: UUID,
    *,
    name: str | None,
    second_factor: bool | None,
    caller: Caller,
) -> tuple[PasskeyRow, list[str] | None]:
    """Renames it, or says whether it is asked for after other ways in. With it, recovery codes for somebody who has
    none yet and needs them now. Raises NotFound or BadField."""
    await own(uow, principal)
    row = await repository.own(uow.session, principal.user_id, passkey_id)
    if row is None:
        raise NotFound
    if name is not None:
        row.name = checked_name(name)
    if second_factor is None or second_factor == row.second_factor:
        return row, None
    row.second_factor = second_factor
    await uow.session.flush()
    changed(uow, principal.user_id, Action.PASSKEY_CHANGED, caller)
    if second_factor:
        return row, await factors.first_recovery_codes(uow, principal.user_id)
    await factors.forget_spare_codes(uow, principal.user_id)
    return row, None


async def remove(uow: UnitOfWork, principal: Principal, passkey_id: UUID, caller: Caller) -> None:
    """Raises NotFound, or LastWayIn."""
    held = await own(uow, principal)
    ids = [row.id for row in await repository.listed(uow.session, principal.user_id)]
    if passkey_id not in ids:
        raise NotFound
    if len(ids) == 1:
        await check_other_way(uow, held, "passkey")
    await repository.forget(uow.session, principal.user_id, passkey_id)
    changed(uow, principal.user_id, Action.PASSKEY_REMOVED, caller)
    await factors.forget_spare_codes(uow, principal.user_id)


async def _challenge(db: Database, ceremony: Ceremony, user_id: UUID | None) -> bytes:
    challenge = secrets.token_bytes(32)
    expires_at = utc_now() + CHALLENGE_LIFETIME
    await repository.add_challenge(db, _hash(challenge), ceremony=ceremony, user_id=user_id, expires_at=expires_at)
    return challenge


async def _take_challenge(db: Database, challenge: bytes, ceremony: Ceremony, user_id: UUID | None) -> None:
    """Raises PasskeyRefused."""
    good = await repository.take_challenge(db, _hash(challenge), ceremony=ceremony, user_id=user_id, now=utc_now())
    if not good:
        raise PasskeyRefused


def _hash(challenge: bytes) -> bytes:
    return hashlib.sha256(challenge).digest()
