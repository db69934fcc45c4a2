"""SQL of identity. `now` is always handed in: tokens, sessions and delays are measured by one clock, the process's.

Functions that take a Database are one prepared round trip that commits by itself, whatever the request answers.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from domains.identity.models import LoginFailure, LoginSession, RefreshToken, SigningKey, User, UserRole
from domains.identity.policy.sessions import Presented
from domains.kernel.uow import Database


@dataclass(frozen=True, slots=True)
class Account:
    """A user as the user may see it."""

    id: UUID
    email: str
    username: str | None
    name: str
    time_zone: str
    locale: str
    roles: frozenset[str]


class Candidate(NamedTuple):
    """The account that somebody claims to be, before the password is checked."""

    account: Account
    password_hash: str | None
    banned: bool


class Contact(NamedTuple):
    name: str
    email: str
    locale: str
    time_zone: str
    closed: bool
    """Nobody can log in there any more."""


_ACCOUNT_COLUMNS = """
    u.id, u.email, u.username, u.name, u.time_zone, u.locale, u.password_hash, u.banned_at IS NOT NULL AS banned,
    ARRAY(SELECT r.role FROM identity_user_role r WHERE r.user_id = u.id) AS roles
"""
_BY_EMAIL = f"SELECT {_ACCOUNT_COLUMNS} FROM identity_user u WHERE lower(u.email) = lower($1)"  # noqa: S608
_BY_USERNAME = f"SELECT {_ACCOUNT_COLUMNS} FROM identity_user u WHERE u.username = lower($1)"  # noqa: S608
_BY_ID = f"SELECT {_ACCOUNT_COLUMNS} FROM identity_user u WHERE u.id = $1"  # noqa: S608

_LIVE = """
    SELECT ARRAY(SELECT r.role FROM identity_user_role r WHERE r.user_id = u.id) AS roles
    FROM identity_session s JOIN identity_user u ON u.id = s.user_id
    WHERE s.id = $1 AND s.user_id = $2 AND s.revoked_at IS NULL AND s.expires_at > $3 AND u.banned_at IS NULL
"""
_LIVE_SESSIONS = """
    SELECT s.id FROM identity_session s JOIN identity_user u ON u.id = s.user_id
    WHERE s.id = ANY($1::uuid[]) AND s.revoked_at IS NULL AND s.expires_at > $2 AND u.banned_at IS NULL
"""

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

_PRESENTED = text("""
    SELECT t.session_id, s.user_id, s.revoked_at, s.expires_at, s.last_used_at, u.banned_at IS NOT NULL AS banned
    FROM identity_refresh_token t
    JOIN identity_session s ON s.id = t.session_id JOIN identity_user u ON u.id = s.user_id
    WHERE t.token_hash = :token_hash FOR UPDATE OF s
""")

_CONTACTS = text("""
    SELECT id, name, email, locale, time_zone, banned_at IS NOT NULL FROM identity_user
    WHERE id = ANY(CAST(:ids AS uuid[]))
""")


async def _account(db: Database, statement: str, value: object) -> Candidate | None:
    rows = await db.fetch(statement, value)
    if not rows:
        return None
    row = rows[0]
    account = Account(
        row["id"], row["email"], row["username"], row["name"], row["time_zone"], row["locale"], frozenset(row["roles"])
    )
    return Candidate(account, row["password_hash"], row["banned"])


async def candidate_by_email(db: Database, email: str) -> Candidate | None:
    return await _account(db, _BY_EMAIL, email)


async def candidate_by_username(db: Database, username: str) -> Candidate | None:
    return await _account(db, _BY_USERNAME, username)


async def account(db: Database, user_id: UUID) -> Account | None:
    candidate = await _account(db, _BY_ID, user_id)
    return candidate.account if candidate else None


async def live_roles(db: Database, *, session_id: UUID, user_id: UUID, now: datetime) -> frozenset[str] | None:
    """The user's roles, or None when the login session has ended or the user is banned."""
    rows = await db.fetch(_LIVE, session_id, user_id, now)
    return frozenset(rows[0]["roles"]) if rows else None


async def live_sessions(db: Database, session_ids: Collection[UUID], *, now: datetime) -> frozenset[UUID]:
    """Those that have not ended and whose user is not banned."""
    return frozenset(row["id"] for row in await db.fetch(_LIVE_SESSIONS, list(session_ids), now))


async def display_names(db: Database, ids: Collection[UUID]) -> dict[UUID, str]:
    rows = await db.fetch("SELECT id, name FROM identity_user WHERE id = ANY($1::uuid[])", list(ids))
    return {row["id"]: row["name"] for row in rows}


async def display_names_within(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, str]:
    rows = await session.execute(select(User.id, User.name).where(User.id.in_(ids)))
    return {row.id: row.name for row in rows}


async def contacts(session: AsyncSession, user_ids: Collection[UUID]) -> dict[UUID, Contact]:
    rows = await session.execute(_CONTACTS, {"ids": list(user_ids)})
    return {row.id: Contact(*row[1:]) for row in rows}


