"""What holds for every request, whatever the route."""

import json
import re
from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute
from sqlalchemy import text

from app.asgi import Parts, create_app
from app.config import Settings
from app.edge import MOST_BODY_BYTES
from app.web import ADDRESSES, FILES
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.people import PASSWORD, publish, register, small_course

PUBLIC = {
    "/.well-known/jwks.json",
    "/account/email",
    "/api/v1/auth/email/confirm",
    "/api/v1/auth/email/verify/confirm",
    "/api/v1/auth/guest",
    "/api/v1/auth/login",
    "/api/v1/auth/login/code",
    "/api/v1/auth/login/code/confirm",
    "/api/v1/auth/password/reset",
    "/api/v1/auth/password/reset/confirm",
    "/api/v1/auth/oidc",
    "/api/v1/auth/oidc/exchange",
    "/api/v1/auth/oidc/{provider:str}/backchannel-logout",
    "/api/v1/auth/oidc/{provider:str}/callback",
    "/api/v1/auth/oidc/{provider:str}/start",
    "/api/v1/auth/passkeys/login",
    "/api/v1/auth/passkeys/login/options",
    "/api/v1/auth/refresh",
    "/api/v1/auth/register",
    "/api/v1/auth/second-factor",
    "/api/v1/auth/second-factor/passkey",
    "/api/v1/categories",
    "/api/v1/contact",
    "/api/v1/courses",
    "/api/v1/courses/facets",
    "/api/v1/courses/{course_id:uuid}",
    "/api/v1/courses/{course_id:uuid}/lessons",
    "/api/v1/search",
    "/api/v1/webhooks/mail",
    "/api/v1/webhooks/{provider:str}",
    "/api/v1/products",
    "/dev/mail",
    "/dev/mail/preview/{kind:str}",
    "/dev/mail/{mail_id:uuid}",
    "/dev/mail/{mail_id:uuid}/html",
    "/dev/mail/{mail_id:uuid}/raw",
    "/dev/mail/{mail_id:uuid}/text",
    "/health",
    "/health/ready",
    "/health/services",
    "/media/private/{file_id:uuid}/{variant:str}",
    "/media/uploads/{upload_id:uuid}/{number:int}",
    "/media/{sha256:str}",
    "/media/{sha256:str}/{variant:str}",
    "/metrics",
    "/pay/cancelled/{order_id:uuid}",
    "/pay/return/{order_id:uuid}",
    "/pay/{ref:str}",
    "/reset",
    "/schema",
    "/schema/asyncapi.json",
    "/schema/assets/{name:str}",
    "/schema/openapi.json",
    "/schema/{path:str}",
    "/static/{name:str}",
    "/unsubscribe/{token:str}",
    "/verify",
    "/assets/{name:str}",
    *ADDRESSES,
    *FILES,
}


def http_routes(app: Litestar) -> list[tuple[str, str]]:
    return [
        (method, route.path)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method in route.methods
        if method != "OPTIONS"
    ]


