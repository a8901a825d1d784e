# ruff: noqa: RUF001, RUF002  (Cyrillic as it stands in published tables)
"""Split tables in CSV: a row a card, a cell a punch, as rogaining programs print them.

    Номер,Фамилия,Имя,Г.р.,Команда,***,Результат,Место,#1,#2,...
    301.2,РЯБИН,ВЕЛИМИР,1991,Метель,137,03:58:42,1,3:58[50],10:17[51] 6:19,...

A punch cell is `time[code]`, the time elapsed since the start in minutes and
seconds or hours, minutes and seconds; what follows (the leg) is passed over. A bare `00:00` is an empty cell.
Published scores and places are not read: they are what comes out again. The
category is the column for it, or else what follows `splits_` in the file's name.
"""

from __future__ import annotations

import re

from server.formats.cards import (
    PUNCHES_MAX,
    Card,
    Day,
    Findings,
    Punch,
    bib_of,
    cell,
    column,
    fault,
    rows_of,
    span_s,
    text_of,
)

NUMBER = ("номер", "number", "bib", "no", "start number")
FAMILY = ("фамилия", "family", "surname", "last name", "name")
GIVEN = ("имя", "given", "first name")
YEAR = ("г.р.", "год рождения", "year", "birth year", "yb")
TEAM = ("команда", "team", "club")
RESULT = ("результат", "result", "time", "finish")
CATEGORY = ("группа", "category", "class", "course")
_PUNCH = re.compile(r"([0-9:.]{1,12})\[([^\[\]]{1,32})\](?:\s.*)?")
_SPLIT = re.compile(r"#[0-9]{1,4}")


def is_splits(text: str) -> bool:
    """Whether the first line names split columns: `#1`."""
    return bool(re.search(r"(?:^|[,;\t\"])\s*#1\s*(?:$|[,;\t\"\r])", text.lstrip().split("\n", 1)[0]))


def read_splits(data: bytes, file: str, day: Day) -> tuple[Card, ...]:
    """The cards of a split table; raises `CardFileError`."""
    rows = rows_of(text_of(data, file, day.encoding), file)
    header = next(rows, (0, []))[1]
    number, result = column(header, NUMBER), column(header, RESULT)
    splits = [at for at, name in enumerate(header) if _SPLIT.fullmatch(name)]
    for what, at in (("number (Номер)", number), ("result (Результат)", result), ("#1", splits or None)):
        if at is None:
            raise fault(file, "column_missing", f"it has no column {what}", "row 1")
    family, given, year = column(header, FAMILY), column(header, GIVEN), column(header, YEAR)
    team, category = column(header, TEAM), column(header, CATEGORY)
    whole = day.category or category_of(file)
    found, cards = Findings(file), []
    for row_number, row in rows:
        where = f"row {row_number}"
        bib = bib_of(cell(row, number))
        if bib is None:
            found.add(
                "cell_malformed", f"{where}, number", f"{cell(row, number)[:40]!r} is no bib such as 395 or 395.1"
            )
            continue
        finish_s = span_s(cell(row, result)) if cell(row, result) else None
        if cell(row, result) and finish_s is None:
            found.add("cell_malformed", f"{where}, result", f"{cell(row, result)[:40]!r} is no time such as 3:58:42")
        birth = cell(row, year)
        named = cell(row, category)
        cards.append(
            Card(
                where=f"{file}, {where}",
                punches=_punches(row, splits, header, found, where, day),
                number=bib[0],
                member=bib[1],
                name=" ".join(filter(None, (cell(row, given), cell(row, family)))),
                team_name=cell(row, team),
                birth_year=int(birth) if re.fullmatch(r"(?:19|20)[0-9]{2}", birth) else None,
                categories=(named,) if named else (whole,) if whole else (),
                finish_ms=None if finish_s is None else day.start_ms + finish_s * 1000,
            )
        )
    found.check()
    return tuple(cards)


def category_of(file: str) -> str:
    """`splits_М4Б_В.csv` is of the category `М4Б_В`; other names say nothing."""
    stem = file.rpartition("/")[2].rpartition(".")[0]
    return stem[len("splits_") :] if stem.startswith("splits_") else ""


def _punches(
    row: list[str], splits: list[int], header: list[str], found: Findings, where: str, day: Day
) -> tuple[Punch, ...]:
    punches = []
    for at in splits[:PUNCHES_MAX]:
        text = cell(row, at)
        if not text or span_s(text) == 0:
            continue
        match = _PUNCH.fullmatch(text)
        elapsed_s = span_s(match[1]) if match else None
        if match is None or elapsed_s is None:
            found.add("cell_malformed", f"{where}, column {header[at]}", f"{text[:40]!r} is no punch such as 3:58[50]")
        else:
            punches.append(Punch(match[2].strip(), day.start_ms + elapsed_s * 1000))
    return tuple(punches)