async def id_of_email(session: AsyncSession, email: str) -> UUID | None:
    """Of an account that is not closed."""
    same = func.lower(User.email) == func.lower(email)
    return await session.scalar(select(User.id).where(same, User.banned_at.is_(None)))


async def time_zones(session: AsyncSession, user_ids: Collection[UUID]) -> dict[UUID, str]:
    rows = await session.execute(select(User.id, User.time_zone).where(User.id.in_(user_ids)))
    return {row.id: row.time_zone for row in rows}


async def members(
    session: AsyncSession, *, role: str | None, among: Collection[UUID] | None, after: UUID | None, most: int
) -> list[UUID]:
    """Of accounts that are not closed, in the order of their ids."""
    wanted = select(User.id).where(User.banned_at.is_(None)).order_by(User.id).limit(most)
    if after is not None:
        wanted = wanted.where(User.id > after)
    return list((await session.scalars(_narrowed(wanted, role, among))).all())


async def count_members(session: AsyncSession, *, role: str | None) -> int:
    wanted = select(func.count()).select_from(User).where(User.banned_at.is_(None))
    return (await session.scalar(_narrowed(wanted, role, None))) or 0


def _narrowed(wanted: Select[Any], role: str | None, among: Collection[UUID] | None) -> Select[Any]:
    if role is not None:
        wanted = wanted.where(User.id.in_(select(UserRole.user_id).where(UserRole.role == role)))
    return wanted if among is None else wanted.where(User.id.in_(among))


async def time_zone(session: AsyncSession, user_id: UUID) -> str | None:
    return await session.scalar(select(User.time_zone).where(User.id == user_id))


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


def add_user(session: AsyncSession, user: User) -> None:
    session.add(user)


def add_roles(session: AsyncSession, user_id: UUID, roles: Collection[str]) -> None:
    session.add_all(UserRole(user_id=user_id, role=role) for role in sorted(roles))


async def set_password_hash(session: AsyncSession, user_id: UUID, password_hash: str) -> None:
    await session.execute(update(User).where(User.id == user_id).values(password_hash=password_hash))


async def roles_within(session: AsyncSession, user_id: UUID) -> frozenset[str]:
    return frozenset(await session.scalars(select(UserRole.role).where(UserRole.user_id == user_id)))


class Family(NamedTuple):
    """A presented refresh token with the login session it belongs to, which is locked until the commit."""

    session_id: UUID
    user_id: UUID
    presented: Presented
    successor_salt: bytes | None
    banned: bool


async def lock_family(session: AsyncSession, token_hash: bytes) -> Family | None:
    row = (await session.execute(_PRESENTED, {"token_hash": token_hash})).one_or_none()
    if row is None:
        return None
    # The token is read again now that its family is locked: a parallel refresh may have used it in between.
    token = (await session.scalars(select(RefreshToken).where(RefreshToken.token_hash == token_hash))).one()
    presented = Presented(token.used_at, row.revoked_at, row.expires_at, row.last_used_at)
    return Family(row.session_id, row.user_id, presented, token.successor_salt, row.banned)


async def use_refresh_token(session: AsyncSession, token_hash: bytes, *, salt: bytes, now: datetime) -> None:
    await session.execute(
        update(RefreshToken).where(RefreshToken.token_hash == token_hash).values(used_at=now, successor_salt=salt)
    )


async def touch_session(session: AsyncSession, session_id: UUID, now: datetime) -> None:
    await session.execute(update(LoginSession).where(LoginSession.id == session_id).values(last_used_at=now))


async def end_sessions(
    session: AsyncSession, *, user_id: UUID, session_id: UUID | None, reason: str, now: datetime
) -> list[UUID]:
    """Ends one session of the user, or all of them; the ids of those that were live until now."""
    statement = (
        update(LoginSession)
        .where(LoginSession.user_id == user_id, LoginSession.revoked_at.is_(None))
        .values(revoked_at=now, revoke_reason=reason)
        .returning(LoginSession.id)
    )
    if session_id is not None:
        statement = statement.where(LoginSession.id == session_id)
    return list(await session.scalars(statement))


async def signing_keys(db: Database, *, retired_after: datetime) -> list[SigningKey]:
    """Keys that sign or still verify, oldest first; not attached to any session."""
    rows = await db.fetch(
        "SELECT kid, private_pem, created_at, signs_from, retired_at FROM identity_signing_key"
        " WHERE retired_at IS NULL OR retired_at > $1 ORDER BY signs_from, kid",
        retired_after,
    )
    return [SigningKey(**dict(row)) for row in rows]


async def lock_signing_keys(session: AsyncSession) -> None:
    """One maker of keys at a time, over all processes."""
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('identity_signing_key', 0))"))


async def has_signing_key(session: AsyncSession) -> bool:
    return await session.scalar(select(SigningKey.kid).where(SigningKey.retired_at.is_(None)).limit(1)) is not None


async def retire_signing_keys(session: AsyncSession, at: datetime) -> None:
    await session.execute(update(SigningKey).where(SigningKey.retired_at.is_(None)).values(retired_at=at))
