"""People with profiles, and calls of `/api/v1`."""

from typing import Any

import httpx

from domains.kernel.uow import Database
from factories.people import Learner, register


async def call(person: Learner, method: str, path: str, body: Any = None) -> httpx.Response:
    content = {} if body is None else {"json": body}
    return await person.http.request(method, f"/api/v1{path}", headers=person.headers, **content)


async def ok(person: Learner, method: str, path: str, body: Any = None) -> Any:
    """The body of an answer that is no refusal."""
    answer = await call(person, method, path, body)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


def outcome(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["code"]


async def newcomer(http: httpx.AsyncClient, name: str, *, visibility: str = "friends") -> Learner:
    found = await register(http, name)
    if visibility != "friends":
        await ok(found, "PATCH", "/profile", {"visibility": visibility})
    return found


async def ask(one: Learner, other: Learner) -> Any:
    return (await ok(one, "POST", "/friends/requests", {"user_id": str(other.id)}))["friendship"]


async def befriend(one: Learner, other: Learner) -> None:
    await ask(one, other)
    assert await ask(other, one) == "friends"


async def listed(person: Learner, path: str) -> list[str]:
    """Names, in the order of the list."""
    return [item["person"]["name"] for item in (await ok(person, "GET", path))["items"]]


async def be(db: Database, person: Learner, role: str) -> None:
    await db.fetch("INSERT INTO identity_user_role (user_id, role) VALUES ($1, $2)", person.id, role)


async def age(db: Database, column: str, days: float) -> None:
    """Makes the moments in `table.column` so much older, because tokens do not live until a travelled clock."""
    table, name = column.split(".")
    await db.fetch(f"UPDATE {table} SET {name} = {name} - make_interval(secs => $1)", days * 86_400)


async def close(db: Database, person: Learner) -> None:
    """As a ban does, but for the sessions."""
    await db.fetch("UPDATE identity_user SET banned_at = now() WHERE id = $1", person.id)
