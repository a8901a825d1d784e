"""The box to search around a position so that nothing nearer than a radius is missed.

Floats are at home here: a box only chooses candidates, and it is drawn too
large. What it must cover is not the ground but `geometry.distance_mm`, whose
scale changes linearly away from a fence; so the bounds below are bounds of
that formula.
"""

from __future__ import annotations

from math import cos, radians, sin

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""

DISTANCE_MM_MAX = 40_000_000_000
"""No fence is further by that formula, which far away stretches the 20,004 km to the antipodes."""

MM_A_DEGREE_MIN = 107_000_000
"""Of latitude, wherever a fence lies and however far: 110.57 km at the equator, less 1.5 % each 180 degrees away."""
MM_A_DEGREE_EQUATOR = 111_000_000
"""Of longitude, less than the 111.32 km of the equator."""
FENCE_LAT_MAX = 85.0
"""No fence lies nearer to a pole (`fences.FENCE_LAT_E7_MAX`)."""
POLYGON_EXTENT = 2.0
"""No polygon reaches further from the corner that is near to the one that sets its scale."""


def boxes(lon_e7: int, lat_e7: int, radius_mm: int) -> list[Box]:
    """One box, or two where it reaches over the antimeridian."""
    lon, lat = lon_e7 / 1e7, lat_e7 / 1e7
    high = radius_mm / MM_A_DEGREE_MIN
    south, north = lat - high, lat + high
    scale = _east_scale_min(abs(lat), high + POLYGON_EXTENT)
    wide = radius_mm / (MM_A_DEGREE_EQUATOR * scale) if scale > 0 else 180.0
    if wide >= 90:  # so that two boxes never share a fence
        return [(-180.0, south, 180.0, north)]
    west, east = lon - wide, lon + wide
    if west <= -180:
        return [(-180.0, south, east, north), (west + 360, south, 180.0, north)]
    if east >= 180:
        return [(west, south, 180.0, north), (-180.0, south, east - 360, north)]
    return [(west, south, east, north)]


def _east_scale_min(lat: float, reach: float) -> float:
    """The smallest scale of longitude, the equator's being 1, of any fence within `reach` degrees of latitude.

    A fence at latitude f sees the position at cos(f) - (p - f) sin(f) / 2,
    which is least for the fence nearest to the pole.
    """
    furthest = radians(min(FENCE_LAT_MAX, lat + reach))
    return cos(furthest) - radians(reach + POLYGON_EXTENT / 2) * sin(furthest) * 1.01 / 2
