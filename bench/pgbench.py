"""The limit of the answer path: PostgreSQL running the same statement, one answer per transaction, and nothing else.

The statement is the server's own text with pgbench's variables put in. Session ids are computed from numbers, because
pgbench knows no others; every transaction writes a new answer, 12 per session, as learners do.
"""

import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

from app.embedded.postgres import find_postgres
from bench.seed import Learner, Seed
from bench.stand import BenchError, Stand
from domains.learning.repository.answers import WRITE_ANSWERS

PER_SESSION = 12
_SESSION = "('0bbbbbbb-0000-7000-8000-' || lpad(to_hex(:session::bigint), 12, '0'))::uuid"
_EXERCISE = "('0ccccccc-0000-7000-8000-' || lpad(to_hex(:exercise::bigint), 12, '0'))::uuid"
_ITEM = "('0ddddddd-0000-7000-8000-' || lpad(to_hex(:exercise::bigint), 12, '0'))::uuid"
_VALUES = {
    "1": f"ARRAY[{_SESSION}]",
    "2": f"ARRAY[{_EXERCISE}]",
    "3": "ARRAY['b' || :n::bigint]",
    "4": "ARRAY[:answer::text]",
    "5": "ARRAY[:grade::text]",
    "6": "ARRAY['exact'::text]",
    "7": "ARRAY[true]",
    "8": "ARRAY[1200::int]",
    "9": "ARRAY[now()]",
    "10": "ARRAY['{' || " + _ITEM + " || '}']",
    "11": "ARRAY['{3}'::text]",
    "12": "ARRAY[true]",
    # The state of one item, as FSRS has it after a first right answer.
    "13": f"ARRAY[{_SESSION}]",
    "14": f"ARRAY[{_ITEM}]",
    "15": "ARRAY[2.3065::float8]",
    "16": "ARRAY[2.118::float8]",
    "17": "ARRAY[now() + interval '2 days']",
    "18": "ARRAY[now()]",
    "19": "ARRAY[1]",
    "20": "ARRAY[0]",
    "21": "ARRAY[0]",
    "22": "ARRAY[true]",
    "23": "ARRAY[2::int2]",
    "24": "ARRAY[NULL::int2]",
    "25": "ARRAY[NULL::float8]",
    "26": "ARRAY[0]",
}
_ANSWER = '"el gato negro"'
_GRADE = (
    '{"verdict":"exact","correct":true,"expected":"el gato negro","tokens":[{"text":"el","verdict":"exact"},'
    '{"text":"gato","verdict":"exact"},{"text":"negro","verdict":"exact"}]}'
)


class Pgbench:
    """`most_per_s` bounds how many answers can be prepared for."""

    def __init__(self, stand: Stand, seed: Seed, learners: Sequence[Learner], *, most_per_s: int = 25_000) -> None:
        self._stand = stand
        self._seed = seed
        self._learners = learners
        self._most_per_s = most_per_s
        self._runs = 0

    async def run(self, *, seconds: int) -> float:
        """Transactions per second, with one connection per learner."""
        clients = len(self._learners)
        per_client = self._most_per_s * (seconds + 1) // clients // PER_SESSION + 1
        first = 1 + self._runs * 10_000_000
        self._runs += 1
        sessions = [
            (_session_id(first + client * per_client + n), learner.id)
            for client, learner in enumerate(self._learners)
            for n in range(per_client)
        ]
        await self._seed.sessions(sessions)
        before = await self._count()
        tps, transactions = self._pgbench(seconds, clients, first, per_client)
        written = await self._count() - before
        if written != transactions:
            raise BenchError(f"pgbench counted {transactions} transactions, but {written} answers were written")
        return tps

    async def _count(self) -> int:
        count: int = await self._seed.sql.fetchval(
            "SELECT count(*) FROM learning_answer WHERE session_id BETWEEN $1 AND $2",
            _session_id(0),
            _session_id((1 << 48) - 1),
        )
        return count

    def _pgbench(self, seconds: int, clients: int, first: int, per_client: int) -> tuple[float, int]:
        parts = urlsplit(self._stand.dsn)
        script = (
            "\\set n :k\n\\set k :k + 1\n"
            f"\\set session {first} + :client_id * {per_client} + :n / {PER_SESSION}\n"
            f"\\set exercise :n % {PER_SESSION}\n{statement()};\n"
        )
        argv = [
            *(str(find_postgres() / "pgbench"), "-n", "-M", "prepared", "-c", str(clients), "-j", "2"),
            *("-T", str(seconds), "-D", "k=0", "-D", f"answer={_ANSWER}", "-D", f"grade={_GRADE}"),
            *("-h", parse_qs(parts.query)["host"][0], "-U", unquote(parts.username or "")),
        ]
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
            file.write(script)
            file.flush()
            env = {"PATH": os.defpath, "PGPASSWORD": unquote(parts.password or ""), "LC_ALL": "C"}
            done = subprocess.run(
                [*argv, "-f", file.name, parts.path.lstrip("/")],
                env=env,
                capture_output=True,
                text=True,
                timeout=seconds + 30,
                check=False,
                cwd=Path(file.name).parent,
            )
        tps = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
        transactions = re.search(r"actually processed: (\d+)", done.stdout)
        if done.returncode or tps is None or transactions is None:
            raise BenchError(f"pgbench failed: {(done.stderr or done.stdout).strip().splitlines()[-1:]}")
        return float(tps[1]), int(transactions[1])


def statement() -> str:
    """The server's statement for one answer."""
    return re.sub(r"\$(\d+)(::\w+\[\])?", lambda found: _VALUES[found[1]], WRITE_ANSWERS).strip()


def _session_id(number: int) -> UUID:
    return UUID(f"0bbbbbbb-0000-7000-8000-{number:012x}")
