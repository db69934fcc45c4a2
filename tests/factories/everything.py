"""Somebody of whom every table of the house has something, and finding it again.

Every text, byte string and document says where it stands, as `zq-<table>-<column>`, so that a test needs no list of
tables: one that is added is filled, and has to be told and forgotten, without anybody thinking of it.
"""

import re
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from advanced_alchemy.types import GUID
from sqlalchemy import ARRAY, Column, Table, func, text
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.types import Boolean, Date, DateTime, Float, Integer, LargeBinary, Text, TypeEngine

from app.registry import metadata
from domains.kernel.ids import new_id
from domains.kernel.uow import Database

EMAIL = "zq-email@example.org"
PEOPLE = {"identity_user.id", "profiles_profile.user_id"}
BY_NAME = {"user_id", "owner_id", "own_id", "actor_id"}
"""Columns that name a person without a foreign key."""
OTHERS = {"asked_id", "high_id", "followed_id", "blocked_id", "reported_id", "invitee_id"}
"""Columns in which somebody else stands."""
LINKED = {
    "billing_refund": "by the payment",
    "billing_dispute": "by the payment",
    "notifications_local_mail": "by the address",
    "notifications_suppression": "by the address",
}
"""Tables about people in which no column says so."""

_GIVEN: dict[str, Any] = {
    "billing_coupon.percent_bp": None,
    "billing_subscription.status": "cancelled",
    "billing_order.state": "paid",
    "classrooms_member.role": "teacher",
    "identity_export.state": "ready",
    "identity_session.actor_id": None,
    "identity_user_role.role": "zq-identity_user_role-role",
    "notifications_local_mail.to_address": EMAIL,
    "notifications_suppression.address": EMAIL,
    "notifications_suppression.reason": "bounce",
    "profiles_bond.state": "friends",
    "gamification_boost.factor": 2,
    "gamification_session_result.body": b"{}",
}
_SAME = {"provider": "fake", "payment_ref": "zq-billing_payment-payment_ref", "currency": "EUR"}
_NEVER = {"kernel_outbox", "kernel_delivery", "identity_signing_key", "media_key", "notifications_key", "identity_user"}
_MADE = {"profiles_profile"}
"""With the account."""
_MARK = re.compile(r"zq-([a-z_]+)-([a-z_0-9]+)")
_HEX = re.compile(r"7a712d(?:[0-9a-f]{2})+")


async def fill(db: Database, me: UUID, other: UUID) -> None:
    """A row about `me` in every table."""
    ids: dict[str, dict[str, Any]] = {"identity_user": {"id": me}, "profiles_profile": {"user_id": me}}
    async with db.begin() as uow:
        await uow.session.execute(
            text(
                "UPDATE identity_user SET email = :email, username = 'zq_username', email_verified_at = now(),"
                " name = 'zq-identity_user-name' WHERE id = :me"
            ),
            {"me": me, "email": EMAIL},
        )
        await uow.session.execute(
            text("UPDATE profiles_profile SET bio = 'zq-profiles_profile-bio' WHERE user_id = :me"), {"me": me}
        )
        for table in metadata().sorted_tables:
            if table.name in _NEVER | _MADE:
                continue
            values = {column.name: _value(table, column, ids, me, other) for column in table.columns}
            if table.name == "profiles_bond":
                values["low_id"], values["high_id"] = sorted((me, other))
                values["asker_id"] = me
            ids[table.name] = values
            await uow.session.execute(table.insert().values(values))


def tables_about_people() -> dict[str, Table]:
    """Those with a column that names a person, those below them, and LINKED."""
    found = {name: metadata().tables[name] for name in LINKED}
    for table in metadata().sorted_tables:
        parents = {key.column.table.name for key in table.foreign_keys}
        named = any(column.name in BY_NAME or _is_person(column) for column in table.columns)
        if table.name not in _NEVER and (named or parents & set(found)):
            found[table.name] = table
    return found


def marks_in(told: str) -> set[str]:
    """Columns, as `table.column`, whose content stands in `told`, also where it was written as bytes."""
    plain = told + " ".join(bytes.fromhex(found).decode(errors="ignore") for found in _HEX.findall(told))
    return {f"{table}.{column}" for table, column in _MARK.findall(plain)}


async def dump(db: Database) -> str:
    """Everything that the database holds, but facts on their way."""
    tables = sorted(set(metadata().tables) - {"kernel_outbox", "kernel_delivery"})
    rows = [row[0] for name in tables for row in await db.fetch(f"SELECT t::text FROM {name} t")]
    return "\n".join(rows)


def _is_person(column: Column[Any]) -> bool:
    return any(key.target_fullname in PEOPLE for key in column.foreign_keys)


def _value(table: Table, column: Column[Any], ids: dict[str, dict[str, Any]], me: UUID, other: UUID) -> Any:
    name = f"{table.name}.{column.name}"
    if name in _GIVEN:
        return _GIVEN[name]
    if column.name in OTHERS:
        return other
    if _is_person(column) or column.name in BY_NAME:
        return me
    for key in column.foreign_keys:
        parent, _, target = key.target_fullname.partition(".")
        return ids[parent][target] if parent in ids else None
    if column.name in _SAME and isinstance(column.type, Text):
        return _SAME[column.name]
    return _of_type(column.type, f"zq-{table.name}-{column.name}")


def _of_type(kind: TypeEngine[Any], mark: str) -> Any:
    match kind:
        case Text():
            return mark
        case LargeBinary():
            return mark.encode()
        case JSONB():
            return {"mark": mark}
        case TSVECTOR():
            return func.to_tsvector("simple", mark)
        case ARRAY():
            return [mark] if isinstance(kind.item_type, Text) else []
        case DateTime():
            return datetime.now(UTC)
        case Date():
            return date(2026, 11, 16)
        case Boolean():
            return False
        case GUID():
            return new_id()
        case Integer() | Float():
            return 1
    raise TypeError(f"{mark}: {kind}")
