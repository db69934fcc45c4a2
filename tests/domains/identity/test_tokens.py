"""Access tokens: what is accepted, what is refused, who may call what."""

import asyncio
import base64
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from litestar import Litestar, get
from litestar.routes import HTTPRoute

from app.asgi import Parts
from app.live import realtime_ports
from app.problems import HANDLERS
from domains.identity import api, guards
from domains.identity.api import Authenticator, Permission, Principal
from domains.identity.errors import SessionEnded, TokenExpired, TokenInvalid
from domains.identity.repository import sessions as repository
from domains.identity.service.keys import KeyRing
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database

AUTH = "/api/v1/auth"


@pytest.fixture
def authenticator(parts: Parts) -> Authenticator:
    """One of its own, as another process would have it."""
    # The house's own ring remembers a key whose row went when the tables were emptied.
    parts.authenticator.keys = KeyRing(parts.infra.db)
    return Authenticator(parts.infra.db, issuer=parts.infra.settings.public_url)


@pytest.fixture
async def token(client: httpx.AsyncClient, authenticator: Authenticator) -> str:
    body = {"email": "ada@example.org", "name": "Ada", "password": "correct horse, staple"}
    answer = (await client.post(f"{AUTH}/register", json=body)).json()
    found: str = answer["access_token"]
    return found


async def forge(authenticator: Authenticator, token: str, *, headers: Any = None, **claims: Any) -> str:
    """The same token with some claims or headers changed, signed with the true key; None leaves one out."""
    key = await authenticator.keys.signing_key()
    changed = {**jwt.decode(token, options={"verify_signature": False}), **claims}
    return jwt.encode(
        {name: value for name, value in changed.items() if value is not None},
        key.private,
        algorithm="EdDSA",
        headers={"kid": key.kid, "typ": "at+jwt", **(headers or {})},
    )


async def test_a_token_says_who_calls(authenticator: Authenticator, token: str) -> None:
    principal = await authenticator.principal(token)
    claims = jwt.decode(token, options={"verify_signature": False})
    assert str(principal.user_id) == claims["sub"]
    assert str(principal.session_id) == claims["sid"]
    assert principal.roles == frozenset(claims["roles"]) == {"learner"}
    assert principal.expires_at == datetime.fromtimestamp(claims["exp"], UTC)
    assert authenticator.cached(token) is principal


async def test_published_keys_verify_tokens(client: httpx.AsyncClient, token: str) -> None:
    answer = await client.get("/.well-known/jwks.json")
    assert answer.status_code == 200
    assert "d" not in answer.json()["keys"][0]
    header = jwt.get_unverified_header(token)
    assert (header["alg"], header["typ"]) == ("EdDSA", "at+jwt")
    key = jwt.PyJWKSet.from_dict(answer.json())[header["kid"]]
    assert jwt.decode(token, key, algorithms=["EdDSA"], audience="lyceum", issuer="http://127.0.0.1:8000")


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "sid", "jti", "iat", "exp"])
async def test_every_claim_is_required(authenticator: Authenticator, token: str, claim: str) -> None:
    with pytest.raises(TokenInvalid):
        await authenticator.principal(await forge(authenticator, token, **{claim: None}))


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "another"},
        {"aud": ["lyceum", "another"]},
        {"sub": "ada"},
        {"sid": 7},
        {"iat": int(time.time()) + 3600},
        {"nbf": int(time.time()) + 3600},
        {"exp": "soon"},
        {"headers": {"typ": "JWT"}},
        {"headers": {"typ": None}},
        {"headers": {"kid": "unknown"}},
    ],
)
async def test_a_token_of_another_kind_is_refused(authenticator: Authenticator, token: str, change: Any) -> None:
    with pytest.raises(TokenInvalid):
        await authenticator.principal(await forge(authenticator, token, **change))


