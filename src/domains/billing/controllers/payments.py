"""Buying, what was bought, and giving back."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, HeaderParameter, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED

from domains.billing.policy.orders import OrderState
from domains.billing.schemas.payments import (
    BegunOut,
    ConfirmIn,
    OrderDetailOut,
    OrderOut,
    PlacedOrderOut,
    ProductPurchaseIn,
    PurchaseIn,
    RefundIn,
    RefundOut,
)
from domains.billing.service import checkout, refunds, transactions
from domains.billing.service.checkout import Kind, Wish
from domains.identity.api import Permission, Principal
from domains.identity.guards import SCOPE, require
from domains.kernel.clock import utc_now
from domains.kernel.idempotency import checked_key
from domains.kernel.page import Limit, Page
from domains.kernel.uow import Database, UnitOfWork

Wanted = Annotated[OrderState | None, QueryParameter(name="state")]
IdempotencyKey = Annotated[
    str | None, HeaderParameter(name="Idempotency-Key", description="The same key again is the same refund.")
]


class PaymentsController(Controller):
    path = "/api/v1/payments"
    tags = ("billing",)

    @post(
        "/courses/{course_id:uuid}",
        operation_id="buy_course",
        summary="Buy a course; again while it is unpaid gives the same order",
        status_code=HTTP_201_CREATED,
    )
    async def buy_course(
        self,
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        data: JSONBody[PurchaseIn | None] = None,
    ) -> BegunOut:
        async with db.begin() as uow:
            product_id = await checkout.product_of_course(uow, course_id)
        wanted = data or PurchaseIn()
        return await _buy(db, principal, product_id, wanted, kind="gift" if wanted.gift else "purchase")

    @post(
        "/products/{product_id:uuid}",
        operation_id="buy_product",
        summary="Buy a course, seats for a class or a gift; plans are subscribed to",
        status_code=HTTP_201_CREATED,
    )
    async def buy_product(
        self,
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        product_id: FromPath[UUID],
        data: JSONBody[ProductPurchaseIn | None] = None,
    ) -> BegunOut:
        wanted = data or ProductPurchaseIn()
        async with db.begin() as uow:
            kind = await checkout.kind_of(uow, product_id, gift=wanted.gift)
        return await _buy(db, principal, product_id, wanted, kind=kind, quantity=wanted.quantity)

    @get("/", operation_id="list_payments", summary="What I bought, the newest first")
    async def list_payments(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        cursor: FromQuery[str | None] = None,
        limit: Limit = 20,
    ) -> Page[OrderOut]:
        return await transactions.page(uow, principal.user_id, cursor=cursor, limit=limit)

    @get("/{order_id:uuid}", operation_id="get_payment", summary="One of my orders, with its payments and refunds")
    async def get_payment(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], order_id: FromPath[UUID]
    ) -> OrderDetailOut:
        return await transactions.detail(uow, order_id, owner_id=principal.user_id, now=utc_now())

    @post(
        "/{order_id:uuid}/cancel",
        operation_id="cancel_payment",
        summary="Give up an order that is not paid, and close its pay page",
        status_code=HTTP_200_OK,
    )
    async def cancel(
        self, db: NamedDependency[Database], principal: NamedDependency[Principal], order_id: FromPath[UUID]
    ) -> OrderDetailOut:
        await checkout.give_up(db, order_id, principal.user_id, utc_now())
        async with db.begin() as uow:
            return await transactions.detail(uow, order_id, owner_id=principal.user_id, now=utc_now())

    @post(
        "/{order_id:uuid}/confirm",
        operation_id="confirm_payment",
        summary="Tell us at once what the provider's page told the browser; its webhook says the same later",
        status_code=HTTP_200_OK,
    )
    async def confirm(
        self,
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        order_id: FromPath[UUID],
        data: JSONBody[ConfirmIn],
    ) -> OrderDetailOut:
        now = utc_now()
        await checkout.confirm(db, order_id, principal.user_id, data, now)
        async with db.begin() as uow:
            return await transactions.detail(uow, order_id, owner_id=principal.user_id, now=now)

    @post(
        "/{order_id:uuid}/refund",
        operation_id="refund_payment",
        summary="Give back all or a part; for staff",
        status_code=HTTP_200_OK,
        guards=[require(Permission.BILLING_REFUND)],
    )
    async def refund(
        self,
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        order_id: FromPath[UUID],
        data: JSONBody[RefundIn],
        key: IdempotencyKey = None,
    ) -> list[RefundOut]:
        made = await refunds.refund(
            db,
            order_id,
            amount_minor=data.amount_minor,
            reason=data.reason,
            by=principal.user_id,
            key=checked_key(key),
            now=utc_now(),
        )
        return transactions.refunds_shown(made)


class PaymentsAdminController(Controller):
    """What support looks at before it gives money back."""

    path = "/api/v1/admin"
    tags = ("billing",)
    guards = (require(Permission.BILLING_READ),)

    @get(
        "/users/{user_id:uuid}/payments",
        operation_id="list_payments_of_user",
        summary="What somebody bought, the newest first",
        opt={SCOPE: "payments.read"},
    )
    async def of_user(
        self,
        uow: NamedDependency[UnitOfWork],
        user_id: FromPath[UUID],
        cursor: FromQuery[str | None] = None,
        limit: Limit = 20,
    ) -> Page[OrderOut]:
        return await transactions.page(uow, user_id, cursor=cursor, limit=limit)

    @get("/payments", operation_id="list_payments_as_staff", summary="Orders of everybody, the newest first")
    async def all_of_them(
        self,
        uow: NamedDependency[UnitOfWork],
        wanted: Wanted = None,
        cursor: FromQuery[str | None] = None,
        limit: Limit = 20,
    ) -> Page[PlacedOrderOut]:
        return await transactions.page_of_all(uow, state=wanted, cursor=cursor, limit=limit)

    @get(
        "/payments/{order_id:uuid}",
        operation_id="get_payment_as_staff",
        summary="Anybody's order, with its payments and refunds",
    )
    async def one(self, uow: NamedDependency[UnitOfWork], order_id: FromPath[UUID]) -> OrderDetailOut:
        return await transactions.detail(uow, order_id, owner_id=None, now=utc_now())


async def _buy(
    db: Database, principal: Principal, product_id: UUID, wanted: PurchaseIn, *, kind: Kind, quantity: int = 1
) -> BegunOut:
    wish = Wish(
        user_id=principal.user_id,
        product_id=product_id,
        kind=kind,
        provider=wanted.provider,
        currency=wanted.currency,
        country=wanted.country,
        quantity=quantity,
        coupon_code=wanted.coupon,
        hosted=wanted.hosted,
    )
    return transactions.begun(await checkout.begin(db, wish, utc_now()))
