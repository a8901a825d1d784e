"""The head of a PMTiles file: where its map lies, and whether the file is whole.

Layout: the PMTiles specification, version 3, section 3 (github.com/protomaps/PMTiles).
"""

from __future__ import annotations

import struct
from typing import NamedTuple

HEAD_BYTES = 127
VERSION = 3
_HEAD = struct.Struct("<7sB8Q3Q4BBB4i")
_TILE_KINDS = {1: "vector", 2: "PNG", 3: "JPEG", 4: "WebP", 5: "AVIF"}


class MapFault(Exception):
    """Bytes that are no map this program can offer; the text says why."""


class MapHead(NamedTuple):
    """What a map covers: kind of tiles, zoom levels, and west, south, east, north in degrees times 10^7."""

    tiles: str
    zoom_min: int
    zoom_max: int
    bounds_e7: tuple[int, int, int, int]

    def covers(self, lon_e7: int, lat_e7: int) -> bool:
        """Whether a place lies within its bounds."""
        west, south, east, north = self.bounds_e7
        return west <= lon_e7 <= east and south <= lat_e7 <= north


def read_head(data: bytes, size: int) -> MapHead:
    """The head of a file of `size` bytes that begins with `data` (at least 127 bytes); raises `MapFault`."""
    if len(data) < HEAD_BYTES:
        raise MapFault(f"a PMTiles file has at least {HEAD_BYTES} bytes")
    magic, version, *rest = _HEAD.unpack_from(data)
    if magic != b"PMTiles" or version != VERSION:
        raise MapFault("this is no PMTiles file of version 3")
    spans = [(rest[at], rest[at + 1]) for at in range(0, 8, 2)]
    if any(offset + length > size for offset, length in spans):
        raise MapFault("the file is cut short: download or make it again")
    tile_kind, zoom_min, zoom_max = rest[14], rest[15], rest[16]
    if tile_kind not in _TILE_KINDS:
        raise MapFault(f"its tiles are of kind {tile_kind}; there are {', '.join(_TILE_KINDS.values())}")
    return MapHead(_TILE_KINDS[tile_kind], zoom_min, zoom_max, (rest[17], rest[18], rest[19], rest[20]))
