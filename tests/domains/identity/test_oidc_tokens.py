"""What is believed of a provider's signatures, and what becomes of logins whose provider is away or ends them."""

import json
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from werkzeug.wrappers import Response

from domains.identity.api import OpenIdProviders
from domains.identity.policy.oidc import LOGOUT_EVENT
from domains.identity.providers.openid.setup import ProviderSetting
from domains.identity.repository.purge import purge
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from doubles.identity_provider import OTHER_RSA_KEY, IdentityProvider, PrivateKey, identity_provider, published
from factories.factors import code_of, give, with_app
from factories.oidc import OIDC, at_provider, back, log_in, query_of, refusal, start
from factories.people import Learner, register

pytestmark = pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning")


@pytest.fixture(scope="module")
def server() -> Iterator[IdentityProvider]:
    with identity_provider() as found:
        yield found


@pytest.fixture
def school(server: IdentityProvider) -> IdentityProvider:
    server.reset()
    return server


@pytest.fixture(autouse=True)
async def providers(
    db: Database, school: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[OpenIdProviders]:
    found = _providers(school.issuer)
    monkeypatch.setitem(db._ports, OpenIdProviders, found)
    yield found
    await found.aclose()


def _providers(issuer: str, *, deadline_s: float = 2) -> OpenIdProviders:
    setting = ProviderSetting("school", "lyceum", "secret", issuer, trusted=True)
    origins = ["http://127.0.0.1:8000"]
    return OpenIdProviders([setting], public_url=origins[0], origins=origins, deadline_s=deadline_s)


def as_learner(http: httpx.AsyncClient, tokens: httpx.Response) -> Learner:
    assert tokens.status_code == 200, tokens.text
    found = tokens.json()
    return Learner(UUID(found["user"]["id"]), found["user"]["name"], found["access_token"], http)


async def test_a_token_that_another_key_has_signed_lets_nobody_in(
    client: httpx.AsyncClient, school: IdentityProvider
) -> None:
    school.key = OTHER_RSA_KEY
    assert await refusal(client, "1") == "identity.oidc_refused"


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [(ec.generate_private_key(ec.SECP256R1()), "ES256"), (ed25519.Ed25519PrivateKey.generate(), "EdDSA")],
    ids=["ES256", "EdDSA"],
)
async def test_other_kinds_of_keys_are_good_too(
    client: httpx.AsyncClient, school: IdentityProvider, key: PrivateKey, algorithm: str
) -> None:
    school.key, school.algorithm, school.keys = key, algorithm, [published(key, "one")]
    assert (await log_in(client, "1")).status_code == 200


async def test_a_token_may_leave_out_the_name_of_the_only_key(
    client: httpx.AsyncClient, school: IdentityProvider
) -> None:
    school.header = {}
    assert (await log_in(client, "1")).status_code == 200


async def test_a_key_for_something_else_verifies_nothing(client: httpx.AsyncClient, school: IdentityProvider) -> None:
    school.keys = [school.keys[0] | {"use": "enc"}]
    assert await refusal(client, "1") == "identity.oidc_refused"


async def test_a_key_for_another_algorithm_verifies_nothing(
    client: httpx.AsyncClient, school: IdentityProvider
) -> None:
    school.keys = [school.keys[0] | {"alg": "RS512"}]
    assert await refusal(client, "1") == "identity.oidc_refused"