async def test_other_algorithms_and_the_tokens_own_keys_are_refused(authenticator: Authenticator, token: str) -> None:
    claims = jwt.decode(token, options={"verify_signature": False})
    kid = jwt.get_unverified_header(token)["kid"]
    public = (await authenticator.keys.public_key(kid)) or pytest.fail("no key")
    raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    thief = Ed25519PrivateKey.generate()
    thief_jwk = jwt.get_algorithm_by_name("EdDSA").to_jwk(thief.public_key(), as_dict=True)
    typed = {"kid": kid, "typ": "at+jwt"}
    for forged in (
        jwt.encode(claims, None, algorithm="none", headers=typed),
        jwt.encode(claims, raw, algorithm="HS256", headers=typed),
        jwt.encode(claims, thief, algorithm="EdDSA", headers=typed),
        jwt.encode(claims, thief, algorithm="EdDSA", headers={**typed, "jwk": thief_jwk}),
        jwt.encode(claims, thief, algorithm="EdDSA", headers={**typed, "jku": "https://evil.example/jwks"}),
        jwt.encode(claims, thief, algorithm="EdDSA", headers={**typed, "x5u": "https://evil.example/cert"}),
        token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB"),
        "",
        "a.b.c",
        "." * 5000,
        "é" * 20,
        base64.b64encode(b"\xff" * 30).decode() + "..",
    ):
        with pytest.raises(TokenInvalid):
            await authenticator.principal(forged)


async def test_a_token_expires_after_a_quarter_of_an_hour_also_when_cached(
    authenticator: Authenticator, token: str
) -> None:
    with time_machine.travel(utc_now(), tick=False) as clock:
        await authenticator.principal(token)
        clock.shift(14 * 60)
        await authenticator.principal(token)
        clock.shift(60)
        with pytest.raises(TokenExpired):
            await authenticator.principal(token)


