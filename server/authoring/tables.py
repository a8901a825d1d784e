"""The tables beside `game.toml`: CSV with a head line; | parts several values of a cell.

As spreadsheets write them: parted by commas, semicolons or tabs, in UTF-8 (with
or without a byte order mark), UTF-16 or Windows-1252, with empty columns and
rows at their ends. What was guessed is told.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from client_core.game.publish import Finding
from server.authoring.beside import read_beside
from server.authoring.reading import Report
from server.authoring.values import ValueFault

TABLE_BYTES_MAX = 16 * 1024 * 1024
CELL_CHARACTERS_MAX = 10_000

CHECKPOINT_COLUMNS = ("code", "name", "points", "lon", "lat", "radius", "kind", "text", "secret")
CHALLENGE_COLUMNS = (
    *("code", "checkpoint", "name", "text", "form", "answer", "tolerance", "choices", "points", "tries", "wrong"),
    *("wrong_max", "par", "speed_points", "hints", "judged", "unit", "media"),
)
TEAM_COLUMNS = (
    *("number", "name", "members", "birth_years", "sexes", "telephones", "badges", "cards"),
    *("categories", "format", "start"),
)
TRANSLATED = ("name", "text", "choices", "hints")
"""Columns that may stand again for another language, such as `name:it`."""
OTHER_WORDS = {
    **dict.fromkeys(("longitude", "long", "lng", "x", "easting"), "lon"),
    **dict.fromkeys(("latitude", "y", "northing"), "lat"),
    **dict.fromkeys(("id", "nr", "no", "number", "control", "checkpoint"), "code"),
    **dict.fromkeys(("score", "value", "worth"), "points"),
    **dict.fromkeys(("title", "label"), "name"),
    **dict.fromkeys(("description", "question", "riddle"), "text"),
    **dict.fromkeys(("type",), "form"),
    **dict.fromkeys(("fence", "size"), "radius"),
}
"""What other programs call the columns."""


class Row(NamedTuple):
    """One line of a table: its cells by column, and where it stands."""

    cells: Mapping[str, str]
    where: str

    def of(self, column: str) -> str:
        """A cell's text, empty where there is none."""
        return self.cells.get(column, "")

    def list_of(self, column: str) -> list[str]:
        """The values of a cell that holds several."""
        return [part.strip() for part in self.of(column).split("|") if part.strip()]


def read_table(
    folder: Path,
    name: str,
    columns: tuple[str, ...],
    report: Report,
    *,
    needed: tuple[str, ...] = (),
    named_at: tuple[str, ...] = (),
) -> list[Row]:
    """The rows of a table in the game's folder, with all that is wrong with its form in the report.

    Unknown columns are faults, but for translations such as `name:it`. `named_at`
    is the key of `game.toml` that names the file.
    """
    try:
        data = read_beside(folder, name, TABLE_BYTES_MAX)
    except ValueFault as fault:
        report.error("file_unreadable", named_at, str(fault))
        return []
    return parse_table(data, name, columns, report, needed=needed)


def parse_table(
    data: bytes, name: str, columns: tuple[str, ...], report: Report, *, needed: tuple[str, ...] = ()
) -> list[Row]:
    """The rows of a table's bytes; see `read_table`."""
    table = Report({}, name)
    rows = _rows(_text(data, table), table, columns, needed)
    report.errors += table.errors
    report.warnings += table.warnings
    return rows


def translations(rows: list[Row]) -> dict[str, dict[str, str]]:
    """What columns such as `name:it` say, by language and text; of lists value by value."""
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        for column, value in row.cells.items():
            name, _, language = column.partition(":")
            if not language or not value or not row.of(name):
                continue
            pairs = [(row.of(name), value)]
            if name in {"choices", "hints"}:
                pairs = list(zip(row.list_of(name), row.list_of(column), strict=False))
            for text, other in pairs:
                found.setdefault(language, {})[_told(text, name)] = _told(other, name)
    return found


def hint_parts(text: str) -> tuple[str, int]:
    """A hint's text, and what it costs, which stands in brackets at its end: Look up (5)."""
    body, _, cost = text.removesuffix(")").rpartition("(")
    cost = cost.strip()
    if text.endswith(")") and cost.isascii() and cost.isdigit() and body.strip():
        return body.strip(), int(cost[:9])
    return text, 0


