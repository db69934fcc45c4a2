"""Migrations build what the models say, from empty, in one line of descent."""

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from app.config import Settings
from app.infra import open_engine
from app.registry import metadata
from app.schema import VERSION_TABLE, config


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory.from_config(config()).get_heads()) == 1


async def test_the_migrated_schema_has_not_drifted_from_the_models(settings: Settings, migrated: None) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_type": True, "target_metadata": metadata()}
        )
        return list(compare_metadata(context, metadata()))

    engine = open_engine(settings.database_url, 1)
    try:
        async with engine.connect() as connection:
            assert await connection.run_sync(differences) == []
    finally:
        await engine.dispose()


async def test_courses_as_authors_have_them_can_be_taken_back_and_made_again(
    settings: Settings, migrated: None
) -> None:
    def down_and_up(connection: Connection) -> None:
        command.downgrade(config(connection), "0041_achievements")
        command.upgrade(config(connection), "head")

    engine = open_engine(settings.database_url, 1)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(down_and_up)
            await connection.rollback()
    finally:
        await engine.dispose()
