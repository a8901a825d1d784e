"""Decisions in bulk from CSV, in one of two forms; every fault is told with its row.

    decision,team,checkpoint,after,reason        a decision a row; the columns are the cells of `making.WORDS`
    grant,122,63,44,"no power at 63"

    team,between                                 a visit granted a row: of the middle one of three
    122,44-63-70

The first of the three, and the last, are where the team was before and after;
`start` and `finish` stand for themselves. Only the first says anything: after
which one, in a course. Jury protocols come like this.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from client_core.game.decisions import Decision
from client_core.game.publish import Finding
from server.deciding.making import CELLS, WORDS, make
from server.deciding.naming import Names
from server.formats.cards import cell, column, fault, rows_of, text_of
from server.problems import Problem

DECISION = ("decision", "решение")
TEAM = ("team", "number", "bib", "команда", "номер")
BETWEEN = ("between", "correction", "корректировка")
REASON = ("reason", "why", "причина")
STARTS = frozenset({"start", "s", "старт"})
FINISHES = frozenset({"finish", "f", "финиш"})
FINDINGS_MAX = 1_000


class Line(NamedTuple):
    """A row that was understood: its number in the file, and what it decides; `note`: what is odd about it."""

    row: int
    decisions: tuple[Decision, ...]
    note: str = ""


class Table(NamedTuple):
    """The rows that were understood, and what is wrong with the others."""

    lines: list[Line]
    faults: list[Finding]


def read_decision_table(names: Names, data: bytes, file: str, reason: str, encoding: str | None = None) -> Table:
    """The decisions of a table; `reason` is that of rows that give none.

    Raises `DraftError` where the file as a whole cannot be read.
    """
    rows = rows_of(text_of(data, file, encoding), file)
    header = next(rows, (0, []))[1]
    if column(header, DECISION) is not None:
        said = _decisions(header, rows, file)
    elif column(header, TEAM) is not None and column(header, BETWEEN) is not None:
        said = _between(names, header, rows, file)
    else:
        raise fault(file, "column_missing", f"it has neither a column decision ({', '.join(CELLS)}) nor team, between")
    lines: list[Line] = []
    findings: list[Finding] = []
    for row, word, cells, own, note in said:
        where = f"{file}, row {row}"
        if isinstance(cells, str):
            findings.append(Finding("row_malformed", where, cells))
            continue
        try:
            why = own or reason or f"{Path(file).name}, row {row}"
            lines.append(Line(row, tuple(make(names, word, cells, why)), note))
        except Problem as problem:
            findings.append(Finding(problem.code, where, problem.detail))
    return Table(lines, findings[:FINDINGS_MAX])


_Row = tuple[int, str, dict[str, str] | str, str, str]
"""A row's number, its word, its cells or what is wrong with it, its reason, and what is odd about it."""


def _decisions(header: Sequence[str], rows: Iterator[tuple[int, list[str]]], file: str) -> Iterator[_Row]:
    plain = ["_".join(name.casefold().split()) for name in header]
    decision, why = column(header, DECISION), column(header, REASON)
    for at, name in enumerate(plain):
        if name and name not in CELLS and at not in {decision, why}:
            close = get_close_matches(name, CELLS, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"there are decision, reason, {', '.join(CELLS)}"
            raise fault(file, "column_unknown", f"there is no column {name[:40]!r}: {hint}", "row 1")
    for number, row in rows:
        cells = {name: cell(row, at) for at, name in enumerate(plain) if name in CELLS and cell(row, at)}
        word = cell(row, decision).casefold()
        if word not in WORDS:
            close = get_close_matches(word, WORDS, n=1)
            hint = f"did you mean {close[0]!r}?" if close else ", ".join(WORDS)
            yield number, word, f"no decision {word[:40]!r}: {hint}", "", ""
        elif len(row) > len(header):
            yield number, word, f"it has {len(row)} cells, the head has {len(header)}", "", ""
        else:
            yield number, word, cells, cell(row, why), ""


def _between(names: Names, header: Sequence[str], rows: Iterator[tuple[int, list[str]]], file: str) -> Iterator[_Row]:
    team, between, why = column(header, TEAM), column(header, BETWEEN), column(header, REASON)
    for number, row in rows:
        said = cell(row, between)
        parts = [part.strip() for part in said.split("-")]
        if len(parts) != 3 or not all(parts):
            yield number, "grant", f"{said[:40]!r} is not three codes, such as 44-63-70", "", ""
            continue
        cells = {"team": cell(row, team), "checkpoint": parts[1]}
        if parts[0].casefold() not in STARTS:
            cells["after"] = parts[0]
        note = _odd(names, cells["team"], parts)
        own = cell(row, why) or f"{said} ({Path(file).name}, row {number})"
        yield number, "grant", cells, own, note


def _odd(names: Names, team: str, parts: Sequence[str]) -> str:
    """What does not fit a row of three: an end that is no checkpoint, or two that the team did not visit."""
    ends = [end for end in (parts[0], parts[2]) if end.casefold() not in STARTS | FINISHES]
    unknown = [end for end in ends if end not in names.number_by_code]
    if unknown:
        return f"no checkpoint {unknown[0][:40]!r}; {parts[1]} is granted all the same"
    numbers = {names.number_by_code[end] for end in ends}
    whose = next((t.id for t in names.register.teams.values() if str(t.number) == team.partition(".")[0]), None)
    if whose is not None and numbers and not numbers & set(names.visited(whose)):
        missed = f"neither {ends[0]} nor {ends[1]}" if len(ends) > 1 else f"no {ends[0]}"
        return f"{names.team_words(whose)} visited {missed}; {parts[1]} is granted all the same"
    return ""
