"""Ways in, and how long the proof of who somebody is counts as fresh."""

from datetime import datetime, timedelta
from enum import StrEnum

FRESH_FOR = timedelta(minutes=5)
"""Changing an e-mail address, a password or a second factor needs a login as young as this."""


class Method(StrEnum):
    PASSWORD = "password"  # noqa: S105 - a name
    CODE = "code"
    GUEST = "guest"
    OIDC = "oidc"
    PASSKEY = "passkey"
    REGISTRATION = "registration"
    IMPERSONATION = "impersonation"
    """Somebody of the staff looks on, and can touch nothing."""


def is_fresh(authenticated_at: datetime, now: datetime) -> bool:
    return now < authenticated_at + FRESH_FOR
