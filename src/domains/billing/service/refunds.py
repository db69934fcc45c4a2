"""Giving money back.

Invariant: never more than is left of a payment, also when two ask at once, and nothing of what a dispute holds or has
taken; a refund that was begun is the same refund when it is asked for again under the same key, and reaches the
provider under its own id however often we try.
"""

import logging
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from domains.billing.errors import OrderNotFound, ProviderAway, ProviderRefused, RefundTooLarge, StateForbids
from domains.billing.models import RefundRow
from domains.billing.policy import orders as policy
from domains.billing.providers.port import Providers, Quarantine
from domains.billing.repository import inbox as inbox_rows
from domains.billing.repository import orders as repository
from domains.billing.service import inbox
from domains.identity import api as identity
from domains.kernel.idempotency import KeyReused
from domains.kernel.ids import new_id
from domains.kernel.uow import Database, UnitOfWork

log = logging.getLogger(__name__)


async def refund(
    db: Database,
    order_id: UUID,
    *,
    amount_minor: int | None,
    reason: str,
    by: UUID,
    key: str | None,
    now: datetime,
) -> Sequence[RefundRow]:
    """Gives back `amount_minor`, or all that is left. Raises OrderNotFound, StateForbids, RefundTooLarge, KeyReused
    for another amount, ProviderAway (it is begun then, and tried again by itself), ProviderRefused."""
    async with db.begin() as uow:
        begun = await _begin(uow, order_id, amount_minor, reason, by, key)
    for row in begun:
        await send(db, row.id, now)
    async with db.begin() as uow:
        found = [await repository.refund_by_id(uow.session, row.id) for row in begun]
    return [row for row in found if row is not None]


async def send(db: Database, refund_id: UUID, now: datetime) -> None:
    """Asks the provider for a refund that was begun; quiet when it is on its way already."""
    async with db.begin() as uow:
        row = await repository.refund_by_id(uow.session, refund_id)
    if row is None or row.refund_ref is not None or row.status == "failed":
        return
    provider = db.port(Providers).chosen(row.provider)
    try:
        seen = await provider.refund(
            db,
            refund_id=row.id,
            payment_ref=row.payment_ref,
            amount_minor=row.amount_minor,
            currency=row.currency,
        )
    except ProviderRefused as refused:
        async with db.begin() as uow:
            await repository.lock_payments(uow.session, row.provider, [row.payment_ref])
            failed = await repository.refund_by_id(uow.session, refund_id)
            if failed is not None and policy.refund_moves(failed.status, "failed"):
                failed.status, failed.reason = "failed", f"{failed.reason} ({refused.detail})".strip()
        raise
    number = await inbox_rows.next_lookup(db)
    try:
        async with db.begin() as uow:
            await inbox.apply(uow, [seen], provider.name, number, now)
    except Quarantine as error:
        # It was made, and not as we asked for it.
        log.error("refund %s needs a person: %s", refund_id, error)


async def send_waiting(db: Database, now: datetime) -> None:
    """Refunds that were begun and never reached the provider. One that is away keeps only its own waiting."""
    for provider in db.port(Providers):
        async with db.begin() as uow:
            waiting = await repository.refunds_to_send(uow.session, provider.name, now, most=50)
        for refund_id in waiting:
            try:
                await send(db, refund_id, now)
            except ProviderRefused:
                continue
            except ProviderAway:
                break


async def _begin(
    uow: UnitOfWork, order_id: UUID, amount_minor: int | None, reason: str, by: UUID, key: str | None
) -> Sequence[RefundRow]:
    order = await repository.order(uow.session, order_id, lock=True)
    if order is None:
        raise OrderNotFound
    payments = [row for row in await repository.payments_of(uow.session, order_id) if row.status == "captured"]
    if not payments:
        raise StateForbids("nothing was paid")
    known = await repository.refunds_of(uow.session, order.provider, [row.payment_ref for row in payments])
    left = {row.payment_ref: row.amount_minor for row in payments}
    ids = {ref: uuid.uuid5(order_id, f"refund:{key}:{ref}") if key else new_id() for ref in left}
    again = [row for row in known if row.id in ids.values()]
    if again:
        if amount_minor not in (None, sum(row.amount_minor for row in again)):
            raise KeyReused
        return again
    for row in known:
        if row.status != "failed":
            left[row.payment_ref] -= row.amount_minor
    for dispute in await repository.disputes_of(uow.session, order.provider, list(left)):
        if dispute.status != "won":
            left[dispute.payment_ref] -= dispute.amount_minor
    added = [
        RefundRow(
            id=ids[payment_ref],
            provider=order.provider,
            payment_ref=payment_ref,
            status="requested",
            amount_minor=part,
            currency=order.currency,
            reason=reason,
            requested_by=by,
        )
        for payment_ref, part in _parts(left, amount_minor)
    ]
    uow.session.add_all(added)
    await uow.session.flush()
    given = sum(row.amount_minor for row in added)
    detail = {"order_id": str(order_id), "amount_minor": given, "currency": order.currency, "reason": reason}
    identity.record_action(uow, identity.Action.REFUND_BEGUN, user_id=order.user_id, actor_id=by, detail=detail)
    return added


def _parts(left: Mapping[str, int], amount_minor: int | None) -> Sequence[tuple[str, int]]:
    """From which payments it is taken: all that is left of each, or one that has enough left. Raises RefundTooLarge."""
    rests = [(ref, rest) for ref, rest in left.items() if rest > 0]
    most = max((rest for _, rest in rests), default=0)
    if amount_minor is None and rests:
        return rests
    if amount_minor is None or amount_minor > most:
        raise RefundTooLarge(f"at most {most} can be given back", most_minor=most)
    return [next((ref, amount_minor) for ref, rest in rests if rest >= amount_minor)]
