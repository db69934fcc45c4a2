"""H8: one attempt replayed a thousand times at once, and two hundred ledger entries of one learner at once.

Invariant: what was paid is decided by what the client was told and by what the tables say: they must agree.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from app.infra import Infra, plain_dsn
from bench.answers import answer_request
from bench.crowd import completion
from bench.faults.buying import connected
from bench.faults.live import House, house
from bench.faults.run import Run
from bench.faults.verdict import Verdict
from bench.figures import percentile
from bench.keepalive import Connection, HttpFailure
from bench.seed import Learner, Seed
from domains.gamification.api import check_ledger
from domains.kernel.ids import new_id

REPLAYS = 1_000
ENTRIES = 200
OPENING = 50
PATIENCE_S = 60.0
AGAIN_S = 0.3
KILL_AFTER_S = 0.4


@dataclass
class Told:
    """What the client heard: the bodies of its successes, and how often it was put off."""

    bodies: list[bytes] = field(default_factory=list)
    put_off: Counter[str] = field(default_factory=Counter)
    latencies_s: list[float] = field(default_factory=list)

    @property
    def different(self) -> int:
        return len(set(self.bodies))


async def at_once(port: int, requests: Sequence[bytes]) -> Told:
    """All of them at the same moment, each over a connection of its own; sent again until it is answered 200."""
    told = Told()
    connections: list[Connection] = []
    for start in range(0, len(requests), OPENING):
        lot = requests[start : start + OPENING]
        connections += await asyncio.gather(*(Connection.open("127.0.0.1", port) for _ in lot))
    began = time.monotonic()

    async def insist(connection: Connection, request: bytes) -> None:
        while True:
            try:
                status, body = await connection.ask(request)
                if status == 200:
                    told.bodies.append(body)
                    told.latencies_s.append(time.monotonic() - began)
                    return
                told.put_off[str(status)] += 1
            except (HttpFailure, OSError, TimeoutError):
                told.put_off["lost"] += 1
            if time.monotonic() - began > PATIENCE_S:
                return
            await asyncio.sleep(AGAIN_S)
            if connection.lost:
                connection = await _open_again(port, began) or connection

    await asyncio.gather(*map(insist, connections, requests))
    for connection in connections:
        connection.close()
    return told


async def _open_again(port: int, began: float) -> Connection | None:
    while time.monotonic() - began < PATIENCE_S:
        try:
            return await Connection.open("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(AGAIN_S)
    return None


async def replayed(run: Run) -> Verdict:
    replays, entries = run.count(REPLAYS), run.count(ENTRIES)
    attempt, killed, answered = new_id(), new_id(), new_id()
    many = [new_id() for _ in range(entries)]

    async def prepare(made: House, seed: Seed) -> None:
        one, other = (person.learner for person in made.crowd.people)
        total = len(seed.work.exercise_ids)
        done = [(attempt, one.id), (killed, one.id), *((session, other.id) for session in many)]
        await seed.sessions(done, answered=[total] * len(done))
        await seed.sessions([(answered, one.id)])

    async with house(run, people=2, lessons=1, before=prepare) as made:
        one, other = (person.learner for person in made.crowd.people)
        port, work = made.machine.port, made.crowd.work
        run.say(f"one answer, {replays} times at once")
        wrong = next(place for place, _ in enumerate(work.answers) if place % 4 == 3)
        answers = await at_once(
            port, [answer_request(one, answered, work.exercise_ids[wrong], work.answers[wrong], "once")] * replays
        )
        run.say(f"one completion, {replays} times at once")
        paid = await at_once(port, [completion(one, attempt)] * replays)
        run.say(f"another, while the API is killed after {KILL_AFTER_S:g} s")
        killing = asyncio.create_task(_kill(made))
        paid_under_kill = await at_once(port, [completion(one, killed)] * replays)
        await killing
        run.say(f"{entries} completions of one learner at once")
        apart = await at_once(port, [completion(other, session) for session in many])
        async with made.machine.sql() as sql:
            rows = {
                "answers": await sql.fetchval("SELECT count(*) FROM learning_answer WHERE session_id = $1", answered),
                "hearts": await sql.fetchval("SELECT hearts FROM learning_answer WHERE session_id = $1", answered),
                "paid": await _paid(sql, attempt),
                "paid_under_kill": await _paid(sql, killed),
            }
            sums = await _sums(sql, other)
        async with connected(made.machine) as infra:
            run.say("boards catch up with what the killed API had not brought yet")
            differences = await settled(infra)
    earned = [msgspec.json.decode(body) for body in apart.bodies]
    return _verdict(replays, entries, answers, paid, paid_under_kill, earned, rows, sums, differences)


async def settled(infra: Infra) -> list[str]:
    """What differs from the ledger once facts whose process died have been told by another."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        found = await check_ledger(infra.db, infra.redis)
        if not found or time.monotonic() > deadline:
            return found
        await asyncio.sleep(1)


async def _kill(made: House) -> None:
    await asyncio.sleep(KILL_AFTER_S)
    made.api.kill()
    made.api.start()
    await made.machine.answers()


