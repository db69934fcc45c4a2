"""Local disk, S3 and what speaks like it, Google Cloud Storage and Azure, through one library.

Clients hand parts to a cloud directly, by addresses that are signed for one object each. An object store has no
presigned multipart that the library would sign, so each part is an object of its own, and completion reads them in
their order: it has to read all of a file anyhow, for its hash and its kind.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import IO, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import anyio
import obstore
from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore, LocalStore, S3Store

from domains.media.providers.port import Away, Missing, Stored, Target

_CHUNK = 512 * 1024
_WAIT: Any = {"timeout": "60s", "connect_timeout": "3s"}
_RETRY: Any = {"max_retries": 2, "retry_timeout": timedelta(seconds=10)}
_ASK_S = 3.0
_PIECE = 1024 * 1024
_AT_ONCE = 500


class ObjectStorage:
    """One of the library's stores."""

    def __init__(self, store: Any, name: str, *, signs: bool, headers: dict[str, str] | None = None) -> None:
        """`headers`: what a client sends with a part."""
        self.name = name
        self._store = store
        self._signs = signs
        self._headers = headers or {}

    async def put(self, key: str, content: bytes | IO[bytes], type_: str) -> None:
        attributes: dict[str, Any] = {"attributes": {"Content-Type": type_}} if self._signs else {}
        if not isinstance(content, bytes):
            content.seek(0)
        with _told():
            await obstore.put_async(self._store, key, content, **attributes)

    async def receive(self, key: str, pieces: AsyncIterator[bytes]) -> None:
        with _told():
            # Small pieces one after the other: what somebody sends slowly is not collected in memory.
            await obstore.put_async(self._store, key, pieces, chunk_size=_CHUNK, max_concurrency=1)

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """A piece a call: a call has a limit of time, and whoever reads this may take theirs."""
        while end is None or start < end:
            until = start + _PIECE if end is None else min(start + _PIECE, end)
            with _told():
                found = await obstore.get_async(self._store, key, options={"range": (start, until)})
                piece = bytes(await found.bytes_async())
            yield piece
            start += len(piece)
            if not piece or start >= found.meta["size"]:
                return

    async def listed(self, prefix: str) -> AsyncIterator[Stored]:
        with _told():
            async for batch in obstore.list(self._store, prefix=prefix, chunk_size=_AT_ONCE):
                for one in batch:
                    yield Stored(one["path"], one["size"], one["last_modified"].timestamp())

    async def delete(self, keys: Sequence[str]) -> None:
        for place in range(0, len(keys), _AT_ONCE):
            with _told():
                await obstore.delete_async(self._store, list(keys[place : place + _AT_ONCE]))

    async def target(self, key: str, valid: timedelta) -> Target | None:
        if not self._signs:
            return None
        with _told():
            return Target(await obstore.sign_async(self._store, "PUT", key, valid), headers=self._headers)

    async def ask(self) -> None:
        try:
            async with asyncio.timeout(_ASK_S):
                with contextlib.suppress(Missing), _told():
                    await obstore.head_async(self._store, "ask/nothing")
        except TimeoutError:
            raise Away("no answer in time") from None

    async def aclose(self) -> None:
        """The library keeps its own connections."""


class LocalDisk(ObjectStorage):
    """The library writes to `<name>#<number>` first, and neither lists nor deletes what it is killed over: both are
    done here."""

    def __init__(self, root: Path) -> None:
        super().__init__(LocalStore(root, automatic_cleanup=True), "local disk", signs=False)
        self._root = root

    async def listed(self, prefix: str) -> AsyncIterator[Stored]:
        try:
            with _told():
                found = await anyio.to_thread.run_sync(self._found, prefix)
        except Missing as error:
            raise Away(str(error)) from None
        for one in found:
            yield one

    async def delete(self, keys: Sequence[str]) -> None:
        with _told():
            await anyio.to_thread.run_sync(self._delete, keys)

    def _found(self, prefix: str) -> list[Stored]:
        found = []
        # Of a disk that is not there nothing is said, least of all that nothing is on it.
        self._root.stat()
        for directory, _, names in os.walk(self._root / prefix, onerror=_unless_gone):
            for name in names:
                path = Path(directory, name)
                # Others delete meanwhile.
                with contextlib.suppress(FileNotFoundError):
                    told = path.stat()
                    found.append(Stored(path.relative_to(self._root).as_posix(), told.st_size, told.st_mtime))
        return found

    def _delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            path = self._root / key
            path.unlink(missing_ok=True)
            # A directory that is not empty, or gone, ends it; somebody who is about to write into one makes it anew.
            with contextlib.suppress(OSError):
                for parent in path.relative_to(self._root).parents[:-1]:
                    (self._root / parent).rmdir()


def _unless_gone(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise Missing(str(error).partition("\n")[0]) from None
    except (BaseError, OSError, ValueError) as error:
        # The library's own words go on for pages, and may name what opens the storage.
        raise Away(f"{type(error).__name__}: {str(error).partition(chr(10))[0][:200]}") from None


class BadStorage(ValueError):
    """One line: what is wrong with the address of a storage."""


def object_storage(url: str, default: Path) -> ObjectStorage:
    """Nothing is connected to. Raises BadStorage."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    try:
        match parts.scheme:
            case "" | "file":
                place = Path(unquote(parts.path)) if url else default
                place.mkdir(mode=0o700, parents=True, exist_ok=True)
                return LocalDisk(place.resolve())
            case "s3":
                return ObjectStorage(
                    _s3(parts.hostname or "", parts.username, parts.password, options), "s3", signs=True
                )
            case "gs":
                given: Any = {"service_account_path": options["credentials"]} if "credentials" in options else {}
                store = GCSStore(parts.hostname or "", config=given, client_options=_WAIT, retry_config=_RETRY)
                return ObjectStorage(store, "gs", signs=True)
            case "az":
                return ObjectStorage(
                    _azure(parts.hostname or "", parts.username, parts.password, options),
                    "az",
                    signs=True,
                    headers={"x-ms-blob-type": "BlockBlob"},
                )
    except OSError as error:
        raise BadStorage(f"{error.filename}: {error.strerror}") from None
    except (BaseError, KeyError, TypeError) as error:
        raise BadStorage(str(error).partition("\n")[0][:200]) from None
    raise BadStorage("begins with file:, s3://, gs://, az:// or cloudinary://")


def _s3(bucket: str, key: str | None, secret: str | None, options: dict[str, str]) -> S3Store:
    config: Any = {"region": options.get("region", "us-east-1")}
    if key:
        config |= {"access_key_id": unquote(key), "secret_access_key": unquote(secret or "")}
    client: Any = dict(_WAIT)
    if endpoint := options.get("endpoint"):
        config["endpoint"] = endpoint
        client["allow_http"] = endpoint.startswith("http://")
    if options.get("style", "path" if "endpoint" in options else "virtual") == "virtual":
        config["virtual_hosted_style_request"] = True
    return S3Store(bucket, config=config, client_options=client, retry_config=_RETRY)


def _azure(container: str, account: str | None, key: str | None, options: dict[str, str]) -> AzureStore:
    config: Any = {}
    if account:
        config |= {"account_name": unquote(account), "account_key": unquote(key or "")}
    client: Any = dict(_WAIT)
    if endpoint := options.get("endpoint"):
        config["endpoint"] = endpoint
        client["allow_http"] = endpoint.startswith("http://")
    return AzureStore(container, config=config, client_options=client, retry_config=_RETRY)
