"""Passkeys: made, used, named and removed; and proving once more who one is."""

import asyncio
import json
from copy import deepcopy
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from domains.identity import jobs
from domains.identity.errors import PasskeyRefused
from domains.identity.policy.factors import MOST_PASSKEYS
from domains.identity.providers import passkeys as provider
from domains.identity.providers.passkeys import RelyingParty
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database
from doubles.authenticator import PRESENT, VERIFIED, Authenticator, decoded, encoded
from factories.factors import (
    AUTH,
    as_session,
    code_of,
    give,
    keep_passkey,
    log_in,
    passkey_login,
    pending,
    with_app,
    with_passkey,
)
from factories.people import PASSWORD, Learner, register

REFUSED = (400, "identity.passkey_refused")
WRONG = (401, "identity.second_factor_wrong")
STALE = (403, "identity.step_up_needed")
MISSING = (404, "not_found")


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


async def actions(db: Database, ada: Learner) -> list[str]:
    rows = await db.fetch("SELECT action FROM identity_audit WHERE user_id = $1 ORDER BY id", ada.id)
    return [row["action"] for row in rows]


async def notices(db: Database) -> list[str]:
    rows = await db.fetch("SELECT payload FROM kernel_outbox WHERE type = 'identity.security_noticed.v1' ORDER BY id")
    return [json.loads(row["payload"])["what"] for row in rows]


async def delete(ada: Learner, path: str) -> httpx.Response:
    return await ada.http.delete(f"/api/v1{path}", headers=ada.headers)


async def change(ada: Learner, passkey_id: str, **fields: Any) -> httpx.Response:
    return await ada.http.patch(f"{AUTH}/passkeys/{passkey_id}", json=fields, headers=ada.headers)


async def step_up(ada: Learner, **proof: Any) -> httpx.Response:
    return await ada.post("/auth/step-up", proof)


@pytest.mark.parametrize("counts", [True, False], ids=["counts", "does not count"])
async def test_a_passkey_logs_in_without_a_name(ada: Learner, db: Database, counts: bool) -> None:
    key, _ = await with_passkey(ada, Authenticator(counts=counts))
    for _ in range(3):
        tokens = await passkey_login(ada.http, key)
        assert tokens.status_code == 200, tokens.text
    assert tokens.json()["user"]["id"] == str(ada.id)
    found = (await as_session(ada, tokens).get("/auth/passkeys")).json()["items"]
    assert [(one["name"], one["last_used_at"] is not None) for one in found] == [("Passkey", True)]
    assert (await actions(db, ada))[-1] == "logged_in"
    assert await notices(db) == ["passkey_added"]


async def test_a_passkey_is_two_factors(ada: Learner) -> None:
    key, _ = await with_passkey(ada)
    await with_app(ada)
    assert (await log_in(ada)).status_code == 202
    assert (await passkey_login(ada.http, key)).status_code == 200


async def test_the_browser_is_asked_for_a_verified_key_of_this_house(ada: Learner) -> None:
    asked = (await ada.post("/auth/passkeys/options")).json()["public_key"]
    assert asked["rp"] == {"id": "localhost", "name": "Lyceum"}
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert asked["authenticatorSelection"]["residentKey"] == "required"
    login = (await ada.http.post(f"{AUTH}/passkeys/login/options")).json()["public_key"]
    assert (login["rpId"], login["userVerification"], login["allowCredentials"]) == ("localhost", "required", [])


async def test_an_answer_is_good_once(ada: Learner) -> None:
    key, _ = await with_passkey(ada, Authenticator(counts=False))
    asked = (await ada.http.post(f"{AUTH}/passkeys/login/options")).json()["public_key"]
    answer = {"passkey": key.get(asked)}
    answers = await asyncio.gather(*(ada.http.post(f"{AUTH}/passkeys/login", json=answer) for _ in range(4)))
    assert sorted(one.status_code for one in answers) == [200, 400, 400, 400]
    assert code_of(await ada.http.post(f"{AUTH}/passkeys/login", json=answer)) == REFUSED