@pytest.mark.parametrize("kind", ["none", "secret", "public key", "logout"])
async def test_a_token_of_a_kind_that_anybody_could_make_lets_nobody_in(
    client: httpx.AsyncClient, school: IdentityProvider, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def forged(claims: dict[str, Any]) -> str:
        match kind:
            case "none":
                return jwt.encode(claims, None, "none", headers={"kid": "one"})
            case "secret":
                return jwt.encode(claims, "secret".ljust(32, "!"), "HS256", headers={"kid": "one"})
            case "public key":
                return jwt.encode(claims, school.keys[0]["n"], "HS256", headers={"kid": "one"})
        return jwt.encode(claims, school.key, "RS256", headers={"kid": "one", "typ": "logout+jwt"})

    monkeypatch.setattr(school, "signed", forged)
    assert await refusal(client, "1") == "identity.oidc_refused"


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é.é.é", "e30.e30.e30", "x" * 20_000, 7, None])
async def test_what_is_no_token_lets_nobody_in(client: httpx.AsyncClient, school: IdentityProvider, token: Any) -> None:
    school.answers["/oauth2/token"] = _json({"access_token": "x", "id_token": token})
    assert await refusal(client, "1") in {"identity.oidc_refused", "identity.oidc_unavailable"}


async def test_keys_are_asked_for_once_and_unknown_ones_once_per_half_minute(
    client: httpx.AsyncClient, school: IdentityProvider
) -> None:
    with time_machine.travel(utc_now(), tick=False) as clock:
        for _ in range(2):
            assert (await log_in(client, "1")).status_code == 200
        assert (school.asked.count("/jwks"), school.asked.count("/.well-known/openid-configuration")) == (1, 1)
        school.header = {"kid": "two"}
        assert await refusal(client, "1") == "identity.oidc_refused"
        assert school.asked.count("/jwks") == 1
        clock.shift(timedelta(seconds=30))
        for _ in range(3):
            assert await refusal(client, "1") == "identity.oidc_refused"
        assert school.asked.count("/jwks") == 2
        school.keys = [published(school.key, "two")]
        clock.shift(timedelta(seconds=30))
        assert (await log_in(client, "1")).status_code == 200


async def test_a_key_that_was_withdrawn_is_not_believed_for_long(
    client: httpx.AsyncClient, school: IdentityProvider
) -> None:
    with time_machine.travel(utc_now(), tick=False) as clock:
        assert (await log_in(client, "1")).status_code == 200
        school.keys = [published(OTHER_RSA_KEY, "two")]
        clock.shift(timedelta(hours=1))
        assert await refusal(client, "1") == "identity.oidc_refused"


async def test_what_was_known_of_a_provider_does_while_it_does_not_say_it_again(
    client: httpx.AsyncClient, school: IdentityProvider
) -> None:
    with time_machine.travel(utc_now(), tick=False) as clock:
        assert (await log_in(client, "1")).status_code == 200
        school.answers = {path: Response(status=500) for path in ("/jwks", "/.well-known/openid-configuration")}
        clock.shift(timedelta(hours=2))
        assert (await log_in(client, "1")).status_code == 200


async def test_a_provider_that_is_away_is_said_to_be_and_left_alone_for_a_moment(
    client: httpx.AsyncClient, school: IdentityProvider
) -> None:
    school.answers["/.well-known/openid-configuration"] = Response(status=503)
    with time_machine.travel(utc_now(), tick=False) as clock:
        for _ in range(3):
            answer = await client.post(f"{OIDC}/school/start", json={})
            assert code_of(answer) == (503, "identity.oidc_unavailable")
        assert len(school.asked) == 1
        school.answers.clear()
        clock.shift(timedelta(seconds=5))
        assert (await log_in(client, "1")).status_code == 200


@pytest.mark.parametrize(
    "said",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": None},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": 7},
    ],
    ids=["issuer", "no token endpoint", "file", "script", "number"],
)
async def test_a_description_that_cannot_be_true_is_not_used(
    client: httpx.AsyncClient, school: IdentityProvider, said: dict[str, Any]
) -> None:
    school.metadata = said
    assert code_of(await client.post(f"{OIDC}/school/start", json={})) == (503, "identity.oidc_unavailable")


@pytest.mark.parametrize("path", ["/oauth2/token", "/jwks"])
async def test_a_provider_that_fails_on_the_way_back_lets_nobody_in(
    client: httpx.AsyncClient, school: IdentityProvider, path: str
) -> None:
    school.answers[path] = Response(status=302, headers={"Location": "http://127.0.0.1:1/"})
    assert await refusal(client, "1") == "identity.oidc_unavailable"
    assert school.asked[-1] == path


async def test_a_provider_that_does_not_take_the_code_lets_nobody_in(client: httpx.AsyncClient) -> None:
    begun = await start(client)
    parts = urlsplit(await at_provider(begun["url"], "1"))
    state = query_of(begun["url"])["state"]
    forged = await back(client, f"{parts.path}?state={state}&code=another")
    assert forged == {"error": "identity.oidc_refused"}


