"""What the other side answers: words of a stranger, and when to come again."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MOST_WAIT_S = 86_400.0


def retry_after_s(value: str, now: datetime) -> float:
    """Of a Retry-After header, in seconds or as a date; 0 for none or nonsense, a day at most."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), MOST_WAIT_S)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max((at - now).total_seconds(), 0.0), MOST_WAIT_S)


def storable(said: str, most: int = 500) -> str:
    """As much of it as PostgreSQL holds: servers answer in any encoding, and then it has halves of characters."""
    return said.replace("\0", "").encode("utf-8", "replace").decode()[:most]
