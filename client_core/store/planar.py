"""Relations of shapes in the plane of degrees, as SpatiaLite's functions define them.

Answers are exact: every float is a fraction whose denominator is a power of
two, so coordinates become integers by one common factor and no product is
rounded (GEOS reaches the same signs by double-double arithmetic). Only
`distance` returns a float. For valid polygons; it is no part of the rule book,
which decides check-ins by its own integers on the ellipsoid.

"Contains" is that of OGC 06-103r4: no point of the second lies outside the
first, and their interiors meet; so a point on the boundary is not contained.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from math import inf, sqrt
from typing import NamedTuple, TypeVar

from client_core.store.geometry_blob import Geometry, MultiPolygon, Point, Polygon, Position, box_of

Number = int | Fraction
Spot = tuple[Number, Number]
Edge = tuple[Spot, Spot]

OUTSIDE, BOUNDARY, INSIDE = -1, 0, 1

T = TypeVar("T")


class Area(NamedTuple):
    """One polygon as the exact edges of all its rings, none of length zero."""

    edges: tuple[Edge, ...]


def intersects(a: Geometry, b: Geometry) -> bool:
    """Whether the shapes have a point in common, boundaries included."""
    if not _boxes_meet(a, b):
        return False
    spots_a, areas_a, spots_b, areas_b = _exact(a, b)
    if spots_a or spots_b:
        if spots_a and spots_b:
            return spots_a == spots_b
        return _locate_any((spots_a or spots_b)[0], areas_a or areas_b) != OUTSIDE
    return any(_areas_meet(one, other) for one in areas_a for other in areas_b)


def contains(a: Geometry, b: Geometry) -> bool:
    """Whether `b` lies in `a` and their interiors meet."""
    if not _boxes_meet(a, b):
        return False
    spots_a, areas_a, spots_b, areas_b = _exact(a, b)
    if spots_a:
        return spots_a == spots_b
    if spots_b:
        return _locate_any(spots_b[0], areas_a) == INSIDE
    # Parts of a multipolygon touch in points only, so a connected interior lies in one of them.
    return all(any(_holds(outer, inner) for outer in areas_a) for inner in areas_b)


def distance(a: Geometry, b: Geometry) -> float:
    """The shortest distance in degrees of the plane; 0.0 where the shapes meet."""
    if isinstance(a, Point) and isinstance(b, Point):
        return _length((a.lon, a.lat), (b.lon, b.lat))
    if intersects(a, b):
        return 0.0
    if isinstance(a, Point):
        return _spot_distance((a.lon, a.lat), b)
    if isinstance(b, Point):
        return _spot_distance((b.lon, b.lat), a)
    # Shapes that do not cross are nearest at a vertex of one of them.
    from_a = [_spot_distance(start, b) for start, _ in _float_edges(a)]
    from_b = [_spot_distance(start, a) for start, _ in _float_edges(b)]
    return min(from_a + from_b)


def _boxes_meet(a: Geometry, b: Geometry) -> bool:
    west_a, south_a, east_a, north_a = box_of(a)
    west_b, south_b, east_b, north_b = box_of(b)
    return west_a <= east_b and west_b <= east_a and south_a <= north_b and south_b <= north_a


def _rings(geometry: Geometry) -> Iterator[Sequence[Position]]:
    if isinstance(geometry, Polygon):
        yield from geometry.rings
    elif isinstance(geometry, MultiPolygon):
        for polygon in geometry.polygons:
            yield from polygon.rings


def _pairs(ring: Sequence[T]) -> list[tuple[T, T]]:
    return list(pairwise(ring))


def _float_edges(geometry: Geometry) -> list[tuple[Position, Position]]:
    return [edge for ring in _rings(geometry) for edge in _pairs(ring)]


def _exact(a: Geometry, b: Geometry) -> tuple[list[Spot], list[Area], list[Spot], list[Area]]:
    """Both shapes in integers, by one factor: the spots and the areas of each."""
    ratios = [number.as_integer_ratio() for shape in (a, b) for position in _positions(shape) for number in position]
    factor = max(denominator for _, denominator in ratios)
    return _exact_spots(a, factor), _exact_areas(a, factor), _exact_spots(b, factor), _exact_areas(b, factor)


def _exact_spots(shape: Geometry, factor: int) -> list[Spot]:
    return [_scale((shape.lon, shape.lat), factor)] if isinstance(shape, Point) else []


def _exact_areas(shape: Geometry, factor: int) -> list[Area]:
    if isinstance(shape, Point):
        return []
    polygons = (shape,) if isinstance(shape, Polygon) else shape.polygons
    areas = []
    for polygon in polygons:
        rings = [[_scale(position, factor) for position in ring] for ring in polygon.rings]
        areas.append(Area(tuple(edge for ring in rings for edge in _pairs(ring) if edge[0] != edge[1])))
    return areas


def _scale(position: Position, factor: int) -> Spot:
    lon, lat = (number.as_integer_ratio() for number in position)
    return lon[0] * (factor // lon[1]), lat[0] * (factor // lat[1])


def _positions(geometry: Geometry) -> Iterator[Position]:
    if isinstance(geometry, Point):
        yield geometry.lon, geometry.lat
    for ring in _rings(geometry):
        yield from ring


def _side(start: Spot, end: Spot, spot: Spot) -> Number:
    """Positive to the left of the edge, zero on its line."""
    return (end[0] - start[0]) * (spot[1] - start[1]) - (end[1] - start[1]) * (spot[0] - start[0])


def _between(start: Spot, end: Spot, spot: Spot) -> bool:
    """Whether a spot on the edge's line lies on the edge itself."""
    (ax, ay), (bx, by), (x, y) = start, end, spot
    return min(ax, bx) <= x <= max(ax, bx) and min(ay, by) <= y <= max(ay, by)


