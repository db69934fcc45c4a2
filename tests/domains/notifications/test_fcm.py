"""Sending to phones: tokens really signed and verified, and everything that FCM may answer."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest
import time_machine

from domains.notifications.channels.fcm import BadCredentials, Fcm, ServiceAccount
from domains.notifications.channels.port import Held, MobilePush, Refused
from doubles.push_server import Console, Fault, PushServer, fcm_error

PUSH = MobilePush("device-token", "Your streak", "Twelve days", "/learn", 3600, "high", "a" * 32)


@pytest.fixture
def server() -> Iterator[PushServer]:
    with PushServer() as found:
        yield found


@pytest.fixture
async def fcm(server: PushServer) -> AsyncIterator[Fcm]:
    found = Fcm(ServiceAccount(server.console.document), api=server.url, send_s=1.0)
    yield found
    await found.aclose()


async def test_a_message_says_all_that_a_phone_needs(server: PushServer, fcm: Fcm) -> None:
    accepted = await fcm.send(PUSH)
    assert accepted.reference == "projects/lyceum-test/messages/1"
    message = server.calls[0].json()["message"]
    assert message["token"] == "device-token"
    assert message["notification"] == {"title": "Your streak", "body": "Twelve days"}
    assert message["data"] == {"url": "/learn"}
    assert message["android"] == {
        "priority": "HIGH",
        "ttl": "3600s",
        "collapse_key": "a" * 32,
        "notification": {"tag": "a" * 32},
    }
    headers = message["apns"]["headers"]
    assert (headers["apns-priority"], headers["apns-collapse-id"]) == ("10", "a" * 32)
    assert abs(int(headers["apns-expiration"]) - time.time() - 3600) < 60


async def test_what_can_wait_does_not_wake_the_phone_and_a_long_text_still_fits(server: PushServer, fcm: Fcm) -> None:
    await fcm.send(PUSH._replace(urgency="low", body="नमस्ते " * 2000, collapse_key="ü" * 90, ttl_s=10**9))
    call = server.calls[0]
    message = call.json()["message"]
    assert message["android"]["priority"] == "NORMAL"
    assert message["android"]["ttl"] == f"{28 * 86_400}s"
    assert message["apns"]["headers"]["apns-priority"] == "5"
    assert len(message["apns"]["headers"]["apns-collapse-id"]) <= 64
    assert len(call.body) <= 4096
    assert message["notification"]["body"].endswith("…")


async def test_one_token_serves_many_messages_also_at_once(server: PushServer, fcm: Fcm) -> None:
    await asyncio.gather(*(fcm.send(PUSH) for _ in range(10)))
    await fcm.send(PUSH)
    assert (len(server.calls), len(server.token_calls)) == (11, 1)


async def test_a_token_is_replaced_before_it_ends(server: PushServer, fcm: Fcm) -> None:
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        await fcm.send(PUSH)
        clock.shift(timedelta(minutes=50))
        await fcm.send(PUSH)
        assert len(server.token_calls) == 1
        clock.shift(timedelta(minutes=6))
        await fcm.send(PUSH)
        assert len(server.token_calls) == 2


async def test_a_token_that_is_no_longer_taken_is_replaced_and_the_message_sent(server: PushServer, fcm: Fcm) -> None:
    await fcm.send(PUSH)
    server.end_tokens()
    await fcm.send(PUSH)
    assert len(server.token_calls) == 2
    assert [call.headers["authorization"] for call in server.calls][1] != server.calls[2].headers["authorization"]


async def test_a_phone_that_no_longer_has_the_app_is_gone(server: PushServer, fcm: Fcm) -> None:
    server.unregistered.add("device-token")
    with pytest.raises(Refused, match="UNREGISTERED") as found:
        await fcm.send(PUSH)
    assert found.value.gone


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        fcm_error(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"),
        fcm_error(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", fieldViolations=[{"field": "message.token"}]),
    ],
)
async def test_a_token_that_is_not_ours_is_gone(
    server: PushServer, fcm: Fcm, status: int, headers: dict[str, str], body: bytes
) -> None:
    server.faults.append(Fault(status, headers, body, path="messages"))
    with pytest.raises(Refused) as found:
        await fcm.send(PUSH)
    assert found.value.gone


async def test_a_message_that_fcm_does_not_want_is_refused_and_the_phone_kept(server: PushServer, fcm: Fcm) -> None:
    status, headers, body = fcm_error(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", fieldViolations=[{"field": "ttl"}])
    server.faults.append(Fault(status, headers, body, path="messages"))
    with pytest.raises(Refused) as found:
        await fcm.send(PUSH)
    assert not found.value.gone


@pytest.mark.parametrize(
    ("answer", "wait_s"),
    [
        (fcm_error(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"), 60.0),
        (fcm_error(503, "UNAVAILABLE", "UNAVAILABLE"), 0.0),
        (fcm_error(500, "INTERNAL", "INTERNAL"), 0.0),
        (fcm_error(401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"), 60.0),
        # Our own mistakes: a project that is none, a service that is switched off. No device is at fault.
        (fcm_error(404, "NOT_FOUND"), 60.0),
        (fcm_error(403, "PERMISSION_DENIED"), 60.0),
        ((502, {}, b"<html>Bad gateway</html>"), 0.0),
    ],
)
async def test_trouble_on_the_way_holds_the_message(
    server: PushServer, fcm: Fcm, answer: tuple[int, dict[str, str], bytes], wait_s: float
) -> None:
    server.faults.append(Fault(*answer, path="messages"))
    with pytest.raises(Held) as found:
        await fcm.send(PUSH)
    assert found.value.retry_after_s == wait_s
    await fcm.send(PUSH)


async def test_fcm_says_when_to_come_again(server: PushServer, fcm: Fcm) -> None:
    for status, asked, wait_s in ((503, "33", 33.0), (429, "600", 600.0), (429, "1", 60.0)):
        server.faults.append(Fault(status, {"retry-after": asked}, path="messages"))
        with pytest.raises(Held) as found:
            await fcm.send(PUSH)
        assert found.value.retry_after_s == wait_s


@pytest.mark.parametrize("path", ["/token", "messages"])
async def test_whoever_hangs_holds_the_message_within_the_limit(server: PushServer, fcm: Fcm, path: str) -> None:
    server.faults.append(Fault(200, seconds=3.0, path=path))
    started = time.monotonic()
    with pytest.raises(Held):
        await fcm.send(PUSH)
    assert time.monotonic() - started < 2.5
    await fcm.send(PUSH)


@pytest.mark.parametrize("answer", [(500, {}, b""), (429, {"retry-after": "9"}, b""), (400, {}, b'{"error": "x"}')])
async def test_without_a_token_the_message_is_held(
    server: PushServer, fcm: Fcm, answer: tuple[int, dict[str, str], bytes]
) -> None:
    server.faults.append(Fault(*answer, path="/token"))
    with pytest.raises(Held):
        await fcm.send(PUSH)
    assert server.calls == []
    await fcm.send(PUSH)


async def test_a_key_that_google_does_not_know_gets_no_token(server: PushServer) -> None:
    foreign = Console(server.url)
    fcm = Fcm(ServiceAccount(foreign.document), api=server.url)
    with pytest.raises(Held, match="400"):
        await fcm.send(PUSH)
    assert server.calls == []
    await fcm.aclose()


def test_an_assertion_is_signed_by_the_service_account_and_lives_an_hour(tmp_path: Path) -> None:
    console = Console("http://127.0.0.1:1")
    path = tmp_path / "account.json"
    path.write_bytes(console.document)
    now = datetime.now(UTC)
    assertion = ServiceAccount.read(path).assertion(now)
    assert jwt.get_unverified_header(assertion)["kid"] == "key-1"
    claims = jwt.decode(assertion, console.public_key, algorithms=["RS256"], audience=console.token_uri)
    assert claims["exp"] - claims["iat"] == 3600


def test_a_file_that_is_no_service_account_is_refused_with_one_line(tmp_path: Path) -> None:
    whole = json.loads(Console("http://127.0.0.1:1").document)
    wrong = [
        b"",
        b"{}",
        b"[]",
        b"\xff\xfe",
        json.dumps(whole | {"private_key": "none"}).encode(),
        json.dumps(whole | {"token_uri": "http://example.org/token"}).encode(),
    ]
    for document in wrong:
        with pytest.raises(BadCredentials) as found:
            ServiceAccount(document)
        assert "\n" not in str(found.value)
        assert "PRIVATE KEY" not in str(found.value)
    with pytest.raises(BadCredentials, match="cannot be read"):
        ServiceAccount.read(tmp_path / "missing.json")
