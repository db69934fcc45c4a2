"""R1: a thousand screens, a change in every league each second, and answers."""

import asyncio
import time
from collections.abc import Sequence
from uuid import UUID

from bench.crowd import Crowd, Person
from bench.faults.live import House, house, progress
from bench.faults.run import Run
from bench.faults.verdict import Verdict
from bench.figures import percentile
from bench.seed import Seed
from domains.kernel.ids import new_id

PEOPLE = 1000
ANSWERS = 50
SECONDS = 20.0
MOVERS = 3
"""Of each league; they take turns."""
PUSH_MS = 300
HTTP_MS = 150


async def busy_hour(run: Run) -> Verdict:
    people = max(60, run.count(PEOPLE))
    seconds = max(6.0, SECONDS * min(1.0, run.scale))
    movers: dict[UUID, list[Person]] = {}

    async def prepare(made: House, seed: Seed) -> None:
        movers.update(_movers(made.crowd))
        chosen = [person for some in movers.values() for person in some]
        each = int(seconds + 5) // MOVERS + 2
        for person in chosen:
            person.sessions = [new_id() for _ in range(each)]
            person.place = 0
        rows = [(session, person.learner.id) for person in chosen for session in person.sessions]
        await seed.sessions(rows, answered=[len(seed.work.exercise_ids)] * len(rows))

    async with house(run, people=people, lessons=4, before=prepare) as made:
        crowd = made.crowd
        await made.light_up()
        crowd.measuring = False
        await asyncio.gather(crowd.drive(ANSWERS, 2.0, completing=False), _changes(crowd, movers, 2))
        crowd.measuring = True
        stand = made.machine.stand(made.api)
        before = stand.cpu()
        told = progress(run, seconds, lambda: f"{len(crowd.seen.progress_s)} answers shown")
        await asyncio.gather(crowd.drive(ANSWERS, seconds, completing=False), _changes(crowd, movers, int(seconds)))
        told.cancel()
        cpu = stand.cpu() - before
        tally = await made.settled(within_s=5)
        seen = crowd.seen
    http, own, boards = sorted(crowd.took()), sorted(seen.progress_s), sorted(seen.others_boards_s)
    pushes = sorted(own + boards)
    push_p99, http_p99 = percentile(pushes, 0.99) * 1000, percentile(http, 0.99) * 1000
    bad = {status: count for status, count in crowd.statuses().items() if not status.startswith("2")}
    return Verdict(
        fault="R1",
        design="product",
        passed=push_p99 < PUSH_MS and http_p99 < HTTP_MS and tally.right and not bad,
        line=(
            f"{people} sockets, {len(movers)} leagues, {len(crowd.completed) / (seconds + 2):.0f} changes/s, {ANSWERS} "
            f"answers/s: push p50 {percentile(pushes, 0.5) * 1000:.0f} ms, p99 {push_p99:.0f} ms (own progress p99 "
            f"{percentile(own, 0.99) * 1000:.0f} ms, boards of others p99 {percentile(boards, 0.99) * 1000:.0f} ms), "
            f"HTTP p50 {percentile(http, 0.5) * 1000:.1f} ms, p99 {http_p99:.0f} ms, {len(pushes)} pushes, API "
            f"{cpu.api / seconds:.2f} of a core, load {cpu.load / seconds:.2f}; {tally.line}"
        ),
        figures={
            "sockets": people,
            "leagues": len(movers),
            "push_p99_ms": push_p99,
            "progress_p99_ms": percentile(own, 0.99) * 1000,
            "boards_p99_ms": percentile(boards, 0.99) * 1000,
            "http_p99_ms": http_p99,
            "pushes": len(pushes),
            "statuses": crowd.statuses(),
            "api_cores": cpu.api / seconds,
            **tally.figures,
        },
    )


def _movers(crowd: Crowd) -> dict[UUID, list[Person]]:
    """By league; they answer nothing else."""
    leagues: dict[UUID, list[Person]] = {}
    for person in crowd.people:
        leagues.setdefault(person.league, []).append(person)
    chosen = {league: people[:MOVERS] for league, people in leagues.items()}
    crowd.retire([person for some in chosen.values() for person in some])
    return chosen


async def _changes(crowd: Crowd, movers: dict[UUID, list[Person]], rounds: int) -> None:
    """One in each league and second, at even distances over the second."""
    began = time.monotonic()
    leagues = list(movers)
    crowd.chance.shuffle(leagues)
    tasks = []
    for number in range(rounds):
        for place, league in enumerate(leagues):
            await asyncio.sleep(max(0.0, began + number + place / len(leagues) - time.monotonic()))
            tasks.append(asyncio.create_task(_move(crowd, movers[league], number)))
    await asyncio.gather(*tasks)


async def _move(crowd: Crowd, some: Sequence[Person], number: int) -> None:
    person = some[number % len(some)]
    await crowd.complete(person)
    person.sessions.pop()
