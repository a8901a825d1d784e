"""The node's clock: integer milliseconds since the Unix epoch.

Everything that needs the time is handed a `Clock`; nothing else in the server
reads one. A scaled clock lets a demonstration play an event of another day at
a multiple of its speed, the same for every process that is told the same three
numbers.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

Clock = Callable[[], int]

_SCALED = re.compile(r"^(\d{1,15})@(\d{1,15})\*(\d{1,6}(?:\.\d{1,6})?)$")


def wall_clock() -> int:
    """What this machine believes the time to be, in milliseconds."""
    return time.time_ns() // 1_000_000


def scaled_clock(start_ms: int, real_start_ms: int, speed: float) -> Clock:
    """A clock that showed `start_ms` at the real `real_start_ms` and runs `speed` times as fast."""
    return lambda: start_ms + int((wall_clock() - real_start_ms) * speed)


def clock_from(text: str) -> Clock:
    """The clock a setting names: empty, or `START_MS@REAL_START_MS*SPEED`.

    Raises `ValueError` with a sentence where it is neither.
    """
    if not text:
        return wall_clock
    parts = _SCALED.match(text)
    if parts is None:
        raise ValueError(
            f"clock: {text!r} is not START_MS@REAL_START_MS*SPEED, for example 1654336800000@1700000000000*300"
        )
    return scaled_clock(int(parts[1]), int(parts[2]), float(parts[3]))
