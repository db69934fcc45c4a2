"""What a fault run found: figures, and whether that is a pass."""

from collections.abc import Callable
from typing import Any

import msgspec

Say = Callable[[str], None]
"""Progress, for people."""


class Verdict(msgspec.Struct, kw_only=True):
    fault: str
    design: str
    """product, or naive."""
    passed: bool
    line: str
    """The figures in one sentence."""
    figures: dict[str, Any]
    seconds: float = 0.0


def line_of(verdict: Verdict) -> str:
    design = "" if verdict.design == "product" else f" [{verdict.design} design]"
    return f"{'PASS' if verdict.passed else 'FAIL'} {verdict.fault}{design}: {verdict.line} ({verdict.seconds:.0f} s)"
