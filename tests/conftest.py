"""A real PostgreSQL and a real Redis for each test process, and the whole application on top of them.

Nothing runs in the background: a test that wants facts dispatched or jobs done turns the crank.
"""

import asyncio
import inspect
import os
from collections.abc import AsyncIterator, Iterator
from functools import partial, wraps
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from litestar import Litestar
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from xdist.remote import Producer

from app.asgi import Parts, create_app
from app.config import Settings
from app.embedded import Services, open_services
from app.infra import PATIENT, Infra, open_infra
from app.registry import metadata
from app.schema import VERSION_TABLE, migrate
from app.worker import build_worker
from declared import DECLARED, watch
from domains.identity.guards import LIMITER
from domains.identity.service import hashing
from domains.kernel.repository import DeliveryKey
from domains.kernel.uow import Database
from together import Together

# How long an example takes says more about a busy machine than about us.
hypothesis_settings.register_profile("lyceum", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("lyceum")


def pytest_xdist_auto_num_workers() -> int:
    """Two to a core, because half of the time a test waits: for a process to start, for a deadline to pass."""
    return 2 * (os.cpu_count() or 1)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Together:
    return Together(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> None:
    """A test that awaits what never comes fails, and its fixtures are closed. The signal of pytest-timeout alone would
    leave it in the event loop, where the end of its fixtures waits behind it for ever."""
    test = pyfuncitem.obj
    if not inspect.iscoroutinefunction(test):
        return
    marker = pyfuncitem.get_closest_marker("timeout")
    whole = marker.args[0] if marker else float(pyfuncitem.config.getini("timeout"))

    @wraps(test)
    async def bounded(**fixtures: Any) -> None:
        async with asyncio.timeout(whole * 0.8):
            await test(**fixtures)

    pyfuncitem.obj = bounded


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(scope="session", autouse=True)
def cheap_hashing() -> Iterator[None]:
    """A hash is dear by design, and most tests want somebody who is logged in: a quarter of the suite was hashes."""
    with pytest.MonkeyPatch.context() as patch:
        set_cost(patch, time_cost=1, memory_kib=8)
        yield


@pytest.fixture
def dear_hashing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hashes as in earnest."""
    set_cost(monkeypatch, time_cost=DEAR[0], memory_kib=DEAR[1])
    yield
    hashing._nobodys_hash.cache_clear()


DEAR = hashing._TIME_COST, hashing._MEMORY_KIB


def set_cost(patch: pytest.MonkeyPatch, *, time_cost: int, memory_kib: int) -> None:
    hasher = hashing.PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=1)
    patch.setattr(hashing, "_HASHER", hasher)
    patch.setattr(hashing, "_TIME_COST", time_cost)
    patch.setattr(hashing, "_MEMORY_KIB", memory_kib)
    hashing._nobodys_hash.cache_clear()


@pytest.fixture(scope="session")
def watched_gateways() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        watch(patch)
        yield


@pytest.fixture(autouse=True)
def every_frame_is_declared(watched_gateways: None) -> Iterator[None]:
    """Fails a test in which a frame crossed a socket that the AsyncAPI document does not know."""
    yield
    faults, DECLARED.faults = DECLARED.faults, []
    assert faults == []


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with open_services(tmp_path_factory.mktemp("services"), durable=False, owner="test") as found:
        yield found


@pytest.fixture(scope="session")
def settings(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        database_url=services.database_url,
        redis_url=services.redis_url,
        data_dir=tmp_path_factory.mktemp("data"),
        log_level="warning",
    )


@pytest.fixture(scope="session")
async def migrated(settings: Settings) -> None:
    await migrate(settings.database_url)


@pytest.fixture(scope="session")
async def house(settings: Settings, migrated: None) -> AsyncIterator[Litestar]:
    """The application with its lifespan running, shared by all tests of a process. A slow machine is no frozen
    database: it waits."""
    app = create_app(settings, infra=partial(open_infra, limits=PATIENT), background=False)
    async with app.lifespan():
        yield app


@pytest.fixture
async def app(house: Litestar) -> AsyncIterator[Litestar]:
    """The application on empty tables and an empty Redis."""
    yield house
    infra: Infra = house.state.parts.infra
    await _empty(infra.db.engine)
    await infra.redis.flushdb()
    house.state[LIMITER].limiter.forget()


# The process signs with the keys that it has read, and reads them again only now and then.
_KEPT = {VERSION_TABLE, "identity_signing_key", "media_key", "notifications_key"}


async def _empty(engine: AsyncEngine) -> None:
    """Deletes from the tables that have rows: truncating them all takes longer than most tests. In one statement,
    because foreign keys are checked at its end, so that no order of tables has to be found."""
    tables = sorted(set(metadata().tables) - _KEPT)
    async with engine.begin() as connection:
        looks = " UNION ALL ".join(f"(SELECT '{table}' FROM {table} LIMIT 1)" for table in tables)
        used = (await connection.execute(text(looks))).scalars().all()
        if used:
            deletes = ", ".join(f"d{place} AS (DELETE FROM {table})" for place, table in enumerate(used))
            await connection.execute(text("SELECT set_config('lyceum.emptying', 'on', true)"))
            await connection.execute(text(f"WITH {deletes} SELECT 1"))


@pytest.fixture
def parts(app: Litestar) -> Parts:
    found: Parts = app.state.parts
    return found


@pytest.fixture
def infra(parts: Parts) -> Infra:
    return parts.infra


@pytest.fixture
def db(infra: Infra) -> Database:
    return infra.db


@pytest.fixture
async def client(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://lyceum.test") as found:
        yield found


class Crank:
    """Does by hand what loops do in a process."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def outbox(self) -> None:
        """Dispatches every fact that waits, also those whose lease still runs."""
        async with self._parts.infra.db.engine.begin() as connection:
            await connection.execute(text("UPDATE kernel_outbox SET lease_until = now() - interval '1 second'"))
        await self._parts.dispatcher.flush()

    async def jobs(self) -> None:
        """Runs every job that waits in Redis, and those that these cause in turn, through a real ARQ worker."""
        for _ in range(10):
            await self.outbox()
            worker = build_worker(self._parts.deliveries, self._parts.infra.redis, burst=True)
            await worker.async_run()
            if worker.jobs_complete == 0:
                return
        raise AssertionError("jobs cause jobs without end")

    async def again(self) -> None:
        """Does all jobs once more that were ever done or failed, as if no receipt had been kept."""
        statement = "UPDATE kernel_delivery SET state = 'pending', attempts = 0 RETURNING event_id, subscription"
        for row in await self._parts.infra.db.fetch(statement):
            await self._parts.deliveries.run(DeliveryKey(row["event_id"], row["subscription"]))
        await self.jobs()


@pytest.fixture
def crank(parts: Parts) -> Crank:
    return Crank(parts)
