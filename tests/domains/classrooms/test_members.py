"""Who may do what to whom, in whatever order it happens."""

from typing import Any
from uuid import UUID

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domains.classrooms import api as classrooms
from domains.classrooms.events import MemberLeft, RoleChanged
from domains.classrooms.policy import ClassRole, may_remove
from domains.kernel.events import Event
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.classes import call, join, make_teacher, new_class, outcome
from factories.people import Learner, register

roles = st.sampled_from(ClassRole)


@given(roles, roles)
def test_nobody_removes_somebody_who_stands_as_high_as_they(own: ClassRole, other: ClassRole) -> None:
    rank = [ClassRole.LEARNER, ClassRole.CO_TEACHER, ClassRole.TEACHER]
    assert may_remove(own, other) == (rank.index(own) > rank.index(other))


async def test_who_was_removed_comes_back_through_a_teacher_only(
    heard: list[Event], tess: Learner, bob: Learner, pets: dict[str, Any]
) -> None:
    await join(bob, pets)
    for _ in range(2):
        assert (await call(tess, "DELETE", f"/{pets['id']}/members/{bob.id}")).status_code == 204
    assert [(fact.user_id, fact.removed) for fact in heard if isinstance(fact, MemberLeft)] == [(bob.id, True)]
    assert (await call(bob, "GET", f"/{pets['id']}")).status_code == 404
    assert outcome(await join(bob, pets)) == (400, "classrooms.code_refused")
    assert outcome(await join(bob, {"code": "x"})) == outcome(await join(bob, pets))
    shown = (await call(tess, "GET", f"/{pets['id']}/removed")).json()["items"]
    assert [(each["user_id"], each["name"]) for each in shown] == [(str(bob.id), "Bob")]
    assert (await call(tess, "DELETE", f"/{pets['id']}/removed/{bob.id}")).status_code == 204
    assert (await call(bob, "GET", f"/{pets['id']}")).status_code == 404
    assert (await join(bob, pets)).status_code == 200


async def test_leaving_is_no_way_around_being_removed(tess: Learner, bob: Learner, pets: dict[str, Any]) -> None:
    await join(bob, pets)
    await call(tess, "DELETE", f"/{pets['id']}/members/{bob.id}")
    assert (await call(bob, "POST", f"/{pets['id']}/leave")).status_code == 204
    assert (await join(bob, pets)).status_code == 400


async def test_a_co_teacher_is_a_member_who_may_teach(
    heard: list[Event], db: Database, tess: Learner, bob: Learner, pets: dict[str, Any]
) -> None:
    path = f"/{pets['id']}/members/{bob.id}/role"
    co_teacher = {"role": "co_teacher"}
    assert outcome(await call(tess, "PUT", path, co_teacher)) == (404, "classrooms.member_not_found")
    await join(bob, pets)
    assert outcome(await call(tess, "PUT", path, co_teacher)) == (409, "classrooms.not_a_teacher")
    await make_teacher(db, bob.id)
    for _ in range(2):
        assert (await call(tess, "PUT", path, co_teacher)).status_code == 204
    shown = (await call(bob, "GET", f"/{pets['id']}")).json()
    assert (shown["role"], shown["code"], shown["learners"]) == ("co_teacher", pets["code"], 0)
    assert [each["name"] for each in shown["teachers"]] == ["Tess", "Bob"]
    assert await classrooms.may_watch(db, bob.id, UUID(pets["id"]))
    assert (await call(tess, "PUT", path, {"role": "learner"})).status_code == 204
    assert not await classrooms.may_watch(db, bob.id, UUID(pets["id"]))
    assert [fact.role for fact in heard if isinstance(fact, RoleChanged)] == ["co_teacher", "learner"]


async def test_a_co_teacher_leads_learners_and_leaves_the_rest_to_the_teacher(
    db: Database, client: httpx.AsyncClient, tess: Learner, bob: Learner, eve: Learner, pets: dict[str, Any]
) -> None:
    cara = await register(client, "Cara")
    for person in (bob, eve, cara):
        await join(person, pets)
    for person in (bob, eve):
        await make_teacher(db, person.id)
        await call(tess, "PUT", f"/{pets['id']}/members/{person.id}/role", {"role": "co_teacher"})
    for method, path, body, refusal in [
        ("PATCH", "", {"archived": True}, (403, "classrooms.not_your_part")),
        ("PUT", f"/members/{cara.id}/role", {"role": "co_teacher"}, (403, "classrooms.not_your_part")),
        ("DELETE", f"/members/{eve.id}", None, (403, "classrooms.not_your_part")),
        ("DELETE", f"/members/{tess.id}", None, (409, "classrooms.teacher_stays")),
    ]:
        assert outcome(await call(bob, method, f"/{pets['id']}{path}", body)) == refusal
    assert (await call(bob, "PATCH", f"/{pets['id']}", {"name": "Cats"})).json()["name"] == "Cats"
    assert (await call(bob, "DELETE", f"/{pets['id']}/members/{cara.id}")).status_code == 204
    assert (await call(bob, "POST", f"/{pets['id']}/leave")).status_code == 204
    assert outcome(await call(tess, "PUT", f"/{pets['id']}/members/{tess.id}/role", {"role": "learner"})) == (
        409,
        "classrooms.teacher_stays",
    )


