"""Work of a command on the same data, whether or not a server runs there."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import asyncpg
import click
from redis.exceptions import RedisError
from sqlalchemy.exc import InterfaceError, OperationalError

from app import schema
from app.commands.options import say
from app.config import Settings
from app.infra import PATIENT, Infra, open_infra
from app.registry import subscriptions
from app.services import addressed

T = TypeVar("T")


def run(data_dir: Path | None, work: Callable[[Infra], Awaitable[T]]) -> T:
    """Does `work` on open connections, and starts embedded services for as long as it takes if none run."""
    settings = Settings.load(data_dir=data_dir)
    with addressed(settings, owner="command", report=say) as found:
        return asyncio.run(_with_infra(found, work, may_migrate=not settings.database_url))


async def _with_infra(settings: Settings, work: Callable[[Infra], Awaitable[T]], *, may_migrate: bool) -> T:
    try:
        await schema.ensure(settings.database_url, may_migrate=may_migrate, report=say)
        async with open_infra(settings, subscriptions(), PATIENT) as infra:
            return await work(infra)
    except schema.SchemaError as error:
        raise click.ClickException(str(error)) from None
    except RedisError as error:
        raise click.ClickException(f"Redis does not answer: {error}") from None
    except (OperationalError, InterfaceError, OSError, asyncpg.PostgresConnectionError, TimeoutError) as error:
        raise click.ClickException(f"the database does not answer: {_first_line(error)}") from None


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
