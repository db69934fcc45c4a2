"""Cloudinary as a storage: every object is a raw resource that only signed addresses open.

It is asked for nothing but keeping: pictures are made here, so that what is shown does not depend on who keeps it.
`cloudinary://key:secret@cloud`, and `?api=…&delivery=…` for another place of both, in tests.
"""

import base64
import contextlib
import hashlib
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import IO, Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import httpx

from domains.media.providers.port import Away, Missing, Stored, Target

_PIECE = 512 * 1024
_AT_ONCE = 100
_FIXED = {"type": "authenticated", "overwrite": "true"}


def signature(params: Mapping[str, str], secret: str) -> str:
    """Of a call: SHA-1 over all parameters in the order of their names, and the secret."""
    told = "&".join(f"{name}={value}" for name, value in sorted(params.items()) if value)
    return hashlib.sha1(f"{told}{secret}".encode(), usedforsecurity=False).hexdigest()


class Cloudinary:
    name = "cloudinary"

    def __init__(self, cloud: str, key: str, secret: str, *, api: str, delivery: str) -> None:
        self._key = key
        self._secret = secret
        self._api = f"{api}/v1_1/{cloud}"
        self._delivery = f"{delivery}/{cloud}/raw/authenticated"
        self._http = httpx.AsyncClient(timeout=httpx.Timeout(30.0, connect=3.0), follow_redirects=False)

    async def put(self, key: str, content: bytes | IO[bytes], type_: str) -> None:
        with _told():
            if not isinstance(content, bytes):
                content.seek(0)
            answer = await self._http.post(
                f"{self._api}/raw/upload", data=self._fields(key), files={"file": ("file", content, type_)}
            )
            _checked(answer)

    async def receive(self, key: str, pieces: AsyncIterator[bytes]) -> None:
        raise Away("clients send to Cloudinary directly")

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        whole = not start and end is None
        headers = {} if whole else {"Range": f"bytes={start}-{'' if end is None else end - 1}"}
        with _told():
            async with self._http.stream("GET", self._address(key), headers=headers) as answer:
                _checked(answer)
                if not whole and answer.status_code != 206:
                    raise Away("no answer to a range")
                async for piece in answer.aiter_bytes(_PIECE):
                    yield piece

    async def listed(self, prefix: str) -> AsyncIterator[Stored]:
        cursor = ""
        while True:
            query = {"prefix": prefix, "max_results": "500"} | ({"next_cursor": cursor} if cursor else {})
            found = await self._asked("GET", "/resources/raw/authenticated", query)
            for one in found.get("resources", []):
                yield Stored(one["public_id"], one["bytes"], datetime.fromisoformat(one["created_at"]).timestamp())
            cursor = found.get("next_cursor", "")
            if not cursor:
                return

    async def delete(self, keys: Sequence[str]) -> None:
        for place in range(0, len(keys), _AT_ONCE):
            query = [("public_ids[]", key) for key in keys[place : place + _AT_ONCE]]
            await self._asked("DELETE", "/resources/raw/authenticated", [*query, ("invalidate", "true")])

    async def target(self, key: str, valid: timedelta) -> Target | None:
        """A signature of theirs is good for an hour, whatever is wished."""
        return Target(f"{self._api}/raw/upload", method="POST", fields=self._fields(key))

    async def ask(self) -> None:
        await self._asked("GET", "/ping", {})

    async def aclose(self) -> None:
        await self._http.aclose()

    def _fields(self, key: str) -> dict[str, str]:
        params = {"public_id": key, "timestamp": str(int(time.time())), **_FIXED}
        return {**params, "api_key": self._key, "signature": signature(params, self._secret)}

    def _address(self, key: str) -> str:
        digest = hashlib.sha1(f"{key}{self._secret}".encode(), usedforsecurity=False).digest()
        return f"{self._delivery}/s--{base64.urlsafe_b64encode(digest).decode()[:8]}--/v1/{quote(key)}"

    async def _asked(self, method: str, path: str, query: Any) -> dict[str, Any]:
        with _told():
            answer = await self._http.request(
                method, f"{self._api}{path}", params=query, auth=(self._key, self._secret)
            )
            _checked(answer)
            found: dict[str, Any] = answer.json()
            return found


def cloudinary_storage(url: str) -> Cloudinary:
    """Raises ValueError."""
    parts = urlsplit(url)
    if not (parts.hostname and parts.username and parts.password):
        raise ValueError("is cloudinary://key:secret@cloud")
    options = dict(parse_qsl(parts.query))
    return Cloudinary(
        # Not `hostname`, which is in small letters: names of clouds are not.
        parts.netloc.rpartition("@")[2],
        unquote(parts.username),
        unquote(parts.password),
        api=options.get("api", "https://api.cloudinary.com"),
        delivery=options.get("delivery", "https://res.cloudinary.com"),
    )


def _checked(answer: httpx.Response) -> None:
    if answer.status_code == 404:
        raise Missing("Cloudinary has no such file")
    if not answer.is_success:
        raise Away(f"Cloudinary answers {answer.status_code}")


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except httpx.HTTPError as error:
        raise Away(type(error).__name__) from None
    except ValueError:
        raise Away("Cloudinary answers with what is no JSON") from None
