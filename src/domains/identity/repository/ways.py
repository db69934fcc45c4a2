"""The row of an account under its lock, and what its owner could come in by."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from domains.identity.models import User
from domains.identity.models.codes import DeviceRow
from domains.identity.repository.accounts import Account

_LOCK = text("""
    SELECT u.id, u.email, u.username, u.name, u.time_zone, u.locale, u.password_hash, u.password_changed_at,
        u.banned_at IS NOT NULL AS banned, u.email_verified_at IS NOT NULL AS verified,
        u.deletion_at,
        ARRAY(SELECT r.role FROM identity_user_role r WHERE r.user_id = u.id) AS roles,
        EXISTS (SELECT FROM identity_device d WHERE d.user_id = u.id) AS guest
    FROM identity_user u WHERE u.id = :user_id FOR UPDATE OF u
""")
_OF_DEVICE = text("SELECT user_id FROM identity_device WHERE secret_hash = :secret_hash")


class Held(NamedTuple):
    """An account that nobody else changes until the commit."""

    account: Account
    password_hash: str | None
    banned: bool
    password_changed_at: datetime | None
    """None as long as it is the first one."""
    guest: bool
    """The device it was made on is the only way in."""

    @property
    def has_password(self) -> bool:
        return self.password_hash is not None


async def hold(session: AsyncSession, user_id: UUID) -> Held | None:
    row = (await session.execute(_LOCK, {"user_id": user_id})).one_or_none()
    if row is None:
        return None
    account = Account(
        row.id,
        row.email,
        row.username,
        row.name,
        row.time_zone,
        row.locale,
        frozenset(row.roles),
        row.verified,
        row.deletion_at,
    )
    return Held(account, row.password_hash, row.banned, row.password_changed_at, row.guest)


async def change(session: AsyncSession, user_id: UUID, **columns: Any) -> None:
    await session.execute(update(User).where(User.id == user_id).values(**columns))


async def verify(session: AsyncSession, user_id: UUID, now: datetime) -> None:
    await change(session, user_id, email_verified_at=now)


def add_device(session: AsyncSession, secret_hash: bytes, user_id: UUID) -> None:
    session.add(DeviceRow(secret_hash=secret_hash, user_id=user_id))


async def guest_of_device(session: AsyncSession, secret_hash: bytes) -> UUID | None:
    return (await session.execute(_OF_DEVICE, {"secret_hash": secret_hash})).scalar_one_or_none()


async def forget_devices(session: AsyncSession, user_id: UUID) -> bool:
    """False where there was none."""
    gone = delete(DeviceRow).where(DeviceRow.user_id == user_id).returning(DeviceRow.user_id)
    return (await session.execute(gone)).first() is not None
