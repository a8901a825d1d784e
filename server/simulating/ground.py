"""The ground of a rehearsal: where checkpoints are and how far it is from one to another."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import msgspec

from client_core.game.content import Package
from client_core.game.fences import Circle, Fence, MultiPolygon
from client_core.game.geometry import spacing_mm
from client_core.game.publish import DraftError, Finding
from client_core.game.timing import CheckInStart

PLACES_MAX = 1_000
"""A table of a million distances; a larger game is rehearsed in parts."""
MATRIX_BYTES_MAX = 16 * 1024 * 1024
DISTANCE_M_MAX = 1_000_000

Position = tuple[int, int]


class Ground(msgspec.Struct, frozen=True):
    """Positions (lon_e7, lat_e7) that are certainly inside the fences, and the way between places in millimetres.

    `placeless` are codes of checkpoints without a position: they are taken to be
    in the middle of the others. `start` and `finish` are the places where teams
    begin and end.
    """

    positions: tuple[Position, ...]
    ways_mm: tuple[tuple[int, ...], ...]
    placeless: tuple[str, ...]
    start: int
    finish: int


def ground_of(package: Package, detour_percent: int, given: Sequence[Sequence[int]] | None = None) -> Ground:
    """The ground of a game: straight lines, made longer by `detour_percent` (130: by 30 %), or the ways that are given.

    Raises `DraftError`: `rehearsal_too_big`, `rehearsal_placeless`.
    """
    count = len(package.checkpoints)
    if count > PLACES_MAX:
        raise _error("rehearsal_too_big", f"{count} checkpoints; at most {PLACES_MAX} are rehearsed: leave some out")
    found = [None if one.fence is None else _within(one.fence) for one in package.checkpoints]
    known = [position for position in found if position is not None]
    if not known and given is None:
        raise _error("rehearsal_placeless", "no checkpoint has a position: give the distances in a table")
    middle = (_middle([lon for lon, _ in known]), _middle([lat for _, lat in known]))
    positions = tuple(middle if position is None else position for position in found)
    ways = given
    if ways is None:
        ways = [[spacing_mm(package.metric, a, b) * detour_percent // 100 for b in positions] for a in positions]
    finish = package.finish.checkpoint
    start = package.start.checkpoint if isinstance(package.start, CheckInStart) else 0 if finish is None else finish
    placeless = tuple(one.code for one in package.checkpoints if one.fence is None)
    return Ground(positions, tuple(map(tuple, ways)), placeless, start, start if finish is None else finish)


def read_matrix(data: bytes, file: str, codes: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    """The ways between the checkpoints of these codes, in millimetres, from a table of metres.

    The first row and the first column hold codes; the way from a row to a
    column. Every pair is needed. Raises `DraftError` with all findings.
    """
    if len(data) > MATRIX_BYTES_MAX:
        raise _error("table_too_big", f"at most {MATRIX_BYTES_MAX // 2**20} MiB are read", file)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _error("file_unreadable", f"this is no UTF-8 text: {error}", file) from error
    head = text.partition("\n")[0]
    rows = list(csv.reader(io.StringIO(text), delimiter=";" if head.count(";") > head.count(",") else ","))
    columns = [cell.strip() for cell in rows[0][1:]] if rows else []
    ways: dict[tuple[str, str], int] = {}
    findings: list[Finding] = []
    for line, row in enumerate(rows[1:], 2):
        for column, cell in zip(columns, row[1:], strict=False):
            try:
                metres = float(cell.strip().replace(",", "."))
            except ValueError:
                metres = -1.0
            if 0 <= metres <= DISTANCE_M_MAX:
                ways[row[0].strip(), column] = round(metres * 1000)
            else:
                findings.append(Finding("value_malformed", f"{file}:{line}", f"{cell!r} is no distance in metres"))
    missing = [(a, b) for a in codes for b in codes if a != b and (a, b) not in ways]
    if missing and not findings:
        (a, b), more = missing[0], len(missing) - 1
        detail = f"the way from {a} to {b} is missing" + (f", and {more} more" if more else "")
        findings.append(Finding("distance_missing", f"{file}:1", detail))
    if findings:
        raise DraftError(findings)
    return tuple(tuple(0 if a == b else ways[a, b] for b in codes) for a in codes)


def _within(fence: Fence) -> Position:
    """A position that counts as inside: a circle's centre, a corner of a polygon (its line is inside)."""
    if isinstance(fence, Circle):
        return fence.metric.lon_e7, fence.metric.lat_e7
    return (fence.parts[0] if isinstance(fence, MultiPolygon) else fence).exterior[0]


def _middle(values: Sequence[int]) -> int:
    return sorted(values)[len(values) // 2] if values else 0


def _error(code: str, detail: str, where: str = "game") -> DraftError:
    return DraftError([Finding(code, where, detail)])
