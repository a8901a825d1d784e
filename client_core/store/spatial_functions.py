"""Spatial SQL functions by two routes: SpatiaLite's own, or ours under the same names.

`mod_spatialite` is loaded through the API where Python and machine have it.
Many have not (most pyenv builds, every browser): there the functions below are
registered, with the same answers for the same BLOBs. Nothing of the store
needs either to write or to find a checkpoint; they serve people's SQL.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Literal

from client_core.store import planar
from client_core.store.errors import SpatialiteError
from client_core.store.geometry_blob import (
    Geometry,
    GeometryError,
    Point,
    blob_box,
    decode_blob,
    decode_wkb,
    encode_blob,
    encode_wkb,
)

Spatialite = Literal["auto", "require", "registered"]
"""`require` the extension, use the `registered` functions, or take what is there."""

LIBRARIES = (
    "mod_spatialite",
    "mod_spatialite.so.8",
    "mod_spatialite.so.7",
    "mod_spatialite.dylib",
    "/opt/homebrew/lib/mod_spatialite",
    "/usr/local/lib/mod_spatialite",
)
"""Names to try: the loader's own search, Debian's versioned names, Homebrew's folders."""

Value = int | float | str | bytes | None


def attach(connection: sqlite3.Connection, route: Spatialite, path: str) -> str | None:
    """Give the connection its spatial functions; the extension's version, or None for ours.

    Raises `SpatialiteError` where the extension is required and not there.
    """
    if route != "registered":
        trouble = _load(connection)
        if trouble is None:
            (version,) = connection.execute("SELECT spatialite_version()").fetchone()
            return str(version)
        if route == "require":
            raise SpatialiteError(path, trouble)
    register(connection)
    return None


def register(connection: sqlite3.Connection) -> None:
    """Register this module's functions under SpatiaLite's names."""
    for names, arguments, function in FUNCTIONS:
        for name in names.split():
            connection.create_function(name, arguments, function, deterministic=True)


def _load(connection: sqlite3.Connection) -> str | None:
    """Load the extension; None, or the reason why it cannot be. Loading is switched off again at once."""
    enable = getattr(connection, "enable_load_extension", None)
    if enable is None:
        return "this Python's sqlite3 loads no extensions"
    try:
        enable(True)
    except sqlite3.Error as error:
        return str(error)
    trouble = "no library found"
    try:
        for library in LIBRARIES:
            try:
                connection.load_extension(library)
            except sqlite3.Error as error:
                trouble = str(error)
            else:
                return None
    finally:
        enable(False)
    return trouble


def _geometry(value: Value) -> Geometry | None:
    """The geometry of a BLOB; None for anything else, as SpatiaLite does."""
    try:
        return decode_blob(value)[0] if isinstance(value, bytes) else None
    except GeometryError:
        return None


def _make_point(lon: Value, lat: Value, srid: Value = 0) -> bytes | None:
    if not isinstance(lon, int | float) or not isinstance(lat, int | float) or not isinstance(srid, int):
        return None
    return encode_blob(Point(float(lon), float(lat)), srid)


def _from_wkb(wkb: Value, srid: Value = 0) -> bytes | None:
    try:
        return encode_blob(decode_wkb(wkb), srid) if isinstance(wkb, bytes) and isinstance(srid, int) else None
    except GeometryError:
        return None


def _as_binary(blob: Value) -> bytes | None:
    geometry = _geometry(blob)
    return None if geometry is None else encode_wkb(geometry)


def _geometry_type(blob: Value) -> str | None:
    geometry = _geometry(blob)
    return None if geometry is None else type(geometry).__name__.upper()


def _srid(blob: Value) -> int | None:
    return decode_blob(blob)[1] if isinstance(blob, bytes) and _geometry(blob) is not None else None


def _coordinate(axis: Literal["lon", "lat"]) -> Callable[[Value], float | None]:
    def coordinate(blob: Value) -> float | None:
        geometry = _geometry(blob)
        return getattr(geometry, axis) if isinstance(geometry, Point) else None

    return coordinate


def _box(side: int) -> Callable[[Value], float | None]:
    def edge(blob: Value) -> float | None:
        return blob_box(blob)[side] if isinstance(blob, bytes) and _geometry(blob) is not None else None

    return edge


def _predicate(decide: Callable[[Geometry, Geometry], bool]) -> Callable[[Value, Value], int]:
    """1 or 0, and SpatiaLite's -1 where an argument is no geometry."""

    def predicate(one: Value, other: Value) -> int:
        a, b = _geometry(one), _geometry(other)
        return -1 if a is None or b is None else int(decide(a, b))

    return predicate


def _distance(one: Value, other: Value) -> float | None:
    a, b = _geometry(one), _geometry(other)
    return None if a is None or b is None else planar.distance(a, b)


def _within(a: Geometry, b: Geometry) -> bool:
    return planar.contains(b, a)


FUNCTIONS: tuple[tuple[str, int, Callable[..., Value]], ...] = (
    ("MakePoint", 2, _make_point),
    ("MakePoint", 3, _make_point),
    ("GeomFromWKB ST_GeomFromWKB", 1, _from_wkb),
    ("GeomFromWKB ST_GeomFromWKB", 2, _from_wkb),
    ("AsBinary ST_AsBinary", 1, _as_binary),
    ("GeometryType ST_GeometryType", 1, _geometry_type),
    ("Srid ST_Srid", 1, _srid),
    ("ST_X X", 1, _coordinate("lon")),
    ("ST_Y Y", 1, _coordinate("lat")),
    ("MbrMinX ST_MinX", 1, _box(0)),
    ("MbrMinY ST_MinY", 1, _box(1)),
    ("MbrMaxX ST_MaxX", 1, _box(2)),
    ("MbrMaxY ST_MaxY", 1, _box(3)),
    ("Contains ST_Contains", 2, _predicate(planar.contains)),
    ("Within ST_Within", 2, _predicate(_within)),
    ("Intersects ST_Intersects", 2, _predicate(planar.intersects)),
    ("Distance ST_Distance", 2, _distance),
)
"""SpatiaLite's names, number of arguments, and the function that answers."""
