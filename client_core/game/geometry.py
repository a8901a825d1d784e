"""Distances and containment in integers: the decision that a fence makes, the same everywhere.

Lengths are integer millimetres. A distance is rounded up, so that for every
circle `inside` and `distance_mm <= radius_mm` say the same. Longitudes wrap at
the antimeridian. Close to a fence the metric is exact (`fences.Metric`); far
away a distance is an estimate that keeps its order of magnitude.
"""

from __future__ import annotations

from math import isqrt

from client_core.game.fences import LON_E7_MAX, SCALE_BITS, Circle, Fence, Metric, MultiPolygon, Polygon, Ring

ROUND_E7 = 2 * LON_E7_MAX
"""Once around the earth."""
SQUARE_BITS = 2 * SCALE_BITS

Box = tuple[int, int, int, int]
"""West, south, east and north in e7, all of them inside."""
Disc = tuple[int, int, int, int, int]
"""lon, lat, a, b, c: the positions by (dx, dy) from there for which (a dx)^2 + (b dy)^2 is at most c."""
_DISC_BITS = 8
"""What is kept of the scale's fraction: enough for a thousandth of the radius, and few enough for quick sums."""


def inside(fence: Fence, lon_e7: int, lat_e7: int) -> bool:
    """Whether the position lies in the fence; its boundary counts as inside."""
    if isinstance(fence, Circle):
        # `_offset` written out: a fold asks this once an event, and calls cost more than the arithmetic.
        metric, radius = fence.metric, fence.radius_mm
        dx, dy = lon_e7 - metric.lon_e7, lat_e7 - metric.lat_e7
        east = dx * (metric.east_factor + dy * metric.east_slope)
        north = dy * (metric.north_factor + dy * metric.north_slope)
        if east * east + north * north <= radius * radius << SQUARE_BITS:
            return True
        return not -LON_E7_MAX <= dx <= LON_E7_MAX and inside(fence, metric.lon_e7 + _wrapped(dx), lat_e7)
    if isinstance(fence, MultiPolygon):
        return any(_in_polygon(part, lon_e7, lat_e7) for part in fence.parts)
    return _in_polygon(fence, lon_e7, lat_e7)


def distance_mm(fence: Fence, lon_e7: int, lat_e7: int) -> int:
    """The distance to a circle's centre, or to a polygon's nearest edge (0 inside it), rounded up."""
    if isinstance(fence, Circle):
        metric = fence.metric
        east, north = _offset(metric, lon_e7 - metric.lon_e7, lat_e7 - metric.lat_e7)
        return _length_mm(east * east + north * north)
    if isinstance(fence, MultiPolygon):
        return min(distance_mm(part, lon_e7, lat_e7) for part in fence.parts)
    if _in_polygon(fence, lon_e7, lat_e7):
        return 0
    rings = (fence.exterior, *fence.holes)
    return _length_mm(min(_to_ring(fence.metric, ring, lon_e7, lat_e7) for ring in rings))


def outside_mm(fence: Fence, lon_e7: int, lat_e7: int) -> int:
    """How far the position lies beyond the fence's boundary; 0 inside."""
    return max(0, distance_mm(fence, lon_e7, lat_e7) - radius_mm(fence))


def radius_mm(fence: Fence) -> int:
    """What `distance_mm` is compared with: a circle's radius, 0 for a polygon."""
    return fence.radius_mm if isinstance(fence, Circle) else 0


def spacing_mm(metric: Metric, a: tuple[int, int], b: tuple[int, int]) -> int:
    """The distance between two positions (lon_e7, lat_e7), by the metric of a point near both."""
    dx, dy = _wrapped(b[0] - a[0]), b[1] - a[1]
    middle = a[1] + b[1] - 2 * metric.lat_e7
    east = dx * max(0, metric.east_factor + middle * metric.east_slope)
    north = dy * (metric.north_factor + middle * metric.north_slope)
    return _length_mm(east * east + north * north)


def bounds(fence: Fence) -> Box:
    """A box (west, south, east, north) in e7 that holds the fence; west may lie beyond -180 degrees, east beyond 180.

    For searching: every position inside the fence lies in the box, or in the
    box moved once around the earth.
    """
    if isinstance(fence, Circle):
        metric = fence.metric
        reach = fence.radius_mm << SCALE_BITS
        # A hundredth more than the radius: the scale changes by less across 10 km.
        dy = reach * 101 // (metric.north_factor * 100) + 1
        dx = reach * 101 // (max(1, metric.east_factor - dy * abs(metric.east_slope)) * 100) + 1
        return metric.lon_e7 - dx, metric.lat_e7 - dy, metric.lon_e7 + dx, metric.lat_e7 + dy
    if isinstance(fence, MultiPolygon):
        boxes = [ring_bounds(part.exterior) for part in fence.parts]
        west, south = min(box[0] for box in boxes), min(box[1] for box in boxes)
        return west, south, max(box[2] for box in boxes), max(box[3] for box in boxes)
    return ring_bounds(fence.exterior)


