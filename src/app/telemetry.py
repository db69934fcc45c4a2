"""Logs, metrics and traces. Logs carry the correlation id of the request, job or socket event they belong to."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, cast

import structlog
from litestar.types import ASGIApp
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, Metric, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from app.config import Settings
from domains.kernel.events import correlation_id

REQUESTS = Histogram(
    "lyceum_http_request_seconds",
    "Time to answer a request, by route template",
    ["method", "route", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
FACTS = Counter("lyceum_facts_total", "Facts dispatched", ["type"])
JOBS = Counter("lyceum_jobs_total", "Runs of jobs by how they ended", ["job", "outcome"])
JOB_SECONDS = Histogram("lyceum_job_seconds", "Time of a job's run", ["job"])
DISPATCH_LAG = Gauge("lyceum_dispatch_lag_seconds", "Age of the fact dispatched last", multiprocess_mode="livemax")
PENDING = Gauge("lyceum_dispatch_queue", "Facts in this process that wait for the queue", multiprocess_mode="livesum")


def _with_correlation(_logger: Any, _name: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if found := correlation_id.get():
        entry["correlation_id"] = found
    return entry


def configure_logging(settings: Settings) -> None:
    """One handler on standard error for our own and every library's records."""
    shared: list[Any] = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _with_correlation,
    ]
    as_json = settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())
    renderers: list[Any] = (
        [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()]
        if as_json
        else [structlog.dev.ConsoleRenderer()]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    # arq logs each job's arguments and every poll; our wrapper logs what matters.
    for noisy in ("arq", "alembic", "httpx", "uvicorn", "uvicorn.access", "sqlalchemy.engine", "socketio", "engineio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def traced(inner: ASGIApp, settings: Settings) -> ASGIApp:
    """Records a sample of requests and their SQL, and sends them over OTLP/HTTP; without an endpoint, `inner` itself.

    No spans for single receives and sends, and none for sockets: they cost more than they tell.
    """
    if not settings.otlp_endpoint:
        return inner
    provider = TracerProvider(
        resource=Resource.create({"service.name": "lyceum"}),
        sampler=ParentBasedTraceIdRatio(settings.trace_sample_ratio),
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{settings.otlp_endpoint}/v1/traces")))
    sql: Any = AsyncPGInstrumentor  # its constructor has no types
    sql().instrument(tracer_provider=provider)
    middleware: Any = OpenTelemetryMiddleware(
        inner, excluded_urls="/socket.io,/health,/metrics", exclude_spans=["receive", "send"], tracer_provider=provider
    )
    return cast("ASGIApp", middleware)


def figures() -> bytes:
    """What Prometheus reads: of all processes of a fleet, whichever of them is asked."""
    return generate_latest(_fleet())


def families() -> list[Metric]:
    """The same, not yet written down."""
    return list(_fleet().collect())


def _fleet() -> CollectorRegistry:
    fleet = CollectorRegistry()
    try:
        MultiProcessCollector(fleet)  # type: ignore[no-untyped-call]
    except ValueError:
        # No fleet has named a directory for its members' figures: this process is alone.
        return REGISTRY
    return fleet
