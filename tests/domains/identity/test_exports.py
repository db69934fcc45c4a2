"""A copy of everything that is held about somebody: complete, without secrets, for its owner alone, once."""

import io
import re
import zipfile
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
import time_machine

from app.registry import DOMAINS
from conftest import Crank
from domains.identity.policy.rights import EXPORT_GIVEN_UP, EXPORT_KEPT
from domains.identity.repository import exports as repository
from domains.identity.repository.exports import Overtaken
from domains.identity.service import exports
from domains.identity.service.exports import look_after
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.everything import EMAIL, dump, fill, marks_in, tables_about_people
from factories.mailbox import mails
from factories.people import Learner, publish, register, small_course

PATH = "/auth/me/exports"

NOT_TOLD = {
    "billing_transfer": "the same money as in orders, payments and refunds, written down twice",
    "catalog_import_part": "a file on its way into a course, gone once it was read",
    "gamification_session_result": "what was shown at the end of a session, out of XP and progress",
    "identity_challenge": "secret, and gone within minutes",
    "identity_code_secret": "secret; that a code was asked for is told",
    "identity_export_chunk": "the copies themselves",
    "identity_oidc_flow": "secret, and gone within minutes",
    "identity_pending_login": "secret, and gone within minutes",
    "identity_refresh_token": "secret; its session is told",
    "identity_ticket": "secret, and gone within a minute",
    "kernel_idempotent_answer": "answers as they were given, for a day",
}
"""Tables about people that no file is made of, and why."""

WITHHELD = {
    *("billing_gift.code", "billing_order.checkout", "billing_order.provider_checkout_ref"),
    *("billing_order.provider_invoice_ref", "identity_api_key.secret_hash", "identity_code.request_hash"),
    *("identity_device.secret_hash", "identity_oidc_session.sid", "identity_passkey.credential_id"),
    *("identity_passkey.public_key", "identity_recovery_code.code_hash", "identity_recovery_code.salt"),
    *("identity_totp.secret", "learning_answer.key", "learning_invitation.code_hash"),
    "learning_second_try.key",
    *("notifications_announcement.channels", "notifications_delivery.dedupe_key", "notifications_delivery.reference"),
    *("notifications_local_mail.message", "notifications_local_mail.message_id"),
    *("notifications_mobile_device.token", "notifications_notification.dedupe_key"),
    *("notifications_ticket.address_digest", "notifications_web_push.auth", "notifications_web_push.endpoint"),
    *("notifications_web_push.p256dh", "profiles_activity.cause"),
    # What staff noted, and what was to be seen of somebody else.
    *("profiles_report.note", "profiles_report.shown_bio", "profiles_report.shown_handle"),
    "profiles_report.shown_name",
}
"""Columns of the other tables that are not told: what opens something, what only machines read, what is others'."""


