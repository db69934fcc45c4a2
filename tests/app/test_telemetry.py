"""Traces reach a collector, and only where one is named."""

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import msgspec
import pytest
from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from app import telemetry
from app.asgi import create_app
from app.config import Settings


class Collector(HTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.spans: list[str] = []
        self.heard = threading.Event()


class Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        request = ExportTraceServiceRequest()
        request.ParseFromString(self.rfile.read(int(self.headers["Content-Length"])))
        for resource in request.resource_spans:
            self.server.spans += [span.name for scope in resource.scope_spans for span in scope.spans]
        self.send_response(200)
        self.end_headers()
        self.server.heard.set()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    server = Collector()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
    AsyncPGInstrumentor().uninstrument()


async def test_a_request_and_its_sql_are_traced(
    collector: Collector, settings: Settings, migrated: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
    endpoint = f"http://127.0.0.1:{collector.server_port}"
    app = create_app(
        msgspec.structs.replace(settings, otlp_endpoint=endpoint, trace_sample_ratio=1.0), background=False
    )
    async with app.lifespan():
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://lyceum.test") as client:
            assert (await client.get("/api/v1/courses")).status_code == 200
            assert (await client.get("/health")).status_code == 200
    assert collector.heard.wait(30)
    async with asyncio.timeout(30):
        while not any("SELECT" in name for name in collector.spans) or "GET /api/v1/courses" not in collector.spans:
            await asyncio.sleep(0.05)
    assert not any("health" in name for name in collector.spans)


def test_without_a_collector_nothing_stands_in_between(settings: Settings) -> None:
    async def inner(scope: object, receive: object, send: object) -> None: ...

    assert telemetry.traced(inner, settings) is inner
