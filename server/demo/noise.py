"""Noise such as a receiver makes: an error that wanders, not one that is drawn anew for every fix.

Each axis is a first-order autoregressive process (AR(1)) of a given standard
deviation whose correlation falls to 1/e within `MEMORY_MS`.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable

from client_core.game.fences import Fix
from client_core.game.publish import metric_at

SIGMA_M = 8.0
MEMORY_MS = 30_000
"""Under trees, phones keep one wrong idea for about half a minute."""
_FACTOR_TO_MM = 2.0**-48


def disturb(fixes: Iterable[Fix], seed: int, sigma_m: float = SIGMA_M) -> list[Fix]:
    """The fixes, each moved by the wandering error; the same seed gives the same error everywhere."""
    draw = random.Random(seed)  # noqa: S311 - noise, no secret
    disturbed: list[Fix] = []
    east = north = 0.0
    previous_ms = None
    for fix in fixes:
        keep = 0.0 if previous_ms is None else math.exp(-(fix.at_ms - previous_ms) / MEMORY_MS)
        fresh = sigma_m * math.sqrt(1 - keep * keep)
        east, north = keep * east + draw.gauss(0, fresh), keep * north + draw.gauss(0, fresh)
        previous_ms = fix.at_ms
        metric = metric_at(fix.lon_e7 / 1e7, fix.lat_e7 / 1e7)
        lon_e7 = fix.lon_e7 + round(east * 1000 / (metric.east_factor * _FACTOR_TO_MM))
        lat_e7 = fix.lat_e7 + round(north * 1000 / (metric.north_factor * _FACTOR_TO_MM))
        disturbed.append(Fix(lon_e7, lat_e7, fix.accuracy_mm, fix.at_ms))
    return disturbed
