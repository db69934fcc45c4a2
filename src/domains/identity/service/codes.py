"""One-time codes: asked for, sent, presented.

Invariant: a code is random and made when its mail is sent, good once, for ten minutes, and only together with what
whoever asked for it was answered with. What is answered, and the work done for it, is the same for addresses that
somebody has registered with and those that nobody has.
"""

import math
import secrets
from collections.abc import Collection
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from domains.identity.errors import CodeInvalid, TooManyCodes
from domains.identity.events import CodeRequested
from domains.identity.models.codes import CodeRow, CodeSecretRow
from domains.identity.policy.codes import DIGITS, LIFETIME, MAILS, TRIES, Purpose, typed_code
from domains.identity.policy.limits import (
    CODES_TO_ADDRESS_DELAYS_S,
    CODES_TO_CALLER_DELAYS_S,
    QUIET_S,
    caller_subject,
    mailbox_subject,
)
from domains.identity.repository import accounts, tries
from domains.identity.repository import codes as repository
from domains.identity.repository.codes import Used
from domains.identity.service.caller import Caller
from domains.identity.service.hashing import digest, fingerprint
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database, UnitOfWork

_NO_REQUEST = bytes(32)


class Requested(NamedTuple):
    request_id: str
    """Kept by whoever asked: the code in the mail is good together with it only."""
    expires_in: timedelta


class IssuedCode(NamedTuple):
    """What goes into one mail, and nowhere else."""

    purpose: Purpose
    address: str
    code: str
    token: str
    minutes: int
    """Whole ones that it is still good for."""


class Presented(NamedTuple):
    """A code or a token, with what it may be good for; nothing is known about it yet."""

    ids: list[UUID]
    code_hash: bytes
    token_hash: bytes | None
    purposes: Collection[Purpose]


async def count_request(db: Database, address: str, caller: Caller) -> None:
    """Raises TooManyCodes. Call it before any work is done for a stranger."""
    now = utc_now()
    for subject, delays_s in (
        (caller_subject(caller.address), CODES_TO_CALLER_DELAYS_S),
        (mailbox_subject(address), CODES_TO_ADDRESS_DELAYS_S),
    ):
        until = await tries.reserve(db, subject, delays_s=delays_s, quiet_s=QUIET_S, now=now)
        if until is not None:
            raise TooManyCodes(retry_after_s=max(1, math.ceil((until - now).total_seconds())))


async def request_by_address(uow: UnitOfWork, purpose: Purpose, address: str) -> Requested:
    """For whoever has registered with the address; nobody else is sent anything."""
    return await request(uow, await accounts.id_of_email(uow.session, address), {purpose: address})


async def request(uow: UnitOfWork, user_id: UUID | None, addresses: dict[Purpose, str]) -> Requested:
    """Has a code sent to each address. What was asked for before for the same purpose is good no more."""
    request_id = secrets.token_urlsafe(24)
    rows = [_row(request_id, purpose, user_id, address) for purpose, address in addresses.items()]
    await repository.replace(uow.session, rows)
    for row in rows:
        uow.record(CodeRequested(user_id=user_id, code_id=row.id, purpose=row.purpose))
    return Requested(request_id, LIFETIME)


async def request_quietly(uow: UnitOfWork, user_id: UUID, purpose: Purpose, address: str) -> UUID:
    """For a mail that is written anyway. Its code is good for the person while logged in, its link anywhere."""
    row = _row(secrets.token_urlsafe(24), purpose, user_id, address)
    await repository.replace(uow.session, [row])
    return row.id


async def issue_code(uow: UnitOfWork, code_id: UUID) -> IssuedCode | None:
    """A code and a link for one mail that is sent now; None where the request is answered, replaced or too old."""
    now = utc_now()
    row = await repository.lock_live(uow.session, code_id, now)
    if row is None:
        return None
    code, token = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}", secrets.token_urlsafe(32)
    code_hash = await digest(code, row.request_hash)
    secret = CodeSecretRow(token_hash=fingerprint(token), code_id=row.id, code_hash=code_hash, created_at=now)
    await repository.add_secret(uow.session, secret, keep=MAILS)
    minutes = max(1, int((row.expires_at - now).total_seconds() // 60))
    return IssuedCode(Purpose(row.purpose), row.address, code, token, minutes)


async def presented(
    db: Database, purposes: Collection[Purpose], *, request_id: str | None, code: str, user_id: UUID | None = None
) -> Presented:
    """Counts the try. `request_id`, or for somebody who is logged in `user_id`: who asked. Raises CodeInvalid."""
    typed = typed_code(code)
    asked = fingerprint(request_id) if request_id is not None else None
    tried = await repository.take_try(
        db, request_hash=asked, user_id=user_id if asked is None else None, purposes=purposes, now=utc_now()
    )
    return Presented(tried.ids, await digest(typed, asked or tried.request_hash or _NO_REQUEST), None, purposes)


def presented_token(purposes: Collection[Purpose], token: str) -> Presented:
    """A link needs no counting: nobody guesses 256 bits."""
    return Presented([], b"", fingerprint(token), purposes)


async def use(uow: UnitOfWork, presented: Presented) -> Used:
    """Uses it up, if this commits. Raises CodeInvalid."""
    now = utc_now()
    if presented.token_hash is not None:
        used = await repository.use_token(uow.session, presented.token_hash, presented.purposes, now)
    else:
        used = await repository.use_code(uow.session, presented.ids, presented.code_hash, now)
    if used is None:
        raise CodeInvalid
    return used


def _row(request_id: str, purpose: Purpose, user_id: UUID | None, address: str) -> CodeRow:
    return CodeRow(
        id=new_id(),
        purpose=purpose,
        user_id=user_id,
        address=address.lower(),
        request_hash=fingerprint(request_id),
        tries_left=TRIES,
        expires_at=utc_now() + LIFETIME,
    )
