"""One-time codes: a login, an address confirmed or changed, another password, all by reading a mail."""

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
import time_machine

from app.asgi import Parts
from domains.identity import api, jobs
from domains.identity.service import hashing
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database, UnitOfWork
from factories.mailbox import code_for, mails, token_for
from factories.people import PASSWORD, Learner, register

AUTH = "/api/v1/auth"
EMAIL = "ada@example.org"
OTHER = "another long secret 43"


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def wrong(right: str) -> str:
    return f"{(int(right) + 1) % 10**8:08}"


async def ask(client: httpx.AsyncClient, path: str = "login/code", email: str = EMAIL) -> str:
    answer = await client.post(f"{AUTH}/{path}", json={"email": email})
    assert (answer.status_code, answer.json()["expires_in"]) == (202, 600), answer.text
    request_id: str = answer.json()["request_id"]
    return request_id


async def show(client: httpx.AsyncClient, path: str = "login/code", **body: str) -> httpx.Response:
    return await client.post(f"{AUTH}/{path}/confirm", json=body)


async def log_in(client: httpx.AsyncClient, password: str, email: str = EMAIL) -> httpx.Response:
    return await client.post(f"{AUTH}/login", json={"email": email, "password": password})


@pytest.fixture
async def ada(client: httpx.AsyncClient, db: Database, crank: Any) -> Learner:
    """Her address is confirmed, and the mails of her registration are there."""
    learner = await register(client, email=EMAIL)
    await crank.jobs()
    await db.fetch("UPDATE identity_user SET email_verified_at = now()")
    return learner


async def test_a_code_from_the_mail_logs_in_once(
    client: httpx.AsyncClient, db: Database, ada: Learner, crank: Any
) -> None:
    request_id = await ask(client)
    await crank.jobs()
    sent = await code_for(db, EMAIL)
    answer = await show(client, request_id=request_id, code=f" {sent[:4]}-{sent[4:]} ")
    assert answer.status_code == 200
    assert answer.json()["user"]["id"] == str(ada.id)
    assert code(await show(client, request_id=request_id, code=sent)) == (400, "identity.code_invalid")
    [session] = await db.fetch("SELECT method FROM identity_session WHERE method <> 'registration'")
    assert session["method"] == "code"


async def test_a_code_is_good_for_who_asked_and_for_ten_minutes(
    client: httpx.AsyncClient, db: Database, ada: Learner, crank: Any
) -> None:
    request_id = await ask(client)
    await crank.jobs()
    sent = await code_for(db, EMAIL)
    assert code(await show(client, request_id="somebody-else", code=sent)) == (400, "identity.code_invalid")
    assert code(await show(client, "password/reset", request_id=request_id, code=sent, password=OTHER)) == (
        400,
        "identity.code_invalid",
    )
    with time_machine.travel(utc_now() + timedelta(minutes=10, seconds=1)):
        assert code(await show(client, request_id=request_id, code=sent)) == (400, "identity.code_invalid")
    assert (await show(client, request_id=request_id, code=sent)).status_code == 200


async def test_five_wrong_guesses_use_a_code_up(
    client: httpx.AsyncClient, db: Database, ada: Learner, crank: Any
) -> None:
    request_id = await ask(client)
    await crank.jobs()
    sent = await code_for(db, EMAIL)
    for _ in range(5):
        assert code(await show(client, request_id=request_id, code=wrong(sent))) == (400, "identity.code_invalid")
    assert code(await show(client, request_id=request_id, code=sent)) == (400, "identity.code_invalid")


async def test_a_new_code_kills_the_one_before(
    client: httpx.AsyncClient, db: Database, ada: Learner, crank: Any
) -> None:
    first = await ask(client)
    await crank.jobs()
    old = await code_for(db, EMAIL)
    second = await ask(client)
    assert code(await show(client, request_id=first, code=old)) == (400, "identity.code_invalid")
    await crank.jobs()
    assert (await show(client, request_id=second, code=await code_for(db, EMAIL))).status_code == 200


async def test_each_mail_of_one_request_brings_a_good_code_and_the_newest_three_are_kept(
    client: httpx.AsyncClient, db: Database, ada: Learner
) -> None:
    request_id = await ask(client)
    [row] = await db.fetch("SELECT id FROM identity_code ORDER BY id DESC LIMIT 1")
    issued = []
    for _ in range(4):
        async with db.begin() as uow:
            issued.append(await api.issue_code(uow, row["id"]))
    codes = [one.code for one in issued if one is not None]
    assert len(codes) == 4
    assert code(await show(client, request_id=request_id, code=codes[0])) == (400, "identity.code_invalid")
    assert (await show(client, request_id=request_id, code=codes[1])).status_code == 200
    async with db.begin() as uow:
        assert await api.issue_code(uow, row["id"]) is None


