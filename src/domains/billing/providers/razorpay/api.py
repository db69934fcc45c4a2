"""HTTP to Razorpay. Invariant: a call ends within its time limit, in an answer, ProviderRefused or ProviderAway."""

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx
import msgspec

from domains.billing.errors import ProviderAway, ProviderRefused
from domains.billing.providers.port import TIMEOUT_S
from domains.billing.providers.razorpay.entities import Refusal, clean

log = logging.getLogger(__name__)

T = TypeVar("T")

API = "https://api.razorpay.com"
VERSION = "/v1"
CALL_S = 8.0
CONNECT_S = 3.0
PAGE = 100
"""The most that Razorpay gives at once."""

_COLLECTION = msgspec.json.Decoder(dict[str, Any])
_PART = re.compile(r"[A-Za-z0-9_]{1,64}", re.ASCII)
_UNREADABLE = (msgspec.MsgspecError, UnicodeError, RecursionError)


class Missing(ProviderRefused):
    """There is no such thing in this account and mode."""


@asynccontextmanager
async def within(seconds: float = TIMEOUT_S) -> AsyncGenerator[None]:
    """A limit over several calls. Raises ProviderAway when it is reached."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise ProviderAway from error


class Api:
    """Calls with our key. `base` is another address than Razorpay's, with or without the version."""

    def __init__(self, key_id: str, key_secret: str, base: str = "") -> None:
        root = (base or API).rstrip("/")
        self._client = httpx.AsyncClient(
            base_url=root if root.endswith(VERSION) else root + VERSION,
            auth=httpx.BasicAuth(key_id, key_secret),
            timeout=httpx.Timeout(CALL_S, connect=CONNECT_S),
        )

    async def aclose(self) -> None:
        await self._client.aclose()

    async def get(self, kind: type[T], *path: str, **params: str | int) -> T:
        return _as(kind, await self._call("GET", path, params=params))

    async def post(
        self, kind: type[T], *path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> T:
        return _as(kind, await self._call("POST", path, body=body, headers=headers))

    async def patch(self, kind: type[T], *path: str, body: Mapping[str, Any]) -> T:
        return _as(kind, await self._call("PATCH", path, body=body))

    async def list(self, kind: type[T], *path: str, named: str = "items", **params: str | int) -> Sequence[T]:
        """Of a collection that comes as a whole. `named`: what the answer calls it."""
        return [_converted(kind, item) for item in _items(await self._call("GET", path, params=params), named)]

    async def all(self, kind: type[T], *path: str, **params: str | int) -> AsyncIterator[T]:
        """Every item of a collection, page by page."""
        skip = 0
        while True:
            answer = await self._call("GET", path, params={**params, "count": PAGE, "skip": skip})
            items = _items(answer)
            for item in items:
                yield _converted(kind, item)
            if len(items) < PAGE:
                return
            skip += len(items)

    async def _call(
        self,
        method: str,
        path: tuple[str, ...],
        *,
        params: Mapping[str, str | int] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        """The body of a good answer."""
        if not all(_PART.fullmatch(part) for part in path):
            raise Missing("this is no reference of Razorpay")
        try:
            async with asyncio.timeout(CALL_S):
                response = await self._client.request(
                    method, "/" + "/".join(path), params=params or None, json=body, headers=dict(headers or {})
                )
        except (httpx.HTTPError, TimeoutError) as error:
            raise ProviderAway from error
        if response.is_success:
            return response.content
        raise _refusal(response)


def _refusal(response: httpx.Response) -> Exception:
    try:
        error = msgspec.json.decode(response.content, type=Refusal).error
    except _UNREADABLE:
        return ProviderAway()
    text = clean(error.description, 300)
    if response.status_code == 401:
        log.error("Razorpay does not accept our key: %s", text)
        return ProviderAway()
    # 409: the same refund is being made at this moment. 429: too many calls.
    if response.status_code in (409, 429) or response.status_code >= 500 or error.code in ("SERVER_ERROR",):
        return ProviderAway()
    if response.status_code == 404 or "does not exist" in text:
        return Missing(text)
    return ProviderRefused(text)


def _as(kind: type[T], content: bytes) -> T:
    try:
        return msgspec.json.decode(content, type=kind)
    except _UNREADABLE as error:
        raise ProviderAway from error


def _items(content: bytes, named: str = "items") -> list[Any]:
    try:
        found = _COLLECTION.decode(content)[named]
    except (*_UNREADABLE, KeyError) as error:
        raise ProviderAway from error
    if not isinstance(found, list):
        raise ProviderAway
    return found


def _converted(kind: type[T], item: Any) -> T:
    try:
        return msgspec.convert(item, kind)
    except msgspec.ValidationError as error:
        raise ProviderAway from error
