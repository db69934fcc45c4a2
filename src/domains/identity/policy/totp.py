"""One-time codes of authenticator apps (RFC 6238): six digits, a new one every thirty seconds."""

import re
from datetime import datetime
from hmac import compare_digest

from pyotp import TOTP

DIGITS = 6
STEP_S = 30
SKEW_STEPS = 1
"""Clocks may differ by this much to either side."""

_CODE = re.compile(rf"[0-9]{{{DIGITS}}}")


def step_at(now: datetime) -> int:
    """How many steps lie between 1970 and `now`."""
    return int(now.timestamp()) // STEP_S


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The step whose code this is, near `now`; None for a wrong code. The newest one, where several have the same."""
    typed = re.sub(r"\s", "", code[:20])
    if not _CODE.fullmatch(typed):
        return None
    app = TOTP(secret, digits=DIGITS, interval=STEP_S)
    near = range(step_at(now) - SKEW_STEPS, step_at(now) + SKEW_STEPS + 1)
    # All of them are made and compared, so that the time it takes says nothing.
    matching = [step for step in near if compare_digest(app.generate_otp(step), typed)]
    return max(matching, default=None)


def otpauth_uri(secret: str, *, account: str, issuer: str) -> str:
    """What authenticator apps read from a QR code."""
    return TOTP(secret, digits=DIGITS, interval=STEP_S).provisioning_uri(name=account, issuer_name=issuer)
