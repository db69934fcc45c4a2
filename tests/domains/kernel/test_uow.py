"""One transaction for rows and facts: all of it or nothing, and screens hear only of what was committed."""

from typing import ClassVar
from uuid import UUID

import pytest
from sqlalchemy import text

from domains.kernel.events import Event, Published
from domains.kernel.ids import new_id
from domains.kernel.uow import Database, Reactions, Subscription, UnitOfWork


class Noted(Event, frozen=True, kw_only=True, tag="kernel.noted.v1"):
    published: ClassVar[Published | None] = Published("user-events", "noted")

    user_id: UUID


class Followed(Event, frozen=True, kw_only=True, tag="kernel.followed.v1"):
    user_id: UUID


class Seen(Event, frozen=True, kw_only=True, tag="kernel.seen.v1"):
    durable: ClassVar[bool] = False

    user_id: UUID


@pytest.fixture
def heard() -> list[Event]:
    return []


@pytest.fixture
def own_db(db: Database, heard: list[Event]) -> Database:
    """The real database with no reactions but those that a test adds."""
    own = Database(db.engine, db._pool, Reactions())
    own.committed = heard.extend
    return own


async def outbox(db: Database) -> list[str]:
    async with db.begin() as uow:
        return list((await uow.session.execute(text("SELECT type FROM kernel_outbox ORDER BY id"))).scalars())


async def test_a_fact_is_in_the_outbox_and_heard_after_the_commit(own_db: Database, heard: list[Event]) -> None:
    fact = Noted(user_id=new_id())
    async with own_db.begin() as uow:
        uow.record(fact)
        assert heard == []
    assert heard == [fact]
    assert await outbox(own_db) == ["kernel.noted.v1"]


async def test_nothing_is_kept_or_heard_when_the_block_fails(own_db: Database, heard: list[Event]) -> None:
    with pytest.raises(LookupError):
        async with own_db.begin() as uow:
            uow.record(Noted(user_id=new_id()))
            raise LookupError
    assert heard == []
    assert await outbox(own_db) == []


async def test_nothing_is_heard_when_the_commit_fails(own_db: Database, heard: list[Event]) -> None:
    with pytest.raises(Exception, match="deferred"):
        async with own_db.begin() as uow:
            await uow.session.execute(
                text("""
                    CREATE FUNCTION pg_temp.refuse() RETURNS trigger LANGUAGE plpgsql
                    AS $$ BEGIN RAISE EXCEPTION 'deferred'; END $$
                """)
            )
            await uow.session.execute(text("CREATE TEMP TABLE doomed (id int) ON COMMIT DROP"))
            await uow.session.execute(
                text("""
                    CREATE CONSTRAINT TRIGGER late AFTER INSERT ON doomed DEFERRABLE INITIALLY DEFERRED
                    FOR EACH ROW EXECUTE FUNCTION pg_temp.refuse()
                """)
            )
            await uow.session.execute(text("INSERT INTO doomed VALUES (1)"))
            uow.record(Noted(user_id=new_id()))
    assert heard == []
    assert await outbox(own_db) == []


async def test_an_inside_handler_belongs_to_the_transaction(own_db: Database, heard: list[Event]) -> None:
    async def refuse(uow: UnitOfWork, fact: Noted) -> None:
        raise PermissionError

    own_db.reactions = Reactions.of([Subscription("kernel.refuse", Noted, refuse, "inside")])
    with pytest.raises(PermissionError):
        async with own_db.begin() as uow:
            uow.record(Noted(user_id=new_id()))
    assert heard == []
    assert await outbox(own_db) == []


async def test_what_an_inside_handler_records_is_settled_too_and_only_once(
    own_db: Database, heard: list[Event]
) -> None:
    async def follow(uow: UnitOfWork, fact: Noted) -> None:
        uow.record(Followed(user_id=fact.user_id))

    own_db.reactions = Reactions.of([Subscription("kernel.follow", Noted, follow, "inside")])
    async with own_db.begin() as uow:
        uow.record(Noted(user_id=new_id()))
        await uow.settle()
        await uow.settle()
    assert [type(fact) for fact in heard] == [Noted, Followed]
    assert await outbox(own_db) == ["kernel.noted.v1", "kernel.followed.v1"]


async def test_a_fact_for_screens_only_leaves_no_row(own_db: Database, heard: list[Event]) -> None:
    fact = Seen(user_id=new_id())
    async with own_db.begin() as uow:
        uow.record(fact)
    own_db.announce([fact])
    assert heard == [fact, fact]
    assert await outbox(own_db) == []


async def test_a_durable_fact_cannot_bypass_the_outbox(own_db: Database) -> None:
    with pytest.raises(ValueError, match="unit of work"):
        own_db.announce([Noted(user_id=new_id())])


async def test_a_statement_by_the_driver_is_part_of_the_transaction_first_or_last(own_db: Database) -> None:
    insert = "INSERT INTO kernel_idempotent_answer (owner_id, key, fingerprint) VALUES ($1, $2, '')"
    owner = new_id()
    for first in (True, False):
        with pytest.raises(LookupError):
            async with own_db.begin() as uow:
                if not first:
                    await uow.session.execute(text("SELECT 1"))
                await uow.fetch(insert, owner, "gone")
                raise LookupError
    async with own_db.begin() as uow:
        await uow.fetch(insert, owner, "kept")
        seen = text("SELECT key FROM kernel_idempotent_answer")
        assert (await uow.session.execute(seen)).scalars().all() == ["kept"]
        assert await own_db.fetch("SELECT FROM kernel_idempotent_answer") == [], "before the commit"
    assert [row["key"] for row in await own_db.fetch("SELECT key FROM kernel_idempotent_answer")] == ["kept"]
