"""What many worlds showed: who was struck how often in which state, and what broke. As JSON, and as a table to read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from .model import ORACLES
from .plan import STATES
from .running import STATES_BY_FAULT, Outcome

STRIKES_MIN = 20
"""In 1,000 seeds, for every fault and state."""


class Report:
    """Adds up outcomes as they come."""

    def __init__(self, first: int, last: int, faults: Sequence[str] = ()) -> None:
        self.first, self.last = first, last
        self.worlds = self.events = self.sessions = 0
        self.cpu_s = 0.0
        self.strikes: Counter[tuple[str, str]] = Counter()
        self.failures: list[Outcome] = []
        self.faults = [fault for fault in STATES_BY_FAULT if not faults or fault in faults]

    def add(self, outcome: Outcome) -> None:
        """One more world."""
        self.worlds += 1
        self.events += outcome.events
        self.sessions += outcome.sessions
        self.cpu_s += outcome.took_s
        for cell, count in outcome.strikes.items():
            fault, _, state = cell.partition("/")
            self.strikes[fault, state] += count
        if outcome.oracle:
            self.failures.append(outcome)

    @property
    def strikes_min(self) -> int:
        """What every cell should have reached in this many worlds."""
        return STRIKES_MIN * self.worlds // 1000

    def thin_cells(self) -> list[tuple[str, str, int]]:
        """Possible cells that were struck too seldom to mean anything."""
        cells = ((fault, state) for fault in self.faults for state in STATES_BY_FAULT[fault])
        return [(*cell, self.strikes[cell]) for cell in cells if self.strikes[cell] < self.strikes_min]

    def table(self) -> str:
        """The strikes, a fault a row; `-` where a state is impossible."""
        width = max(map(len, self.faults), default=0)
        lines = [f"{'fault':{width}}  " + "  ".join(f"{state:>13}" for state in STATES)]
        for fault in self.faults:
            cells = (str(self.strikes[fault, s]) if s in STATES_BY_FAULT[fault] else "-" for s in STATES)
            lines.append(f"{fault:{width}}  " + "  ".join(f"{cell:>13}" for cell in cells))
        return "\n".join(lines)

    def summary(self) -> str:
        """A sentence or two."""
        each = max(1, self.worlds)
        each_had = f"{self.events // each} events and {self.sessions // each} sessions of devices each"
        cost = f"{sum(self.strikes.values())} strikes counted by state, {self.cpu_s / each:.2f} s of CPU a world"
        said = [
            f"seeds {self.first}..{self.last}: {self.worlds} worlds, {each_had}, {cost}",
            f"worlds that broke an oracle: {len(self.failures)}",
        ]
        said += [f"{oracle}: {n}" for oracle, n in _count(o.oracle for o in self.failures).items()]
        said += [f"too few strikes: {fault} in state '{state}': {n}" for fault, state, n in self.thin_cells()]
        return "\n".join(said)

    def write(self, path: Path) -> None:
        """The same for programs."""
        value = {
            "seeds": [self.first, self.last],
            "worlds": self.worlds,
            "events": self.events,
            "sessions": self.sessions,
            "cpu_s": round(self.cpu_s, 1),
            "strikes": {fault: {s: self.strikes[fault, s] for s in STATES_BY_FAULT[fault]} for fault in self.faults},
            "strikes_min": self.strikes_min,
            "oracles": {oracle: sum(o.oracle == oracle for o in self.failures) for oracle in ORACLES},
            "failures": [{"seed": o.seed, "oracle": o.oracle, "detail": o.detail} for o in self.failures],
        }
        path.write_text(json.dumps(value, indent=1) + "\n", "utf-8")


def _count(names: Iterable[str]) -> dict[str, int]:
    return dict(Counter(names).most_common())