async def test_many_requests_with_one_token_look_once(
    authenticator: Authenticator, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    fetch = Database.fetch

    async def counted(db: Database, statement: str, *values: Any) -> Any:
        nonlocal looks
        looks += "identity_session" in statement
        return await fetch(db, statement, *values)

    monkeypatch.setattr(Database, "fetch", counted)
    with time_machine.travel(utc_now(), tick=False) as clock:
        await asyncio.gather(*(authenticator.principal(token) for _ in range(50)))
        assert looks == 1
        clock.shift(29)
        await authenticator.principal(token)
        assert looks == 1
        clock.shift(1)
        await asyncio.gather(*(authenticator.principal(token) for _ in range(50)))
        assert looks == 2


async def test_a_session_ended_elsewhere_is_noticed_in_thirty_seconds(
    authenticator: Authenticator, token: str, db: Database
) -> None:
    with time_machine.travel(utc_now(), tick=False) as clock:
        principal = await authenticator.principal(token)
        async with db.begin() as uow:
            assert await api.revoke_session(uow, user_id=principal.user_id, reason="test") == [principal.session_id]
        await authenticator.principal(token)
        clock.shift(30)
        for _ in range(2):
            with pytest.raises(SessionEnded):
                await authenticator.principal(token)


async def test_a_logout_is_not_undone_by_a_look_that_was_under_way(
    authenticator: Authenticator, token: str, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims = jwt.decode(token, options={"verify_signature": False})
    user_id, session_id = UUID(claims["sub"]), UUID(claims["sid"])
    read, ended = asyncio.Event(), asyncio.Event()
    live_roles = repository.live_roles

    async def slow(*args: Any, **more: Any) -> Any:
        found = await live_roles(*args, **more)
        read.set()
        await ended.wait()
        return found

    monkeypatch.setattr(repository, "live_roles", slow)
    early = asyncio.create_task(authenticator.principal(token))
    await read.wait()
    async with db.begin() as uow:
        await api.revoke_session(uow, user_id=user_id, session_id=session_id, reason="test")
    authenticator.forget_session(session_id)
    late = asyncio.create_task(authenticator.principal(token))
    await asyncio.sleep(0)
    ended.set()
    assert (await early).session_id == session_id
    with pytest.raises(SessionEnded):
        await late
    assert authenticator.cached(token) is None


async def test_forgetting_one_login_leaves_the_others_known(
    authenticator: Authenticator, token: str, client: httpx.AsyncClient
) -> None:
    body = {"email": "ada@example.org", "password": "correct horse, staple"}
    tokens = [token, *[(await client.post(f"{AUTH}/login", json=body)).json()["access_token"] for _ in range(2)]]
    first, second, _ = [await authenticator.principal(each) for each in tokens]
    again = await authenticator.issue(user_id=first.user_id, session_id=first.session_id, roles=first.roles)
    await authenticator.principal(again)
    authenticator.forget_session(first.session_id)
    assert [authenticator.cached(each) is not None for each in (*tokens, again)] == [False, True, True, False]
    authenticator.forget_user(second.user_id)
    assert not any(authenticator.cached(each) for each in tokens)
    await authenticator.principal(tokens[1])


async def test_the_oldest_token_makes_room(
    authenticator: Authenticator, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domains.identity.service.authenticator._MOST_TOKENS", 1)
    principal = await authenticator.principal(token)
    again = await authenticator.issue(user_id=principal.user_id, session_id=principal.session_id, roles=frozenset())
    await authenticator.principal(again)
    assert (authenticator.cached(token), authenticator.cached(again) is None) == (None, False)
    authenticator.forget_session(principal.session_id)
    assert authenticator.cached(again) is None


async def test_realtime_asks_identity_which_logins_still_live(
    parts: Parts, token: str, client: httpx.AsyncClient, db: Database
) -> None:
    body = {"email": "ada@example.org", "password": "correct horse, staple"}
    tokens = [token, *[(await client.post(f"{AUTH}/login", json=body)).json()["access_token"] for _ in range(2)]]
    live, ended, expired = [(await parts.authenticator.principal(each)).session_id for each in tokens]
    other = (await client.post(f"{AUTH}/register", json={**body, "email": "eve@example.org", "name": "Eve"})).json()
    banned = (await parts.authenticator.principal(other["access_token"])).session_id
    await db.fetch("UPDATE identity_session SET revoked_at = now() WHERE id = $1", ended)
    await db.fetch("UPDATE identity_session SET expires_at = now() WHERE id = $1", expired)
    await db.fetch("UPDATE identity_user SET banned_at = now() WHERE email = 'eve@example.org'")
    check = realtime_ports(db, parts.authenticator, parts.boards).live_sessions
    assert check is not None
    asked = [live, ended, expired, banned, new_id()]
    assert set(await check(asked)) == {live}
    assert set(await check([])) == set()


async def test_no_socket_opens_with_a_login_that_another_process_has_ended(
    parts: Parts, token: str, db: Database
) -> None:
    authenticate = realtime_ports(db, parts.authenticator, parts.boards).authenticate
    session_id = (await authenticate(token)).session_id
    assert (await authenticate(token)).session_id == session_id
    await db.fetch("UPDATE identity_session SET revoked_at = now() WHERE id = $1", session_id)
    assert parts.authenticator.cached(token) is not None
    with pytest.raises(SessionEnded):
        await authenticate(token)


async def test_an_unknown_key_costs_one_look_in_thirty_seconds(
    authenticator: Authenticator, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    forged = await forge(authenticator, token, headers={"kid": "unknown"})
    looks = 0
    fetch = Database.fetch

    async def counted(db: Database, statement: str, *values: Any) -> Any:
        nonlocal looks
        looks += "identity_signing_key" in statement
        return await fetch(db, statement, *values)

    monkeypatch.setattr(Database, "fetch", counted)
    with time_machine.travel(utc_now() + timedelta(seconds=40), tick=False) as clock:
        for expected in (1, 1, 1):
            with pytest.raises(TokenInvalid):
                await authenticator.principal(forged)
            assert looks == expected
        clock.shift(30)
        with pytest.raises(TokenInvalid):
            await authenticator.principal(forged)
        assert looks == 2


async def test_rotating_keys_keeps_old_tokens_valid(authenticator: Authenticator, token: str, db: Database) -> None:
    old = await authenticator.keys.signing_key()
    with time_machine.travel(utc_now(), tick=False) as clock:
        async with db.begin() as uow:
            kid = await api.rotate_keys(uow)
        clock.shift(61)
        assert (await authenticator.keys.signing_key()).kid == old.kid
        assert {key["kid"] for key in await authenticator.keys.jwks()} == {old.kid, kid}
        clock.shift(61)
        assert (await authenticator.keys.signing_key()).kid == kid
        principal = await authenticator.principal(token)
        fresh = await authenticator.issue(
            user_id=principal.user_id, session_id=principal.session_id, roles=principal.roles
        )
        assert jwt.get_unverified_header(fresh)["kid"] == kid
        clock.shift(timedelta(hours=2))
        assert [key["kid"] for key in await authenticator.keys.jwks()] == [kid]


async def test_processes_that_start_together_make_one_key(parts: Parts, db: Database) -> None:
    await db.fetch("DELETE FROM identity_signing_key")
    # The house's own ring knows the key that is gone: other tests would be logged out when it looks again.
    parts.authenticator.keys = KeyRing(db)
    found = await asyncio.gather(*(Authenticator(db, issuer="x").keys.signing_key() for _ in range(4)))
    assert len({key.kid for key in found}) == 1


async def test_every_route_but_the_public_ones_wants_a_token(client: httpx.AsyncClient, app: Litestar) -> None:
    closed = 0
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        path = route.path_format
        for part in route.path_parameters:
            path = path.replace("{" + part + "}", str(new_id()))
        for handler in route.route_handlers:
            for method in handler.http_methods:
                if handler.opt.get("public") or method == "OPTIONS":
                    continue
                closed += 1
                answer = await client.request(method, path)
                assert answer.status_code == 401, (method, path)
                assert answer.headers["www-authenticate"] == "Bearer"
                assert answer.json()["code"] == "unauthenticated"
    assert closed >= 2


async def test_a_bad_token_is_told_on_closed_routes_and_ignored_on_public_ones(client: httpx.AsyncClient) -> None:
    for value in ("Bearer nonsense", "Bearer ", "Basic YTpi", "Bearer \xff"):
        headers = {"Authorization": value.encode("latin-1")}
        answer = await client.get(f"{AUTH}/me", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "identity.token_invalid")
        assert (await client.get("/.well-known/jwks.json", headers=headers)).status_code == 200


async def test_a_role_is_read_again_for_every_request(authenticator: Authenticator, token: str, db: Database) -> None:
    @get("/admin", guards=[guards.require(Permission.API_KEYS)])
    async def admin() -> str:
        return "in"

    small = Litestar([admin], middleware=[guards.AuthenticationMiddleware], exception_handlers=HANDLERS)
    small.state[guards.AUTHENTICATOR] = authenticator
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=small), base_url="http://x") as client:
        answer = await client.get("/admin", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "identity.role_missing")
        await db.fetch("INSERT INTO identity_user_role SELECT id, 'admin' FROM identity_user")
        assert (await client.get("/admin", headers=headers)).status_code == 200
        await db.fetch("DELETE FROM identity_user_role WHERE role = 'admin'")
        assert (await client.get("/admin", headers=headers)).status_code == 403


def test_a_principal_cannot_be_changed() -> None:
    principal = Principal(UUID(int=1), UUID(int=2), frozenset(), utc_now())
    with pytest.raises(AttributeError):
        principal.roles = frozenset({"admin"})  # type: ignore[misc]
