"""What the web client decides by itself, held against its own sources by Node."""

import subprocess
from pathlib import Path

import pytest

from journeys.node import NODE

WEB = Path(__file__).parents[2] / "src/web"


@pytest.mark.skipif(NODE is None, reason="Node is not there")
def test_the_client_decides_by_its_rules_what_it_asks_says_and_shows() -> None:
    program = Path(__file__).with_name("client_rules.mjs")
    command = [str(NODE), "--no-warnings", str(program), f"{WEB}/"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
