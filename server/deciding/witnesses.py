"""Whom a doubt about a checkpoint concerns: all who visited both neighbours, all whose track came near."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import msgspec

from client_core.game.geometry import distance_mm, spacing_mm
from client_core.game.publish import DraftError, Finding
from client_core.game.results import TeamResult, visits_of
from server.deciding.naming import Names
from server.formats.cards import FILE_BYTES_MAX, fault
from server.formats.tracks import Point, read_track
from server.open_game import OpenGame
from server.problems import Problem
from server.tables import fold_all

TRACKS_MAX = 5_000
STEP_MS = 1_000
GAP_MS_MAX = 60_000
"""Nobody knows where somebody was in a longer silence of the receiver; in a shorter one they went straight."""


class Seen(msgspec.Struct, frozen=True):
    """Who may have been there: `bib` is a team's number, or number.member; when (ISO), after which checkpoint, why."""

    bib: str
    name: str
    at: str | None = None
    after: int | None = None
    note: str = ""


def visited_both(game: OpenGame, checkpoint: int, one: int, two: int, *, in_a_row: bool, by_member: bool) -> list[Seen]:
    """All who visited both of two checkpoints and not the one between them, by number.

    `in_a_row`: only who went from one right to the other, whichever was first.
    """
    folded = fold_all(game, by_member=by_member, keep_judged=True)
    found = []
    for key, result in folded.results.items():
        order = list(dict.fromkeys(number for _, number, _ in visits_of(result)))
        pair = {one, two}
        if checkpoint in result.visited or not pair <= set(order):
            continue
        if in_a_row and not any({a, b} == pair for a, b in pairwise(order)):
            continue
        _, name, member = folded.places[key]
        first = min(pair, key=order.index)
        found.append((result.number, member or 0, Seen(_bib(result, member), name, None, first)))
    return [seen for *_, seen in sorted(found, key=lambda row: row[:2])]


def came_near(names: Names, checkpoint: int, folder: Path, within_mm: int) -> list[Seen]:
    """All whose track in the folder came within so much of a checkpoint's position and who lack it.

    Raises `DraftError` with every file that is no track or is named by nobody.
    """
    fence = names.game.rules.fences[checkpoint]
    if fence is None:
        raise Problem("bad_request", f"checkpoint {names.code(checkpoint)} has no position")
    files = _files(folder)
    folded = fold_all(names.game), fold_all(names.game, by_member=True)
    findings: list[Finding] = []
    found = []
    for file in files:
        try:
            team, member = names.entrant(file.stem)
            points = read_track(_bytes(file), file.name)
        except Problem as problem:
            findings.append(Finding(problem.code, file.name, problem.detail))
            continue
        except DraftError as error:
            findings += error.findings
            continue
        key = team.id if member is None else team.id + bytes([member])
        result = folded[member is not None].results[key]
        closest_mm, at_ms = closest(names, checkpoint, points)
        if closest_mm <= within_mm and checkpoint not in result.visited:
            at = datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds")
            note = f"its track was {-(-closest_mm // 1000)} m away at {names.clock(at_ms)}"
            found.append((team.number, member or 0, Seen(_bib(result, member), team.name, at, None, note)))
    if findings:
        raise DraftError(findings)
    return [seen for *_, seen in sorted(found, key=lambda row: row[:2])]


def closest(names: Names, checkpoint: int, points: Sequence[Point]) -> tuple[int, int]:
    """How close a track came to a checkpoint, in millimetres, and when; straight between two points of it."""
    rules = names.game.rules
    fence = rules.fences[checkpoint]
    assert fence is not None
    best = min((distance_mm(fence, point.lon_e7, point.lat_e7), point.at_ms) for point in points)
    for a, b in pairwise(points):
        span_ms = b.at_ms - a.at_ms
        if not STEP_MS < span_ms <= GAP_MS_MAX:
            continue
        way_mm = spacing_mm(rules.package.metric, a[1:], b[1:])
        if distance_mm(fence, a.lon_e7, a.lat_e7) - way_mm >= best[0]:
            continue
        for passed_ms in range(STEP_MS, span_ms, STEP_MS):
            lon_e7 = a.lon_e7 + (b.lon_e7 - a.lon_e7) * passed_ms // span_ms
            lat_e7 = a.lat_e7 + (b.lat_e7 - a.lat_e7) * passed_ms // span_ms
            best = min(best, (distance_mm(fence, lon_e7, lat_e7), a.at_ms + passed_ms))
    return best


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise fault(str(folder), "file_unreadable", "it is no folder")
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() == ".gpx")
    if not files:
        raise fault(str(folder), "file_unreadable", "it has no GPX files: name them by team or player, 7.gpx, 7.2.gpx")
    if len(files) > TRACKS_MAX:
        raise fault(str(folder), "file_unreadable", f"it has more than {TRACKS_MAX} files: split it")
    return files


def _bytes(file: Path) -> bytes:
    with file.open("rb") as source:
        return source.read(FILE_BYTES_MAX + 1)


def _bib(result: TeamResult, member: int | None) -> str:
    return str(result.number) if member is None else f"{result.number}.{member}"
