"""Mail to a real SMTP server: what it takes, what it refuses, and what happens when it is slow or goes away."""

import asyncio
import string
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.notifications.channels import smtp
from domains.notifications.channels.message import envelope, parsed_sender
from domains.notifications.channels.port import Held, Mail, Refused
from domains.notifications.channels.smtp import Server, SmtpSender, parsed_server
from doubles.mail_server import PASSWORD, USER, Certificate, MailServer, mail_server

FROM = "Lyceum <hello@lyceum.test>"


def mail(to: str = "ada@example.org", *, number: int = 1, name: str = "Ada", subject: str = "Grüße") -> Mail:
    link = "https://lyceum.test/unsubscribe/abc"
    return Mail(name, to, subject, "Hello\n", "<p>Hello</p>", f"<{number}@lyceum.test>", link)


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with mail_server() as found:
        yield found


def sender_to(server: MailServer, *, connections: int = 2, try_s: float = 5.0) -> SmtpSender:
    return SmtpSender(Server("127.0.0.1", server.port, starttls="off", connections=connections), FROM, try_s=try_s)


@pytest.fixture
async def sender(server: MailServer) -> AsyncIterator[SmtpSender]:
    found = sender_to(server)
    yield found
    await found.aclose()


async def test_a_mail_arrives_with_both_forms_and_the_way_to_stop_it(server: MailServer, sender: SmtpSender) -> None:
    accepted = await sender.send(mail())
    assert accepted.reference == "2.0.0 taken as 1"
    found = server.mails[0]
    assert (found["From"], found["To"], found["Subject"]) == (FROM, "Ada <ada@example.org>", "Grüße")
    assert found["Message-ID"] == "<1@lyceum.test>"
    assert found["List-Unsubscribe"] == "<https://lyceum.test/unsubscribe/abc>"
    assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert found["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in found.iter_parts()] == ["text/plain", "text/html"]
    assert server.envelopes[0].mail_from == "hello@lyceum.test"


async def test_many_mails_share_the_connections_there_are(server: MailServer, sender: SmtpSender) -> None:
    await asyncio.gather(*(sender.send(mail(number=n)._replace(pressing=n % 2 == 0)) for n in range(60)))
    assert len({found["Message-ID"] for found in server.mails}) == len(server.mails) == 60
    assert server.connections == 2


@pytest.fixture
def stuck(server: MailServer) -> asyncio.Event:
    """The server takes the first step and then nothing, until this is set."""
    found = asyncio.Event()

    async def wait(step: str) -> str | None:
        if step == "DATA":
            await found.wait()
        return None

    server.answer = wait
    return found


async def test_what_is_slow_to_one_domain_leaves_connections_to_others(
    server: MailServer, stuck: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "WAIT_S", 0.05)
    sender = sender_to(server, connections=4)
    slow = [asyncio.create_task(sender.send(mail("a@slow.example", number=n))) for n in range(6)]
    done, behind = await asyncio.wait(slow, timeout=0.2)
    assert len(behind) == 2
    assert all(isinstance(one.exception(), Held) and one.exception().untried for one in done)  # type: ignore[union-attr]
    # Once they are known to be slow, nobody waits at all.
    monkeypatch.setattr(smtp, "SLOW_S", 0.0)
    monkeypatch.setattr(smtp, "WAIT_S", 60.0)
    away = await asyncio.gather(
        *(sender.send(mail("b@SLOW.example", number=n)) for n in range(7, 10)), return_exceptions=True
    )
    # And they come back one by one.
    assert ["slow there" in str(one) and round(one.retry_after_s) for one in away if isinstance(one, Held)] == [1, 2, 3]
    server.answer = lambda _step: None
    await sender.send(mail("ada@quick.example", number=8))
    stuck.set()
    await asyncio.gather(*behind)
    await sender.send(mail("b@slow.example", number=9))
    assert len(server.mails) == 4
    await sender.aclose()


async def test_one_connection_is_left_for_mails_that_somebody_waits_for(
    server: MailServer, stuck: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "WAIT_S", 0.05)
    sender = sender_to(server, connections=4)
    slow = [asyncio.create_task(sender.send(mail(f"a@slow{n}.example", number=n))) for n in range(6)]
    done, behind = await asyncio.wait(slow, timeout=0.2)
    assert (len(behind), [type(one.exception()) for one in done]) == (3, [Held] * 3)
    server.answer = lambda _step: None
    with pytest.raises(Held, match="no connection") as held:
        await sender.send(mail(number=7))
    assert held.value.untried
    await sender.send(mail(number=8)._replace(pressing=True))
    stuck.set()
    await asyncio.gather(*behind)
    assert server.connections == 4
    await sender.aclose()


@pytest.mark.parametrize(
    "to",
    ["ada+lyceum@example.org", "o'brien@example.org", '"a b"@example.org', "ada@münchen.example", "जया@example.org"],
)
async def test_every_form_of_address_is_written_to(server: MailServer, sender: SmtpSender, to: str) -> None:
    await sender.send(mail(to))
    local, _, domain = to.rpartition("@")
    assert server.envelopes[0].rcpt_tos == [f"{local}@{domain.encode('idna').decode()}"]
    assert ("SMTPUTF8" in server.envelopes[0].mail_options) == (not local.isascii())


async def test_a_server_that_knows_only_ascii_gets_no_other_names() -> None:
    async with mail_server(utf8=False) as server:
        sender = sender_to(server)
        with pytest.raises(Refused, match="ASCII"):
            await sender.send(mail("जया@example.org"))
        await sender.send(mail("ada@münchen.example"))
        await sender.aclose()


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
@pytest.mark.parametrize("said", ["451 4.7.1 Greylisted", "452 4.2.2 Mailbox full", "421 4.3.0 Too busy"])
async def test_what_passes_is_tried_again_later(server: MailServer, sender: SmtpSender, step: str, said: str) -> None:
    server.answer = lambda at: said if at == step else None
    with pytest.raises(Held, match=said[:3]):
        await sender.send(mail())
    server.answer = lambda _: None
    await sender.send(mail())
    assert len(server.mails) == 1


@pytest.mark.parametrize(
    ("step", "said", "gone"),
    [
        ("RCPT", "550 5.1.1 <ada@example.org>: Recipient address rejected", True),
        ("RCPT", "550 No such user here", True),
        ("RCPT", "550 5.7.1 Blocked by policy, user unknown to us", False),
        ("RCPT", "552 5.2.2 Mailbox full", False),
        ("DATA", "554 5.7.1 Looks like spam", False),
        ("DATA", "550 5.1.1 No mailbox", True),
        ("MAIL", "552 5.3.4 Too large", False),
    ],
)
async def test_a_refusal_is_for_good_and_only_no_mailbox_gives_an_address_up(
    server: MailServer, sender: SmtpSender, step: str, said: str, gone: bool
) -> None:
    server.answer = lambda at: said if at == step else None
    with pytest.raises(Refused) as refused:
        await sender.send(mail())
    assert refused.value.gone is gone
    server.answer = lambda _: None
    await sender.send(mail())
    assert (len(server.mails), server.connections) == (1, 1)


async def test_a_refused_sender_is_our_mistake_and_loses_no_mail(server: MailServer, sender: SmtpSender) -> None:
    server.answer = lambda at: "553 5.7.1 Sender address rejected" if at == "MAIL" else None
    with pytest.raises(Held) as held:
        await sender.send(mail())
    assert held.value.retry_after_s >= 60


async def test_one_dead_address_does_not_hold_up_the_others(server: MailServer) -> None:
    sender = sender_to(server, connections=1)

    async def slow_for_one(_step: str) -> str | None:
        return None

    server.answer = slow_for_one
    answers = iter(["550 5.1.1 nobody", None, None, None])
    server.answer = lambda step: next(answers) if step == "RCPT" else None
    results = await asyncio.gather(*(sender.send(mail(number=n)) for n in range(4)), return_exceptions=True)
    assert [isinstance(found, Refused) for found in results] == [True, False, False, False]
    await sender.aclose()


def test_a_mail_is_the_same_in_every_try_and_nothing_in_it_ends_a_part() -> None:
    sender, now = parsed_sender(FROM), datetime(2026, 6, 1, tzinfo=UTC)
    first = envelope(mail(), sender, now).message
    assert first == envelope(mail(), sender, now).message
    end = message_from_bytes(first, policy=policy.default).get_boundary()
    nasty = mail()._replace(text=f"a\n--{end}--\nb\n", html=f"<p>--{end}</p>\n--{end}\n")
    found = message_from_bytes(envelope(nasty, sender, now).message, policy=policy.default)
    parts = [part.get_content().replace("\r\n", "\n") for part in found.iter_parts()]
    assert parts == [nasty.text, nasty.html]


async def test_a_server_that_says_nothing_costs_the_time_of_one_try(server: MailServer) -> None:
    sender = sender_to(server, try_s=0.3)
    stuck = asyncio.Event()

    async def wait(step: str) -> str | None:
        if step == "DATA":
            await stuck.wait()
        return None

    server.answer = wait
    with pytest.raises(Held, match="in time"):
        await sender.send(mail())
    server.answer = lambda _: None
    await sender.send(mail())
    assert server.connections == 2
    stuck.set()
    await sender.aclose()


async def test_a_connection_that_is_lost_in_the_middle_holds_the_mail_and_is_replaced(
    server: MailServer, sender: SmtpSender
) -> None:
    def drop(step: str) -> str | None:
        if step == "DATA":
            server.hang_up()
        return None

    await sender.send(mail())
    server.answer = drop
    with pytest.raises(Held):
        await sender.send(mail(number=2))
    server.answer = lambda _: None
    await sender.send(mail(number=2))
    assert server.mails[-1]["Message-ID"] == "<2@lyceum.test>"


async def test_a_connection_that_was_lost_while_it_rested_is_not_noticed(
    server: MailServer, sender: SmtpSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sender.send(mail())
    server.hang_up()
    await asyncio.sleep(0.05)
    await sender.send(mail(number=2))
    # A server may also say goodbye to the first thing that is said on an old connection.
    monkeypatch.setattr("domains.notifications.channels.smtp.ASK_AFTER_S", 0.0)
    byes = iter(["421 4.4.2 Idle too long"])
    server.answer = lambda step: next(byes, None) if step == "MAIL" else None
    await sender.send(mail(number=3))
    assert len(server.mails) == 3


async def test_no_server_holds_the_mail() -> None:
    async with mail_server() as server:
        port = server.port
    sender = SmtpSender(Server("127.0.0.1", port, starttls="off"), FROM)
    with pytest.raises(Held, match="cannot be reached"):
        await sender.send(mail())
    await sender.aclose()


async def test_tls_is_asked_for_and_the_password_goes_through_it_only(tmp_path: Path) -> None:
    certificate = Certificate(tmp_path)
    async with mail_server(certificate=certificate, login=True) as server:
        url = f"smtp://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{server.port}"
        sender = SmtpSender(parsed_server(url), FROM, tls_context=certificate.client_context())
        await sender.send(mail())
        await sender.aclose()
        assert (server.encrypted, server.logins) == ([True], [USER])
        stranger = SmtpSender(parsed_server(url), FROM)
        with pytest.raises(Held, match=r"(?i)certificate"):
            await stranger.send(mail())
        await stranger.aclose()
        wrong = SmtpSender(
            parsed_server(f"smtp://{USER}:wrong@127.0.0.1:{server.port}"),
            FROM,
            tls_context=certificate.client_context(),
        )
        with pytest.raises(Held, match="does not know us") as held:
            await wrong.send(mail())
        assert held.value.retry_after_s >= 60
        await wrong.aclose()


async def test_tls_from_the_first_byte(tmp_path: Path) -> None:
    certificate = Certificate(tmp_path)
    async with mail_server(certificate=certificate, smtps=True) as server:
        sender = SmtpSender(
            parsed_server(f"smtps://127.0.0.1:{server.port}"), FROM, tls_context=certificate.client_context()
        )
        await sender.send(mail())
        await sender.aclose()
        assert len(server.mails) == 1


async def test_a_server_without_tls_gets_nothing_where_tls_is_required(server: MailServer) -> None:
    for starttls, taken in (("required", 0), ("optional", 1)):
        sender = SmtpSender(parsed_server(f"smtp://127.0.0.1:{server.port}?starttls={starttls}"), FROM)
        if taken:
            await sender.send(mail())
        else:
            with pytest.raises(Held):
                await sender.send(mail())
        await sender.aclose()
        assert len(server.mails) == taken


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("smtp://", "host"),
        ("smtp://h:99999", "port"),
        ("smtp://h?starttls=maybe", "starttls"),
        ("smtp://h?connections=9", "connections"),
        ("smtp://h?tls=1", "tls"),
        ("smtp://u:a/b@h", "host|port"),
        ("smtps://h?starttls=off", "first byte"),
    ],
)
def test_a_wrong_address_of_a_server_is_named(url: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong) as error:
        parsed_server(url)
    assert "a/b" not in str(error.value)


