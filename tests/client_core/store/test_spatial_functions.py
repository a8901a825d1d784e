"""Both routes of the spatial SQL functions give the same answers."""

from __future__ import annotations

import math
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from client_core.store import spatial_functions
from client_core.store.database import Database
from client_core.store.errors import SpatialiteError
from client_core.store.geometry_blob import Geometry, MultiPolygon, Point, Polygon, box_of, encode_blob, encode_wkb

RELATIONS = (
    "SELECT ST_Contains(?1, ?2), ST_Contains(?2, ?1), ST_Within(?1, ?2), ST_Intersects(?1, ?2), ST_Distance(?1, ?2)"
)

Shapes = Callable[[str], list[Geometry]]

small = st.integers(-6, 6)
fine = st.integers(-20_000_000, 20_000_000)


def star(centre: tuple[int, int], radii: list[int], unit: float) -> Polygon:
    """A polygon around a centre, with one corner a direction: never crossing itself."""
    turn = 2 * math.pi / len(radii)
    corners = [
        (centre[0] + round(r * math.cos(i * turn)), centre[1] + round(r * math.sin(i * turn)))
        for i, r in enumerate(radii)
    ]
    return Polygon((tuple((x * unit, y * unit) for x, y in (*corners, corners[0])),))


def box(west: int, south: int, width: int, height: int, hole: bool) -> Polygon:
    """A rectangle of whole degrees, perhaps with a hole that leaves a rim of 1."""

    def ring(w: int, s: int, e: int, n: int) -> tuple[tuple[float, float], ...]:
        return tuple((float(x), float(y)) for x, y in ((w, s), (e, s), (e, n), (w, n), (w, s)))

    outer = ring(west, south, west + width, south + height)
    if not hole or width < 3 or height < 3:
        return Polygon((outer,))
    return Polygon((outer, ring(west + 1, south + 1, west + width - 1, south + height - 1)))


boxes = st.builds(box, small, small, st.integers(1, 6), st.integers(1, 6), st.booleans())
stars = st.builds(
    star, st.tuples(fine, fine), st.lists(st.integers(1_000_000, 30_000_000), min_size=3, max_size=12), st.just(1e-7)
)
fine_points = st.builds(lambda x, y: Point(x * 1e-7, y * 1e-7), fine, fine)
grid_points = st.builds(lambda x, y: Point(float(x), float(y)), small, small)


@st.composite
def double_boxes(draw: st.DrawFn) -> MultiPolygon:
    """Two rectangles that do not touch."""
    first = draw(boxes)
    east = max(lon for lon, _ in first.rings[0])
    second = box(
        int(east) + draw(st.integers(1, 3)), draw(small), draw(st.integers(1, 4)), draw(st.integers(1, 4)), False
    )
    return MultiPolygon((first, second))


grid_shapes = st.one_of(boxes, double_boxes(), grid_points)
fine_shapes = st.one_of(stars, fine_points)


def valid(extension: sqlite3.Connection, blob: bytes) -> bool:
    return bool(extension.execute("SELECT ST_IsValid(?)", (blob,)).fetchone() == (1,))


def assert_same(
    extension: sqlite3.Connection, registered: sqlite3.Connection, one: bytes, other: bytes
) -> tuple[int, int, int, int, float]:
    """Both routes agree; what they say (contains, is contained, within, intersects, distance)."""
    *expected, distance = extension.execute(RELATIONS, (one, other)).fetchone()
    *found, our_distance = registered.execute(RELATIONS, (one, other)).fetchone()
    assert found == expected
    assert our_distance == pytest.approx(distance, rel=1e-12, abs=0)
    return (*found, our_distance)


@settings(max_examples=300)
@given(grid_shapes, grid_shapes)
def test_shapes_that_share_corners_and_edges_relate_alike(
    extension: sqlite3.Connection, registered: sqlite3.Connection, one: Geometry, other: Geometry
) -> None:
    assert_same(extension, registered, encode_blob(one), encode_blob(other))


@settings(max_examples=300)
@given(fine_shapes, fine_shapes)
def test_shapes_in_general_position_relate_alike(
    extension: sqlite3.Connection, registered: sqlite3.Connection, one: Geometry, other: Geometry
) -> None:
    blobs = encode_blob(one), encode_blob(other)
    assume(all(valid(extension, blob) for blob in blobs))
    assert_same(extension, registered, *blobs)


