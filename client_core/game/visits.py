"""Visits: from a player's GPS fixes to stays in fences, as a device finds them while somebody walks.

A state machine over fixes in the order they were taken; no clock, no I/O. It
is advice: a device that follows it makes check-ins, and `judging` decides each.

    a fix is bad       accuracy beyond the game's limit, time not after the last fix's, or reached at
                       more than `speed_mm_s_max`, from the fix before or from the last one believed
    trust begins       with the second fix, where one could have walked to it from the first
    trust comes back   with the third fix in a row that the ones before could have walked to
    a stay begins      with the first good fix inside the fence
    Arrived            once, with the first good fix inside at least `dwell_ms` after (at the finish: at once)
    a stay ends        with a good fix more than `exit_mm` beyond the boundary, or a silence (`Left`)

A bad fix is as if it had never come: it neither begins nor ends a stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from client_core.game.fences import LON_E7_MAX, Fix
from client_core.game.geometry import bounds, distance_mm, inside, outside_mm, spacing_mm
from client_core.game.rules import Rules

SETTLED_FIXES = 3
"""So many fixes that agree with each other are believed again after a jump: a receiver that jumped somewhere
and stays there is right more often than not."""

Near = Callable[[int, int], Iterable[int]]
"""Checkpoints whose fences may hold a position (lon_e7, lat_e7): a spatial index's answer."""


class Stay(msgspec.Struct, frozen=True):
    """Somebody was in the fence from the first to the last good fix inside it."""

    checkpoint: int
    entered_ms: int
    left_ms: int
    closest_mm: int
    """The shortest distance to the circle's centre; 0 for a polygon."""
    closest: Fix
    arrived: bool


class Arrived(msgspec.Struct, frozen=True):
    """It is time to check in: `fix` is inside the fence and good."""

    checkpoint: int
    entered_ms: int
    fix: Fix


class Left(msgspec.Struct, frozen=True):
    """A stay is over."""

    stay: Stay


class _Open:
    """A stay that lasts."""

    __slots__ = ("arrived", "closest", "closest_mm", "entered_ms", "last_ms")

    def __init__(self, fix: Fix, closest_mm: int) -> None:
        self.entered_ms = self.last_ms = fix.at_ms
        self.closest = fix
        self.closest_mm = closest_mm
        self.arrived = False


class VisitFinder:
    """Finds the stays of one player in one game.

    `near` narrows the fences that are asked; without it all are, which is fine
    for a few hundred.
    """

    def __init__(self, rules: Rules, near: Near | None = None) -> None:
        self._rules = rules
        self._rule = rules.package.visits
        self._near = near or _scan(rules)
        self._open: dict[int, _Open] = {}
        self._before: Fix | None = None
        self._good: Fix | None = None
        self._agreeing = 0

    def observe(self, fix: Fix) -> list[Arrived | Left]:
        """Take the next fix; what it means, in the order of the checkpoints' numbers."""
        if not self._believe(fix):
            return []
        seen: list[Arrived | Left] = []
        if self._good is not None and fix.at_ms - self._good.at_ms > self._rule.silence_ms_max:
            seen += self.close()
        self._good = fix
        for number in sorted({*self._open, *self._near(fix.lon_e7, fix.lat_e7)}):
            seen += self._at(number, fix)
        return seen

    def close(self) -> list[Arrived | Left]:
        """End all stays: the recording is over."""
        ended: list[Arrived | Left] = [Left(_stay(number, stay)) for number, stay in sorted(self._open.items())]
        self._open.clear()
        return ended

    def _at(self, number: int, fix: Fix) -> list[Arrived | Left]:
        fence, stay = self._rules.fences[number], self._open.get(number)
        if fence is None:
            return []
        if not inside(fence, fix.lon_e7, fix.lat_e7):
            if stay is not None and outside_mm(fence, fix.lon_e7, fix.lat_e7) > self._rule.exit_mm:
                del self._open[number]
                return [Left(_stay(number, stay))]
            return []
        closest_mm = distance_mm(fence, fix.lon_e7, fix.lat_e7)
        if stay is None:
            stay = self._open[number] = _Open(fix, closest_mm)
        stay.last_ms = fix.at_ms
        if closest_mm < stay.closest_mm:
            stay.closest, stay.closest_mm = fix, closest_mm
        dwell_ms = 0 if number == self._rules.finish else self._rule.dwell_ms
        if stay.arrived or fix.at_ms - stay.entered_ms < dwell_ms:
            return []
        stay.arrived = True
        return [Arrived(number, stay.entered_ms, fix)]

    def _believe(self, fix: Fix) -> bool:
        """Whether the fix is good; remembers it as the one before the next either way."""
        before, good = self._before, self._good
        if before is not None and fix.at_ms <= before.at_ms:
            return False
        if fix.accuracy_mm is not None and fix.accuracy_mm > self._rules.accuracy_dm_max * 100:
            return False
        self._before = fix
        if before is not None and not self._walked(before, fix):
            self._agreeing = 1
            return False
        self._agreeing += 1
        if good is None:
            return self._agreeing > 1
        return self._agreeing >= SETTLED_FIXES or self._walked(good, fix)

    def _walked(self, one: Fix, two: Fix) -> bool:
        """Whether somebody could have gone from one to the other in time."""
        way_mm = spacing_mm(self._rules.package.metric, (one.lon_e7, one.lat_e7), (two.lon_e7, two.lat_e7))
        return way_mm * 1000 <= self._rule.speed_mm_s_max * (two.at_ms - one.at_ms)


def _stay(number: int, stay: _Open) -> Stay:
    return Stay(number, stay.entered_ms, stay.last_ms, stay.closest_mm, stay.closest, stay.arrived)


def _scan(rules: Rules) -> Near:
    """Every checkpoint whose box holds the position, by looking at all of them."""
    boxes = [(number, *bounds(fence)) for number, fence in enumerate(rules.fences) if fence is not None]

    def near(lon_e7: int, lat_e7: int) -> list[int]:
        return [
            number
            for number, west, south, east, north in boxes
            # A box that reaches beyond longitude 180 is not narrowed by longitude.
            if south <= lat_e7 <= north and (west <= lon_e7 <= east or east > LON_E7_MAX or west < -LON_E7_MAX)
        ]

    return near
