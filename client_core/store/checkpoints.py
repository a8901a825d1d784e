"""Where a game's checkpoints are: nearest, within a distance, and whose fences contain a position.

An R*Tree finds candidates, the integer geometry of the rule book decides, so
an answer here is the answer of every other node. Checkpoints are named by
their number, the position in the package. Positions are `lon_e7, lat_e7`,
distances those of `client_core.game.geometry.distance_mm`: to a circle's
centre, to a polygon's edge, 0 inside it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from client_core.game.checkpoints import Checkpoint
from client_core.game.content import Package, encode_package, package_hash
from client_core.game.fences import Circle, Fence
from client_core.game.fences import MultiPolygon as MultiPolygonFence
from client_core.game.fences import Polygon as PolygonFence
from client_core.game.geometry import bounds, distance_mm, inside
from client_core.store import search_box
from client_core.store.database import Database
from client_core.store.errors import raise_translated, translated
from client_core.store.geometry_blob import MultiPolygon, Point, Polygon, encode_blob

FENCES_KEPT_MAX = 20_000
"""Decoded fences held in memory, about 10 MB: more than any player comes near on one day."""

RADIUS_MM_FIRST = 100_000
"""Where the search for the nearest starts; it doubles from there."""

_CONTAINING = (
    "SELECT id FROM idx_checkpoint_fence WHERE west_e7 <= ?1 AND east_e7 >= ?1 AND south_e7 <= ?2 AND north_e7 >= ?2"
)
_NEAR = "SELECT pkid FROM idx_checkpoint_geometry WHERE xmin <= ?3 AND xmax >= ?1 AND ymin <= ?4 AND ymax >= ?2"
_INSERT = (
    "INSERT INTO checkpoint (game_no, number, code, name, points, radius_mm, lon_e7, lat_e7,"
    " west_e7, south_e7, east_e7, north_e7, fence, geometry) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Fence)


class Found(NamedTuple):
    """A checkpoint near a position: its distance (see above) and its number in the package."""

    distance_mm: int
    number: int


class _Kept(NamedTuple):
    """A row that was read once; rows never change."""

    game_no: int
    number: int
    fence: Fence


class Checkpoints:
    """The checkpoints of one game in a store."""

    def __init__(self, database: Database, game_no: int) -> None:
        self._database = database
        self._game_no = game_no
        self._kept: dict[int, _Kept] = {}

    def containing(self, lon_e7: int, lat_e7: int) -> list[int]:
        """The numbers of all checkpoints whose fence contains the position, in order. Raises a `StoreError`."""
        kept, game_no = self._kept, self._game_no
        found = []
        try:
            for (row_id,) in self._database.connection.execute(_CONTAINING, (lon_e7, lat_e7)):
                candidate = kept.get(row_id) or self._load(row_id)
                if candidate.game_no == game_no and inside(candidate.fence, lon_e7, lat_e7):
                    found.append(candidate.number)
        except sqlite3.Error as error:
            raise_translated(error, self._database.path)
        found.sort()
        return found

    def within(self, lon_e7: int, lat_e7: int, radius_mm: int) -> list[Found]:
        """All checkpoints at most that far away, the nearest first, equal ones by number. Raises a `StoreError`."""
        found = []
        with translated(self._database.path):
            for row_id in self._near(lon_e7, lat_e7, radius_mm):
                candidate = self._kept.get(row_id) or self._load(row_id)
                if candidate.game_no == self._game_no:
                    distance = distance_mm(candidate.fence, lon_e7, lat_e7)
                    if distance <= radius_mm:
                        found.append(Found(distance, candidate.number))
        found.sort()
        return found

    def nearest(self, lon_e7: int, lat_e7: int, count: int) -> list[Found]:
        """The `count` nearest checkpoints (all, where there are fewer), nearest first. Raises a `StoreError`.

        The box around the position doubles until `count` lie within the
        distance that it is sure to cover.
        """
        radius_mm = RADIUS_MM_FIRST
        while True:
            found = self.within(lon_e7, lat_e7, radius_mm)
            if len(found) >= count or radius_mm > search_box.DISTANCE_MM_MAX:
                return found[:count]
            radius_mm *= 2

    def _near(self, lon_e7: int, lat_e7: int, radius_mm: int) -> Iterable[int]:
        for box in search_box.boxes(lon_e7, lat_e7, radius_mm):
            for (row_id,) in self._database.connection.execute(_NEAR, box):
                yield row_id

    def _load(self, row_id: int) -> _Kept:
        sql = "SELECT game_no, number, fence FROM checkpoint WHERE id = ?"
        game_no, number, fence = self._database.connection.execute(sql, (row_id,)).fetchone()
        if len(self._kept) >= FENCES_KEPT_MAX:
            del self._kept[next(iter(self._kept))]
        kept = self._kept[row_id] = _Kept(game_no, number, _DECODER.decode(fence))
        return kept


def write_package(connection: sqlite3.Connection, game_no: int, package: Package) -> None:
    """Put a game's package and checkpoints in place of what it had; inside a transaction of the caller."""
    data = encode_package(package)
    connection.execute("DELETE FROM checkpoint WHERE game_no = ?", (game_no,))
    sql = "INSERT OR REPLACE INTO package (game_no, hash, bytes) VALUES (?, ?, ?)"
    connection.execute(sql, (game_no, package_hash(data), data))
    rows = (
        (game_no, number, *_row(checkpoint, checkpoint.fence))
        for number, checkpoint in enumerate(package.checkpoints)
        if checkpoint.fence is not None
    )
    connection.executemany(_INSERT, rows)


def _row(checkpoint: Checkpoint, fence: Fence) -> tuple[object, ...]:
    named = checkpoint.code, checkpoint.name, checkpoint.points
    at = fence.metric.lon_e7, fence.metric.lat_e7
    radius_mm = fence.radius_mm if isinstance(fence, Circle) else None
    return (*named, radius_mm, *at, *bounds(fence), _ENCODER.encode(fence), encode_blob(_shape(fence)))


def _shape(fence: Fence) -> Point | Polygon | MultiPolygon:
    """What maps show: the circle's centre, or the polygons."""
    if isinstance(fence, Circle):
        return Point(*_degrees((fence.metric.lon_e7, fence.metric.lat_e7)))
    if isinstance(fence, MultiPolygonFence):
        return MultiPolygon(tuple(map(_polygon, fence.parts)))
    return _polygon(fence)


def _polygon(fence: PolygonFence) -> Polygon:
    return Polygon(tuple(tuple(map(_degrees, ring)) for ring in (fence.exterior, *fence.holes)))


def _degrees(position: tuple[int, int]) -> tuple[float, float]:
    return position[0] / 1e7, position[1] / 1e7
