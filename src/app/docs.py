"""The published documents: OpenAPI and AsyncAPI, Swagger UI for the former, and the page at `/`.

Swagger UI comes out of a wheel, so the page works without a connection to the outside. In production, none of it but
the page at `/` is served.
"""

from importlib.metadata import version
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
from litestar import MediaType, Request, Response, get
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from realtime.asyncapi import asyncapi_document

from domains.kernel.errors import NotFound

_ASSETS = ("swagger-ui.css", "swagger-ui-bundle.js", "start.js")
_MEDIA = {".css": "text/css", ".js": "text/javascript", ".html": "text/html; charset=utf-8"}
_PUBLIC = {"public": True}
_PAGE_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; script-src 'self'; "
    "connect-src 'self'; frame-ancestors 'none'"
)


def openapi_config() -> OpenAPIConfig:
    """No document routes of Litestar's own: they load scripts from elsewhere."""
    return OpenAPIConfig(
        title="Lyceum",
        version=version("lyceum"),
        description="Courses, lessons, streaks, leagues and live progress. Errors are RFC 9457 problem documents "
        "with a stable `code`. Live frames are described by /schema/asyncapi.json.",
        components=Components(security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer")}),
        security=[{"bearer": []}],
        enabled_endpoints=set(),
        path="/_litestar_schema",
    )


def document_routes(*, production: bool) -> list[Any]:
    return [index, asset] if production else [index, asset, openapi, asyncapi, swagger, swagger_asset]


def _page(name: str) -> Response[bytes]:
    body = files("app").joinpath("static", name).read_bytes()
    headers = {"content-security-policy": _PAGE_POLICY, "cache-control": "no-cache"}
    return Response(body, media_type=_MEDIA[Path(name).suffix], headers=headers)


@get("/", opt=_PUBLIC, include_in_schema=False)
async def index() -> Response[bytes]:
    """What is running here, for a person who opens the address."""
    return _page("index.html")


@get("/static/{name:str}", opt=_PUBLIC, include_in_schema=False)
async def asset(name: str) -> Response[bytes]:
    if name not in {"page.css", "page.js"}:
        raise NotFound
    return _page(name)


@get("/schema", opt=_PUBLIC, include_in_schema=False)
async def swagger() -> Response[bytes]:
    """OpenAPI as a page that can be tried out."""
    return _page("schema.html")


@get("/schema/assets/{name:str}", opt=_PUBLIC, include_in_schema=False)
async def swagger_asset(name: str) -> Response[bytes]:
    if name not in _ASSETS:
        raise NotFound
    if name == "start.js":
        return _page("schema.js")
    spec = find_spec("swagger_ui")
    if spec is None or spec.origin is None:
        raise NotFound
    body = Path(spec.origin).with_name("static").joinpath(name).read_bytes()
    return Response(body, media_type=_MEDIA[Path(name).suffix], headers={"cache-control": "public, max-age=86400"})


@get("/schema/openapi.json", opt=_PUBLIC, include_in_schema=False, sync_to_thread=False)
def openapi(request: Request[Any, Any, Any]) -> Response[bytes]:
    return Response(openapi_bytes(request.app), media_type=MediaType.JSON)


@get("/schema/asyncapi.json", opt=_PUBLIC, include_in_schema=False, sync_to_thread=False)
def asyncapi() -> Response[bytes]:
    return Response(msgspec.json.encode(asyncapi_document()), media_type=MediaType.JSON)


def openapi_bytes(app: Any) -> bytes:
    """The OpenAPI document of the application, keys sorted, so that a change shows as a change."""
    return msgspec.json.format(msgspec.json.encode(app.openapi_schema.to_schema(), order="sorted"), indent=2)
