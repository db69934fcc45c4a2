"""`Idempotency-Key`: the same call twice does its work once and gets the same answer twice.

The answer is stored in the transaction of the work. A second call that arrives while the first is under way waits for
its commit on the key's row, and then reads the answer.
"""

import hashlib
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.kernel.errors import Conflict, Invalid
from domains.kernel.uow import UnitOfWork

T = TypeVar("T", bound=msgspec.Struct)

_RESERVE = text("""
    INSERT INTO kernel_idempotent_answer (owner_id, key, fingerprint) VALUES (:owner_id, :key, :fingerprint)
    ON CONFLICT DO NOTHING RETURNING true
""")
_READ = text("SELECT fingerprint, body FROM kernel_idempotent_answer WHERE owner_id = :owner_id AND key = :key")
_STORE = text("UPDATE kernel_idempotent_answer SET body = :body WHERE owner_id = :owner_id AND key = :key")
_FORGET = text("DELETE FROM kernel_idempotent_answer WHERE owner_id = :owner_id")


class KeyReused(Conflict):
    code = "idempotency.key_reused"
    title = "This Idempotency-Key belongs to another request"


class BadKey(Invalid):
    code = "idempotency.bad_key"
    title = "An Idempotency-Key is 1 to 200 printable ASCII characters"


def checked_key(key: str | None) -> str | None:
    """The key as given, or BadKey."""
    if key is not None and not (1 <= len(key) <= 200 and key.isascii() and key.isprintable()):
        raise BadKey
    return key


async def once_per_key(
    uow: UnitOfWork,
    *,
    owner_id: UUID,
    key: str | None,
    operation: str,
    request: object,
    answer_type: type[T],
    work: Callable[[], Awaitable[T]],
) -> T:
    """`work()` the first time, its stored answer ever after (for a day). Without a key, plain `work()`.

    Raises KeyReused when the key was used for another operation or body, BadKey when it is malformed.
    """
    if checked_key(key) is None:
        return await work()
    fingerprint = hashlib.sha256(msgspec.json.encode([operation, request])).digest()
    own = {"owner_id": owner_id, "key": key}
    reserved = await uow.session.execute(_RESERVE, {**own, "fingerprint": fingerprint})
    if reserved.one_or_none() is None:
        row = (await uow.session.execute(_READ, own)).one()
        if row.fingerprint != fingerprint:
            raise KeyReused
        return msgspec.json.decode(row.body, type=answer_type)
    answer = await work()
    await uow.session.execute(_STORE, {**own, "body": msgspec.json.encode(answer)})
    return answer


async def forget(session: AsyncSession, owner_id: UUID) -> None:
    """What somebody was answered."""
    await session.execute(_FORGET, {"owner_id": owner_id})
