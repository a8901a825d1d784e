"""Recorded tracks of players, from GPX: positions with their times, for looking where somebody was.

What a device makes of a track while it plays is another matter: here staff look
back at one. Points without a time are passed over and counted as faults only
where none has one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from server.formats.cards import fault
from server.formats.xml_tree import Node, parse_xml

POINTS_MAX = 500_000


class Point(NamedTuple):
    """Where somebody was, when."""

    at_ms: int
    lon_e7: int
    lat_e7: int


def read_track(data: bytes, file: str) -> list[Point]:
    """The points of all tracks of a file, by time; raises `CardFileError`."""
    root = parse_xml(data, file)
    if root.name != "gpx":
        raise fault(file, "file_malformed", f"this is <{root.name}>, not <gpx>")
    found: dict[int, Point] = {}
    for count, node in enumerate(_points(root)):
        if count >= POINTS_MAX:
            raise fault(file, "file_too_big", f"more than {POINTS_MAX} points: split it")
        point = _point(node, file)
        if point is not None:
            found.setdefault(point.at_ms, point)
    if not found:
        raise fault(
            file, "value_out_of_range", "it has no track points with times, so nothing says when they were there"
        )
    return [found[at_ms] for at_ms in sorted(found)]


def _points(root: Node) -> Iterator[Node]:
    return (point for track in root.all("trk") for segment in track.all("trkseg") for point in segment.all("trkpt"))


def _point(node: Node, file: str) -> Point | None:
    where, said = f"line {node.line}", node.said("time")
    if not said:
        return None
    try:
        lon, lat = float(node.attributes.get("lon", "")), float(node.attributes.get("lat", ""))
        at = datetime.fromisoformat(said)
        at_ms = round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise fault(
            file, "value_out_of_range", "a point needs lon and lat in degrees and an ISO time", where
        ) from error
    if not (math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90):
        raise fault(file, "value_out_of_range", f"a point at lon={lon}, lat={lat} is not on Earth", where)
    return Point(at_ms, round(lon * 1e7), round(lat * 1e7))
