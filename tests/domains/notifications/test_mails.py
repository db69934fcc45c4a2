"""Mails end to end: what leaves, how it is stopped, and what follows when it comes back."""

import base64
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from app.cli import main
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.notifications.channels.local import NoMail
from domains.notifications.channels.port import Due, Held, Mail, Refused, Senders
from domains.notifications.channels.smtp import Server, SmtpSender
from domains.notifications.policy import bounces
from domains.notifications.rendering import texts
from domains.notifications.service import mails, suppression, unsubscribe
from domains.notifications.service.push import Reader
from doubles.mail_server import MailServer, mail_server
from factories.people import Learner, register


@pytest.fixture
async def server(db: Database) -> AsyncIterator[MailServer]:
    """What leaves goes to a real server instead of the local outbox."""
    senders = db.port(Senders)
    before = senders.mail
    async with mail_server() as found:
        senders.mail = SmtpSender(Server("127.0.0.1", found.port, starttls="off"), "Lyceum <hello@lyceum.test>")
        yield found
        await senders.mail.aclose()
        senders.mail = before


async def staff(client: httpx.AsyncClient, db: Database, role: str) -> Learner:
    found = await register(client, "Boss")
    await db.fetch("INSERT INTO identity_user_role (user_id, role) VALUES ($1, $2)", found.id, role)
    return found


def due(user_id: UUID, kind: str = "weekly_recap", delivery_id: UUID | None = None) -> Due:
    now = utc_now()
    params = texts.sample_params(kind)
    return Due(delivery_id or new_id(), user_id, kind, "email", params, "/learn", 1, now, now)


async def address_of(learner: Learner) -> str:
    email: str = (await learner.get("/auth/me")).json()["email"]
    return email


async def kept_delivery(db: Database, user_id: UUID) -> UUID:
    delivery_id = new_id()
    await db.fetch(
        """INSERT INTO notifications_delivery
           (id, user_id, kind, channel, dedupe_key, params, url, state, due_at, expires_at)
           VALUES ($1, $2, 'welcome', 'email', $3, '{}', '/', 'sent', now(), now())""",
        delivery_id,
        user_id,
        str(delivery_id),
    )
    return delivery_id


async def frequencies(db: Database, user_id: UUID) -> dict[str, str]:
    rows = await db.fetch("SELECT scope, frequency FROM notifications_preference WHERE user_id = $1", user_id)
    return {row["scope"]: row["frequency"] for row in rows}


async def test_a_mail_has_its_persons_language_its_name_and_its_way_out(
    db: Database, client: httpx.AsyncClient, server: MailServer
) -> None:
    ada = await register(client)
    delivery_id = new_id()
    for _ in range(2):
        await mails.to_address(db, due(ada.id, delivery_id=delivery_id), Reader("de", "UTC", "Ada"), "ada@example.org")
    first, second = server.mails
    assert first["Message-ID"] == second["Message-ID"] == f"<{delivery_id.hex}@127.0.0.1>"
    assert "Deine Woche" in first["Subject"]
    link = first["List-Unsubscribe"].strip("<>")
    assert link in first.get_body(("html",)).get_content()
    await mails.to_address(db, due(ada.id, "password_reset"), Reader("en"), "ada@example.org")
    assert server.mails[-1]["List-Unsubscribe"] is None