@settings(max_examples=100)
@given(boxes, st.data())
def test_a_point_on_an_edge_or_corner_is_met_but_not_contained(
    extension: sqlite3.Connection, registered: sqlite3.Connection, shape: Polygon, data: st.DataObject
) -> None:
    ring = data.draw(st.sampled_from(shape.rings))
    at = data.draw(st.integers(0, len(ring) - 2))
    corner, middle = Point(*ring[at]), Point((ring[at][0] + ring[at + 1][0]) / 2, (ring[at][1] + ring[at + 1][1]) / 2)
    for point in (corner, middle):
        found = assert_same(extension, registered, encode_blob(shape), encode_blob(point))
        assert found == (0, 0, 0, 1, 0.0)


def compare(
    extension: sqlite3.Connection, registered: sqlite3.Connection, pairs: Iterable[tuple[bytes, bytes]]
) -> Counter[str]:
    """Assert equality for all pairs; count what was met, so that a test knows it saw something."""
    seen: Counter[str] = Counter()
    for one, other in pairs:
        contains, contained, _, meets, _ = assert_same(extension, registered, one, other)
        seen.update(pairs=1, contained=contains or contained, meets=meets)
    return seen


def test_the_parks_and_schools_of_firenze_relate_alike(
    extension: sqlite3.Connection, registered: sqlite3.Connection, real_shapes: Shapes
) -> None:
    shapes = [shape for shape in real_shapes("firenze_polygons.geojson") if valid(extension, encode_blob(shape))]
    assert len(shapes) > 590
    blobs = [encode_blob(shape) for shape in sorted(shapes, key=box_of)[::3]]
    near = [(one, other) for i, one in enumerate(blobs) for other in blobs[i : i + 4]]
    seen = compare(extension, registered, near)
    assert seen["meets"] > len(blobs)
    assert seen["contained"] >= len(blobs)


def test_points_of_interest_lie_in_the_same_polygons(
    extension: sqlite3.Connection, registered: sqlite3.Connection, real_shapes: Shapes
) -> None:
    margin = 0.0005
    pairs = []
    points = [(shape.lon, shape.lat) for shape in real_shapes("firenze_pois.geojson") if isinstance(shape, Point)]
    for polygon in real_shapes("firenze_polygons.geojson")[::3]:
        west, south, east, north = box_of(polygon)
        near = [
            Point(lon, lat)
            for lon, lat in points
            if west - margin < lon < east + margin and south - margin < lat < north + margin
        ]
        pairs += [(encode_blob(polygon), encode_blob(point)) for point in near[:25]]
    seen = compare(extension, registered, pairs)
    assert seen["pairs"] > 900
    assert seen["contained"] > 100


def test_multipolygons_of_helsinki_relate_alike(
    extension: sqlite3.Connection, registered: sqlite3.Connection, real_shapes: Shapes
) -> None:
    areas = [encode_blob(shape) for shape in real_shapes("helsinki_areas.geojson")]
    points = [encode_blob(shape) for shape in real_shapes("helsinki_pois.geojson")[::40]]
    assert compare(extension, registered, product(areas, areas))["contained"] >= len(areas)
    assert compare(extension, registered, product(areas, points))["meets"] > 5


def test_real_blobs_wkb_and_boxes_are_equal(
    extension: sqlite3.Connection, registered: sqlite3.Connection, real_shapes: Shapes
) -> None:
    sql = (
        "SELECT g, AsBinary(g), MbrMinX(g), MbrMinY(g), MbrMaxX(g), MbrMaxY(g),"
        " GeometryType(g), Srid(g), ST_X(g), ST_Y(g) FROM (SELECT GeomFromWKB(?, 4326) AS g)"
    )
    count = 0
    for name in ("firenze_pois", "firenze_polygons", "helsinki_areas"):
        for shape in real_shapes(f"{name}.geojson"):
            wkb = encode_wkb(shape)
            row = registered.execute(sql, (wkb,)).fetchone()
            assert row == extension.execute(sql, (wkb,)).fetchone()
            assert row[:2] == (encode_blob(shape), wkb)
            count += 1
    assert count > 9_000


