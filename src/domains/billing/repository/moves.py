"""SQL that makes one person's orders, subscriptions and access another's. What both have of one source becomes one."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_STATEMENTS = [
    text(statement)
    for statement in (
        "UPDATE billing_order SET user_id = :into_id WHERE user_id = :from_id",
        "UPDATE billing_subscription SET user_id = :into_id WHERE user_id = :from_id",
        "UPDATE billing_coupon_use SET user_id = :into_id WHERE user_id = :from_id",
        "UPDATE billing_coupon_guess SET user_id = :into_id WHERE user_id = :from_id",
        "UPDATE billing_gift SET redeemed_by = :into_id WHERE redeemed_by = :from_id",
        "UPDATE billing_refund SET requested_by = :into_id WHERE requested_by = :from_id",
        """
            INSERT INTO billing_trial_use (product_id, mark, order_id, created_at)
            SELECT product_id, 'user:' || CAST(CAST(:into_id AS uuid) AS text), order_id, created_at
            FROM billing_trial_use WHERE mark = 'user:' || CAST(CAST(:from_id AS uuid) AS text) ON CONFLICT DO NOTHING
        """,
        # Without a row of their own, documents are made out as before.
        """
            UPDATE billing_customer SET user_id = :into_id WHERE user_id = :from_id
                AND NOT EXISTS (SELECT FROM billing_customer WHERE user_id = :into_id)
        """,
        "DELETE FROM billing_customer WHERE user_id = :from_id",
        """
            UPDATE billing_provider_ref r SET own_id = :into_id
            WHERE own_id = :from_id AND kind IN ('customer', 'customer:test') AND NOT EXISTS (
                SELECT FROM billing_provider_ref o
                WHERE o.provider = r.provider AND o.kind = r.kind AND o.own_id = :into_id)
        """,
        """
            WITH gone AS (DELETE FROM billing_seat WHERE user_id = :from_id RETURNING *)
            INSERT INTO billing_seat AS s (order_id, user_id, removed_at, created_at)
            SELECT order_id, CAST(:into_id AS uuid), removed_at, created_at FROM gone
            ON CONFLICT (order_id, user_id) DO UPDATE SET removed_at =
                CASE WHEN s.removed_at IS NOT NULL THEN excluded.removed_at END
        """,
        """
            WITH gone AS (DELETE FROM billing_entitlement WHERE user_id = :from_id RETURNING *)
            INSERT INTO billing_entitlement AS e
                (id, user_id, key, source, source_id, starts_at, ends_at, reason, granted_by, ended_by, end_reason,
                created_at)
            SELECT id, CAST(:into_id AS uuid), key, source, source_id, starts_at, ends_at, reason, granted_by, ended_by,
                end_reason, created_at
            FROM gone
            ON CONFLICT (user_id, key, source, source_id) DO UPDATE SET
                starts_at = least(e.starts_at, excluded.starts_at),
                ends_at = CASE WHEN e.ends_at IS NOT NULL AND excluded.ends_at IS NOT NULL
                    THEN greatest(e.ends_at, excluded.ends_at) END
        """,
    )
]


async def move(session: AsyncSession, from_id: UUID, into_id: UUID) -> None:
    for statement in _STATEMENTS:
        await session.execute(statement, {"from_id": from_id, "into_id": into_id})
