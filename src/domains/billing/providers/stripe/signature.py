"""Whether a webhook was sent by Stripe, lately. Invariant: the body is not looked at before its signature was found
right over these very bytes, in constant time; whatever the header holds, the answer is yes or BadSignature."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

from domains.billing.errors import BadSignature

TOLERANCE_S = 300
_LONGEST_HEADER = 2048
_SIGNATURE_LENGTH = 64


def check(body: bytes, header: str, secrets: Sequence[str], now: datetime) -> None:
    """`header` is Stripe-Signature: `t=1795000000,v1=<hex>,v1=<hex>`, one v1 for each secret that is live there.
    Times in the future are refused like old ones. Raises BadSignature."""
    timestamp, signatures = _parts(header)
    signed = timestamp.encode("ascii") + b"." + body
    fits = False
    for secret in secrets:
        expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode("ascii")
        for signature in signatures:
            fits |= hmac.compare_digest(expected, signature)
    if not fits:
        raise BadSignature
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE_S:
        raise BadSignature("its time is too far from now")


def _parts(header: str) -> tuple[str, list[bytes]]:
    if len(header) > _LONGEST_HEADER or not header.isascii():
        raise BadSignature
    pairs = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    signatures = [value.encode("ascii") for name, _, value in pairs if name == "v1" and len(value) == _SIGNATURE_LENGTH]
    if len(times) != 1 or not times[0].isdigit() or len(times[0]) > 12 or not signatures:
        raise BadSignature
    return times[0], signatures
