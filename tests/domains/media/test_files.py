"""Files: who sees them and how, whose they are, and what uses them."""

import io
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from PIL import Image

from domains.identity.events import AccountErased, AccountMerged
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database
from domains.media import api as media
from domains.media.errors import FileInUse, FileNotFound, QuotaExceeded, TypeRefused
from domains.media.service import clearing, files
from factories.files import PDF, bring, mp4, path_of, picture, wav
from factories.people import Learner, register
from factories.social import be


async def delete(who: Learner, file: dict[str, Any]) -> httpx.Response:
    return await who.http.delete(f"/api/v1/media/{file['id']}", headers=who.headers)


async def change(who: Learner, file: dict[str, Any], **fields: str) -> httpx.Response:
    return await who.http.patch(f"/api/v1/media/{file['id']}", json=fields, headers=who.headers)


async def test_a_public_file_is_cached_for_ever_and_answers_ranges(client: httpx.AsyncClient, author: Learner) -> None:
    content = wav(2.0)
    file = await bring(author, content, "audio/wav")
    assert file["duration_ms"] == 2000
    path = path_of(file["url"])
    assert path == media.url_of(file["ref"])
    whole = await client.get(path)
    assert (whole.status_code, whole.content) == (200, content)
    for name, value in {
        "cache-control": "public, max-age=31536000, immutable",
        "accept-ranges": "bytes",
        "content-type": "audio/wav",
        "content-length": str(len(content)),
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
        "content-disposition": f'inline; filename="{path[7:19]}.wav"',
    }.items():
        assert whole.headers.get_list(name) == [value]
    etag = whole.headers["etag"]
    unchanged = await client.get(path, headers={"If-None-Match": etag})
    assert (unchanged.status_code, unchanged.content, unchanged.headers["etag"]) == (304, b"", etag)
    part = await client.get(path, headers={"Range": "bytes=10-19", "If-Range": etag})
    assert (part.status_code, part.content) == (206, content[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(content)}"
    last = await client.get(path, headers={"Range": "bytes=-5"})
    assert (last.status_code, last.content, last.headers["content-length"]) == (206, content[-5:], "5")
    other = await client.get(path, headers={"Range": "bytes=10-19", "If-Range": '"other"'})
    assert (other.status_code, other.content) == (200, content)
    beyond = await client.get(path, headers={"Range": f"bytes={len(content)}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(content)}")
    head = await client.head(path)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(content)))
    assert head.headers["etag"] == etag


async def test_what_was_not_looked_into_is_saved_and_not_opened(client: httpx.AsyncClient, author: Learner) -> None:
    for content, type_, suffix in ((PDF, "application/pdf", "pdf"), (mp4(), "video/mp4", "mp4")):
        file = await bring(author, content, type_)
        answer = await client.get(path_of(file["url"]))
        assert (answer.status_code, answer.headers["content-type"]) == (200, type_)
        assert answer.headers["content-disposition"].startswith("attachment; ")
        assert answer.headers["content-disposition"].endswith(f'.{suffix}"')


async def test_a_picture_is_shown_turned_small_and_without_what_the_camera_wrote(
    client: httpx.AsyncClient, author: Learner
) -> None:
    hidden = b"<script>alert(1)</script>"
    content = picture(1500, 900, form="JPEG", orientation=6) + hidden
    assert b"a camera" in content
    file = await bring(author, content, "image/jpeg")
    assert (file["width"], file["height"]) == (900, 1500)
    seen = {}
    for name in ("", "/320", "/640", "/1280", "/square"):
        answer = await client.get(path_of(file["url"]) + name)
        assert answer.status_code == 200
        assert b"a camera" not in answer.content
        assert hidden not in answer.content
        shown = Image.open(io.BytesIO(answer.content))
        assert (shown.format, shown.getexif(), shown.info.get("icc_profile")) == ("WEBP", {}, None)
        seen[name] = shown.size
    assert seen == {
        "": (900, 1500),
        "/320": (320, 533),
        "/640": (640, 1067),
        "/1280": (900, 1500),
        "/square": (256, 256),
    }
    yellow = Image.open(io.BytesIO((await client.get(path_of(file["url"]))).content)).convert("RGB")
    assert yellow.getpixel((800, 100)) == pytest.approx((255, 255, 0), abs=12), "its upper left is its upper right now"
    assert (await client.get(path_of(file["url"]) + "/100")).status_code == 404