async def _paid(sql: asyncpg.Connection, session: UUID) -> int:
    found: int = await sql.fetchval("SELECT count(*) FROM gamification_xp_entry WHERE cause = $1", f"lesson:{session}")
    return found


async def _sums(sql: asyncpg.Connection, learner: Learner) -> dict[str, int]:
    """XP of a learner as ledger, balance and league tell it."""
    row = await sql.fetchrow(
        """
        SELECT (SELECT sum(amount) FROM gamification_xp_entry WHERE user_id = $1)::int AS ledger,
            (SELECT xp FROM gamification_balance WHERE user_id = $1) AS balance,
            (SELECT sum(xp) FROM gamification_league_member WHERE user_id = $1)::int AS league,
            (SELECT count(*) FROM gamification_xp_entry WHERE user_id = $1)::int AS entries
        """,
        learner.id,
    )
    return dict(row)


def _verdict(
    replays: int,
    entries: int,
    answers: Told,
    paid: Told,
    paid_under_kill: Told,
    earned: list[dict[str, Any]],
    rows: dict[str, int],
    sums: dict[str, int],
    differences: list[str],
) -> Verdict:
    # One entry is that of the lesson which seated the learner.
    totals = sorted(one["xp_total"] for one in earned)
    first = sums["ledger"] - sum(one["xp_earned"] for one in earned)
    # All of them are of one lesson: from the cap on repetitions on they pay nothing, and leave the total as it is.
    paying = sum(one["xp_earned"] > 0 for one in earned)
    exact = sums["ledger"] == sums["balance"] == sums["league"] == totals[-1] and len(set(totals)) == paying > 0
    heard = [len(told.bodies) for told in (answers, paid, paid_under_kill)]
    once = rows["answers"] == rows["paid"] == rows["paid_under_kill"] == 1
    same = answers.different == paid.different == paid_under_kill.different == 1
    took = sorted(paid.latencies_s)
    return Verdict(
        fault="H8",
        design="product",
        passed=(
            heard == [replays] * 3
            and once
            and same
            and rows["hearts"] == 4
            and len(earned) == entries == sums["entries"] - 1
            and exact
            and first > 0
            and not differences
        ),
        line=(
            f"one answer {replays} times at once: {rows['answers']} row, {5 - rows['hearts']} heart, "
            f"{answers.different} body; one completion {replays} times at once: paid {rows['paid']} time, "
            f"{paid.different} body, p50 {percentile(took, 0.5) * 1000:.0f} ms, p99 "
            f"{percentile(took, 0.99) * 1000:.0f} ms; while the API is killed: paid {rows['paid_under_kill']} time, "
            f"{paid_under_kill.different} body; "
            f"{len(earned)} of {entries} entries at once: ledger {sums['ledger']}, balance {sums['balance']}, league "
            f"{sums['league']}, last told {totals[-1]}, {len(set(totals))} different totals; then "
            f"{len(differences)} differences from the ledger"
        ),
        figures={
            "replays": replays,
            "rows": rows,
            "bodies": [told.different for told in (answers, paid, paid_under_kill)],
            "put_off": [dict(told.put_off) for told in (answers, paid, paid_under_kill)],
            "entries": len(earned),
            "sums": sums,
            "totals": len(set(totals)),
            "differences": differences,
            "p50_ms": percentile(took, 0.5) * 1000,
            "p99_ms": percentile(took, 0.99) * 1000,
        },
    )


async def naively_replayed(run: Run) -> Verdict:
    """Look whether it was paid, read the balance, write what it is then: each by itself, as it is written first."""
    replays, entries = run.count(REPLAYS), run.count(ENTRIES)
    async with run.machine() as machine:
        pool = await asyncpg.create_pool(plain_dsn(machine.database_url), min_size=20, max_size=20)
        await pool.execute("CREATE TABLE naive_entry (cause text, amount int)")
        await pool.execute("CREATE TABLE naive_balance (xp int)")
        await pool.execute("INSERT INTO naive_balance VALUES (0)")

        async def pay(cause: str) -> None:
            async with pool.acquire() as sql:
                if await sql.fetchval("SELECT count(*) FROM naive_entry WHERE cause = $1", cause):
                    return
                before = await sql.fetchval("SELECT xp FROM naive_balance")
                await sql.execute("INSERT INTO naive_entry VALUES ($1, 10)", cause)
                await sql.execute("UPDATE naive_balance SET xp = $1", before + 10)

        name: Callable[[int], str] = "entry {}".format
        await asyncio.gather(*(pay("attempt") for _ in range(replays)))
        paid = await pool.fetchval("SELECT count(*) FROM naive_entry")
        await pool.execute("UPDATE naive_balance SET xp = 0")
        await asyncio.gather(*(pay(name(number)) for number in range(entries)))
        balance = await pool.fetchval("SELECT xp FROM naive_balance")
        await pool.close()
    return Verdict(
        fault="H8",
        design="naive",
        passed=paid == 1 and balance == 10 * entries,
        line=f"look, then write: one attempt {replays} times at once was paid {paid} times; {entries} entries of 10 at "
        f"once add up to {balance}",
        figures={"paid": paid, "balance": balance, "wanted": 10 * entries},
    )
