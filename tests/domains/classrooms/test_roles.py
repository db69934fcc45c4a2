"""Who loses the right to teach teaches no class; whose accounts become one is in the classes of both."""

from typing import Any

import httpx

from domains.identity import api as identity
from domains.identity.events import AccountMerged
from domains.kernel.uow import Database
from factories.classes import call, join, new_class, new_teacher, outcome
from factories.people import Learner, register


async def set_roles(db: Database, person: Learner, *roles: str) -> None:
    async with db.begin() as uow:
        await identity.change_roles(uow, person.id, roles, by=None)


async def merge(db: Database, guest: Learner, into: Learner) -> None:
    async with db.begin() as uow:
        uow.record(AccountMerged(from_id=guest.id, into_id=into.id))


async def shown(person: Learner, classroom: dict[str, Any]) -> dict[str, Any]:
    answer = await call(person, "GET", f"/{classroom['id']}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_co_teacher_who_may_teach_no_more_is_a_learner(
    db: Database, client: httpx.AsyncClient, tess: Learner
) -> None:
    co = await new_teacher(db, client, "Cora")
    classroom = await new_class(tess)
    await join(co, classroom)
    path = f"/{classroom['id']}/members/{co.id}/role"
    assert (await call(tess, "PUT", path, {"role": "co_teacher"})).status_code == 204
    assert (await shown(co, classroom))["role"] == "co_teacher"
    await set_roles(db, co, "teacher", "author")
    assert (await shown(co, classroom))["role"] == "co_teacher"
    await set_roles(db, co, "author")
    assert (await shown(co, classroom))["role"] == "learner"


async def test_a_class_is_archived_while_its_teacher_may_not_teach(db: Database, tess: Learner) -> None:
    classroom = await new_class(tess)
    await set_roles(db, tess)
    assert (await shown(tess, classroom))["archived_at"] is not None
    reopen = {"archived": False}
    answer = await call(tess, "PATCH", f"/{classroom['id']}", reopen)
    assert outcome(answer) == (403, "classrooms.not_your_part")
    await set_roles(db, tess, "teacher")
    assert (await call(tess, "PATCH", f"/{classroom['id']}", reopen)).status_code == 200
    assert (await shown(tess, classroom))["archived_at"] is None


async def test_a_guest_brings_their_classes_into_the_account(
    db: Database, client: httpx.AsyncClient, tess: Learner
) -> None:
    guest, account = await register(client, "Guest"), await register(client, "Ada")
    one, both, refused = [await new_class(tess) for _ in range(3)]
    await join(guest, one)
    for person in (guest, account):
        await join(person, both)
        await join(person, refused)
    await call(tess, "DELETE", f"/{refused['id']}/members/{account.id}")
    await merge(db, guest, account)
    assert (await shown(account, one))["role"] == "learner"
    assert [(await shown(tess, each))["learners"] for each in (one, both, refused)] == [1, 1, 0]
    assert outcome(await join(account, refused)) == (400, "classrooms.code_refused")
