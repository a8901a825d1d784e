"""The whole bounded model, told line by line: worlds, hostile bodies, cells, planted bugs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from sync.transitions import TRANSITIONS
from tests.model.explore import Cell, Exploration, Explored, Found
from tests.model.hostile import withstand
from tests.model.laws import BrokenLaw
from tests.model.planted import BUGS, Bug, planted
from tests.model.worlds import worlds

Tell = Callable[[str], None]

BY_HAND = "by hand-made messages alone"


class Result(NamedTuple):
    """What a run of the model found. `where` names, by cell, the world that visited it first."""

    explored: dict[str, Explored]
    where: dict[Cell, str]
    blows: int
    broken: list[str]
    bugs: dict[str, Found | None]

    @property
    def missing(self) -> list[str]:
        """The cells of the transition table that nothing visited."""
        cells = ((state, message) for state, row in TRANSITIONS.items() for message in row)
        return [f"{state.value} / {message.__name__}" for state, message in cells if (state, message) not in self.where]

    @property
    def holds(self) -> bool:
        """Whether all laws held, every cell was visited and every planted bug was found by the law that it breaks."""
        laws = {bug.name: bug.law for bug in BUGS}
        caught = all(found and found.law.startswith(laws[name]) for name, found in self.bugs.items())
        return not self.broken and not self.missing and caught


def run_model(tell: Tell, *, small: bool) -> Result:
    """Explore everything; never raises for what it finds."""
    result = Result({}, {}, 0, [], {})
    for world in worlds(small=small):
        began = time.perf_counter()
        explored = Exploration(world).run()
        result.explored[world.name] = explored
        for cell in explored.cells:
            result.where.setdefault(cell, world.name)
        seen = f"{explored.states:,} states, {explored.transitions:,} transitions, depth {explored.depth}"
        settled = f"{explored.settled:,} sets of logs brought together"
        tell(f"{world.name}: {seen}, {settled}, {time.perf_counter() - began:.1f} s")
        if explored.found:
            result.broken.append(told(explored.found))
            tell(told(explored.found))
    try:
        withstood = withstand()
        result = result._replace(blows=withstood.blows)
        for cell in withstood.cells:
            result.where.setdefault(cell, BY_HAND)
        tell(f"{withstood.blows} hostile bodies: nothing of them stored, nothing lost")
    except BrokenLaw as law:
        result.broken.append(str(law))
        tell(str(law))
    tell(f"all: {_sum(result, 'states'):,} distinct states, {_sum(result, 'transitions'):,} transitions")
    for bug in BUGS:
        result.bugs[bug.name] = found = find_planted(bug)
        tell(f"planted: {bug.name}: {told(found) if found else 'NOT FOUND'}")
    return result


def find_planted(bug: Bug) -> Found | None:
    """The shortest way to a planted bug, in the first small world that has one."""
    with planted(bug):
        for world in worlds(small=True):
            found = Exploration(world).run().found
            if found is not None:
                return found
    return None


def told(found: Found) -> str:
    """A broken law and the way to it, for people."""
    steps = "".join(f"\n    {number}. {said}" for number, said in enumerate(found.trace, 1))
    return f"{found.law}{steps}"


def _sum(result: Result, field: str) -> int:
    return sum(getattr(explored, field) for explored in result.explored.values())
