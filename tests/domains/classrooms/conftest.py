"""A teacher with a class, and people who come to it."""

from typing import Any

import httpx
import pytest

from domains.kernel.events import Event
from domains.kernel.uow import Database
from factories.classes import new_class, new_teacher
from factories.people import Learner, register


@pytest.fixture
async def tess(db: Database, client: httpx.AsyncClient) -> Learner:
    """A teacher."""
    return await new_teacher(db, client)


@pytest.fixture
async def bob(client: httpx.AsyncClient) -> Learner:
    return await register(client, "Bob")


@pytest.fixture
async def eve(client: httpx.AsyncClient) -> Learner:
    return await register(client, "Eve")


@pytest.fixture
async def pets(tess: Learner) -> dict[str, Any]:
    """A class of Tess, as she sees it."""
    return await new_class(tess)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch, db: Database) -> list[Event]:
    """Every fact that was committed, in that order."""
    found: list[Event] = []
    monkeypatch.setattr(db, "committed", found.extend)
    return found
