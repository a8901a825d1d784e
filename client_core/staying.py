"""Staying: how long a player has been at the places where the game asks for it, by the positions that came in."""

from __future__ import annotations

from client_core.game.fences import Fix
from client_core.game.geometry import inside, outside_mm
from client_core.game.rules import Rules

GAP_MS_MAX = 60_000
"""Positions further apart say nothing of the time between: a phone whose screen was off cannot know where it was."""
ACCURACY_MM_UNKNOWN = 0


class Stays:
    """The stays of one device, as long as its program runs. A fix of poor accuracy ends none."""

    def __init__(self, rules: Rules) -> None:
        self._fences = {
            number: place.fence
            for number, place in enumerate(rules.places)
            if place.dwell_ms and place.fence is not None
        }
        self._since_ms: dict[int, int] = {}
        self._latest_ms: int | None = None

    def move(self, fix: Fix) -> None:
        """Take in a position."""
        if not self._fences or fix.at_ms == self._latest_ms:
            return
        if self._latest_ms is not None and not 0 <= fix.at_ms - self._latest_ms <= GAP_MS_MAX:
            self._since_ms.clear()
        self._latest_ms = fix.at_ms
        for number, fence in self._fences.items():
            if inside(fence, fix.lon_e7, fix.lat_e7):
                self._since_ms.setdefault(number, fix.at_ms)
            elif number in self._since_ms:
                beyond_mm = outside_mm(fence, fix.lon_e7, fix.lat_e7)
                if beyond_mm > (ACCURACY_MM_UNKNOWN if fix.accuracy_mm is None else fix.accuracy_mm):
                    del self._since_ms[number]

    def stayed_ms(self, number: int) -> int | None:
        """How long the stay at a checkpoint has lasted by the latest position; None where it asks for none."""
        if number not in self._fences:
            return None
        since_ms, latest_ms = self._since_ms.get(number), self._latest_ms
        return 0 if since_ms is None or latest_ms is None else latest_ms - since_ms