def sure_box(fence: Fence) -> Box | None:
    """A box all of whose positions lie in the fence, which is quick to tell; None where none was looked for.

    The square in a circle, two thirds of it: the scale of the ground taken where it is largest.
    """
    if not isinstance(fence, Circle) or not fence.metric.north_factor:
        return None
    metric, reach = fence.metric, fence.radius_mm << SCALE_BITS
    dy_max = reach // metric.north_factor + 1
    east = metric.east_factor + dy_max * abs(metric.east_slope)
    north = metric.north_factor + dy_max * abs(metric.north_slope)
    dx, dy = reach * 70 // (100 * max(1, east)), reach * 70 // (100 * north)
    return metric.lon_e7 - dx, metric.lat_e7 - dy, metric.lon_e7 + dx, metric.lat_e7 + dy


def sure_disc(fence: Fence) -> Disc | None:
    """Nearly all of a circle, in small integers: quicker than `inside`; None where none was looked for.

    The scale of the ground taken where it is largest, as for `sure_box`.
    """
    if not isinstance(fence, Circle) or not fence.metric.north_factor:
        return None
    metric, reach = fence.metric, fence.radius_mm << SCALE_BITS
    dy_max = reach // metric.north_factor + 1
    east = metric.east_factor + dy_max * abs(metric.east_slope)
    north = metric.north_factor + dy_max * abs(metric.north_slope)
    bits = SCALE_BITS - _DISC_BITS
    return metric.lon_e7, metric.lat_e7, (east >> bits) + 1, (north >> bits) + 1, (reach >> bits) ** 2


def ring_bounds(ring: Ring) -> Box:
    """The box (west, south, east, north) of a ring."""
    lons = [lon for lon, _ in ring]
    lats = [lat for _, lat in ring]
    return min(lons), min(lats), max(lons), max(lats)


def side(a: tuple[int, int], b: tuple[int, int], c: tuple[int, int]) -> int:
    """On which side of the line a→b the point c lies: positive left, negative right, 0 on it."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def ring_side(ring: Ring, x: int, y: int) -> int:
    """1 inside the ring, 0 on its line, -1 outside.

    Even-odd rule: count the edges that a ray to the east crosses. An edge
    counts for the half-open range of its latitudes, so a corner counts once.
    """
    within = False
    x1, y1 = ring[-1]
    for x2, y2 in ring:
        if (y1 > y) != (y2 > y):
            turn = (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)
            if turn == 0:
                return 0
            if (turn > 0) == (y2 > y1):
                within = not within
        elif y2 == y and (x2 == x or (y1 == y and (x1 <= x <= x2 or x2 <= x <= x1))):
            return 0
        x1, y1 = x2, y2
    return 1 if within else -1


def _wrapped(dx: int) -> int:
    """The short way round."""
    return dx if -LON_E7_MAX <= dx <= LON_E7_MAX else (dx + LON_E7_MAX) % ROUND_E7 - LON_E7_MAX


def _offset(metric: Metric, dx: int, dy: int) -> tuple[int, int]:
    """East and north of the metric's point, in mm * 2^48."""
    if not -LON_E7_MAX <= dx <= LON_E7_MAX:
        dx = _wrapped(dx)
    # Far beyond the pole the linear scale would turn negative.
    return dx * max(0, metric.east_factor + dy * metric.east_slope), dy * (
        metric.north_factor + dy * metric.north_slope
    )


def _length_mm(square: int) -> int:
    """The root of a sum of squares of mm * 2^48, rounded up to whole mm."""
    whole = -(-square >> SQUARE_BITS)
    root = isqrt(whole)
    return root + (root * root < whole)


def _in_polygon(polygon: Polygon, lon_e7: int, lat_e7: int) -> bool:
    lon_e7 = polygon.metric.lon_e7 + _wrapped(lon_e7 - polygon.metric.lon_e7)
    if ring_side(polygon.exterior, lon_e7, lat_e7) < 0:
        return False
    return all(ring_side(hole, lon_e7, lat_e7) <= 0 for hole in polygon.holes)


def _to_ring(metric: Metric, ring: Ring, lon_e7: int, lat_e7: int) -> int:
    """The smallest square of the distance to an edge, in (mm * 2^48)^2, rounded up.

    The corners are laid on a plane around the position, each at its own middle
    latitude, so that what is near is exact.
    """
    best = -1
    # Once around with respect to the polygon, or one on the far side of the earth would be cut open.
    lon_e7 = metric.lon_e7 + _wrapped(lon_e7 - metric.lon_e7)
    x1, y1 = _from_position(metric, ring[-1], lon_e7, lat_e7)
    for corner in ring:
        x2, y2 = _from_position(metric, corner, lon_e7, lat_e7)
        ex, ey = x2 - x1, y2 - y1
        length = ex * ex + ey * ey
        along = -(x1 * ex + y1 * ey)
        if along <= 0 or length == 0:
            square = x1 * x1 + y1 * y1
        elif along >= length:
            square = x2 * x2 + y2 * y2
        else:
            cross = x1 * ey - y1 * ex
            square = -(-cross * cross // length)
        if best < 0 or square < best:
            best = square
        x1, y1 = x2, y2
    return best


def _from_position(metric: Metric, corner: tuple[int, int], lon_e7: int, lat_e7: int) -> tuple[int, int]:
    """A corner as seen from the position: east and north in mm * 2^48."""
    dx, dy = corner[0] - lon_e7, corner[1] - lat_e7
    middle = corner[1] + lat_e7 - 2 * metric.lat_e7
    east = dx * max(0, metric.east_factor + middle * metric.east_slope)
    return east, dy * (metric.north_factor + middle * metric.north_slope)
