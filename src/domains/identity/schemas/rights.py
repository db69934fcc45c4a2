"""What goes over the wire about copies of one's data, and about leaving."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from domains.kernel.wire import In, Out


class ExportOut(Out, frozen=True):
    id: UUID
    state: Literal["waiting", "running", "ready", "failed"]
    progress: float
    """0 to 1."""
    done: int
    """Rows that were written."""
    total: int
    """0 until it is known."""
    size_bytes: int
    asked_at: datetime
    ready_at: datetime | None
    expires_at: datetime | None
    """When it is deleted here."""


class ExportsOut(Out, frozen=True):
    items: list[ExportOut]
    """The newest first."""


class DeletionIn(In, frozen=True):
    confirmation: Annotated[str, Meta(max_length=100)]
    """The words `delete my account`."""


class DeletionOut(Out, frozen=True):
    deletion_at: datetime
    """Until then a login and `POST /auth/me/restore` take it back."""