def test_the_address_of_a_server_says_everything() -> None:
    assert parsed_server("smtp://me%40x:p%2Fw@mail.test?starttls=optional&connections=1") == Server(
        "mail.test", 587, "me@x", "p/w", False, "optional", 1
    )
    assert parsed_server("smtps://mail.test").port == 465


_LINE_ENDS = st.sampled_from(["\r", "\n", "\r\n", "\0", "\u2028", "\u2029", "\x0b", "\x85"])
_WORDS = st.text(string.ascii_letters + ' :<>,;"@', max_size=20)


@given(before=_WORDS, end=_LINE_ENDS, after=_WORDS, field=st.sampled_from(["to_name", "to_address", "subject"]))
def test_a_line_end_in_a_header_is_refused(before: str, end: str, after: str, field: str) -> None:
    poisoned = mail()._replace(**{field: f"{before}{end}{after}Bcc: eve@example.org"})
    with pytest.raises(Refused):
        envelope(poisoned, parsed_sender(FROM))


@given(name=st.text(max_size=60), subject=st.text(max_size=700), body=st.text(max_size=300))
def test_whatever_is_written_makes_a_mail_with_our_headers_only(name: str, subject: str, body: str) -> None:
    written = mail(name=name, subject=subject)._replace(text=body.replace("\ud800", ""), html=body)
    try:
        found = envelope(written, parsed_sender(FROM))
    except Refused:
        return
    raw = found.message
    head = raw.split(b"\r\n\r\n", 1)[0].replace(b"\r\n ", b" ")
    names = [line.split(b":", 1)[0].lower() for line in head.split(b"\r\n")]
    assert sorted(names) == sorted(
        b"from to subject date message-id auto-submitted list-unsubscribe list-unsubscribe-post mime-version "
        b"content-type".split()
    )
    assert found.recipient == "ada@example.org"
    assert max(map(len, raw.split(b"\r\n"))) <= 998


@given(address=st.text(max_size=40) | st.text('ab@."[]()<>,;:\\ \xa0é0=?_', max_size=12))
def test_an_address_either_is_one_or_is_refused(address: str) -> None:
    try:
        found = envelope(mail(address), parsed_sender(FROM))
    except Refused:
        return
    assert found.recipient.count("@") >= 1
    assert not set(found.recipient) & set("\r\n\0")
    read = message_from_bytes(found.message, policy=policy.SMTPUTF8)
    # The parser of bytes leaves what is not ASCII as halves of characters.
    written = [one.addr_spec.encode(errors="surrogateescape").decode() for one in read["To"].addresses]
    assert written == [found.recipient]


def test_a_long_link_stays_an_address_that_programs_can_read() -> None:
    link = f"https://learn.lyceum.test/unsubscribe/{'aH9WvuqdnycepvOA8DTWHdlbGNvbWUyo-zJbAhMcIVA7_' * 8}"
    raw = envelope(mail()._replace(unsubscribe_url=link), parsed_sender(FROM)).message
    assert f"\r\nList-Unsubscribe: <{link}>\r\n".encode() in raw
