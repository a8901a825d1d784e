"""Our codec writes the bytes that SpatiaLite writes, and reads only whole geometries."""

from __future__ import annotations

import sqlite3
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_core.store.geometry_blob import (
    Geometry,
    GeometryError,
    MultiPolygon,
    Point,
    Polygon,
    Ring,
    blob_box,
    box_of,
    decode_blob,
    decode_wkb,
    encode_blob,
    encode_wkb,
)

degrees = st.integers(-1_800_000_000, 1_800_000_000).map(lambda e7: e7 / 1e7)
positions = st.tuples(degrees, degrees)
rings = st.lists(positions, min_size=3, max_size=9).map(lambda ring: (*ring, ring[0]))
polygons = st.lists(rings, min_size=1, max_size=3).map(lambda found: Polygon(tuple(found)))
geometries = st.one_of(
    positions.map(lambda position: Point(*position)),
    polygons,
    st.lists(polygons, min_size=1, max_size=3).map(lambda found: MultiPolygon(tuple(found))),
)
srids = st.sampled_from((-1, 0, 4326, 32632))

SQUARE = Polygon(
    (((0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0), (0.0, 0.0)), ((1.0, 1.0), (1.0, 2.0), (2.0, 2.0), (1.0, 1.0)))
)


def wkt(geometry: Geometry) -> str:
    """Well-known text with every digit of every coordinate."""

    def ring_text(ring: Ring) -> str:
        return "(" + ", ".join(f"{lon!r} {lat!r}" for lon, lat in ring) + ")"

    def polygon_text(polygon: Polygon) -> str:
        return "(" + ", ".join(map(ring_text, polygon.rings)) + ")"

    if isinstance(geometry, Point):
        return f"POINT({geometry.lon!r} {geometry.lat!r})"
    if isinstance(geometry, Polygon):
        return f"POLYGON{polygon_text(geometry)}"
    return "MULTIPOLYGON(" + ", ".join(map(polygon_text, geometry.polygons)) + ")"


@given(geometries, srids)
def test_a_geometry_survives_blob_and_wkb(geometry: Geometry, srid: int) -> None:
    assert decode_blob(encode_blob(geometry, srid)) == (geometry, srid)
    assert decode_wkb(encode_wkb(geometry)) == geometry
    assert blob_box(encode_blob(geometry, srid)) == box_of(geometry)


@given(geometries, srids)
def test_blob_wkb_and_box_are_those_of_mod_spatialite(
    extension: sqlite3.Connection, geometry: Geometry, srid: int
) -> None:
    sql = "SELECT g, AsBinary(g), MbrMinX(g), MbrMinY(g), MbrMaxX(g), MbrMaxY(g) FROM (SELECT GeomFromWKB(?, ?) AS g)"
    blob, wkb, *box = extension.execute(sql, (encode_wkb(geometry), srid)).fetchone()
    assert (encode_blob(geometry, srid), encode_wkb(geometry), list(box_of(geometry))) == (blob, wkb, box)


@pytest.mark.parametrize(
    "geometry",
    [
        Point(11.2558, 43.7696),
        SQUARE,
        MultiPolygon((SQUARE, Polygon((((9.0, 9.0), (9.5, 9.0), (9.5, 9.25), (9.0, 9.0)),)))),
    ],
    ids=lambda geometry: type(geometry).__name__,
)
def test_text_read_by_mod_spatialite_gives_our_blob(extension: sqlite3.Connection, geometry: Geometry) -> None:
    assert extension.execute("SELECT ST_GeomFromText(?, 4326)", (wkt(geometry),)).fetchone() == (encode_blob(geometry),)


def test_big_endian_bytes_are_read_too() -> None:
    big_wkb = struct.pack(">Bi2d", 0, 1, 11.25, 43.75)
    box = (11.25, 43.75, 11.25, 43.75)
    big_blob = struct.pack(">BBi4dBi2dB", 0, 0, 4326, *box, 0x7C, 1, 11.25, 43.75, 0xFE)
    assert decode_wkb(big_wkb) == Point(11.25, 43.75)
    assert decode_blob(big_blob) == (Point(11.25, 43.75), 4326)
    assert blob_box(big_blob) == box


@given(geometries, st.data())
def test_a_geometry_cut_anywhere_is_refused(geometry: Geometry, data: st.DataObject) -> None:
    blob, wkb = encode_blob(geometry), encode_wkb(geometry)
    with pytest.raises(GeometryError):
        decode_blob(blob[: data.draw(st.integers(0, len(blob) - 1))])
    with pytest.raises(GeometryError):
        decode_wkb(wkb[: data.draw(st.integers(0, len(wkb) - 1))])


@given(st.binary(max_size=120))
def test_bytes_that_are_no_geometry_raise_nothing_but_the_named_error(noise: bytes) -> None:
    for decode in (decode_blob, decode_wkb):
        try:
            decode(noise)
        except GeometryError:
            continue
        assert len(noise) >= 21


@pytest.mark.parametrize(
    ("what", "wkb"),
    [
        ("a line", struct.pack("<Bii4d", 1, 2, 2, 0, 0, 1, 1)),
        ("three dimensions", struct.pack("<Bi3d", 1, 1001, 0, 0, 0)),
        ("a count beyond the bytes", struct.pack("<Bii", 1, 3, 2**30)),
        ("a negative count", struct.pack("<Bii", 1, 3, -1)),
        ("an endless coordinate", struct.pack("<Bi2d", 1, 1, float("inf"), 0)),
        ("a coordinate that is no number", struct.pack("<Bi2d", 1, 1, float("nan"), 0)),
        ("something after it", struct.pack("<Bi2d", 1, 1, 0, 0) + b"!"),
        ("a byte order of 2", struct.pack("<Bi2d", 2, 1, 0, 0)),
        ("a point within a multipolygon", struct.pack("<BiiBi2d", 1, 6, 1, 1, 1, 0, 0)),
    ],
)
def test_wkb_of_another_kind_is_refused(what: str, wkb: bytes) -> None:
    with pytest.raises(GeometryError):
        decode_wkb(wkb)
