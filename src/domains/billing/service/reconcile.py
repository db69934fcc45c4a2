"""Comparing with the provider: what never arrived is applied as if it had.

Invariant: a difference is mended by the code that applies webhooks, so mending twice changes nothing, and a dry run
is the same work rolled back. What cannot be mended by believing the provider is reported and left for a person.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from domains.billing import metrics
from domains.billing.errors import ProviderAway, ProviderRefused
from domains.billing.policy.seen import (
    CheckoutClosed,
    DisputeSeen,
    Lookup,
    PaymentSeen,
    RefundSeen,
    Seen,
    SubscriptionSeen,
    Told,
)
from domains.billing.providers.port import Provider, Providers, Quarantine
from domains.billing.repository import inbox as inbox_rows
from domains.billing.repository import reconcile as repository
from domains.billing.service import inbox
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database, UnitOfWork

EVERY = timedelta(hours=24)
OVERLAP = timedelta(hours=48)
"""How far behind the last one the next begins: providers change things late."""
MOST_KEPT = 1000
"""Differences that a stored report lists one by one."""

log = logging.getLogger(__name__)

Progress = Callable[[str], None]


class Difference(msgspec.Struct, frozen=True):
    """`what`: repaired (or would be), quarantined, away, or unknown_to_provider, which we have and they do not."""

    what: str
    kind: str
    ref: str
    before: str
    after: str


class Report(msgspec.Struct):
    """Each thing is compared once, however many ways lead to it."""

    provider: str
    since: datetime
    until: datetime
    dry_run: bool
    compared: int = 0
    differences: list[Difference] = msgspec.field(default_factory=list)
    looked_at: set[str] = msgspec.field(default_factory=set)

    @property
    def unresolved(self) -> int:
        return sum(1 for difference in self.differences if difference.what != "repaired")


class _Undo(Exception):
    """Ends a dry run's transaction without a commit."""


async def run(
    db: Database,
    provider_name: str | None,
    since: datetime,
    until: datetime,
    *,
    dry_run: bool = False,
    progress: Progress = lambda _: None,
) -> Report:
    """Compares what happened in the window. Raises ProviderUnknown; ProviderAway when it could not even begin."""
    provider = db.port(Providers).chosen(provider_name)
    report = Report(provider.name, since, until, dry_run)
    async for told in provider.history(db, since, until):
        await _compare(db, provider, told, report)
        if report.compared % 100 == 0:
            progress(f"{report.compared} compared, {len(report.differences)} differences")
    for lookup in await _expected(db, provider, since, until):
        await _compare(db, provider, lookup, report)
    await _only_here(db, provider, report)
    kept = {"compared": report.compared, "differences": msgspec.to_builtins(report.differences[:MOST_KEPT])}
    async with db.begin() as uow:
        await repository.add_report(uow.session, provider.name, since, until, kept, dry_run=dry_run)
    for difference in report.differences:
        metrics.RECONCILED.labels(provider.name, difference.what).inc()
    if report.unresolved:
        log.error("%d differences with %s need a person: lyceum billing reconcile", report.unresolved, provider.name)
    return report


async def run_if_due(db: Database, now: datetime) -> None:
    """For the clock: every provider that was not compared for a day."""
    for provider in db.port(Providers):
        async with db.begin() as uow:
            last = await repository.last_until(uow.session, provider.name)
        if last is not None and now - last < EVERY:
            continue
        try:
            await run(db, provider.name, (last or now) - OVERLAP, now)
        except (ProviderAway, ProviderRefused) as error:
            log.warning("%s could not be compared: %s", provider.name, error)
        except Exception:
            # Whatever it is, it must not keep the others from being compared.
            log.exception("%s could not be compared", provider.name)


async def _expected(db: Database, provider: Provider, since: datetime, until: datetime) -> list[Lookup]:
    """Of what we should have heard by now, whether or not it is in the provider's list of the window."""
    async with db.begin() as uow:
        pages = await repository.unpaid_checkouts(uow.session, provider.name, since, until)
        overdue = await repository.overdue_subscriptions(uow.session, provider.name, until)
    return [
        *(Lookup(kind="checkout", ref=ref) for ref in pages),
        *(Lookup(kind="subscription", ref=ref) for ref in overdue),
    ]


async def _compare(db: Database, provider: Provider, told: Told, report: Report) -> None:
    try:
        number, seen = await inbox.looked_up(db, provider, [told])
    except (ProviderAway, ProviderRefused, Quarantine, ValueError) as error:
        what = "away" if isinstance(error, ProviderAway) else "quarantined"
        report.differences.append(Difference(what, "lookup", _ref(told), "", str(error)))
        return
    # A webhook's look-up may have been numbered meanwhile; what was listed before it is not newer.
    number = number or await inbox_rows.next_lookup(db)
    for one in seen:
        if _ref(one) in report.looked_at:
            continue
        report.looked_at.add(_ref(one))
        report.compared += 1
        difference = await _mend(db, provider, one, number, dry_run=report.dry_run)
        if difference is not None:
            report.differences.append(difference)


async def _mend(db: Database, provider: Provider, seen: Seen, number: int, *, dry_run: bool) -> Difference | None:
    kind = type(seen).__struct_config__.tag
    before = after = ""
    try:
        async with db.begin() as uow:
            before = await _standing(uow, provider.name, seen)
            await inbox.apply(uow, [seen], provider.name, number, utc_now())
            after = await _standing(uow, provider.name, seen)
            if dry_run or before == after:
                raise _Undo
    except _Undo:
        pass
    except inbox.NotYet as not_yet:
        return Difference("quarantined", str(kind), _ref(seen), before, str(not_yet))
    except (Quarantine, ValueError) as odd:
        return Difference("quarantined", str(kind), _ref(seen), before, str(odd))
    return None if before == after else Difference("repaired", str(kind), _ref(seen), before, after)


async def _standing(uow: UnitOfWork, provider: str, seen: Seen) -> str:
    match seen:
        case PaymentSeen():
            return await repository.payment_standing(uow.session, provider, seen.payment_ref)
        case RefundSeen():
            return await repository.refund_standing(uow.session, provider, seen.refund_ref, seen.own_id)
        case DisputeSeen():
            return await repository.dispute_standing(uow.session, provider, seen.dispute_ref)
        case SubscriptionSeen():
            return await repository.subscription_standing(uow.session, provider, seen.subscription_ref)
        case CheckoutClosed():
            return await repository.order_state(uow.session, seen.order_id)


async def _only_here(db: Database, provider: Provider, report: Report) -> None:
    """Payments of ours that were not in the list: each is asked for by name before it is called unknown."""
    async with db.begin() as uow:
        ours = await repository.captured_refs(uow.session, provider.name, report.since, report.until)
    for ref in ours:
        if ref in report.looked_at:
            continue
        try:
            found = await provider.look_up(db, Lookup(kind="payment", ref=ref))
        except (ProviderAway, ProviderRefused, Quarantine) as error:
            report.differences.append(Difference("away", "payment", ref, "captured", str(error)))
            continue
        if not any(isinstance(one, PaymentSeen) and one.status == "captured" for one in found):
            report.differences.append(
                Difference("unknown_to_provider", "payment", ref, "captured", "not there, or not captured")
            )


def _ref(told: Told) -> str:
    match told:
        case Lookup():
            return told.ref
        case PaymentSeen():
            return told.payment_ref
        case RefundSeen():
            return told.refund_ref
        case DisputeSeen():
            return told.dispute_ref
        case SubscriptionSeen():
            return told.subscription_ref
        case CheckoutClosed():
            return str(told.order_id)
