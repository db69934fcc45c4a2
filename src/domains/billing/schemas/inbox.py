"""What is shown of webhooks."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from domains.kernel.wire import Out

WebhookState = Literal["received", "applied", "ignored", "quarantined"]
"""`quarantined`: signed, and yet not for us to act on without a person."""


class WebhookOut(Out, frozen=True):
    id: UUID
    provider: str
    event_ref: str
    type: str
    state: WebhookState
    note: str
    """Why it was set aside."""
    received_at: datetime
    handled_at: datetime | None
    body_kept: bool
    """What was forgotten cannot be applied again."""


class WebhookDetailOut(Out, frozen=True):
    webhook: WebhookOut
    body: str


class WebhooksReplayedOut(Out, frozen=True):
    replayed: int
    """How many a worker will apply again."""
