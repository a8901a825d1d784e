"""One bench's result, and how a list of them is printed and kept."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

LATEST = Path(__file__).parent / "out" / "latest.json"


@dataclass(frozen=True)
class Row:
    """A measured figure. `limit` is what it is held against, `ratio` value to limit, `target` a sentence.

    `met` is None where nothing is promised and the figure is only stated.
    """

    name: str
    value: float
    unit: str
    limit: float | None = None
    ratio: float | None = None
    target: str = "stated"
    met: bool | None = None


def median_seconds(work: Callable[[], object], runs: int) -> float:
    """The median duration of some runs of `work`, in seconds."""
    return statistics.median(seconds(work) for _ in range(runs))


def seconds(work: Callable[[], object]) -> float:
    """How long one run of `work` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def show(rows: list[Row]) -> str:
    """The rows as a table for people."""
    marks = {True: "met", False: "NOT MET", None: ""}
    lines = [f"{'what':58} {'value':>12} {'unit':10} {'ratio':>6}  target"]
    for row in rows:
        ratio = f"{row.ratio:6.2f}" if row.ratio is not None else " " * 6
        lines.append(f"{row.name:58} {row.value:12,.2f} {row.unit:10} {ratio}  {row.target} {marks[row.met]}")
    return "\n".join(lines)


def keep(rows: list[Row], path: Path = LATEST) -> None:
    """Write the rows as a JSON list of objects."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")
