"""What storage and database disagree on, found and mended."""

import hashlib
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from click.testing import CliRunner

from app.commands import media as command
from app.config import Settings
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.media import api as media
from domains.media.errors import StorageAway
from domains.media.service import checking, clearing
from domains.media.service.checking import Checked
from factories.files import PDF, begin, bring, complete, path_of, picture, send
from factories.people import Learner


async def check(db: Database, **how: bool) -> Checked:
    return await media.check(db, utc_now(), **{"repair": False, "deep": False, **how})


def troubles(found: Checked) -> list[tuple[str, str, bool]]:
    return sorted((one.trouble, one.key.rpartition("/")[2], bool(one.mended)) for one in found.disagreements)


async def test_what_storage_and_database_disagree_on_is_found_and_mended(
    client: httpx.AsyncClient, author: Learner, db: Database, settings: Settings
) -> None:
    small = await bring(author, picture(400, 300))
    lost = await bring(author, picture(500, 300))
    spoilt = await bring(author, PDF, "application/pdf")
    kept = settings.data_dir / "media" / "files"
    assert troubles(await check(db, deep=True)) == []

    def place(file: dict[str, Any]) -> Path:
        digest = file["ref"].removeprefix("sha256:")
        [found] = (kept / digest[:2] / digest).iterdir()
        return found

    (place(small) / "320.webp").unlink()
    (place(small) / "square.webp").write_bytes(b"")
    (place(lost) / "original").unlink()
    (place(spoilt) / "original").write_bytes(PDF[:-1] + b"?")
    stranger, young = kept / "ab" / "stranger", kept / "ab" / "young"
    stranger.parent.mkdir(exist_ok=True)
    for path in (stranger, young):
        path.write_bytes(b"x")
    old = (utc_now() - timedelta(days=2)).timestamp()
    os.utime(stranger, (old, old))

    shallow = [("missing", "320.webp"), ("missing", "original"), ("unknown", "stranger"), ("wrong_size", "square.webp")]
    assert troubles(await check(db)) == [(*each, False) for each in shallow]
    deep = sorted([*shallow, ("wrong_content", "original")])
    assert troubles(await check(db, repair=True, deep=True)) == [(*each, True) for each in deep]
    left = [("missing", "original", False), ("wrong_content", "original", False)]
    assert troubles(await check(db)) == left
    for one in small["pictures"]:
        assert (await client.get(path_of(one["url"]))).status_code == 200
    for file in (lost, spoilt):
        assert (await client.get(path_of(file["url"]))).status_code == 404
    assert not stranger.exists()
    assert young.exists()
    again = await bring(author, PDF, "application/pdf")
    assert (await client.get(path_of(again["url"]))).content == PDF, "brought again, it is there again"


async def test_what_is_back_in_the_storage_is_shown_again(
    client: httpx.AsyncClient, author: Learner, db: Database, settings: Settings
) -> None:
    file = await bring(author, picture(30, 30))
    kept, away = settings.data_dir / "media" / "files", settings.data_dir / "media" / "elsewhere"
    kept.rename(away)
    assert {trouble for trouble, *_ in troubles(await check(db, repair=True))} == {"missing"}
    assert (await client.get(path_of(file["url"]))).status_code == 404
    away.rename(kept)
    assert troubles(await check(db)) == [("back", "original", False)]
    assert troubles(await check(db, repair=True)) == [("back", "original", True)]
    assert troubles(await check(db)) == []
    assert (await client.get(path_of(file["url"]))).status_code == 200


async def test_what_is_stored_while_it_is_checked_is_not_missing(
    author: Learner, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed, late = checking._blobs, [picture(30, 30)]

    async def and_meanwhile(db: Database, first: int) -> Any:
        while late:
            await bring(author, late.pop())
        async for blob in listed(db, first):
            yield blob

    # All of the storage is listed before the first is brought.
    monkeypatch.setattr(checking, "_blobs", and_meanwhile)
    monkeypatch.setattr(checking, "range", lambda _: [hashlib.sha256(late[0]).digest()[0]], raising=False)
    found = await check(db, repair=True)
    assert (found.contents, found.disagreements) == (1, [])


async def test_parts_of_no_upload_are_found(author: Learner, db: Database, settings: Settings) -> None:
    upload = await begin(author, PDF, "application/pdf")
    await send(author, upload, PDF)
    stray = settings.data_dir / "media" / "parts" / str(new_id()) / "0001"
    stray.parent.mkdir()
    stray.write_bytes(b"x")
    later = utc_now() + timedelta(days=2)
    found = await media.check(db, later, repair=True, deep=False)
    assert [(one.trouble, one.key, one.mended) for one in found.disagreements] == [
        ("unknown", f"parts/{stray.parent.name}/0001", "deleted")
    ]
    assert (await complete(author, upload)).json()["state"] == "done"


async def test_a_disk_that_is_not_there_has_lost_nothing(author: Learner, db: Database, settings: Settings) -> None:
    await bring(author, picture(30, 30))
    disk = settings.data_dir / "media"
    disk.rename(disk.with_name("unmounted"))
    try:
        with pytest.raises(StorageAway):
            await check(db, repair=True)
    finally:
        disk.with_name("unmounted").rename(disk)
    assert troubles(await check(db)) == []


async def test_what_is_being_written_or_waits_to_be_deleted_is_no_disagreement(
    client: httpx.AsyncClient, author: Learner, db: Database
) -> None:
    file = await bring(author, picture(30, 30))
    await client.delete(f"/api/v1/media/{file['id']}", headers=author.headers)
    async with db.begin() as uow:
        await clearing._forget_idle(uow.fetch, utc_now() + timedelta(days=2))
    later = utc_now() + timedelta(days=2)
    assert (await media.check(db, later, repair=True, deep=False)).disagreements == []


def test_the_command_tells_and_fails_where_something_is_left(tmp_path: Path, monkeypatch: Any) -> None:
    bad = media.Disagreement("missing", "files/ab/original", "sha256:ab")
    for one, status in ((bad, 1), (msgspec.structs.replace(bad, mended="made anew"), 0)):
        monkeypatch.setattr(command, "run", lambda *_, one=one: Checked(1, 3, 2_000_000, [one]))
        result = CliRunner().invoke(command.media, ["check"])
        assert result.exit_code == status
        assert "files/ab/original is not in the storage" in result.output
        assert "1 files in 3 objects, 2.0 MB: 1 disagreements" in result.output
        assert CliRunner().invoke(command.media, ["check", "--json"]).output.startswith("{")