@pytest.mark.parametrize(
    "said",
    [
        {"origin": "http://localhost.evil.example"},
        {"origin": "http://localhost:8001"},
        {"origin": "https://localhost:8000"},
        {"rp_id": "evil.example"},
        {"challenge": encoded(bytes(32))},
        {"type": "webauthn.create"},
    ],
    ids=lambda said: "-".join(map(str, *said.items())),
)
async def test_an_answer_for_elsewhere_is_refused(ada: Learner, said: dict[str, str]) -> None:
    key, _ = await with_passkey(ada)
    assert code_of(await passkey_login(ada.http, key, **said)) == REFUSED
    if "rp_id" not in said:
        kind = {"type": "webauthn.get"} if "type" in said else said
        assert code_of(await keep_passkey(ada, Authenticator(), **kind)) == REFUSED
    assert (await passkey_login(ada.http, key)).status_code == 200


@pytest.mark.parametrize("flags", [PRESENT, VERIFIED, 0], ids=["not verified", "not present", "neither"])
async def test_somebody_must_be_there_and_be_the_owner(ada: Learner, flags: int) -> None:
    key, _ = await with_passkey(ada)
    key.flags = flags
    assert code_of(await passkey_login(ada.http, key)) == REFUSED
    assert code_of(await keep_passkey(ada, Authenticator(flags=flags))) == REFUSED


async def test_another_key_does_not_sign_for_this_one(ada: Learner) -> None:
    key, _ = await with_passkey(ada)
    stranger = Authenticator(credential_id=key.credential_id, user_handle=key.user_handle)
    assert code_of(await passkey_login(ada.http, stranger)) == REFUSED
    assert code_of(await passkey_login(ada.http, Authenticator())) == REFUSED
    key.user_handle = uuid4().bytes
    assert code_of(await passkey_login(ada.http, key)) == REFUSED


async def test_a_challenge_is_for_one_purpose_and_one_person(ada: Learner, client: httpx.AsyncClient) -> None:
    key, _ = await with_passkey(ada)
    eve = await register(client, "Eve")
    for_login = (await client.post(f"{AUTH}/passkeys/login/options")).json()["public_key"]
    assert code_of(await step_up(ada, passkey=key.get(for_login))) == REFUSED
    for_step_up = (await ada.post("/auth/step-up/passkey")).json()["public_key"]
    assert code_of(await client.post(f"{AUTH}/passkeys/login", json={"passkey": key.get(for_step_up)})) == REFUSED
    to_register = (await ada.post("/auth/passkeys/options")).json()["public_key"]
    stolen = {"passkey": Authenticator().create(to_register)}
    assert code_of(await eve.post("/auth/passkeys", stolen)) == REFUSED
    # It was used up by that.
    assert code_of(await ada.post("/auth/passkeys", stolen)) == REFUSED


async def test_a_challenge_waits_five_minutes_and_is_forgotten(ada: Learner, db: Database) -> None:
    with time_machine.travel(utc_now(), tick=False) as clock:
        key, _ = await with_passkey(ada)
        asked = (await ada.http.post(f"{AUTH}/passkeys/login/options")).json()["public_key"]
        await ada.http.post(f"{AUTH}/passkeys/login/options")
        stored = await db.fetch("SELECT challenge_hash FROM identity_challenge")
        assert decoded(asked["challenge"]) not in [row["challenge_hash"] for row in stored]
        clock.shift(timedelta(minutes=5))
        answer = {"passkey": key.get(asked)}
        assert code_of(await ada.http.post(f"{AUTH}/passkeys/login", json=answer)) == REFUSED
        clock.shift(1)
        await jobs.purge(db)
    assert await db.fetch("SELECT FROM identity_challenge") == []


