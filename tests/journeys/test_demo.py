"""`lyceum demo` against a real server: what it measures, and that its journal is checked for real."""

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path
from subprocess import PIPE

import msgspec
import pytest

from app.demo.board import Board, Frame, Line
from app.demo.knowledge import Knowledge
from app.demo.measures import spread
from domains.catalog import api as catalog
from domains.catalog.content import course_lexicon
from journeys.served import LYCEUM


def demo(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LYCEUM, "demo", *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


@pytest.fixture(scope="module")
def journal(url: str, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a demo that Ctrl-C ended once there was enough in it."""
    path = tmp_path_factory.mktemp("demo") / "journal"
    argv = [LYCEUM, "demo", "--url", url, "--learners", "3", "--speed", "60", "--journal", path, "--json"]
    with subprocess.Popen(argv, env=os.environ | environment, stdout=PIPE, stderr=PIPE, text=True) as process:
        try:
            deadline = time.monotonic() + 60
            while not (path.exists() and path.read_text().count('"answer"') > 20 and "completion" in path.read_text()):
                assert time.monotonic() < deadline
                time.sleep(0.05)
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 0, errors
    summary = json.loads(output)
    assert summary["learners"] == 3
    assert summary["answers"] == summary["answer"]["count"] > 20
    assert summary["lessons_completed"] > 0
    assert (summary["errors"], summary["gaps"], summary["pushes_missing"]) == ({}, 0, 0)
    assert summary["answer_to_push"]["count"] == summary["answers"]
    lines = path.read_text().splitlines()
    assert len(lines) == summary["answers"] + summary["lessons_completed"]
    return path


def test_what_was_acknowledged_is_found_again(journal: Path, environment: dict[str, str]) -> None:
    found = demo("--verify", journal, **environment)
    assert found.returncode == 0, found.stdout + found.stderr


def test_an_answer_or_xp_that_is_not_there_is_a_difference(
    journal: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    answer = next(line for line in lines if line["what"] == "answer")
    completion = next(line for line in lines if line["what"] == "completion")
    promised = [
        {**answer, "verdict": "exact" if answer["verdict"] == "wrong" else "wrong"},
        {**answer, "session_id": "00000000-0000-7000-8000-000000000000"},
        {**completion, "xp_earned": completion["xp_earned"] + 1},
    ]
    forged = tmp_path / "journal"
    forged.write_text("".join(json.dumps(line) + "\n" for line in promised) + '{"what": "answ')
    found = demo("--verify", forged, "--json", **environment)
    assert found.returncode == 1
    assert len(json.loads(found.stdout)["differences"]) == 3
    forged.write_text("no journal\n")
    refused = demo("--verify", forged, **environment)
    assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1)


def test_it_ends_by_itself_when_its_time_is_up(url: str) -> None:
    ran = demo("--url", url, "--learners", "2", "--minutes", "0.03", "--json")
    # A slow machine may have had no time for a single answer.
    assert ran.returncode == 0 or "accepted no answer" in ran.stderr
    assert json.loads(ran.stdout)["learners"] == 2


def test_without_a_server_it_says_so_in_one_line() -> None:
    refused = demo("--url", "http://127.0.0.1:9")
    assert refused.returncode == 1
    assert "start one with `lyceum serve`" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_a_learner_of_the_demo_knows_the_course_that_ships() -> None:
    course, chance = catalog.demo_course(), random.Random(3)
    knowledge, lexicon = Knowledge(course), course_lexicon(course)
    grades = {True: 0, False: 0}
    for right in grades:
        for exercise in course.exercises():
            # Through JSON, as a client gets it.
            prompt = json.loads(msgspec.json.encode(exercise.content.prompt("any seed")))
            answer = knowledge.answer(exercise.content.kind(), prompt, right=right, chance=chance)
            grades[right] += exercise.content.grade(json.dumps(answer).encode(), lexicon).correct
    total = len(list(course.exercises()))
    assert grades[True] == total
    # Leaving a word out may happen to be another right sentence.
    assert grades[False] <= total // 20


def test_a_board_is_put_together_from_changes() -> None:
    ada, ben = Line(1, "a", "Ada", 20), Line(2, "b", "Ben", 10)
    board = Board()
    assert board.show(Frame("l", 1, [ada, ben]), whole=True) == [(ada, 0), (ben, 0)]
    risen = [Line(1, "b", "Ben", 30), Line(2, "a", "Ada", 20)]
    assert board.show(Frame("l", 2, risen), whole=False) == [(risen[0], 10), (risen[1], 20)]
    assert [line.name for line in board.standings()] == ["Ben", "Ada"]


def test_a_spread_names_its_ends() -> None:
    assert spread([]).p50_ms is None
    found = spread([number / 1000 for number in range(1, 101)])
    assert (found.count, found.p50_ms, found.p99_ms, found.max_ms) == (100, 51.0, 100.0, 100.0)