async def test_no_code_is_stored_or_sent_through_the_outbox(
    client: httpx.AsyncClient, db: Database, ada: Learner, crank: Any
) -> None:
    request_id = await ask(client, "password/reset")
    await crank.jobs()
    secrets = [request_id, await code_for(db, EMAIL), await token_for(db, EMAIL)]
    tables = [
        row["name"] for row in await db.fetch("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'")
    ]
    for table in sorted(set(tables) - {"notifications_local_mail"}):
        text = " ".join(row["line"] for row in await db.fetch(f"SELECT t::text AS line FROM {table} t"))
        assert not [secret for secret in secrets if secret in text or secret.encode().hex() in text], table


async def test_known_and_unknown_addresses_are_answered_alike_for_the_same_work(
    client: httpx.AsyncClient, db: Database, ada: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    from_engine: list[str] = []
    original = UnitOfWork.settle

    async def watched(uow: UnitOfWork) -> None:
        from_engine.append(",".join(type(fact).__name__ for fact in uow.facts))
        await original(uow)

    monkeypatch.setattr(UnitOfWork, "settle", watched)
    hashes = count_hashes(monkeypatch)
    seen = []
    for email in (EMAIL, "nobody@example.org"):
        for path in ("login/code", "password/reset"):
            answer = await client.post(f"{AUTH}/{path}", json={"email": email})
            extra = {"password": OTHER} if path == "password/reset" else {}
            refused = await show(client, path, request_id=answer.json()["request_id"], code="12345678", **extra)
            body = refused.json()
            body.pop("correlation_id", None)
            seen.append((path, answer.status_code, sorted(answer.json()), str(body), list(from_engine), list(hashes)))
            from_engine.clear()
            hashes.clear()
    assert seen[:2] == seen[2:]
    assert [one[-1] for one in seen] == [["digest"]] * 4


def count_hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    done: list[str] = []
    run = hashing.Lane.run

    async def counted(lane: hashing.Lane, work: Any) -> Any:
        done.append(work.__qualname__.partition(".")[0])
        return await run(lane, work)

    monkeypatch.setattr(hashing.Lane, "run", counted)
    return done


async def test_nobody_is_mailed_for_an_address_that_nobody_has(
    client: httpx.AsyncClient, db: Database, crank: Any
) -> None:
    await ask(client, email="nobody@example.org")
    await crank.jobs()
    assert await mails(db, "nobody@example.org") == []


async def test_codes_are_asked_for_slowly_and_alike_for_known_and_unknown(
    client: httpx.AsyncClient, ada: Learner
) -> None:
    for email in (EMAIL.upper(), "nobody@example.org"):
        for _ in range(3):
            await ask(client, email=email)
        refused = await client.post(f"{AUTH}/login/code", json={"email": email})
        assert code(refused) == (429, "identity.too_many_codes")
        assert 0 < int(refused.headers["retry-after"]) <= 60


async def test_whoever_reads_the_mail_of_an_address_that_was_never_confirmed_gets_the_account_alone(
    client: httpx.AsyncClient, db: Database, crank: Any
) -> None:
    squatter = await register(client, email=EMAIL)
    await crank.jobs()
    request_id = await ask(client)
    await crank.jobs()
    answer = await show(client, request_id=request_id, code=await code_for(db, EMAIL, "sign-in"))
    assert (answer.status_code, answer.json()["user"]["email_verified"]) == (200, True)
    assert code(await log_in(client, PASSWORD)) == (401, "identity.bad_credentials")
    with time_machine.travel(utc_now() + timedelta(seconds=31)):
        assert code(await squatter.get("/auth/me")) == (401, "identity.session_ended")
    await crank.jobs()
    assert "Your Lyceum password was removed" in [subject for subject, _ in await mails(db, EMAIL)]


async def test_the_banned_are_told_so_only_once_they_have_read_the_mail(
    client: httpx.AsyncClient, db: Database, ada: Learner, crank: Any
) -> None:
    request_id = await ask(client)
    await crank.jobs()
    await db.fetch("UPDATE identity_user SET banned_at = now()")
    sent = await code_for(db, EMAIL)
    assert code(await show(client, request_id=request_id, code=wrong(sent))) == (400, "identity.code_invalid")
    assert code(await show(client, request_id=request_id, code=sent)) == (403, "identity.banned")


async def test_a_new_account_confirms_its_address_by_the_link_or_by_the_code(
    client: httpx.AsyncClient, db: Database, crank: Any
) -> None:
    ada, bob = await register(client, email=EMAIL), await register(client, "Bob", email="bob@example.org")
    await crank.jobs()
    assert (await show(client, "email/verify", token=await token_for(db, EMAIL))).status_code == 204
    assert code(await show(client, "email/verify", token=await token_for(db, EMAIL))) == (400, "identity.code_invalid")
    typed = {"code": await code_for(db, "bob@example.org")}
    assert code(await show(client, "email/verify", **typed)) == (400, "identity.bad_field")
    assert code(await ada.post("/auth/email/verify/confirm", typed)) == (400, "identity.code_invalid")
    assert (await bob.post("/auth/email/verify/confirm", typed)).status_code == 204
    for learner in (ada, bob):
        assert (await learner.get("/auth/me")).json()["email_verified"] is True


async def test_a_verification_that_is_asked_for_again_kills_the_first(
    client: httpx.AsyncClient, db: Database, crank: Any
) -> None:
    ada = await register(client, email=EMAIL)
    await crank.jobs()
    first = await token_for(db, EMAIL)
    request_id = (await ada.post("/auth/email/verify")).json()["request_id"]
    await crank.jobs()
    assert code(await show(client, "email/verify", token=first)) == (400, "identity.code_invalid")
    answer = await show(client, "email/verify", request_id=request_id, code=await code_for(db, EMAIL))
    assert answer.status_code == 204


async def test_a_reset_sets_the_password_ends_every_session_and_logs_nobody_in(
    client: httpx.AsyncClient, db: Database, ada: Learner, crank: Any
) -> None:
    assert (await ada.get("/auth/me")).status_code == 200
    await ask(client, "password/reset")
    await crank.jobs()
    token = await token_for(db, EMAIL)
    weak = await show(client, "password/reset", token=token, password="password1")
    assert code(weak) == (400, "identity.weak_password")
    answer = await show(client, "password/reset", token=token, password=OTHER)
    assert (answer.status_code, answer.content) == (204, b"")
    assert code(await ada.get("/auth/me")) == (401, "identity.session_ended")
    assert code(await show(client, "password/reset", token=token, password=OTHER)) == (400, "identity.code_invalid")
    assert code(await log_in(client, PASSWORD)) == (401, "identity.bad_credentials")
    assert (await log_in(client, OTHER)).status_code == 200
    actions = [row["action"] for row in await db.fetch("SELECT action FROM identity_audit ORDER BY id")]
    assert "password_reset" in actions
    await crank.jobs()
    assert "Your Lyceum password was changed" in [subject for subject, _ in await mails(db, EMAIL)]


async def test_a_reset_code_can_be_typed(client: httpx.AsyncClient, db: Database, ada: Learner, crank: Any) -> None:
    request_id = await ask(client, "password/reset")
    await crank.jobs()
    sent = await code_for(db, EMAIL)
    assert (await show(client, "password/reset", request_id=request_id, code=sent, password=OTHER)).status_code == 204
    assert code(await show(client, "password/reset", code=sent, password=OTHER)) == (400, "identity.bad_field")
    assert code(await show(client, "password/reset", password=OTHER)) == (400, "identity.bad_field")


async def test_an_address_changes_once_both_are_confirmed(
    client: httpx.AsyncClient, db: Database, ada: Learner, crank: Any
) -> None:
    # No more than two mails at once are on their way to one person, and hers of the welcome is one.
    await crank.jobs()
    answer = await ada.post("/auth/email", {"email": "Ada@new.example"})
    request_id = answer.json()["request_id"]
    await crank.jobs()
    new = {"request_id": request_id, "code": await code_for(db, "ada@new.example")}
    assert (await show(client, "email", **new)).json() == {"waiting_for": ["old"]}
    assert (await ada.get("/auth/me")).json()["email"] == EMAIL
    assert code(await show(client, "email", **new)) == (400, "identity.code_invalid")
    answer = await show(client, "email", token=await token_for(db, EMAIL))
    assert (answer.status_code, answer.json()) == (200, {"waiting_for": []})
    me = (await ada.get("/auth/me")).json()
    assert (me["email"], me["email_verified"]) == ("ada@new.example", True)
    assert (await log_in(client, PASSWORD, "ada@new.example")).status_code == 200
    assert code(await log_in(client, PASSWORD)) == (401, "identity.bad_credentials")


async def test_an_address_that_was_never_confirmed_can_be_put_right(
    client: httpx.AsyncClient, db: Database, crank: Any
) -> None:
    ada = await register(client, email="ada@exmaple.org")
    await crank.jobs()
    await ada.post("/auth/email", {"email": EMAIL})
    await crank.jobs()
    assert (await show(client, "email", token=await token_for(db, EMAIL))).json() == {"waiting_for": []}
    assert (await ada.get("/auth/me")).json()["email"] == EMAIL


async def test_a_taken_address_is_told_of_only_to_who_reads_its_mail(
    client: httpx.AsyncClient, db: Database, ada: Learner, crank: Any
) -> None:
    eve = await register(client, "Eve", email="eve@example.org")
    await crank.jobs()
    answer = await eve.post("/auth/email", {"email": EMAIL})
    assert answer.status_code == 202
    await crank.jobs()
    assert code(await show(client, "email", token=await token_for(db, EMAIL))) == (409, "identity.email_taken")
    assert (await eve.get("/auth/me")).json()["email"] == "eve@example.org"


async def test_an_address_or_a_password_changes_only_within_five_minutes_of_a_login(
    client: httpx.AsyncClient, ada: Learner
) -> None:
    with time_machine.travel(utc_now() + timedelta(minutes=5, seconds=1)):
        refused = [
            await ada.post("/auth/email", {"email": "ada@new.example"}),
            await ada.post("/auth/password", {"new_password": OTHER}),
            await client.delete(f"{AUTH}/password", headers=ada.headers),
        ]
        assert [code(answer) for answer in refused] == [(403, "identity.step_up_needed")] * 3
        wrong_one = {"new_password": OTHER, "current_password": "a wrong one"}
        assert code(await ada.post("/auth/password", wrong_one)) == (403, "identity.password_wrong")
        right_one = {"new_password": OTHER, "current_password": PASSWORD}
        assert (await ada.post("/auth/password", right_one)).status_code == 204


async def test_the_current_password_is_guessed_slowly(client: httpx.AsyncClient, ada: Learner) -> None:
    guess = {"new_password": OTHER, "current_password": "a wrong one"}
    answers = [code(await ada.post("/auth/password", guess)) for _ in range(12)]
    assert answers[-1] == (429, "identity.too_many_failures")


async def test_a_new_password_ends_every_other_session(client: httpx.AsyncClient, ada: Learner) -> None:
    other = (await log_in(client, PASSWORD)).json()
    weak = await ada.post("/auth/password", {"new_password": "password1"})
    assert (code(weak), weak.json()["field"]) == ((400, "identity.weak_password"), "new_password")
    assert (await ada.post("/auth/password", {"new_password": OTHER})).status_code == 204
    assert (await ada.get("/auth/me")).status_code == 200
    gone = await client.get(f"{AUTH}/me", headers={"Authorization": f"Bearer {other['access_token']}"})
    assert code(gone) == (401, "identity.session_ended")
    assert (await log_in(client, OTHER)).status_code == 200


async def test_a_password_goes_only_where_there_is_another_way_in(
    client: httpx.AsyncClient, db: Database, ada: Learner, crank: Any
) -> None:
    eve = await register(client, "Eve")
    assert code(await client.delete(f"{AUTH}/password", headers=eve.headers)) == (409, "identity.last_way_in")
    for _ in range(2):
        assert (await client.delete(f"{AUTH}/password", headers=ada.headers)).status_code == 204
    assert code(await log_in(client, PASSWORD)) == (401, "identity.bad_credentials")
    # No more than two mails at once are on their way to one person.
    await crank.jobs()
    request_id = await ask(client)
    await crank.jobs()
    assert (await show(client, request_id=request_id, code=await code_for(db, EMAIL))).status_code == 200


@pytest.mark.parametrize("form", ["$2b$", "$2a$", "$2y$"])
async def test_a_bcrypt_hash_from_elsewhere_opens_once_and_is_argon2id_then(
    client: httpx.AsyncClient, db: Database, ada: Learner, form: str
) -> None:
    # Of "imported secret", cost 4.
    brought = "$2b$04$cPoU7Au1lKucbeQCyqcDo.2OHNgtmxdqAhn8MxVbwfGODmaneDBCe"
    brought = form + brought[4:]
    assert hashing.is_importable(brought)
    await db.fetch("UPDATE identity_user SET password_hash = $1", brought)
    assert code(await log_in(client, "another secret")) == (401, "identity.bad_credentials")
    assert (await log_in(client, "imported secret")).status_code == 200
    [row] = await db.fetch("SELECT password_hash FROM identity_user")
    assert re.match(r"\$argon2id\$", row["password_hash"])
    assert (await log_in(client, "imported secret")).status_code == 200


@pytest.mark.parametrize(
    "dear", ["$2b$31$" + "a" * 53, "$argon2i$v=19$m=65536,t=3,p=4$YWFhYWFhYWE$YWFhYWFhYWE", "plain"]
)
def test_hashes_that_would_take_for_ever_or_are_none_are_not_imported(dear: str) -> None:
    assert not hashing.is_importable(dear)


async def test_codes_that_are_over_are_forgotten(
    client: httpx.AsyncClient, parts: Parts, db: Database, ada: Learner
) -> None:
    await ask(client)
    with time_machine.travel(utc_now() + timedelta(days=2)):
        await jobs.purge(db)
    assert await db.fetch("SELECT FROM identity_code") == []
