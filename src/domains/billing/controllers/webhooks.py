"""Where providers tell us what happened. The signature over the raw bytes is the only credential."""

from typing import Any

from litestar import Controller, Request, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK

from domains.billing.errors import WebhooksClosed
from domains.billing.providers.port import Providers
from domains.billing.schemas.payments import WebhookTakenOut
from domains.billing.service import inbox
from domains.identity.guards import WEBHOOK
from domains.kernel.clock import utc_now
from domains.kernel.uow import UnitOfWork


class WebhooksController(Controller):
    path = "/api/v1/webhooks"
    tags = ("billing",)

    @post(
        "/{provider:str}",
        operation_id="receive_webhook",
        summary="Webhooks of Stripe and Razorpay: 2xx once stored",
        status_code=HTTP_200_OK,
        opt=WEBHOOK,
    )
    async def receive(
        self, request: Request[Any, Any, Any], uow: NamedDependency[UnitOfWork], provider: FromPath[str]
    ) -> WebhookTakenOut:
        providers = uow.db.port(Providers)
        known = providers.chosen(provider) if provider in providers.names else None
        if known is None or not known.accepts_webhooks:
            raise WebhooksClosed
        headers = {name.lower(): value for name, value in request.headers.items()}
        new = await inbox.receive(uow, known, await request.body(), headers, utc_now())
        return WebhookTakenOut(received=True, repeated=not new)
