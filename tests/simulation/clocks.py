"""Time in a simulated world: the true time, and every node's own, possibly wrong, idea of it."""

from __future__ import annotations

import asyncio
import selectors

WORLD_STARTS_MS = 1_764_576_000_000
"""2025-12-01T08:00:00Z."""


class Clocks:
    """The true time, and by node how far its clock is off and how coarsely it ticks."""

    def __init__(self) -> None:
        self.true_ms = WORLD_STARTS_MS
        self.offset_ms: dict[str, int] = {}
        self.tick_ms: dict[str, int] = {}

    def now_ms(self, name: str) -> int:
        """What a node's clock shows."""
        shown_ms = self.true_ms + self.offset_ms.get(name, 0)
        return shown_ms - shown_ms % self.tick_ms.get(name, 1)

    def monotonic_s(self) -> float:
        """Seconds since the world began, for timers: no wrong clock moves them."""
        return (self.true_ms - WORLD_STARTS_MS) / 1000


class NodeClock:
    """A device's clock, as `client_core.clock.Clock` asks for it; a server's, when called."""

    def __init__(self, clocks: Clocks, name: str) -> None:
        self._clocks, self._name = clocks, name

    def __call__(self) -> int:
        return self._clocks.now_ms(self._name)

    def now_ms(self) -> int:
        return self._clocks.now_ms(self._name)

    def wait_until(self, at_ms: int) -> None:
        """Time passes by the world's steps alone."""

    def wall_s(self, span_ms: float) -> float:
        return span_ms / 1000


class WorldLoop(asyncio.SelectorEventLoop):
    """An event loop in which nothing comes from outside: no socket is looked at, and nobody has to be woken."""

    def __init__(self) -> None:
        super().__init__(_Deaf())

    def _write_to_self(self) -> None:
        """There is no other thread."""


class _Deaf(selectors.SelectSelector):
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return []
