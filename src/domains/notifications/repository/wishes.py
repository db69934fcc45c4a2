"""What people have said about being told, and when they last paid attention."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domains.notifications.models import Attention, Preference, Settings

_SAID = text("""
    SELECT u.id, s.quiet_from, s.quiet_until, s.digest_hour, s.paused_until, s.marketing_since,
        (SELECT jsonb_agg(jsonb_build_array(p.scope, p.channel, p.frequency)) FROM notifications_preference p
         WHERE p.user_id = u.id
           AND (CAST(:scopes AS text[]) IS NULL OR p.scope = ANY(CAST(:scopes AS text[])))) AS chosen,
        EXISTS (SELECT FROM notifications_web_push w WHERE w.user_id = u.id) AS browsers,
        EXISTS (SELECT FROM notifications_mobile_device m WHERE m.user_id = u.id) AS phones
    FROM unnest(CAST(:user_ids AS uuid[])) u (id) LEFT JOIN notifications_settings s ON s.user_id = u.id
""")

_LATELY = text("""
    SELECT w.place, d.channel,
        count(DISTINCT d.dedupe_key) FILTER (
            WHERE d.kind = ANY(CAST(:capped AS text[]))
              AND (d.state = 'sent' AND d.sent_at >= w.day_began OR d.state = 'waiting' AND d.lease_until > :now)
        ) AS today,
        count(DISTINCT d.dedupe_key) FILTER (
            WHERE d.kind = ANY(CAST(:backed_off AS text[])) AND d.state = 'sent' AND d.sent_at < :ignored_before
              AND d.sent_at > coalesce(a.attended_at, '-infinity')
        ) AS ignored,
        coalesce((array_agg(d.state = 'skipped' AND d.reason LIKE 'held back%' ORDER BY d.id DESC)
            FILTER (WHERE d.kind = ANY(CAST(:backed_off AS text[]))))[1], false) AS last_was_held_back
    FROM unnest(CAST(:user_ids AS uuid[]), CAST(:causes AS text[]), CAST(:days AS timestamptz[])) WITH ORDINALITY
        AS w (user_id, cause, day_began, place)
    JOIN notifications_delivery d
        ON d.user_id = w.user_id AND d.dedupe_key <> w.cause AND d.created_at > CAST(:since AS timestamptz)
    LEFT JOIN notifications_attention a ON a.user_id = w.user_id
    GROUP BY w.place, d.channel
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


class Asked(NamedTuple):
    """What somebody was told for other causes than this one, and since when their day runs."""

    user_id: UUID
    cause: str
    day_began: datetime


class Told(NamedTuple):
    channel: str
    today: int
    ignored: int
    last_was_held_back: bool


async def said(session: AsyncSession, user_id: UUID, scopes: Sequence[str] | None) -> Said:
    """With the preferences of `scopes`, or all."""
    return (await said_by(session, [user_id], scopes))[user_id]


async def said_by(
    session: AsyncSession, user_ids: Collection[UUID], scopes: Collection[str] | None
) -> dict[UUID, Said]:
    """`said` of many."""
    values = {"user_ids": list(user_ids), "scopes": list(scopes) if scopes else None}
    found = {}
    for row in await session.execute(_SAID, values):
        hours = (row.quiet_from, row.quiet_until)
        quiet = None if None in hours else hours
        chosen = [(scope, channel, often) for scope, channel, often in row.chosen or ()]
        found[row.id] = Said(
            quiet, row.digest_hour, row.paused_until, row.marketing_since, chosen, row.browsers, row.phones
        )
    return found


async def lately(
    session: AsyncSession,
    asked: Sequence[Asked],
    *,
    capped: Sequence[str],
    backed_off: Sequence[str],
    now: datetime,
    ignored_after: timedelta,
    forgotten_after: timedelta,
) -> list[list[Told]]:
    """For each that is asked, in their order, what they were told by channel; nothing for channels without any."""
    values: dict[str, Any] = {
        "user_ids": [one.user_id for one in asked],
        "causes": [one.cause for one in asked],
        "days": [one.day_began for one in asked],
        "capped": list(capped),
        "backed_off": list(backed_off),
        "now": now,
        "ignored_before": now - ignored_after,
        "since": now - forgotten_after,
    }
    found: list[list[Told]] = [[] for _ in asked]
    for place, *told in await session.execute(_LATELY, values):
        found[place - 1].append(Told(*told))
    return found


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
