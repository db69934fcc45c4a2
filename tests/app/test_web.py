"""Files of the web client, as a browser gets them."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from litestar import Response

from app.web import SECTIONS, WebClient

ROUTES = (Path(__file__).parents[2] / "src/web").glob("*/routes.tsx")


def test_a_file_comes_compressed_and_is_not_sent_again_while_it_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    for name in ("index.html", "assets/index-1.js"):
        (tmp_path / name).write_bytes(b"whole")
        (tmp_path / f"{name}.br").write_bytes(b"small")
    web = WebClient(tmp_path)

    def asked(path: str, **headers: str) -> Response[bytes]:
        request: Any = SimpleNamespace(headers={name.replace("_", "-"): value for name, value in headers.items()})
        return web.answer(request, path, "default-src 'none'")

    plain, small = asked("index.html"), asked("index.html", accept_encoding="gzip, br")
    assert (plain.content, small.content, small.headers["content-encoding"]) == (b"whole", b"small", "br")
    assert plain.headers["cache-control"] == "no-cache"
    assert "immutable" in asked("assets/index-1.js").headers["cache-control"]
    again = asked("index.html", accept_encoding="br", if_none_match=plain.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    (tmp_path / "index.html").write_bytes(b"newer")
    assert WebClient(tmp_path).files["index.html"].etag != plain.headers["etag"]


def test_every_screen_of_the_client_has_an_address_that_answers() -> None:
    named = {name for path in ROUTES for name in re.findall(r"[\"(]/([a-z]+)[\"/]", path.read_text())}
    assert {"learn", "league", "account"} <= named <= {*SECTIONS}
