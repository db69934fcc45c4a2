"""Authenticator apps, recovery codes, and the logins that wait for them."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from random import Random

import httpx
import pyotp
import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from conftest import Crank
from domains.identity import jobs
from domains.identity.policy.factors import recovery_code, typed_recovery_code
from domains.identity.policy.limits import PAIR_DELAYS_S
from domains.identity.policy.totp import step_at, step_of
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database
from factories.factors import as_session, code_of, give, log_in, pending, with_app, with_passkey
from factories.mailbox import code_for
from factories.people import Learner, register

WRONG = (401, "identity.second_factor_wrong")
OVER = (401, "identity.pending_invalid")
STALE = (403, "identity.step_up_needed")
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
ANOTHER = "another long secret 43"
NOW = datetime(2027, 1, 15, tzinfo=UTC)
GOOD_NOW = {pyotp.TOTP(SECRET).at(NOW, counter_offset=off) for off in (-1, 0, 1)}


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


async def actions(db: Database, ada: Learner) -> list[str]:
    rows = await db.fetch("SELECT action FROM identity_audit WHERE user_id = $1 ORDER BY id", ada.id)
    return [row["action"] for row in rows]


async def notices(db: Database) -> list[str]:
    """What people are told of."""
    rows = await db.fetch(
        "SELECT payload FROM kernel_outbox WHERE type = 'identity.security_noticed.v1' ORDER BY occurred_at, id"
    )
    return [json.loads(row["payload"])["what"] for row in rows]


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@given(st.integers(0, 2**34), st.integers(-4, 4))
def test_a_code_is_good_in_its_step_and_the_ones_beside_it(seconds: int, off: int) -> None:
    now = moment(seconds + 600)
    code = pyotp.TOTP(SECRET).at(now, counter_offset=off)
    others = {pyotp.TOTP(SECRET).at(now, counter_offset=near) for near in (-1, 0, 1)}
    found = step_of(SECRET, code, now)
    assert (found is not None) == (code in others)
    if abs(off) <= 1:
        assert found is not None
        assert found >= step_at(now) + off


@given(st.text("0123456789 -x٣", max_size=12))
def test_what_is_no_code_is_no_code(text: str) -> None:
    assert (step_of(SECRET, text, NOW) is not None) == ("".join(text.split()) in GOOD_NOW)


@given(st.randoms(use_true_random=False), st.sampled_from(["", " ", "-", " - "]))
def test_a_recovery_code_is_known_however_it_is_typed(random: Random, joint: str) -> None:
    code = recovery_code(random.choice)
    assert typed_recovery_code(code.replace("-", joint).upper()) == code.replace("-", "")
    assert typed_recovery_code(code[:-1]) is None


async def test_an_authenticator_app_is_asked_for_after_the_password(ada: Learner, db: Database) -> None:
    begun = await ada.post("/auth/totp")
    found = begun.json()
    assert begun.headers["cache-control"] == "no-store"
    assert found["uri"].startswith("otpauth://totp/Lyceum:")
    assert found["secret"] in found["uri"]
    assert found["qr_svg"].startswith("<svg ")
    assert (await log_in(ada)).status_code == 200  # until it is confirmed
    app = await with_app(ada)
    answer = await log_in(ada)
    assert answer.status_code == 202
    wanted = answer.json()["second_factor"]
    assert (wanted["methods"], wanted["expires_in"]) == (["totp", "recovery_code"], 600)
    tokens = await give(ada, wanted["token"], code=app.code())
    assert (await as_session(ada, tokens).get("/auth/me")).json()["id"] == str(ada.id)
    assert (await ada.get("/auth/factors")).json() == {
        "totp": True, "passkeys": 0, "recovery_codes": 10, "wanted": True,
    }  # fmt: skip
    assert (await actions(db, ada))[-2:] == ["totp_on", "logged_in"]
    assert await notices(db) == ["totp_on"]


async def test_a_code_works_once(ada: Learner) -> None:
    with time_machine.travel(utc_now(), tick=False):
        app = await with_app(ada)
        # The code that turned it on is used too.
        assert code_of(await give(ada, await pending(ada), code=app.code(steps=-1))) == WRONG
        assert (await give(ada, await pending(ada), code=app.code())).status_code == 200
        assert code_of(await give(ada, await pending(ada), code=app.code())) == WRONG
        assert (await give(ada, await pending(ada), code=app.code(steps=1))).status_code == 200
        # An older one that was never used is good no more either.
        assert code_of(await give(ada, await pending(ada), code=app.code())) == WRONG


async def test_a_code_works_once_also_in_many_logins_at_once(ada: Learner) -> None:
    with time_machine.travel(utc_now(), tick=False):
        app = await with_app(ada)
        waiting = [await pending(ada) for _ in range(6)]
        answers = await asyncio.gather(*(give(ada, token, code=app.code()) for token in waiting))
    assert sorted(answer.status_code for answer in answers) == [200, *[401] * 5]


@pytest.mark.parametrize(("skew_s", "status"), [(-61, 401), (-30, 200), (0, 200), (30, 200), (61, 401)])
async def test_clocks_may_differ_by_a_step(ada: Learner, skew_s: int, status: int) -> None:
    now = moment(int(utc_now().timestamp()) // 30 * 30 + 120)
    app = await with_app(ada)
    with time_machine.travel(now + timedelta(seconds=skew_s), tick=False):
        code = app.code()
    with time_machine.travel(now, tick=False):
        assert (await give(ada, await pending(ada), code=code)).status_code == status


async def test_a_pending_login_opens_nothing_and_is_good_once(ada: Learner) -> None:
    app = await with_app(ada)
    token = await pending(ada)
    bearer = {"Authorization": f"Bearer {token}"}
    assert (await ada.http.get("/api/v1/auth/me", headers=bearer)).status_code == 401
    answers = await asyncio.gather(*(give(ada, token, recovery_code=code) for code in app.recovery_codes[:3]))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401]
    assert code_of(await give(ada, token, code=app.code())) == OVER
    # Those who came too late have used nothing up.
    assert (await ada.get("/auth/factors")).json()["recovery_codes"] == 9
    assert code_of(await give(ada, "nobody's", code=app.code())) == OVER


async def test_a_pending_login_waits_ten_minutes_and_is_forgotten(ada: Learner, db: Database) -> None:
    with time_machine.travel(utc_now(), tick=False) as clock:
        app = await with_app(ada)
        late, in_time = await pending(ada), await pending(ada)
        clock.shift(599)
        assert (await give(ada, in_time, code=app.code())).status_code == 200
        clock.shift(1)
        assert code_of(await give(ada, late, recovery_code=app.recovery_codes[0])) == OVER
        clock.shift(1)
        await jobs.purge(db)
    assert await db.fetch("SELECT FROM identity_pending_login") == []


async def test_five_guesses_end_a_pending_login_and_its_owner_is_told(ada: Learner, db: Database) -> None:
    app = await with_app(ada)
    token = await pending(ada)
    answers = await asyncio.gather(*(give(ada, token, code="000000") for _ in range(8)))
    assert sorted(map(code_of, answers)) == sorted([WRONG] * 5 + [OVER] * 3)
    assert code_of(await give(ada, token, code=app.code())) == OVER
    assert (await actions(db, ada)).count("second_factor_failed") == 5
    assert await notices(db) == ["totp_on", "second_factor_failed"]


async def test_beginning_anew_is_no_way_to_guess_faster(ada: Learner) -> None:
    with time_machine.travel(utc_now(), tick=False) as clock:
        app = await with_app(ada)
        outcomes = []
        for _ in range(4):
            token = await pending(ada)
            outcomes += [code_of(await give(ada, token, code="000000")) for _ in range(5)]
        free = PAIR_DELAYS_S.index(60.0) + 1
        assert outcomes == [WRONG] * free + [(429, "identity.too_many_failures")] * (20 - free)
        token = await pending(ada)
        clock.shift(61)
        assert (await give(ada, token, code=app.code())).status_code == 200
        # What was right takes back what was counted.
        token = await pending(ada)
        assert [code_of(await give(ada, token, code="000000")) for _ in range(5)] == [WRONG] * 5


async def test_a_new_password_ends_the_logins_that_wait(ada: Learner, db: Database) -> None:
    app = await with_app(ada)
    token = await pending(ada)
    await db.fetch("UPDATE identity_user SET password_changed_at = now() WHERE id = $1", ada.id)
    assert code_of(await give(ada, token, code=app.code())) == OVER


async def test_the_banned_get_no_further(ada: Learner, db: Database) -> None:
    app = await with_app(ada)
    token = await pending(ada)
    await db.fetch("UPDATE identity_user SET banned_at = now() WHERE id = $1", ada.id)
    assert code_of(await give(ada, token, code=app.code())) == (403, "identity.banned")


async def test_recovery_codes_work_once_each(ada: Learner, db: Database) -> None:
    app = await with_app(ada)
    first, second = app.recovery_codes[:2]
    assert len(set(app.recovery_codes)) == 10
    assert (await give(ada, await pending(ada), recovery_code=first.upper())).status_code == 200
    assert code_of(await give(ada, await pending(ada), recovery_code=first)) == WRONG
    answers = await asyncio.gather(
        *[give(ada, token, recovery_code=second) for token in [await pending(ada) for _ in range(4)]]
    )
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
    assert (await ada.get("/auth/factors")).json()["recovery_codes"] == 8
    assert await notices(db) == ["totp_on", "recovery_code_used", "recovery_code_used"]
    stored = await db.fetch("SELECT code_hash FROM identity_recovery_code")
    assert all(code.replace("-", "").encode() not in row["code_hash"] for code in app.recovery_codes for row in stored)


async def test_new_recovery_codes_replace_the_old_ones(ada: Learner) -> None:
    assert code_of(await ada.post("/auth/recovery-codes")) == (409, "identity.second_factor_missing")
    old = (await with_app(ada)).recovery_codes
    answers = await asyncio.gather(*(ada.post("/auth/recovery-codes") for _ in range(3)))
    assert [answer.status_code for answer in answers] == [201] * 3
    assert (await ada.get("/auth/factors")).json()["recovery_codes"] == 10
    assert code_of(await give(ada, await pending(ada), recovery_code=old[0])) == WRONG
    new = [answer.json()["codes"][0] for answer in answers]
    tried = [(await give(ada, await pending(ada), recovery_code=code)).status_code for code in new]
    assert sorted(tried) == [200, 401, 401]


async def test_an_app_is_turned_on_by_its_first_code_only(ada: Learner) -> None:
    assert code_of(await ada.post("/auth/totp/confirm", {"code": "123456"})) == (409, "identity.totp_unknown")
    with time_machine.travel(utc_now(), tick=False) as clock:
        app = (await ada.post("/auth/totp")).json()
        assert code_of(await ada.post("/auth/totp/confirm", {"code": "000000"})) == (400, "identity.code_invalid")
        clock.shift(timedelta(minutes=9))
        late = pyotp.TOTP(app["secret"])
        ada = as_session(ada, await log_in(ada))
        confirmed = [await ada.post("/auth/totp/confirm", {"code": late.at(utc_now())}) for _ in range(2)]
        assert confirmed[0].status_code == 200
        assert code_of(confirmed[1]) == (409, "identity.totp_on")
        assert code_of(await ada.post("/auth/totp")) == (409, "identity.totp_on")


async def test_a_setup_that_nobody_finishes_is_over(ada: Learner) -> None:
    with time_machine.travel(utc_now(), tick=False) as clock:
        app = (await ada.post("/auth/totp")).json()
        clock.shift(timedelta(minutes=10))
        ada = as_session(ada, await log_in(ada))
        answer = await ada.post("/auth/totp/confirm", {"code": pyotp.TOTP(app["secret"]).at(utc_now())})
        assert code_of(answer) == (409, "identity.totp_unknown")


async def test_without_a_second_factor_there_are_no_recovery_codes(ada: Learner, db: Database) -> None:
    app = await with_app(ada)
    token = await pending(ada)
    assert (await delete(ada, "/auth/totp")).status_code == 204
    assert (await delete(ada, "/auth/totp")).status_code == 204
    assert (await ada.get("/auth/factors")).json() == {
        "totp": False, "passkeys": 0, "recovery_codes": 0, "wanted": False,
    }  # fmt: skip
    assert code_of(await give(ada, token, recovery_code=app.recovery_codes[0])) == WRONG
    assert (await log_in(ada)).status_code == 200
    assert await notices(db) == ["totp_on", "totp_off"]


async def test_changes_want_a_login_of_the_last_five_minutes(ada: Learner) -> None:
    with time_machine.travel(utc_now(), tick=False) as clock:
        _, passkey_id = await with_passkey(ada)
        await ada.post("/auth/totp")
        clock.shift(timedelta(minutes=5))
        path = f"/auth/passkeys/{passkey_id}"
        stale = [
            await ada.post("/auth/totp"),
            await delete(ada, "/auth/totp"),
            await ada.post("/auth/recovery-codes"),
            await ada.post("/auth/passkeys/options"),
            await ada.http.patch(f"/api/v1{path}", json={"name": "Mine"}, headers=ada.headers),
            await delete(ada, path),
        ]
        assert list(map(code_of, stale)) == [STALE] * 6
        assert stale[0].json()["methods"] == ["password", "passkey"]


async def test_of_two_proofs_or_none_nothing_is_tried(ada: Learner) -> None:
    app = await with_app(ada)
    token = await pending(ada)
    for proof in ({}, {"code": app.code(), "recovery_code": app.recovery_codes[0]}):
        assert code_of(await give(ada, token, **proof)) == (400, "identity.bad_field")
    assert (await give(ada, token, code=app.code())).status_code == 200


async def test_a_code_of_one_person_is_nothing_to_another(ada: Learner, client: httpx.AsyncClient) -> None:
    eve = await register(client, "Eve")
    app, _ = await with_app(ada), await with_app(eve)
    token = await pending(eve)
    assert code_of(await give(eve, token, code=app.code())) == WRONG
    assert code_of(await give(eve, token, recovery_code=app.recovery_codes[0])) == WRONG


async def test_a_second_factor_leaves_no_secret_in_the_outbox_or_the_audit_log(ada: Learner, db: Database) -> None:
    app = await with_app(ada)
    await give(ada, await pending(ada), recovery_code=app.recovery_codes[0])
    rows = await db.fetch("SELECT payload AS text FROM kernel_outbox UNION ALL SELECT detail::text FROM identity_audit")
    written = "".join(row["text"] for row in rows)
    assert not [secret for secret in (app.secret, *app.recovery_codes) if secret in written]


async def delete(ada: Learner, path: str) -> httpx.Response:
    return await ada.http.delete(f"/api/v1{path}", headers=ada.headers)


async def test_no_way_in_skips_the_second_factor(ada: Learner, db: Database, crank: Crank) -> None:
    email = (await ada.get("/auth/me")).json()["email"]
    await db.fetch("UPDATE identity_user SET email_verified_at = now()")
    app = await with_app(ada)
    await crank.jobs()
    asked = await ada.http.post("/api/v1/auth/login/code", json={"email": email})
    await crank.jobs()
    shown = {"request_id": asked.json()["request_id"], "code": await code_for(db, email)}
    answer = await ada.http.post("/api/v1/auth/login/code/confirm", json=shown)
    assert (answer.status_code, "access_token" in answer.json()) == (202, False)
    asked = await ada.http.post("/api/v1/auth/password/reset", json={"email": email})
    await crank.jobs()
    reset = {"code": await code_for(db, email, "assword"), "request_id": asked.json()["request_id"]}
    done = await ada.http.post("/api/v1/auth/password/reset/confirm", json=reset | {"password": ANOTHER})
    assert (done.status_code, done.content) == (204, b"")
    waiting = await ada.http.post("/api/v1/auth/login", json={"email": email, "password": ANOTHER})
    assert waiting.status_code == 202
    token = waiting.json()["second_factor"]["token"]
    assert (await give(ada, token, code=app.code())).status_code == 200
    # The login by mail began before the password was another one.
    assert code_of(await give(ada, answer.json()["second_factor"]["token"], code=app.code(steps=1))) == OVER
