"""Feature flags: what is switched on for whom, changed while the house runs.

Invariant: what nobody has switched on is off. Whoever has a flag keeps it while its share grows, on every device and in
every process, because a hash of flag and person says who is in the share.
"""

import hashlib
import re
from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domains.kernel.clock import utc_now
from domains.kernel.errors import Invalid, NotFound
from domains.kernel.models import FlagRow
from domains.kernel.uow import Database

_RULES = "SELECT name, environments, percentage, $1 = ANY(people) AS chosen FROM kernel_flag"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


class Environment(StrEnum):
    """Where this house runs. The composition root gives it as a port."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class Rule(NamedTuple):
    """A flag as it is asked for one person."""

    name: str
    environments: Collection[str]
    percentage: int
    """Of people, 0 to 100; 100 counts visitors too."""
    chosen: bool
    """The person is on the flag's list."""


class Flag(NamedTuple):
    name: str
    note: str
    environments: Sequence[str]
    percentage: int
    people: Sequence[UUID]
    changed_at: datetime
    changed_by: UUID | None


class BadFlag(Invalid):
    code = "flags.bad_name"
    title = "A flag has a name of small letters, digits and _ that begins with a letter, of at most 64"


class FlagNotFound(NotFound):
    code = "flags.not_found"
    title = "There is no such flag"


def is_on(rule: Rule, environment: str, user_id: UUID | None) -> bool:
    """Whoever is on the list has it everywhere, so that it can be tried where it is off for all others."""
    if rule.chosen:
        return True
    if environment not in rule.environments:
        return False
    if user_id is None:
        return rule.percentage == 100
    return _place(rule.name, user_id) < rule.percentage


def _place(name: str, user_id: UUID) -> float:
    """From 0 to below 100, alike for all people, and another for each flag."""
    digest = hashlib.sha256(name.encode() + user_id.bytes).digest()
    return int.from_bytes(digest[:6]) / 2**48 * 100


async def on_for(db: Database, user_id: UUID | None) -> frozenset[str]:
    """The names of the flags that are on for somebody; None for a visitor. The one way to ask."""
    environment = db.port(Environment)
    rules = [Rule(row[0], row[1], row[2], bool(row[3])) for row in await db.fetch(_RULES, user_id)]
    return frozenset(rule.name for rule in rules if is_on(rule, environment, user_id))


# ---- for operators


async def flags(session: AsyncSession) -> list[Flag]:
    """By name."""
    return [_flag(row) for row in await session.scalars(select(FlagRow).order_by(FlagRow.name))]


async def put(
    session: AsyncSession,
    name: str,
    *,
    note: str,
    environments: Collection[str],
    percentage: int,
    people: Collection[UUID],
    by: UUID | None,
) -> Flag:
    """Makes a flag, or what it was is replaced. Raises BadFlag."""
    if not _NAME.fullmatch(name):
        raise BadFlag
    values = {
        "note": note,
        "environments": sorted({*environments}),
        "percentage": percentage,
        "people": sorted({*people}),
        "changed_at": utc_now(),
        "changed_by": by,
    }
    statement = insert(FlagRow).values(name=name, **values)
    rows = await session.scalars(
        statement.on_conflict_do_update(index_elements=[FlagRow.name], set_=values).returning(FlagRow),
        execution_options={"populate_existing": True},
    )
    return _flag(rows.one())


async def remove(session: AsyncSession, name: str) -> None:
    """Raises FlagNotFound."""
    if not (await session.scalars(delete(FlagRow).where(FlagRow.name == name).returning(FlagRow.name))).all():
        raise FlagNotFound


def _flag(row: FlagRow) -> Flag:
    return Flag(row.name, row.note, row.environments, row.percentage, row.people, row.changed_at, row.changed_by)
