# ruff: noqa: RUF002  (Cyrillic as it stands in published tables)
"""Results of a stage of a series, from CSV: what `wayfold standings --format csv` writes, or a league's own table.

    place,number,team,score,...,time (s),status          a header with `team` and `score`
    1;МО, МВ;Иванов Иван, Петров Пётр;...;1982, 1976;96;4:56:15    no header: the table of a league

A league's row names all members of a team with groups and birth years, comma
by comma; each of them has the row's points. The same table makes a game of
which only the results are known (`read_points`): a team a row, its points
given by staff.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from client_core.game.ranges import POINTS_MAX
from server.formats.cards import Card, Day, Findings, bib_of, cell, column, fault, rows_of, span_s, text_of

LEAGUE_COLUMNS = 7
PLACED = {"ok", "finished", "active", ""}


class StageLine(msgspec.Struct, frozen=True):
    """What one person or team reached: as named in the file, with birth year and group where it tells them.

    `public`: the name as everybody may read it, where that is another one.
    """

    where: str
    name: str
    birth_year: str
    group: str
    points: int
    time_s: int | None
    bib: str = ""
    public: str | None = None


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


def is_points(text: str) -> bool:
    """Whether the first line has the columns of standings."""
    first = [name.strip().casefold() for name in text.split("\n", 1)[0].replace(";", ",").split(",")]
    return "score" in first and "team" in first


def read_points(data: bytes, file: str, day: Day) -> tuple[Card, ...]:
    """The teams of a table of results, as cards that have points and no punches; raises `CardFileError`.

    A row without a number of its own is the team of that row's number. Persons
    with birth years are its members.
    """
    rows: dict[str, list[StageLine]] = {}
    for line in read_stage(data, file, day.encoding):
        rows.setdefault(line.where, []).append(line)
    found = Findings(file)
    cards = [card for where, persons in rows.items() for card in _points(where, persons, found, day)]
    found.check()
    return tuple(cards)


def _points(where: str, persons: list[StageLine], found: Findings, day: Day) -> Iterator[Card]:
    """The cards of one row: of its first person with the team's points and time, of the others with neither."""
    first, count = persons[0], len(persons)
    bib = bib_of(first.bib or where.removeprefix("row "))
    if bib is None or abs(first.points) > POINTS_MAX:
        detail = f"bib {first.bib[:20]!r} with {first.points} points: a bib such as 395 or 395.1, and fewer points"
        found.add("cell_malformed", f"{where}, number or points", detail)
        return
    for at, person in enumerate(persons, 1):
        year = int(person.birth_year) if re.fullmatch(r"(?:19|20)[0-9]{2}", person.birth_year) else None
        timed = at == 1 and first.time_s is not None
        yield Card(
            where=f"{found.file}, {where}",
            punches=(),
            number=bib[0],
            member=bib[1] or (at if year is not None or count > 1 else None),
            name=person.name,
            team_name=first.name + (f" +{count - 1}" if count > 1 else ""),
            birth_year=year,
            categories=(person.group,) if person.group else (),
            finish_ms=day.start_ms + (first.time_s or 0) * 1000 if timed else None,
            points=person.points if at == 1 else None,
        )


def _own(header: list[str], row: list[str], number: int, found: Findings) -> list[StageLine]:
    score, time = cell(row, column(header, ("score",))), cell(row, column(header, ("time_s", "time (s)", "time")))
    if cell(row, column(header, ("status",))) not in PLACED:
        return []
    if not score.lstrip("-").isdecimal():
        found.add("cell_malformed", f"row {number}, score", f"{score[:40]!r} is no whole number")
        return []
    name, year = cell(row, column(header, ("team",))).removeprefix("'"), cell(row, column(header, ("birth_year",)))
    group = cell(row, column(header, ("category", "categories")))
    bib = cell(row, column(header, ("number", "bib")))
    return [StageLine(f"row {number}", name, year, group, int(score), span_s(time) if time else None, bib)]


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