@pytest.mark.parametrize("form", ["JPEG", "GIF", "WEBP", "AVIF"])
async def test_pictures_of_every_kind_are_taken(author: Learner, form: str) -> None:
    content = picture(64, 48, form=form)
    file = await bring(author, content, f"image/{form.lower()}")
    assert (file["width"], file["height"], file["type"]) == (64, 48, f"image/{form.lower()}")


async def test_a_private_file_is_seen_by_its_signed_address_alone(
    client: httpx.AsyncClient, author: Learner, db: Database
) -> None:
    file = await bring(author, picture(400, 300), visibility="private")
    digest = file["ref"].removeprefix("sha256:")
    assert (await client.get(f"/media/{digest}")).status_code == 404
    url = path_of(file["url"])
    answer = await client.get(url)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, max-age=600")
    assert (await client.head(url)).status_code == 200
    [small] = [one for one in file["pictures"] if one["name"] == "320"]
    assert (await client.get(path_of(small["url"]))).status_code == 200
    wrong = [
        url.replace("/main?", "/320?"),
        url.replace("expires=1", "expires=2"),
        url[:-1] + ("0" if url[-1] != "0" else "1"),
    ]
    assert [(await client.get(each)).status_code for each in wrong] == [403] * 3
    assert datetime_of(file) <= utc_now() + timedelta(hours=1)
    assert (await client.get(url.partition("?")[0])).status_code == 400
    eve = await register(client)
    for path in (f"/media/{file['id']}", f"/media/{UUID(int=7)}"):
        answer = await eve.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "media.file_not_found")
    assert (await change(eve, file, name="mine")).status_code == 404
    assert (await delete(eve, file)).status_code == 404
    assert await media.known(db, [file["ref"]]) == set()
    assert await media.known(db, [file["ref"]], owner=author.id) == {file["ref"]}
    shown = (await change(author, file, visibility="public")).json()
    assert path_of(shown["url"]) == f"/media/{digest}"
    assert (await client.get(f"/media/{digest}")).status_code == 200


def datetime_of(file: dict[str, Any]) -> Any:
    return datetime.fromisoformat(file["url_expires_at"])


async def test_my_files_are_listed_page_by_page(client: httpx.AsyncClient, author: Learner) -> None:
    pictures = [await bring(author, picture(20 + size, 20)) for size in range(3)]
    await bring(author, PDF, "application/pdf")
    await bring(author, picture(50, 50), purpose="avatar")
    first = (await author.get("/media?purpose=course&kind=image&limit=2")).json()
    second = (await author.get(f"/media?purpose=course&kind=image&limit=2&cursor={first['next_cursor']}")).json()
    listed = [file["id"] for page in (first, second) for file in page["items"]]
    assert listed == [file["id"] for file in reversed(pictures)]
    assert second["next_cursor"] is None
    assert [file["kind"] for file in (await author.get("/media?kind=document")).json()["items"]] == ["document"]
    eve = await register(client)
    assert (await eve.get("/media")).json()["items"] == []


async def test_a_file_is_renamed_and_described(client: httpx.AsyncClient, author: Learner) -> None:
    file = await bring(author, picture(20, 20))
    changed = (await change(author, file, name=" cat.png ", alt="a cat")).json()
    assert (changed["name"], changed["alt"], changed["ref"]) == ("cat.png", "a cat", file["ref"])
    assert (await change(author, file, name="\u0007")).json()["code"] == "media.bad_field"
    avatar = await bring(author, picture(30, 30), purpose="avatar")
    assert (await change(author, avatar, visibility="private")).json()["code"] == "media.bad_field"


async def test_what_is_used_stays_and_says_where(client: httpx.AsyncClient, author: Learner, db: Database) -> None:
    used, free = await bring(author, picture(20, 20)), await bring(author, picture(30, 30))
    hidden = await bring(author, picture(40, 40), visibility="private")
    nowhere = media.ref_of(bytes(32))
    async with db.begin() as uow:
        refs = [used["ref"], hidden["ref"], nowhere, "no ref"]
        assert await media.hold(uow, "course:1", refs) == {hidden["ref"], nowhere, "no ref"}
    refused = await delete(author, used)
    assert (refused.status_code, refused.json()["code"], refused.json()["used_by"]) == (
        *(409, "media.in_use"),
        ["course:1"],
    )
    assert (await change(author, used, visibility="private")).json()["code"] == "media.in_use"
    assert (await change(author, used, visibility="public", name="b")).status_code == 200
    bob = await register(client)
    await be(db, bob, "author")
    await bring(bob, picture(20, 20))
    assert (await delete(author, used)).status_code == 204, "others show it"
    async with db.begin() as uow:
        await media.hold(uow, "course:1", [free["ref"]])
    async with db.begin() as uow:
        await media.hold(uow, "course:1", [])
    assert (await delete(author, free)).status_code == 204


