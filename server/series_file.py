"""A series as its organiser writes it: one TOML file that names the stages and who is who.

    name = "League 2017"
    best = 4                       # so many of the stages count
    decimals = 3                   # stage points are rounded to so many before they are summed
    people = "people.csv"          # name,birth_year,person[,group]: who is who, confirmed by the organiser

    [groups]                       # who is in the first stands in the others too
    M50 = ["M"]

    [[stages]]
    game = "ridge"                 # a game of this node, TENANT/GAME where there are several tenants; or
    file = "stage1.csv"            # from `wayfold standings GAME --format csv`, or a league's table
    time_divisor_min = 330         # so many minutes are worth one point less
    coefficient = "1.1"

`scores` says who collects points in games: teams (else), or each of their
members, with the result of the team or the one of that member alone.

Without `people` a person is a name with its birth year; names that stand with
several years are listed (`to_confirm`) and nobody is merged unasked.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import msgspec

from client_core.game.series import STAGES_MAX, Entry, Row, Stage, decimal_text, group_places, series_table
from server.authoring.reading import meant
from server.formats.cards import FILE_BYTES_MAX, Findings, cell, column, fault, rows_of, text_of
from server.formats.stage_results import StageLine, read_stage

Scores = Literal["team", "member", "member alone"]
StagesOf = Callable[[str, Scores], Sequence[StageLine]]
"""The lines of a game by its name; raises `Problem` where there is no such game."""


class _StageTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    file: str | None = None
    game: str | None = None
    name: str = ""
    coefficient: str | int = 1
    full: int = 1000
    time_divisor_min: int | None = None
    encoding: str | None = None


class _SeriesTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    stages: tuple[_StageTable, ...]
    best: int
    decimals: int | None = None
    scores: Scores = "team"
    people: str | None = None
    groups: dict[str, tuple[str, ...]] = {}


class SeriesLine(msgspec.Struct, frozen=True):
    """A line of the table: places overall and by group, the total and the stages' points as texts.

    Whoever was a minor in any of the games stands with the first name alone, and without a birth year.
    """

    place: int
    person: str
    name: str
    birth_year: str
    groups: dict[str, int]
    total: str
    points: tuple[str | None, ...]


class Series(msgspec.Struct, frozen=True):
    """A series read and computed.

    `to_confirm`: names that stand with several birth years or none is known of;
    for the organiser, and therefore whole.
    """

    name: str
    stages: tuple[str, ...]
    decimals: int
    lines: tuple[SeriesLine, ...]
    to_confirm: tuple[str, ...]


Person = tuple[str, str]
"""A name and a birth year as text, as they stand in a file."""


def read_series(file: Path, stages_of: StagesOf, *, full_names: bool = False) -> Series:
    """The table of a series; raises `CardFileError` naming file and row. `stages_of` folds a game that is a stage.

    `full_names`: of minors too, which is for the organiser alone.
    """
    table = _toml(file)
    people, group_by = _people(file, table)
    stages, last_group, seen, public = [], dict[str, str](), set[Person](), dict[str, str]()
    for stage in table.stages:
        lines = _lines(file, stage, table.scores, stages_of)
        entries = []
        for line in lines:
            person = (line.name, line.birth_year)
            seen.add(person)
            who = people.get(person) or f"{line.name} {line.birth_year}".strip()
            last_group[who] = line.group
            if line.public is not None and not full_names:
                public[who] = line.public
            entries.append(_entry(who, line))
        stages.append(_stage(file, stage, tuple(entries)))
    last_group.update(group_by)
    rows = series_table(stages, table.best, table.decimals)
    groups = {row.who: _closure(last_group.get(row.who, ""), table.groups) for row in rows}
    named = {who: person for person, who in sorted(people.items())}
    named |= {f"{name} {year}".strip(): (name, year) for name, year in sorted(seen) if (name, year) not in people}
    named |= {who: (name, "") for who, name in public.items()}
    return Series(
        table.name,
        tuple(map(_name, table.stages)),
        _decimals(table),
        _lines_of(table, rows, groups, named, public),
        _doubtful(people, seen),
    )


def _decimals(table: _SeriesTable) -> int:
    return 3 if table.decimals is None else table.decimals


def _lines_of(
    table: _SeriesTable,
    rows: list[Row],
    groups: dict[str, tuple[str, ...]],
    named: dict[str, Person],
    public: dict[str, str],
) -> tuple[SeriesLine, ...]:
    """The lines as everybody may read them; `named`: the name and year of everybody in the table."""
    decimals = _decimals(table)
    places = group_places(rows, groups)
    return tuple(
        SeriesLine(
            place=row.place,
            person=public.get(row.who, row.who),
            name=named[row.who][0] if row.who in named else row.who,
            birth_year=named[row.who][1] if row.who in named else "",
            groups={group: places[group][row.who] for group in groups[row.who]},
            total=decimal_text(row.total, decimals),
            points=tuple(None if value is None else decimal_text(value, decimals) for value in row.points),
        )
        for row in rows
    )


def _doubtful(people: dict[Person, str], seen: set[Person]) -> tuple[str, ...]:
    """Names that stand with several years, as far as the organiser did not say who they are."""
    years: dict[str, set[str]] = {}
    for name, year in seen - people.keys():
        years.setdefault(name, set()).add(year)
    for name, year in people:
        if name in years:
            years[name].add(year)
    return tuple(f"{name}: {', '.join(sorted(found))}" for name, found in sorted(years.items()) if len(found) > 1)


def _toml(file: Path) -> _SeriesTable:
    try:
        document = tomllib.loads(_bytes(file).decode("utf-8-sig"))
        _check_keys(str(file), document)
        table = msgspec.convert(document, _SeriesTable)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise fault(str(file), "file_malformed", f"this is no series: {error}") from error
    if not 1 <= len(table.stages) <= STAGES_MAX or table.best < 1:
        raise fault(str(file), "file_malformed", f"1 to {STAGES_MAX} stages and a `best` of at least 1 are needed")
    for number, stage in enumerate(table.stages, 1):
        if (stage.file is None) == (stage.game is None):
            raise fault(
                str(file), "file_malformed", "it names a file or a game: give one of the two", f"stage {number}"
            )
    return table


def _check_keys(file: str, document: dict[str, Any]) -> None:
    """Raise where keys stand that no series has, or are missing, each with what was probably meant."""
    found = Findings(file)
    stages = document.get("stages")
    tables = [one for one in stages if isinstance(one, dict)] if isinstance(stages, list) else []
    known = [field.name for field in msgspec.structs.fields(_SeriesTable)]
    known_of_stage = [field.name for field in msgspec.structs.fields(_StageTable)]
    for key in sorted(document.keys() - set(known)):
        found.add("file_malformed", "", f"there is no key {key[:40]!r} here{meant(key, known)}")
    for number, table in enumerate(tables, 1):
        for key in sorted(table.keys() - set(known_of_stage)):
            found.add("file_malformed", f"stage {number}", f"there is no key {key[:40]!r}{meant(key, known_of_stage)}")
    for field in msgspec.structs.fields(_SeriesTable):
        if field.required and field.name not in document:
            found.add("file_malformed", "", f"it needs {field.name!r}")
    found.check()


def _name(stage: _StageTable) -> str:
    return stage.name or stage.file or stage.game or ""


def _lines(file: Path, stage: _StageTable, scores: Scores, stages_of: StagesOf) -> Sequence[StageLine]:
    if stage.game is not None:
        return stages_of(stage.game, scores)
    assert stage.file is not None, "a stage has a file or a game"
    return read_stage(_bytes(file.parent / stage.file), stage.file, stage.encoding)


def _stage(file: Path, stage: _StageTable, entries: tuple[Entry, ...]) -> Stage:
    try:
        coefficient = Fraction(str(stage.coefficient))
    except (ValueError, ZeroDivisionError) as error:
        detail = f"{stage.coefficient!r} is no number such as 1.1 or 3/2"
        raise fault(str(file), "cell_malformed", detail, f"stage {_name(stage)}, coefficient") from error
    divisor = stage.time_divisor_min
    if coefficient < 0 or (divisor is not None and divisor < 1):
        raise fault(
            str(file), "cell_malformed", "coefficient and time_divisor_min are above 0", f"stage {_name(stage)}"
        )
    return Stage(_name(stage), entries, coefficient, stage.full, None if divisor is None else divisor * 60_000)


def _entry(who: str, line: StageLine) -> Entry:
    return Entry(who, line.points, None if line.time_s is None else line.time_s * 1000)


def _people(file: Path, table: _SeriesTable) -> tuple[dict[Person, str], dict[str, str]]:
    """Who a name with a birth year is, and the group of each, as the organiser confirmed them."""
    if table.people is None:
        return {}, {}
    rows = list(rows_of(text_of(_bytes(file.parent / table.people), table.people), table.people))
    header = rows[0][1] if rows else []
    name, year, person = (column(header, (what,)) for what in ("name", "birth_year", "person"))
    if name is None or year is None or person is None:
        raise fault(table.people, "column_missing", "columns name, birth_year and person are needed", "row 1")
    group = column(header, ("group",))
    people = {(cell(row, name), cell(row, year)): cell(row, person) for _, row in rows[1:]}
    return people, {cell(row, person): cell(row, group) for _, row in rows[1:] if cell(row, group)}


def _closure(group: str, groups: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((group, *groups.get(group, ())))) if group else ()


def _bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as source:
            return source.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise fault(str(file), "file_unreadable", f"it cannot be read: {error.strerror}") from error
