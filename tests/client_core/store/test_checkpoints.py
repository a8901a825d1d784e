"""Look-ups find exactly what the rule book's integers find when they try every checkpoint."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client_core.game.content import Package, encode_package, package_hash
from client_core.game.geometry import distance_mm, inside
from client_core.game.publish import Draft, DraftCheckpoint, publish
from client_core.game.timing import StartList
from client_core.store import checkpoints as checkpoints_module
from client_core.store.checkpoints import Checkpoints, Found, write_package
from client_core.store.database import Database
from client_core.store.device import game_number
from client_core.store.errors import DiskFullError

Position = tuple[int, int]

CLOSE_HOUR_MS = 3_600_000


def package_of(drafts: Sequence[DraftCheckpoint]) -> Package:
    draft = Draft(
        name="everywhere",
        time_zone="UTC",
        opens_at_ms=0,
        closes_at_ms=CLOSE_HOUR_MS,
        start=StartList(),
        checkpoints=tuple(drafts),
    )
    return publish(draft)


def circle(code: str, lon: float, lat: float, radius_m: float = 25.0) -> DraftCheckpoint:
    return DraftCheckpoint(code, at=(lon, lat), radius_m=radius_m)


def diamond(code: str, lon: float, lat: float, size: float) -> DraftCheckpoint:
    """A polygon around a position, cut off at the antimeridian."""
    corners = [(lon - size, lat), (lon, lat - size / 2), (lon + size, lat), (lon, lat + size / 2), (lon - size, lat)]
    ring = tuple((min(180.0, max(-180.0, x)), min(85.0, max(-85.0, y))) for x, y in corners)
    return DraftCheckpoint(code, rings=(ring,))


def stored(database: Database, package: Package, name: bytes = b"g") -> Checkpoints:
    with database.transaction() as connection:
        game_no = game_number(connection, bytes(16), name.ljust(16, b"-"), bytes(32))
        write_package(connection, game_no, package)
    return Checkpoints(database, game_no)


def all_found(package: Package, at: Position) -> list[Found]:
    """Every checkpoint with its distance, the slow way."""
    return sorted(Found(distance_mm(c.fence, *at), number) for number, c in enumerate(package.checkpoints))


def all_containing(package: Package, at: Position) -> list[int]:
    return [number for number, c in enumerate(package.checkpoints) if inside(c.fence, *at)]


def assert_exact(checkpoints: Checkpoints, package: Package, at: Position) -> None:
    everything = all_found(package, at)
    assert checkpoints.containing(*at) == all_containing(package, at)
    for count in (1, 3, len(everything) + 1):
        assert checkpoints.nearest(*at, count) == everything[:count]
    for radius_mm in (everything[0].distance_mm, 50_000, 30_000_000):
        assert checkpoints.within(*at, radius_mm) == [found for found in everything if found.distance_mm <= radius_mm]


lats = st.one_of(
    st.floats(-85, 85), st.sampled_from((-85.0, 84.9999, 85.0, 0.0)), st.floats(80, 85), st.floats(-0.001, 0.001)
)
lons = st.one_of(st.floats(-180, 180), st.floats(179.99, 180), st.floats(-180, -179.99), st.floats(11.2, 11.3))
radii = st.sampled_from((1.0, 25.0, 400.0, 10_000.0))
sizes = st.sampled_from((0.0005, 0.02, 0.9))


@st.composite
def drafts_and_positions(draw: st.DrawFn) -> tuple[list[DraftCheckpoint], list[Position]]:
    """Up to a dozen checkpoints, and positions around the earth and near some of them."""
    drafts, near = [], []
    for i in range(draw(st.integers(1, 12))):
        lon, lat = draw(lons), draw(lats)
        if draw(st.booleans()) or abs(lon) > 179.9995 or abs(lat) > 84.9:
            drafts.append(circle(str(i), lon, lat, draw(radii)))
        else:
            drafts.append(diamond(str(i), lon, lat, draw(sizes)))
        shift = draw(st.floats(-0.001, 0.001))
        near.append((lon + shift, lat - shift))
    anywhere = draw(st.lists(st.tuples(lons, st.floats(-90, 90)), min_size=1, max_size=3))
    positions = [(round((lon + 180) % 360 * 1e7) - 1_800_000_000, round(lat * 1e7)) for lon, lat in near + anywhere]
    return drafts, positions


@settings(max_examples=100, deadline=None)
@given(drafts_and_positions())
def test_all_look_ups_are_exact_anywhere_on_earth(drawn: tuple[list[DraftCheckpoint], list[Position]]) -> None:
    drafts, positions = drawn
    package = package_of(drafts)
    with Database.open(":memory:", spatialite="registered") as database:
        checkpoints = stored(database, package)
        for at in positions:
            assert_exact(checkpoints, package, at)


def test_a_circle_across_the_antimeridian_is_found_from_both_sides(database: Database) -> None:
    package = package_of([circle("taveuni", 179.9999, -16.8, 100), circle("far", 0.0, -16.8, 100)])
    checkpoints = stored(database, package)
    for lon_e7 in (1_799_995_000, 1_800_000_000, -1_800_000_000, -1_799_995_000):
        assert checkpoints.containing(lon_e7, -168_000_000) == [0]
        assert checkpoints.nearest(lon_e7, -168_000_000, 1)[0].number == 0
    assert checkpoints.containing(-1_799_900_000, -168_000_000) == []


def test_the_nearest_at_a_high_latitude_is_nearer_by_ground_and_not_by_degrees(database: Database) -> None:
    package = package_of([circle("east", 20.009, 84.0), circle("north", 20.0, 84.002)])
    checkpoints = stored(database, package)
    (nearest,) = checkpoints.nearest(200_000_000, 840_000_000, 1)
    assert package.checkpoints[nearest.number].code == "east"


def test_every_place_of_firenze_is_found_where_it_stands(database: Database) -> None:
    folder = os.environ.get("WAYFOLD_DATA")
    if not folder:
        pytest.skip("WAYFOLD_DATA is not set: the recorded places are not in the repository")
    text = (Path(folder) / "poi" / "firenze_pois.geojson").read_text(encoding="utf-8")
    places = [feature["geometry"]["coordinates"] for feature in json.loads(text)["features"]]
    package = package_of([circle(str(i), lon, lat, 20) for i, (lon, lat, *_) in enumerate(places[::4])])
    checkpoints = stored(database, package)
    for number, checkpoint in enumerate(package.checkpoints):
        metric = checkpoint.fence.metric
        at = metric.lon_e7, metric.lat_e7
        assert number in checkpoints.containing(*at)
        if number % 100 == 0:
            assert_exact(checkpoints, package, at)


def test_games_in_one_file_do_not_see_each_other(database: Database) -> None:
    at = (112_558_000, 437_696_000)
    one = stored(database, package_of([circle("a", 11.2558, 43.7696), circle("b", 11.2558, 43.7696)]), b"one")
    two = stored(database, package_of([circle("c", 11.2558, 43.7696)]), b"two")
    assert (one.containing(*at), two.containing(*at)) == ([0, 1], [0])
    assert len(one.nearest(*at, 5)) == 2
    assert two.within(*at, 1_000) == [Found(0, 0)]


def test_a_package_in_place_of_another_leaves_nothing_of_the_first(database: Database) -> None:
    first, second = package_of([circle("a", 11.0, 43.0)]), package_of([circle("b", 12.0, 44.0)])
    checkpoints = stored(database, first)
    assert checkpoints.containing(110_000_000, 430_000_000) == [0]
    with database.transaction() as connection:
        write_package(connection, 1, second)
    assert checkpoints.containing(110_000_000, 430_000_000) == []
    assert checkpoints.containing(120_000_000, 440_000_000) == [0]
    data = encode_package(second)
    assert database.rows("SELECT hash, bytes FROM package") == [(package_hash(data), data)]


def test_look_ups_stay_right_when_more_fences_are_met_than_are_kept(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints_module, "FENCES_KEPT_MAX", 3)
    package = package_of([circle(str(i), 11.0 + i * 0.001, 43.0) for i in range(10)])
    checkpoints = stored(database, package)
    for number in (0, 5, 9, 0, 1, 2, 3, 4, 0):
        assert checkpoints.containing(110_000_000 + number * 10_000, 430_000_000) == [number]


def test_a_package_that_does_not_fit_on_the_disk_leaves_the_one_before(database: Database) -> None:
    package = package_of([circle("a", 11.0, 43.0)])
    checkpoints = stored(database, package)
    row = database.row("PRAGMA page_count")
    assert row is not None
    database.rows(f"PRAGMA max_page_count = {row[0] + 2}")
    large = package_of([circle(str(i), 11.0 + i * 0.001, 43.0) for i in range(1000)])
    with pytest.raises(DiskFullError), database.transaction() as connection:
        write_package(connection, 1, large)
    assert checkpoints.nearest(110_000_000, 430_000_000, 9) == [Found(0, 0)]
    assert database.row("SELECT hash FROM package") == (package_hash(encode_package(package)),)
