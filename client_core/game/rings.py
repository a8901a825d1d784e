"""Whether rings of positions are a polygon: closed, with an area, crossing neither themselves nor each other.

Works on the plane of longitude and latitude, in integers, and says where the
first fault lies. RFC 7946, section 3.1.6, but for the winding order, which the
even-odd rule does not need.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from client_core.game.fences import POLYGON_EXTENT_E7_MAX, POLYGON_HOLES_MAX, POLYGON_POINTS_MAX, RING_POINTS_MIN
from client_core.game.geometry import ring_bounds, ring_side, side

Point = tuple[int, int]
Edge = tuple[int, int, int, Point, Point]
"""West end, ring number, edge number, and the two ends."""


class RingFault(Exception):
    """A polygon that cannot be a fence; `code` is stable, the text says where and what to do."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def check_rings(rings: Sequence[Sequence[Point]]) -> None:
    """Raise `RingFault` at the first fault of a polygon's rings (exterior first, then holes), in units of e7.

    Codes: `ring_open`, `ring_too_short`, `ring_too_big`, `ring_crosses_antimeridian`,
    `ring_flat`, `ring_crosses_itself`, `hole_outside`.
    """
    if len(rings) - 1 > POLYGON_HOLES_MAX or sum(map(len, rings)) > POLYGON_POINTS_MAX:
        raise RingFault(
            "ring_too_big",
            f"{sum(map(len, rings))} points in {len(rings)} rings; at most {POLYGON_POINTS_MAX} points and "
            f"{POLYGON_HOLES_MAX} holes are allowed: simplify the polygon",
        )
    for number, ring in enumerate(rings):
        _check_shape(ring, _name(number))
    _check_crossings(rings)
    for number, hole in enumerate(rings[1:], 1):
        if not _touches_inside(rings[0], hole):
            raise RingFault("hole_outside", f"{_name(number)} lies outside the exterior ring: remove it")


def _check_shape(ring: Sequence[Point], name: str) -> None:
    if len(ring) < RING_POINTS_MIN:
        raise RingFault("ring_too_short", f"{name} has {len(ring)} points; a triangle has 4, the first one twice")
    if ring[0] != ring[-1]:
        raise RingFault("ring_open", f"{name} does not end where it starts: repeat its first point at the end")
    if len(set(ring)) < RING_POINTS_MIN - 1:
        raise RingFault("ring_too_short", f"{name} has {len(set(ring))} different points, at least 3 are needed")
    west, south, east, north = ring_bounds(tuple(ring))
    if east - west > 180 * 10**7:
        raise RingFault(
            "ring_crosses_antimeridian",
            f"{name} jumps across longitude 180: split the polygon there into two checkpoints",
        )
    if max(east - west, north - south) > POLYGON_EXTENT_E7_MAX:
        raise RingFault(
            "ring_too_big", f"{name} is wider than {POLYGON_EXTENT_E7_MAX // 10**7} degrees: draw a smaller area"
        )
    if sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring)) == 0:
        raise RingFault(
            "ring_flat", f"{name} encloses no area: its points lie on a line or it crosses itself in an eight"
        )


def _check_crossings(rings: Sequence[Sequence[Point]]) -> None:
    """Sweep from west to east: only edges whose longitudes overlap are compared."""
    edges: list[Edge] = []
    for number, ring in enumerate(rings):
        for i, (a, b) in enumerate(pairwise(ring)):
            if a != b:  # a doubled point is harmless
                edges.append((min(a[0], b[0]), number, i, a, b))
    edges.sort()
    alive: list[Edge] = []
    for edge in edges:
        alive = [other for other in alive if max(other[3][0], other[4][0]) >= edge[0]]
        for other in alive:
            if _collide(edge, other):
                where = edge[3]
                raise RingFault(
                    "ring_crosses_itself",
                    f"{_name(edge[1])}, edge {edge[2]}, near longitude {_degrees(where[0])}, latitude "
                    f"{_degrees(where[1])}, crosses or overlaps {_name(other[1])}, edge {other[2]}: redraw it",
                )
        alive.append(edge)


def _collide(one: Edge, two: Edge) -> bool:
    """Whether two edges share more than one end point."""
    a, b, c, d = one[3], one[4], two[3], two[4]
    shared = {a, b} & {c, d}
    if len(shared) == 2:
        return True
    if len(shared) == 1:
        # They go on from the same corner; only folding back onto each other is a fault.
        (corner,) = shared
        end, other = (b if a == corner else a), (d if c == corner else c)
        return side(corner, end, other) == 0 and _between(corner, end, other)
    return _cross(a, b, c, d)


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    s1, s2, s3, s4 = side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)
    if (s1 > 0) != (s2 > 0) and (s3 > 0) != (s4 > 0) and 0 not in {s1, s2, s3, s4}:
        return True
    return (
        (s1 == 0 and _in_box(a, b, c))
        or (s2 == 0 and _in_box(a, b, d))
        or (s3 == 0 and _in_box(c, d, a))
        or (s4 == 0 and _in_box(c, d, b))
    )


def _between(corner: Point, end: Point, other: Point) -> bool:
    """Whether two collinear edges leave their corner in the same direction."""
    return (end[0] - corner[0]) * (other[0] - corner[0]) + (end[1] - corner[1]) * (other[1] - corner[1]) > 0


def _in_box(a: Point, b: Point, p: Point) -> bool:
    return min(a[0], b[0]) <= p[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= p[1] <= max(a[1], b[1])


def _touches_inside(exterior: Sequence[Point], hole: Sequence[Point]) -> bool:
    """Whether a hole that crosses nothing lies within the exterior."""
    return all(ring_side(tuple(exterior), lon, lat) >= 0 for lon, lat in hole)


def _name(number: int) -> str:
    return "the exterior ring" if number == 0 else f"hole {number}"


def _degrees(e7: int) -> str:
    """Degrees with five decimals, about a metre."""
    sign = "-" if e7 < 0 else ""
    return f"{sign}{abs(e7) // 10**7}.{abs(e7) % 10**7 // 100:05d}"
