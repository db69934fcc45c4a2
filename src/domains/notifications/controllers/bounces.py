"""What came back: a provider's webhook, and for staff the list of addresses that are given up."""

import hmac
from typing import Any

from litestar import Controller, Request, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from domains.identity.api import Permission
from domains.identity.guards import WEBHOOK, require
from domains.kernel.errors import NotFound, Unauthenticated
from domains.kernel.page import Limit
from domains.kernel.uow import Database, UnitOfWork
from domains.notifications.channels.port import Senders
from domains.notifications.schemas.mails import MailEventsIn, MailEventsOut, SuppressionIn, SuppressionsOut
from domains.notifications.service import suppression


class MailWebhookController(Controller):
    path = "/api/v1/webhooks/mail"
    tags = ("notifications",)
    opt = WEBHOOK

    @post(
        "/",
        operation_id="take_mail_events",
        summary="Bounces and complaints, from a mail provider with the secret as bearer token",
        status_code=HTTP_200_OK,
    )
    async def take(
        self, request: Request[Any, Any, Any], uow: NamedDependency[UnitOfWork], data: JSONBody[MailEventsIn]
    ) -> MailEventsOut:
        _require_secret(request, uow.db.port(Senders).mail_webhook_secret)
        return MailEventsOut(await suppression.take_events(uow, data.events))


class SuppressionsController(Controller):
    path = "/api/v1/admin/mail/suppressions"
    tags = ("notifications",)
    guards = (require(Permission.MAIL_READ),)

    @get("/", operation_id="list_suppressions", summary="Addresses that no mail goes to")
    async def suppressions(
        self,
        db: NamedDependency[Database],
        address: FromQuery[str] = "",
        cursor: FromQuery[str | None] = None,
        limit: Limit = 50,
    ) -> SuppressionsOut:
        """`address`: how it begins."""
        return await suppression.suppressions(db, prefix=address, cursor=cursor, limit=limit)

    @post("/", operation_id="suppress_address", summary="Send no more mails there", status_code=HTTP_204_NO_CONTENT)
    async def suppress(self, uow: NamedDependency[UnitOfWork], data: JSONBody[SuppressionIn]) -> None:
        await suppression.suppress(uow, data.address, "manual", data.detail)

    @delete("/", operation_id="lift_suppression", summary="Send mails there again", status_code=HTTP_204_NO_CONTENT)
    async def lift(self, uow: NamedDependency[UnitOfWork], address: FromQuery[str]) -> None:
        await suppression.lift(uow, address)


def _require_secret(request: Request[Any, Any, Any], secret: str) -> None:
    if not secret:
        raise NotFound
    given = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
    if not hmac.compare_digest(given.encode(), secret.encode()):
        raise Unauthenticated
