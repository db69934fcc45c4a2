"""People who bring files."""

import shutil

import httpx
import pytest

from app.config import Settings
from domains.kernel.uow import Database
from factories.people import Learner, register
from factories.social import be


@pytest.fixture(autouse=True)
def an_empty_storage(settings: Settings) -> None:
    shutil.rmtree(settings.data_dir / "media", ignore_errors=True)
    (settings.data_dir / "media").mkdir(mode=0o700)


@pytest.fixture
async def author(client: httpx.AsyncClient, db: Database) -> Learner:
    ada = await register(client)
    await be(db, ada, "author")
    return ada
