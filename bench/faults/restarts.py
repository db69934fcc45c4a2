"""R4: the API dies under its clients. R10: it is asked to end, and tells them when to come back."""

import asyncio
import time
from typing import Any

from bench.faults.live import House, answers_missing, house
from bench.faults.run import Run
from bench.faults.verdict import Verdict
from bench.figures import percentile
from bench.screen import Screen

CLIENTS = 500
BACK_S = 10.0
ANSWERS = 40
BEFORE_S = 4.0
AFTER_S = 8.0
PATIENCE_S = 40.0
LEAVING = 200
EXIT_S = 10.0
SPREAD_MS = 500
"""Between the tenth and the ninetieth of a hundred clients: less would be no spread."""


async def api_killed(run: Run) -> Verdict:
    async with house(run, people=max(30, run.count(CLIENTS)), lessons=3) as made:
        crowd = made.crowd
        await made.light_up()
        crowd.patience_s = 5.0
        driving = asyncio.create_task(crowd.drive(ANSWERS, BEFORE_S + AFTER_S))
        await asyncio.sleep(BEFORE_S)
        run.say("kill -9")
        at = time.monotonic()
        made.api.kill()
        made.api.start()
        back = await _back(made, at)
        await driving
        run.say("all answered; comparing with the database")
        tally = await made.settled(within_s=10)
        missing = await answers_missing(made.machine, crowd)
    longest = back[-1] if len(back) == len(made.screens) else float("inf")
    return Verdict(
        fault="R4",
        design="product",
        passed=longest <= BACK_S and tally.right and missing == 0,
        line=(
            f"{len(back)} of {len(made.screens)} clients back after p50 {percentile(back, 0.5):.1f} s, at most "
            f"{longest:.1f} s (the API's own start included); {missing} acknowledged answers missing in the table; "
            f"{tally.line}"
        ),
        figures={
            "clients": len(made.screens),
            "back": len(back),
            "back_p50_s": percentile(back, 0.5),
            "back_longest_s": longest,
            "acknowledged_missing": missing,
            **tally.figures,
        },
    )


async def _back(made: House, at: float) -> list[float]:
    """Seconds after `at` until each was connected again, sorted; those who are not after a while are left out."""
    screens = list(made.screens.values())
    deadline = at + PATIENCE_S
    while time.monotonic() < deadline and not all(_is_back(screen, at) for screen in screens):
        await asyncio.sleep(0.05)
    return sorted(screen.back_at[-1] - at for screen in screens if _is_back(screen, at))


def _is_back(screen: Screen, at: float) -> bool:
    return screen.connected and screen.back_at[-1] > at


async def asked_to_end(run: Run) -> Verdict:
    async with house(run, people=max(30, run.count(LEAVING)), lessons=3) as made:
        crowd = made.crowd
        await made.light_up()
        crowd.patience_s = 5.0
        for screen in made.screens.values():
            screen.wait_advice = True
        driving = asyncio.create_task(crowd.drive(ANSWERS, BEFORE_S + AFTER_S))
        await asyncio.sleep(BEFORE_S)
        run.say("SIGTERM")
        at = time.monotonic()
        given = len(crowd.given)
        made.api.terminate()
        while made.api.runs and time.monotonic() - at < 2 * EXIT_S:
            await asyncio.sleep(0.02)
        exit_s = time.monotonic() - at
        status = made.api.status
        goodbyes = [screen.goodbyes[-1] for screen in made.screens.values() if screen.goodbyes]
        run.say(f"ended with {status} after {exit_s:.1f} s; starting again")
        made.api.start()
        back = await _back(made, at)
        await driving
        tally = await made.settled(within_s=10)
        missing = await answers_missing(made.machine, crowd)
    return _ended(made, goodbyes, exit_s, status, back, tally, missing, given)


def _ended(
    made: House,
    goodbyes: list[dict[str, Any]],
    exit_s: float,
    status: int | None,
    back: list[float],
    tally: Any,
    missing: int,
    given: int,
) -> Verdict:
    advice = sorted(float(goodbye["after_ms"]) for goodbye in goodbyes if goodbye.get("after_ms") is not None)
    spread = percentile(advice, 0.9) - percentile(advice, 0.1) if advice else 0.0
    clients = len(made.screens)
    reasons = {str(goodbye.get("reconnect")) for goodbye in goodbyes}
    told = len(advice) == clients and reasons == {"now"}
    return Verdict(
        fault="R10",
        design="product",
        passed=(
            exit_s <= EXIT_S
            and status == 0
            and missing == 0
            and told
            and spread >= SPREAD_MS
            and tally.right
            and len(back) == clients
        ),
        line=(
            f"ended with {status} {exit_s:.1f} s after SIGTERM; {len(goodbyes)} of {clients} clients were told to come "
            f"back ({', '.join(sorted(reasons))}), {len(advice)} of them when: after {advice[0] if advice else 0:.0f} "
            f"to {advice[-1] if advice else 0:.0f} ms, the middle 80 % {spread:.0f} ms apart; {len(back)} came back; "
            f"{missing} of {given} acknowledged answers missing in the table; {tally.line}"
        ),
        figures={
            "clients": clients,
            "exit_s": exit_s,
            "status": status,
            "told": len(goodbyes),
            "advised": len(advice),
            "reconnect": sorted(reasons),
            "spread_ms": spread,
            "back": len(back),
            "acknowledged_missing": missing,
            **tally.figures,
        },
    )
