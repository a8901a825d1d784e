"""A node to sync with, and devices that joined at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from loopback import START_MS, LoopbackNode

from client_core.clock import SteppedClock
from client_core.replica import Replica

NewDevice = Callable[..., Replica]


@pytest.fixture
def hq() -> Iterator[LoopbackNode]:
    node = LoopbackNode()
    yield node
    node.close()


@pytest.fixture
def new_device(tmp_path: Path, hq: LoopbackNode) -> Iterator[NewDevice]:
    """Make a device that joined a team: `new_device("a", "RED")`."""
    made: list[Replica] = []

    def make(name: str, code: str = "RED") -> Replica:
        replica = Replica.join(tmp_path / f"{name}.db", hq.url, code, clock=SteppedClock(START_MS))
        made.append(replica)
        return replica

    yield make
    for replica in made:
        replica.close()
