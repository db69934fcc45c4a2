"""Two server processes over a database of their own, started as an operator would start them, once per test process:
journeys meet other learners there, as people do."""

import random
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from app.demo.knowledge import Knowledge
from app.embedded import Services
from domains.catalog import api as catalog
from journeys.browsing import chromium
from journeys.node import MODULES, NODE
from journeys.served import FRAME_S, Visitor, demo_course, fresh, served, visitor


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever comes first waits for the servers, too."""
    for item in items:
        if item.path.parent == Path(__file__).parent and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(180))


@pytest.fixture(scope="session")
async def browser_program() -> AsyncIterator[None]:
    async with chromium():
        yield


@pytest.fixture(scope="session")
def environment(services: Services, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return fresh(services, tmp_path_factory.mktemp("journeys"))


@pytest.fixture
def own_environment(services: Services, tmp_path: Path) -> dict[str, str]:
    """For a test with a Redis of its own: servers that share a database have to share their Redis, or the facts that
    one of them takes never reach the screens of the other."""
    return fresh(services, tmp_path)


@pytest.fixture(scope="session")
def url(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(environment, tmp_path_factory.mktemp("serve") / "log", "--workers", "2") as address:
        yield address


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    return Knowledge(catalog.demo_course())


@pytest.fixture(scope="session")
def node_modules() -> Path:
    if NODE is None or not (MODULES / "socket.io-client").is_dir():
        pytest.skip("Node, or what it needs to build the web client, is not there")
    return MODULES


@pytest.fixture
def chance() -> random.Random:
    return random.Random(7)


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """Opens a connection for each call, so that calls spread over the server's processes."""
    limits = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(limits=limits, trust_env=False, timeout=FRAME_S) as client:
        yield client


@pytest.fixture
async def lessons(url: str, http: httpx.AsyncClient) -> list[str]:
    course = demo_course((await http.get(f"{url}/api/v1/courses")).json()["items"])
    found = (await http.get(f"{url}/api/v1/courses/{course['id']}/lessons")).json()["items"]
    return [lesson["id"] for lesson in found]


@pytest.fixture
async def ada(url: str, http: httpx.AsyncClient) -> Visitor:
    return await visitor(url, http, "Ada")


@pytest.fixture
async def ben(url: str, http: httpx.AsyncClient) -> Visitor:
    return await visitor(url, http, "Ben")
