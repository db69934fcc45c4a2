"""Invitations to watch a session: one person each, while the session runs, and a day at most."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import time_machine

from domains.catalog.api import RevisionContent
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.learning import api as learning
from domains.learning import jobs
from domains.learning.service.watching import INVITATION_LIFETIME, MOST_INVITATIONS
from factories.classes import outcome
from factories.people import Learner, publish, register, right_answer, small_course


@pytest.fixture
async def course(db: Database) -> RevisionContent:
    return await publish(db, small_course())


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


@pytest.fixture
async def bob(client: httpx.AsyncClient) -> Learner:
    return await register(client, "Bob")


@pytest.fixture
async def eve(client: httpx.AsyncClient) -> Learner:
    return await register(client, "Eve")


@pytest.fixture
async def session(ada: Learner, course: RevisionContent) -> dict[str, Any]:
    return await ada.begin(next(iter(course.lessons)))


async def invite(person: Learner, session: dict[str, Any]) -> dict[str, Any]:
    answer = await person.post(f"/sessions/{session['id']}/invitations")
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def revoke(person: Learner, session: dict[str, Any], invitation: dict[str, Any]) -> httpx.Response:
    path = f"/api/v1/sessions/{session['id']}/invitations/{invitation['id']}"
    return await person.http.delete(path, headers=person.headers)


async def watches(db: Database, person: Learner, session: dict[str, Any], code: str | None = None) -> bool:
    """By both checks, which must agree."""
    session_id = UUID(session["id"])
    may = await learning.may_watch_session(db, person.id, session_id, code)
    pair = (person.id, session_id)
    assert (pair in await learning.still_may_watch_sessions(db, [pair])) == may
    return may


async def finish(person: Learner, session: dict[str, Any]) -> None:
    for exercise in session["exercises"]:
        await person.answer(session, exercise, right_answer(exercise))
    assert (await person.post(f"/sessions/{session['id']}/complete")).status_code == 200


async def test_whoever_shows_the_code_first_may_watch_and_nobody_else_can(
    db: Database, ada: Learner, bob: Learner, eve: Learner, session: dict[str, Any]
) -> None:
    code = (await invite(ada, session))["code"]
    assert not await watches(db, bob, session)
    assert await watches(db, bob, session, code)
    assert await watches(db, bob, session)
    assert await watches(db, bob, session, "something else")
    assert not await watches(db, eve, session, code)


async def test_of_many_who_show_a_code_at_once_one_may_watch_on_all_their_devices(
    db: Database, ada: Learner, bob: Learner, eve: Learner, session: dict[str, Any]
) -> None:
    code = (await invite(ada, session))["code"]
    tried = [bob, eve, bob, eve]
    may = await asyncio.gather(
        *(learning.may_watch_session(db, person.id, UUID(session["id"]), code) for person in tried)
    )
    assert may in ([True, False, True, False], [False, True, False, True])


async def test_the_owner_watches_without_an_invitation_and_uses_up_none(
    db: Database, ada: Learner, bob: Learner, session: dict[str, Any]
) -> None:
    code = (await invite(ada, session))["code"]
    assert await watches(db, ada, session, code)
    assert await watches(db, bob, session, code)


async def test_who_may_watch_already_uses_up_no_second_code(
    db: Database, ada: Learner, bob: Learner, eve: Learner, session: dict[str, Any]
) -> None:
    first, second = (await invite(ada, session))["code"], (await invite(ada, session))["code"]
    assert await watches(db, bob, session, first)
    assert await watches(db, bob, session, second)
    assert await watches(db, eve, session, second)


async def test_a_code_opens_its_own_session_alone(
    db: Database, course: RevisionContent, ada: Learner, bob: Learner, session: dict[str, Any]
) -> None:
    code = (await invite(ada, session))["code"]
    other = await ada.begin(list(course.lessons)[1])
    assert not await watches(db, bob, other, code)
    assert not await learning.may_watch_session(db, bob.id, new_id(), code)


@pytest.mark.parametrize("code", ["", "\0", "\ud800", "x" * 10_000], ids=["empty", "nul", "surrogate", "long"])
async def test_an_odd_code_opens_nothing(db: Database, bob: Learner, session: dict[str, Any], code: str) -> None:
    assert not await watches(db, bob, session, code)


async def test_the_code_is_shown_once_and_not_kept(db: Database, ada: Learner, session: dict[str, Any]) -> None:
    made = await invite(ada, session)
    listed = await ada.get(f"/sessions/{session['id']}/invitations")
    assert made["code"] not in listed.text
    [row] = await db.fetch("SELECT i::text AS kept FROM learning_invitation i")
    assert made["code"] not in row["kept"]
    assert made["code"].encode().hex() not in row["kept"]


async def test_the_owner_sees_who_watches_and_ends_it(
    db: Database, ada: Learner, bob: Learner, eve: Learner, session: dict[str, Any]
) -> None:
    taken, free = await invite(ada, session), await invite(ada, session)
    await watches(db, bob, session, taken["code"])
    listed = (await ada.get(f"/sessions/{session['id']}/invitations")).json()
    assert [(each["id"], each["watcher"]) for each in listed] == [
        (taken["id"], {"user_id": str(bob.id), "name": "Bob"}),
        (free["id"], None),
    ]
    for _ in range(2):
        assert [(await revoke(ada, session, each)).status_code for each in (taken, free)] == [204, 204]
    assert not await watches(db, bob, session, taken["code"])
    assert not await watches(db, eve, session, free["code"])
    assert (await ada.get(f"/sessions/{session['id']}/invitations")).json() == []


async def test_invitations_are_the_owners_business(
    db: Database, ada: Learner, bob: Learner, session: dict[str, Any]
) -> None:
    made = await invite(ada, session)
    assert await watches(db, bob, session, made["code"])
    path = f"/sessions/{session['id']}/invitations"
    assert outcome(await bob.post(path)) == outcome(await bob.get(path)) == (404, "learning.session_not_found")
    assert (await revoke(bob, session, made)).status_code == 204
    assert await watches(db, bob, session)


async def test_an_invitation_ends_with_the_session(
    db: Database, ada: Learner, bob: Learner, eve: Learner, session: dict[str, Any]
) -> None:
    taken, free = (await invite(ada, session))["code"], (await invite(ada, session))["code"]
    assert await watches(db, bob, session, taken)
    await finish(ada, session)
    assert await watches(db, bob, session, taken), "how it ends"
    assert not await watches(db, eve, session, free)
    ended = "UPDATE learning_session SET completed_at = completed_at - interval '5 seconds' WHERE id = $1"
    await db.fetch(ended, UUID(session["id"]))
    assert not await watches(db, bob, session, taken)
    assert not await watches(db, eve, session, free)
    assert await watches(db, ada, session)
    assert outcome(await ada.post(f"/sessions/{session['id']}/invitations")) == (409, "learning.session_closed")


async def test_an_invitation_lasts_a_day_and_is_forgotten_then(
    db: Database, ada: Learner, bob: Learner, eve: Learner, session: dict[str, Any]
) -> None:
    with time_machine.travel(utc_now(), tick=False) as clock:
        taken, free = await invite(ada, session), await invite(ada, session)
        assert taken["expires_at"] == (utc_now() + timedelta(hours=24)).isoformat().replace("+00:00", "Z")
        clock.shift(INVITATION_LIFETIME - timedelta(seconds=1))
        assert await watches(db, bob, session, taken["code"])
        await jobs.purge(db)
        clock.shift(timedelta(seconds=1))
        assert not await watches(db, bob, session, taken["code"])
        assert not await watches(db, eve, session, free["code"])
        clock.shift(timedelta(seconds=1))
        await jobs.purge(db)
    assert await db.fetch("SELECT FROM learning_invitation") == []


async def test_so_many_invitations_are_open_at_once_and_no_more(ada: Learner, session: dict[str, Any]) -> None:
    path = f"/sessions/{session['id']}/invitations"
    answers = await asyncio.gather(*(ada.post(path) for _ in range(MOST_INVITATIONS + 3)))
    assert sorted(answer.status_code for answer in answers) == [201] * MOST_INVITATIONS + [409] * 3
    await revoke(ada, session, next(answer for answer in answers if answer.status_code == 201).json())
    assert (await ada.post(path)).status_code == 201


async def test_who_watches_sees_how_far_the_session_is_and_how_it_ended(
    db: Database, ada: Learner, bob: Learner, eve: Learner, session: dict[str, Any]
) -> None:
    path = f"/sessions/{session['id']}/progress"
    code = (await invite(ada, session))["code"]
    assert outcome(await bob.get(path)) == (404, "learning.session_not_found")
    assert await watches(db, bob, session, code)
    begun = (await bob.get(path)).json()
    assert (begun["answered"], begun["total"], begun["correct"], begun["finished"]) == (0, 4, 0, False)
    await finish(ada, session)
    ended = (await bob.get(path)).json()
    assert (ended["answered"], ended["correct"], ended["finished"]) == (4, 4, True)
    assert ended["active_at"] > begun["active_at"]
    assert (await ada.get(path)).json() == ended
    assert outcome(await eve.get(path)) == (404, "learning.session_not_found")


async def test_many_pairs_are_looked_at_together(
    db: Database, ada: Learner, bob: Learner, eve: Learner, session: dict[str, Any]
) -> None:
    session_id = UUID(session["id"])
    await watches(db, bob, session, (await invite(ada, session))["code"])
    pairs = {(person.id, id_) for person in (ada, bob, eve) for id_ in (session_id, new_id())}
    assert await learning.still_may_watch_sessions(db, pairs) == {(ada.id, session_id), (bob.id, session_id)}
    assert await learning.still_may_watch_sessions(db, []) == set()
