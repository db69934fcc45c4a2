"""What the lesson player decides by itself, held against its own sources by Node."""

import subprocess
from pathlib import Path

import pytest

from journeys.node import NODE

LEARNER = Path(__file__).parents[2] / "src/web/learner"


@pytest.mark.skipif(NODE is None, reason="Node is not there")
def test_the_player_asks_in_order_and_says_without_the_server_only_what_is_certain() -> None:
    program = Path(__file__).with_name("learning_rules.mjs")
    command = [str(NODE), "--no-warnings", str(program), f"{LEARNER}/"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
