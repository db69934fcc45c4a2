"""The contact form: taken, counted, judged, answered by mail."""

import asyncio
import itertools
from email import message_from_bytes
from email.policy import default
from typing import Any

import httpx
import pytest

from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.notifications.channels.port import Accepted, Held, Mail, Refused, Senders
from domains.notifications.policy import spam
from factories.people import Learner, register

MESSAGE = {
    "name": "Grace",
    "email": "grace@example.org",
    "subject": "The sound of lesson 3",
    "message": "Hello,\n\nthe recording stops before the last word.",
}


_numbers = itertools.count(1)


async def write(client: httpx.AsyncClient, **fields: Any) -> httpx.Response:
    """Each time in other words, unless they are given."""
    words = {"message": f"{MESSAGE['message']} ({next(_numbers)})"}
    return await client.post("/api/v1/contact", json=MESSAGE | words | fields)


async def staff(client: httpx.AsyncClient, db: Database, role: str = "support") -> Learner:
    found = await register(client, "Staff")
    await db.fetch("INSERT INTO identity_user_role (user_id, role) VALUES ($1, $2)", found.id, role)
    return found


@pytest.fixture
async def helen(client: httpx.AsyncClient, db: Database) -> Learner:
    return await staff(client, db)


async def queue(helper: Learner, status: str = "open") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await helper.get(f"/admin/tickets?status={status}")).json()["items"]
    return items


async def answers(db: Database) -> list[Any]:
    rows = await db.fetch("SELECT message FROM notifications_local_mail WHERE subject LIKE 'Re: %' ORDER BY id")
    return [message_from_bytes(row["message"], policy=default) for row in rows]


async def test_a_stranger_is_given_a_number_and_answered_by_mail(
    client: httpx.AsyncClient, db: Database, helen: Learner, crank: Any
) -> None:
    taken = await write(client)
    assert taken.status_code == 201, taken.text
    [ticket] = await queue(helen)
    assert (ticket["number"], ticket["user_id"], ticket["state"]) == (taken.json()["number"], None, "open")
    answered = await helen.post(f"/admin/tickets/{ticket['id']}/answer", {"answer": "Thank you.\n\nIt is repaired."})
    assert answered.status_code == 200, answered.text
    assert answered.json()["answered_by"] == str(helen.id)
    await crank.jobs()
    await crank.again()
    [mail] = await answers(db)
    assert mail["To"] == "Grace <grace@example.org>"
    assert ticket["number"] in mail["Subject"]
    assert "It is repaired." in mail.get_body(("plain",)).get_content()
    assert await queue(helen) == []


async def test_the_answer_goes_to_the_address_that_asked_also_where_an_account_has_another(
    client: httpx.AsyncClient, db: Database, helen: Learner, crank: Any
) -> None:
    ada = await register(client)
    assert (await ada.post("/contact", MESSAGE)).status_code == 201
    [ticket] = await queue(helen)
    assert ticket["user_id"] == str(ada.id)
    await helen.post(f"/admin/tickets/{ticket['id']}/answer", {"answer": "Yes."})
    await crank.jobs()
    assert [mail["To"] for mail in await answers(db)] == ["Grace <grace@example.org>"]


async def test_two_who_answer_at_once_send_one_answer(client: httpx.AsyncClient, db: Database, helen: Learner) -> None:
    await write(client)
    [ticket] = await queue(helen)
    path = f"/admin/tickets/{ticket['id']}"
    both = await asyncio.gather(*(helen.post(f"{path}/answer", {"answer": said}) for said in ("Yes.", "No.")))
    assert sorted(answer.status_code for answer in both) == [200, 409]
    assert len(await db.fetch("SELECT FROM kernel_outbox WHERE type = 'notifications.ticket_answered.v1'")) == 1
    assert (await helen.post(f"{path}/spam")).status_code == 409


