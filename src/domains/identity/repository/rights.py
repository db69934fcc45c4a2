"""What identity holds about a person, and making it forget it. Guests who became part of somebody are that person too.

Not told: hashes, keys and secrets; why staff did what they did, who of them it was, and where from. Kept after an
account is erased, for a year: the audit log, because who did what to an account must be provable; nobody changes it,
and its `user_id` leads to nobody then.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.identity.policy.rights import TOMBSTONE_NAME
from domains.kernel.domain import PersonalData
from domains.kernel.uow import Database

PERSONAL_DATA = (
    PersonalData(
        "account",
        """
        SELECT id, email, email_verified_at, username, name, locale, time_zone, time_zone_changed_at,
            password_hash IS NOT NULL AS has_password, password_changed_at, created_at, banned_at AS closed_at,
            merged_into, deletion_at
        FROM identity_user WHERE :user_id IN (id, merged_into) ORDER BY merged_into NULLS FIRST, id
        """,
    ),
    PersonalData(
        "roles",
        """
        SELECT role, NULL AS kind, NULL AS within_id FROM identity_user_role WHERE user_id = :user_id
        UNION ALL SELECT role, kind, CAST(within_id AS text) FROM identity_scoped_role WHERE user_id = :user_id
        ORDER BY role, within_id
        """,
    ),
    PersonalData(
        "sessions",
        """
        SELECT id, method, user_agent, created_at, authenticated_at, last_used_at, expires_at, revoked_at,
            revoke_reason, actor_id IS NOT NULL AS by_staff
        FROM identity_session WHERE user_id = :user_id ORDER BY id
        """,
    ),
    PersonalData(
        "places",
        """
        SELECT address, last_login_at FROM identity_login_place WHERE user_id = :user_id
        ORDER BY last_login_at, address
        """,
    ),
    PersonalData(
        "passkeys",
        """
        SELECT id, name, transports, second_factor, created_at, last_used_at FROM identity_passkey
        WHERE user_id = :user_id ORDER BY id
        """,
    ),
    PersonalData(
        "second_factors",
        """
        SELECT t.began_at, t.confirmed_at,
            (SELECT count(*) FROM identity_recovery_code r WHERE r.user_id = t.user_id) AS recovery_codes_left
        FROM identity_totp t WHERE t.user_id = :user_id
        """,
    ),
    PersonalData(
        "guest_devices", "SELECT created_at FROM identity_device WHERE user_id = :user_id ORDER BY created_at"
    ),
    PersonalData(
        "logins_elsewhere",
        """
        SELECT id, issuer, subject, email, created_at, last_used_at FROM identity_oidc_identity
        WHERE user_id = :user_id ORDER BY id
        """,
    ),
    PersonalData(
        "sessions_elsewhere",
        """
        SELECT issuer, subject, session_id, created_at, expires_at FROM identity_oidc_session
        WHERE user_id = :user_id ORDER BY id
        """,
    ),
    PersonalData(
        "codes",
        """
        SELECT purpose, address, created_at, expires_at, used_at FROM identity_code
        WHERE user_id = :user_id ORDER BY id
        """,
    ),
    PersonalData(
        "api_keys",
        """
        SELECT id, name, prefix, scopes, created_at, expires_at, revoked_at, last_used_at FROM identity_api_key
        WHERE made_by = :user_id ORDER BY id
        """,
    ),
    PersonalData(
        "history",
        """
        SELECT at, action, CASE WHEN own THEN 'me' ELSE 'staff' END AS by, CASE WHEN own THEN detail END AS detail,
            CASE WHEN own THEN address END AS address
        FROM (
            SELECT id, at, action, detail, address, coalesce(actor_id = user_id, action <> 'xp_corrected') AS own
            FROM identity_audit WHERE user_id = :user_id
        ) told ORDER BY id
        """,
    ),
    PersonalData(
        "done_to_others",
        """
        SELECT at, action, user_id, detail, address FROM identity_audit
        WHERE actor_id = :user_id AND user_id IS DISTINCT FROM :user_id ORDER BY id
        """,
    ),
    PersonalData(
        "exports",
        """
        SELECT id, state, size_bytes, created_at, ready_at, expires_at FROM identity_export
        WHERE user_id = :user_id ORDER BY id
        """,
    ),
)

_PLAIN = (
    *("session", "login_place", "passkey", "totp", "recovery_code", "device", "pending_login", "challenge", "code"),
    *("oidc_identity", "oidc_session", "oidc_flow", "user_role", "scoped_role", "export"),
)
_ERASE = [
    *(text(f"DELETE FROM identity_{table} WHERE user_id = :user_id") for table in _PLAIN),  # noqa: S608
    # Codes that somebody asked for at the login page are bound to the address alone.
    text("DELETE FROM identity_code WHERE address = (SELECT lower(email) FROM identity_user WHERE id = :user_id)"),
]
_BURY = text("""
    UPDATE identity_user SET email = NULL, email_verified_at = NULL, username = NULL, name = :name,
        password_hash = NULL, password_changed_at = NULL, time_zone = 'UTC', time_zone_changed_at = NULL,
        locale = 'en', ban_reason = NULL, banned_at = coalesce(banned_at, :now), deletion_at = NULL, erased_at = :now
    WHERE id = :user_id
