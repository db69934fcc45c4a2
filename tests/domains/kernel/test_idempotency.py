"""The same key twice: one effect, one answer."""

import asyncio

import msgspec
import pytest

from domains.kernel.idempotency import BadKey, KeyReused, once_per_key
from domains.kernel.ids import new_id
from domains.kernel.uow import Database


class Receipt(msgspec.Struct):
    number: int


class Till:
    def __init__(self) -> None:
        self.sold = 0

    async def sell(self) -> Receipt:
        self.sold += 1
        await asyncio.sleep(0.01)
        return Receipt(self.sold)


async def call(db: Database, till: Till, key: str | None, *, owner: object, request: object = "tea") -> Receipt:
    async with db.begin() as uow:
        return await once_per_key(
            uow, owner_id=owner, key=key, operation="sell", request=request, answer_type=Receipt, work=till.sell
        )


async def test_the_second_call_gets_the_first_answer(db: Database) -> None:
    till, owner = Till(), new_id()
    assert await call(db, till, "k", owner=owner) == await call(db, till, "k", owner=owner) == Receipt(1)
    assert till.sold == 1


async def test_calls_at_the_same_moment_do_the_work_once(db: Database) -> None:
    till, owner = Till(), new_id()
    answers = await asyncio.gather(*(call(db, till, "k", owner=owner) for _ in range(6)))
    assert answers == [Receipt(1)] * 6
    assert till.sold == 1


async def test_a_key_of_somebody_else_is_another_key(db: Database) -> None:
    till = Till()
    assert await call(db, till, "k", owner=new_id()) != await call(db, till, "k", owner=new_id())


async def test_a_key_used_for_another_request_is_refused(db: Database) -> None:
    till, owner = Till(), new_id()
    await call(db, till, "k", owner=owner)
    with pytest.raises(KeyReused):
        await call(db, till, "k", owner=owner, request="coffee")


async def test_failed_work_leaves_the_key_free(db: Database) -> None:
    owner = new_id()

    async def fail() -> Receipt:
        raise LookupError

    with pytest.raises(LookupError):
        async with db.begin() as uow:
            await once_per_key(
                uow, owner_id=owner, key="k", operation="sell", request="tea", answer_type=Receipt, work=fail
            )
    assert await call(db, Till(), "k", owner=owner) == Receipt(1)


@pytest.mark.parametrize("key", ["", "x" * 201, "line\nbreak", "ключ"])
async def test_a_malformed_key_is_refused(db: Database, key: str) -> None:
    with pytest.raises(BadKey):
        await call(db, Till(), key, owner=new_id())
