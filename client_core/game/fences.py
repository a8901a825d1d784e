"""Fences: the circle, polygon or polygons in which a check-in by position counts, and the scale of the ground there.

Positions are integers, degrees * 10^7 (about 11 mm of latitude). A `Metric`
turns differences of them into lengths. Its factors are computed once, at
publication (`publish.metric_at`), and stand in the package, so that no node
ever computes a sine.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

SCALE_BITS = 48
"""Factors are millimetres a unit (10^-7 degree) times 2^48: about 3.1e15, exact in every JSON reader."""

LON_E7_MAX = 1_800_000_000
LAT_E7_MAX = 900_000_000
FENCE_LAT_E7_MAX = 850_000_000
"""Checkpoints lie within 85 degrees of the equator: nearer a pole the metric's error grows with tan^2 lat."""
RADIUS_MM_MIN = 1_000
"""A metre: no receiver of a phone tells less apart."""
RADIUS_MM_MAX = 10_000_000
"""10 km: the metric still errs by centimetres only. Larger areas are polygons."""
POLYGON_EXTENT_E7_MAX = 20_000_000
"""2 degrees from west to east and from south to north."""
RING_POINTS_MIN = 4
"""Three corners and the first one again."""
POLYGON_POINTS_MAX = 1_000
"""All rings of one polygon together: keeps the decision under a tenth of a millisecond."""
POLYGON_HOLES_MAX = 100

LonE7 = Annotated[int, Meta(ge=-LON_E7_MAX, le=LON_E7_MAX)]
LatE7 = Annotated[int, Meta(ge=-LAT_E7_MAX, le=LAT_E7_MAX)]
FenceLatE7 = Annotated[int, Meta(ge=-FENCE_LAT_E7_MAX, le=FENCE_LAT_E7_MAX)]
RadiusMm = Annotated[int, Meta(ge=RADIUS_MM_MIN, le=RADIUS_MM_MAX)]
Factor = Annotated[int, Meta(ge=0, le=1 << 53)]
Slope = Annotated[int, Meta(ge=-(1 << 40), le=1 << 40)]
Position = tuple[LonE7, FenceLatE7]
Ring = Annotated[tuple[Position, ...], Meta(min_length=RING_POINTS_MIN, max_length=POLYGON_POINTS_MAX)]


class Metric(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The ground's scale around one point of the WGS 84 ellipsoid, in integers.

    Between two positions, with dx and dy their differences in units of 10^-7
    degree and m the sum of their latitudes' offsets from `lat_e7`:

        east  = dx * (east_factor + m * east_slope)   in mm * 2^48
        north = dy * (north_factor + m * north_slope)

    `*_factor` is the length of a unit at `lat_e7` (N cos(lat) and M, the radii
    of the prime vertical and of the meridian); `*_slope` is half its change a
    unit of latitude, so that m selects the scale at the middle latitude.

    Error against the geodesic: the middle-latitude formula leaves terms of
    d^3 (1 + 2 tan^2 lat) / 24 R^2 (d the distance, R the earth's radius), the
    linear slopes a part of d^3 / 8 R^2, rounding to integers some 1e-16 of d.
    Measured: under 3 nm at 50 m, 10 um at 1 km and 10 mm at 10 km up to 70
    degrees of latitude; at 85 degrees 20 nm, 0.2 mm and 0.2 m.
    """

    lon_e7: LonE7
    lat_e7: FenceLatE7
    east_factor: Factor
    east_slope: Slope
    north_factor: Factor
    north_slope: Slope


class Circle(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=0):
    """All positions within `radius_mm` of the metric's own point."""

    metric: Metric
    radius_mm: RadiusMm


class Polygon(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=1):
    """All positions inside the exterior ring and in none of the holes; the lines themselves count as inside.

    Rings are closed, (lon_e7, lat_e7), and straight between two points on the
    plane of longitude and latitude (RFC 7946, section 3.1.1). A polygon never
    crosses the antimeridian: two polygons do. The metric stands at the middle
    of the polygon's box.
    """

    metric: Metric
    exterior: Ring
    holes: Annotated[tuple[Ring, ...], Meta(max_length=POLYGON_HOLES_MAX)] = ()


class MultiPolygon(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=2):
    """All positions in any of its parts; together they have at most `POLYGON_POINTS_MAX` points.

    The metric stands at the middle of the first part, each part has its own.
    """

    metric: Metric
    parts: Annotated[tuple[Polygon, ...], Meta(min_length=1, max_length=POLYGON_HOLES_MAX)]


Fence = Circle | Polygon | MultiPolygon


class Fix(msgspec.Struct, frozen=True, array_like=True):
    """One position report. `accuracy_mm` is the radius that holds it at 95 %, None where the receiver does not say."""

    lon_e7: LonE7
    lat_e7: LatE7
    accuracy_mm: int | None
    at_ms: int
