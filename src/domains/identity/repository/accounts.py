"""Who is registered."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from domains.identity.models import User, UserRole
from domains.kernel.uow import Database, UnitOfWork


@dataclass(frozen=True, slots=True)
class Account:
    """A user as the user may see it."""

    id: UUID
    email: str | None
    """None for a guest."""
    username: str | None
    name: str
    time_zone: str
    locale: str
    roles: frozenset[str]
    verified: bool = False
    """Whether the address was confirmed."""
    deletion_at: datetime | None = None
    """When it is to be erased, unless its owner takes that back."""


class Candidate(NamedTuple):
    """The account that somebody claims to be, before the password is checked."""

    account: Account
    password_hash: str | None
    password_changed_at: datetime | None
    banned: bool


class Contact(NamedTuple):
    name: str
    email: str
    """Empty for somebody who has given none."""
    locale: str
    time_zone: str
    closed: bool
    """Nobody can log in there any more, or its owner wants it to be erased."""
    erased: bool = False
    """Nobody is left to be told anything."""


_ACCOUNT_COLUMNS = """
    u.id, u.email, u.username, u.name, u.time_zone, u.locale, u.password_hash, u.password_changed_at,
    u.banned_at IS NOT NULL AS banned, u.email_verified_at IS NOT NULL AS verified, u.deletion_at,
    ARRAY(SELECT r.role FROM identity_user_role r WHERE r.user_id = u.id) AS roles
"""


_BY_EMAIL = f"SELECT {_ACCOUNT_COLUMNS} FROM identity_user u WHERE lower(u.email) = lower($1)"  # noqa: S608


_BY_USERNAME = f"SELECT {_ACCOUNT_COLUMNS} FROM identity_user u WHERE u.username = lower($1)"  # noqa: S608


_BY_ID = f"SELECT {_ACCOUNT_COLUMNS} FROM identity_user u WHERE u.id = $1"  # noqa: S608


_CONTACTS = text("""
    SELECT id, name, coalesce(email, ''), locale, time_zone, banned_at IS NOT NULL OR deletion_at IS NOT NULL,
        erased_at IS NOT NULL
    FROM identity_user WHERE id = ANY(CAST(:ids AS uuid[]))
""")


async def _account(db: Database, statement: str, value: object) -> Candidate | None:
    rows = await db.fetch(statement, value)
    if not rows:
        return None
    row = rows[0]
    account = Account(
        row["id"],
        row["email"],
        row["username"],
        row["name"],
        row["time_zone"],
        row["locale"],
        frozenset(row["roles"]),
        row["verified"],
        row["deletion_at"],
    )
    return Candidate(account, row["password_hash"], row["password_changed_at"], row["banned"])


async def candidate_by_email(db: Database, email: str) -> Candidate | None:
    return await _account(db, _BY_EMAIL, email)


async def candidate_by_username(db: Database, username: str) -> Candidate | None:
    return await _account(db, _BY_USERNAME, username)


async def candidate_by_id(db: Database, user_id: UUID) -> Candidate | None:
    return await _account(db, _BY_ID, user_id)


async def account(db: Database, user_id: UUID) -> Account | None:
    candidate = await _account(db, _BY_ID, user_id)
    return candidate.account if candidate else None


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


async def time_zones(uow: UnitOfWork, user_ids: Collection[UUID]) -> dict[UUID, str]:
    rows = await uow.fetch("SELECT id, time_zone FROM identity_user WHERE id = ANY($1::uuid[])", list(user_ids))
    return {row["id"]: row["time_zone"] for row in rows}


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


async def time_zone(uow: UnitOfWork, user_id: UUID) -> str | None:
    rows = await uow.fetch("SELECT time_zone FROM identity_user WHERE id = $1", user_id)
    return rows[0]["time_zone"] if rows else None


def add_user(session: AsyncSession, user: User) -> None:
    session.add(user)


def add_roles(session: AsyncSession, user_id: UUID, roles: Collection[str]) -> None:
    session.add_all(UserRole(user_id=user_id, role=role) for role in sorted(roles))


async def set_password_hash(session: AsyncSession, user_id: UUID, password_hash: str) -> None:
    await session.execute(update(User).where(User.id == user_id).values(password_hash=password_hash))


async def roles_within(session: AsyncSession, user_id: UUID) -> frozenset[str]:
    return frozenset(await session.scalars(select(UserRole.role).where(UserRole.user_id == user_id)))
