"""A provider's public keys.

They are asked for when a key is unknown, at most once per 30 s however many tokens name unknown ones, and at least once
per hour, so that a key that the provider has withdrawn is soon believed no more.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from jwt import PyJWK, PyJWKError
from jwt.exceptions import InvalidKeyError

from domains.identity.errors import OidcAway
from domains.kernel.clock import utc_now

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures by a key that only the provider has: never `none`, and nothing that our own secret would sign."""
ASK_AGAIN = timedelta(seconds=30)
KEPT = timedelta(hours=1)

_TYPES = {"R": "RSA", "P": "RSA", "E": "EC"}


class Keys:
    def __init__(self, ask: Callable[[], Awaitable[list[dict[str, Any]]]]) -> None:
        """`ask`: the provider's JSON Web Key Set; raises OidcAway."""
        self._ask = ask
        self._found: list[dict[str, Any]] = []
        self._found_at: datetime | None = None
        self._asked_at: datetime | None = None
        self._asking = asyncio.Lock()

    async def key(self, kid: str | None, algorithm: str) -> PyJWK | None:
        """The key to verify such a token with; None where the provider has none, or several and the token does not say
        which. Raises OidcAway if the provider has never answered."""
        async with self._asking:
            now = utc_now()
            fresh = self._found_at is not None and now < self._found_at + KEPT
            candidates = self._candidates(kid, algorithm)
            if (not fresh or not candidates) and (self._asked_at is None or now >= self._asked_at + ASK_AGAIN):
                self._asked_at = now
                await self._renew(now)
                candidates = self._candidates(kid, algorithm)
            if self._found_at is None:
                raise OidcAway
        return candidates[0] if len(candidates) == 1 else None

    async def _renew(self, now: datetime) -> None:
        try:
            self._found = await self._ask()
        except OidcAway:
            # The keys of an hour ago do while the provider is away.
            return
        self._found_at = now

    def _candidates(self, kid: str | None, algorithm: str) -> list[PyJWK]:
        kind = "OKP" if algorithm == "EdDSA" else _TYPES.get(algorithm[0])
        return [
            key
            for raw in self._found
            if raw.get("kty") == kind
            and raw.get("use", "sig") == "sig"
            and raw.get("alg", algorithm) == algorithm
            and (kid is None or raw.get("kid") == kid)
            and (key := _key(raw, algorithm)) is not None
        ]


def _key(raw: dict[str, Any], algorithm: str) -> PyJWK | None:
    try:
        return PyJWK(raw, algorithm)
    except (PyJWKError, InvalidKeyError, ValueError, TypeError):
        return None
