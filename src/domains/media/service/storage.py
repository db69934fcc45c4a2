"""The storage as the rest of media sees it: what it does not do is a situation that a caller can be told of."""

import contextlib
import logging
from collections.abc import AsyncIterator, Collection, Iterator

from domains.media.errors import StorageAway
from domains.media.providers.port import Away, Depot

log = logging.getLogger(__name__)


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Raises StorageAway in place of Away, whose words are for operators."""
    try:
        yield
    except Away as error:
        log.warning("storage: %s", error)
        raise StorageAway from error


async def delete_all(depot: Depot, prefix: str) -> int:
    """All objects whose keys begin so; how many there were. Raises StorageAway."""
    with told():
        keys = [stored.key async for stored in depot.storage.listed(prefix)]
        if keys:
            await depot.storage.delete(keys)
        return len(keys)


async def delete_soon(depot: Depot, prefixes: Collection[str]) -> None:
    """What stands among the leftovers anyhow; a storage that is away costs nothing but time."""
    for prefix in prefixes:
        with contextlib.suppress(StorageAway):
            await delete_all(depot, prefix)


async def first_of(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same pieces, once it is known that there are any: an answer is begun only then."""
    first = await anext(pieces, b"")

    async def rest() -> AsyncIterator[bytes]:
        yield first
        async for piece in pieces:
            yield piece

    return rest()
