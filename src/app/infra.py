"""What the process stands on: PostgreSQL, Redis and the addresses of both. Opened in order, closed in reverse.

Every connection has time-outs: a frozen server costs seconds and an error, never a request that hangs.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import asyncpg
import msgspec
from arq.connections import ArqRedis
from redis.asyncio import ConnectionPool
from sqlalchemy import event, exc
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app import registry
from app.config import PREFIX, ConfigError, Settings
from app.services import addressed
from domains.billing import api as billing
from domains.gamification import api as gamification
from domains.identity import api as identity
from domains.kernel import flags
from domains.kernel.uow import Database, Reactions, Subscription
from domains.media import api as media
from domains.notifications import api as notifications
from domains.profiles import api as profiles

HOT_CONNECTIONS = 4


class Limits(NamedTuple):
    """How long a process waits for PostgreSQL before it gives up."""

    pool_s: float
    """For a connection of its pools."""
    connect_s: float
    command_s: float | None
    """For one statement; the server itself ends a statement, or a wait for a lock, a little earlier."""

    def server_settings(self) -> dict[str, str]:
        found = {"application_name": "lyceum", "idle_in_transaction_session_timeout": "15000", "timezone": "UTC"}
        if self.command_s is not None:
            found |= {
                "statement_timeout": str(int(self.command_s * 900)),
                "lock_timeout": str(int(self.command_s * 700)),
            }
        return found


SERVING = Limits(pool_s=1.5, connect_s=2.0, command_s=2.5)
"""Together below five seconds, so that a frozen server is a 503 and not a request that hangs."""
PATIENT = Limits(pool_s=30.0, connect_s=5.0, command_s=None)
"""For commands, which may sum up a whole ledger while a person waits."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Infra:
    """Open connections of one process."""

    settings: Settings
    """With the addresses of embedded services filled in."""
    db: Database
    redis: ArqRedis


@asynccontextmanager
async def open_infra(
    settings: Settings, subscriptions: Sequence[Subscription], limits: Limits = SERVING
) -> AsyncGenerator[Infra]:
    """Infra for `settings`; starts embedded services where a URL is missing, and stops what it started."""
    async with _addresses(settings) as found:
        login_providers = _login_providers(found)
        rules = rulebook(found)
        senders = _senders(found, lambda: db)
        depot = open_depot(found)
        engine = open_engine(found.database_url, found.database_pool_size, limits)
        pool = await asyncpg.create_pool(
            plain_dsn(found.database_url),
            min_size=0,
            max_size=HOT_CONNECTIONS,
            timeout=limits.connect_s,
            command_timeout=limits.command_s,
            server_settings=limits.server_settings(),
            reset=_keep_session,
        )
        redis = open_redis(found.redis_url)
        providers = _payment_providers(found)
        try:
            reactions = Reactions.of(subscriptions)
            ports: dict[type, object] = {
                flags.Environment: flags.Environment(found.environment),
                billing.Providers: providers,
                notifications.Senders: senders,
                gamification.Rulebook: rules,
                media.Depot: depot,
                profiles.Preferences: profiles.beginning(humane=found.humane),
                identity.OpenIdProviders: login_providers,
                identity.Holdings: identity.Holdings(registry.personal_data()),
                identity.RelyingParty: identity.RelyingParty.of(found.public_url, found.origins, found.passkey_domain),
            }
            db = Database(engine, pool, reactions, ports=ports, pool_s=limits.pool_s)
            yield Infra(found, db, redis)
        finally:
            await depot.aclose()
            await senders.aclose()
            await providers.aclose()
            await login_providers.aclose()
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


def _payment_providers(settings: Settings) -> billing.Providers:
    return billing.providers_for(
        stripe=billing.StripeKeys(
            settings.stripe_secret_key, tuple(settings.stripe_webhook_secrets), settings.stripe_api_base
        )
        if settings.stripe_secret_key
        else None,
        razorpay=billing.RazorpayKeys(
            settings.razorpay_key_id,
            settings.razorpay_key_secret,
            tuple(settings.razorpay_webhook_secrets),
            settings.razorpay_api_base,
            settings.razorpay_account_id,
        )
        if settings.razorpay_key_id
        else None,
        production=settings.production,
        public_url=settings.public_url,
    )


def rulebook(settings: Settings) -> gamification.Rulebook:
    """Raises ConfigError."""
    try:
        return gamification.rulebook(
            shop_file=settings.shop_file,
            quests_file=settings.quests_file,
            achievements_file=settings.achievements_file,
        )
    except gamification.BadRules as error:
        raise ConfigError(f"{PREFIX}{error.setting.upper()}: {error}") from None


def open_depot(settings: Settings) -> media.Depot:
    """Where files are kept, and what looks at them. Raises ConfigError."""
    try:
        return media.open_depot(
            storage_url=settings.storage_url,
            data_dir=settings.data_dir,
            public_url=settings.public_url,
            clamd_url=settings.clamd_url,
            plain_http=settings.media_plain_http,
            learner_bytes=settings.media_learner_mb * 1_000_000,
            author_bytes=settings.media_author_mb * 1_000_000,
        )
    except media.BadSetting as error:
        raise ConfigError(f"{PREFIX}{error.name.upper()}: {error}") from None


def _login_providers(settings: Settings) -> identity.OpenIdProviders:
    try:
        return identity.providers_of(settings.oidc_providers, public_url=settings.public_url, origins=settings.origins)
    except identity.BadProviders as error:
        raise ConfigError(f"{PREFIX}OIDC_PROVIDERS: {error}") from None


def _senders(settings: Settings, database: Callable[[], Database]) -> notifications.Senders:
    try:
        return notifications.open_senders(
            database,
            smtp_url=settings.smtp_url,
            mail_from=settings.mail_from,
            fcm_credentials=settings.fcm_credentials,
            production=settings.production,
            public_url=settings.public_url,
            postal_address=settings.mail_postal_address,
            mail_webhook_secret=settings.mail_webhook_secret,
        )
    except notifications.BadSetting as error:
        raise ConfigError(f"{PREFIX}{error.name.upper()}: {error}") from None


def plain_dsn(url: str) -> str:
    """The URL as asyncpg itself reads it."""
    return url.replace("postgresql+asyncpg://", "postgresql://", 1)


def open_engine(url: str, pool_size: int, limits: Limits = SERVING) -> AsyncEngine:
    scheme, _, rest = url.partition("://")
    if scheme in {"postgres", "postgresql"}:
        url = f"postgresql+asyncpg://{rest}"
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=limits.pool_s,
        json_serializer=lambda value: msgspec.json.encode(value).decode(),
        json_deserializer=msgspec.json.decode,
        connect_args={
            "timeout": limits.connect_s,
            "command_timeout": limits.command_s,
            "server_settings": limits.server_settings(),
        },
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
