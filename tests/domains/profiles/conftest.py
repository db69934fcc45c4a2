"""Three people who do not know each other."""

import httpx
import pytest

from domains.kernel.events import Event
from domains.kernel.uow import Database
from factories.people import Learner
from factories.social import newcomer


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await newcomer(client, "Ada")


@pytest.fixture
async def bob(client: httpx.AsyncClient) -> Learner:
    return await newcomer(client, "Bob")


@pytest.fixture
async def eve(client: httpx.AsyncClient) -> Learner:
    return await newcomer(client, "Eve")


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch, db: Database) -> list[Event]:
    """Every fact that was committed, in that order."""
    found: list[Event] = []
    monkeypatch.setattr(db, "committed", found.extend)
    return found
