"""Wire bodies for support."""

from datetime import datetime
from uuid import UUID

from domains.kernel.wire import Out


class TraceOut(Out, frozen=True):
    """What one cause became on one channel. `state` of the inbox: unread, read or archived; of the others: waiting,
    sending, digest, sent, digested, expired, skipped or failed. `reason`: why it waits, was skipped or failed.
    `reference`: what the other side called it. `message_id`: of a mail that was tried."""

    id: UUID
    channel: str
    kind: str
    cause: str
    url: str
    state: str
    reason: str
    title: str
    created_at: datetime
    due_at: datetime | None
    expires_at: datetime | None
    attempts: int
    settled_at: datetime | None
    reference: str
    message_id: str | None
