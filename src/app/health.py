"""What an operator, a load balancer and a scraper ask: is the process alive, may it get traffic, what is it made of?"""

import asyncio
import contextlib
import hmac
import shutil
import time
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Annotated, Any, Literal

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import HeaderParameter
from prometheus_client import CONTENT_TYPE_LATEST

from app.config import Settings
from app.infra import Infra
from app.telemetry import figures
from domains.billing.api import inbox_measure
from domains.identity.guards import UNLIMITED
from domains.kernel.errors import NotFound
from domains.kernel.wire import Out
from domains.media.api import Depot
from realtime.hub import Realtime

_CHECK_S = 1.0
_DEAF_S = 10.0

State = Literal["up", "degraded", "down"]


class HealthOut(Out, frozen=True):
    status: State
    version: str


class ServiceOut(Out, frozen=True):
    """`latency_ms` is that of one small question; null when it was not answered."""

    name: str
    state: State
    latency_ms: float | None
    detail: str = ""


class ServicesOut(Out, frozen=True):
    status: State
    services: list[ServiceOut]


Authorization = Annotated[str | None, HeaderParameter(name="Authorization", required=False)]


class HealthController(Controller):
    path = "/"
    tags = ("operations",)
    opt = UNLIMITED

    @get("/health", operation_id="health", summary="The process runs")
    async def health(self) -> HealthOut:
        return HealthOut("up", version("lyceum"))

    @get("/health/ready", operation_id="health_ready", summary="The process may get traffic")
    async def ready(self, infra: NamedDependency[Infra]) -> Response[HealthOut]:
        database = await _asked("postgresql", lambda: infra.db.fetch("SELECT 1"))
        up = database.state == "up"
        return Response(HealthOut(database.state, version("lyceum")), status_code=200 if up else 503)

    @get("/health/services", operation_id="health_services", summary="Each dependency with its state and latency")
    async def services(self, infra: NamedDependency[Infra], realtime: NamedDependency[Realtime]) -> ServicesOut:
        found = [*await services_of(infra), _hearing(realtime)]
        worst: State = "up"
        for service in found:
            if service.state == "down" and service.name == "postgresql":
                worst = "down"
            elif service.state != "up" and worst == "up":
                worst = "degraded"
        return ServicesOut(worst, found)

    @get("/metrics", operation_id="metrics", summary="Prometheus metrics", media_type="text/plain")
    async def metrics(
        self,
        settings: NamedDependency[Settings],
        infra: NamedDependency[Infra],
        authorization: Authorization = None,
    ) -> Response[bytes]:
        expected = f"Bearer {settings.metrics_token}" if settings.metrics_token else ""
        if expected and not hmac.compare_digest((authorization or "").encode(), expected.encode()):
            raise NotFound
        if settings.production and not expected:
            raise NotFound
        # Without the database all other figures are wanted the more.
        with contextlib.suppress(Exception):
            async with asyncio.timeout(_CHECK_S):
                await inbox_measure(infra.db)
        return Response(figures(), media_type=CONTENT_TYPE_LATEST)


async def services_of(infra: Infra) -> list[ServiceOut]:
    depot = infra.db.port(Depot)
    database, redis, storage, backlog = await asyncio.gather(
        _asked("postgresql", lambda: infra.db.fetch("SELECT 1")),
        _asked("redis", infra.redis.ping),
        _asked("storage", depot.storage.ask, depot.storage.name),
        _backlog(infra),
    )
    return [database, redis, storage, backlog, _disk(infra.settings)]


async def _asked(name: str, question: Callable[[], Awaitable[Any]], detail: str = "") -> ServiceOut:
    started = time.perf_counter()
    try:
        async with asyncio.timeout(_CHECK_S):
            await question()
    except Exception as error:  # noqa: BLE001 - whatever it is, the service is not there for us
        return ServiceOut(name, "down", None, type(error).__name__)
    return ServiceOut(name, "up", round((time.perf_counter() - started) * 1000, 2), detail)


async def _backlog(infra: Infra) -> ServiceOut:
    """Jobs: dead letters and work that is long overdue are what an operator wants to hear of."""
    started = time.perf_counter()
    try:
        async with asyncio.timeout(_CHECK_S):
            [row] = await infra.db.fetch("""
                SELECT (SELECT count(*) FROM kernel_delivery WHERE state = 'dead') AS dead,
                       (SELECT count(*) FROM kernel_delivery
                        WHERE state = 'pending' AND due_at < now() - interval '1 minute') AS overdue,
                       (SELECT count(*) FROM kernel_outbox
                        WHERE dispatched_at IS NULL AND occurred_at < now() - interval '1 minute') AS undispatched
            """)
    except Exception as error:  # noqa: BLE001 - see above
        return ServiceOut("jobs", "down", None, type(error).__name__)
    state: State = "degraded" if any(row.values()) else "up"
    latency_ms = round((time.perf_counter() - started) * 1000, 2)
    return ServiceOut("jobs", state, latency_ms, ", ".join(f"{count} {name}" for name, count in row.items()))


def _hearing(realtime: Realtime) -> ServiceOut:
    """Redis may answer while this process's own subscription is dead: then its screens stand still."""
    deaf_s = realtime.deaf_s()
    if deaf_s < _DEAF_S:
        return ServiceOut("realtime", "up", None)
    return ServiceOut("realtime", "degraded", None, f"nothing heard through Redis for {deaf_s:.0f} s")


def _disk(settings: Settings) -> ServiceOut:
    place = settings.data_dir if settings.data_dir.exists() else settings.data_dir.absolute().parent
    free = shutil.disk_usage(place if place.exists() else "/").free
    state: State = "up" if free > 1 << 30 else "degraded"
    return ServiceOut("disk", state, None, f"{free / (1 << 30):.1f} GiB free")
