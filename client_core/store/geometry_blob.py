"""Geometry as bytes: SpatiaLite's internal BLOB and well-known binary (WKB).

The BLOB (SpatiaLite, "BLOB-Geometry"), little-endian as every writer makes it:

    offset  bytes  field
    0       1      0x00
    1       1      1, little-endian (0 is read too)
    2       4      SRID
    6       32     box: min x, min y, max x, max y
    38      1      0x7C
    39      4      class: 1 point, 3 polygon, 6 multipolygon
    43      …      coordinates; a polygon counts its rings, a ring its points
    last    1      0xFE

Each polygon of a multipolygon is preceded by 0x69 and its class. WKB (OGC
06-103r4) holds the same coordinates after a byte order and a class. Points
are longitude, latitude in degrees. Two dimensions only: others, and SpatiaLite's
optional "tiny points", are refused.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from math import inf, isfinite

import msgspec

WGS84 = 4326

POINT, POLYGON, MULTIPOLYGON = 1, 3, 6

_START, _MBR_END, _ENTITY, _END = 0x00, 0x7C, 0x69, 0xFE
_HEADER = struct.Struct("<BBi4dBi")
_POINT = struct.Struct("<2d")
_COUNT = struct.Struct("<i")
_COORDINATES_AT = 39
_POINT_BLOB = struct.Struct("<BBi4dBi2dB")

Position = tuple[float, float]
Ring = tuple[Position, ...]
Box = tuple[float, float, float, float]
"""West, south, east, north (min x, min y, max x, max y)."""


class GeometryError(ValueError):
    """Bytes or coordinates that are no geometry of these kinds."""

    code = "geometry_malformed"


class Point(msgspec.Struct, frozen=True, tag=True):
    """One position in degrees."""

    lon: float
    lat: float


class Polygon(msgspec.Struct, frozen=True, tag=True):
    """An outer ring and its holes; each ring is closed (its last position is its first)."""

    rings: tuple[Ring, ...]


class MultiPolygon(msgspec.Struct, frozen=True, tag=True):
    """Several polygons that are one shape."""

    polygons: tuple[Polygon, ...]


Geometry = Point | Polygon | MultiPolygon


def encode_blob(geometry: Geometry, srid: int = WGS84) -> bytes:
    """The SpatiaLite BLOB of a geometry, byte for byte what the extension writes."""
    if isinstance(geometry, Point):
        lon, lat = geometry.lon, geometry.lat
        return _POINT_BLOB.pack(_START, 1, srid, lon, lat, lon, lat, _MBR_END, POINT, lon, lat, _END)
    kind = POLYGON if isinstance(geometry, Polygon) else MULTIPOLYGON
    parts = [_HEADER.pack(_START, 1, srid, *box_of(geometry), _MBR_END, kind)]
    if isinstance(geometry, Polygon):
        _put_polygon(parts, geometry)
    else:
        parts.append(_COUNT.pack(len(geometry.polygons)))
        for polygon in geometry.polygons:
            parts.append(struct.pack("<Bi", _ENTITY, POLYGON))
            _put_polygon(parts, polygon)
    parts.append(bytes((_END,)))
    return b"".join(parts)


def decode_blob(blob: bytes) -> tuple[Geometry, int]:
    """The geometry and SRID of a SpatiaLite BLOB. Raises `GeometryError`."""
    _check_marks(blob)
    reader = _Reader(blob[:-1], offset=1)
    reader.byte_order()
    srid = reader.integer()
    reader.offset = _COORDINATES_AT
    return reader.geometry(mark=_ENTITY), srid


def blob_box(blob: bytes) -> Box:
    """The box that stands in a BLOB's header. Raises `GeometryError`."""
    _check_marks(blob)
    west, south, east, north = struct.unpack_from("<4d" if blob[1] else ">4d", blob, 6)
    return west, south, east, north


def encode_wkb(geometry: Geometry) -> bytes:
    """Little-endian WKB, as `AsBinary` writes it."""
    if isinstance(geometry, Point):
        return struct.pack("<Bi2d", 1, POINT, geometry.lon, geometry.lat)
    if isinstance(geometry, Polygon):
        parts = [struct.pack("<Bi", 1, POLYGON)]
        _put_polygon(parts, geometry)
        return b"".join(parts)
    polygons = b"".join(encode_wkb(polygon) for polygon in geometry.polygons)
    return struct.pack("<Bii", 1, MULTIPOLYGON, len(geometry.polygons)) + polygons


