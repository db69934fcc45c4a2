"""The official JavaScript client against a real server. Skipped where Node or the package `socket.io-client` is not
installed."""

import json
import os
import random
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE
from typing import IO

from app.demo.knowledge import Knowledge
from journeys.node import NODE
from journeys.served import Ears, Visitor
from realtime.catalogue import FRAMES

PROGRAM = Path(__file__).with_name("official_client.cjs")


@contextmanager
def official_client(node_modules: Path, *arguments: str) -> Iterator[Ears]:
    ears = Ears()

    def listen(output: IO[str]) -> None:
        for line in output:
            event, payload = json.loads(line)
            if event in FRAMES:
                ears.hear(event, payload)
            else:
                ears.frames.append((event, payload))

    # Not through the event loop: uvloop forks by itself, and its child hangs in a process with many threads.
    environment = os.environ | {"NODE_PATH": str(node_modules)}
    with subprocess.Popen(
        [str(NODE), PROGRAM, *arguments], stdin=PIPE, stdout=PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        listening = threading.Thread(target=listen, args=(process.stdout,), daemon=True)
        listening.start()
        try:
            yield ears
            process.stdin.close()
            assert process.wait(5) == 0
        finally:
            process.kill()
            listening.join(5)


async def test_the_official_client_sees_progress_lesson_and_league(
    node_modules: Path, ada: Visitor, ben: Visitor, lessons: list[str], knowledge: Knowledge, chance: random.Random
) -> None:
    place = (await ada.take(lessons[0], knowledge, chance))["league"]
    with official_client(node_modules, ada.url, ada.token, place["id"]) as ears:
        await ears.heard("stream.ready", resumed=False)
        await ears.heard("watched", ok=True)
        await ears.heard("league.snapshot", league_id=place["id"])
        mine = await ada.take(lessons[1], knowledge, chance)
        others = await ben.take(lessons[1], knowledge, chance)
        await ears.heard("progress.changed", answered=1, correct=True)
        await ears.heard("lesson.completed", xp_total=mine["xp_total"])
        await ears.heard_xp(ada.id, mine["xp_total"])
        await ears.heard_xp(ben.id, others["xp_total"])


async def test_the_official_client_learns_why_it_is_refused(node_modules: Path, url: str) -> None:
    with official_client(node_modules, url, "no token") as ears:
        assert (await ears.heard("connect_error"))["code"] == "identity.token_invalid"
