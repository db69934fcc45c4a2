"""S1: what was learned without a network is sent while the API is killed, until it is acknowledged, and once more.

Invariant: what counts is decided by what the devices hold and what is stored; the report of the last sending says it.
"""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from app.demo.knowledge import Knowledge
from bench.faults.buying import connected
from bench.faults.machine import Machine, Program
from bench.faults.replays import settled
from bench.faults.run import Run
from bench.faults.verdict import Verdict
from bench.figures import percentile
from bench.seed import Learner, seeding
from domains.catalog import api as catalog

PEOPLE = 200
DAYS = 5
"""Without a network; a lesson on each."""
KILLS = 6
KILL_AFTER_S = 0.7
"""From when the API answers again."""
PATIENCE_S = 120.0

_STORED = """
    SELECT u.id,
        (SELECT count(*) FROM learning_answer a JOIN learning_session s ON s.id = a.session_id WHERE s.user_id = u.id)
            AS answers,
        (SELECT sum(answered) FROM learning_session WHERE user_id = u.id) AS answered,
        (SELECT count(*) FROM gamification_xp_entry WHERE user_id = u.id) AS paid,
        (SELECT count(DISTINCT local_on) FROM gamification_xp_entry WHERE user_id = u.id) AS days,
        (SELECT current_days FROM gamification_streak WHERE user_id = u.id) AS streak
    FROM identity_user u WHERE u.id = ANY($1)
"""


