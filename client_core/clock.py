"""Clocks: the wall's, and one that plays a recorded day faster than it was.

Times are milliseconds since the Unix epoch. Several processes that are given
the same epoch, start and speed read the same scaled time.
"""

from __future__ import annotations

import math
import time
from typing import Protocol


class Clock(Protocol):
    """What time it is, and waiting for a time."""

    def now_ms(self) -> int:
        """The time now."""

    def wait_until(self, at_ms: int) -> None:
        """Return once that time is reached, at once where it has passed."""

    def wall_s(self, span_ms: float) -> float:
        """How many seconds of the wall a span of this clock takes."""


class WallClock:
    """The system's clock."""

    def now_ms(self) -> int:
        """See `Clock`."""
        return time.time_ns() // 1_000_000

    def wait_until(self, at_ms: int) -> None:
        """See `Clock`."""
        while (left_ms := at_ms - self.now_ms()) > 0:
            time.sleep(left_ms / 1000)

    def wall_s(self, span_ms: float) -> float:
        """See `Clock`."""
        return span_ms / 1000


class ScaledClock:
    """A clock that read `epoch_ms` when the wall read `started_at_ms`, and runs `speed` times as fast."""

    def __init__(self, epoch_ms: int, started_at_ms: int, speed: float) -> None:
        if speed <= 0:
            raise ValueError(f"a clock runs forward: a speed above 0, not {speed}")
        self.epoch_ms, self.started_at_ms, self.speed = epoch_ms, started_at_ms, speed

    def now_ms(self) -> int:
        """See `Clock`."""
        return self.epoch_ms + int((time.time_ns() / 1e6 - self.started_at_ms) * self.speed)

    def wait_until(self, at_ms: int) -> None:
        """See `Clock`."""
        while (left_ms := at_ms - self.now_ms()) > 0:
            time.sleep(self.wall_s(left_ms))

    def wall_s(self, span_ms: float) -> float:
        """See `Clock`."""
        return span_ms / 1000 / self.speed


class SteppedClock:
    """A clock that waits for nothing: whoever waits for a time moves it there."""

    def __init__(self, now_ms: int) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        """See `Clock`."""
        return self._now_ms

    def wait_until(self, at_ms: int) -> None:
        """See `Clock`."""
        self._now_ms = max(self._now_ms, at_ms)

    def wall_s(self, span_ms: float) -> float:
        """See `Clock`: what is to come never comes by waiting at the wall."""
        return math.inf if span_ms > 0 else 0.0
