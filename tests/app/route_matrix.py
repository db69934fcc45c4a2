"""Who gets how far on which route: the table `route_matrix.txt`, made by asking every route as everybody.

`python tests/app/route_matrix.py` writes it anew; read the difference before you keep it. Ids in paths are of nothing,
bodies are `{}`: 401 and 403 are the guards, 404 and 400 are what lies behind them, 2xx is somebody who got through.
"""

import asyncio
import contextlib
import re
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import click
import httpx
from litestar import Litestar
from litestar.routes import HTTPRoute

from app.asgi import Parts, create_app
from app.config import Settings
from app.embedded import open_services
from app.schema import migrate
from domains.identity.guards import LIMITER
from domains.kernel.ids import new_id

FILE = Path(__file__).with_name("route_matrix.txt")
ROLES = ("learner", "teacher", "author", "moderator", "support", "admin")
CALLERS = ("anonymous", *ROLES)
NOTHING = UUID(int=1)

_ENTER = """
    WITH person AS (
        INSERT INTO identity_user (id, email, name) VALUES ($1::uuid, $1::uuid::text || '@example.org', 'Somebody')
    ), role AS (
        INSERT INTO identity_user_role (user_id, role) VALUES ($1, $3)
    )
    INSERT INTO identity_session (id, user_id, expires_at, last_used_at)
    VALUES ($2, $1, now() + interval '1 day', now())
"""

Route = tuple[str, str]
"""Path and method."""


def routes(app: Litestar) -> list[Route]:
    """All that can be asked, in the order of the table."""
    return sorted(
        (route.path, method)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method in route.methods - {"OPTIONS", "HEAD"}
    )


async def answers(app: Litestar, caller: str) -> dict[Route, int]:
    """Status by route. Who changes something is new each time, so that nothing done before shows."""
    parts: Parts = app.state.parts
    limiter = app.state.pop(LIMITER)
    found = {}
    reader = await _enter(parts, caller)
    try:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://lyceum.test") as client:
            for path, method in routes(app):
                headers = reader if method == "GET" else await _enter(parts, caller)
                body = None if method == "GET" else {}
                answer = await client.request(method, concrete(path), json=body, headers=headers)
                found[path, method] = answer.status_code
    finally:
        app.state[LIMITER] = limiter
    return found


def concrete(path: str) -> str:
    return re.sub(r"{\w+:\w+}", "x", re.sub(r"{\w+:uuid}", str(NOTHING), path))


async def _enter(parts: Parts, role: str) -> dict[str, str]:
    if role == "anonymous":
        return {}
    user_id, session_id = new_id(), new_id()
    await parts.infra.db.fetch(_ENTER, user_id, session_id, role)
    token = await parts.authenticator.issue(user_id=user_id, session_id=session_id, roles=frozenset({role}))
    return {"Authorization": f"Bearer {token}"}


def line(route: Route, statuses: list[str]) -> str:
    path, method = route
    return f"{method:<6} {path:<66}" + "".join(f"{status:>10}" for status in statuses)


def heading() -> str:
    return f"{'':73}" + "".join(f"{caller:>10}" for caller in CALLERS)


def read() -> dict[Route, dict[str, int]]:
    """The table as it was reviewed."""
    table = {}
    for row in FILE.read_text().splitlines()[1:]:
        method, path, *statuses = row.split()
        table[path, method] = dict(zip(CALLERS, map(int, statuses), strict=True))
    return table


@contextlib.asynccontextmanager
async def _house() -> AsyncIterator[Litestar]:
    with tempfile.TemporaryDirectory() as name, open_services(Path(name), durable=False, owner="matrix") as services:
        settings = Settings(
            database_url=services.database_url,
            redis_url=services.redis_url,
            data_dir=Path(name),
            log_level="critical",
        )
        await migrate(settings.database_url)
        app = create_app(settings, background=False)
        async with app.lifespan():
            yield app


async def _written() -> str:
    async with _house() as app:
        columns = [await answers(app, caller) for caller in CALLERS]
        rows = [line(route, [str(column[route]) for column in columns]) for route in routes(app)]
        return "\n".join([heading(), *rows]) + "\n"


if __name__ == "__main__":
    FILE.write_text(asyncio.run(_written()))
    click.echo(f"{FILE}: read the difference before you keep it")