ODD_CALLS = [
    "ST_Contains(NULL, MakePoint(1, 2))",
    "ST_Within(x'00', MakePoint(1, 2))",
    "ST_Intersects(3, 'four')",
    "ST_Distance(NULL, MakePoint(1, 2))",
    "ST_Distance(x'00', MakePoint(1, 2))",
    "ST_Distance(MakePoint(0, 0, 4326), MakePoint(3, 4, 0))",
    "ST_Contains(MakePoint(0, 0, 4326), MakePoint(0, 0, 0))",
    "AsBinary(NULL)",
    "ST_AsBinary(x'01')",
    "MbrMinX(x'00')",
    "ST_MaxY(NULL)",
    "GeomFromWKB(x'00')",
    "ST_GeomFromWKB(NULL, 4326)",
    "GeomFromWKB(AsBinary(MakePoint(1, 2)), 'x')",
    "MakePoint('a', 2)",
    "MakePoint(1, 2, 4326.5)",
    "MakePoint(NULL, 1)",
    "MakePoint(1, 2)",
    "MakePoint(1.5, 2.25, 4326)",
    "ST_X(GeomFromWKB(NULL))",
    "Y(MakePoint(1, 2))",
    "Srid(MakePoint(1, 2, 4326))",
    "Srid(x'00')",
    "ST_GeometryType(MakePoint(1, 2))",
    "GeometryType(NULL)",
]


@pytest.mark.parametrize("call", ODD_CALLS)
def test_odd_arguments_get_the_same_answer(
    extension: sqlite3.Connection, registered: sqlite3.Connection, call: str
) -> None:
    assert registered.execute(f"SELECT {call}").fetchone() == extension.execute(f"SELECT {call}").fetchone()


def test_every_name_we_register_is_one_of_spatialite(extension: sqlite3.Connection) -> None:
    known = {(name.lower(), count) for name, count in extension.execute("SELECT name, narg FROM pragma_function_list")}
    for names, count, _ in spatial_functions.FUNCTIONS:
        for name in names.split():
            assert (name.lower(), count) in known or (name.lower(), -1) in known, name


def test_the_setting_forces_each_route(extension: sqlite3.Connection) -> None:
    with Database.open(":memory:", spatialite="require") as required:
        assert required.spatialite is not None
        assert required.row("SELECT spatialite_version()") == (required.spatialite,)
    with Database.open(":memory:", spatialite="auto") as automatic:
        assert automatic.spatialite is not None
    with Database.open(":memory:", spatialite="registered") as registered:
        assert registered.spatialite is None
        assert registered.row("SELECT ST_Distance(MakePoint(0, 0), MakePoint(3, 4))") == (5.0,)
        with pytest.raises(sqlite3.OperationalError, match="no such function"):
            registered.row("SELECT spatialite_version()")


def test_extension_loading_is_off_again_after_either_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    for libraries in (spatial_functions.LIBRARIES, ("no-such-library",)):
        monkeypatch.setattr(spatial_functions, "LIBRARIES", libraries)
        with Database.open(":memory:", spatialite="auto") as database:
            if hasattr(database.connection, "load_extension"):
                with pytest.raises(sqlite3.OperationalError, match="not authorized"):
                    database.connection.load_extension("mod_spatialite")


class WithoutLoading(sqlite3.Connection):
    """A connection as many Pythons build it: it has no `enable_load_extension` at all."""

    enable_load_extension = property()  # type: ignore[assignment]


def test_a_python_that_loads_no_extensions_has_the_registered_functions() -> None:
    connection = sqlite3.connect(":memory:", factory=WithoutLoading)
    assert not hasattr(connection, "enable_load_extension")
    assert spatial_functions.attach(connection, "auto", ":memory:") is None
    assert connection.execute("SELECT ST_Within(MakePoint(1, 2), MakePoint(1, 2))").fetchone() == (1,)
    with pytest.raises(SpatialiteError, match="loads no extensions"):
        spatial_functions.attach(connection, "require", ":memory:")
    connection.close()


def test_a_required_extension_that_is_missing_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spatial_functions, "LIBRARIES", ("no-such-library",))
    with pytest.raises(SpatialiteError, match="registered functions") as caught:
        Database.open(":memory:", spatialite="require")
    assert caught.value.code == "spatialite_missing"
    with Database.open(":memory:", spatialite="auto") as database:
        assert database.spatialite is None
