"""What payment providers told us, for operators. A body has names and addresses in it, so who looked is kept."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from domains.billing.schemas.inbox import WebhookDetailOut, WebhookOut, WebhooksReplayedOut, WebhookState
from domains.billing.service import inbox
from domains.identity.api import Action, Permission, Principal, record_action
from domains.identity.guards import require
from domains.kernel.page import Limit, Page, decode_cursor, page_of
from domains.kernel.uow import UnitOfWork

Wanted = Annotated[WebhookState | None, QueryParameter(name="state")]
Cursor = Annotated[str | None, QueryParameter(max_length=200)]


class InboxController(Controller):
    path = "/api/v1/admin/webhooks"
    tags = ("billing",)
    guards = (require(Permission.BILLING_INBOX),)
    cache_control = CacheControlHeader(no_store=True)

    @get("/", operation_id="list_webhooks", summary="Webhooks of payment providers, the newest first")
    async def list_webhooks(
        self,
        uow: NamedDependency[UnitOfWork],
        wanted: Wanted = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Page[WebhookOut]:
        found = await inbox.listed(uow, wanted, most=limit + 1, before=decode_cursor(cursor, UUID))
        return page_of([_shown(view) for view in found], limit, lambda webhook: webhook.id)

    @get("/{webhook_id:uuid}", operation_id="show_webhook", summary="One webhook with its body, as it came")
    async def show(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], webhook_id: FromPath[UUID]
    ) -> WebhookDetailOut:
        view = await inbox.shown(uow, webhook_id)
        detail = {"webhook_id": str(webhook_id)}
        record_action(uow, Action.WEBHOOK_VIEWED, user_id=None, actor_id=principal.user_id, detail=detail)
        return WebhookDetailOut(_shown(view), view.body.decode("utf-8", "replace"))

    @post(
        "/{webhook_id:uuid}/replay",
        operation_id="replay_webhook",
        summary="Have a webhook applied again; twice changes nothing more",
        status_code=202,
    )
    async def replay(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], webhook_id: FromPath[UUID]
    ) -> WebhooksReplayedOut:
        return await _replayed(uow, principal, webhook_id)

    @post(
        "/replay",
        operation_id="replay_webhooks",
        summary="Have all webhooks applied again that were set aside",
        status_code=202,
    )
    async def replay_all(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> WebhooksReplayedOut:
        return await _replayed(uow, principal, None)


async def _replayed(uow: UnitOfWork, principal: Principal, webhook_id: UUID | None) -> WebhooksReplayedOut:
    replayed = await inbox.replay(uow, webhook_id)
    detail = {"webhook_id": str(webhook_id) if webhook_id else None, "replayed": replayed}
    record_action(uow, Action.WEBHOOKS_REPLAYED, user_id=None, actor_id=principal.user_id, detail=detail)
    return WebhooksReplayedOut(replayed)


def _shown(view: inbox.WebhookView) -> WebhookOut:
    fields = view._asdict()
    return WebhookOut(**fields | {"body_kept": bool(fields.pop("body"))})