@dataclass
class Device:
    learner: Learner
    sessions: list[dict[str, Any]] = field(default_factory=list)
    sendings: int = 0
    first: Any = None
    again: Any = None
    refused: str = ""
    took_ms: float = 0.0

    @property
    def answers(self) -> int:
        return sum(len(session["answers"]) for session in self.sessions)

    async def send(self, http: httpx.AsyncClient) -> Any:
        """The report, however often the line is cut. None where it was refused."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            self.sendings += 1
            body = {"sent_at": datetime.now(UTC).isoformat(), "sessions": self.sessions}
            began = time.monotonic()
            try:
                answer = await http.post("/api/v1/sync", json=body, headers=_bearer(self.learner))
            except httpx.ConnectError:
                self.sendings -= 1
                await asyncio.sleep(0.3)
                continue
            except httpx.HTTPError:
                await asyncio.sleep(0.1)
                continue
            if answer.status_code == 200:
                self.took_ms = (time.monotonic() - began) * 1000
                return answer.json()
            if answer.status_code < 500:
                break
            await asyncio.sleep(0.1)
        self.refused = f"{answer.status_code} {answer.text[:200]}" if answer else "no answer in time"
        return None


async def synced(run: Run) -> Verdict:
    async with run.machine({"embedded_worker": "true"}) as machine:
        async with connected(machine) as infra, infra.db.begin() as uow:
            course_id = (await catalog.ensure_demo_course(uow)).course_id
        run.say("starting the API")
        api = machine.api()
        api.start()
        await machine.answers()
        async with seeding(machine.stand(api)) as seed:
            devices = [Device(learner) for learner in await seed.learners(run.count(PEOPLE))]
        limits = httpx.Limits(max_connections=40)
        async with httpx.AsyncClient(base_url=machine.url, timeout=30, limits=limits) as http:
            run.say(f"{len(devices)} learners download {DAYS} lessons each and are away for as many days")
            await _away(http, machine, devices, course_id, run)
            run.say(f"all of them send, up to {KILLS} times kill -9")
            sending = asyncio.gather(*(_sent(device, http) for device in devices))
            kills = await _killed(machine, api, sending)
            await sending
            run.say("once more, in peace")
            for device in devices:
                device.again = await device.send(http)
        async with machine.sql() as sql:
            rows = {row["id"]: row for row in await sql.fetch(_STORED, [device.learner.id for device in devices])}
        async with connected(machine) as infra:
            run.say("boards catch up with what the killed API had not brought yet")
            differences = await settled(infra)
    return _verdict(devices, rows, differences, kills)


async def _away(http: httpx.AsyncClient, machine: Machine, devices: list[Device], course_id: Any, run: Run) -> None:
    knows, chance = Knowledge(catalog.demo_course()), run.chance
    bundles = {}
    for device in devices:
        path = f"/api/v1/courses/{course_id}/bundle"
        answer = await http.post(path, json={"lessons": DAYS}, headers=_bearer(device.learner))
        bundles[device.learner.id] = answer.raise_for_status().json()["sessions"]
    async with machine.sql() as sql:
        await sql.execute(f"UPDATE learning_prepared_session SET made_at = made_at - interval '{DAYS + 1} days'")
    # At noon, so that no day ends in the middle of a lesson.
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for device in devices:
        for day, session in enumerate(bundles[device.learner.id]):
            at = today - timedelta(days=DAYS - day) + timedelta(hours=12)
            answers = [
                {
                    "key": f"{exercise['id']}",
                    "exercise_id": exercise["id"],
                    "answer": knows.answer(
                        exercise["kind"], exercise["prompt"], right=chance.random() < 0.8, chance=chance
                    ),
                    "answered_at": (at + timedelta(seconds=5 * place + chance.random())).isoformat(),
                    "elapsed_ms": 4000,
                }
                for place, exercise in enumerate(session["exercises"])
            ]
            finished = at + timedelta(minutes=10)
            device.sessions.append(
                {
                    "session_id": session["id"],
                    "begun_at": at.isoformat(),
                    "answers": answers,
                    "completed_at": finished.isoformat(),
                }
            )


async def _sent(device: Device, http: httpx.AsyncClient) -> None:
    device.first = await device.send(http)


async def _killed(machine: Machine, api: Program, sending: asyncio.Future[Any]) -> int:
    """How many kills there were before all was acknowledged."""
    for kills in range(KILLS):
        await asyncio.sleep(KILL_AFTER_S)
        if sending.done():
            return kills
        api.kill()
        api.start()
        await machine.answers()
    return KILLS


def _verdict(devices: list[Device], rows: dict[Any, Any], differences: list[str], kills: int) -> Verdict:
    wrong: Counter[str] = Counter()
    for device in devices:
        row = rows[device.learner.id]
        wrong["refused"] += bool(device.refused)
        wrong["another report the second time"] += device.first != device.again
        wrong["answers"] += not row["answers"] == row["answered"] == device.answers
        wrong["paid"] += row["paid"] != DAYS
        wrong["days"] += not row["days"] == row["streak"] == DAYS
    answers = sum(device.answers for device in devices)
    sendings = sum(device.sendings for device in devices) - len(devices)
    took = sorted(device.took_ms for device in devices)
    refusals = sorted({device.refused for device in devices if device.refused})[:3]
    each = answers / len(devices)
    return Verdict(
        fault="S1",
        design="product",
        passed=not any(wrong.values()) and not differences and kills > 0,
        line=(
            f"{len(devices)} batches of {DAYS} sessions ({answers} answers) acknowledged after {sendings} sendings "
            f"under {kills} kills, then sent once more: learners with something wrong: {dict(wrong)}; "
            f"{len(differences)} differences from the ledger; a batch of {each:.0f} answers that had been taken, in "
            f"peace: p50 {percentile(took, 0.5):.0f} ms"
            f"{f'; {refusals}' if refusals else ''}{f'; {differences[:3]}' if differences else ''}"
        ),
        figures={
            "people": len(devices),
            "answers": answers,
            "sendings": sendings,
            "kills": kills,
            "wrong": dict(wrong),
            "ledger_differences": len(differences),
            "again_p50_ms": percentile(took, 0.5),
        },
    )


def _bearer(learner: Learner) -> dict[str, str]:
    return {"Authorization": f"Bearer {learner.token}"}
