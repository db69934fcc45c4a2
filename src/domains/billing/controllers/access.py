"""What I may use and why, codes, the seats of a class; for staff grants and gates."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT

from domains.billing.models import EntitlementRow
from domains.billing.repository import entitlements as repository
from domains.billing.schemas.access import (
    CodeOut,
    EntitlementOut,
    GateOut,
    GrantIn,
    RedeemedOut,
    RedeemIn,
    SeatIn,
    SeatOut,
    SeatsOut,
    StaffEntitlementOut,
)
from domains.billing.service import guesses, seats, staff
from domains.identity import api as identity
from domains.identity.api import Permission, Principal
from domains.identity.guards import require
from domains.kernel import codes
from domains.kernel.clock import utc_now
from domains.kernel.idempotency import once_per_key
from domains.kernel.uow import Database, UnitOfWork

IdempotencyKey = Annotated[
    str | None, HeaderParameter(name="Idempotency-Key", description="The same key again is the same grant.")
]
Why = Annotated[str, QueryParameter(max_length=500, description="Kept with the entitlement.")]


class AccessController(Controller):
    path = "/api/v1"
    tags = ("billing",)

    @get("/entitlements", operation_id="list_entitlements", summary="What I may use, by what, and until when")
    async def mine(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> list[EntitlementOut]:
        rows = await repository.of_person(uow.session, principal.user_id, open_at=utc_now())
        return [_shown(row) for row in rows]

    @post(
        "/codes/redeem",
        operation_id="redeem_code",
        summary="Take a gift or a seat of a class with its code; again gives the same",
        status_code=HTTP_200_OK,
    )
    async def redeem(
        self, db: NamedDependency[Database], principal: NamedDependency[Principal], data: JSONBody[RedeemIn]
    ) -> RedeemedOut:
        now = utc_now()
        async with guesses.counted(db, principal.user_id, now), db.begin() as uow:
            found = await seats.redeem(uow, principal.user_id, data.code, now)
        product = found.product
        return RedeemedOut(found.kind, found.order_id, product.id, product.name, product.keys, found.ends_at)


class SeatsController(Controller):
    path = "/api/v1/payments/{order_id:uuid}"
    tags = ("billing",)

    @get("/code", operation_id="get_code", summary="The code of a gift or of a class's seats; for its buyer")
    async def code(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], order_id: FromPath[UUID]
    ) -> CodeOut:
        order, gift = await seats.code_of(uow, principal.user_id, order_id)
        usable = gift.closed_at is None and gift.redeemed_by is None
        return CodeOut(order.kind, codes.shown(gift.code), usable, gift.redeemed_at)

    @get("/seats", operation_id="list_seats", summary="Who has the seats; for their buyer")
    async def seats(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], order_id: FromPath[UUID]
    ) -> SeatsOut:
        return await _seats(uow, principal.user_id, order_id)

    @post(
        "/seats",
        operation_id="assign_seat",
        summary="Give a seat to somebody with an account; again changes nothing",
        status_code=HTTP_200_OK,
    )
    async def assign(
        self,
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        order_id: FromPath[UUID],
        data: JSONBody[SeatIn],
    ) -> SeatsOut:
        now = utc_now()
        async with guesses.counted(db, principal.user_id, now), db.begin() as uow:
            await seats.assign(uow, principal.user_id, order_id, data.email, now)
            return await _seats(uow, principal.user_id, order_id)

    @delete(
        "/seats/{user_id:uuid}",
        operation_id="free_seat",
        summary="Free a seat; the person keeps what they have from elsewhere",
        status_code=HTTP_204_NO_CONTENT,
    )
    async def remove(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        order_id: FromPath[UUID],
        user_id: FromPath[UUID],
    ) -> None:
        await seats.remove(uow, principal.user_id, order_id, user_id, utc_now())


class AccessAdminController(Controller):
    path = "/api/v1/admin"
    tags = ("billing",)
    guards = (require(Permission.BILLING_GRANT),)

    @get(
        "/users/{user_id:uuid}/entitlements",
        operation_id="list_entitlements_of_user",
        summary="What somebody may and might use, who gave it and why",
    )
    async def of_user(self, uow: NamedDependency[UnitOfWork], user_id: FromPath[UUID]) -> list[StaffEntitlementOut]:
        return await staff.entitlements_of(uow, user_id, utc_now())

    @post(
        "/entitlements",
        operation_id="grant_entitlement",
        summary="Give somebody access, with a reason",
        status_code=HTTP_201_CREATED,
    )
    async def grant(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        data: JSONBody[GrantIn],
        key: IdempotencyKey = None,
    ) -> StaffEntitlementOut:
        return await once_per_key(
            uow,
            owner_id=principal.user_id,
            key=key,
            operation="grant_entitlement",
            request=data,
            answer_type=StaffEntitlementOut,
            work=lambda: staff.grant(
                uow,
                user_id=data.user_id,
                key=data.key,
                ends_at=data.ends_at,
                reason=data.reason,
                by=principal.user_id,
                now=utc_now(),
            ),
        )

    @delete(
        "/entitlements/{entitlement_id:uuid}",
        operation_id="end_entitlement",
        summary="Take back what was given by hand",
        status_code=HTTP_204_NO_CONTENT,
    )
    async def take_back(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        entitlement_id: FromPath[UUID],
        reason: Why = "",
    ) -> None:
        await staff.take_back(uow, entitlement_id, by=principal.user_id, reason=reason, now=utc_now())

    @get("/gates", operation_id="list_gates", summary="Keys that need an entitlement")
    async def gates(self, uow: NamedDependency[UnitOfWork]) -> list[GateOut]:
        return [GateOut(row.key, row.created_at) for row in await staff.gates(uow)]

    @put(
        "/gates/{key:str}",
        operation_id="put_gate",
        summary="Let a key need an entitlement from now on",
        status_code=HTTP_204_NO_CONTENT,
    )
    async def put_gate(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], key: FromPath[str]
    ) -> None:
        await staff.put_gate(uow, key, by=principal.user_id)

    @delete(
        "/gates/{key:str}",
        operation_id="open_gate",
        summary="Open a key to everybody",
        status_code=HTTP_204_NO_CONTENT,
    )
    async def open_gate(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], key: FromPath[str]
    ) -> None:
        await staff.open_gate(uow, key, by=principal.user_id)


async def _seats(uow: UnitOfWork, buyer_id: UUID, order_id: UUID) -> SeatsOut:
    found = await seats.view(uow, buyer_id, order_id)
    names = await identity.names(uow, [seat.user_id for seat in found.seats])
    shown = [SeatOut(seat.user_id, names.get(seat.user_id, ""), seat.created_at) for seat in found.seats]
    return SeatsOut(found.quantity, len(shown), found.code, found.closed, shown)


def _shown(row: EntitlementRow) -> EntitlementOut:
    return EntitlementOut(row.id, row.key, row.source, row.source_id, row.starts_at, row.ends_at)