async def test_one_click_without_a_login_stops_a_kind_at_once_and_only_that(
    db: Database, client: httpx.AsyncClient
) -> None:
    ada = await register(client)
    path = await unsubscribe.path(db, ada.id, "weekly_recap")
    asked = await client.get(path)
    assert (asked.status_code, await frequencies(db, ada.id)) == (200, {})
    assert "<form" in asked.text
    for content, kind in (
        (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
        (
            b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
            "multipart/form-data; boundary=b",
        ),
    ):
        done = await client.post(path, content=content, headers={"Content-Type": kind})
        assert done.status_code == 200, done.text
        assert await frequencies(db, ada.id) == {"weekly_recap": "off"}
    assert 'role="status"' in (await client.get(path)).text
    await client.post(f"{path}?again=true")
    assert await frequencies(db, ada.id) == {}


async def test_everything_can_be_stopped_topic_by_topic_and_comes_back(db: Database, client: httpx.AsyncClient) -> None:
    ada = await register(client)
    everything = await unsubscribe.path(db, ada.id, unsubscribe.ALL)
    topic = await unsubscribe.path(db, ada.id, "category:learning")
    page = (await client.get(everything)).text
    assert topic in page
    # Who never agreed to marketing is not told that it comes.
    assert await unsubscribe.path(db, ada.id, "category:marketing") not in page
    back = await client.post(topic, params={"from": everything})
    assert (back.status_code, back.headers["location"]) == (303, everything)
    assert await frequencies(db, ada.id) == {"category:learning": "off"}
    for elsewhere in (
        "//evil.test",
        "/unsubscribe/../api",
        "/unsubscribe/..//evil.test",
        "/unsubscribe/x\\evil",
        everything + "?",
    ):
        answer = await client.post(topic, params={"from": elsewhere})
        assert (answer.status_code, "location" in answer.headers) == (200, False), elsewhere
    await client.post(everything)
    assert set((await frequencies(db, ada.id)).values()) == {"off"}
    assert (await unsubscribe.asked(db, everything.rpartition("/")[2])).stopped


async def test_a_digest_is_stopped_by_stopping_what_is_in_it(db: Database, client: httpx.AsyncClient) -> None:
    ada = await register(client)
    for scope, often in (("achievement", "daily"), ("category:social", "weekly"), ("welcome", "instant")):
        await db.fetch("INSERT INTO notifications_preference VALUES ($1, $2, 'email', $3)", ada.id, scope, often)
    await client.post(await unsubscribe.path(db, ada.id, "digest"))
    expected = {"achievement": "off", "category:social": "off", "welcome": "instant"}
    assert await frequencies(db, ada.id) == expected


async def test_a_link_that_we_did_not_sign_is_no_link(db: Database, client: httpx.AsyncClient) -> None:
    ada, eve = await register(client, "Ada"), await register(client, "Eve")
    path = await unsubscribe.path(db, eve.id, "weekly_recap")
    token = path.rpartition("/")[2]
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    forged = [
        base64.urlsafe_b64encode(ada.id.bytes + raw[16:]).rstrip(b"=").decode(),
        base64.urlsafe_b64encode(raw[:16] + b"*" + raw[-16:]).rstrip(b"=").decode(),
        token[:-2],
        "x",
        "%00",
        "é",
        "A" * 4000,
    ]
    for wrong in forged:
        for method in ("GET", "POST"):
            answer = await client.request(method, f"/unsubscribe/{wrong}")
            assert answer.status_code == 404, wrong
    assert await frequencies(db, ada.id) == {}
    assert (await client.post(await unsubscribe.path(db, new_id(), "weekly_recap"))).status_code == 404


async def test_an_address_without_a_mailbox_is_given_up_and_can_be_lifted(
    db: Database, client: httpx.AsyncClient, server: MailServer
) -> None:
    ada, boss = await register(client), await staff(client, db, "support")
    server.answer = lambda step: "550 5.1.1 unknown" if step == "RCPT" else None
    with pytest.raises(Refused, match="unknown"):
        await mails.to_address(db, due(ada.id), Reader("en"), "Gone@example.org")
    server.answer = lambda _: None
    with pytest.raises(Refused, match="suppressed: bounce"):
        await mails.to_address(db, due(ada.id), Reader("en"), "gone@Example.org")
    assert server.mails == []
    listed = (await boss.get("/admin/mail/suppressions?address=gone")).json()["items"]
    assert [(row["address"], row["reason"]) for row in listed] == [("gone@example.org", "bounce")]
    path = "/api/v1/admin/mail/suppressions"
    lifted = await client.delete(path, params={"address": "GONE@example.org"}, headers=boss.headers)
    assert lifted.status_code == 204
    await mails.to_address(db, due(ada.id), Reader("en"), "gone@example.org")
    again = await client.delete(path, params={"address": "gone@example.org"}, headers=boss.headers)
    assert (again.status_code, again.json()["code"]) == (404, "notifications.not_suppressed")
    assert (await ada.get("/admin/mail/suppressions")).status_code == 403


def bounced(address: str, message_id: str, *, status: str = "5.1.1", action: str = "failed") -> bytes:
    return f"""From: MAILER-DAEMON@mx.test
To: hello@lyceum.test
Subject: Undelivered
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.test

Final-Recipient: rfc822; {address}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} whatever

--b
Content-Type: text/rfc822-headers

From: hello@lyceum.test
To: {address}
Message-ID: <{message_id}@lyceum.test>

--b--
""".encode()


async def test_a_bounce_is_believed_about_our_own_mail_and_its_own_address(
    db: Database, client: httpx.AsyncClient
) -> None:
    ada = await register(client)
    email = await address_of(ada)
    delivery_id = await kept_delivery(db, ada.id)

    async def take(raw: bytes) -> list[str]:
        async with db.begin() as uow:
            return await suppression.take_report(uow, raw)

    assert await take(bounced(email, new_id().hex)) == []
    assert await take(bounced(email, "nonsense")) == []
    assert await take(bounced(email, delivery_id.hex, status="4.4.1", action="delayed")) == []
    assert await take(bounced(email, delivery_id.hex, status="5.2.2")) == []
    # Whoever holds a mail of ours can only speak for the address that it went to.
    assert await take(bounced("victim@example.org", delivery_id.hex)) == [email]
    assert await take(bounced(email, delivery_id.hex)) == []
    assert await suppression.reason(db, "victim@example.org") is None
    assert await suppression.reason(db, email) == "bounce"


async def test_a_complaint_gives_the_address_up(db: Database, client: httpx.AsyncClient) -> None:
    ada = await register(client)
    email = await address_of(ada)
    delivery_id = await kept_delivery(db, ada.id)
    raw = (
        bounced(email, delivery_id.hex)
        .replace(b"delivery-status", b"feedback-report")
        .replace(b"Reporting-MTA: dns; mx.test\n\n", b"Feedback-Type: abuse\nUser-Agent: mx\nVersion: 1\n")
    )
    async with db.begin() as uow:
        assert await suppression.take_report(uow, raw) == [email]
    assert await suppression.reason(db, email) == "complaint"


@given(st.binary(max_size=400))
def test_whatever_stands_in_the_mailbox_can_be_read(noise: bytes) -> None:
    assert bounces.parsed(noise) == []
    for place in (b"mx.test", b"rfc822;", b"Status:", b"Message-ID:", b"--b\n"):
        for report in bounces.parsed(bounced("a@b.test", "x").replace(place, noise)):
            assert "@" in report.address


def test_an_ordinary_mail_reports_nothing() -> None:
    message = EmailMessage()
    message["Subject"] = "Undelivered: 550 5.1.1 ada@example.org"
    message.set_content("Final-Recipient: rfc822; ada@example.org\nAction: failed\nStatus: 5.1.1\n")
    assert bounces.parsed(message.as_bytes()) == []


async def test_a_provider_tells_of_bounces_with_its_secret_only(
    db: Database, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [
        {"type": "bounce", "address": "Gone@example.org", "detail": "550"},
        {"type": "bounce", "address": "full@example.org", "permanent": False},
        {"type": "complaint", "address": "angry@example.org"},
    ]

    async def tell(token: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return await client.post("/api/v1/webhooks/mail", json={"events": events}, headers=headers)

    assert (await tell("")).status_code == 404
    monkeypatch.setattr(db.port(Senders), "mail_webhook_secret", "s3cret")
    assert (await tell("wrong")).status_code == 401
    assert (await tell("s3cret")).json() == {"suppressed": 2}
    assert (await tell("s3cret")).json() == {"suppressed": 0}
    assert await suppression.reason(db, "gone@example.org") == "bounce"
    assert await suppression.reason(db, "full@example.org") is None


async def test_in_production_the_outbox_is_not_there_and_previews_are_for_staff(
    db: Database, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db.port(Senders), "development", False)
    for path in ("/dev/mail", "/dev/mail/preview/welcome", f"/dev/mail/{new_id()}/raw"):
        assert (await client.get(path)).status_code == 404
    ada, boss = await register(client), await staff(client, db, "admin")
    assert (await ada.get("/admin/mail/preview/welcome")).status_code == 403
    seen = await boss.get("/admin/mail/preview/welcome?locale=es")
    assert (seen.status_code, "Te damos la bienvenida" in seen.text) == (200, True)


async def test_production_without_a_server_says_of_nothing_that_it_was_sent() -> None:
    with pytest.raises(Held):
        await NoMail().send(Mail("", "a@b.test", "s", "t", "h", "<i@x>", None))


def test_a_preview_is_printed_and_written(tmp_path: Path) -> None:
    command = ["mail", "preview", "streak_at_risk", "--locale", "es"]
    done = CliRunner().invoke(main, [*command, "--html", str(tmp_path / "mail.html")])
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith("Subject: 47 días")
    assert CliRunner().invoke(main, [*command, "--case", "nonsense"]).exit_code == 2
    refused = CliRunner().invoke(main, [*command, "--html", str(tmp_path / "no such directory" / "mail.html")])
    assert (refused.exit_code, len(refused.stderr.strip().splitlines())) == (1, 1)
