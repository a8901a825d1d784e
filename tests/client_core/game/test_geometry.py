"""Integer geometry against an independent geodesic, and against its own definition."""

from __future__ import annotations

import math
import random
from math import isqrt

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pyproj import Geod

from client_core.game.fences import SCALE_BITS, Circle, Metric, Polygon
from client_core.game.geometry import (
    _offset,
    bounds,
    distance_mm,
    inside,
    outside_mm,
    radius_mm,
    spacing_mm,
    sure_box,
    sure_disc,
)
from client_core.game.publish import circle, metric_at, polygon

GEOD = Geod(ellps="WGS84")
LATITUDES = (-85.0, -70.0, -33.9, 0.0, 10.0, 43.77, 51.74, 60.17, 70.0, 78.2, 85.0)

lons = st.floats(-180, 180)
lats = st.floats(-85, 85)
bearings = st.floats(0, 360)


def moved(lon: float, lat: float, bearing: float, length_m: float) -> tuple[int, int]:
    """Where one arrives, in e7."""
    x, y, _ = GEOD.fwd(lon, lat, bearing, length_m)
    return round(x * 1e7), round(y * 1e7)


def geodesic_m(a: tuple[int, int], b: tuple[int, int]) -> float:
    return float(GEOD.inv(a[0] / 1e7, a[1] / 1e7, b[0] / 1e7, b[1] / 1e7)[2])


@pytest.mark.parametrize("lat", LATITUDES)
@pytest.mark.parametrize(
    ("length_m", "error_70_m", "error_85_m"), [(50, 5e-9, 3e-8), (1_000, 1.2e-5, 2e-4), (10_000, 1.2e-2, 0.2)]
)
def test_the_metric_errs_by_nanometres_nearby(
    lat: float, length_m: float, error_70_m: float, error_85_m: float
) -> None:
    draw = random.Random(f"{lat} {length_m}")
    for _ in range(200):
        lon = draw.uniform(-180, 180)
        metric = metric_at(lon, lat)
        there = moved(lon, lat, draw.uniform(0, 360), length_m)
        east, north = _offset(metric, there[0] - metric.lon_e7, there[1] - metric.lat_e7)
        ours_m = math.hypot(east, north) / 2**SCALE_BITS / 1000
        theirs_m = geodesic_m((metric.lon_e7, metric.lat_e7), there)
        assert abs(ours_m - theirs_m) < (error_70_m if abs(lat) <= 70 else error_85_m)


@given(lon=lons, lat=lats, radius_m=st.floats(1, 10_000), east=st.floats(-1, 1), north=st.floats(-1, 1))
@example(lon=180.0, lat=85.0, radius_m=10_000.0, east=1.0, north=1.0)
@example(lon=0.0, lat=-85.0, radius_m=10_000.0, east=-1.0, north=1.0)
@example(lon=0.0, lat=0.0, radius_m=1.0, east=1.0, north=-1.0)
def test_every_position_in_the_sure_box_lies_inside(
    lon: float, lat: float, radius_m: float, east: float, north: float
) -> None:
    fence = circle(lon, lat, radius_m)
    box = sure_box(fence)
    assert box is not None
    at_lon_e7 = fence.metric.lon_e7 + round(east * (box[2] - fence.metric.lon_e7))
    at_lat_e7 = fence.metric.lat_e7 + round(north * (box[3] - fence.metric.lat_e7))
    assert inside(fence, at_lon_e7, at_lat_e7)
    assert distance_mm(fence, at_lon_e7, at_lat_e7) <= radius_mm(fence)


@given(lon=lons, lat=lats, radius_m=st.floats(1, 10_000), bearing=bearings, share=st.floats(0.9, 1.001))
@example(lon=180.0, lat=85.0, radius_m=10_000.0, bearing=45.0, share=1.0)
@example(lon=0.0, lat=-85.0, radius_m=1.0, bearing=180.0, share=1.0)
def test_every_position_in_the_sure_disc_lies_inside_and_little_else_does(
    lon: float, lat: float, radius_m: float, bearing: float, share: float
) -> None:
    fence = circle(lon, lat, radius_m)
    disc = sure_disc(fence)
    assert disc is not None
    there = moved(lon, lat, bearing, radius_m * share)
    a, b, reach = disc[2:]
    dx, dy = there[0] - disc[0], there[1] - disc[1]
    sure = (a * dx) ** 2 + (b * dy) ** 2 <= reach
    assert inside(fence, *there) or not sure
    if share < 0.97 and abs(lat) < 70 and radius_m > 5 and abs(dx) < 1_000_000_000:
        assert sure