async def test_an_answer_that_is_held_is_tried_again_and_one_that_is_refused_comes_back_into_the_queue(
    client: httpx.AsyncClient, db: Database, helen: Learner, crank: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await write(client)
    [ticket] = await queue(helen)
    tries: list[str] = []

    async def send(mail: Mail) -> Accepted:
        if mail.to_address != MESSAGE["email"]:
            return Accepted("")
        tries.append(mail.message_id)
        raise Held("busy") if len(tries) == 1 else Refused("no such mailbox", gone=True)

    monkeypatch.setattr(db.port(Senders).mail, "send", send)
    await helen.post(f"/admin/tickets/{ticket['id']}/answer", {"answer": "Yes."})
    await crank.jobs()
    await crank.again()
    assert len(tries) == 2
    assert len(set(tries)) == 1
    [back] = await queue(helen, "undelivered")
    assert back["id"] == ticket["id"]
    # And nothing is written to that address any more.
    await helen.post(f"/admin/tickets/{ticket['id']}/answer", {"answer": "Yes, again."})
    await crank.jobs()
    assert len(tries) == 2
    assert [found["state"] for found in await queue(helen, "undelivered")] == ["undelivered"]


async def test_a_message_is_closed_or_put_aside_as_spam(client: httpx.AsyncClient, helen: Learner) -> None:
    for name in ("closed", "spam"):
        await write(client)
        [ticket] = await queue(helen)
        path = f"/admin/tickets/{ticket['id']}"
        assert (await helen.post(f"{path}/{'close' if name == 'closed' else name}")).json()["state"] == name
        assert (await helen.get(path)).json()["state"] == name
        assert await queue(helen) == []


async def test_the_queue_is_for_the_staff_and_runs_from_the_oldest(
    client: httpx.AsyncClient, db: Database, helen: Learner
) -> None:
    ada = await register(client)
    assert (await ada.get("/admin/tickets")).status_code == 403
    assert (await client.get("/api/v1/admin/tickets")).status_code == 401
    assert (await helen.get(f"/admin/tickets/{new_id()}")).status_code == 404
    numbers = [(await write(client)).json()["number"] for _ in range(3)]
    first = (await helen.get("/admin/tickets?limit=2")).json()
    second = (await helen.get(f"/admin/tickets?limit=2&cursor={first['next_cursor']}")).json()
    assert [item["number"] for item in first["items"] + second["items"]] == numbers
    assert second["next_cursor"] is None


async def test_one_e_mail_address_may_write_five_times_a_day(client: httpx.AsyncClient, db: Database) -> None:
    taken = await asyncio.gather(*(write(client, email=f"{'G' if n % 2 else 'g'}race@example.org") for n in range(8)))
    assert sorted(answer.status_code for answer in taken) == [201] * 5 + [429] * 3
    refused = await write(client)
    assert 86_000 < int(refused.headers["retry-after"]) <= 86_401
    await db.fetch("UPDATE notifications_ticket SET created_at = created_at - interval '25 hours'")
    assert (await write(client)).status_code == 201


async def test_a_button_pressed_twice_is_one_message(client: httpx.AsyncClient, db: Database, helen: Learner) -> None:
    same = {"message": MESSAGE["message"]}
    taken = await asyncio.gather(*(write(client, **same) for _ in range(8)))
    assert {answer.status_code for answer in taken} == {201}
    [number] = {answer.json()["number"] for answer in taken}
    [ticket] = await queue(helen)
    assert ticket["number"] == number
    # Somebody else, other words, or after it was dealt with: another message.
    for other in ({"email": "alan@example.org"}, {"subject": "Lesson 4"}):
        assert (await write(client, **same, **other)).json()["number"] != number
    await helen.post(f"/admin/tickets/{ticket['id']}/close")
    assert (await write(client, **same)).json()["number"] != number
    await db.fetch("UPDATE notifications_ticket SET created_at = created_at - interval '11 minutes'")
    assert (await write(client, **same)).status_code == 201
    assert len(await db.fetch("SELECT FROM notifications_ticket")) == 5


async def test_one_place_may_write_ten_times_a_day_and_its_address_is_not_kept(
    client: httpx.AsyncClient, db: Database
) -> None:
    taken = [await write(client, email=f"p{n}@example.org") for n in range(12)]
    assert [answer.status_code for answer in taken] == [201] * 10 + [429] * 2
    [row] = await db.fetch("SELECT DISTINCT address_digest FROM notifications_ticket")
    assert len(row["address_digest"]) == 32
    assert b"127.0.0.1" not in row["address_digest"]


async def test_a_machine_that_fills_in_what_nobody_sees_is_told_the_same_and_lands_with_spam(
    client: httpx.AsyncClient, helen: Learner
) -> None:
    taken = await write(client, website="https://example.com")
    assert taken.status_code == 201
    assert set(taken.json()) == {"number"}
    assert await queue(helen) == []
    [ticket] = await queue(helen, "spam")
    assert ticket["spam_score"] == 100


@pytest.mark.parametrize(
    "fields",
    [
        {"email": "grace"},
        {"email": "grace@example.org\nBcc: all@example.org"},
        {"email": "a@example.org, b@example.org"},
        {"name": "Grace\r\nBcc: all@example.org"},
        {"name": " "},
        {"subject": "   "},
        {"message": ""},
        {"message": "x" * 5001},
        {"message": "\0"},
        {"locale": "not a locale"},
        {"state": "closed"},
    ],
)
async def test_what_is_no_message_is_refused(client: httpx.AsyncClient, fields: dict[str, Any]) -> None:
    assert (await write(client, **fields)).status_code == 400


async def test_a_subject_over_two_lines_becomes_one(
    client: httpx.AsyncClient, db: Database, helen: Learner, crank: Any
) -> None:
    await write(client, subject="Hello\r\nBcc: all@example.org")
    [ticket] = await queue(helen)
    assert ticket["subject"] == "Hello Bcc: all@example.org"
    await helen.post(f"/admin/tickets/{ticket['id']}/answer", {"answer": "No."})
    await crank.jobs()
    [mail] = await answers(db)
    assert (mail["Bcc"], mail["To"]) == (None, "Grace <grace@example.org>")


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("Best offer", "Buy backlinks now http://a.example http://b.example first page of Google!"),
        ("hi", "<a href='http://x.example'>click</a> casino"),
        ("CRYPTO PROFIT", "YOU HAVE WON THE LOTTERY, JOIN OUR TELEGRAM CHANNEL AT ONCE"),
        ("links", "http://a.example http://b.example http://c.example http://d.example http://e.example"),
    ],
)
def test_what_looks_like_spam_scores_high(subject: str, body: str) -> None:
    assert spam.score(subject=subject, body=body, trap="") >= spam.SPAM_FROM


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("Refund", "I bought the course twice, see https://lyceum.example/payments/1 – can I have my money back?"),
        ("Traffic", "How do I say 'web traffic' in Spanish? The lesson has only one word for it."),
        ("HELP", "HELLO, I CANNOT LOG IN ANY MORE, MY PASSWORD IS NOT ACCEPTED"),
        ("खाता", "मेरा खाता बंद हो गया है, कृपया मदद करें।"),
        ("?", "?"),
    ],
)
def test_what_people_write_scores_low(subject: str, body: str) -> None:
    assert spam.score(subject=subject, body=body, trap="") < spam.SPAM_FROM
