"""Accounts in batches, each with as few round trips as one alone."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.identity.models import User

_ADD = text("""
    INSERT INTO identity_user (id, email, email_verified_at, username, name, password_hash, time_zone, locale)
    SELECT n.id, n.email, CASE WHEN n.verified THEN now() END, n.username, n.name, n.password_hash, n.zone, n.locale
    FROM unnest(CAST(:ids AS uuid[]), CAST(:emails AS text[]), CAST(:verified AS boolean[]),
                CAST(:usernames AS text[]), CAST(:names AS text[]), CAST(:hashes AS text[]),
                CAST(:zones AS text[]), CAST(:locales AS text[]))
        AS n (id, email, verified, username, name, password_hash, zone, locale)
    ON CONFLICT (lower(email)) DO NOTHING
    RETURNING id
""")
_ADD_ROLES = text("""
    INSERT INTO identity_user_role (user_id, role)
    SELECT n.id, n.role FROM unnest(CAST(:ids AS uuid[]), CAST(:roles AS text[])) AS n (id, role)
""")


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A checked account that is not stored yet."""

    id: UUID
    email: str
    verified: bool
    username: str | None
    name: str
    password_hash: str | None
    roles: frozenset[str]
    time_zone: str
    locale: str


async def known_emails(session: AsyncSession, emails: Collection[str]) -> frozenset[str]:
    """Those of `emails`, in lower case, that somebody has."""
    lower = func.lower(User.email)
    return frozenset(await session.scalars(select(lower).where(lower.in_(emails))))


async def known_usernames(session: AsyncSession, usernames: Collection[str]) -> frozenset[str]:
    return frozenset(await session.scalars(select(User.username).where(User.username.in_(usernames))))


async def add(session: AsyncSession, people: Sequence[Newcomer]) -> frozenset[UUID]:
    """Those that were added; who has the address already is left as they are. A taken user name is an error."""
    added = await session.scalars(
        _ADD,
        {
            "ids": [each.id for each in people],
            "emails": [each.email for each in people],
            "verified": [each.verified for each in people],
            "usernames": [each.username for each in people],
            "names": [each.name for each in people],
            "hashes": [each.password_hash for each in people],
            "zones": [each.time_zone for each in people],
            "locales": [each.locale for each in people],
        },
    )
    ids = frozenset(added)
    roles = [(each.id, role) for each in people if each.id in ids for role in sorted(each.roles)]
    await session.execute(_ADD_ROLES, {"ids": [key for key, _ in roles], "roles": [role for _, role in roles]})
    return ids
