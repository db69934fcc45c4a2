"""The state of the tables: what the code expects, what a database has, and the way from one to the other.

Invariant: two processes never migrate at once (an advisory lock), and a migration that fails leaves the schema as it
was, because all run in one transaction.
"""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

ADVISORY_LOCK = 0x6C796365756D  # "lyceum"
WAIT_S = 300
VERSION_TABLE = "kernel_schema_version"

log = logging.getLogger(__name__)
Report = Callable[[str], None]


class SchemaError(Exception):
    """One line: what is wrong with the database, and the command that mends it where there is one."""


def migrations_dir() -> Path:
    """A checkout keeps its migrations at the root; an installed wheel carries them inside the package."""
    inside = Path(__file__).with_name("_migrations")
    return inside if inside.is_dir() else Path(__file__).parents[2] / "migrations"


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration; `migrations/env.py` finds the connection in its attributes."""
    made = Config()
    made.set_main_option("script_location", str(migrations_dir()).replace("%", "%%"))
    made.attributes["connection"] = connection
    return made


def head() -> str:
    """The revision that this code expects."""
    found = ScriptDirectory.from_config(config()).get_current_head()
    if found is None:
        raise SchemaError(f"no migrations are found in {migrations_dir()}")
    return found


async def current(url: str) -> str | None:
    """The revision that the database is at; None where nothing was ever migrated."""
    engine = create_async_engine(asyncpg_url(url), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_current)
    finally:
        await engine.dispose()


async def migrate(url: str, report: Report = log.info) -> tuple[str | None, str]:
    """Brings the database to `head()`; answers with the revisions before and after."""
    engine = create_async_engine(asyncpg_url(url), poolclass=NullPool)
    try:
        # AUTOCOMMIT for the lock, so that it belongs to the session and no transaction stands open meanwhile.
        async with engine.connect() as keeper, engine.connect() as connection:
            await keeper.execution_options(isolation_level="AUTOCOMMIT")
            await _lock(keeper, report)
            before = await connection.run_sync(_current)
            await connection.rollback()
            if before != head():
                report(f"migrating the database from {before or 'empty'} to {head()}")
                # A migration never queues in front of traffic: it fails and is run again.
                await connection.execute(text("SET LOCAL lock_timeout = '5s'"))
                await connection.run_sync(_upgrade)
                await connection.commit()
            return before, head()
    finally:
        await engine.dispose()


async def require_head(url: str) -> None:
    """Raises SchemaError where the database is not at `head()`: its operators choose the moment to migrate."""
    found = await current(url)
    if found != head():
        raise SchemaError(f"the database is at {found or 'empty'}, this version needs {head()}: run `lyceum migrate`")


async def ensure(url: str, *, may_migrate: bool, report: Report) -> None:
    """Migrates where the database is our own, otherwise requires that it has been done."""
    try:
        await (migrate(url, report) if may_migrate else require_head(url))
    except (OSError, asyncpg.PostgresError, OperationalError, InterfaceError) as error:
        said = str(error).partition("\n")[0] or type(error).__name__
        raise SchemaError(f"the database does not answer: {said}") from None


def asyncpg_url(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"postgresql+asyncpg://{rest}" if scheme in {"postgres", "postgresql"} else url


async def _lock(keeper: AsyncConnection, report: Report) -> None:
    attempt = text("SELECT pg_try_advisory_lock(:key)")
    for tenth in range(WAIT_S * 10):
        if (await keeper.execute(attempt, {"key": ADVISORY_LOCK})).scalar_one():
            return
        if tenth == 10:
            report("waiting for another process that migrates the database")
        await asyncio.sleep(0.1)
    raise SchemaError(f"another process has been migrating this database for {WAIT_S} s; look there, then try again")


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()


def _upgrade(connection: Connection) -> None:
    command.upgrade(config(connection), "head")
