"""The OpenAPI document, held to what client generators need: openapi-typescript and openapi-python-client make clients
of it without a warning."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from app.asgi import create_app
from app.config import Settings
from app.docs import openapi_bytes
from app.openapi import mended

SAYS_NOTHING = {"POST /api/v1/auth/oidc/{provider}/backchannel-logout"}
"""By OpenID Connect's own rules it answers 200 without a body."""
PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(openapi_bytes(create_app(Settings())))
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


def parts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for child in children:
        yield from parts(child)


def test_every_operation_has_an_id_of_its_own_words_a_tag_and_a_problem_to_answer(document: dict[str, Any]) -> None:
    ids = Counter(operation["operationId"] for _, operation in operations(document))
    assert [name for name, times in ids.items() if times > 1 or not re.fullmatch(r"[a-z][a-z0-9_]*", name)] == []
    for at, operation in operations(document):
        assert operation["summary"], at
        assert operation["tags"], at
        assert operation["responses"]["default"]["content"] == PROBLEM, at
        assert "400" not in operation["responses"], at
        named = {parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "path"}
        assert named == set(re.findall(r"{(\w+)}", at)), at
        assert operation["security"] == [] if "security" in operation else document["security"], at


def test_every_body_has_a_type_that_generators_know(document: dict[str, Any]) -> None:
    for at, operation in operations(document):
        for kind, body in operation.get("requestBody", {}).get("content", {}).items():
            assert kind == "application/json", at
            assert body["schema"], at
        answers = {code: answer for code, answer in operation["responses"].items() if code != "default"}
        assert answers, at
        for code, answer in answers.items():
            kinds = answer.get("content", {})
            assert all(body["schema"] for body in kinds.values()), at
            if kinds:
                known = {"application/json", "text/html", "text/plain", "application/octet-stream"}
                assert known & set(kinds), f"{at} {code}"
            else:
                assert code in {"202", "204", "302", "303", "304", "307"} or at in SAYS_NOTHING, f"{at} {code}"


def test_every_schema_has_a_name_that_is_one_in_any_language_and_every_reference_leads_to_one(
    document: dict[str, Any],
) -> None:
    schemas = document["components"]["schemas"]
    assert [name for name in schemas if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", name)] == []
    # Generators name classes by the title, whatever its capitals.
    assert max(Counter(name.lower() for name in schemas).values()) == 1
    for name, schema in schemas.items():
        assert schema["title"] == name
        assert schema.keys() & {"type", "enum", "oneOf", "anyOf", "allOf"}, name
        if name.endswith("In") and schema.get("type") == "object":
            assert schema["additionalProperties"] is False, name
    assert [part for part in parts(document) if {} in part.get("oneOf", ())] == []
    led = {part["$ref"] for part in parts(document) if isinstance(part.get("$ref"), str)}
    assert led <= {f"#/components/schemas/{name}" for name in schemas}


def test_a_bearer_token_is_asked_for_where_a_route_is_not_public(document: dict[str, Any]) -> None:
    by_id = {operation["operationId"]: operation for _, operation in operations(document)}
    assert by_id["log_in"]["security"] == []
    assert by_id["show_me"].get("security", document["security"]) == [{"bearer": []}]


def test_two_schemas_of_one_domain_with_one_name_are_refused() -> None:
    schemas = {name: {"type": "object"} for name in ("shop_schemas_carts_ItemOut", "shop_schemas_bills_ItemOut")}
    with pytest.raises(ValueError, match="the same name"):
        mended({"paths": {}, "components": {"schemas": schemas, "securitySchemes": {}}}, ())


@pytest.mark.parametrize(
    ("path", "answers"),
    [
        ("login", {"200": "TokensOut", "202": "PendingOut"}),
        ("login/code/confirm", {"200": "TokensOut", "202": "PendingOut"}),
        ("oidc/exchange", {"200": "TokensOut", "201": "LinkedOut", "202": "PendingOut"}),
        ("guest", {"200": "GuestOut", "201": "GuestOut", "202": "PendingOut"}),
        ("passkeys/login", {"200": "TokensOut"}),
    ],
)
def test_each_status_of_a_login_is_there_with_what_comes_with_it(
    document: dict[str, Any], path: str, answers: dict[str, str]
) -> None:
    """A generated client reads nothing out of a status that the document does not know."""
    responses = document["paths"][f"/api/v1/auth/{path}"]["post"]["responses"]
    told = {
        status: answer["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for status, answer in responses.items()
        if status != "default"
    }
    assert told == answers
