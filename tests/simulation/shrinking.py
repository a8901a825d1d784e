"""From a world that failed to the few strikes it takes: each is left out once, for good if it was not needed."""

from __future__ import annotations

import time
from collections.abc import Sequence

from . import plan
from .running import STATES_BY_FAULT, Outcome, Worlds

SHRINKING_S_MAX = 90.0


def shrink(worlds: Worlds, failed: Outcome, faults: Sequence[str] = ()) -> tuple[Outcome, list[int]]:
    """The same seed with as few strikes as still break the same oracle, and the numbers left out."""
    ends_s = time.monotonic() + SHRINKING_S_MAX
    without: list[int] = []
    for strike in reversed(plan.draw(failed.seed, STATES_BY_FAULT, faults)):
        if time.monotonic() > ends_s:
            break
        tried = worlds.run(failed.seed, faults, [*without, strike.number])
        if tried.oracle == failed.oracle:
            failed, without = tried, [*without, strike.number]
    return failed, sorted(without)
