"""The published documents: OpenAPI and AsyncAPI, Swagger UI for the former.

Swagger UI comes out of a wheel, so the page works without a connection to the outside. In production none of it is
served.
"""

from importlib.metadata import version
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar, MediaType, Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.params import FromPath
from litestar.routes import HTTPRoute

from app.config import Settings
from app.openapi import mended
from domains.kernel.errors import NotFound
from realtime.asyncapi import asyncapi_document

_ASSETS = ("swagger-ui.css", "swagger-ui-bundle.js", "start.js")
_STATIC = frozenset(["page.css", "mail.css", "icon.svg", "links.js"])
_MEDIA = {".css": "text/css", ".js": "text/javascript", ".html": "text/html", ".svg": "image/svg+xml"}
_PUBLIC = {"public": True}
_PAGE_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; script-src 'self'; "
    "connect-src 'self'; frame-ancestors 'none'"
)


def openapi_config(*, production: bool) -> OpenAPIConfig:
    """In production the documents answer like pages that are not there."""
    guards = [_closed] if production else []
    return OpenAPIConfig(
        title="Lyceum",
        version=version("lyceum"),
        description="Courses, lessons, streaks, leagues and live progress. Errors are RFC 9457 problem documents "
        "with a stable `code`. Live frames are described by /schema/asyncapi.json.",
        components=Components(security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer")}),
        security=[{"bearer": []}],
        render_plugins=[_Page(path="/"), _Document(path="/openapi.json")],
        openapi_router=Router(
            "/schema",
            route_handlers=[],
            include_in_schema=False,
            opt=_PUBLIC,
            guards=guards,
            response_headers={"content-security-policy": _PAGE_POLICY},
        ),
    )


class _Document(JsonRenderPlugin):
    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return openapi_bytes(request.app)


class _Page(OpenAPIRenderPlugin):
    """Swagger UI; its scripts come from /schema/assets."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return files("app").joinpath("static", "schema.html").read_bytes()


def _closed(_connection: Any, _handler: Any) -> None:
    raise NotFound


def document_routes(*, production: bool) -> list[Any]:
    return [asset] if production else [asset, asyncapi, swagger_asset]


def _page(name: str) -> Response[bytes]:
    body = files("app").joinpath("static", name).read_bytes()
    headers = {"content-security-policy": _PAGE_POLICY, "cache-control": "no-cache"}
    return Response(body, media_type=_MEDIA[Path(name).suffix], headers=headers)


@get("/static/{name:str}", opt=_PUBLIC, include_in_schema=False)
async def asset(name: FromPath[str]) -> Response[bytes]:
    if name not in _STATIC:
        raise NotFound
    return _page(name)


@get("/schema/assets/{name:str}", opt=_PUBLIC, include_in_schema=False)
async def swagger_asset(name: FromPath[str]) -> Response[bytes]:
    if name not in _ASSETS:
        raise NotFound
    if name == "start.js":
        return _page("schema.js")
    spec = find_spec("swagger_ui")
    if spec is None or spec.origin is None:
        raise NotFound
    body = Path(spec.origin).with_name("static").joinpath(name).read_bytes()
    return Response(body, media_type=_MEDIA[Path(name).suffix], headers={"cache-control": "public, max-age=86400"})


@get("/schema/asyncapi.json", opt=_PUBLIC, include_in_schema=False, sync_to_thread=False)
def asyncapi(settings: NamedDependency[Settings]) -> Response[bytes]:
    return Response(msgspec.json.encode(asyncapi_document(settings.public_url)), media_type=MediaType.JSON)


def openapi_bytes(app: Litestar) -> bytes:
    """The OpenAPI document of the application, keys sorted, so that a change shows as a change."""
    document = mended(app.openapi_schema.to_schema(), _public_operations(app))
    return msgspec.json.format(msgspec.json.encode(document, order="sorted"), indent=2)


def _public_operations(app: Litestar) -> set[tuple[str, str]]:
    """(path, method) of what needs no token."""
    return {
        (route.path_format or "/", method)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if handler.opt.get("public")
        for method in handler.http_methods
    }
