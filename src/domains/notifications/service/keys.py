"""Keys of the house. Invariant: a key that was ever used is never replaced, and all processes use the same; so each
reads it once."""

from collections.abc import Callable
from weakref import WeakKeyDictionary

from domains.kernel.uow import Database
from domains.notifications.channels.web_push_crypto import new_secret
from domains.notifications.repository import keys as repository

VAPID = "vapid"

_read: WeakKeyDictionary[Database, dict[str, bytes]] = WeakKeyDictionary()


async def kept(db: Database, name: str, make: Callable[[], bytes]) -> bytes:
    """The key of this name, made at the first call ever. Of several processes at once, one makes it for all."""
    known = _read.setdefault(db, {})
    if name in known:
        return known[name]
    found = await repository.read(db, name)
    if found is None:
        await repository.add(db, name, make())
        found = await repository.read(db, name)
    if found is None:
        raise LookupError(f"the key {name} was not kept")
    known[name] = found
    return found


async def vapid_secret(db: Database) -> bytes:
    return await kept(db, VAPID, new_secret)
