"""Files of places that other programs write, to draft checkpoints: GeoJSON, KML and KMZ, IOF CourseData."""

from __future__ import annotations

from collections.abc import Callable

from client_core.game.publish import DraftCheckpoint, DraftError, Finding
from server.formats.cards import fault
from server.formats.geojson import read_checkpoints
from server.formats.iof import is_iof, read_courses
from server.formats.kml import is_kml, read_kml

COURSE_BYTES_MAX = 16 * 1024 * 1024
SUFFIXES = (".geojson", ".json", ".kml", ".kmz", ".xml")


def read_course_file(
    data: bytes, file: str, points: Callable[[str], int] | None = None, radius_m: float | None = None
) -> tuple[DraftCheckpoint, ...]:
    """The checkpoints of a file, by how it begins. Raises `DraftError` with every fault, at `file` and where in it.

    `points` says what the checkpoint of a code pays and `radius_m` how wide a
    fence is, where the file does not say.
    """
    if len(data) > COURSE_BYTES_MAX:
        raise fault(file, "file_too_big", f"more than {COURSE_BYTES_MAX // 2**20} MiB: split it")
    pays, wide = points or _ten, 25.0 if radius_m is None else radius_m
    if is_kml(data):
        return read_kml(data, file, pays, wide)
    if is_iof(data):
        return _of_courses(data, file, pays, wide)
    if not data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"{", b"[")):
        raise fault(file, "file_unknown", "this is neither GeoJSON, KML nor IOF XML")
    try:
        return read_checkpoints(data, points=pays, radius_m=wide)
    except DraftError as error:
        raise DraftError([Finding(one.code, f"{file}, {one.where}", one.detail) for one in error.findings]) from error


def _of_courses(data: bytes, file: str, points: Callable[[str], int], radius_m: float) -> tuple[DraftCheckpoint, ...]:
    """The controls of a CourseData file; one without a position cannot be a checkpoint."""
    controls = read_courses(data, file).controls
    if not controls:
        raise fault(file, "checkpoints_count", "it has no controls")
    placeless = [one.code for one in controls if one.lon is None or one.lat is None]
    if placeless:
        detail = "have no position in degrees: georeference the map and export it again"
        raise fault(file, "fence_missing", f"the controls {', '.join(placeless[:10])} {detail}")
    return tuple(
        DraftCheckpoint(
            code=one.code,
            points=points(one.code),
            at=(one.lon or 0.0, one.lat or 0.0),
            radius_m=radius_m,
            where=f"{file} ({one.code})",
        )
        for one in controls
    )


def _ten(_: str) -> int:
    return 10
