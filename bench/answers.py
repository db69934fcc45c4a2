"""Answers over REST: a token, a grade, one durable write, a frame for the learner's own screen."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from bench.closed_loop import address_of, closed_loop
from bench.figures import Figure, Result, at_least, latencies
from bench.keepalive import request
from bench.pgbench import Pgbench
from bench.seed import Learner, Seed, Work, seeding
from bench.stand import BenchError, Stand
from domains.kernel.ids import new_id

MOST_PER_S = 9_000
PGBENCH_S = 5
GOAL = 0.35


async def measure(stand: Stand, *, seconds: float, connections: int) -> Result:
    async with seeding(stand) as seed:
        learners = await seed.learners(connections)
        work = seed.work
        each = int(MOST_PER_S * (seconds + 3)) // connections // len(work.exercise_ids) + 1
        sessions = await _sessions(seed, learners, each)
        limit = Pgbench(stand, seed, learners)
        before = await limit.run(seconds=PGBENCH_S)
        load = await closed_loop(
            address_of(stand),
            [_answers(learner, sessions[learner.id], work) for learner in learners],
            seconds=seconds,
            cpu=stand.cpu,
        )
        after = await limit.run(seconds=PGBENCH_S)
        stored = await seed.sql.fetchval(
            "SELECT count(*) FROM learning_answer a JOIN learning_session s ON s.id = a.session_id"
            " WHERE s.user_id = ANY($1) AND a.key LIKE 'k%'",
            [learner.id for learner in learners],
        )
    if load.failures:
        raise BenchError(f"unexpected answers (by status, 0: prepared too few): {dict(load.failures)}")
    if stored < len(load.latencies_s):
        raise BenchError(f"{len(load.latencies_s)} answers were acknowledged, but only {stored} are in the table")
    tps = (before + after) / 2
    thousand = len(load.latencies_s) / 1000
    figures = [
        Figure("answers", load.per_second, "/s"),
        *latencies("answer", load.latencies_s),
        Figure("CPU of the API per 1,000", load.cpu.api / thousand, "s"),
        Figure("CPU of PostgreSQL per 1,000", load.cpu.postgres / thousand, "s"),
        Figure("CPU of Valkey per 1,000", load.cpu.valkey / thousand, "s"),
        Figure("CPU of the load per 1,000", load.cpu.load / thousand, "s"),
        Figure("share of one core that the API used", load.cpu.api / load.seconds, ""),
        Figure("pgbench before", before, "tps"),
        Figure("pgbench after", after, "tps"),
        Figure("answers/s of the faster pgbench run", load.per_second / max(before, after), ""),
        at_least("answers/s of pgbench tps (mean)", load.per_second / tps, "", GOAL),
    ]
    return Result(
        "answers",
        figures,
        [
            f"{connections} keep-alive connections, each a learner of their own, closed loop, {load.seconds:.1f} s;",
            "durable commits; learners and sessions prepared by SQL, so the server reads each session once.",
            "pgbench: the same statement for one answer per transaction, prepared, as many connections, same tables.",
        ],
    )


async def _sessions(seed: Seed, learners: Sequence[Learner], each: int) -> dict[UUID, list[UUID]]:
    sessions = {learner.id: [new_id() for _ in range(each)] for learner in learners}
    await seed.sessions([(session, user) for user, ids in sessions.items() for session in ids])
    return sessions


def _answers(learner: Learner, sessions: Sequence[UUID], work: Work) -> Iterator[bytes]:
    number = 0
    for session in sessions:
        for exercise_id, answer in zip(work.exercise_ids, work.answers, strict=True):
            number += 1
            yield answer_request(learner, session, exercise_id, answer, f"k{number}")


def answer_request(learner: Learner, session: UUID, exercise_id: UUID, answer: bytes, key: str) -> bytes:
    body = b'{"exercise_id":"%s","answer":%s,"elapsed_ms":1200}' % (str(exercise_id).encode(), answer)
    return request(
        "POST",
        f"/api/v1/sessions/{session}/answers",
        token=learner.token,
        body=body,
        headers=f"Idempotency-Key: {key}\r\n",
    )