@given(
    metric=st.builds(
        Metric,
        st.just(0),
        st.just(0),
        st.integers(0, 1 << 53),
        st.integers(-(1 << 40), 1 << 40),
        st.integers(0, 1 << 53),
        st.integers(-(1 << 40), 1 << 40),
    ),
    radius=st.integers(1_000, 10_000_000),
)
def test_a_metric_that_nobody_measured_has_no_sure_box_or_a_true_one(metric: Metric, radius: int) -> None:
    fence = Circle(metric, radius)
    box, disc = sure_box(fence), sure_disc(fence)
    if disc is not None:
        _, _, a, b, reach = disc
        dx, dy = isqrt(reach) // a, isqrt(reach) // b
        assert all(inside(fence, lon, lat) for lon, lat in ((dx, 0), (-dx, 0), (0, dy), (0, -dy)))
    if box is not None:
        assert all(inside(fence, lon, lat) for lon in (box[0], 0, box[2]) for lat in (box[1], 0, box[3]))


@given(lon=lons, lat=lats, bearing=bearings, length_m=st.floats(0, 10_000), radius_m=st.floats(1, 10_000))
@example(lon=180.0, lat=51.0, bearing=90.0, length_m=20.0, radius_m=25.0)
@example(lon=-180.0, lat=51.0, bearing=270.0, length_m=20.0, radius_m=25.0)
def test_a_circle_agrees_with_the_geodesic_everywhere(
    lon: float, lat: float, bearing: float, length_m: float, radius_m: float
) -> None:
    fence = circle(lon, lat, radius_m)
    there = moved(lon, lat, bearing, length_m)
    theirs_m = geodesic_m((fence.metric.lon_e7, fence.metric.lat_e7), there)
    tolerance_m = 0.001 + 0.2 * (theirs_m / 10_000) ** 3
    assert abs(distance_mm(fence, *there) / 1000 - theirs_m) <= tolerance_m
    if abs(theirs_m - fence.radius_mm / 1000) > tolerance_m:
        assert inside(fence, *there) == (theirs_m <= fence.radius_mm / 1000)


@given(
    lon=lons,
    lat=lats,
    dx=st.integers(-40_000, 40_000),
    dy=st.integers(-40_000, 40_000),
    radius_m=st.integers(1, 500),
)
def test_inside_means_a_distance_of_at_most_the_radius(lon: float, lat: float, dx: int, dy: int, radius_m: int) -> None:
    fence = circle(lon, lat, radius_m)
    there = fence.metric.lon_e7 + dx, fence.metric.lat_e7 + dy
    assert inside(fence, *there) == (distance_mm(fence, *there) <= fence.radius_mm)
    assert inside(fence, *there) == (outside_mm(fence, *there) == 0)


@given(lon=lons, lat=lats, bearing=bearings, radius_m=st.floats(1, 10_000))
def test_whoever_is_inside_a_circle_is_inside_its_box(lon: float, lat: float, bearing: float, radius_m: float) -> None:
    fence = circle(lon, lat, radius_m)
    x, y = moved(lon, lat, bearing, radius_m * 0.999)
    if not inside(fence, x, y):
        return
    west, south, east, north = bounds(fence)
    assert south <= y <= north
    assert any(west <= x + turn <= east for turn in (0, -3_600_000_000, 3_600_000_000))


@given(lon=lons, lat=lats, bearing=bearings, length_m=st.floats(1, 2_000))
def test_the_spacing_of_two_fixes_is_the_same_both_ways_and_right_to_a_thousandth(
    lon: float, lat: float, bearing: float, length_m: float
) -> None:
    metric = metric_at(lon, min(85, lat + 0.1))
    a, b = (round(lon * 1e7), round(lat * 1e7)), moved(lon, lat, bearing, length_m)
    assert spacing_mm(metric, a, b) == spacing_mm(metric, b, a)
    assert spacing_mm(metric, a, b) / 1000 == pytest.approx(geodesic_m(a, b), rel=1e-3, abs=0.05)


def test_a_fence_on_the_antimeridian_holds_positions_on_both_sides() -> None:
    fence = circle(179.9999, 0.0, 50)
    assert inside(fence, 1_799_999_000, 0)
    assert inside(fence, -1_799_999_000, 0)
    assert inside(fence, 1_800_000_000, 0) == inside(fence, -1_800_000_000, 0)
    assert not inside(fence, -1_799_900_000, 0)
    assert distance_mm(fence, -1_799_999_000, 0) == pytest.approx(22_264, abs=2)