async def asked(who: Learner) -> dict[str, Any]:
    answer = await who.post(PATH)
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def state(who: Learner, export: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (await who.get(f"{PATH}/{export['id']}")).json()
    return found


async def opened(who: Learner, export: dict[str, Any]) -> dict[str, Any]:
    """Each file of the copy, read."""
    answer = await who.get(f"{PATH}/{export['id']}/file")
    assert answer.status_code == 200, answer.text
    assert len(answer.content) == int(answer.headers["content-length"])
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        assert file.testzip() is None
        assert {info.compress_type for info in file.infolist()} == {zipfile.ZIP_DEFLATED}
        return {name: msgspec.json.decode(file.read(name)) for name in file.namelist()}


def test_every_table_about_people_is_told_or_has_a_reason_not_to_be() -> None:
    told = {
        table
        for domain in DOMAINS
        for held in domain.personal_data
        for table in re.findall(r"(?:FROM|JOIN) ([a-z_]+)", held.sql)
    }
    assert set(tables_about_people()) - told == set(NOT_TOLD)


async def test_a_copy_has_everything_but_secrets(client: httpx.AsyncClient, db: Database, crank: Crank) -> None:
    ada, bob = await register(client, "Ada"), await register(client, "Bob")
    await fill(db, ada.id, bob.id)
    export = await asked(ada)
    assert (export["state"], export["progress"]) == ("waiting", 0.0)
    await crank.jobs()
    files = await opened(ada, export)
    about = set(tables_about_people()) - set(NOT_TOLD)
    held = {mark for mark in marks_in(await dump(db)) if mark.partition(".")[0] in about}
    assert held - marks_in(msgspec.json.encode(files).decode()) == WITHHELD
    manifest = files.pop("manifest.json")
    assert {name: len(rows) for name, rows in files.items()} == manifest["rows"]
    assert files["identity/account.json"][0]["email"] == EMAIL


async def test_a_copy_tells_of_nobody_else(client: httpx.AsyncClient, db: Database, crank: Crank) -> None:
    ada, bob = await register(client, "Ada"), await register(client, "Bob")
    await fill(db, bob.id, ada.id)
    export = await asked(ada)
    await crank.jobs()
    told = msgspec.json.encode(await opened(ada, export)).decode()
    # That Bob follows her, and is her friend, is hers too, and so is what they do together; what he wrote of
    # her, and that he blocks her, is his.
    assert marks_in(told) == {"gamification_friend_quest.metric", "gamification_friend_quest.quest"}
    assert str(bob.id) in told


async def test_answers_come_in_pages_and_progress_is_told(
    client: httpx.AsyncClient, db: Database, crank: Crank, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await register(client)
    await ada.finish(next(iter((await publish(db, small_course())).lessons)))
    seen: list[tuple[int, int]] = []
    progress = repository.progress

    async def watched(db: Database, run: repository.Run, done: int, total: int) -> None:
        seen.append((done, total))
        await progress(db, run, done, total)

    monkeypatch.setattr(exports, "_PAGE", 1)
    monkeypatch.setattr(exports, "_CHUNK_BYTES", 100)
    monkeypatch.setattr(repository, "progress", watched)
    export = await asked(ada)
    await crank.jobs()
    done, totals = [each for each, _ in seen], {total for _, total in seen}
    assert done == list(range(max(done) + 1))
    assert totals == {max(done)}
    assert len(await db.fetch("SELECT FROM identity_export_chunk")) > 3
    assert [row["correct"] for row in (await opened(ada, export))["learning/answers.json"]] == [True] * 4


async def test_it_is_told_by_mail_and_written_down(client: httpx.AsyncClient, db: Database, crank: Crank) -> None:
    ada = await register(client, email="ada@example.org")
    export = await asked(ada)
    await crank.jobs()
    await opened(ada, export)
    await crank.again()
    subjects = [subject for subject, _ in await mails(db, "ada@example.org")]
    assert subjects.count("Your Lyceum data is ready") == 1
    assert subjects.count("A copy of your Lyceum data was asked for") == 1
    history = [item["action"] for item in (await ada.get("/auth/history")).json()["items"]]
    assert history[:2] == ["export_fetched", "export_requested"]


async def test_there_is_one_at_a_time_and_the_same_key_is_the_same_copy(
    client: httpx.AsyncClient, db: Database
) -> None:
    ada = await register(client)
    first = await ada.post(PATH, key="once")
    assert (await ada.post(PATH, key="once")).json() == first.json()
    second = await ada.post(PATH)
    assert (second.status_code, second.json()["code"]) == (409, "identity.export_under_way")
    refused = await ada.get(f"{PATH}/{first.json()['id']}/file")
    assert (refused.status_code, refused.json()["code"]) == (409, "identity.export_not_ready")
    for _ in range(4):
        await db.fetch("UPDATE identity_export SET state = 'ready'")
        newest = await asked(ada)
    items = (await ada.get(PATH)).json()["items"]
    assert next(item["id"] for item in items) == newest["id"]
    assert len(items) == 3


async def test_it_is_its_owners_alone_and_needs_a_fresh_login(client: httpx.AsyncClient, crank: Crank) -> None:
    ada, eve = await register(client, "Ada"), await register(client, "Eve")
    export = await asked(ada)
    await crank.jobs()
    for path in (f"{PATH}/{export['id']}", f"{PATH}/{export['id']}/file", f"{PATH}/{new_id()}"):
        answer = await eve.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "identity.export_unknown"), path
    assert (await eve.get(PATH)).json() == {"items": []}
    with time_machine.travel(utc_now() + timedelta(minutes=6), tick=True):
        for answer in (await ada.post(PATH), await ada.get(f"{PATH}/{export['id']}/file")):
            assert (answer.status_code, answer.json()["code"]) == (403, "identity.step_up_needed")
        assert (await state(ada, export))["state"] == "ready"


async def test_a_process_that_dies_leaves_its_work_to_the_next(
    client: httpx.AsyncClient, db: Database, crank: Crank, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await register(client)
    monkeypatch.setattr(exports, "_CHUNK_BYTES", 100)
    export = await asked(ada)
    # A run that has written some of it and is heard of no more.
    dead = await repository.begin(db, msgspec.convert(export["id"], type(ada.id)))
    assert dead is not None
    await repository.progress(db, dead, 1, 10)
    await repository.keep(db, dead, 0, b"half of a file")
    assert (await state(ada, export)).items() >= {"done": 1, "total": 10, "progress": 0.1, "state": "running"}.items()
    await crank.jobs()
    assert (await state(ada, export))["state"] == "ready"
    assert (await opened(ada, export))["identity/account.json"][0]["name"] == "Ada"
    # Should it come back, it spoils nothing.
    with pytest.raises(Overtaken):
        await repository.keep(db, dead, 1, b"the other half")
    async with db.begin() as uow:
        values = {"size_bytes": 1, "now": utc_now(), "expires_at": utc_now()}
        assert not await repository.finish(uow.session, dead, **values)
    assert (await opened(ada, export))["manifest.json"]["user_id"] == str(ada.id)


async def test_copies_go_after_a_week_and_those_that_never_came_are_given_up(
    client: httpx.AsyncClient, db: Database, crank: Crank
) -> None:
    ada, bob = await register(client, "Ada"), await register(client, "Bob")
    kept = await asked(ada)
    await crank.jobs()
    stuck = await asked(bob)
    await look_after(db, utc_now() + EXPORT_KEPT - timedelta(minutes=1), at_most=1)
    assert (await state(ada, kept))["state"] == "ready"
    assert (await state(bob, stuck))["state"] == "failed"
    assert (await bob.post(PATH)).status_code == 202
    with time_machine.travel(utc_now() + EXPORT_KEPT + EXPORT_GIVEN_UP, tick=False):
        await look_after(db, utc_now(), at_most=1)
    assert (await ada.get(PATH)).json() == {"items": []}
    assert await db.fetch("SELECT FROM identity_export_chunk") == []
