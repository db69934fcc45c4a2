"""What people have said about being told, and when they last paid attention."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domains.notifications.models import Attention, Preference, Settings

_SAID = text("""
    SELECT s.quiet_from, s.quiet_until, s.digest_hour, s.paused_until, s.marketing_since,
        (SELECT jsonb_agg(jsonb_build_array(p.scope, p.channel, p.frequency)) FROM notifications_preference p
         WHERE p.user_id = CAST(:user_id AS uuid)
           AND (CAST(:scopes AS text[]) IS NULL OR p.scope = ANY(CAST(:scopes AS text[])))) AS chosen,
        EXISTS (SELECT FROM notifications_web_push WHERE user_id = CAST(:user_id AS uuid)) AS browsers,
        EXISTS (SELECT FROM notifications_mobile_device WHERE user_id = CAST(:user_id AS uuid)) AS phones
    FROM (SELECT 1) one LEFT JOIN notifications_settings s ON s.user_id = CAST(:user_id AS uuid)
""")

_LATELY = text("""
    SELECT d.channel,
        count(DISTINCT d.dedupe_key) FILTER (
            WHERE d.kind = ANY(CAST(:capped AS text[]))
              AND (d.state = 'sent' AND d.sent_at >= :day_began OR d.state = 'waiting' AND d.lease_until > :now)
        ) AS today,
        count(DISTINCT d.dedupe_key) FILTER (
            WHERE d.kind = ANY(CAST(:backed_off AS text[])) AND d.state = 'sent' AND d.sent_at < :ignored_before
              AND d.sent_at > coalesce((SELECT a.attended_at FROM notifications_attention a
                                        WHERE a.user_id = CAST(:user_id AS uuid)), '-infinity')
        ) AS ignored,
        coalesce((array_agg(d.state = 'skipped' AND d.reason LIKE 'held back%' ORDER BY d.id DESC)
            FILTER (WHERE d.kind = ANY(CAST(:backed_off AS text[]))))[1], false) AS last_was_held_back
    FROM notifications_delivery d
    WHERE d.user_id = CAST(:user_id AS uuid) AND d.dedupe_key <> :cause AND d.created_at > :since
    GROUP BY d.channel
""")


class Said(NamedTuple):
    """`chosen` as (scope, channel, frequency); whether there are `browsers` and `phones` to push to."""

    quiet: tuple[int, int] | None
    digest_hour: int | None
    paused_until: datetime | None
    marketing_since: datetime | None
    chosen: list[tuple[str, str, str]]
    browsers: bool
    phones: bool


class Told(NamedTuple):
    channel: str
    today: int
    ignored: int
    last_was_held_back: bool


async def said(session: AsyncSession, user_id: UUID, scopes: Sequence[str] | None) -> Said:
    """With the preferences of `scopes`, or all."""
    row = (await session.execute(_SAID, {"user_id": user_id, "scopes": list(scopes) if scopes else None})).one()
    quiet = (row.quiet_from, row.quiet_until) if row.quiet_from is not None and row.quiet_until is not None else None
    chosen = [(scope, channel, often) for scope, channel, often in row.chosen or ()]
    return Said(quiet, row.digest_hour, row.paused_until, row.marketing_since, chosen, row.browsers, row.phones)


async def lately(
    session: AsyncSession,
    user_id: UUID,
    *,
    cause: str,
    capped: Sequence[str],
    backed_off: Sequence[str],
    day_began: datetime,
    now: datetime,
    ignored_after: timedelta,
    forgotten_after: timedelta,
) -> list[Told]:
    """What somebody was told for other causes, by channel; nothing for channels without any."""
    values: dict[str, Any] = {
        "user_id": user_id,
        "cause": cause,
        "capped": list(capped),
        "backed_off": list(backed_off),
        "day_began": day_began,
        "now": now,
        "ignored_before": now - ignored_after,
        "since": now - forgotten_after,
    }
    return [Told(*row) for row in await session.execute(_LATELY, values)]


async def attended(session: AsyncSession, user_id: UUID, now: datetime) -> None:
    """Somebody read or tapped something."""
    row = insert(Attention).values(user_id=user_id, attended_at=now)
    await session.execute(row.on_conflict_do_update(index_elements=["user_id"], set_={"attended_at": now}))


async def settings(session: AsyncSession, user_id: UUID) -> Settings:
    """Somebody's row, locked; made where there is none."""
    await session.execute(insert(Settings).values(user_id=user_id).on_conflict_do_nothing())
    found = select(Settings).where(Settings.user_id == user_id).with_for_update()
    return (await session.scalars(found, execution_options={"populate_existing": True})).one()


async def settings_if_any(session: AsyncSession, user_id: UUID) -> Settings | None:
    return await session.get(Settings, user_id)


async def replace_preferences(session: AsyncSession, user_id: UUID, rows: Sequence[tuple[str, str, str]]) -> None:
    """All of somebody's, as (scope, channel, frequency)."""
    await session.execute(delete(Preference).where(Preference.user_id == user_id))
    if rows:
        await session.execute(
            insert(Preference).values(
                [
                    {"user_id": user_id, "scope": scope, "channel": channel, "frequency": frequency}
                    for scope, channel, frequency in rows
                ]
            )
        )


async def prefer(session: AsyncSession, user_id: UUID, scope: str, channel: str, frequency: str) -> None:
    row = insert(Preference).values(user_id=user_id, scope=scope, channel=channel, frequency=frequency)
    keys = ["user_id", "scope", "channel"]
    await session.execute(row.on_conflict_do_update(index_elements=keys, set_={"frequency": frequency}))


async def forget_preferences(session: AsyncSession, user_id: UUID, scopes: Sequence[str], channel: str) -> None:
    mine = Preference.user_id == user_id
    await session.execute(
        delete(Preference).where(mine, Preference.scope.in_(list(scopes)), Preference.channel == channel)
    )
