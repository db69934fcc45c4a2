"""A signed address is a key for an hour: it stands in no trace."""

from typing import Any

from opentelemetry.instrumentation.asgi import collect_request_attributes

from domains.media.policy import links


def test_a_signature_is_blackened_where_requests_are_recorded() -> None:
    path = links.signed(b"k" * 32, "GET", "/media/private/1/main", 2_000_000_000)
    path, _, query = path.partition("?")
    scope: dict[str, Any] = {"scheme": "http", "server": ("h", 80), "path": path, "query_string": query.encode()}
    recorded = str(collect_request_attributes(scope | {"method": "GET", "headers": []}))
    assert "sig=REDACTED" in recorded
    assert links.signature(b"k" * 32, "GET", path, 2_000_000_000) not in recorded
