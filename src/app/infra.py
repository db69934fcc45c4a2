"""What the process stands on: PostgreSQL, Redis and the addresses of both. Opened in order, closed in reverse.

Every connection has time-outs: a frozen server costs seconds and an error, never a request that hangs.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import msgspec
from arq.connections import ArqRedis
from redis.asyncio import ConnectionPool
from sqlalchemy import event, exc
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app.config import Settings
from app.services import addressed
from domains.kernel.uow import POOL_WAIT_S, Database, Reactions, Subscription

HOT_CONNECTIONS = 4
_SERVER_LIMITS = {
    "application_name": "lyceum",
    "statement_timeout": "5000",
    "lock_timeout": "3000",
    "idle_in_transaction_session_timeout": "15000",
    "timezone": "UTC",
}
_CONNECT_S = 5.0
_COMMAND_S = 5.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Infra:
    """Open connections of one process."""

    settings: Settings
    """With the addresses of embedded services filled in."""
    db: Database
    redis: ArqRedis


@asynccontextmanager
async def open_infra(settings: Settings, subscriptions: Sequence[Subscription]) -> AsyncGenerator[Infra]:
    """Infra for `settings`; starts embedded services where a URL is missing, and stops what it started."""
    async with _addresses(settings) as found:
        engine = open_engine(found.database_url, found.database_pool_size)
        pool = await asyncpg.create_pool(
            plain_dsn(found.database_url),
            min_size=0,
            max_size=HOT_CONNECTIONS,
            timeout=_CONNECT_S,
            command_timeout=_COMMAND_S,
            server_settings=_SERVER_LIMITS,
            reset=_keep_session,
        )
        redis = open_redis(found.redis_url)
        try:
            yield Infra(found, Database(engine, pool, Reactions.of(subscriptions)), redis)
        finally:
            await redis.aclose(close_connection_pool=True)
            try:
                await asyncio.wait_for(pool.close(), 3)
            except TimeoutError:
                pool.terminate()
            await engine.dispose()


@asynccontextmanager
async def _addresses(settings: Settings) -> AsyncGenerator[Settings]:
    """Starting and stopping services blocks, so both happen in a thread."""
    services = addressed(settings, owner="serve", report=log.info)
    found = await asyncio.to_thread(services.__enter__)
    try:
        yield found
    finally:
        await asyncio.to_thread(services.__exit__, None, None, None)


def plain_dsn(url: str) -> str:
    """The URL as asyncpg itself reads it."""
    return url.replace("postgresql+asyncpg://", "postgresql://", 1)


def open_engine(url: str, pool_size: int) -> AsyncEngine:
    scheme, _, rest = url.partition("://")
    if scheme in {"postgres", "postgresql"}:
        url = f"postgresql+asyncpg://{rest}"
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_WAIT_S,
        json_serializer=lambda value: msgspec.json.encode(value).decode(),
        json_deserializer=msgspec.json.decode,
        connect_args={"timeout": _CONNECT_S, "command_timeout": _COMMAND_S, "server_settings": _SERVER_LIMITS},
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine


def open_redis(url: str) -> ArqRedis:
    """A client whose commands fail within a second when Redis is away or frozen; jobs are msgpack, never pickle."""
    pool = ConnectionPool.from_url(
        url, socket_timeout=1.0, socket_connect_timeout=1.0, health_check_interval=15, max_connections=64
    )
    return ArqRedis(pool, job_serializer=msgspec.msgpack.encode, job_deserializer=msgspec.msgpack.decode)


def _refuse_closed(connection: Any, _record: Any, _proxy: Any) -> None:
    # A ping that costs no round trip: asyncpg knows when the server has gone, and the pool then opens another.
    if connection.driver_connection.is_closed():
        raise exc.DisconnectionError


async def _keep_session(_connection: Any) -> None:
    """Hot statements leave nothing behind, so giving a connection back needs no round trip."""
