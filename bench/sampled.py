"""`python -m bench.sampled FILE serve …`: the command line under a sampling profiler.

A signal looks at the stack every 2 ms of the process's CPU time. FILE gets, per function, the share of samples in
which it was running (own) or on the stack (total). Costs a few percent, unlike a tracing profiler.
"""

import collections
import signal
import sys
from pathlib import Path
from types import FrameType

from app.cli import main

INTERVAL_S = 0.002
SHOWN = 90
SERVING = "src/app/server.py:run"


class Samples:
    def __init__(self) -> None:
        self.count = 0
        self.own: collections.Counter[str] = collections.Counter()
        self.total: collections.Counter[str] = collections.Counter()

    def take(self, frame: FrameType | None) -> None:
        names = []
        while frame is not None:
            code = frame.f_code
            names.append(f"{'/'.join(Path(code.co_filename).parts[-3:])}:{code.co_qualname}")
            frame = frame.f_back
        # Without what happens before the server runs.
        if SERVING not in names or any(name.endswith(":create_app") for name in names):
            return
        self.count += 1
        self.own[names[0]] += 1
        self.total.update(set(names))

    def report(self) -> str:
        lines = [f"{self.count} samples"]
        for title, counts in (("own", self.own), ("total", self.total)):
            lines.append(f"-- {title}")
            lines += [f"{100 * n / max(1, self.count):6.2f} %  {name}" for name, n in counts.most_common(SHOWN)]
        return "\n".join(lines)


def run() -> None:
    target = Path(sys.argv.pop(1))
    samples = Samples()
    # CPU time of the process: what waits is not sampled.
    signal.signal(signal.SIGPROF, lambda number, frame: samples.take(frame))
    signal.setitimer(signal.ITIMER_PROF, INTERVAL_S, INTERVAL_S)
    try:
        main()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        target.write_text(samples.report())


if __name__ == "__main__":
    run()
