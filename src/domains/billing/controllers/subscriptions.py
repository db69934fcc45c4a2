"""Plans: subscribing, and what a subscriber may do."""

from typing import cast
from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED

from domains.billing.policy.seen import SubscriptionStatus
from domains.billing.schemas.payments import BegunOut
from domains.billing.schemas.subscriptions import (
    ChangeIn,
    ChangePreviewIn,
    ChangePreviewOut,
    Interval,
    PaymentMethodOut,
    SubscribeIn,
    SubscriptionOut,
)
from domains.billing.service import plans, transactions
from domains.identity.api import Principal
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database, UnitOfWork


class SubscriptionsController(Controller):
    path = "/api/v1/subscriptions"
    tags = ("billing",)

    @post(
        "/",
        operation_id="subscribe",
        summary="Subscribe to a plan; again while it is unpaid gives the same order",
        status_code=HTTP_201_CREATED,
    )
    async def subscribe(
        self, db: NamedDependency[Database], principal: NamedDependency[Principal], data: JSONBody[SubscribeIn]
    ) -> BegunOut:
        return transactions.begun(await plans.subscribe(db, principal.user_id, data, utc_now()))

    @get("/", operation_id="list_subscriptions", summary="My subscriptions, the newest first")
    async def list_subscriptions(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> list[SubscriptionOut]:
        return [_out(shown) for shown in await plans.all_shown(uow, principal.user_id)]

    @get("/{subscription_id:uuid}", operation_id="get_subscription", summary="One of my subscriptions")
    async def get_subscription(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        subscription_id: FromPath[UUID],
    ) -> SubscriptionOut:
        return _out(await plans.shown(uow, principal.user_id, subscription_id))

    @delete(
        "/{subscription_id:uuid}",
        operation_id="cancel_subscription",
        summary="Cancel at the end of the period, or now",
        status_code=HTTP_200_OK,
    )
    async def cancel(
        self,
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        subscription_id: FromPath[UUID],
        now: FromQuery[bool] = False,
    ) -> SubscriptionOut:
        return _out(await plans.cancel(db, principal.user_id, subscription_id, at_once=now, now=utc_now()))

    @post(
        "/{subscription_id:uuid}/pause",
        operation_id="pause_subscription",
        summary="Charge nothing until it is resumed",
        status_code=HTTP_200_OK,
    )
    async def pause(
        self, db: NamedDependency[Database], principal: NamedDependency[Principal], subscription_id: FromPath[UUID]
    ) -> SubscriptionOut:
        return _out(await plans.pause(db, principal.user_id, subscription_id, utc_now()))

    @post(
        "/{subscription_id:uuid}/resume",
        operation_id="resume_subscription",
        summary="Withdraw a cancellation that has not come into effect, or end a pause",
        status_code=HTTP_200_OK,
    )
    async def resume(
        self, db: NamedDependency[Database], principal: NamedDependency[Principal], subscription_id: FromPath[UUID]
    ) -> SubscriptionOut:
        return _out(await plans.resume(db, principal.user_id, subscription_id, utc_now()))

    @post(
        "/{subscription_id:uuid}/change/preview",
        operation_id="preview_subscription_change",
        summary="What another price would cost now",
        status_code=HTTP_200_OK,
    )
    async def preview(
        self,
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        subscription_id: FromPath[UUID],
        data: JSONBody[ChangePreviewIn],
    ) -> ChangePreviewOut:
        found = await plans.preview_change(db, principal.user_id, subscription_id, data.price_id, utc_now())
        return ChangePreviewOut(
            price_id=found.charge.price_id,
            product_id=found.charge.product_id,
            product_name=found.charge.product_name,
            interval=cast("Interval", found.charge.interval),
            period_minor=found.charge.amount_minor,
            due_minor=found.change.due_minor,
            currency=found.change.currency,
            proration_at=found.change.proration_at,
        )

    @post(
        "/{subscription_id:uuid}/change",
        operation_id="change_subscription",
        summary="Change to another price, for what the preview said",
        status_code=HTTP_200_OK,
    )
    async def change(
        self,
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        subscription_id: FromPath[UUID],
        data: JSONBody[ChangeIn],
    ) -> SubscriptionOut:
        changed = await plans.change(
            db, principal.user_id, subscription_id, data.price_id, proration_at=data.proration_at, now=utc_now()
        )
        return _out(changed)

    @post(
        "/{subscription_id:uuid}/payment-method",
        operation_id="change_payment_method",
        summary="The provider's page on which the card is changed",
        status_code=HTTP_200_OK,
    )
    async def payment_method(
        self, db: NamedDependency[Database], principal: NamedDependency[Principal], subscription_id: FromPath[UUID]
    ) -> PaymentMethodOut:
        return PaymentMethodOut(await plans.payment_method_url(db, principal.user_id, subscription_id))


def _out(shown: plans.Shown) -> SubscriptionOut:
    row, price = shown.subscription, shown.price
    return SubscriptionOut(
        id=row.id,
        status=cast("SubscriptionStatus", row.status),
        product_id=row.product_id,
        product_name=shown.product.name,
        price_id=row.price_id,
        amount_minor=price.amount_minor * row.quantity,
        currency=price.currency,
        tax_inclusive=price.tax_inclusive,
        interval=cast("Interval", price.interval),
        provider=row.provider,
        trial_end=row.trial_end,
        current_period_start=row.current_period_start,
        current_period_end=row.current_period_end,
        cancel_at_period_end=row.cancel_at_period_end,
        cancelled_at=row.cancelled_at,
        ended_at=row.ended_at,
        access_until=shown.access_until,
        created_at=row.created_at,
    )
