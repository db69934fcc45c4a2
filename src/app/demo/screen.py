"""What a person sees while learners learn: a board that moves on a terminal, a line now and then elsewhere.

Invariant: nothing here goes to standard output, which belongs to the result.
"""

import time
from types import TracebackType
from typing import Self

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from app.demo.board import Board
from app.demo.measures import Measures, Spread, Summary, spread

LINE_EVERY_S = 5.0
ARROW_S = 4.0
"""How long a line shows that it has climbed or fallen."""
BAR_WIDTH = 24
STYLES = {"promotion": "green", "demotion": "red"}


class Screen:
    """Shows nothing; the base of those that do."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        return None

    def show(self, measures: Measures, board: Board) -> None:
        return None


class Lines(Screen):
    """A plain line every few seconds, for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said_at = 0.0

    def show(self, measures: Measures, board: Board) -> None:
        now = time.monotonic()
        if now - self._said_at < LINE_EVERY_S:
            return
        self._said_at = now
        first = board.standings()[:1]
        leader = f", {first[0].name} leads with {first[0].xp} XP" if first else ""
        self._console.print(
            f"{measures.elapsed_s:5.0f} s  {measures.registered} learners, {measures.connected} connected, "
            f"{measures.answers} answers ({measures.answers_per_s:.1f}/s), {measures.completed} lessons, "
            f"{sum(measures.errors.values())} errors, answer {_said(spread(measures.answer_s))}, "
            f"push {_said(spread(measures.push_s))}{leader}",
            soft_wrap=True,
            highlight=False,
        )


class Terminal(Screen):
    """The board of one league as its frames arrive, above what is being measured."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._ranks: dict[str, int] = {}
        self._moved: dict[str, tuple[bool, float]] = {}

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._live.stop()

    def show(self, measures: Measures, board: Board) -> None:
        self._live.update(Group(self._table(board), _figures(measures)), refresh=True)

    def _table(self, board: Board) -> RenderableType:
        lines = board.standings()
        if not lines:
            return Text("The board appears with the first completed lesson.", style="dim")
        title = f"League {board.league_id[-12:]}, version {board.version}, {board.frames} frames"
        table = Table(title=title, title_justify="left", box=None, padding=(0, 1))
        table.add_column("#", justify="right")
        table.add_column("")
        table.add_column("Learner")
        table.add_column("XP", justify="right")
        table.add_column("", min_width=BAR_WIDTH)
        most = max(line.xp for line in lines) or 1
        for line in lines[: max(self._live.console.height - 10, 3)]:
            bar = "█" * max(1, round(line.xp / most * BAR_WIDTH))
            arrow = self._arrow(line.user_id, line.rank)
            table.add_row(str(line.rank), arrow, line.name, str(line.xp), bar, style=STYLES.get(line.zone, ""))
        return table

    def _arrow(self, user_id: str, rank: int) -> str:
        now = time.monotonic()
        before = self._ranks.get(user_id, rank)
        if rank != before:
            self._moved[user_id] = (rank < before, now)
        self._ranks[user_id] = rank
        climbed, at = self._moved.get(user_id, (False, -ARROW_S))
        return "" if now - at > ARROW_S else ("▲" if climbed else "▼")


def _figures(measures: Measures) -> RenderableType:
    figures = [
        f"{measures.elapsed_s:.0f} s",
        f"{measures.registered}/{measures.learners} learners",
        f"{measures.connected} connected",
        f"{measures.answers} answers",
        f"{measures.answers_per_s:.1f} answers/s",
        f"{measures.completed} lessons",
        f"{sum(measures.errors.values())} errors",
        f"{measures.reconnects} reconnects",
    ]
    times = [
        f"answer {_said(spread(measures.answer_s))}",
        f"push {_said(spread(measures.push_s))}",
        f"board {_said(spread(measures.board_s))}",
    ]
    return Group(Text(), Columns(figures, padding=(0, 3)), Columns(times, padding=(0, 3)))


def _said(times: Spread) -> str:
    return "-" if times.p50_ms is None else f"{times.p50_ms:.0f}/{times.p99_ms:.0f} ms"


def report(summary: Summary) -> str:
    """The summary for people."""
    errors = ", ".join(f"{code} {count}" for code, count in summary.errors.items()) or "none"
    rows = {
        "learners": f"{summary.learners} for {summary.seconds:.0f} s",
        "answers": f"{summary.answers}, {summary.answers_per_s:.1f}/s, {summary.correct_share:.0%} right",
        "lessons completed": str(summary.lessons_completed),
        "answer to grade": _full(summary.answer),
        "answer to own push": _full(summary.answer_to_push),
        "completion to others' board": _full(summary.completion_to_board),
        "errors": errors,
        "reconnects": f"{summary.reconnects} ({summary.resumed} resumed, {summary.truncated} truncated)",
        "answered at a second try": str(summary.repeated),
        "gaps in streams": str(summary.gaps),
        "pushes missing": str(summary.pushes_missing),
    }
    return "\n".join(f"{name:<28} {value}" for name, value in rows.items())


def _full(times: Spread) -> str:
    if times.p50_ms is None:
        return "not measured"
    return f"p50 {times.p50_ms:.1f} ms, p99 {times.p99_ms:.1f} ms, max {times.max_ms:.1f} ms ({times.count})"