async def test_a_code_of_another_login_is_of_no_use_with_this_ones_state(client: httpx.AsyncClient) -> None:
    """Because the provider wants the verifier of the login that the code was made for."""
    theirs = query_of(await at_provider((await start(client))["url"], "victim"))
    mine = query_of((await start(client))["url"])["state"]
    injected = f"{OIDC}/school/callback?state={mine}&code={theirs['code']}"
    assert await back(client, injected) == {"error": "identity.oidc_refused"}


async def test_a_slow_provider_costs_no_more_than_the_deadline(
    client: httpx.AsyncClient, school: IdentityProvider, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurried = _providers(school.issuer, deadline_s=0.05)
    monkeypatch.setitem(db._ports, OpenIdProviders, hurried)
    school.waits = threading.Event()
    assert code_of(await client.post(f"{OIDC}/school/start", json={})) == (503, "identity.oidc_unavailable")
    school.waits.set()
    await hurried.aclose()


async def test_logging_out_leads_to_the_provider(client: httpx.AsyncClient, school: IdentityProvider) -> None:
    school.claims = {"sid": "there-1"}
    ada = as_learner(client, await log_in(client, "1"))
    url = (await ada.post("/auth/oidc/logout", {})).json()["url"]
    assert url.startswith(f"{school.issuer}/oauth2/end_session?")
    assert query_of(url) == {
        "client_id": "lyceum",
        "post_logout_redirect_uri": "http://127.0.0.1:8000/",
        "logout_hint": "there-1",
    }
    assert (await ada.get("/auth/me")).status_code == 401


async def test_a_session_that_a_second_factor_opened_leads_to_the_provider_too(
    client: httpx.AsyncClient, school: IdentityProvider
) -> None:
    ada = as_learner(client, await log_in(client, "1"))
    app = await with_app(ada)
    school.claims = {"sid": "there-2"}
    token = (await log_in(client, "1")).json()["second_factor"]["token"]
    inside = as_learner(client, await give(ada, token, code=app.code()))
    url = (await inside.post("/auth/oidc/logout", {})).json()["url"]
    assert query_of(url)["logout_hint"] == "there-2"


@pytest.mark.parametrize("reason", ["no place", "away", "password"])
async def test_logging_out_ends_the_session_here_whatever_the_provider_offers(
    client: httpx.AsyncClient, school: IdentityProvider, db: Database, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    if reason == "no place":
        school.metadata = {"end_session_endpoint": None}
    ada = await register(client) if reason == "password" else as_learner(client, await log_in(client, "1"))
    unaware = _providers(school.issuer)
    if reason == "away":
        school.answers["/.well-known/openid-configuration"] = Response(status=500)
        monkeypatch.setitem(db._ports, OpenIdProviders, unaware)
    assert (await ada.post("/auth/oidc/logout", {})).json() == {"url": None}
    assert (await ada.get("/auth/me")).status_code == 401
    await unaware.aclose()


def logout_token(school: IdentityProvider, **claims: Any) -> str:
    now = int(utc_now().timestamp())
    honest = {
        "iss": school.issuer,
        "aud": "lyceum",
        "iat": now,
        "exp": now + 120,
        "jti": new_id().hex,
        "events": {LOGOUT_EVENT: {}},
    }
    return school.signed(honest | claims)


async def tell_logout(http: httpx.AsyncClient, token: str) -> httpx.Response:
    return await http.post(f"{OIDC}/school/backchannel-logout", data={"logout_token": token})


async def test_the_provider_ends_one_login_or_all_of_somebody(
    client: httpx.AsyncClient, school: IdentityProvider, db: Database
) -> None:
    sessions = []
    for sid in ("a", "b", "c"):
        school.claims = {"sid": sid}
        sessions.append(as_learner(client, await log_in(client, "1")))
    school.claims = {}
    other = as_learner(client, await log_in(client, "2"))
    assert (await tell_logout(client, logout_token(school, sid="b"))).status_code == 200
    assert [(await one.get("/auth/me")).status_code for one in sessions] == [200, 401, 200]
    assert (await tell_logout(client, logout_token(school, sub="1"))).status_code == 200
    assert [(await one.get("/auth/me")).status_code for one in sessions] == [401, 401, 401]
    assert (await other.get("/auth/me")).status_code == 200
    rows = await db.fetch("SELECT count(*) AS n FROM identity_audit WHERE action = 'sessions_ended'")
    assert rows[0]["n"] == 3


async def test_a_session_that_a_second_factor_opened_ends_too_and_none_is_opened_afterwards(
    client: httpx.AsyncClient, school: IdentityProvider
) -> None:
    ada = as_learner(client, await log_in(client, "1"))
    app = await with_app(ada)
    waiting = [(await log_in(client, "1")).json()["second_factor"]["token"] for _ in range(2)]
    inside = as_learner(client, await give(ada, waiting[0], code=app.code()))
    assert (await tell_logout(client, logout_token(school, sub="1"))).status_code == 200
    assert (await inside.get("/auth/me")).status_code == 401
    late = await give(ada, waiting[1], recovery_code=app.recovery_codes[0])
    assert code_of(late) == (401, "identity.pending_invalid")


LIES: dict[str, dict[str, Any]] = {
    "audience": {"aud": "somebody-else"},
    "issuer": {"iss": "https://evil.example"},
    "expired": {"exp": 1_000_000_000},
    "long ago": {"iat": 1_000_000_000},
    "another event": {"events": {"http://evil.example/event": {}}},
    "no event": {"events": None},
    "odd event": {"events": [LOGOUT_EVENT]},
    "an ID token": {"nonce": "x"},
    "no name": {"jti": None},
    "odd name": {"jti": 7},
    "nobody": {"sub": None},
    "odd somebody": {"sub": ["1"]},
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_logout_token_that_is_not_what_it_should_be_ends_nothing(
    client: httpx.AsyncClient, school: IdentityProvider, lie: str
) -> None:
    ada = as_learner(client, await log_in(client, "1"))
    refused = await tell_logout(client, logout_token(school, **({"sub": "1"} | LIES[lie])))
    assert code_of(refused) == (400, "identity.oidc_refused")
    assert (await ada.get("/auth/me")).status_code == 200


async def test_a_logout_token_of_another_key_ends_nothing(client: httpx.AsyncClient, school: IdentityProvider) -> None:
    ada = as_learner(client, await log_in(client, "1"))
    school.key = OTHER_RSA_KEY
    assert code_of(await tell_logout(client, logout_token(school, sub="1"))) == (400, "identity.oidc_refused")
    assert (await ada.get("/auth/me")).status_code == 200


async def test_a_logout_token_is_good_once(client: httpx.AsyncClient, school: IdentityProvider, db: Database) -> None:
    token = logout_token(school, sub="1")
    assert (await tell_logout(client, token)).status_code == 200
    ada = as_learner(client, await log_in(client, "1"))
    assert code_of(await tell_logout(client, token)) == (400, "identity.oidc_refused")
    assert (await ada.get("/auth/me")).status_code == 200


@pytest.mark.parametrize("form", [{}, {"logout_token": ["a", "b"]}, {"logout_token": ""}, {"other": ["x"] * 21}])
async def test_a_form_without_one_logout_token_is_refused(client: httpx.AsyncClient, form: dict[str, Any]) -> None:
    answer = await client.post(f"{OIDC}/school/backchannel-logout", data=form)
    assert code_of(answer) == (400, "identity.oidc_refused")


async def test_what_is_over_is_forgotten(client: httpx.AsyncClient, school: IdentityProvider, db: Database) -> None:
    await start(client)
    await log_in(client, "1")
    await tell_logout(client, logout_token(school, sub="2"))
    tables = ("identity_oidc_flow", "identity_oidc_session", "identity_oidc_logout_token")

    async def counts() -> list[int]:
        return [(await db.fetch(f"SELECT count(*) AS n FROM {table}"))[0]["n"] for table in tables]

    assert await counts() == [1, 1, 1]
    await purge(db, utc_now(), at_most=10)
    assert await counts() == [1, 1, 1]
    await purge(db, utc_now() + timedelta(days=365), at_most=10)
    assert await counts() == [0, 0, 0]


def _json(document: Any) -> Response:
    return Response(json.dumps(document), content_type="application/json")


async def test_a_name_that_nobody_can_have_becomes_a_plain_one(
    client: httpx.AsyncClient, school: IdentityProvider
) -> None:
    school.person("1", name="\u0000\u202e", email="no address", locale="??", zoneinfo="Nowhere/Land")
    ada = as_learner(client, await log_in(client, "1"))
    user = (await ada.get("/auth/me")).json()
    assert (user["name"], user["email"], user["locale"], user["time_zone"]) == ("Learner", None, "en", "UTC")
