"""When a node's link is up: recorded mobile links where the shared data is, drawn ones elsewhere."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from random import Random

from client_core.transports.link import RecordedLink, Step, read_link

from .clocks import WORLD_STARTS_MS, Clocks, NodeClock


@cache
def recordings() -> tuple[tuple[Step, ...], ...]:
    """All recorded links, or none where `WAYFOLD_DATA` is not set."""
    folder = os.environ.get("WAYFOLD_DATA")
    paths = sorted((Path(folder) / "network").glob("*.json")) if folder else []
    return tuple(read_link(path) for path in paths)


def draw_link(clocks: Clocks, name: str, dice: Random) -> RecordedLink:
    """A node's link in one world: a recording from some point on, or outages of drawn length."""
    steps = dice.choice(recordings()) if recordings() else _drawn(dice)
    return RecordedLink(steps, NodeClock(clocks, f"{name}'s link"), WORLD_STARTS_MS - dice.randrange(600_000))


def _drawn(dice: Random) -> tuple[Step, ...]:
    """As the recorded 3G links are: down for seconds to minutes, between a tenth and half of the time."""
    down_share = dice.uniform(0.05, 0.5)
    steps: list[Step] = []
    for _ in range(40):
        up_ms = int(dice.expovariate(1 / 60_000)) + 1_000
        down_ms = int(up_ms * down_share / (1 - down_share)) + 500
        steps += [Step(up_ms, 2_000.0, 60.0), Step(down_ms, 0.0, 0.0)]
    return tuple(steps)
