"""Time enters the domains here and nowhere else: always aware, always UTC until a zone is named."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    return datetime.now(UTC)
