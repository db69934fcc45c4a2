"""What a subscription gives follows its money: nothing for a period whose payment went back or is disputed."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from conftest import Crank
from domains.billing.policy.seen import DisputeSeen, Lookup, PaymentSeen, RefundSeen, Seen
from domains.billing.providers.port import Providers
from domains.billing.service import dunning, entitlements, inbox
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.people import Learner, register
from factories.plans import begin, move_on, pay, put_plan, row_of, subscribe

OPEN = """
    SELECT source FROM billing_entitlement WHERE user_id = $1 AND (ends_at IS NULL OR ends_at > now()) ORDER BY source
"""


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


async def hear(db: Database, *seen: Seen) -> None:
    for one in seen:
        async with db.begin() as uow:
            await inbox.apply(uow, [one], "fake", 0, utc_now())


async def look(db: Database, subscription_id: str) -> None:
    """As a webhook of the subscription makes us."""
    row = await row_of(db, subscription_id)
    provider = db.port(Providers).chosen("fake")
    number, seen = await inbox.looked_up(db, provider, [Lookup(kind="subscription", ref=row.subscription_ref)])
    async with db.begin() as uow:
        await inbox.apply(uow, seen, "fake", number, utc_now())


async def last_payment(db: Database) -> str:
    [row] = await db.fetch("SELECT payment_ref FROM billing_payment ORDER BY id DESC LIMIT 1")
    found: str = row["payment_ref"]
    return found


def refund(payment_ref: str, amount_minor: int = 900, number: int = 1) -> RefundSeen:
    return RefundSeen(
        refund_ref=f"re_{number}",
        payment_ref=payment_ref,
        status="succeeded",
        amount_minor=amount_minor,
        currency="EUR",
    )


def dispute(payment_ref: str, status: Any = "open") -> DisputeSeen:
    return DisputeSeen(dispute_ref="dp", payment_ref=payment_ref, status=status, amount_minor=900, currency="EUR")


async def opened(db: Database, ada: Learner) -> list[str]:
    return [row["source"] for row in await db.fetch(OPEN, ada.id)]


async def shown(ada: Learner) -> dict[str, Any]:
    [found] = (await ada.get("/subscriptions")).json()
    subscription: dict[str, Any] = found
    return subscription


async def test_a_period_that_was_given_back_in_full_may_not_be_used(ada: Learner, db: Database, crank: Crank) -> None:
    subscription = await subscribe(ada, await put_plan(db, "courses:*", interval="year"), crank)
    ref = await last_payment(db)
    await hear(db, refund(ref, 400))
    assert await opened(db, ada) == ["subscription"]
    await hear(db, refund(ref, 500, 2))
    assert await opened(db, ada) == []
    await look(db, subscription["id"])
    assert await opened(db, ada) == []
    assert ((await shown(ada))["status"], (await shown(ada))["access_until"]) == ("active", None)


async def test_a_dispute_takes_the_period_until_it_is_won(ada: Learner, db: Database, crank: Crank) -> None:
    subscription = await subscribe(ada, await put_plan(db, "courses:*"), crank)
    ref = await last_payment(db)
    await hear(db, dispute(ref))
    assert await opened(db, ada) == []
    await hear(db, dispute(ref, "won"))
    assert await opened(db, ada) == ["subscription"]
    assert (await shown(ada))["access_until"] == subscription["access_until"]
    await hear(db, dispute(ref, "lost"))
    assert await opened(db, ada) == []


async def test_what_went_back_of_one_period_is_no_matter_of_the_next(ada: Learner, db: Database, crank: Crank) -> None:
    subscription = await subscribe(ada, await put_plan(db, "courses:*"), crank)
    first = await last_payment(db)
    await hear(db, refund(first))
    assert await opened(db, ada) == []
    await move_on(db, crank, datetime.fromisoformat(subscription["current_period_end"]) + timedelta(minutes=1))
    assert await opened(db, ada) == ["subscription"]
    await hear(db, dispute(first))
    assert await opened(db, ada) == ["subscription"]
    await hear(db, refund(await last_payment(db), 900, 2))
    assert await opened(db, ada) == []


async def test_a_refund_that_is_known_before_the_subscription_opens_nothing(
    ada: Learner, db: Database, crank: Crank
) -> None:
    begun = await begin(ada, await put_plan(db, "courses:*"))
    paid = PaymentSeen(
        payment_ref="pay_1", status="captured", amount_minor=900, currency="EUR", order_id=UUID(begun["id"])
    )
    await hear(db, refund("pay_1"), paid)
    await pay(ada, begun, crank)
    found = await shown(ada)
    # The page was paid, too: that money is there.
    assert (found["status"], await opened(db, ada)) == ("active", ["subscription"])
    await hear(db, refund(await last_payment(db), 900, 2))
    assert await opened(db, ada) == []


async def test_another_source_keeps_what_it_gives(ada: Learner, db: Database, crank: Crank) -> None:
    await subscribe(ada, await put_plan(db, "courses:*"), crank)
    async with db.begin() as uow:
        await entitlements.grant(
            uow,
            user_id=ada.id,
            keys=["courses:*"],
            source="grant",
            source_id=new_id(),
            starts_at=utc_now(),
            ends_at=None,
        )
    await hear(db, refund(await last_payment(db)))
    assert await opened(db, ada) == ["grant"]


async def test_refunds_and_looks_at_once_end_without_access(ada: Learner, db: Database, crank: Crank) -> None:
    subscription = await subscribe(ada, await put_plan(db, "courses:*"), crank)
    ref = await last_payment(db)
    for number in range(9):
        await asyncio.gather(
            hear(db, refund(ref, 100, number)), look(db, subscription["id"]), look(db, subscription["id"])
        )
    assert await opened(db, ada) == []


async def test_a_payment_that_the_bank_has_taken_back_for_good_ends_the_subscription(
    ada: Learner, db: Database, crank: Crank
) -> None:
    shown = await subscribe(ada, await put_plan(db, "courses:*"), crank)
    held = DisputeSeen(
        dispute_ref="dp_1", payment_ref=await last_payment(db), status="open", amount_minor=900, currency="EUR"
    )
    await hear(db, held)
    await dunning.end_charged_back(db, utc_now())
    assert (await row_of(db, shown["id"])).status == "active"
    await hear(db, msgspec.structs.replace(held, status="lost"))
    await dunning.end_charged_back(db, utc_now())
    assert (await row_of(db, shown["id"])).status == "cancelled"
    await dunning.end_charged_back(db, utc_now())