async def test_a_copy_is_noticed_when_it_counts_less(ada: Learner, db: Database) -> None:
    key, _ = await with_passkey(ada)
    copy = deepcopy(key)
    for _ in range(2):
        assert (await passkey_login(ada.http, key)).status_code == 200
    assert code_of(await passkey_login(ada.http, copy)) == REFUSED
    assert (await actions(db, ada))[-1] == "passkey_copied"
    assert (await notices(db))[-1] == "passkey_copied"
    assert (await passkey_login(ada.http, key)).status_code == 200


async def test_a_passkey_belongs_to_one_account(ada: Learner, client: httpx.AsyncClient) -> None:
    key, _ = await with_passkey(ada)
    eve = await register(client, "Eve")
    assert code_of(await keep_passkey(eve, deepcopy(key))) == (409, "identity.passkey_known")


async def test_a_person_has_several_and_gives_them_names(ada: Learner) -> None:
    ids = [(await with_passkey(ada))[1] for _ in range(2)]
    renamed = await change(ada, ids[0], name="  Phone ")
    assert renamed.json()["passkey"]["name"] == "Phone"
    assert [one["name"] for one in (await ada.get("/auth/passkeys")).json()["items"]] == ["Phone", "Passkey"]
    assert code_of(await change(ada, ids[0], name="")) == (400, "identity.bad_field")
    for _ in range(MOST_PASSKEYS - 2):
        await with_passkey(ada)
    assert code_of(await ada.post("/auth/passkeys/options")) == (409, "identity.too_many_passkeys")


async def test_anothers_passkey_is_not_there(ada: Learner, client: httpx.AsyncClient) -> None:
    _, passkey_id = await with_passkey(ada)
    eve = await register(client, "Eve")
    await with_passkey(eve)
    for answer in (await change(eve, passkey_id, name="Mine"), await delete(eve, f"/auth/passkeys/{passkey_id}")):
        assert code_of(answer) == MISSING
    assert [one["name"] for one in (await ada.get("/auth/passkeys")).json()["items"]] == ["Passkey"]
    assert passkey_id not in (await eve.get("/auth/passkeys")).text


async def test_the_last_way_in_stays(ada: Learner, db: Database) -> None:
    keys = [(await with_passkey(ada)) for _ in range(2)]
    await db.fetch("UPDATE identity_user SET password_hash = NULL WHERE id = $1", ada.id)
    paths = [f"/auth/passkeys/{passkey_id}" for _, passkey_id in keys]
    answers = await asyncio.gather(*(delete(ada, path) for path in paths))
    assert sorted(one.status_code for one in answers) == [204, 409]
    left = next(key for (key, _), one in zip(keys, answers, strict=True) if one.status_code == 409)
    assert (await passkey_login(ada.http, left)).status_code == 200
    await db.fetch("UPDATE identity_user SET email_verified_at = now() WHERE id = $1", ada.id)
    assert [(await delete(ada, path)).status_code for path in paths] in ([404, 204], [204, 404])
    assert (await notices(db)).count("passkey_removed") == 2


async def test_a_guest_with_a_passkey_is_no_guest_any_more(client: httpx.AsyncClient) -> None:
    made = (await client.post(f"{AUTH}/guest", json={})).json()
    tokens = made.get("tokens", made)
    guest = Learner(tokens["user"]["id"], "Guest", tokens["access_token"], client)
    key, passkey_id = await with_passkey(guest)
    tokens = await passkey_login(client, key)
    assert tokens.json()["user"]["id"] == guest.id
    assert code_of(await delete(guest, f"/auth/passkeys/{passkey_id}")) == (409, "identity.last_way_in")


