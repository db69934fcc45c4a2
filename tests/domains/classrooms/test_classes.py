"""Classes: made by teachers, joined with a code, seen by nobody else."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest

from domains.classrooms import api as classrooms
from domains.classrooms import policy, service
from domains.classrooms.events import ClassroomArchived, ClassroomReopened, MemberJoined, MemberLeft
from domains.kernel.events import Event
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.classes import call, join, new_class, new_teacher, outcome
from factories.people import Learner, publish, register, small_course


async def test_a_teacher_makes_a_class_and_a_learner_does_not(tess: Learner, bob: Learner) -> None:
    made = await call(tess, "POST", "", {"name": " Pets  "})
    assert made.status_code == 201
    found = made.json()
    assert (found["name"], found["role"], found["learners"], found["archived_at"]) == ("Pets", "teacher", 0, None)
    assert found["teachers"] == [{"user_id": str(tess.id), "name": "Tess"}]
    assert outcome(await call(bob, "POST", "", {"name": "Pets"})) == (403, "identity.role_missing")


async def test_a_class_made_twice_with_one_key_is_one_class(tess: Learner) -> None:
    answers = [await tess.post("/classrooms", {"name": "Pets"}, key="k") for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert len((await call(tess, "GET", "")).json()["items"]) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "\u200b"}, "identity.bad_field"),
        ({"name": "a\0b"}, "identity.bad_field"),
        ({"name": "x" * 81}, "http.validation"),
        ({"name": "Pets", "owner": "me"}, "http.validation"),
    ],
    ids=["invisible", "nul", "long", "unknown field"],
)
async def test_a_class_needs_a_name_that_can_be_read(tess: Learner, body: dict[str, Any], code: str) -> None:
    assert outcome(await call(tess, "POST", "", body)) == (400, code)


async def test_a_class_may_be_of_a_course_that_is_there(db: Database, tess: Learner) -> None:
    course = await publish(db, small_course())
    assert (await new_class(tess, course_id=str(course.course_id)))["course_id"] == str(course.course_id)
    refused = await call(tess, "POST", "", {"name": "Pets", "course_id": str(new_id())})
    assert outcome(refused) == (404, "catalog.course_not_found")


async def test_who_joins_sees_the_class_and_not_its_code(tess: Learner, bob: Learner, pets: dict[str, Any]) -> None:
    joined = (await join(bob, pets)).json()
    assert (joined["id"], joined["role"], joined["code"], joined["learners"]) == (pets["id"], "learner", None, None)
    assert joined["teachers"] == [{"user_id": str(tess.id), "name": "Tess"}]
    assert [each["id"] for each in (await call(bob, "GET", "")).json()["items"]] == [pets["id"]]
    assert (await call(tess, "GET", f"/{pets['id']}")).json()["learners"] == 1


async def test_joining_again_changes_nothing(heard: list[Event], bob: Learner, pets: dict[str, Any]) -> None:
    answers = await asyncio.gather(*(join(bob, pets) for _ in range(5)))
    assert {answer.content for answer in answers} == {answers[0].content}
    joined = [fact for fact in heard if isinstance(fact, MemberJoined) and fact.user_id == bob.id]
    assert [(fact.classroom_id, fact.role) for fact in joined] == [(UUID(pets["id"]), "learner")]


async def test_the_teacher_who_uses_the_code_stays_the_teacher(tess: Learner, pets: dict[str, Any]) -> None:
    assert (await join(tess, pets)).json()["role"] == "teacher"


async def test_somebody_elses_class_answers_like_a_missing_one(
    db: Database, client: httpx.AsyncClient, bob: Learner, pets: dict[str, Any]
) -> None:
    strangers = [bob, await new_teacher(db, client, "Tom")]
    asked = [
        ("GET", "", None),
        ("PATCH", "", {"name": "Mine"}),
        ("POST", "/code", None),
        ("DELETE", "/code", None),
        ("GET", "/members", None),
        ("GET", "/removed", None),
        ("GET", "/progress", None),
        ("PUT", f"/members/{bob.id}/role", {"role": "co_teacher"}),
        ("DELETE", f"/members/{bob.id}", None),
        ("DELETE", f"/removed/{bob.id}", None),
    ]
    for person in strangers:
        for method, path, body in asked:
            there = await call(person, method, f"/{pets['id']}{path}", body)
            missing = await call(person, method, f"/{new_id()}{path}", body)
            assert outcome(there) == outcome(missing) == (404, "classrooms.not_found"), (method, path)


async def test_a_learner_of_the_class_may_not_do_what_its_teachers_do(bob: Learner, pets: dict[str, Any]) -> None:
    await join(bob, pets)
    for method, path, body in [
        ("PATCH", "", {"name": "Mine"}),
        ("PATCH", "", {"archived": True}),
        ("POST", "/code", None),
        ("DELETE", "/code", None),
        ("GET", "/removed", None),
        ("GET", "/progress", None),
        ("PUT", f"/members/{bob.id}/role", {"role": "co_teacher"}),
        ("DELETE", f"/members/{bob.id}", None),
        ("DELETE", f"/removed/{bob.id}", None),
    ]:
        refused = await call(bob, method, f"/{pets['id']}{path}", body)
        assert outcome(refused) == (403, "classrooms.not_your_part"), (method, path)


async def test_members_see_names_and_nothing_else_of_one_another(
    db: Database, tess: Learner, bob: Learner, eve: Learner, pets: dict[str, Any]
) -> None:
    for person in (bob, eve):
        await join(person, pets)
    for person in (tess, bob):
        shown = (await call(person, "GET", f"/{pets['id']}/members")).json()["items"]
        assert [(each["name"], each["role"]) for each in shown] == [
            ("Tess", "teacher"),
            ("Bob", "learner"),
            ("Eve", "learner"),
        ]
        assert {name for each in shown for name in each} == {"user_id", "name", "role", "joined_at"}
        assert {each["joined_at"] is None for each in shown} == {person is bob}
        assert "@" not in str(shown)


async def test_members_come_in_pages(client: httpx.AsyncClient, tess: Learner, pets: dict[str, Any]) -> None:
    for number in range(4):
        await join(await register(client, f"P{number}"), pets)
    names, cursor = [], ""
    for _ in range(3):
        page = (await call(tess, "GET", f"/{pets['id']}/members?limit=2{cursor}")).json()
        names += [each["name"] for each in page["items"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert names == ["Tess", "P0", "P1", "P2", "P3"]
    assert page["next_cursor"] is None


async def test_a_new_code_replaces_the_old_one(tess: Learner, bob: Learner, eve: Learner, pets: dict[str, Any]) -> None:
    renewed = (await call(tess, "POST", f"/{pets['id']}/code")).json()
    assert renewed["code"] != pets["code"]
    assert outcome(await join(bob, pets)) == (400, "classrooms.code_refused")
    assert (await join(bob, renewed)).status_code == 200
    assert (await call(tess, "DELETE", f"/{pets['id']}/code")).status_code == 204
    assert (await call(tess, "GET", f"/{pets['id']}")).json()["code"] is None
    assert outcome(await join(eve, renewed)) == (400, "classrooms.code_refused")
    assert (await call(bob, "GET", f"/{pets['id']}")).status_code == 200


async def test_ten_wrong_codes_and_then_also_the_right_one_has_to_wait(bob: Learner, pets: dict[str, Any]) -> None:
    wrong = [await join(bob, {"code": text}) for text in ("x", "\0", "-", "é" * 50, "'; --", *"abcde")]
    assert {outcome(answer) for answer in wrong} == {(400, "classrooms.code_refused")}
    blocked = await join(bob, pets)
    assert outcome(blocked) == (429, "classrooms.too_many_wrong_codes")
    assert 590 < int(blocked.headers["retry-after"]) <= 600


async def test_many_guesses_at_once_are_no_way_around_the_limit(bob: Learner) -> None:
    answers = await asyncio.gather(*(join(bob, {"code": f"X{n}"}) for n in range(20)))
    assert sorted(answer.status_code for answer in answers) == [400] * 10 + [429] * 10


async def test_what_was_right_or_full_is_no_guess_and_gives_no_guess_back(
    monkeypatch: pytest.MonkeyPatch, bob: Learner, eve: Learner, pets: dict[str, Any]
) -> None:
    monkeypatch.setattr(service, "MOST_MEMBERS", 2)
    for _ in range(9):
        assert (await join(bob, {"code": "x"})).status_code == 400
        assert (await join(bob, pets)).status_code == 200
        assert outcome(await join(eve, pets)) == (409, "classrooms.full")
    assert (await join(bob, {"code": "x"})).status_code == 400
    assert (await join(bob, pets)).status_code == 429


async def test_a_class_never_has_a_member_too_many(
    monkeypatch: pytest.MonkeyPatch, client: httpx.AsyncClient, tess: Learner, pets: dict[str, Any]
) -> None:
    monkeypatch.setattr(service, "MOST_MEMBERS", 4)
    people = [await register(client, f"P{n}") for n in range(6)]
    answers = await asyncio.gather(*(join(person, pets) for person in people))
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [409] * 3
    assert (await call(tess, "GET", f"/{pets['id']}")).json()["learners"] == 3


async def test_one_person_is_in_so_many_classes_and_no_more(
    monkeypatch: pytest.MonkeyPatch, tess: Learner, bob: Learner, pets: dict[str, Any]
) -> None:
    second = await new_class(tess)
    monkeypatch.setattr(service, "MOST_CLASSES", 1)
    assert (await join(bob, pets)).status_code == 200
    assert outcome(await join(bob, second)) == (409, "classrooms.too_many")
    assert outcome(await call(tess, "POST", "", {"name": "Third"})) == (409, "classrooms.too_many")


async def test_a_class_in_the_archive_is_still_and_can_be_taken_out_again(
    heard: list[Event], db: Database, tess: Learner, bob: Learner, eve: Learner, pets: dict[str, Any]
) -> None:
    await join(bob, pets)
    for _ in range(2):
        archived = (await call(tess, "PATCH", f"/{pets['id']}", {"archived": True})).json()
        assert archived["archived_at"] is not None
        assert archived["code"] is None
    assert outcome(await join(eve, pets)) == (400, "classrooms.code_refused")
    assert outcome(await call(tess, "POST", f"/{pets['id']}/code")) == (409, "classrooms.closed")
    assert outcome(await call(tess, "PATCH", f"/{pets['id']}", {"name": "Cats"})) == (409, "classrooms.closed")
    assert (await call(bob, "GET", f"/{pets['id']}")).json()["archived_at"] is not None
    assert (await call(bob, "GET", "")).json()["items"] == []
    assert [each["id"] for each in (await call(bob, "GET", "?archived=true")).json()["items"]] == [pets["id"]]
    assert not await classrooms.may_watch(db, tess.id, UUID(pets["id"]))
    reopened = (await call(tess, "PATCH", f"/{pets['id']}", {"archived": False, "name": "Cats"})).json()
    assert (reopened["archived_at"], reopened["code"], reopened["name"]) == (None, None, "Cats")
    assert await classrooms.may_watch(db, tess.id, UUID(pets["id"]))
    facts = [type(fact) for fact in heard if isinstance(fact, ClassroomArchived | ClassroomReopened)]
    assert facts == [ClassroomArchived, ClassroomReopened]


async def test_who_leaves_is_gone_and_may_come_back(
    heard: list[Event], tess: Learner, bob: Learner, pets: dict[str, Any]
) -> None:
    await join(bob, pets)
    for _ in range(2):
        assert (await call(bob, "POST", f"/{pets['id']}/leave")).status_code == 204
    assert (await call(bob, "GET", f"/{pets['id']}")).status_code == 404
    assert [(fact.user_id, fact.removed) for fact in heard if isinstance(fact, MemberLeft)] == [(bob.id, False)]
    assert (await join(bob, pets)).status_code == 200
    assert outcome(await call(tess, "POST", f"/{pets['id']}/leave")) == (409, "classrooms.teacher_stays")


async def test_my_classes_come_in_pages_the_newest_first(tess: Learner) -> None:
    made = [(await new_class(tess, name=f"C{n}"))["id"] for n in range(3)]
    first = (await call(tess, "GET", "?limit=2")).json()
    second = (await call(tess, "GET", f"?limit=2&cursor={first['next_cursor']}")).json()
    assert [each["id"] for each in first["items"] + second["items"]] == made[::-1]
    assert second["next_cursor"] is None


async def test_codes_are_short_for_typing_and_long_for_guessing(pets: dict[str, Any]) -> None:
    assert len(pets["code"]) == policy.CODE_LETTERS + 1
    assert pets["code"][4] == "-"
