"""GPX 1.0 and 1.1: a recorded track as what one entrant did, for a game that is judged afterwards.

    2.gpx, 395.1.gpx     whose track it is: a team's number, or `number.member`; else `--team` says it

The points of all tracks of a file are fixes in the order of time. Times without
a zone are UTC, as GPX says. A point without an accuracy of its own (`accuracy`
in its extensions, or `hdop`) has none: the game's rule says what that is worth.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime

from client_core.game.fences import Fix
from server.formats.cards import Card, Day, Findings, bib_of, fault
from server.formats.xml_tree import Node, parse_xml

HDOP_MM = 5_000
"""A dilution of 1 means about this radius at 95 %: a range error of 2.5 m (1 sigma), twice."""
ACCURACY_MM_MAX = 10_000_000


def is_gpx(data: bytes) -> bool:
    """Whether these bytes begin like a GPX file."""
    return b"<gpx" in data[:2_000]


def read_gpx(data: bytes, file: str, day: Day) -> tuple[Card, ...]:
    """The one card of a recording; raises `CardFileError`."""
    root = parse_xml(data, file)
    if root.name != "gpx":
        raise fault(file, "file_unknown", f"this is a {root.name[:40]}: a gpx is needed")
    name = file.replace("\\", "/").rpartition("/")[2].rpartition(".")[0]
    bib = bib_of(day.team or name)
    if bib is None:
        detail = "whose track this is stands nowhere: name the file by the team's number, 2.gpx, or give --team 2"
        raise fault(file, "cell_malformed", detail)
    found = Findings(file)
    by_time: dict[int, Fix] = {}
    untimed = 0
    for point in _points(root):
        fix = _fix(point, found)
        if fix is None:
            untimed += not point.said("time")
        else:
            by_time.setdefault(fix.at_ms, fix)
    found.check()
    if not by_time:
        detail = f"none of its {untimed} points has a time" if untimed else "it has no track points"
        raise fault(file, "file_unknown", f"{detail}: record it again with times, or export the track")
    fixes = tuple(by_time[at_ms] for at_ms in sorted(by_time))
    said = next((track.said("name") for track in root.all("trk") if track.said("name")), "")
    return (Card(file, (), number=bib[0], member=bib[1], name=said, fixes=fixes),)


def _points(root: Node) -> Iterator[Node]:
    for track in root.all("trk"):
        for segment in track.all("trkseg"):
            yield from segment.all("trkpt")


def _fix(point: Node, found: Findings) -> Fix | None:
    """A point as a fix; None where it has no time, or a fault that is noted."""
    where = f"line {point.line}"
    lon, lat = (_number(point.attributes.get(name, "")) for name in ("lon", "lat"))
    if lon is None or lat is None or abs(lon) > 180 or abs(lat) > 90:
        found.add("cell_malformed", where, "lon and lat are no degrees on Earth")
        return None
    text = point.said("time")
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        at_ms = round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError):
        at_ms = -1
    if at_ms < 0:
        found.add(
            "cell_malformed", f"{where}, time", f"{text[:40]!r} is no time since 1970, such as 2022-06-04T10:40:08Z"
        )
        return None
    return Fix(round(lon * 1e7), round(lat * 1e7), _accuracy_mm(point), at_ms)


def _accuracy_mm(point: Node) -> int | None:
    for path, unit_mm in (("extensions/accuracy", 1000), ("hdop", HDOP_MM)):
        value = _number(point.said(path))
        if value is not None and value > 0:
            return min(ACCURACY_MM_MAX, math.ceil(value * unit_mm))
    return None


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
