"""The local outbox: what it shows, and to whom."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar import Litestar

from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.notifications.channels.port import Due
from domains.notifications.rendering import texts
from domains.notifications.service import mails
from domains.notifications.service.push import Reader
from factories.people import register

UNKNOWN = UUID(int=7)


def due(user_id: UUID) -> Due:
    """The same mail every time."""
    now = utc_now()
    params = texts.sample_params("weekly_recap")
    return Due(user_id, user_id, "weekly_recap", "email", params, "/learn", 1, now, now)


async def test_without_a_server_mails_are_kept_and_can_be_looked_at(db: Database, client: httpx.AsyncClient) -> None:
    ada = await register(client)
    client.base_url = httpx.URL("http://127.0.0.1:8000")
    for _ in range(2):
        await mails.to_address(db, due(ada.id), Reader("en", "UTC", "Ada"), "ada@example.org")
    listed = await client.get("/dev/mail", params={"to": "ada@example.org"})
    paths = {part.split('"')[0] for part in listed.text.split('href="')[1:] if part.startswith("/dev/mail/0")}
    assert len(paths) == 1
    path = paths.pop()
    assert "<iframe" in (await client.get(path)).text
    html = await client.get(f"{path}/html")
    assert "Hi Ada" in html.text
    assert "script-src" not in html.headers["content-security-policy"]
    assert html.headers.get_list("x-frame-options") == ["SAMEORIGIN"]
    assert "Hi Ada" in (await client.get(f"{path}/text")).text
    assert "List-Unsubscribe-Post" in (await client.get(f"{path}/raw")).text
    assert (await client.get(f"/dev/mail/{new_id()}")).status_code == 404
    preview = await client.get("/dev/mail/preview/payment_failed", params={"locale": "de", "case": "last"})
    assert "endet morgen" in preview.text
    assert (await client.get("/dev/mail/preview/nonsense")).status_code == 404


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000"])
@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
async def test_kept_mails_are_shown_to_this_machine(app: Litestar, host: str, address: str) -> None:
    assert await outbox_status(app, address, {"Host": host}) == 200


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        pytest.param("192.0.2.7", {"Host": "192.0.2.1:8000"}, id="a neighbour"),
        pytest.param("::ffff:192.0.2.7", {"Host": "localhost"}, id="a neighbour who says that it is this machine"),
        pytest.param("127.0.0.1", {"Host": "rebound.example:8000"}, id="a page whose name was made to lead here"),
        pytest.param("127.0.0.1", {"Host": "localhost.example"}, id="a name that looks like ours"),
        pytest.param("127.0.0.1", {"Host": "["}, id="no name at all"),
        pytest.param("127.0.0.1", {"Host": "localhost", "X-Forwarded-For": "192.0.2.7"}, id="a proxy"),
        pytest.param("127.0.0.1", {"Host": "localhost", "Forwarded": "for=192.0.2.7"}, id="a tunnel"),
        pytest.param(None, {"Host": "localhost"}, id="nobody knows whence"),
    ],
)
async def test_kept_mails_are_shown_to_nobody_else(app: Litestar, address: str | None, headers: dict[str, str]) -> None:
    for path in ("", "/preview/welcome", *(f"/{UNKNOWN}{part}" for part in ("", "/html", "/text", "/raw"))):
        assert await outbox_status(app, address, headers, path) == 403


async def outbox_status(app: Litestar, address: str | None, headers: dict[str, str], path: str = "") -> int:
    async def bare(scope: Any, receive: Any, send: Any) -> None:
        scope["client"] = (address, 1234) if address else None
        await app(scope, receive, send)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(bare), base_url="http://any") as http:
        return (await http.get(f"/dev/mail{path}", headers=headers)).status_code
