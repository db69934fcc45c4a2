"""What is measured and how it is shown. Latencies in milliseconds, CPU in seconds per 1,000 operations."""

from collections.abc import Sequence
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table


class Figure(msgspec.Struct, frozen=True):
    """`wanted` is a goal as text, `met` None where there is none."""

    name: str
    value: float
    unit: str
    wanted: str = ""
    met: bool | None = None


class Result(msgspec.Struct, frozen=True):
    bench: str
    figures: list[Figure]
    notes: list[str]


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of `values` lie; NaN of nothing. `values` sorted."""
    return values[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


def latencies(name: str, seconds: Sequence[float], below_p99_ms: float | None = None) -> list[Figure]:
    ordered = sorted(seconds)
    p50, p99 = percentile(ordered, 0.5) * 1000, percentile(ordered, 0.99) * 1000
    tail = Figure(f"{name} p99", p99, "ms")
    if below_p99_ms is not None:
        tail = Figure(tail.name, p99, "ms", f"< {below_p99_ms:g}", p99 < below_p99_ms)
    return [Figure(f"{name} p50", p50, "ms"), tail]


def at_least(name: str, value: float, unit: str, goal: float) -> Figure:
    return Figure(name, value, unit, f">= {goal:g}", value >= goal)


def below(name: str, value: float, unit: str, goal: float) -> Figure:
    return Figure(name, value, unit, f"< {goal:g}", value < goal)


def show(result: Result, console: Console) -> None:
    table = Table(title=result.bench, title_justify="left")
    table.add_column("what")
    table.add_column("measured", justify="right")
    table.add_column("wanted", justify="right")
    table.add_column("")
    for figure in result.figures:
        verdict = "" if figure.met is None else "met" if figure.met else "[red]missed[/red]"
        table.add_row(figure.name, f"{_number(figure.value)} {figure.unit}".strip(), figure.wanted, verdict)
    console.print(table)
    for note in result.notes:
        console.print(f"  {note}", highlight=False)


def as_json(results: Sequence[Result], conditions: dict[str, Any]) -> str:
    body = msgspec.json.encode({"conditions": conditions, "results": results})
    return msgspec.json.format(body, indent=2).decode()


def _number(value: float) -> str:
    if value != value:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
