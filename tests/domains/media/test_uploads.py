"""Uploads: begun, sent in parts, completed once, whatever happens in between."""

import asyncio
import hashlib
import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from litestar import Litestar

from app.config import Settings
from conftest import Crank
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.media.errors import StorageAway
from domains.media.policy.purposes import ENDED_KEPT, GRACE, LINK_KEPT, MOST_OPEN, PART_BYTES, UPLOAD_KEPT
from domains.media.providers.port import Depot
from domains.media.service import clearing, looking, storing
from domains.media.service.uploads import finish_large
from factories.files import PDF, announced, begin, bring, complete, mp4, path_of, picture, send, wav
from factories.people import Learner, register


async def stored(db: Database, prefix: str = "") -> list[str]:
    return sorted([one.key async for one in db.port(Depot).storage.listed(prefix)])


async def test_a_picture_is_sent_and_everybody_sees_what_was_made_of_it(
    client: httpx.AsyncClient, author: Learner, db: Database
) -> None:
    file = await bring(author, picture(), alt=" a   flag ", name="C:\\pictures\\flag.png")
    assert (file["kind"], file["type"], file["width"], file["height"]) == ("image", "image/png", 900, 600)
    assert (file["name"], file["alt"], file["visibility"]) == ("flag.png", "a flag", "public")
    assert [(one["name"], one["width"], one["height"]) for one in file["pictures"]] == [
        *(("main", 900, 600), ("320", 320, 213), ("640", 640, 427), ("square", 256, 256))
    ]
    for one in [file, *file["pictures"]]:
        answer = await client.get(path_of(one["url"]))
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
    assert await stored(db, "parts") == []


async def test_a_large_file_goes_in_parts_in_any_order_and_goes_on_where_it_broke_off(
    author: Learner, db: Database, crank: Crank
) -> None:
    content = mp4(4 * PART_BYTES + 5)
    upload = await begin(author, content, "video/mp4")
    assert [part["size_bytes"] for part in upload["parts"]] == [PART_BYTES] * 4 + [5]
    await send(author, upload, content, numbers={5, 2})
    early = await complete(author, upload)
    assert (early.status_code, early.json()["code"], early.json()["missing"]) == (
        *(409, "media.upload_incomplete"),
        [1, 3, 4],
    )
    again = (await author.get(f"/media/uploads/{upload['id']}")).json()
    assert [part["number"] for part in again["parts"] if part["arrived"]] == [2, 5]
    await send(author, again, content, numbers={1, 3, 4, 2})
    processing = await complete(author, upload)
    assert (processing.status_code, processing.json()["state"]) == (200, "processing")
    assert (await complete(author, upload)).json()["state"] == "processing"
    await crank.jobs()
    done = (await complete(author, upload)).json()
    assert (done["state"], done["file"]["ref"]) == ("done", f"sha256:{hashlib.sha256(content).hexdigest()}")
    assert await stored(db, "parts") == []
    await crank.again()


async def test_completing_ten_times_at_once_makes_one_file(author: Learner, db: Database) -> None:
    content = picture(300, 200)
    upload = await begin(author, content)
    await send(author, upload, content)
    answers = await asyncio.gather(*(complete(author, upload) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["file"]["id"] for answer in answers}) == 1
    await clearing.delete_leftovers(db, utc_now() + timedelta(days=1))
    assert len(await stored(db)) == 3, "original, main and square"


async def test_the_same_content_is_kept_once_whoever_brings_it(
    client: httpx.AsyncClient, author: Learner, db: Database
) -> None:
    bob = await register(client)
    content = picture(300, 200)
    mine = await bring(author, content)
    theirs = await bring(bob, content, purpose="avatar")
    assert mine["ref"] == theirs["ref"]
    assert len(await stored(db, "files")) == 3
    assert (await bring(author, content))["id"] == mine["id"], "the same for the same purpose is the same file"