async def test_a_passkey_is_a_second_factor_where_its_owner_says_so(ada: Learner, db: Database) -> None:
    key, passkey_id = await with_passkey(ada)
    assert (await log_in(ada)).status_code == 200
    changed = (await change(ada, passkey_id, second_factor=True)).json()
    assert changed["passkey"]["second_factor"]
    assert len(changed["recovery_codes"]) == 10
    assert (await change(ada, passkey_id, second_factor=True)).json()["recovery_codes"] is None
    answer = (await log_in(ada)).json()["second_factor"]
    assert answer["methods"] == ["passkey", "recovery_code"]
    token = answer["token"]
    asked = (await ada.http.post(f"{AUTH}/second-factor/passkey", json={"token": token})).json()["public_key"]
    assert [one["id"] for one in asked["allowCredentials"]] == [encoded(key.credential_id)]
    proof = key.get(asked)
    assert (await give(ada, token, passkey=proof)).status_code == 200
    assert code_of(await give(ada, await pending(ada), passkey=proof)) == WRONG
    assert (await give(ada, await pending(ada), recovery_code=changed["recovery_codes"][0])).status_code == 200
    # The last one gone, none is asked for.
    assert (await change(ada, passkey_id, second_factor=False)).json()["recovery_codes"] is None
    assert (await log_in(ada)).status_code == 200
    assert (await ada.get("/auth/factors")).json()["recovery_codes"] == 0
    assert (await notices(db)).count("passkey_changed") == 2


async def test_removing_a_passkey_that_was_the_second_factor_takes_the_recovery_codes_along(ada: Learner) -> None:
    _, passkey_id = await with_passkey(ada)
    await change(ada, passkey_id, second_factor=True)
    assert (await delete(ada, f"/auth/passkeys/{passkey_id}")).status_code == 204
    assert (await log_in(ada)).status_code == 200
    assert (await ada.get("/auth/factors")).json()["recovery_codes"] == 0


async def test_anothers_passkey_is_no_second_factor(ada: Learner, client: httpx.AsyncClient) -> None:
    eve = await register(client, "Eve")
    key, _ = await with_passkey(eve)
    await with_app(ada)
    token = await pending(ada)
    asked = (await client.post(f"{AUTH}/second-factor/passkey", json={"token": token})).json()["public_key"]
    assert code_of(await give(ada, token, passkey=key.get(asked))) == WRONG
    over = await client.post(f"{AUTH}/second-factor/passkey", json={"token": "nobody's"})
    assert code_of(over) == (401, "identity.pending_invalid")


async def test_a_password_makes_a_login_fresh_again(ada: Learner, db: Database) -> None:
    with time_machine.travel(utc_now(), tick=False) as clock:
        clock.shift(timedelta(minutes=6))
        assert code_of(await ada.post("/auth/totp")) == STALE
        assert code_of(await step_up(ada, password="a wrong one")) == (403, "identity.password_wrong")
        assert code_of(await ada.post("/auth/totp")) == STALE
        assert (await step_up(ada, password=PASSWORD)).json() == {"expires_in": 300}
        assert (await ada.post("/auth/totp")).status_code == 201
        clock.shift(timedelta(minutes=5))
        assert code_of(await ada.post("/auth/totp")) == STALE
    assert (await actions(db, ada))[-1] == "stepped_up"


async def test_whoever_has_a_second_factor_steps_up_by_that(ada: Learner) -> None:
    with time_machine.travel(utc_now(), tick=False) as clock:
        app = await with_app(ada)
        clock.shift(timedelta(minutes=6))
        refused = await step_up(ada, password=PASSWORD)
        assert (code_of(refused), refused.json()["methods"]) == (STALE, ["totp"])
        assert code_of(await step_up(ada, code="000000")) == (400, "identity.code_invalid")
        code = app.code()
        assert (await step_up(ada, code=code)).status_code == 200
        assert code_of(await step_up(ada, code=code)) == (400, "identity.code_invalid")
        assert (await delete(ada, "/auth/totp")).status_code == 204
        assert (await step_up(ada, password=PASSWORD)).status_code == 200


async def test_a_password_alone_changes_nothing_where_a_second_factor_is_asked_for(ada: Learner) -> None:
    await with_app(ada)
    body = {"current_password": PASSWORD, "new_password": "another long secret 43"}
    with time_machine.travel(utc_now() + timedelta(minutes=6)):
        refused = await ada.post("/auth/password", body)
        assert (code_of(refused), refused.json()["methods"]) == (STALE, ["totp"])
    assert (await ada.post("/auth/password", body)).status_code == 204