def _told(text: str, column: str) -> str:
    return hint_parts(text)[0] if column == "hints" else text


def _text(data: bytes, table: Report) -> str:
    """The table's text in Normalization Form C, whatever a spreadsheet wrote it in."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        text = data.decode("utf-16", "replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", "replace")
            line = next(one for one in text.splitlines() if not one.isascii())
            word = next(one for one in line.replace(";", ",").split(",") if not one.isascii())
            detail = f"it is no UTF-8 and was read as Windows-1252, such as {word.strip()[:40]!r}: save it as UTF-8"
            table.warn("encoding_guessed", (), detail)
    if "\x00" in text or "\ufffd" in text:
        table.error("file_unreadable", (), "this is no text: save the table as CSV in UTF-8")
        return ""
    return unicodedata.normalize("NFC", text)


def _rows(text: str, table: Report, columns: tuple[str, ...], needed: tuple[str, ...]) -> list[Row]:
    if not text.strip():
        if not table.errors:
            table.error("table_empty", (), f"it is empty: its first line names columns: {', '.join(columns)}")
        return []
    skipped = 0
    if text.lstrip().lower().startswith("sep="):  # Excel's own way to say what parts the cells
        text, skipped = text.partition("\n")[2], 1
    head = text.lstrip("\r\n").partition("\n")[0]
    separator = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    rows: list[Row] = []
    names: list[str] | None = None
    began = skipped + 1
    try:
        for written in reader:
            where, began = began, reader.line_num + skipped + 1
            cells = [" ".join(cell.split()) if "\n" not in cell else cell.strip() for cell in written]
            if not any(cells):
                continue
            if names is None:
                names = _head(cells, f"{table.file}:{where}", table, columns, needed)
                continue
            if any(cells[len(names) :]):
                detail = (
                    f"it has {len(cells)} cells, the head names {len(names)} columns: put cells with commas in quotes"
                )
                table.errors.append(Finding("row_malformed", f"{table.file}:{where}", detail))
            rows.append(
                Row({name: cell for name, cell in zip(names, cells, strict=False) if name}, f"{table.file}:{where}")
            )
            _long_cells(rows[-1], table)
    except csv.Error as error:
        detail = f"this is no CSV: {error}; is a quotation mark not closed?"
        table.errors.append(Finding("table_malformed", f"{table.file}:{began}", detail))
    return rows


def _head(cells: list[str], where: str, table: Report, columns: tuple[str, ...], needed: tuple[str, ...]) -> list[str]:
    """The names of the columns, with what is wrong with them; what has no name is passed over."""
    names = [cell.lower().strip() for cell in cells]
    for place, name in enumerate(names):
        if not name:
            continue
        plain, colon, language = name.partition(":")
        fault = ""
        if plain not in columns:
            fault = f"there is no column {name!r}{_column_meant(plain, columns)}"
        elif colon and (plain not in TRANSLATED or not 2 <= len(language) <= 16):
            fault = f"{name!r} is no translation: those are {', '.join(one + ':it' for one in TRANSLATED)}"
        elif name in names[:place]:
            fault = f"the column {name!r} is there twice"
        if fault:
            table.errors.append(Finding("column_unknown", where, fault))
    absent = [name for name in needed if name not in names]
    if absent:
        detail = f"the column {absent[0]!r} is missing; the first line names the columns"
        table.errors.append(Finding("column_missing", where, detail))
    return names


def _column_meant(name: str, columns: tuple[str, ...]) -> str:
    other = OTHER_WORDS.get(name)
    close = [other] if other in columns else get_close_matches(name, columns, n=1)
    return f": did you mean {close[0]!r}?" if close else f": there are {', '.join(columns)}"


def _long_cells(row: Row, table: Report) -> None:
    for name, cell in row.cells.items():
        if len(cell) > CELL_CHARACTERS_MAX:
            detail = f"{name} has {len(cell)} characters: is a quotation mark not closed?"
            table.errors.append(Finding("cell_too_long", row.where, detail))
