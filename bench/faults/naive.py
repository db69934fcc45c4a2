"""What is written first, and falls: the same webhooks, taken by three designs that the product does not have.

queue   a job in ARQ carries the payload; there is no row. Webhooks are told apart by the job's id. ARQ's own defaults.
last    the last webhook that comes about a subscription is what is believed.
late    the answer goes out, and then the transaction commits.

Signatures are checked as in the product, and a grant is unique in the database: nothing else is made worse than it has
to be.
"""

import asyncio
import contextlib
import json
import os
import random
import signal
import sys
from typing import Any, cast

import asyncpg
import click
import uvicorn
from arq.connections import ArqRedis
from arq.worker import Worker, func

from app.config import Settings
from app.embedded.launch import die_with_parent
from app.infra import plain_dsn
from bench.faults.program import Staged
from bench.faults.words import LISTENS, WORKS
from domains.billing.errors import BadSignature
from domains.billing.providers.stripe import signature
from domains.kernel.clock import utc_now

MODULE = "bench.faults.naive"
TABLES = """
    CREATE TABLE naive_grant (order_id uuid PRIMARY KEY);
    CREATE TABLE naive_webhook (event_ref text PRIMARY KEY);
    CREATE TABLE naive_subscription (ref text PRIMARY KEY, status text, ends boolean, quantity int);
"""
GRANT = "INSERT INTO naive_grant (order_id) VALUES ($1) ON CONFLICT DO NOTHING"
BELIEVE = """
    INSERT INTO naive_subscription (ref, status, ends, quantity) VALUES ($1, $2, $3, $4)
    ON CONFLICT (ref) DO UPDATE SET status = $2, ends = $3, quantity = $4
"""


class Api:
    """An ASGI application with one route that matters."""

    def __init__(self, settings: Settings, design: str) -> None:
        self._secrets = settings.stripe_webhook_secrets
        self._dsn = plain_dsn(settings.database_url)
        self._design = design
        self._redis = ArqRedis.from_url(settings.redis_url)
        self._pool: asyncpg.Pool | None = None

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["path"] == "/health":
            await _say(send, 200)
            return
        body, more = b"", True
        while more:
            part = await receive()
            body += part.get("body", b"")
            more = part.get("more_body", False)
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            signature.check(body, headers.get("stripe-signature", ""), self._secrets, utc_now())
        except BadSignature:
            await _say(send, 400)
            return
        self._pool = self._pool or await asyncpg.create_pool(self._dsn, min_size=0, max_size=8)
        await {"queue": self._queue, "last": self._last, "late": self._late}[self._design](json.loads(body), send)

    async def _queue(self, event: dict[str, Any], send: Any) -> None:
        await self._redis.enqueue_job("grant", event, _job_id=event["id"])
        await _say(send, 200)

    async def _last(self, event: dict[str, Any], send: Any) -> None:
        if event["type"].startswith("customer.subscription."):
            found = event["data"]["object"]
            assert self._pool is not None
            await self._pool.execute(BELIEVE, found["id"], *standing(found))
        await _say(send, 200)

    async def _late(self, event: dict[str, Any], send: Any) -> None:
        assert self._pool is not None
        # What fails behind the answer ends in a log that nobody reads.
        with contextlib.suppress(asyncpg.PostgresError):
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute("INSERT INTO naive_webhook VALUES ($1) ON CONFLICT DO NOTHING", event["id"])
                await _say(send, 200)


async def _say(send: Any, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"{}"})


def standing(found: dict[str, Any]) -> tuple[str, bool, int]:
    """Of a subscription as Stripe writes it: status in our words, whether it ends with its period, how many pieces."""
    status = {"canceled": "cancelled", "unpaid": "past_due"}.get(found["status"], found["status"])
    if found["pause_collection"] and status in ("active", "past_due"):
        status = "paused"
    ends = bool(found["cancel_at_period_end"]) and status != "cancelled"
    return status, ends, found["items"]["data"][0]["quantity"]


@click.group()
@click.option("--faulty", type=float, default=0.0)
@click.option("--seed", default="0")
@click.pass_context
def main(context: click.Context, faulty: float, seed: str) -> None:
    if sys.platform == "linux":
        die_with_parent(os.getppid(), signal.SIGKILL)
    context.obj = (faulty, random.Random(seed))


@main.command()
@click.option("--design", type=click.Choice(["queue", "last", "late"]), required=True)
@click.option("--port", type=int, required=True)
def api(design: str, port: int) -> None:
    config = uvicorn.Config(Api(Settings.load(), design), port=port, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)

    async def serve() -> None:
        serving = asyncio.create_task(server.serve())
        while not server.started and not serving.done():
            await asyncio.sleep(0.02)
        click.echo(LISTENS, err=True)
        await serving

    asyncio.run(serve())


@main.command()
@click.pass_obj
def worker(obj: tuple[float, random.Random]) -> None:
    faulty, chance = obj
    settings = Settings.load()

    async def grant(context: dict[Any, Any], event: dict[str, Any]) -> None:
        if chance.random() < faulty:
            raise Staged("before the work")
        order_id = event["data"]["object"]["metadata"]["order_id"]
        connection = await asyncpg.connect(plain_dsn(settings.database_url), timeout=5)
        try:
            await connection.execute(GRANT, order_id)
        finally:
            await connection.close()

    async def begun(context: dict[Any, Any]) -> None:
        click.echo(WORKS, err=True)

    Worker(
        [func(cast("Any", grant), name="grant")],
        redis_pool=ArqRedis.from_url(settings.redis_url),
        on_startup=cast("Any", begun),
    ).run()


if __name__ == "__main__":
    main()
