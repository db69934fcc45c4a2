"""Tries to prove something, counted before anything is known about the proof.

Invariant: a wrong try is counted in statements of its own, because the request's transaction is rolled back by its
refusal; a right one takes back what was counted for it, and nothing that others have failed at.
"""

import math
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domains.identity.errors import TooManyFailures
from domains.identity.policy.limits import (
    ADDRESS_DELAYS_S,
    PAIR_DELAYS_S,
    QUIET_S,
    STRANGERS_DELAYS_S,
    address_subject,
    pair_subject,
)
from domains.identity.repository import tries
from domains.identity.service.caller import Caller
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database, UnitOfWork


@dataclass(frozen=True, slots=True)
class Counted:
    subject: str
    pair: str
    address: str
    at: datetime
    account_wide: bool


async def count(db: Database, subject: str, user_id: UUID | None, caller: Caller) -> Counted:
    """`subject`: what is guessed at, as `policy.limits` names it. Raises TooManyFailures."""
    now = utc_now()
    address = address_subject(caller.address)
    pair = pair_subject(subject, address)
    outcome = await tries.reserve_try(
        db,
        account=subject,
        account_delays_s=STRANGERS_DELAYS_S,
        pair=pair,
        pair_delays_s=PAIR_DELAYS_S,
        address=address,
        user_id=user_id,
        quiet_s=QUIET_S,
        now=now,
    )
    if not outcome.allowed:
        raise TooManyFailures(retry_after_s=seconds_until(outcome.blocked_until or now, now))
    return Counted(subject, pair, address, now, account_wide=not outcome.known_place)


async def fail(db: Database, counted: Counted) -> None:
    """Counts it against the address too."""
    await tries.count_failure(db, counted.address, delays_s=ADDRESS_DELAYS_S, quiet_s=QUIET_S, now=utc_now())


async def forgive(uow: UnitOfWork, counted: Counted) -> None:
    """What was counted here is forgiven; of what strangers did to the account elsewhere, only this try is."""
    await tries.forgive(uow.session, counted.pair)
    if counted.account_wide:
        await tries.return_try(uow.session, counted.subject, counted_at=counted.at)


def seconds_until(moment: datetime, now: datetime) -> int:
    return max(1, math.ceil((moment - now).total_seconds()))
