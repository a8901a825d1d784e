"""What the store's tests share: files, both spatial routes, and real shapes."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from client_core.store.database import Database
from client_core.store.errors import SpatialiteError
from client_core.store.geometry_blob import Geometry, MultiPolygon, Point, Polygon


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a store may be made."""
    return tmp_path / "device.wayfold"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    """A new store that needs no extension."""
    with Database.open(path, spatialite="registered") as opened:
        yield opened


@pytest.fixture(scope="session")
def extension() -> Iterator[sqlite3.Connection]:
    """A connection with the real mod_spatialite; it must be there in CI."""
    try:
        opened = Database.open(":memory:", spatialite="require")
    except SpatialiteError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    with opened:
        yield opened.connection


@pytest.fixture(scope="session")
def registered() -> Iterator[sqlite3.Connection]:
    """A connection with our own functions."""
    with Database.open(":memory:", spatialite="registered") as opened:
        yield opened.connection


@pytest.fixture(scope="session")
def real_shapes() -> Callable[[str], list[Geometry]]:
    """Geometries of a GeoJSON file of the shared data's `poi` folder."""

    def load(name: str) -> list[Geometry]:
        folder = os.environ.get("WAYFOLD_DATA")
        if not folder:
            pytest.skip("WAYFOLD_DATA is not set: the recorded places are not in the repository")
        text = (Path(folder) / "poi" / name).read_text(encoding="utf-8")
        return [_geometry(feature["geometry"]) for feature in json.loads(text)["features"]]

    return load


def _geometry(found: dict[str, Any]) -> Geometry:
    coordinates = found["coordinates"]
    if found["type"] == "Point":
        return Point(float(coordinates[0]), float(coordinates[1]))
    if found["type"] == "Polygon":
        return _polygon(coordinates)
    assert found["type"] == "MultiPolygon", found["type"]
    return MultiPolygon(tuple(_polygon(rings) for rings in coordinates))


def _polygon(rings: Any) -> Polygon:
    return Polygon(tuple(tuple((float(lon), float(lat)) for lon, lat, *_ in ring) for ring in rings))
