"""An account on somebody else's address: once the owner of the address claims it, whoever set it up is out for good."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from domains.identity.policy.rights import CONFIRMATION, GRACE
from domains.identity.service.deletion import erase_due
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database
from doubles.authenticator import Authenticator
from factories.factors import App, code_of, give, pending, with_app, with_passkey
from factories.factors import passkey_login as log_in_by_passkey
from factories.mailbox import code_for, mails
from factories.people import PASSWORD, Learner, register

AUTH = "/api/v1/auth"
EMAIL = "ada@example.org"
OTHER = "another long secret 43"
KEPT_IN = ("totp", "recovery_code", "passkey", "pending_login", "challenge", "login_place")

Claim = Callable[[httpx.AsyncClient, Database, Any], Awaitable[httpx.Response]]


async def by_code(client: httpx.AsyncClient, db: Database, crank: Any) -> httpx.Response:
    asked = (await client.post(f"{AUTH}/login/code", json={"email": EMAIL})).json()["request_id"]
    await crank.jobs()
    body = {"request_id": asked, "code": await code_for(db, EMAIL, "sign-in")}
    return await client.post(f"{AUTH}/login/code/confirm", json=body)


async def by_reset(client: httpx.AsyncClient, db: Database, crank: Any) -> httpx.Response:
    asked = (await client.post(f"{AUTH}/password/reset", json={"email": EMAIL})).json()["request_id"]
    await crank.jobs()
    body = {"request_id": asked, "code": await code_for(db, EMAIL, "assword"), "password": OTHER}
    done = await client.post(f"{AUTH}/password/reset/confirm", json=body)
    assert done.status_code == 204, done.text
    return await client.post(f"{AUTH}/login", json={"email": EMAIL, "password": OTHER})


@pytest.mark.parametrize("claim", [by_code, by_reset])
async def test_nothing_that_a_squatter_set_up_opens_the_account_that_its_addresss_owner_claims(
    client: httpx.AsyncClient, db: Database, crank: Any, claim: Claim
) -> None:
    squatter = await register(client, email=EMAIL)
    key, _ = await with_passkey(squatter)
    prepared = await squatter.post("/auth/passkeys/options")
    app = await with_app(squatter)
    waiting = await pending(squatter)
    await db.fetch("INSERT INTO identity_user_role (user_id, role) VALUES ($1, 'admin')", squatter.id)
    made = await squatter.post("/admin/api-keys", {"name": "spare", "scopes": ["sessions.read"], "days": 9})
    assert made.status_code == 201, made.text
    await crank.jobs()

    entered = await claim(client, db, crank)
    assert (entered.status_code, entered.json()["user"]["email_verified"]) == (200, True)
    ada = Learner(squatter.id, "Ada", entered.json()["access_token"], client)

    assert code_of(await log_in_by_passkey(client, key)) == (400, "identity.passkey_refused")
    for proof in ({"code": app.code()}, {"recovery_code": app.recovery_codes[0]}):
        assert code_of(await give(ada, waiting, **proof)) == (401, "identity.pending_invalid")
    assert code_of(await squatter.get("/auth/me")) == (401, "identity.session_ended")
    answer = Authenticator().create(prepared.json()["public_key"])
    assert (await squatter.post("/auth/passkeys", {"passkey": answer})).status_code == 401
    by_key = {"Authorization": f"Bearer {made.json()['secret']}"}
    assert (await client.get(f"/api/v1/admin/users/{ada.id}/sessions/", headers=by_key)).status_code == 401
    left = {name: len(await db.fetch(f"SELECT FROM identity_{name}")) for name in KEPT_IN}
    assert left == dict.fromkeys(KEPT_IN, 0) | {"login_place": 1}
    await crank.jobs()
    told = " ".join(subject for subject, _ in await mails(db, EMAIL))
    assert "passkey was removed" in told
    assert "authenticator app of your Lyceum account was removed" in told


@pytest.mark.parametrize("claim", [by_code, by_reset])
async def test_a_squatters_wish_to_have_the_account_erased_ends_when_its_addresss_owner_claims_it(
    client: httpx.AsyncClient, db: Database, crank: Any, claim: Claim
) -> None:
    squatter = await register(client, email=EMAIL)
    body = {"confirmation": CONFIRMATION}
    left = await client.request("DELETE", f"{AUTH}/me", json=body, headers=squatter.headers)
    assert left.status_code == 202, left.text
    entered = await claim(client, db, crank)
    assert (entered.status_code, entered.json()["user"]["deletion_at"]) == (200, None)
    await erase_due(db, utc_now() + GRACE + timedelta(seconds=1))
    ada = Learner(squatter.id, "Ada", entered.json()["access_token"], client)
    assert (await ada.get("/auth/me")).json()["email"] == EMAIL
    withdrawn = await db.fetch(
        "SELECT FROM identity_audit WHERE user_id = $1 AND action = 'deletion_withdrawn'", ada.id
    )
    assert len(withdrawn) == 1


async def test_who_was_put_out_leaves_no_way_in_behind_before_every_process_has_heard_of_it(
    client: httpx.AsyncClient, db: Database
) -> None:
    eve = await register(client, email=EMAIL)
    options = await eve.post("/auth/passkeys/options")
    begun = await eve.post("/auth/totp")
    await db.fetch("UPDATE identity_session SET revoked_at = now()")
    assert (await eve.get("/auth/me")).status_code == 200, "this process has not heard of it"
    answer = Authenticator().create(options.json()["public_key"])
    ended = (401, "identity.session_ended")
    assert code_of(await eve.post("/auth/passkeys", {"passkey": answer})) == ended
    assert code_of(await eve.post("/auth/totp/confirm", {"code": App(begun.json()["secret"]).code()})) == ended
    assert code_of(await eve.post("/auth/password", {"new_password": OTHER, "current_password": PASSWORD})) == ended
    assert await db.fetch("SELECT FROM identity_passkey") == []
