"""Puts the built web client into a wheel. A checkout builds it by `just setup`, so an editable install does not."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WebClientHook(BuildHookInterface[Any]):
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        web = Path(self.root) / "src" / "web"
        # Where it cannot be built, the wheel says so and serves the API all the same.
        subprocess.run([sys.executable, str(web / "build.py")], check=True)
        build_data["force_include"][str(web / "dist")] = "app/_web"