async def test_a_passkey_makes_a_login_fresh_again(ada: Learner) -> None:
    with time_machine.travel(utc_now(), tick=False) as clock:
        key, passkey_id = await with_passkey(ada)
        await with_app(ada)
        clock.shift(timedelta(minutes=6))
        asked = (await ada.post("/auth/step-up/passkey")).json()["public_key"]
        assert (await step_up(ada, passkey=key.get(asked))).status_code == 200
        assert (await delete(ada, f"/auth/passkeys/{passkey_id}")).status_code == 204


async def test_guessing_while_logged_in_is_counted_like_a_login(ada: Learner) -> None:
    with time_machine.travel(utc_now(), tick=False):
        outcomes = [(await step_up(ada, password="a wrong one")).status_code for _ in range(12)]
        assert outcomes == [403] * 10 + [429] * 2
        assert (await log_in(ada)).status_code == 429
        eve = await register(ada.http, "Eve")
        await with_app(eve)
        assert [(await step_up(eve, code="000000")).status_code for _ in range(12)] == [400] * 10 + [429] * 2


async def test_stepping_up_is_for_this_login_only(ada: Learner) -> None:
    with time_machine.travel(utc_now(), tick=False) as clock:
        other = as_session(ada, await log_in(ada))
        clock.shift(timedelta(minutes=6))
        assert (await step_up(ada, password=PASSWORD)).status_code == 200
        assert code_of(await other.post("/auth/totp")) == STALE


def test_the_relying_party_is_the_public_host_and_what_lies_below() -> None:
    party = RelyingParty.of(
        "https://lyceum.example/base",
        ["https://lyceum.example", "https://app.lyceum.example", "https://evillyceum.example", "https://other.example"],
    )
    assert party == RelyingParty("lyceum.example", ("https://lyceum.example", "https://app.lyceum.example"))
    assert RelyingParty.of("http://127.0.0.1:8000", ["http://127.0.0.1:8000"]).id == "localhost"


PARTY = RelyingParty("localhost", ("http://localhost:8000",))


@given(st.sampled_from(["clientDataJSON", "authenticatorData", "signature"]), st.integers(0, 999), st.integers(1, 255))
def test_a_changed_answer_is_refused(part: str, place: int, change: int) -> None:
    key = _KEY
    challenge = bytes(32)
    created = key.create({"rp": {"id": "localhost"}, "user": {"id": encoded(bytes(16))}} | _asked(challenge))
    public_key = provider.registered(PARTY, created, challenge).public_key
    answer = key.get({"rpId": "localhost", "allowCredentials": []} | _asked(challenge))
    raw = bytearray(decoded(answer["response"][part]))
    raw[place % len(raw)] ^= change
    answer["response"][part] = encoded(bytes(raw))
    with pytest.raises(PasskeyRefused):
        provider.proved(PARTY, provider.asserted(answer), public_key)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(
    answer=st.fixed_dictionaries(
        {"id": _JSON, "rawId": _JSON, "type": st.just("public-key") | _JSON},
        optional={
            "response": st.dictionaries(
                st.sampled_from(
                    [
                        "clientDataJSON",
                        "attestationObject",
                        "authenticatorData",
                        "signature",
                        "userHandle",
                        "transports",
                    ]
                ),
                st.binary(max_size=60).map(encoded) | _JSON,
            )
        },
    )
)
def test_whatever_strangers_send_is_refused(answer: dict[str, Any]) -> None:
    with pytest.raises(PasskeyRefused):
        provider.registered(PARTY, answer, bytes(32))
    with pytest.raises(PasskeyRefused):
        provider.proved(PARTY, provider.asserted(answer), b"")


_KEY = Authenticator()


def _asked(challenge: bytes) -> dict[str, Any]:
    return {"challenge": encoded(challenge), "excludeCredentials": []}
