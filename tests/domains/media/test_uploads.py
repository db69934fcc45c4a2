"""Uploads: begun, sent in parts, completed once, whatever happens in between."""

import httpx
import pytest

from domains.kernel.uow import Database
from factories.files import bring, path_of, picture
from factories.people import Learner, register
from factories.social import be


@pytest.fixture
async def author(client: httpx.AsyncClient, db: Database) -> Learner:
    ada = await register(client)
    await be(db, ada, "author")
    return ada


async def test_a_picture_is_sent_and_everybody_sees_what_was_made_of_it(
    client: httpx.AsyncClient, author: Learner
) -> None:
    file = await bring(author, picture(), alt="a flag")
    assert (file["kind"], file["type"], file["width"], file["height"]) == ("image", "image/png", 900, 600)
    assert [one["name"] for one in file["pictures"]] == ["main", "320", "640", "square"]
    answer = await client.get(path_of(file["url"]))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/webp"
