"""What people say of themselves: name, locale and time zone."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domains.identity.models import User


class Person(NamedTuple):
    """What may be told of somebody whose account is open."""

    name: str
    since: datetime


class Details(NamedTuple):
    """What somebody has said of themselves."""

    name: str
    locale: str
    time_zone: str
    time_zone_changed_at: datetime | None
    since: datetime


async def people(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Person]:
    """Closed accounts are left out."""
    wanted = select(User.id, User.name, User.created_at).where(User.id.in_(ids), User.banned_at.is_(None))
    return {row.id: Person(row.name, row.created_at) for row in await session.execute(wanted)}


async def details(session: AsyncSession, user_id: UUID, *, hold: bool = False) -> Details | None:
    """`hold`: nobody else changes them until the commit."""
    columns = (User.name, User.locale, User.time_zone, User.time_zone_changed_at, User.created_at)
    wanted = select(*columns).where(User.id == user_id)
    row = (await session.execute(wanted.with_for_update(key_share=True) if hold else wanted)).one_or_none()
    return Details(*row) if row else None


async def describe(session: AsyncSession, user_id: UUID, columns: dict[str, Any]) -> None:
    await session.execute(update(User).where(User.id == user_id).values(**columns))
