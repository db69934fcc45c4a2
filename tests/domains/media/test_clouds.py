"""Storages elsewhere: clients send parts to them directly, by addresses that are signed, and all else is as on disk."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from moto.server import ThreadedMotoServer

from conftest import Crank
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database
from domains.media.policy.purposes import PART_BYTES, UPLOAD_KEPT
from domains.media.providers.port import Away, Depot, Missing
from domains.media.providers.setup import BadSetting, storage_of
from domains.media.service import clearing
from factories.clouds import kept_in, sent, whole
from factories.files import begin, complete, mp4, path_of, picture, wav
from factories.people import Learner


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    httpx.put(f"http://{host}:{port}/files").raise_for_status()
    yield f"s3://key:secret@files?endpoint={quote(f'http://{host}:{port}')}"
    server.stop()


async def test_a_picture_goes_to_s3_by_a_presigned_address_and_is_shown_from_there(
    client: httpx.AsyncClient, author: Learner, db: Database, s3: str, tmp_path: Path
) -> None:
    storage = storage_of(s3, tmp_path)
    with kept_in(db, storage):
        content = picture()
        upload = await begin(author, content)
        assert "X-Amz-Signature=" in upload["parts"][0]["url"]
        await sent(upload, content)
        done = (await complete(author, upload)).json()
        assert done["file"]["ref"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        for one in [done["file"], *done["file"]["pictures"]]:
            answer = await client.get(path_of(one["url"]))
            assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
            assert len(answer.content) == int(answer.headers["content-length"])
        sound = wav(1.0)
        upload = await begin(author, sound, "audio/wav")
        await sent(upload, sound)
        path = path_of((await complete(author, upload)).json()["file"]["url"])
        assert (await client.get(path, headers={"Range": "bytes=100-199"})).content == sound[100:200]
        assert (await client.get(path, headers={"Range": "bytes=100-"})).content == sound[100:]
        await clearing.clear(db, utc_now() + UPLOAD_KEPT + timedelta(days=2))
        assert [one.key async for one in storage.listed("parts")] == []
        await author.http.delete(f"/api/v1/media/{done['file']['id']}", headers=author.headers)
        await clearing.clear(db, utc_now() + timedelta(days=2))
        assert len([one.key async for one in storage.listed("files")]) == 1, "the sound"
        assert (await client.get(path_of(done["file"]["url"]))).status_code == 404


async def test_a_large_file_goes_to_s3_in_parts_and_goes_on_where_it_broke_off(
    author: Learner, db: Database, crank: Crank, s3: str, tmp_path: Path
) -> None:
    content = mp4(4 * PART_BYTES + 5)
    with kept_in(db, storage_of(s3, tmp_path)):
        upload = await begin(author, content, "video/mp4")
        await sent(upload, content, {2, 5})
        assert (await complete(author, upload)).json()["missing"] == [1, 3, 4]
        again = (await author.get(f"/media/uploads/{upload['id']}")).json()
        assert [part["number"] for part in again["parts"] if part["arrived"]] == [2, 5]
        await sent(again, content, {1, 3, 4})
        assert (await complete(author, upload)).json()["state"] == "processing"
        await crank.jobs()
        done = (await author.get(f"/media/uploads/{upload['id']}")).json()
        assert (done["state"], done["file"]["size_bytes"]) == ("done", len(content))


async def test_a_storage_that_is_away_is_a_503_and_the_upload_goes_on_later(
    author: Learner, db: Database, tmp_path: Path
) -> None:
    content = picture(60, 40)
    upload = await begin(author, content)
    with kept_in(db, storage_of("s3://k:s@files?endpoint=http://127.0.0.1:9", tmp_path)):
        answer = await complete(author, upload)
        assert (answer.status_code, answer.json()["code"]) == (503, "media.storage_away")
        with pytest.raises(Away):
            await db.port(Depot).storage.ask()
    assert (await complete(author, upload)).json()["code"] == "media.upload_incomplete"


async def test_every_storage_keeps_what_it_is_given_and_forgets_it_when_told(s3: str, tmp_path: Path) -> None:
    for url in (f"file:{tmp_path / 'own'}", s3):
        storage = storage_of(url, tmp_path)
        await storage.ask()
        await storage.put("a/b", b"0123456789", "text/plain")
        await storage.put("ab/c", b"", "text/plain")
        assert [(one.key, one.size_bytes) async for one in storage.listed("a")] == [("a/b", 10)]
        assert await whole(storage.read("a/b")) == b"0123456789"
        assert await whole(storage.read("a/b", 2, 5)) == b"234"
        assert await whole(storage.read("a/b", 7)) == b"789"
        await storage.put("a/long", long := bytes(range(256)) * 10_000, "text/plain")
        pieces = [piece async for piece in storage.read("a/long")]
        assert (b"".join(pieces), max(map(len, pieces))) == (long, 1024 * 1024)
        assert await whole(storage.read("a/long", 5, 2_000_000)) == long[5:2_000_000]
        await storage.delete(["a/b", "a/nothing"])
        with pytest.raises(Missing):
            await whole(storage.read("a/b"))
        await storage.aclose()


@pytest.mark.parametrize(
    "url", ["ftp://x", "cloudinary://cloud", "gs://b?credentials=/nowhere.json", "file:/proc/nothing"]
)
def test_a_wrong_address_of_a_storage_is_said_in_one_line(url: str, tmp_path: Path) -> None:
    with pytest.raises(BadSetting) as found:
        storage_of(url, tmp_path)
    assert found.value.name == "storage_url"
    assert "\n" not in str(found.value)
