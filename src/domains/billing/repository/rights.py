"""What billing holds about a person, and making it forget what no law wants kept.

Kept after an account is erased, under an id that leads to nobody: orders, payments, refunds, disputes, subscriptions,
what they opened, and the ledger, because sums that were reported must not change. Invoices and credit notes keep the
name and address that they were made out to: tax law wants them as issued, for ten years in Germany, eight in India.
The marks of used trials stay, because they are digests and keep a second trial from beginning. Providers keep what
they were told themselves; the ids by which they know somebody stay for refunds and disputes that are still to come.
"""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.kernel.domain import PersonalData

PERSONAL_DATA = (
    PersonalData(
        "customer",
        """
        SELECT name, email, country, region, address, tax_id, created_at FROM billing_customer
        WHERE user_id = :user_id
        """,
    ),
    PersonalData(
        "orders",
        """
        SELECT o.id, o.kind, p.name AS product, o.subscription_id, o.provider, o.state, o.quantity, o.currency,
            o.list_minor, o.discount_minor, o.tax_minor, o.total_minor, o.tax_name, o.tax_bp, o.trial_days,
            o.created_at, o.placed_at, o.paid_at, o.period_start, o.period_end
        FROM billing_order o JOIN billing_product p ON p.id = o.product_id WHERE o.user_id = :user_id ORDER BY o.id
        """,
    ),
    PersonalData(
        "payments",
        """
        SELECT p.id, p.order_id, p.provider, p.payment_ref, p.status, p.amount_minor, p.currency, p.method, p.failure,
            p.created_at, p.captured_at
        FROM billing_payment p JOIN billing_order o ON o.id = p.order_id WHERE o.user_id = :user_id ORDER BY p.id
        """,
    ),
    PersonalData(
        "refunds",
        """
        SELECT r.id, p.order_id, r.provider, r.refund_ref, r.status, r.amount_minor, r.currency, r.reason,
            r.created_at, r.settled_at
        FROM billing_refund r JOIN billing_payment p ON p.provider = r.provider AND p.payment_ref = r.payment_ref
        JOIN billing_order o ON o.id = p.order_id WHERE o.user_id = :user_id ORDER BY r.id
        """,
    ),
    PersonalData(
        "disputes",
        """
        SELECT d.id, p.order_id, d.provider, d.dispute_ref, d.status, d.amount_minor, d.currency, d.created_at
        FROM billing_dispute d JOIN billing_payment p ON p.provider = d.provider AND p.payment_ref = d.payment_ref
        JOIN billing_order o ON o.id = p.order_id WHERE o.user_id = :user_id ORDER BY d.id
        """,
    ),
    PersonalData(
        "invoices",
        """
        SELECT i.id, i.order_id, i.kind, i.number, i.issued_at, i.content
        FROM billing_invoice i JOIN billing_order o ON o.id = i.order_id WHERE o.user_id = :user_id ORDER BY i.id
        """,
    ),
    PersonalData(
        "subscriptions",
        """
        SELECT s.id, p.name AS product, s.order_id, s.provider, s.subscription_ref, s.status, s.quantity, s.created_at,
            s.current_period_start, s.current_period_end, s.trial_end, s.cancel_at_period_end, s.cancelled_at,
            s.ended_at, s.past_due_since
        FROM billing_subscription s JOIN billing_product p ON p.id = s.product_id
        WHERE s.user_id = :user_id ORDER BY s.id
        """,
    ),
    PersonalData(
        "access",
        """
        SELECT key, source, source_id, starts_at, ends_at, reason, end_reason, created_at FROM billing_entitlement
        WHERE user_id = :user_id ORDER BY id
        """,
    ),
    PersonalData(
        "seats",
        "SELECT order_id, created_at, removed_at FROM billing_seat WHERE user_id = :user_id ORDER BY order_id",
    ),
    PersonalData(
        "gifts",
        """
        SELECT g.order_id, o.user_id = :user_id AS bought_by_me, g.redeemed_by = :user_id AS redeemed_by_me,
            g.created_at, g.redeemed_at, g.closed_at
        FROM billing_gift g JOIN billing_order o ON o.id = g.order_id
        WHERE o.user_id = :user_id OR g.redeemed_by = :user_id ORDER BY g.order_id
        """,
    ),
    PersonalData(
        "coupons",
        """
        SELECT c.code, u.order_id, u.state, u.created_at
        FROM billing_coupon_use u JOIN billing_coupon c ON c.id = u.coupon_id WHERE u.user_id = :user_id ORDER BY u.id
        """,
    ),
    PersonalData(
        "coupon_guesses", "SELECT created_at FROM billing_coupon_guess WHERE user_id = :user_id ORDER BY created_at"
    ),
    PersonalData(
        "trials",
        """
        SELECT p.name AS product, split_part(t.mark, ':', 1) AS known_by, t.order_id, t.created_at
        FROM billing_trial_use t JOIN billing_order o ON o.id = t.order_id JOIN billing_product p ON p.id = t.product_id
        WHERE o.user_id = :user_id ORDER BY t.created_at, t.mark
        """,
    ),
    PersonalData(
        "providers",
        """
        SELECT provider, kind, ref, created_at FROM billing_provider_ref
        WHERE own_id = :user_id ORDER BY provider, kind
        """,
    ),
)

_LOCK_SEATS = text("""
    SELECT id FROM billing_order WHERE id IN (
        SELECT order_id FROM billing_seat WHERE user_id = :user_id AND removed_at IS NULL) ORDER BY id FOR UPDATE
""")
_ERASE = [
    text(statement)
    for statement in (
        "DELETE FROM billing_customer WHERE user_id = :user_id",
        "DELETE FROM billing_coupon_guess WHERE user_id = :user_id",
        # Whoever bought the seat can give it to somebody else.
        "UPDATE billing_seat SET removed_at = now() WHERE user_id = :user_id AND removed_at IS NULL",
        # What the checkout was opened with: a name and an address, for one.
        "UPDATE billing_order SET checkout = NULL WHERE user_id = :user_id AND checkout IS NOT NULL",
        "UPDATE billing_entitlement SET reason = '' WHERE user_id = :user_id AND reason <> ''",
    )
]
_GOING_ON = text("""
    SELECT id FROM billing_subscription WHERE user_id = :user_id
        AND status IN ('incomplete', 'trialing', 'active', 'past_due', 'paused') ORDER BY id
""")


async def erase(session: AsyncSession, user_id: UUID) -> None:
    await session.execute(_LOCK_SEATS, {"user_id": user_id})
    for statement in _ERASE:
        await session.execute(statement, {"user_id": user_id})


async def going_on(session: AsyncSession, user_id: UUID) -> list[UUID]:
    """Subscriptions that charge, or may yet."""
    return list(await session.scalars(_GOING_ON, {"user_id": user_id}))
