"""Series: several games, one table; persons or teams, best n of m, each stage scaled, all in exact fractions.

    value of a result     v = points - time / divisor, or the points alone; 0 where there are no points
    stage points          coefficient * full * v / the best v of the stage; never below 0
    total                 the sum of the best n

Who is who across games is not guessed here: entries carry an id that the
organiser confirmed. Rounding happens once, where a number is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

import msgspec

STAGES_MAX = 200
ZERO = Fraction(0)


class Entry(msgspec.Struct, frozen=True):
    """What somebody (a confirmed id of a person or team) reached in a stage; `time_ms` None: no time counts."""

    who: str
    points: int
    time_ms: int | None = None


class Stage(msgspec.Struct, frozen=True):
    """A game of the series. `time_divisor_ms`: so long a time is worth one point less; None: time does not count.

    `full` is what the best of the stage has, times the `coefficient`.
    """

    name: str
    entries: tuple[Entry, ...]
    coefficient: Fraction = Fraction(1)
    full: int = 1000
    time_divisor_ms: int | None = None


class Row(msgspec.Struct, frozen=True):
    """Somebody's line: `points` by stage (None: was not there), `counted` the numbers of the stages in the total."""

    place: int
    who: str
    total: Fraction
    points: tuple[Fraction | None, ...]
    counted: tuple[int, ...]


def value_of(stage: Stage, entry: Entry) -> Fraction:
    """What a result is worth within its stage, before it is scaled."""
    if entry.points <= 0:
        return ZERO
    if stage.time_divisor_ms is None or entry.time_ms is None:
        return Fraction(entry.points)
    return Fraction(entry.points * stage.time_divisor_ms - entry.time_ms, stage.time_divisor_ms)


def stage_points(stage: Stage) -> dict[str, Fraction]:
    """The points of a stage by who; of two entries of one the better counts."""
    values: dict[str, Fraction] = {}
    for entry in stage.entries:
        values[entry.who] = max(value_of(stage, entry), values.get(entry.who, ZERO))
    best = max(values.values(), default=ZERO)
    if best <= 0:
        return dict.fromkeys(values, ZERO)
    scale = stage.coefficient * stage.full * Fraction(best.denominator, best.numerator)
    return {who: max(ZERO, value * scale) for who, value in values.items()}


def series_table(stages: Sequence[Stage], best: int, decimals: int | None = None) -> list[Row]:
    """All who took part, by total; equal totals share a place and the next is skipped.

    With `decimals` stage points are rounded (half up) before they are summed, as tables on paper do.
    """
    by_stage = [stage_points(stage) for stage in stages]
    if decimals is not None:
        by_stage = [{who: rounded(value, decimals) for who, value in points.items()} for points in by_stage]
    rows: list[tuple[Fraction, str, tuple[Fraction | None, ...], tuple[int, ...]]] = []
    for who in sorted({who for points in by_stage for who in points}):
        points = tuple(stage.get(who) for stage in by_stage)
        there = [(value, -number) for number, value in enumerate(points) if value is not None]
        counted = tuple(sorted(-number for _, number in sorted(there, reverse=True)[:best]))
        total = sum((points[number] or ZERO for number in counted), ZERO)
        rows.append((total, who, points, counted))
    rows.sort(key=lambda row: (-row[0], row[1]))
    places = shared_places([row[0] for row in rows])
    return [
        Row(place, who, total, points, counted)
        for place, (total, who, points, counted) in zip(places, rows, strict=True)
    ]


def group_places(rows: Sequence[Row], groups: Mapping[str, Iterable[str]]) -> dict[str, dict[str, int]]:
    """By group and who the place among those of the group; `groups` says by who which groups they stand in."""
    places: dict[str, dict[str, int]] = {}
    for group in sorted({group for names in groups.values() for group in names}):
        inside = [row for row in rows if group in groups.get(row.who, ())]
        shared = shared_places([row.total for row in inside])
        places[group] = {row.who: place for row, place in zip(inside, shared, strict=True)}
    return places


def shared_places(totals: Sequence[Fraction]) -> list[int]:
    """Places of totals in falling order: equal ones share, the next is skipped."""
    places: list[int] = []
    for number, total in enumerate(totals):
        places.append(places[-1] if number and total == totals[number - 1] else number + 1)
    return places


def rounded(value: Fraction, decimals: int) -> Fraction:
    """The value to so many decimals, half up."""
    scale = 10 ** max(0, decimals)
    return Fraction((2 * value.numerator * scale + value.denominator) // (2 * value.denominator), scale)


def decimal_text(value: Fraction, decimals: int) -> str:
    """The value with so many decimals, half up, such as `4464.849`."""
    scale = 10 ** max(0, decimals)
    whole = (2 * value.numerator * scale + value.denominator) // (2 * value.denominator)
    sign, whole = ("-", -whole) if whole < 0 else ("", whole)
    if not decimals:
        return f"{sign}{whole}"
    return f"{sign}{whole // scale}.{whole % scale:0{decimals}}"