def decode_wkb(wkb: bytes) -> Geometry:
    """The geometry of WKB in either byte order. Raises `GeometryError`."""
    reader = _Reader(wkb, offset=0)
    reader.byte_order()
    return reader.geometry(mark=None)


def box_of(geometry: Geometry) -> Box:
    """The smallest box around a geometry, in degrees. Raises `GeometryError` where it is empty."""
    if isinstance(geometry, Point):
        return geometry.lon, geometry.lat, geometry.lon, geometry.lat
    polygons: Sequence[Polygon] = (geometry,) if isinstance(geometry, Polygon) else geometry.polygons
    west = south = inf
    east = north = -inf
    for polygon in polygons:
        for lon, lat in polygon.rings[0] if polygon.rings else ():
            west, east = min(west, lon), max(east, lon)
            south, north = min(south, lat), max(north, lat)
    if west > east:
        raise GeometryError("a polygon without positions has no box")
    return west, south, east, north


def _put_polygon(parts: list[bytes], polygon: Polygon) -> None:
    parts.append(_COUNT.pack(len(polygon.rings)))
    for ring in polygon.rings:
        parts.append(_COUNT.pack(len(ring)))
        parts += [_POINT.pack(lon, lat) for lon, lat in ring]


def _check_marks(blob: bytes) -> None:
    if len(blob) <= _HEADER.size or (blob[0], blob[38], blob[-1]) != (_START, _MBR_END, _END):
        raise GeometryError("no SpatiaLite geometry: its marks are missing")


class _Reader:
    """Reads from an offset on; every count is checked against the bytes that are left."""

    def __init__(self, data: bytes, offset: int) -> None:
        self.data = data
        self.offset = offset
        self.order = "<"

    def geometry(self, mark: int | None) -> Geometry:
        """A class, its coordinates, and nothing after them.

        `mark` is the byte before each polygon of a multipolygon; None is WKB,
        where a byte order stands instead.
        """
        kind = self.integer()
        geometry: Geometry
        if kind == POINT:
            geometry = Point(*self.position())
        elif kind == POLYGON:
            geometry = self.polygon()
        elif kind == MULTIPOLYGON:
            geometry = MultiPolygon(tuple(self.part(mark) for _ in range(self.count(item_bytes=9))))
        else:
            raise GeometryError(f"geometry class {kind} is none of point, polygon, multipolygon")
        if self.offset != len(self.data):
            raise GeometryError(f"{len(self.data) - self.offset} bytes follow the geometry")
        return geometry

    def part(self, mark: int | None) -> Polygon:
        if mark is None:
            self.byte_order()
        elif self.unpack("B") != (mark,):
            raise GeometryError("a part of the geometry has no mark")
        if (kind := self.integer()) != POLYGON:
            raise GeometryError(f"a multipolygon holds a part of class {kind}")
        return self.polygon()

    def polygon(self) -> Polygon:
        return Polygon(tuple(self.ring() for _ in range(self.count(item_bytes=4))))

    def ring(self) -> Ring:
        return tuple(self.position() for _ in range(self.count(item_bytes=16)))

    def position(self) -> Position:
        lon, lat = self.unpack("2d")
        if not (isfinite(lon) and isfinite(lat)):
            raise GeometryError("a coordinate is not a finite number")
        return lon, lat

    def byte_order(self) -> None:
        (order,) = self.unpack("B")
        if order not in (0, 1):
            raise GeometryError(f"byte order {order} is neither 0 nor 1")
        self.order = "<" if order else ">"

    def integer(self) -> int:
        return int(self.unpack("i")[0])

    def count(self, item_bytes: int) -> int:
        count = self.integer()
        if not 0 < count <= (len(self.data) - self.offset) // item_bytes:
            raise GeometryError(f"a count of {count} does not fit into {len(self.data)} bytes")
        return count

    def unpack(self, form: str) -> tuple[float, ...]:
        """The next values; numbers of any kind, since every int is a float to a type checker."""
        try:
            values = struct.unpack_from(self.order + form, self.data, self.offset)
        except struct.error:
            raise GeometryError(f"a geometry of {len(self.data)} bytes ends too early") from None
        self.offset += struct.calcsize(self.order + form)
        return values
