"""A world's plan, drawn from its seed alone: which faults strike, when, and in which state of the node they hit.

A strike waits from its time on for a node that its fault can strike and that is
in the wanted state. So rare moments (a restore in the middle of a session, a
torn write while there are gaps) are met in every few worlds, not by luck.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

IDLE = "idle"
INITIATOR = "initiator"
RESPONDER = "responder"
UNSIGNED = "unsigned tail"
UNSENT = "unsent events"
GAPS = "gaps"
STATES = (IDLE, INITIATOR, RESPONDER, UNSIGNED, UNSENT, GAPS)

SESSION = (INITIATOR, RESPONDER, UNSENT, GAPS)
"""States that two nodes in a session can be in: its first step signed what was unsigned."""
ANY = STATES
DEVICE = (IDLE, INITIATOR, UNSIGNED, UNSENT, GAPS)
"""A device never answers."""
WRITING = (IDLE, UNSIGNED, UNSENT, GAPS)
"""Between sessions, on a device."""
SERVER = (IDLE, INITIATOR, RESPONDER, UNSENT, GAPS)
"""Servers sign as they write."""

AUTHORITY = (IDLE, RESPONDER, GAPS)
"""HQ asks nobody, and has nothing that HQ lacks."""

MAKES_GAPS = ("withhold_payloads", "withhold_payloads", "withhold_runs")

STRIKES_IN_WORLD = 14
GAME_MS = 30 * 60_000


class Strike(NamedTuple):
    """One fault that waits for its moment. `seed` is for its own dice, so that leaving out another changes nothing."""

    number: int
    fault: str
    state: str
    from_ms: int
    seed: int

    def __str__(self) -> str:
        return f"{self.number}: {self.fault} in state '{self.state}' from {self.from_ms / 1000:.0f} s"


def draw(seed: int, states_by_fault: dict[str, tuple[str, ...]], faults: Sequence[str] = ()) -> list[Strike]:
    """The strikes of a world, in order of time; `faults` narrows them to some faults."""
    dice = Random(f"plan {seed}")
    cells = [(f, s) for f, states in states_by_fault.items() for s in states if not faults or f in faults]
    if not cells:
        return []
    # Every cell in turn over the seeds, so that none is left to luck; the rest is drawn.
    first = [cells[(seed * 5 + i) % len(cells)] for i in range(5)]
    rare = [cell for cell in cells if cell[1] == GAPS] or cells
    drawn = first + [dice.choice(rare) for _ in range(2)]  # gaps close by themselves, so half of these find none
    drawn += [dice.choice(cells) for _ in range(STRIKES_IN_WORLD - len(drawn))]
    times = sorted(dice.randrange(GAME_MS // 20, GAME_MS * 9 // 10) for _ in drawn)
    dice.shuffle(drawn)
    for (_, state), at_ms in zip(tuple(drawn), tuple(times), strict=True):
        if state == GAPS and not faults:  # gaps close by themselves: somebody has to make one right before
            drawn.append((dice.choice(MAKES_GAPS), dice.choice((UNSENT, RESPONDER))))
            times.append(max(0, at_ms - dice.randrange(90_000)))
    return [
        Strike(number, fault, state, at_ms, dice.getrandbits(48))
        for number, ((fault, state), at_ms) in enumerate(zip(drawn, times, strict=True))
    ]
