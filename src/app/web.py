"""The web client, served at `/`. Its files are read once: what is sent is bytes at hand, compressed when it was built.

Every address of the client answers with the same page, which shows the screen for it. Where the client was not built,
the page says why, and the API serves.
"""

import hashlib
import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from domains.kernel.errors import NotFound

_PUBLIC = {"public": True}
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".mp3": "audio/mpeg",
    ".webmanifest": "application/manifest+json",
}
_ENCODINGS = ((".br", "br"), (".gz", "gzip"))
_FOREVER = "public, max-age=31536000, immutable"
SECTIONS = (
    *("learn", "lesson", "practice", "courses", "review", "placement", "classes"),
    *("league", "friends", "people", "feed", "profile", "quests", "achievements", "shop", "streak", "recap"),
    *("login", "register", "account", "notifications", "payments", "more", "author", "admin"),
)
"""First parts of the client's addresses; all others stay the API's, or nobody's."""


def policy_of(origins: Iterable[str]) -> str:
    """Of the client's pages. Pictures, sounds and uploads may lie in an object store, or at another of our own names
    than the page's; scripts are ours alone."""
    kept = f"'self' https: {' '.join(origins)}"
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src {kept} data: blob:; "
        f"media-src {kept} blob:; font-src 'self'; connect-src {kept}; manifest-src 'self'; "
        "worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


@dataclass(frozen=True, slots=True)
class File:
    type: str
    bodies: Mapping[str, bytes]
    """By content coding; "" is the file as it is."""
    etag: str
    """Weak: it is the same for all codings."""


class WebClient:
    """The built client, or why there is none."""

    def __init__(self, root: Path | None = None) -> None:
        self._root = root or _built()
        self.files = dict(_read(self._root))

    def answer(self, request: Request[Any, Any, Any], path: str, policy: str) -> Response[bytes]:
        """Raises NotFound."""
        file = self.files.get(path)
        if file is None:
            if path == "index.html":
                return self._unbuilt(policy)
            raise NotFound
        accepted = request.headers.get("accept-encoding", "")
        coding = next((name for _, name in _ENCODINGS if name in file.bodies and name in accepted), "")
        headers = {
            "cache-control": _FOREVER if path.startswith("assets/") else "no-cache",
            "content-security-policy": policy,
            "etag": file.etag,
            "vary": "accept-encoding",
        }
        if request.headers.get("if-none-match") == file.etag:
            return Response(b"", status_code=304, headers=headers)
        if coding:
            headers["content-encoding"] = coding
        return Response(file.bodies[coding], media_type=file.type, headers=headers)

    def _unbuilt(self, policy: str) -> Response[bytes]:
        reason = self._root / "unbuilt.txt"
        why = reason.read_text() if reason.is_file() else "nobody has built it: run `just web` in the checkout"
        page = files("app").joinpath("static", "unbuilt.html").read_text().replace("{why}", html.escape(why.strip()))
        headers = {"cache-control": "no-cache", "content-security-policy": policy}
        return Response(page.encode(), media_type=_TYPES[".html"], headers=headers)


def _built() -> Path:
    """An installed wheel carries the client; a checkout has it where it was built."""
    carried = Path(str(files("app"))) / "_web"
    return carried if carried.is_dir() else Path(__file__).parents[1] / "web" / "dist"


def _read(root: Path) -> list[tuple[str, File]]:
    found = []
    for path in sorted(root.rglob("*")):
        kind = _TYPES.get(path.suffix)
        if kind is None or not path.is_file():
            continue
        bodies = {"": path.read_bytes()}
        for suffix, name in _ENCODINGS:
            other = path.with_name(path.name + suffix)
            if other.is_file():
                bodies[name] = other.read_bytes()
        etag = f'W/"{hashlib.sha256(bodies[""]).hexdigest()[:16]}"'
        found.append((path.relative_to(root).as_posix(), File(kind, bodies, etag)))
    return found


ADDRESSES = ["/", *(path for name in SECTIONS for path in (f"/{name}", f"/{name}/{{rest:path}}"))]
FILES = ["/index.html", "/worker.js", "/icon.svg", "/app.webmanifest"]


def web_routes(policy: str, client: WebClient | None = None) -> list[Any]:
    """`policy` is the Content-Security-Policy of the pages."""
    web = client or WebClient()

    @get(ADDRESSES, opt=_PUBLIC, include_in_schema=False, sync_to_thread=False, name="web_page")
    def page(request: Request[Any, Any, Any]) -> Response[bytes]:
        return web.answer(request, "index.html", policy)

    @get(FILES, opt=_PUBLIC, include_in_schema=False, sync_to_thread=False)
    def file(request: Request[Any, Any, Any]) -> Response[bytes]:
        return web.answer(request, request.url.path.lstrip("/"), policy)

    @get("/assets/{name:str}", opt=_PUBLIC, include_in_schema=False, sync_to_thread=False)
    def asset(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
        return web.answer(request, f"assets/{name}", policy)

    return [page, file, asset]
