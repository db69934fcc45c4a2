"""Faults that payments have to survive. `python -m bench.faults --help`; see README.md beside this file."""

import sys
from pathlib import Path

# The payment providers' doubles belong to the tests.
_TESTS = str(Path(__file__).parents[2] / "tests")
if _TESTS not in sys.path:
    sys.path.append(_TESTS)