def _locate(spot: Spot, area: Area) -> int:
    """Inside, on the boundary or outside, by crossings of a ray to the east."""
    inside = False
    for start, end in area.edges:
        if (start[1] > spot[1]) != (end[1] > spot[1]):
            side = _side(start, end, spot)
            if side == 0:
                return BOUNDARY
            if (side > 0) == (end[1] > start[1]):
                inside = not inside
        elif _between(start, end, spot) and _side(start, end, spot) == 0:
            return BOUNDARY
    return INSIDE if inside else OUTSIDE


def _locate_any(spot: Spot, areas: Sequence[Area]) -> int:
    return max(_locate(spot, area) for area in areas)


def _edges_meet(one: Edge, other: Edge) -> bool:
    (a, b), (c, d) = one, other
    if max(a[0], b[0]) < min(c[0], d[0]) or max(c[0], d[0]) < min(a[0], b[0]):
        return False
    if max(a[1], b[1]) < min(c[1], d[1]) or max(c[1], d[1]) < min(a[1], b[1]):
        return False
    # With boxes that meet, each edge's ends must not lie strictly on one side of the other's line.
    return _side(c, d, a) * _side(c, d, b) <= 0 and _side(a, b, c) * _side(a, b, d) <= 0


def _areas_meet(one: Area, other: Area) -> bool:
    if any(_edges_meet(a, b) for a in one.edges for b in other.edges):
        return True
    return _locate(one.edges[0][0], other) != OUTSIDE or _locate(other.edges[0][0], one) != OUTSIDE


def _holds(outer: Area, inner: Area) -> bool:
    """Whether a polygon lies within another.

    Its boundary stays within the outer one's closure, the outer one's boundary
    (holes too) stays out of its interior, and then one interior point decides.
    """
    places = [_locate(middle, outer) for middle in _middles(inner, outer)]
    if OUTSIDE in places:
        return False
    if any(_locate(middle, inner) == INSIDE for middle in _middles(outer, inner)):
        return False
    return INSIDE in places or _locate(_interior_spot(inner), outer) == INSIDE


def _middles(area: Area, cutter: Area) -> Iterator[Spot]:
    """The middle of every piece into which the other's edges cut this one's.

    No piece changes sides, so its middle stands for all of it.
    """
    for start, end in area.edges:
        dx, dy = end[0] - start[0], end[1] - start[1]
        cuts = sorted({Fraction(0), Fraction(1), *_cuts((start, end), cutter)})
        for low, high in _pairs(cuts):
            middle = (low + high) / 2
            yield start[0] + middle * dx, start[1] + middle * dy


def _cuts(edge: Edge, cutter: Area) -> Iterator[Fraction]:
    """Where along an edge, from 0 to 1, the cutter's edges touch it."""
    (ax, ay), (bx, by) = edge
    dx, dy = bx - ax, by - ay
    for other in cutter.edges:
        if not _edges_meet(edge, other):
            continue
        (cx, cy), (ex, ey) = other
        turn = dx * (ey - cy) - dy * (ex - cx)
        if turn != 0:
            yield Fraction((cx - ax) * (ey - cy) - (cy - ay) * (ex - cx)) / turn
            continue
        for x, y in other:
            if _between(*edge, (x, y)):
                yield Fraction(x - ax) / dx if dx else Fraction(y - ay) / dy


def _interior_spot(area: Area) -> Spot:
    """A spot inside: the middle of the first crossing of a level that touches no vertex."""
    levels = sorted({y for edge in area.edges for _, y in edge})
    level = Fraction(levels[0] + levels[1]) / 2
    crossings = sorted(
        ax + (level - ay) * (bx - ax) / (by - ay) for (ax, ay), (bx, by) in area.edges if (ay > level) != (by > level)
    )
    return (crossings[0] + crossings[1]) / 2, level


def _length(a: Position, b: Position) -> float:
    dx, dy = b[0] - a[0], b[1] - a[1]
    return sqrt(dx * dx + dy * dy)


def _spot_distance(spot: Position, shape: Geometry) -> float:
    return min((_edge_distance(spot, *edge) for edge in _float_edges(shape)), default=inf)


def _edge_distance(spot: Position, start: Position, end: Position) -> float:
    """Distance to an edge, in the order of operations that GEOS uses (Distance::pointToSegment)."""
    (px, py), (ax, ay), (bx, by) = spot, start, end
    length2 = (bx - ax) * (bx - ax) + (by - ay) * (by - ay)
    if length2 == 0.0:
        return _length(spot, start)
    along = ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / length2
    if along <= 0.0:
        return _length(spot, start)
    if along >= 1.0:
        return _length(spot, end)
    across = ((ay - py) * (bx - ax) - (ax - px) * (by - ay)) / length2
    return abs(across) * sqrt(length2)
