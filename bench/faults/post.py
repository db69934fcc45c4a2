"""Delivers webhooks as a provider does: again until it is answered by 2xx, whatever the answer was before."""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import httpx

from bench.faults.webhooks import Webhook


@dataclass
class Post:
    """What happened to deliveries so far. `latencies` are seconds of all that were answered."""

    accepted: int = 0
    tries: int = 0
    unanswered: int = 0
    """Tries that the connection did not survive."""
    answered: dict[int, int] = field(default_factory=dict)
    """Tries by status."""
    latencies: list[float] = field(default_factory=list)
    given_up: int = 0


@dataclass
class Postman:
    """`pause_s` between tries doubles up to `most_pause_s`: a provider waits minutes and hours, a bench cannot."""

    url: str
    connections: int = 16
    pause_s: float = 0.5
    most_pause_s: float = 4.0
    timeout_s: float = 5.0
    post: Post = field(default_factory=Post)

    async def deliver(
        self,
        webhooks: Sequence[Webhook],
        *,
        over_s: float = 0.0,
        give_up_s: float | None = None,
        told: Callable[[int], None] = lambda _: None,
    ) -> None:
        """In the given order and at even distances over `over_s`; those that fail come again later than that. Ends
        when the last one was accepted, or after `give_up_s`."""
        started = time.monotonic()
        room = asyncio.Semaphore(self.connections)
        limits = httpx.Limits(max_connections=self.connections, max_keepalive_connections=self.connections)
        async with (
            httpx.AsyncClient(base_url=self.url, timeout=self.timeout_s, limits=limits) as client,
            asyncio.TaskGroup() as group,
        ):
            for number, webhook in enumerate(webhooks):
                due = started + over_s * number / len(webhooks)
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                deadline = None if give_up_s is None else started + give_up_s
                group.create_task(self._until_accepted(client, room, webhook, deadline))
                told(number + 1)

    async def _until_accepted(
        self, client: httpx.AsyncClient, room: asyncio.Semaphore, webhook: Webhook, deadline: float | None
    ) -> None:
        pause = self.pause_s
        while True:
            async with room:
                status = await self.once(client, webhook)
            if 200 <= status < 300:
                self.post.accepted += 1
                return
            if deadline is not None and time.monotonic() + pause > deadline:
                self.post.given_up += 1
                return
            await asyncio.sleep(pause)
            pause = min(self.most_pause_s, pause * 2)

    async def once(self, client: httpx.AsyncClient, webhook: Webhook) -> int:
        """The status; 0 when nobody answered."""
        self.post.tries += 1
        began = time.perf_counter()
        try:
            answer = await client.post(webhook.path, content=webhook.body, headers=webhook.headers())
        except httpx.HTTPError:
            self.post.unanswered += 1
            return 0
        self.post.latencies.append(time.perf_counter() - began)
        self.post.answered[answer.status_code] = self.post.answered.get(answer.status_code, 0) + 1
        return answer.status_code


def thrice(webhooks: Sequence[Webhook], chance: random.Random) -> list[Webhook]:
    """Each three times over, in no order."""
    many = [webhook for webhook in webhooks for _ in range(3)]
    chance.shuffle(many)
    return many