async def test_who_goes_takes_their_files_but_not_those_that_a_course_uses(
    client: httpx.AsyncClient, author: Learner, db: Database
) -> None:
    used, free = await bring(author, picture(20, 20), name="used"), await bring(author, picture(30, 30))
    async with db.begin() as uow:
        await media.hold(uow, "course:1", [used["ref"]])
        uow.record(AccountErased(user_id=author.id))
    await clearing.clear(db, utc_now() + timedelta(seconds=1))
    assert (await client.get(path_of(used["url"]))).status_code == 200
    assert (await client.get(path_of(free["url"]))).status_code == 404
    rows = await db.fetch("SELECT owner_id, name FROM media_file")
    assert [tuple(row) for row in rows] == [(None, "")]
    assert len(await db.fetch("SELECT 1 FROM media_blob")) == 1
    async with db.begin() as uow:
        await media.hold(uow, "course:1", [])
    await clearing.clear(db, utc_now() + timedelta(days=2))
    assert await db.fetch("SELECT 1 FROM media_blob") == []


async def test_what_a_guest_had_is_the_accounts_that_they_become(
    client: httpx.AsyncClient, author: Learner, db: Database
) -> None:
    bob = await register(client)
    both, mine = picture(20, 20), picture(30, 30)
    for who in (author, bob):
        await bring(who, both, purpose="avatar")
    await bring(bob, mine, purpose="avatar")
    async with db.begin() as uow:
        uow.record(AccountMerged(from_id=bob.id, into_id=author.id))
    assert len((await author.get("/media")).json()["items"]) == 2
    assert await db.fetch("SELECT 1 FROM media_file WHERE owner_id = $1", bob.id) == []


async def test_files_of_packages_go_through_the_same_checks(author: Learner, db: Database, tmp_path: Any) -> None:
    content = picture(60, 40)
    ref = await media.put(db, content, name="flag.png", owner=author.id)
    assert await media.put(db, content, name="again.png", owner=author.id) == ref
    assert (await author.get("/media/usage")).json()["used_bytes"] == len(content)
    (tmp_path / "flag.png").write_bytes(content)
    assert await media.put(db, tmp_path / "flag.png", name="flag.png", owner=author.id) == ref
    assert await media.read(db, ref) == content
    assert await media.known(db, [ref, media.ref_of(bytes(32))]) == {ref}
    with pytest.raises(TypeRefused, match="SVG"):
        await media.put(db, b"<svg/>", name="x.png", owner=author.id)
    with pytest.raises(FileNotFound):
        await media.read(db, media.ref_of(bytes(32)))
    with pytest.raises(FileInUse):
        async with db.begin() as uow:
            await media.hold(uow, "course:1", [ref])
            [file] = await uow.fetch("SELECT id FROM media_file")
            await files.remove(uow, author.id, file["id"])


async def test_packages_stay_within_the_quota(client: httpx.AsyncClient, db: Database) -> None:
    bob = await register(client)
    await db.fetch(
        "INSERT INTO media_upload (id, owner_id, purpose, visibility, name, size_bytes, type, expires_at)"
        " VALUES (gen_random_uuid(), $1, 'course', 'public', '', 99999999, '', now())",
        bob.id,
    )
    with pytest.raises(QuotaExceeded):
        await media.put(db, PDF, name="x.pdf", owner=bob.id)


def test_addresses_follow_from_the_content_alone() -> None:
    ref = media.ref_of(bytes(32))
    paths = [media.url_of(ref), media.url_of(ref, 200), media.url_of(ref, 320), media.url_of(ref, 4000)]
    path = f"/media/{'0' * 64}"
    assert paths == [path, f"{path}/320", f"{path}/320", path]
    assert media.url_of(ref, square=True) == f"{path}/square"
    with pytest.raises(ValueError, match="names no content"):
        media.url_of("sha256:x")
