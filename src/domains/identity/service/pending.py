"""Logins that wait for their second factor.

Invariant: the token of such a login opens nothing by itself, bears five tries within ten minutes, and is good once.
"""

import secrets
from uuid import UUID

from domains.identity.errors import PendingInvalid
from domains.identity.models.factors import PendingLoginRow
from domains.identity.policy.entry import Method
from domains.identity.policy.factors import PENDING_LIFETIME, PENDING_TRIES
from domains.identity.repository import factors as repository
from domains.identity.repository.factors import Waiting
from domains.identity.service.hashing import fingerprint
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database, UnitOfWork


async def begin(uow: UnitOfWork, user_id: UUID, method: Method) -> str:
    """The token of a login whose first factor was `method`."""
    token = secrets.token_urlsafe(32)
    now = utc_now()
    row = PendingLoginRow(
        token_hash=fingerprint(token),
        user_id=user_id,
        method=method,
        tries_left=PENDING_TRIES,
        began_at=now,
        expires_at=now + PENDING_LIFETIME,
    )
    await repository.add_pending(uow.session, row)
    return token


async def take_try(db: Database, token: str) -> Waiting:
    """Raises PendingInvalid."""
    waiting = await repository.take_try(db, fingerprint(token), utc_now())
    if waiting is None:
        raise PendingInvalid
    return waiting


async def owner(db: Database, token: str) -> UUID:
    """Raises PendingInvalid."""
    user_id = await repository.waiting(db, fingerprint(token), utc_now())
    if user_id is None:
        raise PendingInvalid
    return user_id


async def use(uow: UnitOfWork, token: str) -> None:
    """Raises PendingInvalid where another request was faster."""
    if not await repository.use_pending(uow.session, fingerprint(token)):
        raise PendingInvalid