async def test_what_is_known_need_not_be_sent_and_what_is_private_is_not_told_of(
    client: httpx.AsyncClient, author: Learner
) -> None:
    bob = await register(client)
    shown, hidden = picture(300, 200), picture(300, 200, color="red")
    await bring(author, shown)
    await bring(author, hidden, visibility="private")

    async def announce(who: Learner, content: bytes) -> str:
        sha256 = hashlib.sha256(content).hexdigest()
        upload = await begin(who, content, purpose="avatar", sha256=sha256)
        assert (upload["state"] == "done") == (upload["file"] is not None) == (upload["parts"] == [])
        return str(upload["state"])

    assert await announce(bob, shown) == "done"
    assert await announce(bob, hidden) == "open", "as if nobody had it"
    assert await announce(author, hidden) == "done"

    await bring(author, PDF, "application/pdf")
    lie = announced(picture(), "image/png", purpose="avatar", sha256=hashlib.sha256(PDF).hexdigest())
    answer = await bob.post("/media/uploads", lie)
    assert (answer.status_code, answer.json().get("found")) == (415, "application/pdf"), "known, but no picture"


@pytest.mark.parametrize(
    ("content", "type_", "code"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "image/png", "media.type_refused"),
        (b"PK\x03\x04 whatever", "image/png", "media.type_refused"),
        (picture(8, 8)[:60], "image/png", "media.bad_file"),
        (b"\x89PNG\r\n\x1a\n" + os.urandom(500), "image/png", "media.bad_file"),
        (b"ID3\x04" + bytes(500), "audio/mpeg", "media.bad_file"),
        (wav(601.0, rate=100), "audio/wav", "media.bad_file"),
    ],
    ids=["svg", "zip", "cut", "noise", "silence", "long"],
)
async def test_what_is_not_what_it_says_is_refused_for_good_and_thrown_away(
    author: Learner, db: Database, content: bytes, type_: str, code: str
) -> None:
    upload = await begin(author, content, type_)
    await send(author, upload, content)
    for _ in range(2):
        answer = await complete(author, upload)
        assert (answer.status_code // 100, answer.json()["code"]) == (4, code), answer.text
    told = (await author.get(f"/media/uploads/{upload['id']}")).json()
    assert (told["state"], told["failure"]["code"], told["parts"]) == ("failed", code, [])
    assert await stored(db) == []


async def test_another_hash_than_announced_is_refused(author: Learner) -> None:
    upload = await begin(author, PDF, "application/pdf", sha256="0" * 64)
    await send(author, upload, PDF)
    assert (await complete(author, upload)).json()["code"] == "media.hash_differs"


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"type": "image/svg+xml"}, 415, "media.type_refused"),
        ({"size_bytes": 15_000_001}, 413, "media.too_large"),
        ({"purpose": "avatar", "size_bytes": 5_000_001}, 413, "media.too_large"),
        ({"purpose": "avatar", "type": "video/mp4"}, 415, "media.type_refused"),
        ({"name": "\u0007"}, 400, "media.bad_field"),
        ({"name": "a\u0000"}, 400, "identity.bad_field"),
        ({"sha256": "xyz"}, 400, "media.bad_field"),
        ({"size_bytes": 0}, 400, "http.validation"),
        ({"owner_id": "me"}, 400, "http.validation"),
    ],
    ids=str,
)
async def test_what_cannot_be_taken_is_refused_before_it_is_sent(
    author: Learner, fields: dict[str, object], status: int, code: str
) -> None:
    answer = await author.post("/media/uploads", announced(b"x", "image/png", **fields))
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_learners_bring_pictures_of_themselves_and_nothing_for_courses(client: httpx.AsyncClient) -> None:
    bob = await register(client)
    refused = await bob.post("/media/uploads", announced(b"x", "image/png"))
    assert (refused.status_code, refused.json()["code"]) == (403, "media.purpose_not_allowed")
    await bring(bob, picture(100, 100), purpose="avatar")
    handed_in = await bring(bob, PDF, "application/pdf", purpose="submission", visibility="public")
    assert handed_in["visibility"] == "private"


