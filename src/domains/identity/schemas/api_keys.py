"""API keys as they are asked for and shown."""

from datetime import datetime
from uuid import UUID

from domains.kernel.wire import In, Out


class ApiKeyIn(In, frozen=True):
    name: str
    """What it is for: 1 to 80 characters."""
    scopes: list[str]
    days: int = 90
    """How long it lives, at most 366."""


class RotationIn(In, frozen=True):
    days: int = 90
    overlap_hours: int = 24
    """How long the old secret stays good, at most 720."""


class ApiKeyOut(Out, frozen=True):
    id: UUID
    name: str
    prefix: str
    """How the secret begins."""
    scopes: list[str]
    created_at: datetime
    made_by: UUID | None
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None
    """To a minute."""
    successor_id: UUID | None


class ApiKeysOut(Out, frozen=True):
    items: list[ApiKeyOut]
    scopes: list[str]
    """Those that a key can have."""


class NewApiKeyOut(Out, frozen=True):
    key: ApiKeyOut
    secret: str
    """Shown this once: send it as `Authorization: Bearer lk_…`."""
