"""Teachers, and calls of `/api/v1/classrooms`."""

from typing import Any
from uuid import UUID

import httpx

from domains.kernel.uow import Database
from factories.people import Learner, register


async def make_teacher(db: Database, user_id: UUID) -> None:
    await db.fetch("INSERT INTO identity_user_role (user_id, role) VALUES ($1, 'teacher')", user_id)


async def new_teacher(db: Database, http: httpx.AsyncClient, name: str = "Tess") -> Learner:
    found = await register(http, name)
    await make_teacher(db, found.id)
    return found


async def call(person: Learner, method: str, path: str, body: Any = None) -> httpx.Response:
    """`path` behind `/api/v1/classrooms`."""
    content = {} if body is None else {"json": body}
    return await person.http.request(method, f"/api/v1/classrooms{path}", headers=person.headers, **content)


async def new_class(teacher: Learner, **fields: Any) -> dict[str, Any]:
    """As its teacher sees it."""
    answer = await call(teacher, "POST", "", {"name": "Pets", **fields})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def join(person: Learner, classroom: dict[str, Any]) -> httpx.Response:
    return await call(person, "POST", "/join", {"code": classroom["code"]})


def outcome(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["code"]
