"""What billing does by the clock. Each may run late, twice or not at all for a day: due work is found by SQL."""

from domains.billing.service import dunning, inbox, reconcile, refunds
from domains.kernel.clock import utc_now
from domains.kernel.domain import Job
from domains.kernel.uow import Database


async def chase_payments(db: Database) -> None:
    await dunning.chase_payments(db, utc_now())


async def end_refused_trials(db: Database) -> None:
    await dunning.end_refused_trials(db, utc_now())


async def end_charged_back(db: Database) -> None:
    await dunning.end_charged_back(db, utc_now())


async def announce_ends(db: Database) -> None:
    await dunning.announce_ends(db, utc_now())


async def give_up_orders(db: Database) -> None:
    await dunning.give_up_orders(db, utc_now())


async def send_refunds(db: Database) -> None:
    await refunds.send_waiting(db, utc_now())


async def forget_webhooks(db: Database) -> None:
    await inbox.forget(db, utc_now())


async def compare_with_providers(db: Database) -> None:
    await reconcile.run_if_due(db, utc_now())


JOBS = (
    Job(name="billing.chase_payments", run=chase_payments, every_s=900),
    Job(name="billing.end_refused_trials", run=end_refused_trials, every_s=60),
    Job(name="billing.end_charged_back", run=end_charged_back, every_s=900),
    Job(name="billing.announce_ends", run=announce_ends, every_s=3600),
    Job(name="billing.give_up_orders", run=give_up_orders, every_s=60),
    Job(name="billing.send_refunds", run=send_refunds, every_s=30),
    Job(name="billing.reconcile", run=compare_with_providers, every_s=900),
    Job(name="billing.forget_webhooks", run=forget_webhooks, every_s=3600),
)
