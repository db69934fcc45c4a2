"""Logins at other providers: what a client goes through, and what nobody gets through."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest
import time_machine

from domains.identity.api import OpenIdProviders
from domains.identity.providers.openid.setup import ProviderSetting
from domains.identity.repository import ways
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database
from doubles.identity_provider import IdentityProvider, identity_provider
from factories.factors import code_of, give, with_app
from factories.mailbox import code_for
from factories.oidc import OIDC, at_provider, back, exchange, log_in, query_of, refusal, start
from factories.people import Learner, register

# Of the libraries that the provider's double stands on, while it answers.
pytestmark = pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning")

EMAIL = "ada@example.org"
PAGE = "http://127.0.0.1:8000/welcome?from=oidc"


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[IdentityProvider, IdentityProvider]]:
    with identity_provider() as school, identity_provider() as club:
        yield school, club


@pytest.fixture
def school(servers: tuple[IdentityProvider, IdentityProvider]) -> IdentityProvider:
    """A provider that is trusted."""
    servers[0].reset()
    return servers[0]


@pytest.fixture
def club(servers: tuple[IdentityProvider, IdentityProvider]) -> IdentityProvider:
    """One that is not."""
    servers[1].reset()
    return servers[1]


@pytest.fixture(autouse=True)
async def providers(
    db: Database, school: IdentityProvider, club: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[OpenIdProviders]:
    found = OpenIdProviders(
        [
            ProviderSetting("school", "lyceum", "secret", school.issuer, trusted=True),
            ProviderSetting("club", "lyceum", "", club.issuer, title="The Club"),
        ],
        public_url="http://127.0.0.1:8000",
        origins=["http://127.0.0.1:8000", "lyceum://login"],
        deadline_s=2,
    )
    monkeypatch.setitem(db._ports, OpenIdProviders, found)
    yield found
    await found.aclose()


async def with_verified_address(http: httpx.AsyncClient, db: Database, email: str = EMAIL) -> Learner:
    ada = await register(http, email=email)
    await db.fetch("UPDATE identity_user SET email_verified_at = now() WHERE id = $1", ada.id)
    return ada


def as_learner(http: httpx.AsyncClient, tokens: httpx.Response) -> Learner:
    assert tokens.status_code == 200, tokens.text
    found = tokens.json()
    return Learner(UUID(found["user"]["id"]), found["user"]["name"], found["access_token"], http)


async def actions(db: Database, user_id: UUID) -> list[str]:
    rows = await db.fetch("SELECT action FROM identity_audit WHERE user_id = $1 ORDER BY id", user_id)
    return [row["action"] for row in rows]


async def unlink(ada: Learner, provider: str = "school") -> httpx.Response:
    return await ada.http.delete(f"{OIDC}/{provider}", headers=ada.headers)


async def test_the_providers_are_shown_with_the_names_they_have_for_people(client: httpx.AsyncClient) -> None:
    assert (await client.get(OIDC)).json() == {
        "providers": [{"name": "school", "title": "School"}, {"name": "club", "title": "The Club"}]
    }


async def test_somebody_new_gets_an_account_with_what_a_trusted_provider_has_verified(
    client: httpx.AsyncClient, school: IdentityProvider, db: Database
) -> None:
    school.person("1", email=EMAIL, email_verified=True, name="Ada L.", locale="es", zoneinfo="Europe/Madrid")
    ada = as_learner(client, await log_in(client, "1"))
    user = (await ada.get("/auth/me")).json()
    assert (user["email"], user["email_verified"], user["name"]) == (EMAIL, True, "Ada L.")
    assert (user["locale"], user["time_zone"]) == ("es", "Europe/Madrid")
    assert as_learner(client, await log_in(client, "1")).id == ada.id
    assert await actions(db, ada.id) == ["provider_linked", "logged_in", "logged_in"]


async def test_the_login_leads_to_the_provider_with_pkce_and_back_to_the_page_without_a_token(
    client: httpx.AsyncClient, school: IdentityProvider
) -> None:
    begun = await start(client, redirect_uri=PAGE)
    asked = query_of(begun["url"])
    assert begun["url"].startswith(f"{school.issuer}/oauth2/authorize?")
    assert asked["redirect_uri"] == f"http://127.0.0.1:8000{OIDC}/school/callback"
    assert (asked["scope"], asked["code_challenge_method"]) == ("openid email profile", "S256")
    parts = urlsplit(await at_provider(begun["url"], "1"))
    answer = await client.get(f"{parts.path}?{parts.query}")
    assert answer.headers["Location"].startswith(f"{PAGE}&code=")
    assert set(query_of(answer.headers["Location"])) == {"from", "code"}
    assert answer.headers["cache-control"] == "no-store"
    assert "code_verifier" in school.forms[0]


async def test_two_first_logins_at_once_make_one_account(client: httpx.AsyncClient) -> None:
    begun = [await start(client) for _ in range(2)]
    codes = [(await back(client, await at_provider(one["url"], "1")))["code"] for one in begun]
    answers = await asyncio.gather(
        *(exchange(client, code, one["verifier"]) for code, one in zip(codes, begun, strict=True))
    )
    assert len({as_learner(client, answer).id for answer in answers}) == 1


async def test_a_browser_may_have_the_refresh_token_in_a_cookie(client: httpx.AsyncClient) -> None:
    begun = await start(client)
    came = await back(client, await at_provider(begun["url"], "1"))
    body = {"code": came["code"], "verifier": begun["verifier"]}
    headers = {"X-Session-Mode": "cookie", "Origin": "http://127.0.0.1:8000"}
    answer = await client.post(f"{OIDC}/exchange", json=body, headers=headers)
    assert (answer.status_code, answer.json()["refresh_token"]) == (200, None)
    assert answer.headers["set-cookie"].startswith("__Host-lyceum-refresh=")


def began_anew(answer: httpx.Response) -> bool:
    """People whose login is over are told so by a page, and not by a document for programs."""
    return (answer.status_code, answer.headers["location"]) == (
        303,
        "http://127.0.0.1:8000/?error=identity.oidc_flow_invalid",
    )


async def test_a_state_and_a_code_are_good_once(client: httpx.AsyncClient) -> None:
    begun = await start(client)
    callback = await at_provider(begun["url"], "1")
    came = await back(client, callback)
    parts = urlsplit(callback)
    assert began_anew(await client.get(f"{parts.path}?{parts.query}"))
    assert (await exchange(client, came["code"], begun["verifier"])).status_code == 200
    assert code_of(await exchange(client, came["code"], begun["verifier"])) == (400, "identity.oidc_flow_invalid")


async def test_a_code_is_good_for_whoever_began_the_login_only(client: httpx.AsyncClient) -> None:
    begun, strangers = await start(client), await start(client)
    came = await back(client, await at_provider(begun["url"], "1"))
    assert code_of(await exchange(client, came["code"], strangers["verifier"])) == (400, "identity.oidc_flow_invalid")
    # Who has shown a wrong one has used it up.
    assert code_of(await exchange(client, came["code"], begun["verifier"])) == (400, "identity.oidc_flow_invalid")


async def test_a_login_that_takes_too_long_is_over(client: httpx.AsyncClient) -> None:
    with time_machine.travel(utc_now(), tick=False) as clock:
        slow, begun = await start(client), await start(client)
        came = await back(client, await at_provider(begun["url"], "1"))
        clock.shift(timedelta(minutes=2))
        assert code_of(await exchange(client, came["code"], begun["verifier"])) == (400, "identity.oidc_flow_invalid")
        callback = urlsplit(await at_provider(slow["url"], "1"))
        clock.shift(timedelta(minutes=8))
        assert began_anew(await client.get(f"{callback.path}?{callback.query}"))


async def test_a_state_that_nobody_was_given_leads_to_our_first_page(client: httpx.AsyncClient) -> None:
    for query in ("", "?code=x", "?state=x&code=y", "?state=" + "x" * 5000, "?state=%00&code=%ff"):
        assert began_anew(await client.get(f"{OIDC}/school/callback{query}"))
    assert began_anew(await client.get(f"{OIDC}/nobody/callback?state=x"))
    assert code_of(await client.post(f"{OIDC}/nobody/start", json={})) == (404, "identity.oidc_unknown")


async def test_whom_the_provider_lets_nobody_in_comes_back_with_an_error(
    client: httpx.AsyncClient, school: IdentityProvider
) -> None:
    state = query_of((await start(client))["url"])["state"]
    callback = f"{OIDC}/school/callback?state={state}&error=access_denied&error_description=%3Cscript%3E"
    assert await back(client, callback) == {"error": "identity.oidc_denied"}
    assert "/oauth2/token" not in school.asked


@pytest.mark.parametrize(
    "foreign",
    [
        "https://evil.example/",
        "http://127.0.0.1:8000.evil.example/",
        "http://127.0.0.1:8000@evil.example/",
        "http://me@127.0.0.1:8000/",
        "http://127.0.0.1:8000\\@evil.example/",
        "//evil.example",
        "https://127.0.0.1:8000/",
        "http://127.0.0.1:8000/#x",
        "http://127.0.0.1:8000/\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "/relative",
        "http://[",
        "",
        "http://127.0.0.1:8000/ü",
    ],
)
async def test_nobody_is_sent_to_a_foreign_page(client: httpx.AsyncClient, foreign: str) -> None:
    begun = await client.post(f"{OIDC}/school/start", json={"redirect_uri": foreign})
    assert (code_of(begun), begun.json()["field"]) == ((400, "identity.bad_field"), "redirect_uri")


async def test_nobody_is_sent_to_a_foreign_page_after_a_logout_either(client: httpx.AsyncClient) -> None:
    ada = await register(client)
    refused = await ada.post("/auth/oidc/logout", {"redirect_uri": "https://evil.example/"})
    assert code_of(refused) == (400, "identity.bad_field")
    assert (await ada.get("/auth/me")).status_code == 200


async def test_an_app_is_reached_by_a_scheme_of_its_own(client: httpx.AsyncClient) -> None:
    begun = await start(client, redirect_uri="lyceum://login")
    parts = urlsplit(await at_provider(begun["url"], "1"))
    answer = await client.get(f"{parts.path}?{parts.query}")
    assert answer.headers["Location"].startswith("lyceum://login?code=")


LIES: dict[str, dict[str, Any]] = {
    "nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "audience": {"aud": "somebody-else"},
    "several audiences": {"aud": ["lyceum", "somebody-else"]},
    "authorized party": {"azp": "somebody-else"},
    "issuer": {"iss": "https://evil.example"},
    "expired": {"exp": 1_000_000_000},
    "no expiry": {"exp": None},
    "long ago": {"iat": 1_000_000_000},
    "not yet": {"iat": 9_000_000_000, "exp": 9_000_001_000},
    "no time": {"iat": None},
    "odd time": {"iat": "soon"},
    "nobody": {"sub": ""},
    "number": {"sub": 7},
    "endless": {"sub": "x" * 300},
    "no text": {"sub": "a\0b"},
    "half a letter": {"sub": "\ud800"},
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_token_that_is_not_for_this_login_lets_nobody_in(
    client: httpx.AsyncClient, school: IdentityProvider, lie: str
) -> None:
    school.claims = LIES[lie]
    assert await refusal(client, "1") == "identity.oidc_refused"


async def test_an_unverified_address_opens_no_account(
    client: httpx.AsyncClient, school: IdentityProvider, db: Database
) -> None:
    ada = await with_verified_address(client, db)
    school.person("1", email=EMAIL.upper(), email_verified=False)
    assert code_of(await log_in(client, "1")) == (409, "identity.oidc_link_needed")
    assert await actions(db, ada.id) == ["logged_in"]


async def test_an_address_that_its_owner_never_confirmed_opens_no_account(
    client: httpx.AsyncClient, school: IdentityProvider
) -> None:
    await register(client, email=EMAIL)
    school.person("1", email=EMAIL, email_verified=True)
    assert code_of(await log_in(client, "1")) == (409, "identity.oidc_link_needed")


async def test_a_provider_that_is_not_trusted_opens_no_account_by_an_address(
    client: httpx.AsyncClient, club: IdentityProvider, db: Database
) -> None:
    await with_verified_address(client, db)
    club.person("1", email=EMAIL, email_verified=True)
    assert code_of(await log_in(client, "1", "club")) == (409, "identity.oidc_link_needed")
    club.person("2", email="eve@example.org", email_verified=True)
    eve = as_learner(client, await log_in(client, "2", "club"))
    assert (await is_verified(eve)) is False


async def is_verified(somebody: Learner) -> bool:
    verified: bool = (await somebody.get("/auth/me")).json()["email_verified"]
    return verified


async def test_a_verified_address_of_a_trusted_provider_opens_the_account_and_its_owner_is_told(
    client: httpx.AsyncClient, school: IdentityProvider, db: Database
) -> None:
    ada = await with_verified_address(client, db)
    school.person("1", email=EMAIL, email_verified=True, name="Not Ada")
    assert as_learner(client, await log_in(client, "1")).id == ada.id
    assert (await ada.get("/auth/me")).json()["name"] == "Ada"
    assert await actions(db, ada.id) == ["logged_in", "provider_linked", "logged_in"]
    told = await db.fetch("SELECT payload::jsonb->>'what' AS what FROM kernel_outbox WHERE type = $1", NOTICED)
    assert [row["what"] for row in told] == ["provider_linked"]


NOTICED = "identity.security_noticed.v1"


async def test_a_second_factor_is_wanted_after_a_provider_too(
    client: httpx.AsyncClient, school: IdentityProvider, db: Database
) -> None:
    ada = await with_verified_address(client, db)
    app = await with_app(ada)
    school.person("1", email=EMAIL, email_verified=True)
    waiting = await log_in(client, "1")
    assert waiting.status_code == 202
    token = waiting.json()["second_factor"]["token"]
    assert (await give(ada, token, code=app.code())).status_code == 200


async def test_the_banned_come_in_by_no_provider(
    client: httpx.AsyncClient, school: IdentityProvider, db: Database
) -> None:
    ada = as_learner(client, await log_in(client, "1"))
    await db.fetch("UPDATE identity_user SET banned_at = now() WHERE id = $1", ada.id)
    assert code_of(await log_in(client, "1")) == (403, "identity.banned")


async def guest(http: httpx.AsyncClient) -> Learner:
    answer = await http.post("/api/v1/auth/guest", json={})
    found = answer.json()
    return Learner(UUID(found["user"]["id"]), "Guest", found["access_token"], http)


async def test_a_guest_who_logs_in_by_a_provider_keeps_the_account(
    client: httpx.AsyncClient, school: IdentityProvider, db: Database
) -> None:
    welcomed = (await client.post("/api/v1/auth/guest", json={})).json()
    someone = Learner(UUID(welcomed["user"]["id"]), "Guest", welcomed["access_token"], client)
    school.person("1", email=EMAIL, email_verified=True)
    ada = as_learner(client, await log_in(client, "1", by=someone))
    assert ada.id == someone.id
    assert (await ada.get("/auth/me")).json()["email"] == EMAIL
    assert "guest_upgraded" in await actions(db, ada.id)
    gone = await client.post("/api/v1/auth/guest", json={"device_secret": welcomed["device_secret"]})
    assert code_of(gone) == (401, "identity.device_unknown")


async def test_a_guest_who_has_an_account_elsewhere_comes_into_that_one(
    client: httpx.AsyncClient, school: IdentityProvider
) -> None:
    ada = as_learner(client, await log_in(client, "1"))
    someone = await guest(client)
    assert as_learner(client, await log_in(client, "1", by=someone)).id == ada.id
    assert (await someone.get("/auth/me")).status_code == 200


async def test_a_guest_whose_token_is_no_longer_good_hears_of_it_before_another_account_is_made(
    client: httpx.AsyncClient,
) -> None:
    someone = await guest(client)
    with time_machine.travel(utc_now() + timedelta(hours=1)):
        assert (await someone.post("/auth/oidc/school/start", {})).status_code == 401


async def test_who_looks_through_somebodys_eyes_begins_no_login(client: httpx.AsyncClient, db: Database) -> None:
    staff, ada = await register(client, "Sam"), await register(client)
    await db.fetch("INSERT INTO identity_user_role (user_id, role) VALUES ($1, 'admin')", staff.id)
    look = await staff.post(f"/admin/users/{ada.id}/impersonate", {"purpose": "a ticket of hers"})
    assert look.status_code == 201, look.text
    eyes = Learner(ada.id, "Ada", look.json()["access_token"], client)
    assert code_of(await eyes.post("/auth/oidc/school/start", {"link": True})) == (403, "identity.read_only")


async def test_a_member_who_logs_in_by_a_provider_without_asking_for_a_link_gets_none(
    client: httpx.AsyncClient, school: IdentityProvider
) -> None:
    ada = await register(client)
    assert as_learner(client, await log_in(client, "1", by=ada)).id != ada.id


async def test_a_provider_is_linked_and_unlinked_by_who_is_logged_in(
    client: httpx.AsyncClient, school: IdentityProvider, db: Database
) -> None:
    ada = await register(client)
    school.person("1", email="other@example.org", email_verified=False)
    linked = await log_in(client, "1", by=ada, link=True)
    assert (linked.status_code, linked.json()["provider"]) == (201, "school")
    assert (await log_in(client, "1", by=ada, link=True)).status_code == 201
    shown = (await ada.get("/auth/oidc/linked")).json()["linked"]
    assert [(one["provider"], one["email"]) for one in shown] == [("school", "other@example.org")]
    elsewhere = as_learner(client, await log_in(client, "1"))
    assert elsewhere.id == ada.id
    assert (await unlink(ada)).status_code == 204
    assert (await elsewhere.get("/auth/me")).status_code == 401
    assert (await ada.get("/auth/me")).status_code == 200
    refused = await unlink(ada)
    assert code_of(refused) == (404, "identity.oidc_unknown")
    assert "not linked" in refused.json()["detail"]
    assert (await ada.get("/auth/oidc/linked")).json() == {"linked": []}
    assert (await actions(db, ada.id))[1:] == ["provider_linked", "logged_in", "provider_unlinked"]


async def test_a_login_of_somebody_else_cannot_be_linked(client: httpx.AsyncClient) -> None:
    ada, eve = await register(client), await register(client, "Eve")
    assert (await log_in(client, "1", by=ada, link=True)).status_code == 201
    assert code_of(await log_in(client, "1", by=eve, link=True)) == (409, "identity.oidc_taken")
    assert code_of(await log_in(client, "2", by=ada, link=True)) == (409, "identity.oidc_taken")


async def test_linking_and_unlinking_want_a_fresh_login(client: httpx.AsyncClient) -> None:
    stranger = await client.post(f"{OIDC}/school/start", json={"link": True})
    assert stranger.status_code == 401
    with time_machine.travel(utc_now(), tick=False) as clock:
        ada = await register(client)
        clock.shift(timedelta(minutes=5))
        stale = (403, "identity.step_up_needed")
        assert code_of(await ada.post("/auth/oidc/school/start", {"link": True})) == stale
        assert code_of(await unlink(ada)) == stale


async def test_nothing_is_linked_to_an_account_whose_login_has_ended(client: httpx.AsyncClient) -> None:
    ada = await register(client)
    begun = await start(client, by=ada, link=True)
    assert (await ada.post("/auth/logout")).status_code == 204
    came = await back(client, await at_provider(begun["url"], "1"))
    assert code_of(await exchange(client, came["code"], begun["verifier"])) == (401, "identity.session_ended")


async def test_the_only_way_in_stays(client: httpx.AsyncClient) -> None:
    ada = as_learner(client, await log_in(client, "nobody"))
    assert code_of(await unlink(ada)) == (409, "identity.last_way_in")
    assert as_learner(client, await log_in(client, "nobody")).id == ada.id


async def test_a_provider_that_is_unlinked_while_it_answers_opens_nothing(
    client: httpx.AsyncClient, db: Database, school: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = as_learner(client, await log_in(client, "1"))
    real = ways.hold

    async def unlinked_before(*given: Any) -> Any:
        await asyncio.wait_for(db.fetch("DELETE FROM identity_oidc_identity"), 1)
        return await real(*given)

    monkeypatch.setattr(ways, "hold", unlinked_before)
    other = as_learner(client, await log_in(client, "1"))
    assert other.id != ada.id
    assert len(await db.fetch("SELECT FROM identity_session WHERE user_id = $1", ada.id)) == 1


async def test_a_provider_that_is_no_longer_set_up_is_no_way_in(
    client: httpx.AsyncClient, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await register(client)
    assert (await log_in(client, "1", by=ada, link=True)).status_code == 201
    none = OpenIdProviders([], public_url="http://127.0.0.1:8000", origins=[])
    monkeypatch.setitem(db._ports, OpenIdProviders, none)
    removed = await client.delete("/api/v1/auth/password", headers=ada.headers)
    assert code_of(removed) == (409, "identity.last_way_in")
    await none.aclose()


async def test_an_answer_that_came_to_another_providers_address_is_refused(client: httpx.AsyncClient) -> None:
    callback = urlsplit(await at_provider((await start(client, "school"))["url"], "1"))
    mixed_up = f"{OIDC}/club/callback?{callback.query}"
    assert await back(client, mixed_up) == {"error": "identity.oidc_refused"}


async def test_an_answer_that_says_whose_it_is_is_believed_of_that_one_only(
    client: httpx.AsyncClient, school: IdentityProvider
) -> None:
    school.iss = school.issuer
    assert (await log_in(client, "1")).status_code == 200
    school.iss = "https://evil.example"
    assert await refusal(client, "1") == "identity.oidc_refused"
    assert school.asked.count("/oauth2/token") == 1


async def test_an_answer_that_should_say_whose_it_is_and_does_not_is_refused(
    client: httpx.AsyncClient, school: IdentityProvider
) -> None:
    school.metadata = {"authorization_response_iss_parameter_supported": True}
    assert await refusal(client, "1") == "identity.oidc_refused"


async def test_a_public_client_needs_no_secret(client: httpx.AsyncClient, club: IdentityProvider) -> None:
    assert (await log_in(client, "1", "club")).status_code == 200
    assert (club.forms[0]["client_id"], "client_secret" in club.forms[0]) == ("lyceum", False)


async def test_an_address_that_the_token_does_not_tell_is_asked_for(
    client: httpx.AsyncClient, school: IdentityProvider
) -> None:
    school.claims = {"email": None, "email_verified": None}
    school.person("1", email=EMAIL, email_verified=True)
    ada = as_learner(client, await log_in(client, "1"))
    assert (await ada.get("/auth/me")).json()["email"] == EMAIL


async def test_whoever_reads_the_mail_of_an_address_takes_it_from_who_only_said_it(
    client: httpx.AsyncClient, club: IdentityProvider, db: Database, crank: Any
) -> None:
    club.person("1", email=EMAIL, email_verified=False)
    eve = as_learner(client, await log_in(client, "1", "club"))
    assert await is_verified(eve) is False
    await crank.jobs()
    asked = (await client.post("/api/v1/auth/login/code", json={"email": EMAIL})).json()["request_id"]
    await crank.jobs()
    body = {"request_id": asked, "code": await code_for(db, EMAIL, "sign-in")}
    ada = as_learner(client, await client.post("/api/v1/auth/login/code/confirm", json=body))
    assert ada.id == eve.id
    assert (await ada.get("/auth/oidc/linked")).json() == {"linked": []}
    with time_machine.travel(utc_now() + timedelta(seconds=31)):
        assert (await eve.get("/auth/me")).status_code == 401
    assert code_of(await log_in(client, "1", "club")) == (409, "identity.oidc_link_needed")
