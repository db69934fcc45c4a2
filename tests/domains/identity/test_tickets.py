"""Tickets: good once, for a minute, as long as the login lives."""

import asyncio
import hashlib
from datetime import timedelta

import httpx
import pytest
import time_machine

from app.asgi import Parts
from domains.identity.api import Authenticator, is_ticket, redeem_ticket
from domains.identity.errors import SessionEnded, TicketInvalid, TokenInvalid
from domains.identity.jobs import purge
from domains.identity.policy.sessions import ACCESS_LIFETIME, TICKETS_AT_ONCE
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database
from factories.people import Learner, register

TICKETS = "/realtime/tickets"


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


async def ticket_of(learner: Learner) -> str:
    answer = await learner.post(TICKETS)
    assert answer.status_code == 201, answer.text
    assert answer.json()["expires_in"] == 60
    assert answer.headers["cache-control"] == "no-store"
    ticket: str = answer.json()["ticket"]
    return ticket


async def test_a_ticket_says_who_asked_for_it_and_is_then_used_up(ada: Learner, db: Database) -> None:
    ticket = await ticket_of(ada)
    assert is_ticket(ticket)
    assert not is_ticket(ada.token)
    before = utc_now()
    principal = await redeem_ticket(db, ticket)
    assert (principal.user_id, principal.roles) == (ada.id, {"learner"})
    assert before <= principal.expires_at - ACCESS_LIFETIME <= utc_now()
    with pytest.raises(TicketInvalid):
        await redeem_ticket(db, ticket)


async def test_of_many_who_show_the_same_ticket_one_gets_in(ada: Learner, db: Database) -> None:
    ticket = await ticket_of(ada)
    outcomes = await asyncio.gather(*(redeem_ticket(db, ticket) for _ in range(8)), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Principal"] + ["TicketInvalid"] * 7


async def test_a_ticket_is_too_old_after_a_minute(ada: Learner, db: Database) -> None:
    with time_machine.travel(utc_now(), tick=False) as clock:
        late, in_time = await ticket_of(ada), await ticket_of(ada)
        clock.shift(timedelta(seconds=59))
        await redeem_ticket(db, in_time)
        clock.shift(timedelta(seconds=1))
        with pytest.raises(TicketInvalid):
            await redeem_ticket(db, late)


async def test_a_ticket_of_a_login_that_has_ended_opens_nothing(ada: Learner, db: Database) -> None:
    ticket = await ticket_of(ada)
    assert (await ada.post("/auth/logout")).status_code == 204
    with pytest.raises(SessionEnded):
        await redeem_ticket(db, ticket)


async def test_a_ticket_of_somebody_banned_opens_nothing(ada: Learner, db: Database) -> None:
    ticket = await ticket_of(ada)
    await db.fetch("UPDATE identity_user SET banned_at = now() WHERE id = $1", ada.id)
    with pytest.raises(SessionEnded):
        await redeem_ticket(db, ticket)


@pytest.mark.parametrize("ticket", ["lt_", "lt_" + "A" * 43, "lt_" + "A" * 5000, "lt_é\0\ud800" + "A" * 40])
async def test_what_was_never_given_is_no_ticket(db: Database, ticket: str) -> None:
    with pytest.raises(TicketInvalid):
        await redeem_ticket(db, ticket)


async def test_a_ticket_is_no_access_token(ada: Learner, parts: Parts) -> None:
    ticket = await ticket_of(ada)
    authenticator: Authenticator = parts.authenticator
    with pytest.raises(TokenInvalid):
        await authenticator.principal(ticket)
    answer = await ada.http.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {ticket}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "identity.token_invalid")


async def test_a_login_does_not_pile_up_tickets(ada: Learner, db: Database) -> None:
    first = await ticket_of(ada)
    for _ in range(TICKETS_AT_ONCE - 1):
        await ticket_of(ada)
    refused = await ada.post(TICKETS)
    assert (refused.status_code, refused.json()["code"]) == (429, "identity.too_many_tickets")
    assert refused.headers["retry-after"] == "60"
    await redeem_ticket(db, first)
    await ticket_of(ada)
    # Another login, of the same or of another person, has tickets of its own.
    await ticket_of(await register(ada.http, "Ben"))


async def test_no_ticket_is_stored_that_could_be_shown(ada: Learner, db: Database) -> None:
    ticket = await ticket_of(ada)
    [row] = await db.fetch("SELECT * FROM identity_ticket")
    assert row["ticket_hash"] == hashlib.sha256(ticket.encode()).digest()
    assert ticket not in str(dict(row))


async def test_tickets_that_nobody_used_are_purged(ada: Learner, db: Database) -> None:
    await ticket_of(ada)
    await purge(db)
    assert len(await db.fetch("SELECT 1 FROM identity_ticket")) == 1
    with time_machine.travel(utc_now() + timedelta(minutes=2)):
        await purge(db)
    assert await db.fetch("SELECT 1 FROM identity_ticket") == []
