"""SQL of reports."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.profiles.policy.reports import Reason, ReportState

# Who reports again before anybody has looked says it anew.
_ADD = text("""
    INSERT INTO profiles_report
        (id, reporter_id, reported_id, reason, text, shown_name, shown_handle, shown_bio, created_at)
    VALUES (:id, :reporter_id, :reported_id, :reason, :text, :shown_name, :shown_handle, :shown_bio, :now)
    ON CONFLICT (reporter_id, reported_id) WHERE state IN ('open', 'reviewing')
    DO UPDATE SET reason = excluded.reason, text = excluded.text
""")
_LATELY = text("""
    SELECT count(*) AS made, min(created_at) AS first_at FROM profiles_report
    WHERE reporter_id = :reporter_id AND created_at > :since AND reported_id <> :reported_id
""")
_COLUMNS = """
    id, reporter_id, reported_id, reason, text, shown_name, shown_handle, shown_bio, state, handled_by, handled_at,
    note, created_at
"""
_QUEUE = text(f"""
    SELECT {_COLUMNS} FROM profiles_report
    WHERE state = :state AND reported_id <> :reader_id
      AND (CAST(:after AS uuid) IS NULL OR id > :after)
    ORDER BY id LIMIT :most
""")  # noqa: S608
_HOLD = text(f"""
    SELECT {_COLUMNS} FROM profiles_report WHERE id = :id AND reported_id <> :reader_id FOR UPDATE
""")  # noqa: S608
_HANDLE = text("""
    UPDATE profiles_report SET state = :state, note = :note, handled_by = :handled_by, handled_at = :now WHERE id = :id
""")
_PURGE = text("""
    DELETE FROM profiles_report WHERE id = ANY(ARRAY(
        SELECT id FROM profiles_report WHERE state IN ('resolved', 'dismissed') AND handled_at < :before
        LIMIT :most FOR UPDATE SKIP LOCKED))
    RETURNING true
""")


class ReportRecord(NamedTuple):
    id: UUID
    reporter_id: UUID
    reported_id: UUID
    reason: Reason
    text: str
    shown_name: str
    shown_handle: str | None
    shown_bio: str
    state: ReportState
    handled_by: UUID | None
    handled_at: datetime | None
    note: str
    created_at: datetime


async def add(session: AsyncSession, row: dict[str, Any]) -> None:
    await session.execute(_ADD, row)


async def lately(
    session: AsyncSession, reporter_id: UUID, reported_id: UUID, since: datetime
) -> tuple[int, datetime | None]:
    """How many they have made about others since then, and when the first of them."""
    values = {"reporter_id": reporter_id, "reported_id": reported_id, "since": since}
    row = (await session.execute(_LATELY, values)).one()
    return row.made, row.first_at


async def queue(
    session: AsyncSession, reader_id: UUID, state: ReportState, *, after: UUID | None, most: int
) -> list[ReportRecord]:
    """The oldest first; those about the reader are left out."""
    rows = await session.execute(_QUEUE, {"reader_id": reader_id, "state": state, "after": after, "most": most})
    return [ReportRecord(*row)._replace(state=state) for row in rows]


async def hold(session: AsyncSession, reader_id: UUID, report_id: UUID) -> ReportRecord | None:
    """Nobody else changes it until the commit. None for one about the reader too."""
    row = (await session.execute(_HOLD, {"id": report_id, "reader_id": reader_id})).one_or_none()
    return ReportRecord(*row)._replace(state=ReportState(row.state)) if row else None


async def handle(
    session: AsyncSession, report_id: UUID, *, state: ReportState, note: str, handled_by: UUID, now: datetime
) -> None:
    values = {"id": report_id, "state": state, "note": note, "handled_by": handled_by, "now": now}
    await session.execute(_HANDLE, values)


async def purge(session: AsyncSession, before: datetime, *, most: int) -> int:
    """Forgets what was closed before then; how many."""
    gone: Sequence[bool] = (await session.scalars(_PURGE, {"before": before, "most": most})).all()
    return len(gone)