async def test_a_teacher_cannot_reach_the_account_of_a_member(
    tess: Learner, bob: Learner, pets: dict[str, Any]
) -> None:
    await join(bob, pets)
    before = (await bob.get("/auth/me")).json()
    for method, path, body in [
        ("PATCH", f"/members/{bob.id}", {"name": "Mine"}),
        ("PUT", f"/members/{bob.id}", {"password": "a long enough secret 43"}),
        ("POST", f"/members/{bob.id}/password", {}),
        ("PUT", f"/members/{bob.id}/role", {"role": "teacher"}),
        ("PUT", f"/members/{bob.id}/role", {"role": "learner", "email": "tess@example.org"}),
    ]:
        assert (await call(tess, method, f"/{pets['id']}{path}", body)).status_code in {400, 404, 405}
    assert (await bob.get("/auth/me")).json() == before


async def test_the_class_is_told_in_pages_and_counted(
    db: Database, tess: Learner, bob: Learner, eve: Learner, pets: dict[str, Any]
) -> None:
    class_id = UUID(pets["id"])
    for person in (bob, eve):
        await join(person, pets)
    await call(tess, "DELETE", f"/{pets['id']}/members/{eve.id}")
    async with db.begin() as uow:
        first = await classrooms.members(uow, class_id, after=None, most=1)
        rest = await classrooms.members(uow, class_id, after=first[0], most=10)
        assert first + rest == sorted([tess.id, bob.id])
        assert await classrooms.count_members(uow, class_id) == 2
        assert await classrooms.members(uow, new_id(), after=None, most=10) == []
    await call(tess, "PATCH", f"/{pets['id']}", {"archived": True})
    async with db.begin() as uow:
        assert await classrooms.members(uow, class_id, after=None, most=10) == []
        assert await classrooms.count_members(uow, class_id) == 0


STEPS = [
    *(f"{what} {name}" for what in ("join", "leave", "remove", "readmit", "raise", "lower") for name in ("bob", "eve")),
    "archive",
    "reopen",
    "renew",
]


@given(st.lists(st.sampled_from(STEPS), max_size=10))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_who_is_in_the_class_and_who_watches_it_is_what_happened_to_them(
    db: Database, tess: Learner, bob: Learner, eve: Learner, happened: list[str]
) -> None:
    pets = await new_class(tess)
    class_id = UUID(pets["id"])
    people = {"bob": bob, "eve": eve}
    await db.fetch(
        "INSERT INTO identity_user_role (user_id, role) VALUES ($1, 'teacher'), ($2, 'teacher') ON CONFLICT DO NOTHING",
        bob.id,
        eve.id,
    )
    inside: dict[str, str] = {}
    removed: set[str] = set()
    archived, code = False, pets["code"]
    for step in happened:
        what, _, name = step.partition(" ")
        member = f"/{class_id}/members/{people[name].id}" if name else ""
        match what:
            case "join":
                answer = await call(people[name], "POST", "/join", {"code": code or "x"})
                fits = code is not None and name not in removed
                assert (answer.status_code == 200) == fits
                if fits:
                    inside.setdefault(name, "learner")
                await db.fetch("DELETE FROM identity_login_failure")
            case "leave":
                await call(people[name], "POST", f"/{class_id}/leave")
                inside.pop(name, None)
            case "remove":
                await call(tess, "DELETE", member)
                if inside.pop(name, None):
                    removed.add(name)
            case "readmit":
                await call(tess, "DELETE", f"/{class_id}/removed/{people[name].id}")
                removed.discard(name)
            case "raise" | "lower":
                role = "co_teacher" if what == "raise" else "learner"
                answer = await call(tess, "PUT", f"{member}/role", {"role": role})
                assert (answer.status_code == 204) == (name in inside and not archived)
                if name in inside and not archived:
                    inside[name] = role
            case "archive" | "reopen":
                await call(tess, "PATCH", f"/{class_id}", {"archived": what == "archive"})
                code = None if archived != (what == "archive") else code
                archived = what == "archive"
            case _:
                answer = await call(tess, "POST", f"/{class_id}/code")
                code = code if archived else answer.json()["code"]
        pairs = {(person.id, class_id) for person in (tess, bob, eve)}
        teaching = {tess.id, *(people[name].id for name, role in inside.items() if role == "co_teacher")}
        learning = {people[name].id for name, role in inside.items() if role == "learner"}
        watching = {user_id for user_id, _ in await classrooms.still_may_watch(db, pairs)}
        assert watching == (set() if archived else teaching)
        assert watching == {user_id for user_id, _ in pairs if await classrooms.may_watch(db, user_id, class_id)}
        of_people = await classrooms.classes_of(db, [person.id for person in (tess, bob, eve)])
        shown_in = {user_id for user_id, found in of_people.items() if classrooms.ClassOf(class_id, None) in found}
        assert shown_in == (set() if archived else learning)