@pytest.mark.parametrize(("lon", "lat"), [(0, 900_000_000), (1_800_000_000, -900_000_000), (-1_800_000_000, 0), (0, 0)])
@pytest.mark.parametrize("centre", [(11.0, 84.9), (11.0, -84.9), (-179.9, 0.1), (100.0, 45.0)])
def test_the_far_side_of_the_earth_is_outside_and_far(lon: int, lat: int, centre: tuple[float, float]) -> None:
    fence = circle(*centre, 10_000)
    if geodesic_m((fence.metric.lon_e7, fence.metric.lat_e7), (lon, lat)) > 100_000:
        assert not inside(fence, lon, lat)
        assert distance_mm(fence, lon, lat) > 50_000_000


def box(size: int = 10, *, hole: bool = False) -> Polygon:
    """A square of 2 * size units around (110000000, 430000000), perhaps with a hole of half its size."""

    def ring(half: int) -> tuple[tuple[int, int], ...]:
        x, y = 110_000_000, 430_000_000
        return (
            (x - half, y - half),
            (x + half, y - half),
            (x + half, y + half),
            (x - half, y + half),
            (x - half, y - half),
        )

    return Polygon(metric_at(11, 43), ring(size), (ring(size // 2),) if hole else ())


@pytest.mark.parametrize(
    ("dx", "dy", "plain", "holed"),
    [
        (0, 0, True, False),
        (10, 10, True, True),  # a corner
        (10, 0, True, True),  # an edge
        (0, -10, True, True),  # a horizontal edge
        (11, 0, False, False),
        (0, 11, False, False),
        (-11, -10, False, False),  # on the line of an edge, beyond its end
        (5, 0, True, True),  # on the hole's line
        (4, 0, True, False),
        (5, 5, True, True),  # the hole's corner
        (6, 5, True, True),
        (7, 10, True, True),
    ],
)
def test_a_polygons_lines_and_corners_are_inside_and_its_holes_are_not(
    dx: int, dy: int, plain: bool, holed: bool
) -> None:
    x, y = 110_000_000 + dx, 430_000_000 + dy
    assert inside(box(), x, y) == plain
    assert inside(box(hole=True), x, y) == holed


@pytest.mark.parametrize("start", range(6))
@pytest.mark.parametrize("reverse", [False, True])
def test_where_a_ring_starts_and_which_way_it_runs_makes_no_difference(start: int, reverse: bool) -> None:
    corners = [(0, 0), (8, 0), (8, 6), (5, 6), (5, 3), (0, 3)]
    turned = corners[start:] + corners[:start]
    ring = tuple(reversed([*turned, turned[0]])) if reverse else (*turned, turned[0])
    fence = Polygon(metric_at(0, 0), ring)
    grid = {(x, y) for x in range(-1, 10) for y in range(-1, 8) if inside(fence, x, y)}
    assert grid == {(x, y) for x in range(9) for y in range(4)} | {(x, y) for x in range(5, 9) for y in range(7)}


def test_the_distance_to_a_polygon_is_to_its_nearest_edge() -> None:
    corners = [(11.0, 43.0), (11.01, 43.0), (11.01, 43.01), (11.0, 43.01), (11.0, 43.0)]
    fence = polygon([corners])
    for bearing, foot, length_m in [
        (180, (11.005, 43.0), 300.0),
        (270, (11.0, 43.004), 120.0),
        (45, (11.01, 43.01), 80.0),
        (225, (11.0, 43.0), 1.0),
    ]:
        assert distance_mm(fence, *moved(*foot, bearing, length_m)) == pytest.approx(length_m * 1000, abs=20)
    assert distance_mm(fence, 110_050_000, 430_050_000) == 0
    assert radius_mm(fence) == 0


def test_inside_a_hole_the_distance_is_to_the_holes_edge() -> None:
    assert 0 < distance_mm(box(1_000, hole=True), 110_000_000, 430_000_000) <= 5_600


def test_a_position_on_the_circle_itself_is_inside() -> None:
    exact = Metric(0, 0, 10 << SCALE_BITS, 0, 10 << SCALE_BITS, 0)
    fence = Circle(exact, 1_000)
    assert inside(fence, 60, 80)
    assert distance_mm(fence, 60, 80) == 1_000
    assert not inside(fence, 61, 80)
    assert distance_mm(fence, 61, 80) == 1_007
