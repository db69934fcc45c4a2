"""Sending to browsers: a push service that takes, refuses, hangs; and addresses that nothing may be sent to."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from domains.kernel.addresses import PublicHttps, is_public, parsed
from domains.kernel.egress import MOST_PER_HOST, Egress
from domains.notifications.channels.answers import retry_after_s
from domains.notifications.channels.port import Held, Refused, WebPush
from domains.notifications.channels.web_push import WebPushes
from domains.notifications.channels.web_push_crypto import MOST_PAYLOAD_BYTES, decoded, new_secret
from doubles.push_server import Fault, Loopback, PushServer, Subscriber

SECRET = new_secret()


async def read_key() -> bytes:
    return SECRET


@pytest.fixture
def server() -> Iterator[PushServer]:
    with PushServer() as found:
        yield found


@pytest.fixture
async def sender() -> AsyncIterator[WebPushes]:
    found = WebPushes(read_key, Egress(Loopback(), call_s=1.0), subject="mailto:post@lyceum.example")
    yield found
    await found.aclose()


def push_to(
    browser: Subscriber, payload: bytes = b'{"title":"Hola"}', ttl_s: int = 3600, topic: str = "t" * 32
) -> WebPush:
    return WebPush(browser.endpoint, browser.p256dh, browser.auth, payload, ttl_s, "high", topic)


async def test_a_browser_reads_what_the_push_service_was_given(server: PushServer, sender: WebPushes) -> None:
    browser = Subscriber(server.url)
    accepted = await sender.send(push_to(browser))
    assert accepted.reference == "/message/1"
    call = server.calls[0]
    assert browser.read(call) == b'{"title":"Hola"}'
    sent = {name: call.headers[name] for name in ("ttl", "urgency", "topic", "content-type")}
    assert sent == {"ttl": "3600", "urgency": "high", "topic": "t" * 32, "content-type": "application/octet-stream"}
    token, key = call.headers["authorization"].removeprefix("vapid t=").split(", k=")
    assert key == await sender.public_key()
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(key))
    claims = jwt.decode(token, public, algorithms=["ES256"], audience=server.url)
    assert claims["sub"] == "mailto:post@lyceum.example"


async def test_a_message_for_which_it_is_too_late_is_still_valid_and_a_lasting_one_is_limited(
    server: PushServer, sender: WebPushes
) -> None:
    browser = Subscriber(server.url)
    await sender.send(push_to(browser, ttl_s=-5))
    await sender.send(push_to(browser, ttl_s=10**9, topic=""))
    assert [call.headers["ttl"] for call in server.calls] == ["0", str(28 * 86_400)]
    assert "topic" not in server.calls[1].headers


@pytest.mark.parametrize("status", [404, 410])
async def test_a_subscription_that_has_ended_is_gone(server: PushServer, sender: WebPushes, status: int) -> None:
    server.faults.append(Fault(status))
    with pytest.raises(Refused) as found:
        await sender.send(push_to(Subscriber(server.url)))
    assert found.value.gone


@pytest.mark.parametrize("status", [400, 403, 413, 301, 307])
async def test_what_the_push_service_does_not_want_is_refused_and_the_device_is_kept(
    server: PushServer, sender: WebPushes, status: int
) -> None:
    server.faults.append(Fault(status, {"location": f"{server.url}/push/elsewhere"}))
    with pytest.raises(Refused) as found:
        await sender.send(push_to(Subscriber(server.url)))
    assert not found.value.gone
    assert len(server.calls) == 1  # a redirect is not followed


@pytest.mark.parametrize("status", [401, 429, 500, 503])
async def test_a_push_service_in_trouble_is_asked_again_when_it_says(
    server: PushServer, sender: WebPushes, status: int
) -> None:
    server.faults.append(Fault(status, {"retry-after": "7"}))
    browser = Subscriber(server.url)
    with pytest.raises(Held) as found:
        await sender.send(push_to(browser))
    assert found.value.retry_after_s == 7.0
    await sender.send(push_to(browser))


async def test_a_push_service_that_hangs_holds_the_message_and_nothing_else(
    server: PushServer, sender: WebPushes
) -> None:
    server.faults.append(Fault(200, seconds=3.0))
    started = time.monotonic()
    with pytest.raises(Held, match="in time"):
        await sender.send(push_to(Subscriber(server.url)))
    assert time.monotonic() - started < 2.5
    await sender.send(push_to(Subscriber(server.url)))


async def test_a_push_service_that_drips_is_not_listened_to_for_longer_than_one_that_hangs(sender: WebPushes) -> None:
    is_over, ended = asyncio.Event(), asyncio.Event()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 201 Created\r\nx-long: ")
        while not is_over.is_set():
            writer.write(b"x")
            await asyncio.sleep(0.1)
        writer.close()
        ended.set()

    listener = await asyncio.start_server(drip, "127.0.0.1", 0)
    started = time.monotonic()
    with pytest.raises(Held, match="in time"):
        await sender.send(push_to(Subscriber(f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}")))
    assert time.monotonic() - started < 2.5
    is_over.set()
    await ended.wait()
    listener.close()
    await listener.wait_closed()


async def test_a_push_service_that_is_away_or_speaks_no_http_holds_the_message(sender: WebPushes) -> None:
    async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"220 smtp.example ESMTP\r\n")
        writer.close()

    listener = await asyncio.start_server(nonsense, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    with pytest.raises(Held):
        await sender.send(push_to(Subscriber(f"http://127.0.0.1:{port}")))
    listener.close()
    await listener.wait_closed()
    with pytest.raises(Held):
        await sender.send(push_to(Subscriber(f"http://127.0.0.1:{port}")))


async def test_an_endless_answer_is_not_read_to_its_end(server: PushServer, sender: WebPushes) -> None:
    server.faults.append(Fault(400, body=b"x" * 5_000_000))
    started = time.monotonic()
    with pytest.raises(Refused):
        await sender.send(push_to(Subscriber(server.url)))
    assert time.monotonic() - started < 0.9


async def test_one_host_is_never_asked_by_more_than_its_share_at_once(server: PushServer, sender: WebPushes) -> None:
    server.faults.extend(Fault(201, seconds=0.1, path="/push/") for _ in range(40))
    await asyncio.gather(*(sender.send(push_to(Subscriber(server.url))) for _ in range(40)))
    assert server.most_in_flight == MOST_PER_HOST


async def test_a_payload_that_is_too_long_and_keys_that_are_none_never_leave(
    server: PushServer, sender: WebPushes
) -> None:
    browser = Subscriber(server.url)
    with pytest.raises(Refused, match="does not fit"):
        await sender.send(push_to(browser, b"x" * (MOST_PAYLOAD_BYTES + 1)))
    with pytest.raises(Refused) as found:
        await sender.send(push_to(browser)._replace(p256dh=b"\x04" + b"\x01" * 64))
    assert found.value.gone
    assert server.calls == []


# ---- where nothing may be sent to

PRIVATE = [
    *("127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
    *("169.254.169.254", "100.64.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9"),
    *("224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fd12:3456::1", "ff02::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1"),
    *("2002:7f00:1::", "2002:c0a8:101::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "fec0::1"),
    *("3fff::1", "2001:2::1", "5f00::1", "192.88.99.1", "192.0.0.170"),
    *("100::1", "fe80::1%eth0", "::127.0.0.1", "", "localhost", "127.1"),
]


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_public_is_known_as_such(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_a_public_address_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        *("http://push.example.net/x", "ftp://push.example.net/x", "file:///etc/passwd", "gopher://a.example/", ""),
        *("https://", "https:///x", "//push.example.net/x", "https://push.example.net:8443/x", "https://a.example:22/"),
        *("https://127.0.0.1/x", "https://[::1]/x", "https://2130706433/x", "https://0x7f000001/", "https://127.1/"),
        *("https://017700000001/", "https://[::ffff:10.0.0.1]/", "https://8.8.8.8/x", "https://localhost/x"),
        *("https://postgres/x", "https://user:secret@push.example.net/x", "https://push.example.net@10.0.0.1/x"),
        *("https://push.example.net\\@10.0.0.1/", "https://push.example.net/\r\nHost: x", "https://pu sh.example/"),
        *("https://push.example.net/#x", "https://pußh.example/x", "https://a.example:99999/", "https://%31.example/"),
        "https://push.example.net/" + "x" * 3000,
    ],
)
def test_what_is_no_address_of_a_push_service_is_not_taken(url: str) -> None:
    assert not PublicHttps().takes(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://fcm.googleapis.com/fcm/send/abc:def",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAAA",
        "https://web.push.apple.com/QABC",
        "https://wns2-par02p.notify.windows.com/w/?token=BQ%2f",
        "https://push.example.net:443/x",
    ],
)
def test_the_addresses_of_browsers_are_taken(url: str) -> None:
    assert PublicHttps().takes(url)


def test_the_audience_of_a_token_is_scheme_and_host_without_the_usual_port() -> None:
    found = parsed("https://Push.Example.net:443/x?y")
    assert found is not None
    assert (found.origin, found.host) == ("https://push.example.net", "push.example.net")


def resolving(*answers: Sequence[str]) -> tuple[Callable[[str, int], "asyncio.Future[Sequence[str]]"], list[str]]:
    """Answers one after the other, the last one for ever; and what was asked."""
    asked: list[str] = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return answers[min(len(asked), len(answers)) - 1]

    return resolve, asked  # type: ignore[return-value]


NAMED = WebPush("https://push.example.net/x", Subscriber("").p256dh, b"x" * 16, b"{}", 60, "normal", "")


@pytest.mark.parametrize("answer", [["127.0.0.1"], ["169.254.169.254"], ["8.8.8.8", "10.0.0.1"], ["::1"], []])
async def test_a_name_that_leads_inside_is_refused_without_a_connection(
    server: PushServer, answer: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*args: object, **named: object) -> None:
        raise AssertionError("a connection is opened")

    monkeypatch.setattr("httpcore.AnyIOBackend.connect_tcp", never)
    resolve, asked = resolving(answer)
    sender = WebPushes(read_key, Egress(PublicHttps(), resolve=resolve))
    with pytest.raises(Refused, match="public") as found:
        await sender.send(NAMED)
    assert not found.value.gone
    assert asked == ["push.example.net"]
    await sender.aclose()


async def test_a_name_is_looked_up_once_and_the_connection_goes_to_what_was_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[tuple[str, int]] = []

    async def note(self: object, host: str, port: int, *args: object) -> None:
        opened.append((host, port))
        raise OSError("unreachable")

    monkeypatch.setattr("httpcore.AnyIOBackend.connect_tcp", note)
    # The second answer would lead inside: who looks and then connects by name would end there.
    resolve, asked = resolving(["8.8.8.8"], ["127.0.0.1"])
    sender = WebPushes(read_key, Egress(PublicHttps(), resolve=resolve))
    with pytest.raises(Held):
        await sender.send(NAMED)
    assert opened == [("8.8.8.8", 443)]
    assert asked == ["push.example.net"]
    await sender.aclose()


async def test_the_certificate_has_to_be_that_of_the_name_and_not_of_the_address(tmp_path: Path) -> None:
    class Anywhere(Loopback):
        def takes(self, url: str) -> bool:
            return True

    serving, trusting = certificate(tmp_path, "push.example.net")
    resolve, _ = resolving(["127.0.0.1"])
    with PushServer(serving) as server:
        sender = WebPushes(read_key, Egress(Anywhere(), resolve=resolve, trusted=trusting))
        browser = Subscriber(f"https://push.example.net:{server.port}")
        await sender.send(push_to(browser))
        assert browser.read(server.calls[0]) == b'{"title":"Hola"}'
        assert server.calls[0].headers["host"] == f"push.example.net:{server.port}"
        with pytest.raises(Held):
            await sender.send(push_to(Subscriber(f"https://other.example.net:{server.port}")))
        await sender.aclose()
        # Nor is one trusted that nobody vouches for.
        strict = WebPushes(read_key, Egress(Anywhere(), resolve=resolve))
        with pytest.raises(Held):
            await strict.send(push_to(browser))
        await strict.aclose()
        assert len(server.calls) == 1


def certificate(directory: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Of its own authority: what the server shows, and what a client trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    path = directory / "both.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + made.public_bytes(Encoding.PEM))
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(path)
    trusting = ssl.create_default_context(cadata=made.public_bytes(Encoding.PEM).decode())
    return serving, trusting


def test_when_to_come_again_is_read_in_both_forms() -> None:
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert retry_after_s("120", now) == 120
    assert retry_after_s(format_datetime(now + timedelta(minutes=3), usegmt=True), now) == 180
    assert retry_after_s(format_datetime(now - timedelta(minutes=3), usegmt=True), now) == 0
    for nonsense in ("", "soon", "-5", "1e9", "²"):
        assert retry_after_s(nonsense, now) == 0
    assert retry_after_s("9" * 30, now) == 86_400
