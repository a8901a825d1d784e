"""GeoJSON in: what becomes a checkpoint, and how every fault is named."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_core.game.publish import DraftCheckpoint
from server.formats.geojson import GEOJSON_BYTES_MAX, GeoJsonError, read_checkpoints

SQUARE = [[[11.0, 43.0], [11.001, 43.0], [11.001, 43.001], [11.0, 43.001], [11.0, 43.0]]]


def feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def point(lon: Any, lat: Any, **properties: Any) -> dict[str, Any]:
    return feature({"type": "Point", "coordinates": [lon, lat]}, **properties)


def polygon(rings: Any, **properties: Any) -> dict[str, Any]:
    return feature({"type": "Polygon", "coordinates": rings}, **properties)


def read(*features: Any) -> tuple[DraftCheckpoint, ...]:
    return read_checkpoints(json.dumps({"type": "FeatureCollection", "features": features}).encode())


def faults(*features: Any) -> list[tuple[str, str]]:
    with pytest.raises(GeoJsonError) as caught:
        read(*features)
    return [(finding.code, finding.where) for finding in caught.value.findings]


def test_points_become_circles_and_polygons_keep_their_rings() -> None:
    circle, area = read(
        point(11.25, 43.77, code="A", name="Duomo", points=30, radius=40),
        polygon(SQUARE, code=7),
    )
    assert (circle.code, circle.name, circle.points, circle.at, circle.radius_m) == (
        "A",
        "Duomo",
        30,
        (11.25, 43.77),
        40,
    )
    assert (area.code, area.at, len(area.rings[0])) == ("7", None, 5)


def test_an_altitude_is_dropped_and_a_multipolygon_of_one_is_that_polygon() -> None:
    high, single = read(
        feature({"type": "Point", "coordinates": [11.0, 43.0, 120.5]}, code="A"),
        feature({"type": "MultiPolygon", "coordinates": [SQUARE]}, code="B"),
    )
    assert high.at == (11.0, 43.0)
    assert len(single.rings) == 1


def test_names_are_composed_and_their_line_breaks_become_spaces() -> None:
    (only,) = read(point(11, 43, code="A", name="Cafe\u0301\n  Rosa"))
    assert only.name == "Caf\u00e9 Rosa"


BOW_TIE = [[[11.0, 43.0], [11.001, 43.001], [11.001, 43.0], [11.0, 43.0015], [11.0, 43.0]]]
HOLE_OUTSIDE = [SQUARE[0], [[12, 44], [12.001, 44], [12, 44.001], [12, 44]]]


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (point(11, 43), "code_missing"),
        (point(11, 43, code=""), "code_missing"),
        (point(11, 43, code=True), "property_malformed"),
        (point(11, 43, code=["A"]), "property_malformed"),
        (point(11, 43, code="A" * 33), "text_too_long"),
        (point(11, 43, code="A\u0000"), "text_character"),
        (point(11, 43, code="A", name=5), "property_malformed"),
        (point(11, 43, code="A", points=2.5), "property_malformed"),
        (point(11, 43, code="A", points="ten"), "property_malformed"),
        (point(11, 43, code="A", points=-1_000_001), "points_out_of_range"),
        (point(11, 43, code="A", points=1_000_001), "points_out_of_range"),
        (point(11, 43, code="A", radius=0.5), "radius_out_of_range"),
        (point(11, 43, code="A", radius=10_001), "radius_out_of_range"),
        (point(11, 43, code="A", radius=None), "property_malformed"),
        (point(181, 43, code="A"), "position_out_of_range"),
        (point(11, 86, code="A"), "position_out_of_range"),
        (point(43, 111, code="A"), "position_swapped"),
        (point("11", 43, code="A"), "geometry_malformed"),
        (point(10**400, 43, code="A"), "geometry_malformed"),
        (point(None, 43, code="A"), "geometry_malformed"),
        (feature(None, code="A"), "geometry_malformed"),
        (feature({"type": "Point", "coordinates": [11]}, code="A"), "geometry_malformed"),
        (feature({"type": "LineString", "coordinates": SQUARE[0]}, code="A"), "geometry_unsupported"),
        (feature({"type": "MultiPolygon", "coordinates": []}, code="A"), "geometry_malformed"),
        (polygon([], code="A"), "geometry_malformed"),
        (polygon([[]], code="A"), "ring_too_short"),
        (polygon([SQUARE[0][:4]], code="A"), "ring_open"),
        (polygon([[[11, 43], [12, 44], [11, 43]]], code="A"), "ring_too_short"),
        (polygon([[[11, 43], [11.1, 43.1], [11.2, 43.2], [11, 43]]], code="A"), "ring_flat"),
        (polygon(BOW_TIE, code="A"), "ring_crosses_itself"),
        (polygon(HOLE_OUTSIDE, code="A"), "hole_outside"),
        (polygon([[[170, 43], [-170, 43], [-170, 44], [170, 43]]], code="A"), "ring_crosses_antimeridian"),
        (polygon([[[10, 43], [13, 43], [13, 44], [10, 43]]], code="A"), "ring_too_big"),
        ({"type": "Point", "coordinates": [11, 43]}, "geojson_wrong_type"),
        ("feature", "geojson_wrong_type"),
        ({"type": "Feature", "properties": [], "geometry": None}, "code_missing"),
        ({"type": "Feature", "properties": [1], "geometry": None}, "property_malformed"),
    ],
)
def test_a_bad_feature_is_named_with_its_number_and_the_fault(bad: Any, code: str) -> None:
    found = faults(point(11, 43, code="good"), bad)
    assert [finding for finding, _ in found] == [code]
    assert found[0][1].startswith("feature 1")


def test_all_faults_of_a_file_are_reported_at_once_in_its_order() -> None:
    found = faults(point(200, 43, code="A"), point(11, 43), point(11, 43, code="B"), point(11, 43, code="B"))
    assert found == [
        ("position_out_of_range", "feature 0 (A)"),
        ("code_missing", "feature 1"),
        ("code_duplicate", "feature 3 (B)"),
    ]


def test_a_position_that_fits_only_with_its_numbers_exchanged_is_called_swapped() -> None:
    good = [point(11 + i / 1000, 43, code=str(i)) for i in range(5)]
    assert faults(*good, point(43.001, 11, code="swapped")) == [("position_swapped", "feature 5 (swapped)")]


@pytest.mark.parametrize(
    ("data", "code", "says"),
    [
        (b"", "geojson_malformed", "no JSON"),
        (b"\xff\xfe", "geojson_malformed", "no JSON"),
        (b"[" * 100_000, "geojson_malformed", "no JSON"),
        (b'{"type":"FeatureCollection","features":[NaN]}', "geojson_malformed", "NaN"),
        (b"[1]", "geojson_wrong_type", "an array"),
        (b'{"type":"Topology"}', "geojson_wrong_type", "Topology"),
        (b'{"type":"FeatureCollection"}', "geojson_malformed", "features"),
        (b'{"type":"FeatureCollection","features":[]}', "checkpoints_count", "at least one"),
        (b"<gpx/>", "geojson_malformed", "no JSON"),
    ],
)
def test_a_file_that_is_no_feature_collection_is_refused_with_what_it_is(data: bytes, code: str, says: str) -> None:
    with pytest.raises(GeoJsonError, match=says) as caught:
        read_checkpoints(data)
    assert caught.value.code == code


def test_fifty_megabytes_are_refused_at_once() -> None:
    started = time.perf_counter()
    with pytest.raises(GeoJsonError, match="at most 16 MiB") as caught:
        read_checkpoints(b" " * 50_000_000)
    assert caught.value.code == "geojson_too_big"
    assert time.perf_counter() - started < 1


def test_a_file_may_be_as_big_as_the_limit() -> None:
    data = json.dumps(point(11, 43, code="A")).encode()
    assert len(read_checkpoints(data + b" " * (GEOJSON_BYTES_MAX - len(data)))) == 1
    with pytest.raises(GeoJsonError):
        read_checkpoints(data + b" " * (GEOJSON_BYTES_MAX - len(data) + 1))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "coordinates", "code"]), inner)
    ),
    max_leaves=8,
)


@given(geometry=JSON, properties=JSON, kind=st.sampled_from(["Point", "Polygon", "MultiPolygon"]), coordinates=JSON)
def test_whatever_stands_in_a_feature_it_is_read_or_refused_by_name(
    geometry: Any, properties: Any, kind: str, coordinates: Any
) -> None:
    read_or_refused = []
    for shape in (geometry, {"type": kind, "coordinates": coordinates}):
        for holds in (properties, {"code": "A"}):
            try:
                read_or_refused.append(len(read({"type": "Feature", "geometry": shape, "properties": holds})))
            except GeoJsonError as error:
                read_or_refused.append(len(error.findings))
    assert read_or_refused == [1, 1, 1, 1]
