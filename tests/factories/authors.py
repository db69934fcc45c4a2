"""Authors with their courses, over the API as they would use it."""

from typing import Any

import httpx
from msgspec.structs import replace

from domains.catalog import api
from domains.catalog.content import Course
from domains.catalog.repository import authors
from domains.identity.service.roles import change_roles
from domains.kernel.uow import Database
from factories.people import Learner, publish, register, small_course

Body = dict[str, Any]

COURSE = {"title": "Numbers", "source_language": "en", "target_language": "es"}
TRANSLATE = {
    "kind": "exercise",
    "content": {"kind": "translate", "text": "uno", "language": "es", "answer_language": "en", "accepted": ["one"]},
}


async def person(client: httpx.AsyncClient, db: Database, name: str, role: str = "author") -> Learner:
    found = await register(client, name)
    async with db.begin() as uow:
        await change_roles(uow, found.id, [role], by=None)
    return found


async def send(
    who: Learner, method: str, path: str, body: Any = None, *, seen: str | None = None, key: str | None = None
) -> httpx.Response:
    headers = who.headers | ({"If-Match": seen} if seen else {}) | ({"Idempotency-Key": key} if key else {})
    return await who.http.request(method, f"/api/v1/authoring{path}", json=body, headers=headers)


async def done(who: Learner, method: str, path: str, body: Any = None, *, seen: str | None = None) -> Body:
    answer = await send(who, method, path, body, seen=seen)
    assert answer.is_success, answer.text
    found: Body = answer.json() if answer.content else {}
    return found


async def began(who: Learner, **fields: Any) -> str:
    return str((await done(who, "POST", "/courses", COURSE | fields))["id"])


async def add(who: Learner, course: str, node: Body, parent: str | None = None) -> Body:
    return await done(who, "POST", f"/courses/{course}/nodes", {"node": node, "parent_id": parent})


async def lesson_of(who: Learner, course: str) -> Body:
    """A section, a unit and a lesson with one exercise; the exercise."""
    section = await add(who, course, {"kind": "section", "title": "S"})
    unit = await add(who, course, {"kind": "unit", "title": "U"}, section["id"])
    lesson = await add(who, course, {"kind": "lesson", "title": "L"}, unit["id"])
    return await add(who, course, TRANSLATE, lesson["id"])


async def owned(db: Database, who: Learner, course: Course) -> api.RevisionContent:
    """A published course that is theirs."""
    content = await publish(db, course)
    async with db.begin() as uow:
        await authors.add(uow.session, content.course_id, who.id, "owner")
    return content


def whole_course() -> Course:
    """The small course, with something to read where it says so."""
    course = small_course()
    [section] = course.sections
    [unit] = section.units
    *lessons, read = unit.lessons
    unit = replace(unit, lessons=(*lessons, replace(read, text="Ducks are birds.")))
    return replace(course, sections=(replace(section, units=(unit,)),))
