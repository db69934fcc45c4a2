"""Lines 13 to 17 of the checklist, each as one test over HTTP; `test_tokens.py` has the details."""

import base64
from datetime import timedelta
from typing import Any

import httpx
import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from litestar import Litestar
from litestar.routes import HTTPRoute

from app.asgi import Parts
from domains.identity.api import Authenticator, rotate_keys
from domains.identity.errors import TokenInvalid
from domains.identity.policy.sessions import KEY_NOTICE
from domains.identity.service.keys import KeyRing, UnfitKey
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.people import PASSWORD, Learner, register

AUTH = "/api/v1/auth"


@pytest.fixture
async def ada(client: httpx.AsyncClient, parts: Parts) -> Learner:
    # The house's own ring may remember a key whose row went with another test.
    parts.authenticator.keys = KeyRing(parts.infra.db)
    return await register(client)


async def refused(ada: Learner, token: str) -> None:
    answer = await ada.http.get(f"{AUTH}/me", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "identity.token_invalid")


def parts_of(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return jwt.get_unverified_header(token), jwt.decode(token, options={"verify_signature": False})


async def test_line_13_no_algorithm_or_another_one_is_401(ada: Learner, parts: Parts) -> None:
    headers, claims = parts_of(ada.token)
    public = await parts.authenticator.keys.public_key(headers["kid"])
    assert public is not None
    raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    text = base64.b64encode(raw)
    other = rsa.generate_private_key(65537, 2048)
    for key, algorithm in ((None, "none"), (raw, "HS256"), (text, "HS256"), (other, "RS256"), (other, "PS256")):
        forged = jwt.encode(claims, key, algorithm=algorithm, headers=headers | {"alg": algorithm})
        await refused(ada, forged)


async def test_line_14_every_claim_is_required_and_a_refresh_token_is_no_access_token(
    ada: Learner, parts: Parts
) -> None:
    headers, claims = parts_of(ada.token)
    key = (await parts.authenticator.keys.signing_key()).private
    for claim in ("exp", "iat", "iss", "aud", "sub", "sid", "jti"):
        left = {name: value for name, value in claims.items() if name != claim}
        await refused(ada, jwt.encode(left, key, algorithm="EdDSA", headers=headers))
    for kind in ("JWT", "rt+jwt", ""):
        await refused(ada, jwt.encode(claims, key, algorithm="EdDSA", headers=headers | {"typ": kind}))
    email = (await ada.get("/auth/me")).json()["email"]
    tokens = (await ada.http.post(f"{AUTH}/login", json={"email": email, "password": PASSWORD})).json()
    await refused(ada, tokens["refresh_token"])
    answer = await ada.http.post(f"{AUTH}/refresh", json={"refresh_token": tokens["access_token"]})
    assert (answer.status_code, answer.json()["code"]) == (401, "identity.refresh_invalid")


async def test_line_15_keys_that_a_token_brings_are_ignored_and_an_unknown_one_costs_one_look(
    ada: Learner, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers, claims = parts_of(ada.token)
    thief = Ed25519PrivateKey.generate()
    own = jwt.get_algorithm_by_name("EdDSA").to_jwk(thief.public_key(), as_dict=True)
    for brought in ({"jwk": own}, {"jku": "https://evil.example/k"}, {"x5u": "https://evil.example/c"}):
        await refused(ada, jwt.encode(claims, thief, algorithm="EdDSA", headers=headers | brought))
    looks = 0
    fetch = Database.fetch

    async def counted(db: Database, statement: str, *values: Any) -> Any:
        nonlocal looks
        looks += "identity_signing_key" in statement
        return await fetch(db, statement, *values)

    monkeypatch.setattr(Database, "fetch", counted)
    with time_machine.travel(utc_now() + timedelta(seconds=31), tick=False):
        for _ in range(5):
            unknown = headers | {"kid": new_id().hex}
            await refused(ada, jwt.encode(claims, thief, algorithm="EdDSA", headers=unknown))
    assert looks == 1


async def test_line_16_a_key_that_is_not_fit_to_sign_stops_the_start(app: Litestar, db: Database) -> None:
    weak = rsa.generate_private_key(65537, 1024)
    pem = weak.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    try:
        await db.fetch(
            "INSERT INTO identity_signing_key (kid, private_pem, created_at, signs_from)"
            " VALUES ('weak', $1, now(), now())",
            pem,
        )
        with pytest.raises(UnfitKey, match="not Ed25519"):
            await Authenticator(db, issuer="x").keys.signing_key()
    finally:
        await db.fetch("DELETE FROM identity_signing_key WHERE kid = 'weak'")


async def test_line_16_rotation_keeps_old_tokens_valid(ada: Learner, parts: Parts, db: Database) -> None:
    with time_machine.travel(utc_now(), tick=False) as clock:
        async with db.begin() as uow:
            kid = await rotate_keys(uow)
        clock.shift(KEY_NOTICE + timedelta(minutes=1))
        try:
            assert (await parts.authenticator.keys.signing_key()).kid == kid
            elsewhere = Authenticator(db, issuer=parts.infra.settings.public_url)
            assert (await elsewhere.principal(ada.token)).user_id == ada.id
            with pytest.raises(TokenInvalid):
                await elsewhere.principal(ada.token[:-2])
        finally:
            await db.fetch("DELETE FROM identity_signing_key")
            parts.authenticator.keys = KeyRing(db)


async def test_line_17_admin_and_payment_routes_read_the_role_again(ada: Learner, app: Litestar, db: Database) -> None:
    """The token says admin; the database no longer does."""
    await db.fetch("INSERT INTO identity_user_role (user_id, role) VALUES ($1, 'admin')", ada.id)
    email = (await ada.get("/auth/me")).json()["email"]
    answer = await ada.http.post(f"{AUTH}/login", json={"email": email, "password": PASSWORD})
    admin = Learner(ada.id, ada.name, answer.json()["access_token"], ada.http)
    assert parts_of(admin.token)[1]["roles"] == ["admin", "learner"]
    place = f"/admin/users/{ada.id}/sessions"
    assert (await admin.get(place)).status_code == 200
    await db.fetch("DELETE FROM identity_user_role WHERE role = 'admin'")
    asked = 0
    for route in app.routes:
        if not isinstance(route, HTTPRoute) or not ("/v1/admin" in route.path or route.path.endswith("/refund")):
            continue
        path = route.path_format
        for part in route.path_parameters:
            path = path.replace("{" + part + "}", str(new_id()))
        for method in route.methods - {"OPTIONS"}:
            asked += 1
            answer = await ada.http.request(method, path, headers=admin.headers)
            assert answer.status_code == 403, (method, path)
    assert asked > 20