async def test_a_quota_holds_however_many_come_at_once(client: httpx.AsyncClient, db: Database) -> None:
    bob = await register(client)
    body = announced(b"", "application/pdf", purpose="submission", size_bytes=24_000_000)
    answers = await asyncio.gather(*(bob.post("/media/uploads", body) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] * 4 + [409] * 4
    refused = next(answer.json() for answer in answers if answer.status_code == 409)
    assert (refused["code"], refused["used_bytes"], refused["quota_bytes"], refused["wanted_bytes"]) == (
        *("media.quota_exceeded", 96_000_000, 100_000_000, 24_000_000),
    )
    usage = (await bob.get("/media/usage")).json()
    assert (usage["used_bytes"], usage["uploads"], usage["files"]) == (96_000_000, 4, 0)
    # Given up, or forgotten, they count no more.
    first = next(answer.json() for answer in answers if answer.status_code == 201)
    gone = await client.delete(f"/api/v1/media/uploads/{first['id']}", headers=bob.headers)
    assert gone.status_code == 204
    await clearing.clear(db, utc_now() + UPLOAD_KEPT + timedelta(minutes=1))
    assert (await bob.get("/media/usage")).json()["used_bytes"] == 0
    assert (await bob.get(f"/media/uploads/{first['id']}")).status_code == 404


async def test_there_is_an_end_to_uploads_under_way(client: httpx.AsyncClient, db: Database) -> None:
    bob = await register(client)
    body = announced(b"x", "image/png", purpose="avatar")
    answers = [await bob.post("/media/uploads", body) for _ in range(MOST_OPEN + 1)]
    assert answers[-1].json()["code"] == "media.too_many_uploads"
    assert len((await bob.get("/media/uploads")).json()["items"]) == MOST_OPEN


async def test_a_key_makes_one_upload_and_keeps_no_address(author: Learner, db: Database) -> None:
    body = announced(PDF, "application/pdf")
    first, again = [(await author.post("/media/uploads", body, key="k")).json() for _ in range(2)]
    assert first["id"] == again["id"]
    kept = await db.fetch("SELECT convert_from(body, 'UTF8') AS body FROM kernel_idempotent_answer WHERE key = 'k'")
    assert "sig=" not in kept[0]["body"]


async def test_a_part_is_taken_whole_at_its_own_address_and_nowhere_else(
    client: httpx.AsyncClient, author: Learner, db: Database
) -> None:
    upload = await begin(author, PDF, "application/pdf")
    url, headers = path_of(upload["parts"][0]["url"]), upload["headers"]
    refused = {"/1?": "/2?", "sig=": "expires=1&sig=", upload["id"]: str(upload["id"])[::-1]}
    for one, other in refused.items():
        answer = await client.put(url.replace(one, other, 1), content=PDF, headers=headers)
        assert answer.status_code in (400, 403, 404), url.replace(one, other, 1)
    for wrong in (PDF[:-1], PDF + b"x", b""):
        answer = await client.put(url, content=wrong, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "media.bad_part")

    async def slowly_too_much() -> object:
        for _ in range(3):
            yield PDF

    answer = await client.put(url, content=slowly_too_much(), headers=headers)
    assert answer.json()["code"] == "media.bad_part"
    assert await stored(db, "parts") == [], "nothing is kept of what is not whole"
    await send(author, upload, PDF)
    assert (await complete(author, upload)).status_code == 200
    late = await client.put(url, content=PDF, headers=headers)
    assert (late.status_code, late.json()["code"]) == (409, "media.upload_over")


async def test_who_hangs_up_in_the_middle_of_a_part_leaves_nothing(
    app: Litestar, author: Learner, db: Database, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    upload = await begin(author, PDF, "application/pdf")
    parts = urlsplit(upload["parts"][0]["url"])
    events: list[dict[str, Any]] = [
        {"type": "http.request", "body": PDF[:20], "more_body": True},
        {"type": "http.disconnect"},
    ]
    scope = {
        "type": "http",
        "method": "PUT",
        "path": parts.path,
        "raw_path": parts.path.encode(),
        "root_path": "",
        "query_string": parts.query.encode(),
        "headers": [],
        "scheme": "http",
        "http_version": "1.1",
        "server": ("lyceum.test", 80),
        "client": ("127.0.0.1", 1),
        "asgi": {"version": "3.0"},
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return events.pop(0)

    async def send_(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send_)  # type: ignore[arg-type]
    assert sent[0]["status"] == 400
    assert [path for path in (settings.data_dir / "media").rglob("*") if path.is_file()] == []
    assert caplog.records == []
    await send(author, upload, PDF)
    assert (await complete(author, upload)).json()["state"] == "done"


async def test_a_part_that_the_storage_has_lost_ends_the_upload(
    author: Learner, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = await begin(author, PDF, "application/pdf")
    await send(author, upload, PDF)
    gather = looking.gather

    async def lose(*given: Any, **named: Any) -> None:
        await db.port(Depot).storage.delete(await stored(db, "parts"))
        await gather(*given, **named)

    monkeypatch.setattr(looking, "gather", lose)
    for _ in range(2):
        answer = await complete(author, upload)
        assert (answer.status_code, answer.json()["code"]) == (422, "media.bad_file")


async def test_an_author_of_one_course_brings_files_for_it(
    client: httpx.AsyncClient, author: Learner, db: Database
) -> None:
    bob, course_id = await register(client), str(new_id())
    await db.fetch(
        "INSERT INTO identity_scoped_role (user_id, role, kind, within_id) VALUES ($1, 'author', 'course', $2)",
        bob.id,
        course_id,
    )
    assert (await bob.post("/media/uploads", announced(PDF, "application/pdf"))).status_code == 403
    other = announced(PDF, "application/pdf", course_id=str(new_id()))
    assert (await bob.post("/media/uploads", other)).status_code == 403
    assert (await bring(bob, PDF, "application/pdf", course_id=course_id))["visibility"] == "public"
    # What is here already, and what is fetched, has the room of an author as well.
    full = announced(b"", "application/pdf", purpose="submission", size_bytes=24_999_980)
    assert [(await bob.post("/media/uploads", full)).status_code for _ in range(5)] == [201] * 4 + [409]
    shown = picture(30, 20)
    await bring(author, shown)
    known = announced(shown, "image/png", course_id=course_id, sha256=hashlib.sha256(shown).hexdigest())
    assert (await bob.post("/media/uploads", known)).json().get("state") == "done"


async def test_an_upload_of_somebody_else_is_not_there(client: httpx.AsyncClient, author: Learner) -> None:
    eve = await register(client)
    upload = await begin(author, PDF, "application/pdf")
    await send(author, upload, PDF)
    path = f"/media/uploads/{upload['id']}"
    answers = [
        await eve.get(path),
        await complete(eve, upload),
        await client.delete(f"/api/v1{path}", headers=eve.headers),
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(404, "media.upload_not_found")}
    assert (await complete(author, upload)).status_code == 200


async def test_a_process_that_dies_while_it_writes_leaves_nothing_behind(
    author: Learner, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = picture(300, 200)
    upload = await begin(author, content)
    await send(author, upload, content)

    async def die(*_: object) -> None:
        raise KeyError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(storing, "_own", die)
        assert (await complete(author, upload)).status_code == 500
    assert len(await stored(db, "files")) == 3
    await clearing.delete_leftovers(db, utc_now() + timedelta(hours=2))
    assert await stored(db, "files") == []
    assert (await complete(author, upload)).json()["state"] == "done", "and the upload goes on"


async def test_what_is_written_for_so_long_that_it_is_given_up_is_written_again(
    client: httpx.AsyncClient, author: Learner, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = picture(300, 200)
    upload = await begin(author, content)
    await send(author, upload, content)
    with monkeypatch.context() as patch:
        patch.setattr(storing, "_WRITING", timedelta(0))
        assert (await complete(author, upload)).status_code == 503
    await clearing.delete_leftovers(db, utc_now())
    file = (await complete(author, upload)).json()["file"]
    await clearing.delete_leftovers(db, utc_now() + timedelta(hours=2))
    assert (await client.get(path_of(file["url"]))).status_code == 200


async def test_what_a_killed_process_has_half_written_is_deleted_too(
    author: Learner, db: Database, settings: Settings
) -> None:
    upload = await begin(author, PDF, "application/pdf")
    await send(author, upload, PDF)
    half = settings.data_dir / "media" / "parts" / upload["id"] / "0001#7"
    half.write_bytes(b"%PD")
    await complete(author, upload)
    assert not half.parent.exists()


async def test_a_part_that_comes_after_its_upload_has_expired_is_deleted(author: Learner, db: Database) -> None:
    upload = await begin(author, PDF, "application/pdf")
    late = utc_now() + UPLOAD_KEPT + timedelta(minutes=1)
    await clearing.clear(db, late)
    # An address of a cloud opens for its hour, whatever has become of the upload.
    await db.port(Depot).storage.put(f"parts/{upload['id']}/0001", PDF, "")
    await clearing.clear(db, late + LINK_KEPT)
    assert await stored(db, "parts") == []


async def test_an_upload_that_has_expired_has_no_addresses_any_more(author: Learner, db: Database) -> None:
    upload = await begin(author, PDF, "application/pdf")
    await db.fetch("UPDATE media_upload SET expires_at = now()")
    assert (await author.get(f"/media/uploads/{upload['id']}")).json()["parts"] == []


async def test_a_full_disk_is_a_storage_that_is_away() -> None:
    async def pieces() -> Any:
        yield bytes(1)

    with Path("/dev/full").open("wb", buffering=0) as full, pytest.raises(StorageAway):
        await looking.gather(full, pieces(), most_bytes=9)


async def test_what_nobody_has_is_deleted_once_a_day_has_passed(
    client: httpx.AsyncClient, author: Learner, db: Database
) -> None:
    file = await bring(author, picture(300, 200))
    assert (await client.delete(f"/api/v1/media/{file['id']}", headers=author.headers)).status_code == 204
    assert (await client.get(path_of(file["url"]))).status_code == 404
    await clearing.clear(db, utc_now() + GRACE - timedelta(hours=1))
    assert len(await stored(db, "files")) == 3
    again = await bring(author, picture(300, 200))
    await clearing.clear(db, utc_now() + GRACE + timedelta(hours=1))
    assert (await client.get(path_of(again["url"]))).status_code == 200, "it was brought again"
    await client.delete(f"/api/v1/media/{again['id']}", headers=author.headers)
    await clearing.clear(db, utc_now() + GRACE + timedelta(hours=1))
    assert await stored(db, "files") == []
    await clearing.clear(db, utc_now() + UPLOAD_KEPT + ENDED_KEPT + timedelta(hours=1))
    left = await db.fetch("SELECT 1 FROM media_upload UNION ALL SELECT 1 FROM media_leftover")
    assert left == []


async def test_a_large_file_that_is_not_what_it_says_fails_in_the_background(
    author: Learner, db: Database, crank: Crank
) -> None:
    content = b"MZ" + bytes(17_000_000)
    upload = await begin(author, content, "video/mp4")
    await send(author, upload, content)
    assert (await complete(author, upload)).json()["state"] == "processing"
    await crank.jobs()
    told = (await author.get(f"/media/uploads/{upload['id']}")).json()
    assert (told["state"], told["failure"]["code"]) == ("failed", "media.type_refused")
    assert "a program" in told["failure"]["detail"]
    async with db.begin() as uow:
        await finish_large(uow, upload["id"])
