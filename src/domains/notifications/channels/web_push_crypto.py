"""What Web Push encrypts and signs: RFC 8291 (aes128gcm) and RFC 8292 (VAPID).

Invariant: a payload is readable only by the browser that subscribed, and every message has its own key and salt.
"""

import base64
import binascii
import os
from datetime import datetime, timedelta

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

RECORD_BYTES = 4096
"""A push service need not take more; the whole message is one record."""
_SALT, _POINT, _TAG, _END = 16, 65, 16, 1
MOST_PAYLOAD_BYTES = RECORD_BYTES - (_SALT + 4 + 1 + _POINT) - _TAG - _END
AUTH_BYTES = 16
_SECRET_BYTES = 32
TOKEN_LIFE = timedelta(hours=12)
"""At most 24 hours are allowed."""


class BadKey(ValueError):
    """The keys of a subscription are not a point on P-256 and a secret of 16 bytes."""


def decoded(text: str) -> bytes:
    """base64url, with or without padding. Raises BadKey."""
    try:
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadKey("no base64url") from error


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def checked(p256dh: bytes, auth: bytes) -> ec.EllipticCurvePublicKey:
    """Raises BadKey."""
    if len(auth) != AUTH_BYTES or len(p256dh) != _POINT:
        raise BadKey("keys of another length")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), p256dh)
    except ValueError as error:
        raise BadKey("no point on P-256") from error


def encrypt(
    payload: bytes,
    *,
    p256dh: bytes,
    auth: bytes,
    salt: bytes | None = None,
    sender: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """The body of a push message; `salt` and `sender` are only given to repeat a published example.

    Raises BadKey, and ValueError for a payload over MOST_PAYLOAD_BYTES."""
    if len(payload) > MOST_PAYLOAD_BYTES:
        raise ValueError(f"a payload of {len(payload)} bytes does not fit")
    receiver = checked(p256dh, auth)
    salt = salt or os.urandom(_SALT)
    sender = sender or ec.generate_private_key(ec.SECP256R1())
    point = public_point(sender)
    shared = sender.exchange(ec.ECDH(), receiver)
    material = _derived(shared, auth, b"WebPush: info\0" + p256dh + point, 32)
    key = _derived(material, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(material, salt, b"Content-Encoding: nonce\0", 12)
    header = salt + RECORD_BYTES.to_bytes(4, "big") + bytes([len(point)]) + point
    return header + AESGCM(key).encrypt(nonce, payload + b"\x02", None)


def _derived(material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(material)


def public_point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def new_secret() -> bytes:
    """A VAPID key as it is kept: the private number, 32 bytes."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return number.to_bytes(_SECRET_BYTES, "big")


class Vapid:
    """Says to a push service who sends. `subject`: mailto: or https:, where its operator can reach ours; "" for
    neither."""

    def __init__(self, secret: bytes, subject: str) -> None:
        self._key = ec.derive_private_key(int.from_bytes(secret, "big"), ec.SECP256R1())
        self._subject = subject
        self._tokens: dict[str, tuple[str, datetime]] = {}
        self.public_key = encoded(public_point(self._key))
        """What browsers subscribe with."""

    def authorization(self, origin: str, now: datetime) -> str:
        """The header for a push service. Signed once per origin and half a lifetime."""
        token, until = self._tokens.get(origin, ("", now))
        if until <= now:
            # Strangers choose the origins, so that those kept have to be limited.
            if len(self._tokens) >= 256:
                self._tokens.clear()
            token, until = self._signed(origin, now), now + TOKEN_LIFE / 2
            self._tokens[origin] = (token, until)
        return f"vapid t={token}, k={self.public_key}"

    def forget(self, origin: str) -> None:
        """The push service did not take the token: the next one is signed anew."""
        self._tokens.pop(origin, None)

    def _signed(self, origin: str, now: datetime) -> str:
        claims: dict[str, object] = {"aud": origin, "exp": int((now + TOKEN_LIFE).timestamp())}
        if self._subject:
            claims["sub"] = self._subject
        return jwt.encode(claims, self._key, algorithm="ES256")
