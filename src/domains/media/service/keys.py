"""The key of signed addresses. Invariant: it is made once, and all processes use the same; so each reads it once."""

import secrets
from weakref import WeakKeyDictionary

from domains.kernel.uow import Database
from domains.media.repository import keys as repository

_LINKS = "links"
_read: WeakKeyDictionary[Database, bytes] = WeakKeyDictionary()


async def link_key(db: Database) -> bytes:
    known = _read.get(db)
    if known is not None:
        return known
    found = await repository.read(db, _LINKS)
    if found is None:
        await repository.add(db, _LINKS, secrets.token_bytes(32))
        found = await repository.read(db, _LINKS)
    if found is None:
        raise LookupError("the key of signed addresses was not kept")
    _read[db] = found
    return found