""")
_DELETION_AT = text("SELECT deletion_at FROM identity_user WHERE id = :user_id")
_SET_DELETION = text("UPDATE identity_user SET deletion_at = :at WHERE id = :user_id")
_DUE = """
    SELECT id FROM identity_user WHERE deletion_at <= $1 AND erased_at IS NULL AND ($2::uuid IS NULL OR id > $2)
    ORDER BY id LIMIT $3
"""
_GUESTS = text("SELECT id FROM identity_user WHERE merged_into = :user_id AND erased_at IS NULL ORDER BY id FOR UPDATE")
_CONFIRMED = text("SELECT lower(email) FROM identity_user WHERE id = :user_id AND email_verified_at IS NOT NULL")
_BID_FAREWELL = text("""
    INSERT INTO identity_farewell (id, name, email, locale)
    SELECT :id, name, email, locale FROM identity_user WHERE id = :user_id AND email IS NOT NULL RETURNING true
""")
_FORGET_FAREWELL = text("DELETE FROM identity_farewell WHERE id = :id")


class Farewell(NamedTuple):
    name: str
    email: str
    locale: str


async def confirmed_address(session: AsyncSession, user_id: UUID) -> str | None:
    """In lower case; None where none was confirmed."""
    found: str | None = await session.scalar(_CONFIRMED, {"user_id": user_id})
    return found


async def deletion_at(session: AsyncSession, user_id: UUID) -> datetime | None:
    found: datetime | None = await session.scalar(_DELETION_AT, {"user_id": user_id})
    return found


async def set_deletion(session: AsyncSession, user_id: UUID, at: datetime | None) -> None:
    await session.execute(_SET_DELETION, {"user_id": user_id, "at": at})


async def due(db: Database, now: datetime, *, after: UUID | None, most: int) -> list[UUID]:
    """Whose time has come, in the order of their ids."""
    return [row["id"] for row in await db.fetch(_DUE, now, after, most)]


async def guests_of(session: AsyncSession, user_id: UUID) -> list[UUID]:
    """Who became part of this account, held until the commit."""
    return list(await session.scalars(_GUESTS, {"user_id": user_id}))


async def erase(session: AsyncSession, user_id: UUID, now: datetime) -> None:
    """Leaves a tombstone."""
    for statement in _ERASE:
        await session.execute(statement, {"user_id": user_id})
    await session.execute(_BURY, {"user_id": user_id, "name": TOMBSTONE_NAME, "now": now})


async def bid_farewell(session: AsyncSession, farewell_id: UUID, user_id: UUID) -> bool:
    """False for who has no address."""
    bidden = await session.execute(_BID_FAREWELL, {"id": farewell_id, "user_id": user_id})
    return bidden.one_or_none() is not None


async def farewell(db: Database, farewell_id: UUID) -> Farewell | None:
    rows = await db.fetch("SELECT name, email, locale FROM identity_farewell WHERE id = $1", farewell_id)
    return Farewell(*rows[0]) if rows else None


async def forget_farewell(session: AsyncSession, farewell_id: UUID) -> None:
    await session.execute(_FORGET_FAREWELL, {"id": farewell_id})
