"""SQL that makes what one person was told, and where they are reached, another's. What the other has already stays."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_PLAIN = ("notifications_web_push", "notifications_mobile_device", "notifications_ticket")
_KEYED = {
    "notifications_notification": ("dedupe_key",),
    "notifications_delivery": ("dedupe_key", "channel"),
    "notifications_preference": ("scope", "channel"),
    "notifications_settings": (),
    "notifications_attention": (),
    "notifications_practice_hour": ("hour",),
    "notifications_reminder": ("what", "local_on"),
}
"""Tables with at most one row per person and these columns."""


def _moves(table: str, columns: tuple[str, ...]) -> list[str]:
    same = "".join(f" AND o.{column} = t.{column}" for column in columns)
    own = f"SELECT FROM {table} o WHERE o.user_id = :into_id{same}"
    return [
        f"UPDATE {table} t SET user_id = :into_id WHERE t.user_id = :from_id AND NOT EXISTS ({own})",  # noqa: S608
        f"DELETE FROM {table} WHERE user_id = :from_id",  # noqa: S608
    ]


_STATEMENTS = [
    text(statement)
    for statement in (
        *(f"UPDATE {table} SET user_id = :into_id WHERE user_id = :from_id" for table in _PLAIN),  # noqa: S608
        *(statement for table, columns in _KEYED.items() for statement in _moves(table, columns)),
    )
]


async def move(session: AsyncSession, from_id: UUID, into_id: UUID) -> None:
    for statement in _STATEMENTS:
        await session.execute(statement, {"from_id": from_id, "into_id": into_id})
