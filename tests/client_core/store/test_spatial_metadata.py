"""SpatiaLite and GDAL take a store for one of their own files."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from client_core.game.content import Package
from client_core.game.publish import Draft, DraftCheckpoint, publish
from client_core.game.timing import StartList
from client_core.store.checkpoints import Checkpoints, write_package
from client_core.store.database import Database
from client_core.store.device import game_number

ONLY_BY_EXTENSION = {"SpatialIndex", "ElementaryGeometries", "KNN", "KNN2"}
"""Virtual tables of modules that live in the extension; nothing of ours uses them."""


@pytest.fixture
def package() -> Package:
    """Three places of Firenze: two circles, and a polygon with a hole."""
    square = ((11.25, 43.77), (11.26, 43.77), (11.26, 43.78), (11.25, 43.78), (11.25, 43.77))
    hole = ((11.253, 43.773), (11.256, 43.773), (11.256, 43.776), (11.253, 43.773))
    draft = Draft(
        name="Firenze",
        time_zone="Europe/Rome",
        opens_at_ms=0,
        closes_at_ms=3_600_000,
        start=StartList(),
        checkpoints=(
            DraftCheckpoint("D", "Duomo", 10, at=(11.2560, 43.7731), radius_m=40),
            DraftCheckpoint("P", "Ponte Vecchio", 20, at=(11.2531, 43.7680), radius_m=25),
            DraftCheckpoint("G", "Giardino", 30, rings=(square, hole)),
        ),
    )
    return publish(draft)


@pytest.fixture
def written(path: Path, package: Package) -> Path:
    """A closed store with that game, written without the extension."""
    with Database.open(path, spatialite="registered") as database, database.transaction() as connection:
        write_package(connection, game_number(connection, bytes(16), bytes(16), bytes(32)), package)
    return path


@pytest.fixture
def spatial(extension: sqlite3.Connection, written: Path) -> Iterator[Database]:
    """The same file, opened with the extension."""
    with Database.open(written, spatialite="require") as database:
        yield database


def test_tables_and_views_have_the_columns_that_spatialite_gives_them(
    extension: sqlite3.Connection, database: Database
) -> None:
    with Database.open(":memory:", spatialite="require") as made:
        theirs = sqlite3.connect(":memory:", isolation_level=None)
        theirs.enable_load_extension(True)
        theirs.load_extension("mod_spatialite")
        theirs.execute("SELECT InitSpatialMetaData(1, 'WGS84_ONLY')")
        names = {name for (name,) in theirs.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")}
        assert len(names) > 25
        for name in names - ONLY_BY_EXTENSION:
            columns = f"SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_info('{name}')"
            keys = f'SELECT "table", "from", "to", on_delete FROM pragma_foreign_key_list(\'{name}\') ORDER BY 1, 2'
            assert made.rows(columns) == theirs.execute(columns).fetchall(), name
            assert made.rows(keys) == theirs.execute(keys).fetchall(), name
        for table in ("spatial_ref_sys", "spatial_ref_sys_aux"):
            rows = f"SELECT * FROM {table} WHERE srid IN (-1, 0, 4326)"
            assert database.rows(rows) == theirs.execute(rows).fetchall()
        theirs.close()


def test_spatialite_knows_the_layout_and_finds_the_index_right(spatial: Database) -> None:
    assert spatial.rows("SELECT CheckSpatialMetaData(), CheckSpatialIndex('checkpoint', 'geometry')") == [(3, 1)]
    assert spatial.rows("SELECT CheckSpatialIndex()") == [(1,)]


def test_spatialite_reads_every_geometry_as_valid_and_as_published(spatial: Database) -> None:
    rows = spatial.rows(
        "SELECT ST_IsValid(geometry), GeometryType(geometry), ST_Srid(geometry), ST_AsText(geometry) FROM checkpoint"
    )
    assert [row[:3] for row in rows] == [(1, "POINT", 4326), (1, "POINT", 4326), (1, "POLYGON", 4326)]
    assert rows[0][3] == "POINT(11.256 43.7731)"
    assert rows[2][3].startswith("POLYGON((11.25 43.77, 11.26 43.77, ")


def test_a_damaged_index_is_noticed_and_recovered_and_ours_go_on(spatial: Database, package: Package) -> None:
    spatial.rows("DELETE FROM idx_checkpoint_geometry WHERE pkid = 2")
    assert spatial.rows("SELECT CheckSpatialIndex('checkpoint', 'geometry')") == [(0,)]
    assert spatial.rows("SELECT RecoverSpatialIndex('checkpoint', 'geometry')") == [(1,)]
    assert spatial.rows("SELECT CheckSpatialIndex('checkpoint', 'geometry')") == [(1,)]
    path = spatial.path
    spatial.close()
    with Database.open(path, spatialite="registered") as database:
        assert [found.number for found in Checkpoints(database, 1).nearest(112_531_000, 437_680_000, 1)] == [1]
        with database.transaction() as connection:
            write_package(connection, 1, package)
        assert database.rows("SELECT count(*) FROM idx_checkpoint_geometry") == [(3,)]


def test_triggers_keep_the_index_for_a_writer_with_no_functions_at_all(
    extension: sqlite3.Connection, written: Path
) -> None:
    bare = sqlite3.connect(written, isolation_level=None)
    copied = "code, name, points, radius_mm, lon_e7, lat_e7, west_e7, south_e7, east_e7, north_e7, fence, geometry"
    bare.execute(f"INSERT INTO checkpoint (game_no, number, {copied}) SELECT 1, number + 10, {copied} FROM checkpoint")
    bare.execute("DELETE FROM checkpoint WHERE number = 1")
    with pytest.raises(sqlite3.IntegrityError, match="never moves"):
        bare.execute("UPDATE checkpoint SET lon_e7 = 0 WHERE number = 0")
    bare.close()
    with Database.open(written, spatialite="require") as database:
        assert database.rows("SELECT count(*) FROM idx_checkpoint_geometry") == [(5,)]
        assert database.rows("SELECT CheckSpatialIndex('checkpoint', 'geometry')") == [(1,)]
    with Database.open(written, spatialite="registered") as database:
        assert Checkpoints(database, 1).containing(112_531_000, 437_680_000) == [11]


@pytest.mark.parametrize("route", ["require", "registered"])
def test_spatial_sql_over_the_index_gives_the_same_rows_by_both_routes(
    extension: sqlite3.Connection, written: Path, route: str
) -> None:
    sql = (
        "SELECT c.code FROM idx_checkpoint_geometry i JOIN checkpoint c ON c.id = i.pkid"
        " WHERE i.xmin <= ?1 AND i.xmax >= ?1 AND i.ymin <= ?2 AND i.ymax >= ?2"
        " AND ST_Intersects(c.geometry, MakePoint(?1, ?2, 4326))"
    )
    with Database.open(written, spatialite="require" if route == "require" else "registered") as database:
        assert database.rows(sql, (11.2515, 43.7785)) == [("G",)]
        assert database.rows(sql, (11.2550, 43.7738)) == []  # in the garden's hole


def test_gdal_in_a_process_of_its_own_sees_the_layer_its_shapes_and_its_fields(written: Path) -> None:
    # GDAL brings its own SQLite, and two of them in one process would break each other's locks.
    program = """if True:
        import json, sys
        import pyogrio.raw
        layers = [list(map(str, layer)) for layer in pyogrio.list_layers(sys.argv[1])]
        info = pyogrio.read_info(sys.argv[1], layer="checkpoint")
        meta, _, shapes, fields = pyogrio.raw.read(
            sys.argv[1], layer="checkpoint", bbox=(11.2525, 43.7675, 11.2535, 43.7685)
        )
        near = dict(zip(meta["fields"], (column[0] for column in fields)))
        print(json.dumps({
            "layers": layers, "crs": info["crs"], "count": info["features"], "bounds": info["total_bounds"],
            "driver": info["driver"], "fields": list(info["fields"]),
            "near": [len(shapes), bytes(shapes[0]).hex(), near["code"], near["name"], int(near["points"])],
        }))
    """
    done = subprocess.run([sys.executable, "-c", program, written], check=True, capture_output=True, text=True)
    seen = json.loads(done.stdout)
    assert [layer for layer in seen["layers"] if layer[1] != "None"] == [["checkpoint", "Unknown"]]
    assert (seen["driver"], seen["crs"], seen["count"]) == ("SQLite", "EPSG:4326", 3)
    assert seen["bounds"] == pytest.approx([11.25, 43.768, 11.26, 43.78])
    assert {"number", "code", "name", "points", "radius_mm"} <= set(seen["fields"])
    with Database.open(written, spatialite="registered") as database:
        (wkb,) = database.row("SELECT AsBinary(geometry) FROM checkpoint WHERE code = 'P'") or (None,)
    assert seen["near"] == [1, wkb.hex(), "P", "Ponte Vecchio", 20]
