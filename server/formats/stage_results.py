# ruff: noqa: RUF002  (Cyrillic as it stands in published tables)
"""Results of a stage of a series, from CSV: what `wayfold standings --csv` writes, or a league's own table.

    place,number,team,score,...,time (s),status          a header with `team` and `score`
    1;МО, МВ;Иванов Иван, Петров Пётр;...;1982, 1976;96;4:56:15    no header: the table of a league

A league's row names all members of a team with groups and birth years, comma
by comma; each of them has the row's points.
"""

from __future__ import annotations

import msgspec

from server.formats.cards import Findings, cell, column, fault, rows_of, span_s, text_of

LEAGUE_COLUMNS = 7
PLACED = {"ok", "finished", "active", ""}


class StageLine(msgspec.Struct, frozen=True):
    """What one person or team reached: as named in the file, with birth year and group where it tells them."""

    where: str
    name: str
    birth_year: str
    group: str
    points: int
    time_s: int | None


def read_stage(data: bytes, file: str, encoding: str | None = None) -> tuple[StageLine, ...]:
    """The lines of a stage; raises `CardFileError`."""
    rows = list(rows_of(text_of(data, file, encoding), file))
    found = Findings(file)
    if not rows:
        raise fault(file, "file_unknown", "it has no rows")
    header = rows[0][1]
    if column(header, ("score",)) is not None and column(header, ("team",)) is not None:
        lines = [line for number, row in rows[1:] for line in _own(header, row, number, found)]
    else:
        body = rows[1:] if not rows[0][1][0].isdecimal() else rows
        lines = [line for number, row in body for line in _league(row, number, found)]
    found.check()
    return tuple(lines)


def _own(header: list[str], row: list[str], number: int, found: Findings) -> list[StageLine]:
    score, time = cell(row, column(header, ("score",))), cell(row, column(header, ("time_s", "time (s)", "time")))
    if cell(row, column(header, ("status",))) not in PLACED:
        return []
    if not score.lstrip("-").isdecimal():
        found.add("cell_malformed", f"row {number}, score", f"{score[:40]!r} is no whole number")
        return []
    name, year = cell(row, column(header, ("team",))).removeprefix("'"), cell(row, column(header, ("birth_year",)))
    group = cell(row, column(header, ("category", "categories")))
    return [StageLine(f"row {number}", name, year, group, int(score), span_s(time) if time else None)]


def _league(row: list[str], number: int, found: Findings) -> list[StageLine]:
    if len(row) < LEAGUE_COLUMNS:
        detail = "place;groups;names;regions;birth years;points;time are needed"
        found.add("cell_malformed", f"row {number}", detail)
        return []
    groups, names, years = (tuple(part.strip() for part in row[at].split(",")) for at in (1, 2, 4))
    time_s = span_s(row[6])
    if not len(groups) == len(names) == len(years):
        detail = f"{len(names)} names, {len(groups)} groups, {len(years)} birth years: one of each a person"
        found.add("cell_malformed", f"row {number}", detail)
        return []
    if not row[5].isdecimal() or time_s is None:
        found.add("cell_malformed", f"row {number}, points or time", f"{row[5][:20]!r} and {row[6][:20]!r}")
        return []
    return [
        StageLine(f"row {number}", name, year, group, int(row[5]), time_s)
        for name, year, group in zip(names, years, groups, strict=True)
    ]
