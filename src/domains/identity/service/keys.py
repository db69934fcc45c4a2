"""The signing keys: Ed25519, in the database, known to every process before they sign.

A key ring reads them at most every minute, and at most every 30 s because of a `kid` it does not know.
"""

import asyncio
import base64
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from domains.identity.models import SigningKey
from domains.identity.policy.actions import Action
from domains.identity.policy.sessions import KEY_AFTERLIFE, KEY_LIFETIME, KEY_NOTICE
from domains.identity.repository import keys as repository
from domains.identity.service import audit
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database, UnitOfWork

_READ_EVERY = timedelta(minutes=1)
_LOOK_FOR_UNKNOWN_EVERY = timedelta(seconds=30)


class UnfitKey(RuntimeError):
    """The database holds a signing key that is not Ed25519. Nothing may start with it."""


@dataclass(frozen=True, slots=True)
class Key:
    kid: str
    private: Ed25519PrivateKey
    public: Ed25519PublicKey
    signs_from: datetime
    retired_at: datetime | None

    def jwk(self) -> dict[str, str]:
        raw = self.public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        x = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
        return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": self.kid, "alg": "EdDSA", "use": "sig"}


class KeyRing:
    def __init__(self, db: Database) -> None:
        self._db = db
        self._keys: dict[str, Key] = {}
        self._read_at: datetime | None = None
        self._lock = asyncio.Lock()

    async def signing_key(self) -> Key:
        """The newest key whose time has come; the very first one is made here."""
        await self._read(_READ_EVERY)
        key = self._current(utc_now())
        if key is None:
            async with self._db.begin() as uow:
                await ensure_key(uow)
            await self._read(timedelta(0))
            key = self._current(utc_now())
        if key is None:
            raise UnfitKey("no signing key could be made")
        return key

    async def public_key(self, kid: str) -> Ed25519PublicKey | None:
        await self._read(_READ_EVERY if kid in self._keys else _LOOK_FOR_UNKNOWN_EVERY)
        key = self._keys.get(kid)
        return key.public if key else None

    async def jwks(self) -> list[dict[str, str]]:
        await self.signing_key()
        return [key.jwk() for key in self._keys.values()]

    def _current(self, now: datetime) -> Key | None:
        due = [k for k in self._keys.values() if k.signs_from <= now and (k.retired_at is None or k.retired_at > now)]
        return max(due, key=lambda key: (key.signs_from, key.kid), default=None)

    async def _read(self, at_most_every: timedelta) -> None:
        if self._is_read(at_most_every):
            return
        async with self._lock:
            if self._is_read(at_most_every):
                return
            now = utc_now()
            rows = await repository.signing_keys(self._db, retired_after=now - KEY_AFTERLIFE)
            known = self._keys
            self._keys = {
                # A key that was known may have been retired since.
                row.kid: replace(known[row.kid], retired_at=row.retired_at) if row.kid in known else _loaded(row)
                for row in rows
            }
            self._read_at = now

    def _is_read(self, at_most_every: timedelta) -> bool:
        return self._read_at is not None and timedelta(0) <= utc_now() - self._read_at < at_most_every


def _loaded(row: SigningKey) -> Key:
    private = load_pem_private_key(row.private_pem.encode(), password=None)
    if not isinstance(private, Ed25519PrivateKey):
        raise UnfitKey(f"signing key {row.kid} is not Ed25519")
    return Key(row.kid, private, private.public_key(), row.signs_from, row.retired_at)


class KeyShown(NamedTuple):
    """A signing key without its secret."""

    kid: str
    created_at: datetime
    signs_from: datetime
    retired_at: datetime | None


async def signing_keys(db: Database) -> list[KeyShown]:
    """Those that sign, will sign or still verify, the oldest first."""
    rows = await repository.signing_keys(db, retired_after=utc_now() - KEY_AFTERLIFE)
    return [KeyShown(row.kid, row.created_at, row.signs_from, row.retired_at) for row in rows]


async def ensure_key(uow: UnitOfWork) -> None:
    """Makes the first key, unless another process was faster."""
    await repository.lock_signing_keys(uow.session)
    if not await repository.has_signing_key(uow.session):
        _add(uow, utc_now(), signs_from=utc_now())


async def rotate_keys(uow: UnitOfWork) -> str:
    """A new key takes over in two minutes, when every process knows it; tokens signed by the old ones stay valid."""
    now = utc_now()
    await repository.lock_signing_keys(uow.session)
    first = not await repository.has_signing_key(uow.session)
    signs_from = now if first else now + KEY_NOTICE
    await repository.retire_signing_keys(uow.session, signs_from)
    kid = _add(uow, now, signs_from=signs_from)
    audit.record(uow, Action.SIGNING_KEYS_ROTATED, user_id=None, detail={"kid": kid})
    return kid


async def rotate_old_keys(uow: UnitOfWork) -> str | None:
    """By the clock: the new key's id where the newest was old enough. Private keys that sign no more, and whose tokens
    have all expired, are deleted."""
    now = utc_now()
    await repository.lock_signing_keys(uow.session)
    await repository.delete_signing_keys(uow.session, retired_before=now - KEY_AFTERLIFE)
    made_at = await repository.newest_signing_key_at(uow.session)
    return await rotate_keys(uow) if made_at is not None and made_at <= now - KEY_LIFETIME else None


def _add(uow: UnitOfWork, now: datetime, *, signs_from: datetime) -> str:
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    kid = new_id().hex
    uow.session.add(
        SigningKey(kid=kid, private_pem=pem.decode(), created_at=now, signs_from=signs_from, retired_at=None)
    )
    return kid
