"""Splits: a team's visits in the order of their times, each with its leg and the running totals."""

from __future__ import annotations

import msgspec

from client_core.game.lines import GRANTED
from client_core.game.results import TeamResult, visits_of
from client_core.game.rules import Rules


class Split(msgspec.Struct, frozen=True):
    """A visit that counts. `leg_ms` since the one before (or the start), `total_ms` since the start.

    Both are None where the start or the visit's time is not known, and never
    negative times are made up: a clock that went back shows. `total_points` are
    those of the visits so far. `granted`: by staff, not by a check-in.
    """

    checkpoint: int
    code: str
    name: str
    at_ms: int | None
    leg_ms: int | None
    total_ms: int | None
    points: int
    total_points: int
    granted: bool = False


def splits_of(rules: Rules, result: TeamResult) -> tuple[Split, ...]:
    """The splits of a result whose fold kept what it judged; visits granted without a time come last."""
    rows: list[tuple[int | None, int, int, bool]] = [
        (at, number, points, False) for at, number, points in visits_of(result)
    ]
    for line in result.extras:
        if line.code == GRANTED and line.checkpoint is not None and line.checkpoint in result.visited:
            counted = any(number == line.checkpoint for _, number, _, _ in rows)
            if not counted:
                rows.append((line.at_ms, line.checkpoint, line.points, True))
    rows.sort(key=lambda row: (row[0] is None, row[0] or 0))
    found: list[Split] = []
    before, total = result.start_ms, 0
    for at_ms, number, points, granted in rows:
        total += points
        leg_ms = at_ms - before if at_ms is not None and before is not None else None
        total_ms = at_ms - result.start_ms if at_ms is not None and result.start_ms is not None else None
        place = rules.package.checkpoints[number]
        found.append(Split(number, place.code, place.name, at_ms, leg_ms, total_ms, points, total, granted))
        before = at_ms if at_ms is not None else before
    return tuple(found)