async def test_every_route_that_is_not_named_public_wants_a_token(app: Litestar, client: httpx.AsyncClient) -> None:
    assert {path for _, path in http_routes(app)} >= PUBLIC
    for method, path in http_routes(app):
        if path in PUBLIC:
            continue
        concrete = re.sub(r"{\w+:uuid}", str(new_id()), re.sub(r"{\w+:str}", "x", path))
        assert "{" not in concrete
        answer = await client.request(method, concrete)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), (method, path)
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", ["/nowhere", "/api/v1/nowhere"])
async def test_an_unknown_path_is_a_problem_document(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "http.not_found"


async def test_a_wrong_method_is_a_problem_document(client: httpx.AsyncClient) -> None:
    answer = await client.patch("/api/v1/auth/login")
    assert (answer.status_code, answer.json()["code"]) == (405, "http.method_not_allowed")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_a_body_that_is_not_json_is_refused(client: httpx.AsyncClient, kind: str) -> None:
    answer = await client.post("/api/v1/auth/login", content=b"{}", headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["code"]) == (415, "http.unsupported_media_type")


async def test_a_compressed_body_is_refused(client: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = await client.post("/api/v1/auth/login", content=b"x", headers=headers)
    assert answer.status_code == 415


async def test_a_body_over_the_limit_is_refused_whether_or_not_it_says_its_length(client: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(6):
            yield b" " * (MOST_BODY_BYTES // 5)

    headers = {"Content-Type": "application/json"}
    for content in (b" " * (MOST_BODY_BYTES + 1), chunks()):
        answer = await client.post("/api/v1/auth/login", content=content, headers=headers)
        assert answer.status_code == 413


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        b"[" * 100_000,
        b'{"email":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        b'{"email": "a\\u0000b@example.org", "password": "x"}',
        b'{"email": "\\ud800", "password": "x"}',
        b'{"email": "a@example.org", "password": "x", "is_admin": true}',
        b'{"email": 1}',
        b"\xff\xfe",
        b"null",
        b"NaN",
    ],
)
async def test_a_body_of_the_wrong_form_is_400_and_never_500(client: httpx.AsyncClient, body: bytes) -> None:
    for path in ("/api/v1/auth/login", "/api/v1/auth/register"):
        answer = await client.post(path, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400, answer.text
        assert answer.headers["content-type"] == "application/problem+json"


async def test_what_is_wrong_with_a_body_is_said_in_words_that_a_client_knows(client: httpx.AsyncClient) -> None:
    said = [
        (await client.post("/api/v1/auth/register", json=body)).json()["detail"] for body in ({}, {"email": 1}, None)
    ]
    assert said == [
        "Object missing required field `email`",
        "email: Expected `str`, got `int`",
        "A body of JSON is missing",
    ]


async def test_a_request_keeps_its_id_and_one_without_gets_one(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health", headers={"X-Request-ID": "abc-1"})).headers["x-request-id"] == "abc-1"
    made = (await client.get("/health", headers={"X-Request-ID": "no good\t"})).headers["x-request-id"]
    assert len(made) == 32
    answer = await client.get("/api/v1/nowhere", headers={"X-Request-ID": "abc-2"})
    assert answer.json()["correlation_id"] == "abc-2"


async def test_answers_carry_security_headers_and_are_not_stored(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_only_named_origins_may_call_from_a_browser(client: httpx.AsyncClient) -> None:
    asked = {"Access-Control-Request-Method": "GET"}
    own = await client.options("/api/v1/courses", headers={"Origin": "http://localhost:8000", **asked})
    assert own.headers["access-control-allow-origin"] == "http://localhost:8000"
    other = await client.options("/api/v1/courses", headers={"Origin": "https://evil.example", **asked})
    assert "access-control-allow-origin" not in other.headers


async def test_a_commit_that_fails_is_never_a_success(client: httpx.AsyncClient, db: Database) -> None:
    learner = await register(client)
    course = await publish(db, small_course())
    async with db.engine.begin() as connection:
        await connection.execute(
            text("""
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
                AS $$ BEGIN RAISE EXCEPTION 'commit refused'; END $$
            """)
        )
        await connection.execute(
            text("""
                CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON learning_enrollment DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION refuse()
            """)
        )
    try:
        answer = await learner.post(f"/courses/{course.course_id}/enrollments")
    finally:
        async with db.engine.begin() as connection:
            await connection.execute(text("DROP FUNCTION refuse() CASCADE"))
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "refused" not in answer.text, "nothing of our inside is told"
    assert (await learner.get("/progress")).json() == []


async def test_the_openapi_document_names_every_operation_once_and_describes_errors(client: httpx.AsyncClient) -> None:
    document = (await client.get("/schema/openapi.json")).json()
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names)) > 20
    assert all("default" in operation["responses"] for operation in operations)
    assert document["components"]["schemas"]["RegisterIn"]["additionalProperties"] is False
    needs_none = {
        path
        for path, found in document["paths"].items()
        for operation in found.values()
        if operation.get("security") == []
    }
    assert needs_none == {
        plain for path in PUBLIC if (plain := re.sub(":(uuid|str|int)", "", path)) in document["paths"]
    }


async def test_the_documents_and_pages_are_served_without_the_outside(client: httpx.AsyncClient) -> None:
    pages = ["/", "/schema", "/schema/assets/swagger-ui-bundle.js", "/schema/assets/start.js"]
    pages += [f"/static/{name}" for name in ("links.js", "page.css", "mail.css", "icon.svg")]
    for path in pages:
        answer = await client.get(path)
        assert answer.status_code == 200, path
        assert "https://" not in answer.text[:2000] or path.endswith("bundle.js")
    for path in ("/", "/schema"):
        # A page that may not load its own scripts is an empty page.
        assert "script-src 'self'" in (await client.get(path)).headers["content-security-policy"]
    # Files lie below `public_url`, and the page may have been opened by the machine's other name.
    assert "http://127.0.0.1:8000" in (await client.get("/")).headers["content-security-policy"]
    assert json.loads((await client.get("/schema/asyncapi.json")).text)["asyncapi"].startswith("3.")


async def test_health_tells_of_each_service(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health")).json()["status"] == "up"
    assert (await client.get("/health/ready")).status_code == 200
    found = (await client.get("/health/services")).json()
    assert {service["name"]: service["state"] for service in found["services"]} == {
        "postgresql": "up",
        "redis": "up",
        "storage": "up",
        "jobs": "up",
        "disk": "up",
        "realtime": "up",
    }


async def test_a_process_that_hears_nothing_says_so(
    client: httpx.AsyncClient, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts.realtime, "deaf_s", lambda: 12.3)
    found = (await client.get("/health/services")).json()
    assert found["status"] == "degraded"
    told = {service["name"]: service["detail"] for service in found["services"]}
    assert told["realtime"] == "nothing heard through Redis for 12 s"


async def test_metrics_count_requests_by_route_and_not_by_path(client: httpx.AsyncClient) -> None:
    await client.get(f"/api/v1/courses/{new_id()}")
    found = (await client.get("/metrics")).text
    assert 'route="/api/v1/courses/{course_id}"' in found


async def test_production_closes_documents_and_metrics(settings: Settings, migrated: None) -> None:
    production = msgspec.structs.replace(
        settings, environment="production", metrics_token="t" * 20, public_url="https://learn.example"
    )
    app = create_app(production, background=False)
    async with app.lifespan():
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="https://learn.example") as client:
            for path in ("/schema", "/schema/openapi.json", "/schema/asyncapi.json", "/metrics"):
                assert (await client.get(path)).status_code == 404, path
            answer = await client.get("/metrics", headers={"Authorization": f"Bearer {'t' * 20}"})
            assert answer.status_code == 200
            assert answer.headers["strict-transport-security"]


async def test_a_password_never_comes_back(client: httpx.AsyncClient) -> None:
    learner = await register(client)
    assert PASSWORD not in (await learner.get("/auth/me")).text
