"""Tries to log in, counted before anything is known about the secret.

Each function that takes a Database is one prepared round trip that commits by itself, whatever the request answers.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.identity.models import LoginFailure, LoginPlace
from domains.kernel.uow import Database

# $1 is the clock, $2 the quiet time after which the count starts anew.
_COUNT = """
    INSERT INTO identity_login_failure AS f (subject, failures, last_failed_at, blocked_until)
    SELECT {subject}::text, 1, $1::timestamptz, $1::timestamptz + make_interval(secs => ({delays}::float8[])[1])
    {condition}
    ON CONFLICT (subject) DO UPDATE SET (failures, last_failed_at, blocked_until) = (
        SELECT n.failures, $1::timestamptz, $1::timestamptz
            + make_interval(secs => ({delays}::float8[])[least(n.failures, cardinality({delays}::float8[]))])
        FROM (
            SELECT CASE WHEN f.last_failed_at < $1::timestamptz - make_interval(secs => $2::float8)
                THEN 1 ELSE f.failures + 1 END
        ) AS n (failures)
    )
"""


# The second allows for tries that are counted in another order than they read their clocks.
_OPEN = "f.blocked_until <= $1::timestamptz + interval '1 second'"


_COUNT_FAILURE = _COUNT.format(subject="$3", delays="$4", condition="")


_RESERVE = f"""
    WITH reserved AS ({_COUNT_FAILURE} WHERE {_OPEN} RETURNING true)
    SELECT EXISTS (SELECT FROM reserved) AS allowed,
        (SELECT blocked_until FROM identity_login_failure WHERE subject = $3) AS blocked_until
"""  # noqa: S608


# The try is counted before the password is looked at, so that a thousand guesses at once are no way around the limit.
# The pair is counted only once the account has let the try through: INSERT … SELECT from `account` runs that first.
_RESERVE_TRY = f"""
    WITH place AS (SELECT EXISTS (
        SELECT FROM identity_login_place WHERE user_id = $8::uuid AND address = $7::text) AS known),
    relevant AS (SELECT f.blocked_until FROM identity_login_failure f, place
        WHERE f.subject IN ($5, $7) OR f.subject = $3 AND NOT place.known),
    free AS (SELECT place.known FROM place WHERE NOT EXISTS (SELECT FROM relevant f WHERE NOT {_OPEN})),
    account AS (
        {_COUNT.format(subject="$3", delays="$4", condition="FROM free WHERE NOT free.known")}
        WHERE {_OPEN} RETURNING true),
    pair AS (
        {
    _COUNT.format(subject="$5", delays="$6", condition="FROM free WHERE free.known OR EXISTS (SELECT FROM account)")
}
        WHERE {_OPEN} RETURNING true)
    SELECT EXISTS (SELECT FROM pair) AS allowed, (SELECT known FROM place) AS known,
        (SELECT max(blocked_until) FROM relevant) AS blocked_until
"""  # noqa: S608


_RETURN_TRY = text("""
    UPDATE identity_login_failure SET failures = greatest(failures - 1, 0),
        blocked_until = CASE WHEN last_failed_at = :counted_at THEN last_failed_at ELSE blocked_until END
    WHERE subject = :subject
""")


_REMEMBER_PLACE = text("""
    INSERT INTO identity_login_place (user_id, address, last_login_at) VALUES (:user_id, :address, :now)
    ON CONFLICT (user_id, address) DO UPDATE SET last_login_at = excluded.last_login_at
""")


class Try(NamedTuple):
    """One try to log in, counted if it is allowed."""

    allowed: bool
    known_place: bool
    """Not counted against the account as a whole, because the owner has logged in at this address before."""
    blocked_until: datetime | None


async def reserve_try(
    db: Database,
    *,
    account: str,
    account_delays_s: Sequence[float],
    pair: str,
    pair_delays_s: Sequence[float],
    address: str,
    user_id: UUID | None,
    quiet_s: float,
    now: datetime,
) -> Try:
    """Counts one try, unless account, pair or address is blocked now."""
    values = (account, list(account_delays_s), pair, list(pair_delays_s), address, user_id)
    row = (await db.fetch(_RESERVE_TRY, now, quiet_s, *values))[0]
    return Try(row["allowed"], row["known"], row["blocked_until"])


async def reserve(
    db: Database, subject: str, *, delays_s: Sequence[float], quiet_s: float, now: datetime
) -> datetime | None:
    """Counts one use of what `subject` names. None: go ahead; otherwise when the next one is allowed."""
    row = (await db.fetch(_RESERVE, now, quiet_s, subject, list(delays_s)))[0]
    if row["allowed"]:
        return None
    until: datetime | None = row["blocked_until"]
    return until or now


async def count_failure(
    db: Database, subject: str, *, delays_s: Sequence[float], quiet_s: float, now: datetime
) -> None:
    await db.fetch(_COUNT_FAILURE, now, quiet_s, subject, list(delays_s))


async def forgive(session: AsyncSession, subject: str) -> None:
    await session.execute(delete(LoginFailure).where(LoginFailure.subject == subject))


async def return_try(session: AsyncSession, subject: str, *, counted_at: datetime) -> None:
    """Takes back one counted try, and nothing that others have failed at."""
    await session.execute(_RETURN_TRY, {"subject": subject, "counted_at": counted_at})


async def remember_place(session: AsyncSession, user_id: UUID, address: str, now: datetime) -> None:
    await session.execute(_REMEMBER_PLACE, {"user_id": user_id, "address": address, "now": now})


async def forget_places(session: AsyncSession, user_id: UUID) -> None:
    await session.execute(delete(LoginPlace).where(LoginPlace.user_id == user_id))
